/*
 * pattern.h
 *	  Lists of regular expressions as Debezium's filter properties have them.
 *
 * A list is comma-separated ("\," is a comma within a pattern), blanks around
 * an item do not count, each item is anchored at both ends and ignores case.
 * PCRE2 reads the patterns, with match and depth limits, so that a
 * catastrophic pattern ends in an error and not in a stalled walsender.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_PATTERN_H
#define WALPOST_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

typedef struct PatternList PatternList;

/*
 * Compiles a list in CurrentMemoryContext (which frees it).  NULL or a blank
 * list gives NULL.  ereports ERRCODE_INVALID_PARAMETER_VALUE, naming the
 * property, the pattern and the position, for a pattern that does not compile.
 */
extern PatternList *pattern_list_compile(const char *property, const char *list);

/*
 * True if one of the patterns matches the whole subject; no list matches
 * nothing.  ereports ERRCODE_PROGRAM_LIMIT_EXCEEDED, naming property, pattern
 * and subject, when a match limit is hit.
 */
extern bool pattern_list_match(const PatternList *patterns, const char *subject);

/*
 * include/exclude as Debezium combines them: in when include is NULL or
 * matches, and exclude is NULL or does not.
 */
extern bool pattern_included(const PatternList *include,
							 const PatternList *exclude, const char *subject);

/* What javaregex.c shares: the limits of a match, which the caller frees with
 * pcre2_match_context_free(), */
extern struct pcre2_real_match_context_8 *pattern_limits(void);

/*
 * and the offset of what Java reads otherwise than PCRE2 does, [a[b]] and [a&&b] for
 * example, with the reason why it is refused; -1 if there is none.
 */
extern int	pattern_unlike_java(const char *text, bool ignore_case, const char **reason);

#endif							/* WALPOST_PATTERN_H */
