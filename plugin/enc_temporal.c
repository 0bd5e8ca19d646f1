/*
 * enc_temporal.c
 *	  Dates, times and intervals in each time.precision.mode and
 *	  interval.handling.mode.
 *
 * What the server calls infinity has no place in most of Debezium's types; it
 * comes out as the connector prints it, extreme numbers that differ by mode.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "datatype/timestamp.h"
#include "utils/date.h"
#include "utils/timestamp.h"

#include "civil.h"
#include "encoders.h"
#include "json.h"

/* LocalDate of the infinities, as Debezium 3.7 has them */
#define DATE_INFINITY_DAYS			INT64CONST(2146033979)
#define DATE_MINUS_INFINITY_DAYS	INT64CONST(-2147472691)

/* LocalDateTime of the infinities: 292278994-08-16 and -292275055-05-16, 23:00 */
#define INFINITY_MILLIS				INT64CONST(9223372036825200000)
#define MINUS_INFINITY_MILLIS		INT64CONST(-9223372036832400000)

#define DAY_MILLIS					(CIVIL_DAY_SECONDS * 1000)

/* ,"name":value with the comma in front; names are literals */
#define put_member(out, name, value) \
	(out_literal((out), ",\"" name "\":"), json_int((out), (value)))

/* ---- date --------------------------------------------------------------- */

static inline int64
date_days(DateADT date)
{
	if (unlikely(DATE_NOT_FINITE(date)))
		return DATE_IS_NOEND(date) ? DATE_INFINITY_DAYS : DATE_MINUS_INFINITY_DAYS;
	return (int64) date + CIVIL_EPOCH_DAYS;
}

void
enc_date_days(Out *out, Datum value, const Enc *enc)
{
	json_int(out, date_days(DatumGetDateADT(value)));
}

void
enc_date_iso(Out *out, Datum value, const Enc *enc)
{
	Civil		civil;

	civil_from_days(&civil, date_days(DatumGetDateADT(value)));
	out_byte(out, '"');
	civil_put_date(out, &civil);
	out_literal(out, "Z\"");
}

/* {"year":y,"month":m,"day":d without the closing brace */
static void
put_structured_date(Out *out, const Civil *civil)
{
	out_literal(out, "{\"year\":");
	json_int(out, civil->year);
	put_member(out, "month", civil->month);
	put_member(out, "day", civil->day);
}

/* "hour":h,"minute":m,"second":s,"nanos":n */
static void
put_structured_time(Out *out, const Civil *civil)
{
	out_literal(out, "\"hour\":");
	json_int(out, civil->hour);
	put_member(out, "minute", civil->minute);
	put_member(out, "second", civil->second);
	put_member(out, "nanos", (int64) civil->micros * 1000);
}

static void
put_special_value(Out *out, bool positive)
{
	if (positive)
		out_literal(out, ",\"specialValue\":\"POSITIVE_INFINITY\"");
	else
		out_literal(out, ",\"specialValue\":\"NEGATIVE_INFINITY\"");
}

void
enc_date_structured(Out *out, Datum value, const Enc *enc)
{
	DateADT		date = DatumGetDateADT(value);
	Civil		civil;

	if (DATE_NOT_FINITE(date))
	{
		out_literal(out, "{\"year\":null,\"month\":null,\"day\":null");
		put_special_value(out, DATE_IS_NOEND(date));
		out_byte(out, '}');
		return;
	}
	civil_from_days(&civil, date_days(date));
	put_structured_date(out, &civil);
	out_literal(out, ",\"specialValue\":null}");
}

/*
 * A java.util.Date as org.apache.kafka.connect.data.Values prints it: it tells
 * times, dates and timestamps apart by the number alone.
 */
static void
put_java_date(Out *out, int64 millis)
{
	int64		days = millis / DAY_MILLIS - (millis % DAY_MILLIS < 0);
	int64		rest = millis - days * DAY_MILLIS;
	Civil		civil;

	civil_from_days(&civil, days);
	civil_from_time(&civil, rest * 1000);
	if (millis >= DAY_MILLIS)
	{
		json_int(out, civil.year);	/* no sign, and four digits at least */
		civil_put_month_day(out, &civil);
		if (rest == 0)
			return;
		out_byte(out, 'T');
	}
	civil_put_time(out, &civil, 3);
	out_byte(out, 'Z');
}

void
enc_date_header(Out *out, Datum value, const Enc *enc)
{
	put_java_date(out, date_days(DatumGetDateADT(value)) * DAY_MILLIS);
}

/* ---- time --------------------------------------------------------------- */

void
enc_time_millis(Out *out, Datum value, const Enc *enc)
{
	json_int(out, DatumGetTimeADT(value) / 1000);
}

void
enc_time_micros(Out *out, Datum value, const Enc *enc)
{
	json_int(out, DatumGetTimeADT(value));
}

