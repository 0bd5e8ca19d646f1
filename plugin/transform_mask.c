/*
 * transform_mask.c
 *	  MaskField: a zero, an empty text or one replacement in place of values.
 *
 * NULL stays NULL, as in Kafka Connect.  What cannot be masked (bytes, structs,
 * numbers under a text) is an error of the first row that has a value there.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include <math.h>

#include "json.h"
#include "transform_mask.h"
#include "typeschema.h"

const Setting mask_settings[] = {
	{"fields", SETTING_LIST, offsetof(MaskField, fields), true},
	{"replacement", SETTING_STRING, offsetof(MaskField, replacement)},
	{"replace.null.with.default", SETTING_BOOL, offsetof(MaskField, replace_null), false, "true"},
	{NULL}
};

#define DECIMAL_NAME "org.apache.kafka.connect.data.Decimal"

void
mask_check(TransformStep *step)
{
	const MaskField *mask = step->settings;

	if (mask->replacement && mask->replacement[0] == '\0')
		step_bad_value(step, "replacement", mask->replacement, "a text that is not empty");
}

/* ---- what a mask prints -------------------------------------------------- */

/* What stands for values of a column: JSON, or why there is none. */
typedef struct Mask
{
	const char *json;			/* NULL: values cannot be masked */
	size_t		len;
	const char *failure;
} Mask;

static void
encode_mask(Out *out, Datum value, const Enc *enc)
{
	const Mask *mask = enc->data;

	out_bytes(out, mask->json, mask->len);
}

/*
 * The same for a value that is no column's, or that cannot be masked: what
 * inner prints tells NULL.
 */
typedef struct MaskedText
{
	const Template *inner;
	const Mask *mask;
} MaskedText;

static void
write_masked(Out *out, const Row *row, const void *data)
{
	const MaskedText *text = data;
	size_t		start = out_offset(out);

	template_run(text->inner, out, row);
	if (out_offset(out) - start == 4 && memcmp(out_at(out, start), "null", 4) == 0)
		return;
	if (text->mask->json == NULL)
		draft_report(text->mask->failure);
	out->p = out_at(out, start);
	out_bytes(out, text->mask->json, text->mask->len);
}

/* A decimal without fraction digits: the only one that plain zero fits. */
static bool
is_whole_decimal(const ConnectSchema *schema)
{
	if (!schema->name || strcmp(schema->name, DECIMAL_NAME) != 0)
		return false;
	for (int i = 0; i < schema->nparams; i++)
		if (strcmp(schema->params[i].name, "scale") == 0)
			return strcmp(schema->params[i].value, "0") == 0;
	return false;
}

/* JSON of what is zero or empty; NULL: there is no such thing. */
static const char *
empty_json(const ConnectSchema *schema)
{
	static const char *const texts[] = {
		[CONNECT_BOOLEAN] = "false",[CONNECT_INT8] = "0",[CONNECT_INT16] = "0",
		[CONNECT_INT32] = "0",[CONNECT_INT64] = "0",[CONNECT_FLOAT] = "0.0",
		[CONNECT_DOUBLE] = "0.0",[CONNECT_STRING] = "\"\"",[CONNECT_BYTES] = NULL,
		[CONNECT_ARRAY] = "[]",[CONNECT_MAP] = "{}",[CONNECT_STRUCT] = NULL
	};

	if (is_whole_decimal(schema))
		return "\"AA==\"";
	return texts[schema->type];
}

static char *
print_number(ConnectType type, const char *text)
{
	char		buffer[400];
	Out			out = {buffer, buffer + sizeof(buffer), NULL};
	double		value = strtod(text, NULL);

	if (type == CONNECT_FLOAT)
		json_float(&out, strtof(text, NULL));
	else if (type == CONNECT_DOUBLE)
		json_double(&out, value);
	else if (strspn(text, "+-0123456789") == strlen(text))
		json_int(&out, strtoll(text, NULL, 10));
	else
		json_int(&out, (int64) trunc(value));
	return pnstrdup(buffer, out.p - buffer);
}

