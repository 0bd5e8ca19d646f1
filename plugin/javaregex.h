/*
 * javaregex.h
 *	  One regular expression as java.util.regex has it, with its replacement.
 *
 * PCRE2 reads the pattern, with match and depth limits.  It is asked while
 * plans are compiled, never for a row.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_JAVAREGEX_H
#define WALPOST_JAVAREGEX_H

#include <stdbool.h>

typedef struct JavaRegex JavaRegex;

/*
 * Compiles pattern in CurrentMemoryContext (which frees it).  replacement may
 * be NULL; in it, $1 and ${name} are groups and a backslash quotes.  ereports
 * ERRCODE_INVALID_PARAMETER_VALUE, naming the option, for a pattern that does
 * not compile and for a replacement that names a group which is not there.
 */
extern JavaRegex *javaregex_compile(const char *option, const char *pattern,
									const char *replacement_option,
									const char *replacement);

/* Matcher.matches(): does it match all of subject? */
extern bool javaregex_matches(const JavaRegex *regex, const char *subject);

/*
 * Matcher.replaceFirst(): subject with the first match in it replaced, in
 * CurrentMemoryContext.  That match need not be all of subject, even where
 * javaregex_matches() says that one could be.
 */
extern char *javaregex_replace_first(const JavaRegex *regex, const char *subject);

#endif							/* WALPOST_JAVAREGEX_H */
