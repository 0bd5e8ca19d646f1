/*
 * transform_timestamp.c
 *	  TimestampConverter: times as epochs, texts, Connect's dates.
 *
 * Follows org.apache.kafka.connect.transforms.TimestampConverter of Kafka
 * Connect 4, which knows milliseconds and nothing finer.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "civil.h"
#include "frame.h"
#include "javadate.h"
#include "json.h"
#include "rowvalue.h"
#include "transform_value.h"
#include "typeschema.h"

#define DAY_MILLIS INT64CONST(86400000)

/* What a time is: the target's names, in this order, and a source's by its schema. */
typedef enum TimeForm
{
	FORM_STRING, FORM_UNIX, FORM_DATE, FORM_TIME, FORM_TIMESTAMP, FORM_NONE
} TimeForm;

static const char *const form_names[] = {"string", "unix", "Date", "Time", "Timestamp", NULL};
static const char *const precisions[] = {"seconds", "milliseconds", "microseconds", "nanoseconds", NULL};
static const int64 per_second[] = {1, 1000, 1000000, 1000000000};

const Setting timestamp_settings[] = {
	{"field", SETTING_STRING, offsetof(TimestampConverter, field), false, ""},
	{"target.type", SETTING_STRING, offsetof(TimestampConverter, target), true},
	{"format", SETTING_STRING, offsetof(TimestampConverter, format), false, ""},
	{"unix.precision", SETTING_ENUM, offsetof(TimestampConverter, precision), false, "milliseconds", precisions},
	{"replace.null.with.default", SETTING_BOOL, offsetof(TimestampConverter, replace_null), false, "true"},
	{NULL}
};

static bool
is_blank(const char *text)
{
	return text[strspn(text, " \t\n\r\f\v")] == '\0';
}

void
timestamp_check(TransformStep *step)
{
	TimestampConverter *converter = step->settings;
	const char *fault;

	while (form_names[converter->type] && strcmp(form_names[converter->type], converter->target) != 0)
		converter->type++;
	if (form_names[converter->type] == NULL)
		step_bad_value(step, "target.type", converter->target, "string, unix, Date, Time, Timestamp");
	if (is_blank(converter->format))
	{
		if (converter->type == FORM_STRING)
			step_bad_value(step, "target.type", converter->target, "effect with the option format beside it");
		return;
	}
	fault = javadate_fault(converter->format);
	if (fault)
		step_bad_value(step, "format", converter->format,
					   psprintf("a pattern of java.text.SimpleDateFormat, but it has %s", fault));
}

/* ---- values -------------------------------------------------------------- */

typedef struct Conversion
{
	TimeForm	from;
	TimeForm	to;
	int			precision;
	const char *format;
} Conversion;

/* Whole numbers towards zero; what does not fit is the nearest that does. */
static int64
scale_up(int64 value, int64 factor)
{
	int64		result;

	if (!__builtin_mul_overflow(value, factor, &result))
		return result;
	return value < 0 ? PG_INT64_MIN : PG_INT64_MAX;
}

static int64
unix_to_millis(int64 value, int precision)
{
	int64		unit = per_second[precision];

	return unit >= 1000 ? value / (unit / 1000) : scale_up(value, 1000 / unit);
}

static int64
millis_to_unix(int64 millis, int precision)
{
	int64		unit = per_second[precision];

	return unit >= 1000 ? scale_up(millis, unit / 1000) : millis / (1000 / unit);
}

static const char *
read_millis(const Conversion *conversion, char *text, size_t len, int64 *millis)
{
	int64		number;

	if (conversion->from == FORM_STRING)
	{
		int64		now = civil_epoch_millis(GetCurrentTimestamp());

		(void) rowvalue_decode(text, len);
		if (conversion->format[0] == '\0')
			return "a text is to be read, but there is no format";
		if (!javadate_parse(conversion->format, text, now, millis))
			return psprintf("could not parse timestamp: a value does not match pattern (%s)",
							conversion->format);
		return NULL;
	}
	number = strtoll(text, NULL, 10);
	if (conversion->from == FORM_UNIX)
		*millis = unix_to_millis(number, conversion->precision);
	else
		*millis = conversion->from == FORM_DATE ? number * DAY_MILLIS : number;
	return NULL;
}

static int64
floor_days(int64 millis)
{
	return millis / DAY_MILLIS - (millis % DAY_MILLIS < 0);
}

static void
put_formatted(Out *out, const char *format, int64 millis)
{
	StringInfoData buf;
	Out			text;

	initStringInfo(&buf);
	out_open(&text, &buf);
	javadate_format(&text, format, millis);
	out_close(&text);
	json_string(out, buf.data, buf.len);
}

