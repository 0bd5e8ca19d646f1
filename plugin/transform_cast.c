/*
 * transform_cast.c
 *	  Cast: fields, or all of a key or value, as another type.
 *
 * Follows org.apache.kafka.connect.transforms.Cast of Kafka Connect 4.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "javadate.h"
#include "javanumber.h"
#include "json.h"
#include "rowvalue.h"
#include "transform_value.h"

const Setting cast_settings[] = {
	{"spec", SETTING_LIST, offsetof(Cast, spec), true},
	{"replace.null.with.default", SETTING_BOOL, offsetof(Cast, replace_null), false, "true"},
	{NULL}
};

/* What one spec says: which field, and what it becomes. */
typedef struct CastItem
{
	const char *field;			/* NULL: all of it */
	ConnectType type;
} CastItem;

/* ---- settings ------------------------------------------------------------ */

#define OUTPUT_TYPES "int8, int16, int32, int64, float32, float64, boolean, string"

static const struct
{
	const char *name;
	ConnectType type;
}			output_types[] = {
	{"int8", CONNECT_INT8}, {"int16", CONNECT_INT16}, {"int32", CONNECT_INT32}, {"int64", CONNECT_INT64},
	{"float32", CONNECT_FLOAT}, {"float64", CONNECT_DOUBLE}, {"boolean", CONNECT_BOOLEAN},
	{"string", CONNECT_STRING},
};

static char *
trimmed(const char *text, size_t len)
{
	while (len > 0 && isspace((unsigned char) *text))
	{
		text	  ++;
		len--;
	}
	while (len > 0 && isspace((unsigned char) text[len - 1]))
		len--;
	return pnstrdup(text, len);
}

static CastItem *
parse_item(const TransformStep *step, const char *text)
{
	CastItem   *item = palloc0(sizeof(CastItem));
	const char *colon = strchr(text, ':');
	const char *type = colon ? trimmed(colon + 1, strlen(colon + 1)) : text;

	item->field = colon ? trimmed(text, colon - text) : NULL;
	for (int i = 0; i < lengthof(output_types); i++)
	{
		if (pg_strcasecmp(output_types[i].name, type) != 0)
			continue;
		item->type = output_types[i].type;
		return item;
	}
	step_bad_value(step, "spec", text,
				   "pairs as in field:type,other:type, or one type for all of it; types are " OUTPUT_TYPES);
}

void
cast_check(TransformStep *step)
{
	Cast	   *cast = step->settings;
	ListCell   *lc;

	foreach(lc, cast->spec)
	{
		CastItem   *item = parse_item(step, lfirst(lc));

		if (item->field == NULL && list_length(cast->spec) > 1)
			step_bad_value(step, "spec", lfirst(lc),
						   "pairs as in field:type, or one type for all of it and nothing else");
		cast->items = lappend(cast->items, item);
	}
}

/* ---- values -------------------------------------------------------------- */

/* What a value is in Java, as far as a cast can tell. */
typedef enum SourceKind
{
	SOURCE_INTEGER,
	SOURCE_FLOAT,
	SOURCE_DOUBLE,
	SOURCE_BOOLEAN,
	SOURCE_STRING,
	SOURCE_BYTES,
	SOURCE_DECIMAL,
	SOURCE_DATE,				/* java.util.Date: days or */
	SOURCE_MOMENT,				/* milliseconds */
	SOURCE_NONE					/* no cast takes it */
} SourceKind;

typedef struct Casting
{
	SourceKind	source;
	int			scale;			/* of a decimal */
	ConnectType type;			/* what it becomes */
} Casting;

#define OUT_OF_RANGE "a value was out of range for the requested data type"

static int
bits_of(ConnectType type)
{
	return 8 << (type - CONNECT_INT8);
}

/* A decimal's base64, quotes around it, as BigDecimal prints it. */
static char *
decimal_text(char *text, size_t len, int scale)
{
	size_t		n = rowvalue_decode_base64(text, len);

	return javanumber_decimal_text((unsigned char *) text, n, scale);
}

