/*
 * civil.c
 *	  Calendar arithmetic and ISO text without the server's formatting.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "civil.h"
#include "json.h"

#define MICROS				INT64_C(1000000)
#define EPOCH_SECONDS		(CIVIL_EPOCH_DAYS * CIVIL_DAY_SECONDS)
#define EPOCH_MICROS		(EPOCH_SECONDS * MICROS)

/* The Gregorian calendar repeats after 400 years. */
#define ERA_DAYS			146097
#define ERA_START			719468	/* 0000-03-01 to 1970-01-01 */

static inline int64_t
floor_div(int64_t value, int64_t divisor)
{
	int64_t		quotient = value / divisor;

	return quotient - (value % divisor < 0);
}

void
civil_from_days(Civil *civil, int64_t days)
{
	/*
	 * Years that begin in March put the leap day at the end, and months from
	 * March on are 153 days in every five.
	 */
	int64_t		since = days + ERA_START;
	int64_t		era = floor_div(since, ERA_DAYS);
	unsigned	day_of_era = (unsigned) (since - era * ERA_DAYS);
	unsigned	year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 -
							   day_of_era / 146096) / 365;
	unsigned	day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 -
											year_of_era / 100);
	unsigned	month = (5 * day_of_year + 2) / 153;

	civil->day = day_of_year - (153 * month + 2) / 5 + 1;
	civil->month = month < 10 ? month + 3 : month - 9;
	civil->year = era * 400 + year_of_era + (civil->month <= 2);
}

int64_t
civil_days(int64_t year, int month, int day)
{
	int64_t		march_year = year - (month <= 2);

	return 365 * march_year + floor_div(march_year, 4) - floor_div(march_year, 100) +
		floor_div(march_year, 400) + (153 * ((month + 9) % 12) + 2) / 5 + day - 1 - ERA_START;
}

void
civil_from_time(Civil *civil, int64_t micros)
{
	unsigned	seconds = (unsigned) (micros / MICROS);

	civil->micros = (int) (micros % MICROS);
	civil->second = seconds % 60;
	civil->minute = seconds / 60 % 60;
	civil->hour = seconds / 3600;
}

void
civil_from_timestamp(Civil *civil, int64_t timestamp)
{
	int64_t		days = floor_div(timestamp, CIVIL_DAY_MICROS);

	civil_from_days(civil, days + CIVIL_EPOCH_DAYS);
	civil_from_time(civil, timestamp - days * CIVIL_DAY_MICROS);
}

/* ---- text --------------------------------------------------------------- */

static inline char *
put_two(char *p, unsigned value)
{
	p[0] = '0' + value / 10;
	p[1] = '0' + value % 10;
	return p + 2;
}

void
civil_put_month_day(Out *out, const Civil *civil)
{
	char	   *p;

	out_reserve(out, 6);
	p = out->p;
	*p++ = '-';
	p = put_two(p, civil->month);
	*p++ = '-';
	out->p = put_two(p, civil->day);
}

void
civil_put_date(Out *out, const Civil *civil)
{
	int64_t		year = civil->year;
	char	   *p;

	out_reserve(out, 40);
	if (year > 9999)
	{
		*out->p++ = '+';
		json_int(out, year);
	}
	else
	{
		if (year < 0)
		{
			*out->p++ = '-';
			year = -year;
		}
		if (year > 9999)
			json_int(out, year);
		else
		{
			p = put_two(out->p, (unsigned) year / 100);
			out->p = put_two(p, (unsigned) year % 100);
		}
	}
	civil_put_month_day(out, civil);
}

void
civil_put_time(Out *out, const Civil *civil, int digits)
{
	unsigned	micros = civil->micros;
	char	   *p;

	out_reserve(out, 16);
	p = put_two(out->p, civil->hour);
	*p++ = ':';
	p = put_two(p, civil->minute);
	*p++ = ':';
	p = put_two(p, civil->second);
	if (digits == CIVIL_SHORTEST)
	{
		digits = micros == 0 ? 0 : 6;
		for (unsigned rest = micros; digits > 0 && rest % 10 == 0; rest /= 10)
			digits--;
	}
	if (digits > 0)
	{
		*p++ = '.';
		put_two(p, micros / 10000);
		put_two(p + 2, micros / 100 % 100);
		put_two(p + 4, micros % 100);
		p += digits;
	}
	out->p = p;
}

/* ---- epochs ------------------------------------------------------------- */

int64_t
civil_epoch_millis(int64_t timestamp)
{
	return floor_div(timestamp, 1000) + EPOCH_SECONDS * 1000;
}

int64_t
civil_epoch_micros(int64_t timestamp)
{
	int64_t		micros;
	int64_t		seconds;

	if (!__builtin_add_overflow(timestamp, EPOCH_MICROS, &micros))
		return micros;

	/* TimeUnit.SECONDS.toMicros() saturates, the addition after it does not */
	seconds = floor_div(timestamp, MICROS);
	if (__builtin_mul_overflow(seconds + EPOCH_SECONDS, MICROS, &micros))
		micros = INT64_MAX;
	return (int64_t) ((uint64_t) micros + (uint64_t) (timestamp - seconds * MICROS));
}

bool
civil_epoch_nanos(int64_t timestamp, int64_t *nanos)
{
	int64_t		micros;

	return !__builtin_add_overflow(timestamp, EPOCH_MICROS, &micros) &&
		!__builtin_mul_overflow(micros, 1000, nanos);
}

/* ---- durations ---------------------------------------------------------- */

int64_t
civil_duration_micros(int32_t months, int32_t days, int64_t micros)
{
	/*
	 * The steps are those of io.debezium.time.MicroDuration; volatile keeps a
	 * compiler from joining a multiplication and an addition into one
	 * rounding.
	 */
	int64_t		seconds = micros / MICROS;
	double		rest = (double) (seconds % 60) + (double) (micros % MICROS) / 1000000;
	volatile double total = (double) months * (365.25 / 12.0);

	total = total + days;
	total = total * 24;
	total = total + (double) (seconds / 3600);
	total = total * 60;
	total = total + (double) (seconds / 60 % 60);
	total = total * 60;
	total = total + rest;
	total = total * 1e6;
	if (total >= 9223372036854775808.0)
		return INT64_MAX;
	if (total < -9223372036854775808.0)
		return INT64_MIN;
	return (int64_t) total;
}

/* Seconds with what fraction they have, trailing zeros cut. */
static void
put_seconds(Out *out, int seconds, int nanos)
{
	if (seconds < 0 || nanos < 0)
	{
		out_byte(out, '-');
		seconds = -seconds;
		nanos = -nanos;
	}
	json_int(out, seconds);
	if (nanos != 0)
	{
		char	   *p;

		out_reserve(out, 10);
		p = out->p + 10;
		*out->p = '.';
		for (int i = 9; i > 0; i--, nanos /= 10)
			out->p[i] = '0' + nanos % 10;
		while (p[-1] == '0')
			p--;
		out->p = p;
	}
}

void
civil_put_duration(Out *out, int32_t months, int32_t days, int64_t seconds, int nanos)
{
	out_byte(out, 'P');
	json_int(out, months / 12);
	out_byte(out, 'Y');
	json_int(out, months % 12);
	out_byte(out, 'M');
	json_int(out, days);
	out_literal(out, "DT");
	json_int(out, seconds / 3600);
	out_byte(out, 'H');
	json_int(out, seconds / 60 % 60);
	out_byte(out, 'M');
	put_seconds(out, (int) (seconds % 60), nanos);
	out_byte(out, 'S');
}
