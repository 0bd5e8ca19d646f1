/*
 * quirks.c
 *	  Encoders that read values as badly as Debezium does.
 *
 * Each stands in front of the right one (elem), which prints what is left of
 * the value.  Debezium turns the elements of arrays into java.sql.Date, Time
 * and Timestamp: objects of milliseconds and of a calendar that is Julian
 * before 1582-10-15.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "datatype/timestamp.h"
#include "utils/array.h"
#include "utils/date.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

#include "civil.h"
#include "encoders.h"
#include "json.h"
#include "quirks.h"

/* The first day of the Gregorian calendar, since 1970, and the days before it. */
#define GREGORIAN_DAYS		INT64CONST(-141427)
#define GREGORIAN_GAP		10

/*
 * The infinities as a java.sql.Date shows them, since 1970: 292278994-08-16 and
 * 292269055-12-02, where 32 bits overflow.
 */
#define JAVA_DATE_INFINITY			INT64CONST(-622191234)
#define JAVA_DATE_MINUS_INFINITY	INT64CONST(-625821272)

#define encode_as(out, value, enc) ((enc)->elem->encode((out), (value), (enc)->elem))

/* ---- calendars ---------------------------------------------------------- */

static int64
floor_div(int64 value, int64 divisor)
{
	return value / divisor - (value % divisor < 0);
}

/* The days by which the Julian calendar is late in that year. */
static int64
julian_shift(const Civil *civil)
{
	int64		march_year = civil->year - (civil->month <= 2);

	return floor_div(march_year, 100) - floor_div(march_year, 400) - 2;
}

/*
 * The day that a java.sql object of a date ends as: years before Christ count
 * upwards, and the ten days that the calendar lacks come after it.
 */
static int64
java_days(int64 days)
{
	Civil		civil;

	civil_from_days(&civil, days);
	if (civil.year <= 0)
		return civil_days(1 - civil.year, civil.month, civil.day);
	if (days < GREGORIAN_DAYS && days >= GREGORIAN_DAYS - GREGORIAN_GAP)
		return days + GREGORIAN_GAP;
	return days;
}

/* ---- elements of arrays ------------------------------------------------- */

static void
enc_java_date(Out *out, Datum value, const Enc *enc)
{
	DateADT		date = DatumGetDateADT(value);

	if (!DATE_NOT_FINITE(date))
		date = (DateADT) (java_days((int64) date + CIVIL_EPOCH_DAYS) - CIVIL_EPOCH_DAYS);
	encode_as(out, DateADTGetDatum(date), enc);
}

static void
enc_java_date_days(Out *out, Datum value, const Enc *enc)
{
	DateADT		date = DatumGetDateADT(value);

	if (!DATE_NOT_FINITE(date))
		enc_java_date(out, value, enc);
	else
		json_int(out, DATE_IS_NOEND(date) ? JAVA_DATE_INFINITY : JAVA_DATE_MINUS_INFINITY);
}

static void
enc_java_date_iso(Out *out, Datum value, const Enc *enc)
{
	DateADT		date = DatumGetDateADT(value);

	if (!DATE_NOT_FINITE(date))
		enc_java_date(out, value, enc);
	else if (DATE_IS_NOEND(date))
		out_literal(out, "\"+292278994-08-16Z\"");
	else
		out_literal(out, "\"+292269055-12-02Z\"");
}

static void
enc_java_time(Out *out, Datum value, const Enc *enc)
{
	TimeADT		time = DatumGetTimeADT(value) % CIVIL_DAY_MICROS;

	encode_as(out, TimeADTGetDatum(time - time % 1000), enc);
}

/* The date is taken for one of the calendar of its time. */
static void
enc_java_timestamp(Out *out, Datum value, const Enc *enc)
{
	Timestamp	timestamp = DatumGetTimestamp(value);

	if (!TIMESTAMP_NOT_FINITE(timestamp) &&
		timestamp < (GREGORIAN_DAYS - CIVIL_EPOCH_DAYS) * CIVIL_DAY_MICROS)
	{
		Civil		civil;

		civil_from_timestamp(&civil, timestamp);
		timestamp += julian_shift(&civil) * CIVIL_DAY_MICROS;
	}
	encode_as(out, TimestampGetDatum(timestamp), enc);
}

static void
enc_java_timestamptz(Out *out, Datum value, const Enc *enc)
{
	TimestampTz timestamp = DatumGetTimestampTz(value);

	if (!TIMESTAMP_NOT_FINITE(timestamp))
	{
		int64		days = floor_div(timestamp, CIVIL_DAY_MICROS);

		timestamp += (java_days(days + CIVIL_EPOCH_DAYS) - CIVIL_EPOCH_DAYS - days) *
			CIVIL_DAY_MICROS;
	}
	encode_as(out, TimestampTzGetDatum(timestamp), enc);
}

