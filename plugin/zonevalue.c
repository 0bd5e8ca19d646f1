/*
 * zonevalue.c
 *	  Values of times in another zone, as TimezoneConverter has them.
 *
 * Texts get the offset that the zone has at their reading (even if that is one
 * of UTC), numbers are taken for readings of the zone's clocks.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "civil.h"
#include "json.h"
#include "zonevalue.h"

/* What a rewriter is given. */
typedef struct Shift
{
	Zone		zone;
	int64		per_second;		/* units of a number */
} Shift;

static int64
floor_div(int64 value, int64 divisor)
{
	return value / divisor - (value % divisor < 0);
}

/* A number that was taken for UTC is a reading of the zone's clocks. */
static const char *
shift_number(Out *out, char *text, size_t len, const void *data)
{
	const Shift *shift = data;
	int64		value = strtoll(text, NULL, 10);
	int64		offset = zone_offset_of(&shift->zone, floor_div(value, shift->per_second));

	json_int(out, (int64) ((uint64) value - (uint64) offset * (uint64) shift->per_second));
	return NULL;
}

/* A moment as the zone's clocks show it. */
static const char *
shift_moment(Out *out, char *text, size_t len, const void *data)
{
	const Shift *shift = data;
	int64		value = strtoll(text, NULL, 10);
	int64		offset = zone_offset_at(&shift->zone, floor_div(value, shift->per_second));

	json_int(out, (int64) ((uint64) value + (uint64) offset * (uint64) shift->per_second));
	return NULL;
}

/* A reading of a clock: seconds, what follows the point, seconds ahead of UTC. */
typedef struct Reading
{
	int64		seconds;
	const char *fraction;
	int			fraction_len;	/* without zeros at the end */
	int64		offset;
} Reading;

/* HH:mm:ss[.f]Z or with an offset, at p. */
static bool
read_time(const char *p, Reading *reading)
{
	int			hour,
				minute,
				second,
				used = 0;
	Zone		zone = {NULL, 0};

	if (sscanf(p, "%2d:%2d:%2d%n", &hour, &minute, &second, &used) != 3)
		return false;
	p += used;
	reading->seconds = (hour * 60 + minute) * 60 + second;
	reading->fraction = p;
	reading->fraction_len = 0;
	if (*p == '.')
	{
		reading->fraction_len = 1 + (int) strspn(p + 1, "0123456789");
		p += reading->fraction_len;
		while (reading->fraction[reading->fraction_len - 1] == '0')
			reading->fraction_len--;
		if (reading->fraction_len == 1)
			reading->fraction_len = 0;
	}
	if (strcmp(p, "Z") != 0 && !zone_find(p, &zone))
		return false;
	reading->offset = zone.offset;
	return zone.rules == NULL;
}

static bool
read_timestamp(const char *text, Reading *reading)
{
	long long	year;
	int			month,
				day,
				used = 0;

	if (sscanf(text, "%lld-%2d-%2dT%n", &year, &month, &day, &used) != 3 || used == 0 ||
		!read_time(text +used, reading))
		return false;
	reading->seconds += civil_days(year, month, day) * CIVIL_DAY_SECONDS;
	return true;
}

/* What is left of the seconds behind the date, and the offset. */
static void
put_time(Out *out, int64 second_of_day, const Reading *reading, int64 offset)
{
	int64		ahead = offset < 0 ? -offset : offset;
	Civil		civil;
	char		text[16] = "Z";

	civil_from_time(&civil, second_of_day * 1000000);
	civil_put_time(out, &civil, 0);
	out_bytes(out, reading->fraction, reading->fraction_len);
	civil_from_time(&civil, ahead * 1000000);
	if (civil.second != 0)
		snprintf(text, sizeof(text), "%c%02d:%02d:%02d", offset < 0 ? '-' : '+', civil.hour, civil.minute, civil.second);
	else if (offset != 0)
		snprintf(text, sizeof(text), "%c%02d:%02d", offset < 0 ? '-' : '+', civil.hour, civil.minute);
	out_bytes(out, text, strlen(text));
}