void
enc_time_nanos(Out *out, Datum value, const Enc *enc)
{
	json_int(out, DatumGetTimeADT(value) * 1000);
}

/* 24:00 is a LocalTime of midnight by then. */
void
enc_time_iso(Out *out, Datum value, const Enc *enc)
{
	Civil		civil;

	civil_from_time(&civil, DatumGetTimeADT(value) % CIVIL_DAY_MICROS);
	out_byte(out, '"');
	civil_put_time(out, &civil, CIVIL_SHORTEST);
	out_literal(out, "Z\"");
}

void
enc_time_structured(Out *out, Datum value, const Enc *enc)
{
	TimeADT		time = DatumGetTimeADT(value);
	Civil		civil;

	if (time == CIVIL_DAY_MICROS)	/* 24:00 does not go into a LocalTime */
	{
		out_literal(out, "null");
		return;
	}
	civil_from_time(&civil, time);
	out_byte(out, '{');
	put_structured_time(out, &civil);
	put_member(out, "precision", enc->a);
	out_byte(out, '}');
}

void
enc_time_header(Out *out, Datum value, const Enc *enc)
{
	put_java_date(out, DatumGetTimeADT(value) / 1000);
}

/* ---- timestamp ---------------------------------------------------------- */

/* The epoch in milliseconds, infinities as Debezium's LocalDateTime of them. */
static inline int64
timestamp_millis(Timestamp timestamp)
{
	if (unlikely(TIMESTAMP_NOT_FINITE(timestamp)))
		return TIMESTAMP_IS_NOEND(timestamp) ? INFINITY_MILLIS : MINUS_INFINITY_MILLIS;
	return civil_epoch_millis(timestamp);
}

void
enc_timestamp_millis(Out *out, Datum value, const Enc *enc)
{
	json_int(out, timestamp_millis(DatumGetTimestamp(value)));
}

void
enc_timestamp_micros(Out *out, Datum value, const Enc *enc)
{
	Timestamp	timestamp = DatumGetTimestamp(value);

	/* the server's infinities are the very numbers that Debezium prints */
	if (likely(!TIMESTAMP_NOT_FINITE(timestamp)))
		timestamp = civil_epoch_micros(timestamp);
	json_int(out, timestamp);
}

void
enc_timestamp_nanos(Out *out, Datum value, const Enc *enc)
{
	Timestamp	timestamp = DatumGetTimestamp(value);
	int64_t		nanos = timestamp;

	if (TIMESTAMP_NOT_FINITE(timestamp) || civil_epoch_nanos(timestamp, &nanos))
		json_int(out, nanos);
	else
		out_literal(out, "null");	/* before 1677 or after 2262 */
}

void
enc_timestamp_iso(Out *out, Datum value, const Enc *enc)
{
	Timestamp	timestamp = DatumGetTimestamp(value);
	Civil		civil;

	if (TIMESTAMP_NOT_FINITE(timestamp))
	{
		if (TIMESTAMP_IS_NOEND(timestamp))
			out_literal(out, "\"+292278994-08-16T23:00:00Z\"");
		else
			out_literal(out, "\"-292275055-05-16T23:00:00Z\"");
		return;
	}
	civil_from_timestamp(&civil, timestamp);
	out_byte(out, '"');
	civil_put_date(out, &civil);
	out_byte(out, 'T');
	civil_put_time(out, &civil, CIVIL_SHORTEST);
	out_literal(out, "Z\"");
}

/* {"year":...,"nanos":n without the closing brace; null parts for infinities */
static void
put_structured_timestamp(Out *out, Timestamp timestamp)
{
	Civil		civil;

	if (TIMESTAMP_NOT_FINITE(timestamp))
	{
		out_literal(out, "{\"year\":null,\"month\":null,\"day\":null,"
					"\"hour\":null,\"minute\":null,\"second\":null,\"nanos\":null");
		return;
	}
	civil_from_timestamp(&civil, timestamp);
	put_structured_date(out, &civil);
	out_byte(out, ',');
	put_structured_time(out, &civil);
}

/* ,"specialValue":...,"precision":p} */
static void
end_structured_timestamp(Out *out, Timestamp timestamp, int precision)
{
	if (TIMESTAMP_NOT_FINITE(timestamp))
		put_special_value(out, TIMESTAMP_IS_NOEND(timestamp));
	else
		out_literal(out, ",\"specialValue\":null");
	put_member(out, "precision", precision);
	out_byte(out, '}');
}

void
enc_timestamp_structured(Out *out, Datum value, const Enc *enc)
{
	Timestamp	timestamp = DatumGetTimestamp(value);

	put_structured_timestamp(out, timestamp);
	end_structured_timestamp(out, timestamp, enc->a);
}

