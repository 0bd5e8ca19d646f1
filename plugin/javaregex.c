/*
 * javaregex.c
 *	  One regular expression as java.util.regex has it, with its replacement.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "nodes/pg_list.h"
#include "utils/memutils.h"

#include "javaregex.h"
#include "pattern.h"

/* A piece of a replacement: literal text, or a group. */
typedef struct Piece
{
	const char *text;			/* NULL: a group */
	int			group;
} Piece;

struct JavaRegex
{
	const char *option;
	const char *text;
	pcre2_code *code;
	pcre2_match_data *match;
	pcre2_match_context *limits;
	MemoryContextCallback release;
	List	   *replacement;	/* Piece */
};

static void
release(void *arg)
{
	JavaRegex  *regex = arg;

	pcre2_code_free(regex->code);
	pcre2_match_data_free(regex->match);
	pcre2_match_context_free(regex->limits);
}

static void
bad_regex(const JavaRegex *regex, size_t offset, const char *reason)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid regular expression \"%s\" in option \"%s\"", regex->text, regex->option),
			 errdetail("At character %d: %s.",
					   pg_mbstrlen_with_len(regex->text, (int) offset) + 1, reason)));
}

static void
compile(JavaRegex *regex)
{
	PCRE2_SIZE	offset;
	int			error;
	const char *reason;
	int			unlike = pattern_unlike_java(regex->text, false, &reason);

	if (unlike >= 0)
		bad_regex(regex, unlike, reason);
	regex->code = pcre2_compile((PCRE2_SPTR) regex->text, PCRE2_ZERO_TERMINATED,
								PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C, &error, &offset, NULL);
	if (regex->code == NULL)
	{
		PCRE2_UCHAR message[256];

		pcre2_get_error_message(error, message, lengthof(message));
		bad_regex(regex, offset, (const char *) message);
	}
	regex->match = pcre2_match_data_create_from_pattern(regex->code, NULL);
	regex->limits = pattern_limits();
	if (regex->match == NULL)
		elog(ERROR, "out of memory for a match");
}

/* ---- the replacement ----------------------------------------------------- */

static void
bad_replacement(const char *option, const char *text, const char *reason)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid replacement \"%s\" in option \"%s\"", text, option),
			 errdetail("%s.", reason),
			 errhint("$1 and ${name} stand for groups of the regular expression; a dollar sign is written \"\\$\".")));
}

static void
add_piece(JavaRegex *regex, StringInfo literal, int group)
{
	Piece	   *piece;

	if (literal->len > 0)
	{
		piece = palloc0(sizeof(Piece));
		piece->text = pstrdup(literal->data);
		regex->replacement = lappend(regex->replacement, piece);
		resetStringInfo(literal);
	}
	if (group < 0)
		return;
	piece = palloc0(sizeof(Piece));
	piece->group = group;
	regex->replacement = lappend(regex->replacement, piece);
}

/* ${name}, p behind the brace; *p is moved behind the closing one. */
static int
named_group(const JavaRegex *regex, const char *option, const char *text, const char **p)
{
	size_t		len = strcspn(*p, "}");
	char	   *name = pnstrdup(*p, len);
	int			group;

	if ((*p)[len] == '\0')
		bad_replacement(option, text, "A ${ has no closing brace");
	group = pcre2_substring_number_from_name(regex->code, (PCRE2_SPTR) name);
	if (group < 0)
		bad_replacement(option, text, psprintf("There is no group with name {%s}", name));
	*p += len + 1;
	return group;
}

/* $12, p at the first digit: as many digits as still make a group. */
static int
numbered_group(const JavaRegex *regex, const char *option, const char *text, const char **p)
{
	uint32_t	count;
	int			group = *(*p)++ - '0';

	pcre2_pattern_info(regex->code, PCRE2_INFO_CAPTURECOUNT, &count);
	if (group > (int) count)
		bad_replacement(option, text, psprintf("There is no group %d", group));
	while (isdigit((unsigned char) **p) && group * 10 + (**p - '0') <= (int) count)
		group = group * 10 + (*(*p)++ - '0');
	return group;
}

static void
parse_replacement(JavaRegex *regex, const char *option, const char *text)
{
	StringInfoData literal;

	initStringInfo(&literal);
	for (const char *p = text; *p;)
	{
		if (*p == '\\')
		{
			if (p[1] == '\0')
				bad_replacement(option, text, "The character to be quoted is missing");
			appendStringInfoChar(&literal, p[1]);
			p += 2;
		}
		else if (*p != '$')
			appendStringInfoChar(&literal, *p++);
		else if (p[1] == '{')
		{
			p += 2;
			add_piece(regex, &literal, named_group(regex, option, text, &p));
		}
		else if (isdigit((unsigned char) p[1]))
		{
			p++;
			add_piece(regex, &literal, numbered_group(regex, option, text, &p));
		}
		else
			bad_replacement(option, text, "A dollar sign is followed by no group");
	}
	add_piece(regex, &literal, -1);
}

JavaRegex *
javaregex_compile(const char *option, const char *pattern,
				  const char *replacement_option, const char *replacement)
{
	JavaRegex  *regex = palloc0(sizeof(JavaRegex));

	regex->option = option;
	regex->text = pstrdup(pattern);
	regex->release.func = release;
	regex->release.arg = regex;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, &regex->release);
	compile(regex);
	if (replacement)
		parse_replacement(regex, replacement_option, replacement);
	return regex;
}

/* ---- matching ------------------------------------------------------------ */

/* True for a match, whose groups regex->match then has. */
static bool
match(const JavaRegex *regex, const char *subject, uint32_t options)
{
	PCRE2_UCHAR message[256];
	int			result = pcre2_match(regex->code, (PCRE2_SPTR) subject, strlen(subject), 0,
									 options, regex->match, regex->limits);

	if (result >= 0)
		return true;
	if (result == PCRE2_ERROR_NOMATCH)
		return false;
	pcre2_get_error_message(result, message, lengthof(message));
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("could not match \"%s\" against regular expression \"%s\" of option \"%s\"",
					subject, regex->text, regex->option),
			 errdetail("%s.", (const char *) message),
			 errhint("Write the expression without nested repetitions.")));
}

bool
javaregex_matches(const JavaRegex *regex, const char *subject)
{
	return match(regex, subject, PCRE2_ANCHORED | PCRE2_ENDANCHORED);
}

char *
javaregex_replace_first(const JavaRegex *regex, const char *subject)
{
	const		PCRE2_SIZE *groups;
	StringInfoData result;
	ListCell   *lc;

	if (!match(regex, subject, 0))
		return pstrdup(subject);
	groups = pcre2_get_ovector_pointer(regex->match);
	initStringInfo(&result);
	appendBinaryStringInfo(&result, subject, (int) groups[0]);
	foreach(lc, regex->replacement)
	{
		const Piece *piece = lfirst(lc);
		const		PCRE2_SIZE *group = groups + 2 * piece->group;

		if (piece->text)
			appendStringInfoString(&result, piece->text);
		else if (group[0] != PCRE2_UNSET)
			appendBinaryStringInfo(&result, subject + group[0], (int) (group[1] - group[0]));
	}
	appendStringInfoString(&result, subject + groups[1]);
	return result.data;
}