static bool
fits(ConnectType type, const char *text)
{
	static const double limits[] = {
		[CONNECT_INT8] = 128.0,[CONNECT_INT16] = 32768.0,
		[CONNECT_INT32] = 2147483648.0,[CONNECT_INT64] = 9223372036854774784.0,
		[CONNECT_DOUBLE] = 0
	};
	double		limit = limits[type];

	return limit == 0 || fabs(strtod(text, NULL)) < limit;
}

/* JSON of the replacement as a value of that schema; NULL and why not. */
static const char *
replacement_json(const MaskField *settings, const ConnectSchema *schema, const char **why)
{
	const char *text = settings->replacement;

	*why = psprintf("values of field type %s cannot be masked with custom replacement \"%s\"",
					schema->name ? schema->name : "of bytes, booleans, lists, maps and structs", text);
	if (schema->type == CONNECT_STRING)
		return json_of_text(text);
	if (schema->type < CONNECT_INT8 || schema->type > CONNECT_DOUBLE ||
		(schema->name && strncmp(schema->name, "org.apache.kafka.connect.data.", 30) == 0))
		return NULL;
	*why = psprintf("Unable to convert %s (class java.lang.String) to number", text);
	if (!step_number(text) || !fits(schema->type, text))
		return NULL;
	return print_number(schema->type, text);
}

static Mask *
make_mask(const TransformStep *step, Draft *draft, const Shape *field)
{
	const MaskField *settings = step->settings;
	const ConnectSchema *schema = field->schema;
	MemoryContext old = MemoryContextSwitchTo(draft->context);
	Mask	   *mask = palloc0(sizeof(Mask));
	const char *why = "Cannot mask value of its type";

	mask->json = settings->replacement ? replacement_json(settings, schema, &why) :
		empty_json(schema);
	if (mask->json)
		mask->len = strlen(mask->json);
	else
		mask->failure = step_failure(step, draft, why);
	MemoryContextSwitchTo(old);
	return mask;
}

/* ---- fields -------------------------------------------------------------- */

/* A column under the mask, in the draft's context. */
static Shape *
masked_column(const Shape *field, const Mask *mask, MemoryContext context)
{
	ShapeColumn *column = MemoryContextAlloc(context, sizeof(ShapeColumn));
	bool		null_shows = strcmp(field->column->null_text, "null") != 0;

	*column = *field->column;
	memset(&column->json, 0, sizeof(Enc));
	column->json.encode = encode_mask;
	column->json.data = mask;
	column->header = column->json;
	column->unavailable = mask->json;
	column->unavailable_len = mask->len;
	/* what is masked is not read in clear */
	column->reselect = 0;
	if (null_shows)
	{
		column->null_text = mask->json;
		column->null_len = mask->len;
	}
	return shape_column(field->schema, column, field->side);
}

static Shape *
masked(const TransformStep *step, Draft *draft, Shape *field)
{
	Mask	   *mask;
	MaskedText *text;
	MemoryContext old;
	Shape	   *shape;

	if (field->is_null)
		return field;
	mask = make_mask(step, draft, field);
	if (field->kind == SHAPE_COLUMN && mask->json)
		return masked_column(field, mask, draft->context);
	if (shape_is_constant(field) && mask->json)
		return shape_text(field->schema, mask->json);
	if (shape_is_constant(field))
	{
		draft_fail(draft, "Cannot mask value of its type");
		return field;
	}
	old = MemoryContextSwitchTo(draft->context);
	text = palloc(sizeof(MaskedText));
	text	  ->mask = mask;
	text	  ->inner = template_compile(field, false);

	MemoryContextSwitchTo(old);
	shape = shape_call(write_masked, text);
	shape->schema = shape_schema(field);
	return shape;
}

void
mask_apply(const TransformStep *step, Draft *draft)
{
	const MaskField *settings = step->settings;
	Shape	  **half = draft_half(draft, step->half);
	Shape	   *old = step_struct(step, draft, "mask fields");
	Shape	   *new;

	if (old == NULL)
		return;
	new = shape_struct(old->schema);
	for (int i = 0; i < old->nfields; i++)
	{
		const char *name = old->fields[i].name;
		Shape	   *field = field_value(draft, old->fields[i].shape, settings->replace_null);

		shape_add(new, name, step_lists(settings->fields, name) ? masked(step, draft, field) : field);
	}
	*half = new;
}
