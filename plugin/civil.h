/*
 * civil.h
 *	  Dates and times as Java and Debezium see them.
 *
 * Pure functions from the server's integers (microseconds and days since
 * 2000-01-01, both proleptic Gregorian) to epochs, ISO text and durations.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_CIVIL_H
#define WALPOST_CIVIL_H

#include <stdbool.h>
#include "out.h"

#define CIVIL_EPOCH_DAYS	10957	/* 1970-01-01 to 2000-01-01 */
#define CIVIL_DAY_SECONDS	INT64_C(86400)
#define CIVIL_DAY_MICROS	(CIVIL_DAY_SECONDS * 1000000)

/* As many fraction digits as there are, in civil_put_time(). */
#define CIVIL_SHORTEST		(-1)

/* A moment taken apart; day of the month and month from 1. */
typedef struct Civil
{
	int64_t		year;			/* astronomical: 0 is 1 BC */
	int			month;
	int			day;
	int			hour;
	int			minute;
	int			second;
	int			micros;
} Civil;

/* Takes apart days since 1970-01-01; sets year, month and day. */
extern void civil_from_days(Civil *civil, int64_t days);

/* The day since 1970-01-01 of a date that there is. */
extern int64_t civil_days(int64_t year, int month, int day);

/* Takes apart microseconds since midnight; sets hour to micros. */
extern void civil_from_time(Civil *civil, int64_t micros);

/* Takes apart a server timestamp (microseconds since 2000-01-01). */
extern void civil_from_timestamp(Civil *civil, int64_t timestamp);

/*
 * Append ISO 8601 text: yyyy-mm-dd, the year with a sign and as many digits
 * as it needs outside 0000 to 9999; -mm-dd alone; hh:mm:ss with digits
 * fraction digits.
 */
extern void civil_put_date(Out *out, const Civil *civil);
extern void civil_put_month_day(Out *out, const Civil *civil);
extern void civil_put_time(Out *out, const Civil *civil, int digits);

/*
 * A server timestamp in milliseconds, microseconds, nanoseconds since 1970.
 * Milliseconds round towards the past.  Microseconds overflow as Debezium's
 * do (whole seconds saturate, the fraction then wraps); nanoseconds that do
 * not fit give false.
 */
extern int64_t civil_epoch_millis(int64_t timestamp);
extern int64_t civil_epoch_micros(int64_t timestamp);
extern bool civil_epoch_nanos(int64_t timestamp, int64_t *nanos);

/*
 * An interval's length in microseconds in Debezium's arithmetic: doubles, a
 * month of 30.4375 days, the end result saturating.
 */
extern int64_t civil_duration_micros(int32_t months, int32_t days, int64_t micros);

/*
 * Appends an interval as PnYnMnDTnHnMnS, every part with its own sign; seconds
 * and nanos have the same one.
 */
extern void civil_put_duration(Out *out, int32_t months, int32_t days, int64_t seconds,
							   int nanos);

#endif							/* WALPOST_CIVIL_H */