/* A number from what is one, or true and false; a string is read elsewhere. */
static void
read_number(const Casting *casting, char *text, size_t len, JavaNumber *number)
{
	if (casting->source == SOURCE_DECIMAL)
	{
		javanumber_of_decimal(decimal_text(text, len, casting->scale), number);
		return;
	}
	number->whole = casting->source != SOURCE_FLOAT && casting->source != SOURCE_DOUBLE;
	if (casting->source == SOURCE_BOOLEAN)
		number->integer = text[0] == 't';
	else if (number->whole)
		number->integer = strtoll(text, NULL, 10);
	else if (text[0] == '"')	/* NaN or an infinity */
		(void) rowvalue_decode(text, len);
	if (number->whole)
	{
		number->real = (double) number->integer;
		number->single = (float) number->integer;
	}
	else
	{
		number->single = strtof(text, NULL);
		number->real = casting->source == SOURCE_FLOAT ? (double) number->single : strtod(text, NULL);
		if (casting->source == SOURCE_DOUBLE)
			number->single = (float) number->real;
	}
}

static void
put_number(Out *out, const JavaNumber *number, ConnectType type)
{
	if (type == CONNECT_FLOAT)
		json_float(out, number->single);
	else if (type == CONNECT_DOUBLE)
		json_double(out, number->real);
	else if (type != CONNECT_BOOLEAN)
		json_int(out, javanumber_narrow(number, bits_of(type)));
	else if (javanumber_narrow(number, 64) != 0)
		out_literal(out, "true");
	else
		out_literal(out, "false");
}

static const char *
cast_string(Out *out, char *text, size_t len, ConnectType type)
{
	JavaNumber	number;

	(void) rowvalue_decode(text, len);
	if (type == CONNECT_BOOLEAN)
		number = (JavaNumber) {.whole = true,.integer = pg_strcasecmp(text, "true") == 0};
	else if (type == CONNECT_FLOAT || type == CONNECT_DOUBLE)
	{
		if (!javanumber_parse_real(text, &number))
			return OUT_OF_RANGE;
	}
	else
	{
		number.whole = true;
		if (!javanumber_parse(text, bits_of(type), &number.integer))
			return OUT_OF_RANGE;
	}
	put_number(out, &number, type);
	return NULL;
}

/* A java.util.Date by the number alone, as org.apache.kafka.connect.data.Values. */
static void
put_date(Out *out, int64 millis)
{
	const char *pattern = "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'";

	if (millis < 86400000)
		pattern = "HH:mm:ss.SSS'Z'";
	else if (millis % 86400000 == 0)
		pattern = "yyyy-MM-dd";
	out_byte(out, '"');
	javadate_format(out, pattern, millis);
	out_byte(out, '"');
}

static void
put_string(Out *out, const Casting *casting, char *text, size_t len)
{
	switch (casting->source)
	{
		case SOURCE_DATE:
			put_date(out, strtoll(text, NULL, 10) * 86400000);
			return;
		case SOURCE_MOMENT:
			put_date(out, strtoll(text, NULL, 10));
			return;
		case SOURCE_DECIMAL:
			text = decimal_text(text, len, casting->scale);
			len = strlen(text);
			break;
		default:
			break;
	}
	if (text[0] == '"')
		out_bytes(out, text, len);
	else
		json_string(out, text, len);
}

static const char *
cast_value(Out *out, char *text, size_t len, const void *data)
{
	const Casting *casting = data;
	JavaNumber	number;

	if (casting->type == CONNECT_STRING)
		put_string(out, casting, text, len);
	else if (casting->source == SOURCE_STRING)
		return cast_string(out, text, len, casting->type);
	else if (casting->source == SOURCE_BYTES)
		return "unexpected type in Cast transformation: class java.nio.HeapByteBuffer";
	else
	{
		read_number(casting, text, len, &number);
		put_number(out, &number, casting->type);
	}
	return NULL;
}

/* ---- fields -------------------------------------------------------------- */

static const struct
{
	const char *name;
	SourceKind	source;
}			logical_types[] = {
	{"org.apache.kafka.connect.data.Decimal", SOURCE_DECIMAL},
	{"org.apache.kafka.connect.data.Date", SOURCE_DATE},
	{"org.apache.kafka.connect.data.Time", SOURCE_MOMENT},
	{"org.apache.kafka.connect.data.Timestamp", SOURCE_MOMENT},
};