static const char *
shift_zoned_timestamp(Out *out, char *text, size_t len, const void *data)
{
	const Shift *shift = data;
	Reading		reading;
	int64		offset,
				local,
				days;
	Civil		civil;

	(void) rowvalue_decode(text, len);
	if (!read_timestamp(text, &reading))
		return "a text could not be parsed as a timestamp with an offset";
	offset = zone_offset_of(&shift->zone, reading.seconds);
	local = reading.seconds - reading.offset + offset;
	days = floor_div(local, CIVIL_DAY_SECONDS);
	out_byte(out, '"');
	civil_from_days(&civil, days);
	civil_put_date(out, &civil);
	out_byte(out, 'T');
	put_time(out, local - days * CIVIL_DAY_SECONDS, &reading, offset);
	out_byte(out, '"');
	return NULL;
}

/* A time of day has the offset that the zone has now. */
static const char *
shift_zoned_time(Out *out, char *text, size_t len, const void *data)
{
	const Shift *shift = data;
	Reading		reading;
	int64		offset = zone_offset_at(&shift->zone, civil_epoch_millis(GetCurrentTimestamp()) / 1000);
	int64		local;

	(void) rowvalue_decode(text, len);
	if (!read_time(text, &reading))
		return "a text could not be parsed as a time with an offset";
	local = reading.seconds - reading.offset + offset;
	local -= floor_div(local, CIVIL_DAY_SECONDS) * CIVIL_DAY_SECONDS;
	out_byte(out, '"');
	put_time(out, local, &reading, offset);
	out_byte(out, '"');
	return NULL;
}

/* ---- which value is which ------------------------------------------------ */

typedef struct ShiftRow
{
	const char *name;			/* of the schema, or of a field of source */
	RewriteFn	rewrite;
	int64		per_second;
} ShiftRow;

static const ShiftRow by_schema[] = {
	{"io.debezium.time.ZonedTimestamp", shift_zoned_timestamp, 1},
	{"io.debezium.time.ZonedTime", shift_zoned_time, 1},
	{"io.debezium.time.Timestamp", shift_number, 1000},
	{"io.debezium.time.MicroTimestamp", shift_number, 1000000},
	{"io.debezium.time.NanoTimestamp", shift_number, 1000000000},
	{"org.apache.kafka.connect.data.Timestamp", shift_number, 1000},
	{NULL}
};

static const ShiftRow by_field[] = {
	{"ts_ms", shift_moment, 1000},
	{"ts_us", shift_moment, 1000000},
	{"ts_ns", shift_moment, 1000000000},
	{NULL}
};

static Shape *
shifted(const TransformStep *step, Draft *draft, const Zone *zone, Shape *field, const ShiftRow *row)
{
	Shift	   *shift = MemoryContextAlloc(draft->context, sizeof(Shift));

	shift->zone = *zone;
	shift->per_second = row->per_second;
	return rowvalue_new(step, draft, field_value(draft, field, true), shape_schema(field),
						row->rewrite, shift);
}

static Shape *
shift_by(const TransformStep *step, Draft *draft, const Zone *zone, Shape *field,
		 const ShiftRow *rows, const char *name)
{
	for (const ShiftRow *row = rows; row->name; row++)
		if (strcmp(row->name, name) == 0)
			return shifted(step, draft, zone, field, row);
	return field;
}

Shape *
zonevalue_of_row(const TransformStep *step, Draft *draft, const Zone *zone, Shape *field)
{
	const char *name = shape_schema(field)->name;

	return name ? shift_by(step, draft, zone, field, by_schema, name) : field;
}

Shape *
zonevalue_of_source(const TransformStep *step, Draft *draft, const Zone *zone, Shape *field,
					const char *name)
{
	if (shape_schema(field)->name)
		return zonevalue_of_row(step, draft, zone, field);
	return shift_by(step, draft, zone, field, by_field, name);
}
