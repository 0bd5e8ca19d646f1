/*
 * pattern.c
 *	  Lists of regular expressions as Debezium's filter properties have them.
 *
 * Debezium compiles each item with java.util.regex and asks Matcher.matches()
 * (its Strings.listOfRegex() and Predicates).  PCRE2 reads the same language
 * but for a few constructs; those that it would read as something else are
 * refused, since a filter that quietly means another table is worse than one
 * that does not start.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "mb/pg_wchar.h"
#include "utils/memutils.h"

#include "pattern.h"

/*
 * A table or column name takes some hundred steps.  The depth bounds the
 * interpreter only (compiled code has no such notion and stops at its stack),
 * the heap is in KiB.
 */
#define MATCH_LIMIT		100000
#define DEPTH_LIMIT		10000
#define HEAP_LIMIT		4096

typedef struct Pattern
{
	char	   *text;
	pcre2_code *code;
} Pattern;

struct PatternList
{
	char	   *property;
	pcre2_match_context *limits;
	pcre2_match_data *match;
	MemoryContextCallback release;
	int			count;
	Pattern		items[FLEXIBLE_ARRAY_MEMBER];
};

/* PCRE2 allocates with malloc; this ties that to the list's context. */
static void
pattern_list_release(void *arg)
{
	PatternList *list = arg;

	for (int i = 0; i < list->count; i++)
		pcre2_code_free(list->items[i].code);
	list->count = 0;
	pcre2_match_data_free(list->match);
	pcre2_match_context_free(list->limits);
}

static void
out_of_memory(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_OUT_OF_MEMORY),
			 errmsg("out of memory")));
}

pcre2_match_context *
pattern_limits(void)
{
	pcre2_match_context *limits = pcre2_match_context_create(NULL);

	if (limits == NULL)
		out_of_memory();
	pcre2_set_match_limit(limits, MATCH_LIMIT);
	pcre2_set_depth_limit(limits, DEPTH_LIMIT);
	pcre2_set_heap_limit(limits, HEAP_LIMIT);
	return limits;
}

static PatternList *
pattern_list_create(const char *property, int max)
{
	PatternList *list;

	list = palloc0(offsetof(PatternList, items) + max * sizeof(Pattern));
	list->property = pstrdup(property);
	list->release.func = pattern_list_release;
	list->release.arg = list;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, &list->release);

	list->limits = pattern_limits();
	list->match = pcre2_match_data_create(1, NULL);
	if (list->match == NULL)
		out_of_memory();
	return list;
}

/* What Java reads otherwise than PCRE2 does, where both take it. */
static const char *
unlike_java(const char *p, bool in_class, bool ignore_case)
{
	static const char *const cases[] = {"{Upper}", "{Lower}", "{Lu}", "{Ll}", "{Lt}"};

	if (in_class && (p[0] == '[' || (p[0] == '&' && p[1] == '&')))
		return "a character class within a class, or an intersection of classes, is not supported";
	if (!in_class && p[0] == '(' && p[1] == '?' &&
		memchr(p + 2, 'U', strspn(p + 2, "dimsuxU-")) != NULL)
		return "the flag U, classes of characters by Unicode, is not supported";
	if (p[0] != '\\')
		return NULL;
	if (p[1] == '0' && strspn(p + 2, "01234567") > 2)
		return "an octal number of so many digits is not supported; write \\x and two hexadecimal ones";
	for (size_t i = 0; ignore_case && (p[1] == 'p' || p[1] == 'P') && i < sizeof(cases) / sizeof(cases[0]); i++)
		if (strncmp(p + 2, cases[i], strlen(cases[i])) == 0)
			return "a class of letters by their case, where case is ignored, is not supported; write \\p{L}";
	return NULL;
}

int
pattern_unlike_java(const char *text, bool ignore_case, const char **reason)
{
	bool		in_class = false;

	for (const char *p = text; *p; p++)
	{
		if (p[0] == '\\' && p[1] == 'Q')
		{
			const char *end = strstr(p + 2, "\\E");

			if (end == NULL)
				return -1;
			p = end + 1;
			continue;
		}
		*reason = unlike_java(p, in_class, ignore_case);
		if (*reason != NULL)
			return p - text;
		if (p[0] == '\\' && p[1] != '\0')
			p++;
		else if (!in_class)
			in_class = (*p == '[');
		else if (*p == ']')
			in_class = false;
	}
	return -1;
}

