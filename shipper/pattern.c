/*
 * pattern.c
 *	  Lists of regular expressions as Debezium's filter properties have them.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

/* The same as the plugin's, so that a list means the same on both sides. */
#define MATCH_LIMIT		100000
#define DEPTH_LIMIT		10000
#define HEAP_LIMIT		4096	/* KiB */

struct PatternList
{
	pcre2_match_context *limits;
	pcre2_match_data *match;
	int			count;
	pcre2_code *items[];
};

void
pattern_list_free(PatternList *patterns)
{
	if (patterns == NULL)
		return;
	for (int i = 0; i < patterns->count; i++)
		pcre2_code_free(patterns->items[i]);
	pcre2_match_data_free(patterns->match);
	pcre2_match_context_free(patterns->limits);
	free(patterns);
}

static PatternList *
pattern_list_new(int max)
{
	PatternList *list = mem_zero(sizeof(PatternList) + max * sizeof(pcre2_code *));

	list->limits = pcre2_match_context_create(NULL);
	list->match = pcre2_match_data_create(1, NULL);
	if (list->limits == NULL || list->match == NULL)
		mem_exhausted();
	pcre2_set_match_limit(list->limits, MATCH_LIMIT);
	pcre2_set_depth_limit(list->limits, DEPTH_LIMIT);
	pcre2_set_heap_limit(list->limits, HEAP_LIMIT);
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

/*
 * The offset of what Java reads otherwise than PCRE2 does, [a[b]] and [a&&b] for
 * example, with the reason why it is refused; -1 if there is none.
 */
static int
find_unlike(const char *text, bool ignore_case, const char **reason)
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

/* A pattern that takes the whole subject; NULL, reason and *offset if it is none. */
static pcre2_code *
compile(const char *text, uint32_t flags, char reason[256], size_t *offset)
{
	const char *why;
	int			unlike = find_unlike(text, (flags & PCRE2_CASELESS) != 0, &why);
	int			error;
	PCRE2_SIZE	at;
	pcre2_code *code;

	if (unlike >= 0)
	{
		snprintf(reason, 256, "%s", why);
		*offset = (size_t) unlike;
		return NULL;
	}
	code = pcre2_compile((PCRE2_SPTR) text, PCRE2_ZERO_TERMINATED,
						 flags | PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C |
						 PCRE2_ANCHORED | PCRE2_ENDANCHORED,
						 &error, &at, NULL);
	if (code == NULL)
	{
		pcre2_get_error_message(error, (PCRE2_UCHAR *) reason, 256);
		*offset = at;
	}
	return code;
}

static bool
pattern_list_add(PatternList *list, const char *property, const char *text, Err *err)
{
	char		reason[256];
	size_t		offset;
	pcre2_code *code = compile(text, PCRE2_CASELESS, reason, &offset);

	if (code == NULL)
		return err_set(err, ERR_CONFIG, "bad regular expression \"%s\" in property \"%s\", at byte %zu: %s; items are separated by commas, a comma within an item is written \"\\,\"",
					   text, property, offset + 1, reason);
	list->items[list->count++] = code;
	return true;
}

PatternList *
pattern_compile(const char *text, bool ignore_case, Err *err)
{
	char		reason[256];
	size_t		offset;
	pcre2_code *code = compile(text, ignore_case ? PCRE2_CASELESS : 0, reason, &offset);
	PatternList *list;

	if (code == NULL)
	{
		err_set(err, ERR_DATA, "bad regular expression \"%s\", at byte %zu: %s", text, offset + 1, reason);
		return NULL;
	}
	list = pattern_list_new(1);
	list->items[list->count++] = code;
	return list;
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
	char	   *text,
			   *to;

	while (start < end && is_blank(*start))
		start++;
	while (end > start && is_blank(end[-1]))
		end--;
	to = text = mem_zero(end - start + 1);
	for (; start < end; start++)
		if (start[0] != '\\' || start + 1 == end || start[1] != ',')
			*to++ = *start;
	return text;
}

bool
pattern_list_compile(const char *property, const char *list,
					 PatternList **patterns, Err *err)
{
	const char *start = list;
	int			max = 1;

	*patterns = NULL;
	if (list == NULL)
		return true;
	for (const char *p = list; *p; p++)
		max += (*p == ',');
	*patterns = pattern_list_new(max);

	for (const char *p = list;; p++)
	{
		if (p[0] == '\\' && p[1] != '\0')
			p++;				/* whatever is escaped, it is no separator */
		else if (*p == ',' || *p == '\0')
		{
			char	   *text = item_text(start, p);
			bool		ok = *text == '\0' || pattern_list_add(*patterns, property, text, err);

			free(text);
			if (!ok)
			{
				pattern_list_free(*patterns);
				*patterns = NULL;
				return false;
			}
			if (*p == '\0')
				break;
			start = p + 1;
		}
	}
	if ((*patterns)->count == 0)
	{
		pattern_list_free(*patterns);
		*patterns = NULL;
	}
	return true;
}

/*
 * A subject on which a pattern runs into the limits counts as matched by
 * nothing; the plugin refuses it with an error when it is to be decoded.
 */
bool
pattern_list_match(const PatternList *patterns, const char *subject)
{
	for (int i = 0; i < patterns->count; i++)
		if (pcre2_match(patterns->items[i], (PCRE2_SPTR) subject, strlen(subject),
						0, 0, patterns->match, patterns->limits) >= 0)
			return true;
	return false;
}

bool
pattern_included(const PatternList *include, const PatternList *exclude,
				 const char *subject)
{
	return (include == NULL || pattern_list_match(include, subject)) &&
		(exclude == NULL || !pattern_list_match(exclude, subject));
}