static SourceKind
source_kind(const ConnectSchema *schema)
{
	static const SourceKind kinds[] = {
		[CONNECT_BOOLEAN] = SOURCE_BOOLEAN,[CONNECT_INT8] = SOURCE_INTEGER,
		[CONNECT_INT16] = SOURCE_INTEGER,[CONNECT_INT32] = SOURCE_INTEGER,
		[CONNECT_INT64] = SOURCE_INTEGER,[CONNECT_FLOAT] = SOURCE_FLOAT,
		[CONNECT_DOUBLE] = SOURCE_DOUBLE,[CONNECT_STRING] = SOURCE_STRING,
		[CONNECT_BYTES] = SOURCE_BYTES,[CONNECT_ARRAY] = SOURCE_NONE,
		[CONNECT_MAP] = SOURCE_NONE,[CONNECT_STRUCT] = SOURCE_NONE,
	};

	for (int i = 0; i < lengthof(logical_types); i++)
		if (schema->name && strcmp(schema->name, logical_types[i].name) == 0)
			return logical_types[i].source;
	return kinds[schema->type];
}

static Casting *
make_casting(const Draft *draft, const ConnectSchema *from, ConnectType type)
{
	Casting    *casting = MemoryContextAllocZero(draft->context, sizeof(Casting));

	casting->source = source_kind(from);
	casting->type = type;
	for (int i = 0; i < from->nparams; i++)
		if (strcmp(from->params[i].name, "scale") == 0)
			casting->scale = (int) strtol(from->params[i].value, NULL, 10);
	return casting;
}

static const char *
no_source(Out *out, char *text, size_t len, const void *data)
{
	return data;
}

/* The field under a schema that its cast's type has been put into. */
static Shape *
cast_field(const TransformStep *step, Draft *draft, const Shape *field, ConnectSchema *schema)
{
	const ConnectSchema *from = shape_schema(field);
	static const char *const unsupported[] = {
		[CONNECT_ARRAY] = "Cast transformation does not support casting from ARRAY",
		[CONNECT_MAP] = "Cast transformation does not support casting from MAP",
		[CONNECT_STRUCT] = "Cast transformation does not support casting from STRUCT",
	};
	const Casting *casting = make_casting(draft, from, schema->type);
	RewriteFn	rewrite = cast_value;
	const void *data = casting;

	if (casting->source == SOURCE_NONE)
	{
		rewrite = no_source;
		data = unsupported[from->type];
	}
	if (from->default_json)
		schema->default_json = rowvalue_text(draft, from->default_json, rewrite, data);
	if (field->kind == SHAPE_STRUCT)
		draft_fail(draft, "%s", unsupported[CONNECT_STRUCT]);
	return rowvalue_new(step, draft, field, schema, rewrite, data);
}

/* All of a key or value; its schema keeps its name. */
static void
cast_whole(const TransformStep *step, Draft *draft, Shape **half, ConnectType type)
{
	ConnectSchema *schema = palloc(sizeof(ConnectSchema));

	*schema = *(*half)->schema;
	schema->type = type;
	schema->default_json = NULL;
	schema->values = schema->keys = NULL;
	schema->nfields = 0;
	*half = cast_field(step, draft, *half, schema);
}

static const CastItem *
find_item(const Cast *cast, const char *name)
{
	const CastItem *found = NULL;
	ListCell   *lc;

	foreach(lc, cast->items)
	{
		const CastItem *item = lfirst(lc);

		if (strcmp(item->field, name) == 0)
			found = item;
	}
	return found;
}

static void
cast_fields(const TransformStep *step, Draft *draft, Shape **half)
{
	const Cast *cast = step->settings;
	const Shape *old = *half;
	Shape	   *new = shape_struct(old->schema);

	for (int i = 0; i < old->nfields; i++)
	{
		const char *name = old->fields[i].name;
		const CastItem *item = find_item(cast, name);
		Shape	   *field = field_value(draft, old->fields[i].shape, cast->replace_null);

		if (item)
			field = cast_field(step, draft, field,
							   schema_new(item->type, shape_schema(field)->optional, NULL, 0));
		shape_add(new, name, field);
	}
	*half = new;
}

void
cast_apply(const TransformStep *step, Draft *draft)
{
	const Cast *cast = step->settings;
	const CastItem *first = linitial(cast->items);
	Shape	  **half = draft_half(draft, step->half);

	if (*half == NULL || (*half)->is_null)
		return;
	if ((*half)->schema == NULL)
		draft_fail(draft, "a map without a schema is not cast");
	else if (first->field == NULL)
		cast_whole(step, draft, half, first->type);
	else if (step_struct(step, draft, "cast types"))
		cast_fields(step, draft, half);
}
