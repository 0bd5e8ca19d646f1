/*
 * pattern.h
 *	  Lists of regular expressions as Debezium's filter properties have them.
 *
 * The plugin decides what is captured; the shipper asks the same lists which
 * tables belong into a publication.  So the two read them alike: comma-separated
 * ("\," is a comma within a pattern), blanks around an item do not count, each
 * item is anchored at both ends and ignores case.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_PATTERN_H
#define WALPOST_PATTERN_H

#include <stdbool.h>

#include "err.h"

typedef struct PatternList PatternList;

/*
 * Compiles a list; *patterns is NULL for a NULL or blank one.  False and err
 * (ERR_CONFIG, naming property, pattern and position) for a pattern that does
 * not compile.  Free with pattern_list_free().
 */
extern bool pattern_list_compile(const char *property, const char *list,
								 PatternList **patterns, Err *err) must_check;
extern void pattern_list_free(PatternList *patterns);

/*
 * A list of one pattern, as it stands: commas and blanks are part of it.  NULL
 * and err (ERR_DATA) when it does not compile.
 */
extern PatternList *pattern_compile(const char *text, bool ignore_case, Err *err) must_check;

/* True if one of the patterns matches the whole subject. */
extern bool pattern_list_match(const PatternList *patterns, const char *subject);

/* In when include is NULL or matches, and exclude is NULL or does not. */
extern bool pattern_included(const PatternList *include,
							 const PatternList *exclude, const char *subject);

#endif							/* WALPOST_PATTERN_H */