static void
enc_java_timestamptz_iso(Out *out, Datum value, const Enc *enc)
{
	Civil		late = {.hour = 23};

	if (!TIMESTAMP_IS_NOBEGIN(DatumGetTimestampTz(value)))
	{
		enc_java_timestamptz(out, value, enc);
		return;
	}
	out_literal(out, "\"+292269055-12-02T");
	civil_put_time(out, &late, enc->elem->a);
	out_literal(out, "Z\"");
}

static void
enc_java_timestamptz_structured(Out *out, Datum value, const Enc *enc)
{
	if (!TIMESTAMP_IS_NOBEGIN(DatumGetTimestampTz(value)))
	{
		enc_java_timestamptz(out, value, enc);
		return;
	}
	out_literal(out, "{\"year\":292269055,\"month\":12,\"day\":2,\"hour\":23,\"minute\":0,"
				"\"second\":0,\"nanos\":0,\"offsetSeconds\":0,\"zoneId\":\"Z\","
				"\"specialValue\":null,\"precision\":");
	json_int(out, enc->elem->a);
	out_byte(out, '}');
}

/* ---- scalars ------------------------------------------------------------ */

/* Its text has the offset's seconds, and those are not understood. */
static bool
timetz_is_lost(Datum value)
{
	return DatumGetTimeTzADTP(value)->zone % 60 != 0;
}

static void
enc_lost_timetz(Out *out, Datum value, const Enc *enc)
{
	if (timetz_is_lost(value))
		out_literal(out, "null");
	else
		encode_as(out, value, enc);
}

/* What overflows is the start of the day, so all of 1677-09-21 is lost. */
static void
enc_lost_nanos(Out *out, Datum value, const Enc *enc)
{
	Timestamp	timestamp = DatumGetTimestamp(value);
	int64_t		nanos;

	if (!TIMESTAMP_NOT_FINITE(timestamp) &&
		!civil_epoch_nanos(floor_div(timestamp, CIVIL_DAY_MICROS) * CIVIL_DAY_MICROS, &nanos))
		out_literal(out, "null");
	else
		encode_as(out, value, enc);
}

/*
 * The driver adds seconds and microseconds as doubles, and nine digits of the
 * sum are printed: where it falls short of the right one, a nanosecond less.
 */
static void
enc_cut_interval(Out *out, Datum value, const Enc *enc)
{
	const Interval *interval = DatumGetIntervalP(value);
	int64		seconds = interval->time / USECS_PER_SEC;
	int			micros = (int) (interval->time % USECS_PER_SEC);
	double		sum = (double) (seconds % 60) + (double) micros / 1000000;
	double		right = (double) (seconds % 60 * USECS_PER_SEC + micros) / 1000000;

	if (fabs(sum) >= fabs(right))
	{
		encode_as(out, value, enc);
		return;
	}
	out_byte(out, '"');
	civil_put_duration(out, interval->month, interval->day, seconds,
					   micros * 1000 + (micros < 0 ? 1 : -1));
	out_byte(out, '"');
}

/* ---- whole arrays ------------------------------------------------------- */

/* What makes an array null: an element that is, or one that is lost. */
typedef struct Stumble
{
	ArrayLayout layout;
	Oid			element;
	bool		nulls;
	bool		(*lost) (Datum value);
} Stumble;

static bool
numeric_is_lost(Datum value)
{
	return !numeric_is_finite(value);
}

/* Of arrays of geometric types Debezium knows the schema, and no element. */
static bool
is_figure(Oid type)
{
	return type == LSEGOID || type == PATHOID || type == BOXOID || type == POLYGONOID ||
		type == CIRCLEOID || type == LINEOID;
}

static bool
figure_is_lost(Datum value)
{
	return true;
}

static bool
stumbles(const Stumble *stumble, ArrayType *array)
{
	Datum	   *values;
	bool	   *nulls;
	int			n;

	if (stumble->nulls && array_contains_nulls(array))
		return true;
	if (stumble->lost == NULL)
		return false;
	deconstruct_array(array, stumble->element, stumble->layout.typlen, stumble->layout.typbyval,
					  stumble->layout.typalign, &values, &nulls, &n);
	for (int i = 0; i < n; i++)
		if (!nulls[i] && stumble->lost(values[i]))
			return true;
	return false;
}