void
enc_timestamp_header(Out *out, Datum value, const Enc *enc)
{
	put_java_date(out, timestamp_millis(DatumGetTimestamp(value)));
}

/* ---- with time zone ----------------------------------------------------- */

/* In UTC, with exactly the digits that the column declares. */
void
enc_timestamptz(Out *out, Datum value, const Enc *enc)
{
	TimestampTz timestamp = DatumGetTimestampTz(value);
	Civil		civil;

	if (unlikely(TIMESTAMP_NOT_FINITE(timestamp)))
	{
		if (TIMESTAMP_IS_NOEND(timestamp))
			out_literal(out, "\"infinity\"");
		else
			out_literal(out, "\"-infinity\"");
		return;
	}
	civil_from_timestamp(&civil, timestamp);
	out_byte(out, '"');
	civil_put_date(out, &civil);
	out_byte(out, 'T');
	civil_put_time(out, &civil, enc->a);
	out_literal(out, "Z\"");
}

void
enc_timestamptz_structured(Out *out, Datum value, const Enc *enc)
{
	TimestampTz timestamp = DatumGetTimestampTz(value);

	put_structured_timestamp(out, timestamp);
	if (TIMESTAMP_NOT_FINITE(timestamp))
		out_literal(out, ",\"offsetSeconds\":null,\"zoneId\":null");
	else
		out_literal(out, ",\"offsetSeconds\":0,\"zoneId\":\"Z\"");
	end_structured_timestamp(out, timestamp, enc->a);
}

/* In UTC.  24:00 stays only where it is written in UTC. */
void
enc_timetz(Out *out, Datum value, const Enc *enc)
{
	const TimeTzADT *timetz = DatumGetTimeTzADTP(value);
	int64		micros = timetz->time;
	Civil		civil;

	if (timetz->zone != 0 || micros != CIVIL_DAY_MICROS)
	{
		/* zone counts seconds west of Greenwich */
		micros = (micros + (int64) timetz->zone * 1000000) % CIVIL_DAY_MICROS;
		if (micros < 0)
			micros += CIVIL_DAY_MICROS;
	}
	civil_from_time(&civil, micros);
	out_byte(out, '"');
	civil_put_time(out, &civil, CIVIL_SHORTEST);
	out_literal(out, "Z\"");
}

void
enc_timetz_structured(Out *out, Datum value, const Enc *enc)
{
	const TimeTzADT *timetz = DatumGetTimeTzADTP(value);
	Civil		civil;

	civil_from_time(&civil, timetz->time);
	out_byte(out, '{');
	put_structured_time(out, &civil);
	put_member(out, "offsetSeconds", -timetz->zone);
	put_member(out, "precision", enc->a);
	out_byte(out, '}');
}

/* ---- interval ----------------------------------------------------------- */

#ifdef INTERVAL_NOT_FINITE		/* from version 17 on */
#define interval_finite(interval) (!INTERVAL_NOT_FINITE(interval))
#define interval_noend(interval) INTERVAL_IS_NOEND(interval)
#else
#define interval_finite(interval) true
#define interval_noend(interval) false
#endif

/* An infinite one saturates by itself: its parts are the largest there are. */
void
enc_interval_micros(Out *out, Datum value, const Enc *enc)
{
	const Interval *interval = DatumGetIntervalP(value);

	json_int(out, civil_duration_micros(interval->month, interval->day, interval->time));
}

void
enc_interval_iso(Out *out, Datum value, const Enc *enc)
{
	const Interval *interval = DatumGetIntervalP(value);

	if (!interval_finite(interval))
	{
		if (interval_noend(interval))
			out_literal(out, "\"infinity\"");
		else
			out_literal(out, "\"-infinity\"");
		return;
	}
	out_byte(out, '"');
	civil_put_duration(out, interval->month, interval->day, interval->time / USECS_PER_SEC,
					   (int) (interval->time % USECS_PER_SEC) * 1000);
	out_byte(out, '"');
}

void
enc_interval_structured(Out *out, Datum value, const Enc *enc)
{
	const Interval *interval = DatumGetIntervalP(value);
	int64		seconds = interval->time / 1000000;
	int64		hours = seconds / 3600;

	/* the schema has 32 bits for the hours */
	if (!interval_finite(interval) || hours != (int32) hours)
	{
		out_literal(out, "null");
		return;
	}
	out_literal(out, "{\"years\":");
	json_int(out, interval->month / 12);
	put_member(out, "months", interval->month % 12);
	put_member(out, "days", interval->day);
	put_member(out, "hours", hours);
	put_member(out, "minutes", seconds / 60 % 60);
	put_member(out, "seconds", seconds % 60);
	put_member(out, "nanos", interval->time % 1000000 * 1000);
	put_member(out, "precision", enc->a);
	out_byte(out, '}');
}