static const char *
convert(Out *out, char *text, size_t len, const void *data)
{
	const Conversion *conversion = data;
	int64		millis;
	const char *failure = read_millis(conversion, text, len, &millis);

	if (failure)
		return failure;
	switch (conversion->to)
	{
		case FORM_STRING:
			put_formatted(out, conversion->format, millis);
			break;
		case FORM_UNIX:
			json_int(out, millis_to_unix(millis, conversion->precision));
			break;
		case FORM_DATE:
			json_int(out, (int32) floor_days(millis));
			break;
		case FORM_TIME:
			json_int(out, millis - floor_days(millis) * DAY_MILLIS);
			break;
		default:
			json_int(out, millis);
			break;
	}
	return NULL;
}

/* ---- fields -------------------------------------------------------------- */

static TimeForm
form_of(const ConnectSchema *schema)
{
	static const struct
	{
		const ConnectSchema *schema;
		TimeForm	form;
	}			named[] = {
		{&schema_connect_timestamp, FORM_TIMESTAMP}, {&schema_connect_date, FORM_DATE},
		{&schema_connect_time, FORM_TIME},
	};

	for (int i = 0; i < lengthof(named); i++)
		if (schema->name && strcmp(schema->name, named[i].schema->name) == 0)
			return named[i].form;
	if (schema->type == CONNECT_STRING)
		return FORM_STRING;
	return schema->type == CONNECT_INT64 ? FORM_UNIX : FORM_NONE;
}

static const ConnectSchema *
target_schema(TimeForm form, bool optional)
{
	static const ConnectSchema *const schemas[] = {
		[FORM_STRING] = &schema_string,[FORM_UNIX] = &schema_int64,
		[FORM_DATE] = &schema_connect_date,[FORM_TIME] = &schema_connect_time,
		[FORM_TIMESTAMP] = &schema_connect_timestamp,
	};
	ConnectSchema *schema = palloc(sizeof(ConnectSchema));

	*schema = *schemas[form];
	schema->optional = optional;
	return schema;
}

static Shape *
converted(const TransformStep *step, Draft *draft, const Shape *field)
{
	const TimestampConverter *converter = step->settings;
	const ConnectSchema *from = shape_schema(field);
	Conversion *conversion = MemoryContextAlloc(draft->context, sizeof(Conversion));

	*conversion = (Conversion) {
		form_of(from), converter->type, converter->precision, converter->format
	};
	if (conversion->from == FORM_NONE)
		draft_fail(draft, "the schema does not correspond to a known timestamp type format");
	return rowvalue_new(step, draft, field, target_schema(converter->type, from->optional),
						convert, conversion);
}

static Shape *
convert_field(const TransformStep *step, Draft *draft, Shape *field)
{
	const TimestampConverter *converter = step->settings;

	/* what it becomes has no default, which a null would otherwise print */
	if (!converter->replace_null)
		field = field_under(draft, field, shape_schema(field));
	return converted(step, draft, field_value(draft, field, converter->replace_null));
}

/* The schema of a struct that is null, with the field's changed. */
static const ConnectSchema *
converted_schema(const TimestampConverter *converter, const ConnectSchema *schema)
{
	ConnectSchema *copy = palloc(sizeof(ConnectSchema));
	ConnectField *fields = palloc(Max(schema->nfields, 1) * sizeof(ConnectField));

	*copy = *schema;
	for (int i = 0; i < schema->nfields; i++)
	{
		fields[i] = schema->fields[i];
		if (strcmp(fields[i].name, converter->field) == 0)
			fields[i].schema = target_schema(converter->type, fields[i].schema->optional);
	}
	copy->fields = fields;
	return copy;
}

void
timestamp_apply(const TransformStep *step, Draft *draft)
{
	const TimestampConverter *converter = step->settings;
	Shape	  **half = draft_half(draft, step->half);
	Shape	   *old = *half;
	Shape	   *new;

	if (old == NULL)
		return;
	if (old->schema == NULL)
	{
		draft_fail(draft, "a map without a schema is not converted");
		return;
	}
	if (converter->field[0] == '\0')
	{
		*half = converted(step, draft, old);
		return;
	}
	if (old->is_null)
	{
		*half = shape_null(converted_schema(converter, old->schema), "null");
		return;
	}
	if (!step_struct(step, draft, "converting timestamp formats"))
		return;
	new = shape_struct(old->schema);
	for (int i = 0; i < old->nfields; i++)
	{
		const char *name = old->fields[i].name;
		Shape	   *field = old->fields[i].shape;

		shape_add(new, name, strcmp(name, converter->field) == 0 ? convert_field(step, draft, field) :
				  field_value(draft, field, converter->replace_null));
	}
	*half = new;
}