static void
bad_pattern(const PatternList *list, const char *text, size_t offset,
			const char *reason)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid regular expression \"%s\" in option \"%s\"",
					text, list->property),
			 errdetail("At character %d: %s.",
					   pg_mbstrlen_with_len(text, (int) offset) + 1, reason),
			 errhint("Items are separated by commas; a comma within an item is written \"\\,\".")));
}

/* Compiles text, a palloc'd string that the list takes, as the next item. */
static void
pattern_list_add(PatternList *list, char *text)
{
	pcre2_code *code;
	int			error;
	PCRE2_SIZE	error_offset;
	const char *reason;
	int			unlike = pattern_unlike_java(text, true, &reason);

	if (unlike >= 0)
		bad_pattern(list, text, unlike, reason);

	code = pcre2_compile((PCRE2_SPTR) text, PCRE2_ZERO_TERMINATED,
						 PCRE2_UTF | PCRE2_CASELESS | PCRE2_NEVER_BACKSLASH_C |
						 PCRE2_ANCHORED | PCRE2_ENDANCHORED,
						 &error, &error_offset, NULL);
	if (code == NULL)
	{
		PCRE2_UCHAR message[256];

		pcre2_get_error_message(error, message, lengthof(message));
		bad_pattern(list, text, error_offset, (const char *) message);
	}
	list->items[list->count].text = text;

	list->items[list->count].code = code;
	list->count++;

	/* Where this is not possible, the interpreter does. */
	(void) pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);
}

/* Blanks as Java's String.trim() sees them. */
static bool
is_blank(char c)
{
	return (unsigned char) c <= ' ';
}

/* The item between start and end, trimmed, with "\," as a comma. */
static char *
item_text(const char *start, const char *end)
{
	char	   *text;
	char	   *to;

	while (start < end && is_blank(*start))
		start++;
	while (end > start && is_blank(end[-1]))
		end--;
	to = text = palloc(end - start + 1);

	for (; start < end; start++)
	{
		if (start[0] == '\\' && start + 1 < end && start[1] == ',')
			continue;
		*to++ = *start;
	}
	*to = '\0';
	return text;
}

PatternList *
pattern_list_compile(const char *property, const char *list)
{
	PatternList *patterns;
	const char *start = list;
	int			max = 1;

	if (list == NULL)
		return NULL;
	for (const char *p = list; *p; p++)
		max += (*p == ',');
	patterns = pattern_list_create(property, max);

	for (const char *p = list;; p++)
	{
		if (p[0] == '\\' && p[1] != '\0')
			p++;				/* whatever is escaped, it is no separator */
		else if (*p == ',' || *p == '\0')
		{
			char	   *text = item_text(start, p);

			if (*text != '\0')
				pattern_list_add(patterns, text);
			if (*p == '\0')
				break;
			start = p + 1;
		}
	}
	return patterns->count > 0 ? patterns : NULL;
}

/* What pcre2_match() says, 0 or more being a match. */
static int
pattern_match(const PatternList *list, const Pattern *pattern, const char *subject)
{
	int			result;

	result = pcre2_match(pattern->code, (PCRE2_SPTR) subject, strlen(subject), 0,
						 0, list->match, list->limits);

	/* Compiled code has a small stack; the interpreter has the heap. */
	if (result == PCRE2_ERROR_JIT_STACKLIMIT)
		result = pcre2_match(pattern->code, (PCRE2_SPTR) subject, strlen(subject), 0,
							 PCRE2_NO_JIT, list->match, list->limits);
	return result;
}

bool
pattern_list_match(const PatternList *patterns, const char *subject)
{
	if (patterns == NULL)
		return false;
	for (int i = 0; i < patterns->count; i++)
	{
		const Pattern *pattern = &patterns->items[i];
		int			result = pattern_match(patterns, pattern, subject);
		PCRE2_UCHAR message[256];

		if (result >= 0)
			return true;
		if (result == PCRE2_ERROR_NOMATCH)
			continue;
		pcre2_get_error_message(result, message, lengthof(message));
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("could not match \"%s\" against regular expression \"%s\" of option \"%s\"",
						subject, pattern->text, patterns->property),
				 errdetail("%s.", (const char *) message),
				 errhint("Write the expression without nested repetitions.")));
	}
	return false;
}

bool
pattern_included(const PatternList *include, const PatternList *exclude,
				 const char *subject)
{
	return (include == NULL || pattern_list_match(include, subject)) &&
		(exclude == NULL || !pattern_list_match(exclude, subject));
}
