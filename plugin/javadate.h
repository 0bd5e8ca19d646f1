/*
 * javadate.h
 *	  Moments as java.text.SimpleDateFormat prints and reads them: in UTC, in
 *	  English, with the calendar that is Julian before 1582-10-15.
 *
 * Pure functions of milliseconds since 1970.  Weeks begin on Sundays and the
 * first of a year has its first day, as where Java runs with the locale en.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_JAVADATE_H
#define WALPOST_JAVADATE_H

#include <stdbool.h>
#include "out.h"

/* One element of a pattern: a letter so many times, or a literal byte. */
typedef struct JavaDateItem
{
	char		letter;			/* 0: a literal */
	int			count;
	char		literal;
} JavaDateItem;

/* A place in a pattern. */
typedef struct JavaDateCursor
{
	const char *p;
	bool		quoted;
} JavaDateCursor;

/* Takes the next element; false at the pattern's end. */
extern bool javadate_next(JavaDateCursor *cursor, JavaDateItem *item);

/* What is wrong with a pattern, in a few words; NULL: nothing. */
extern const char *javadate_fault(const char *pattern);

/* Appends a moment under a valid pattern, without quotes. */
extern void javadate_format(Out *out, const char *pattern, int64_t millis);

/*
 * Reads text, or the beginning of it, under a valid pattern; false if it does
 * not fit.  As leniently as Java: parts beyond their range run over.  now is
 * what years of two digits are read by.  The letters Y, w, W, F are not read.
 */
extern bool javadate_parse(const char *pattern, const char *text, int64_t now, int64_t *millis);

/* The day since 1970 of a date; month from 1, both may be beyond their range. */
extern int64_t javadate_days(int64_t year, int64_t month, int64_t day);

extern const char *const javadate_months[12];
extern const char *const javadate_weekdays[7];	/* from Sunday */

#endif							/* WALPOST_JAVADATE_H */