static void
enc_stumble(Out *out, Datum value, const Enc *enc)
{
	if (stumbles(enc->data, DatumGetArrayTypeP(value)))
		out_literal(out, "null");
	else
		encode_as(out, value, enc);
}

/* oidvector and int2vector: nothing of what they hold */
static void
enc_empty_vector(Out *out, Datum value, const Enc *enc)
{
	const ArrayType *array = (const ArrayType *) DatumGetPointer(value);

	if (ARR_DIMS(array)[0] == 0)
		out_literal(out, "null");
	else
		out_literal(out, "[]");
}

/* What Debezium gives for a required column of a type that it does not read. */
static void
enc_empty_text(Out *out, Datum value, const Enc *enc)
{
	out_literal(out, "\"\"");
}

/* ---- who stands in for whom --------------------------------------------- */

/*
 * Debezium stops at a NULL in a required column; there the right encoder stays
 * if required is NULL.
 */
typedef struct StandIn
{
	EncodeFn	right;
	EncodeFn	quirk;
	EncodeFn	required;
} StandIn;

static const StandIn scalars[] = {
	{enc_timetz, enc_lost_timetz, NULL},
	{enc_timestamp_nanos, enc_lost_nanos, NULL},
	{enc_interval_iso, enc_cut_interval, enc_cut_interval},
	{enc_name, enc_null, enc_empty_text},
};

/* Of the elements of arrays, by mode; time and timestamp by type. */
static const StandIn elements[] = {
	{enc_date_days, enc_java_date_days},
	{enc_date_iso, enc_java_date_iso},
	{enc_date_structured, enc_java_date},
	{enc_timestamptz, enc_java_timestamptz_iso},
	{enc_timestamptz_structured, enc_java_timestamptz_structured},
};

static const StandIn *
find_stand_in(const StandIn *list, int n, EncodeFn right)
{
	for (int i = 0; i < n; i++)
		if (list[i].right == right)
			return &list[i];
	return NULL;
}

static void
stand_in(Enc *enc, EncodeFn quirk)
{
	Enc		   *right = palloc(sizeof(Enc));

	*right = *enc;
	enc->encode = quirk;
	enc->elem = right;
}

static void
stand_in_both(ColumnType *column, EncodeFn quirk)
{
	if (quirk == NULL)
		return;
	stand_in(&column->json, quirk);
	stand_in(&column->header, quirk);
}

/* What becomes of a value of the type in a column that may be null. */
static void
lose_scalar(Oid type, ColumnType *column)
{
	const StandIn *found = find_stand_in(scalars, lengthof(scalars), column->json.encode);

	if (found != NULL)
		stand_in_both(column, found->quirk);
	else if (type == OIDVECTOROID || type == INT2VECTOROID)
		stand_in_both(column, enc_empty_vector);
}

static void
lose_required(ColumnType *column)
{
	const StandIn *found = find_stand_in(scalars, lengthof(scalars), column->json.encode);

	if (found != NULL && found->required != NULL)
		stand_in_both(column, found->required);
}

void
quirks_element(Oid type, ColumnType *element)
{
	const StandIn *found = find_stand_in(elements, lengthof(elements), element->json.encode);

	lose_scalar(type, element);
	if (found != NULL)
		stand_in_both(element, found->quirk);
	else if (type == TIMEOID)
		stand_in_both(element, enc_java_time);
	else if (type == TIMESTAMPOID)
		stand_in_both(element, enc_java_timestamp);
}

/* An array is null as a whole where Debezium stumbles over an element. */
static void
lose_array(Oid type, const TypeModes *modes, ColumnType *array)
{
	Stumble    *stumble = palloc0(sizeof(Stumble));

	if (type == NUMERICOID)
		stumble->lost = numeric_is_lost;
	else if (type == TIMETZOID && modes->time != TIME_STRUCTURED)
		stumble->lost = timetz_is_lost;
	else if (is_figure(type))
		stumble->lost = figure_is_lost;
	else if (!typemap_is_of_extension(type, "ltree"))
		return;
	stumble->nulls = is_figure(type) || stumble->lost == NULL;
	stumble->element = type;
	stumble->layout = *(const ArrayLayout *) array->json.data;
	stand_in_both(array, enc_stumble);
	array->json.data = array->header.data = stumble;
}

void
quirks_column(Oid type, bool required, const TypeModes *modes, ColumnType *column)
{
	Oid			base = getBaseType(type);
	Oid			element = get_element_type(base);

	if (base == OIDVECTOROID || base == INT2VECTOROID)
		element = InvalidOid;
	if (required)
		lose_required(column);
	else if (OidIsValid(element))
		lose_array(element, modes, column);
	else
		lose_scalar(base, column);
}
