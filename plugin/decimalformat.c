/*
 * decimalformat.c
 *	  JsonConverter's decimal.format=NUMERIC: decimals as numbers.
 *
 * Encoders print a Decimal as JsonConverter does by default, as base64 of its unscaled
 * value.  A column that comes straight from the table is printed as headers have it,
 * which is the number; all else is rewritten after it was printed, constants once and
 * for all.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "decimalformat.h"
#include "encoders.h"
#include "frame.h"
#include "javanumber.h"
#include "rowvalue.h"

#define DECIMAL_NAME "org.apache.kafka.connect.data.Decimal"

/* What a row needs that is rewritten. */
typedef struct Rewritten
{
	const Template *inner;
	int			scale;
} Rewritten;

/* The schema of the Decimals in it, itself or of its items; NULL: there are none. */
static const ConnectSchema *
decimal_of(const ConnectSchema *schema)
{
	if (schema && schema->type == CONNECT_ARRAY)
		schema = schema->values;
	return schema && schema->name && strcmp(schema->name, DECIMAL_NAME) == 0 ? schema : NULL;
}

static int
scale_of(const ConnectSchema *decimal)
{
	for (int i = 0; i < decimal->nparams; i++)
		if (strcmp(decimal->params[i].name, "scale") == 0)
			return (int) strtol(decimal->params[i].value, NULL, 10);
	return 0;
}

/* JSON with each string, which is base64, as the number that it stands for. */
static void
put_numbers(Out *out, const char *json, size_t len, int scale)
{
	for (const char *p = json; p < json + len;)
	{
		const char *end;
		char	   *text;
		size_t		n;

		if (*p != '"')
		{
			out_byte(out, *p++);
			continue;
		}
		end = (const char *) memchr(p + 1, '"', json + len - p - 1) + 1;
		text = pnstrdup(p, end - p);
		n = rowvalue_decode_base64(text, end - p);
		text = javanumber_decimal_text((unsigned char *) text, n, scale);
		out_bytes(out, text, strlen(text));
		p = end;
	}
}

/* A constant; NULL stays it. */
static const char *
numbers_text(const char *json, int scale)
{
	StringInfoData buf;
	Out			out;

	if (json == NULL)
		return NULL;
	initStringInfo(&buf);
	out_open(&out, &buf);
	put_numbers(&out, json, strlen(json), scale);
	out_close(&out);
	return buf.data;
}

static void
write_rewritten(Out *out, const Row *row, const void *data)
{
	const Rewritten *rewritten = data;
	size_t		start = out_offset(out);
	size_t		len;
	char	   *text;

	template_run(rewritten->inner, out, row);
	len = out_offset(out) - start;
	text = pnstrdup(out_at(out, start), len);
	out->p = out_at(out, start);
	put_numbers(out, text, len, rewritten->scale);
}

/* With defaults as numbers, in the fields of a struct, too. */
static const ConnectSchema *
numbers_schema(const ConnectSchema *schema)
{
	const ConnectSchema *decimal = decimal_of(schema);
	ConnectSchema *copy;
	ConnectField *fields;

	if (schema->nfields == 0 && (decimal == NULL || schema->default_json == NULL))
		return schema;
	copy = palloc(sizeof(ConnectSchema));
	*copy = *schema;
	if (decimal)
		copy->default_json = numbers_text(schema->default_json, scale_of(decimal));
	fields = palloc(Max(schema->nfields, 1) * sizeof(ConnectField));
	for (int i = 0; i < schema->nfields; i++)
		fields[i] = (ConnectField) {schema->fields[i].name, numbers_schema(schema->fields[i].schema)};
	copy->fields = fields;
	return copy;
}

/* Does the type's own encoder print it, under no rule or mask? */
static bool
is_plain(const Shape *shape)
{
	EncodeFn	encode;

	if (shape->kind != SHAPE_COLUMN)
		return false;
	encode = shape->column->json.encode;
	return encode == enc_numeric_precise || encode == enc_money_precise || encode == enc_array;
}

static Shape *
column_numbers(const Shape *shape, const ConnectSchema *schema, int scale)
{
	ShapeColumn *column = palloc(sizeof(ShapeColumn));
	Shape	   *numbers = shape_header_column(column, shape->side);

	*column = *shape->column;
	column->null_text = numbers_text(column->null_text, scale);
	column->null_len = strlen(column->null_text);
	column->unavailable = numbers_text(column->unavailable, scale);
	column->unavailable_len = strlen(column->unavailable);
	numbers->schema = schema;
	return numbers;
}

static Shape *
rewritten_numbers(const Shape *shape, const ConnectSchema *schema, int scale)
{
	Rewritten  *rewritten = palloc(sizeof(Rewritten));
	Shape	   *numbers = shape_call(write_rewritten, rewritten);

	rewritten->inner = template_compile(shape, false);
	rewritten->scale = scale;
	numbers->schema = schema;
	return numbers;
}

static Shape *
struct_numbers(Shape *shape)
{
	Shape	   *copy = shape_struct(shape->schema);
	bool		changed = false;

	for (int i = 0; i < shape->nfields; i++)
	{
		Shape	   *field = decimalformat_numbers(shape->fields[i].shape);

		changed = changed || field != shape->fields[i].shape;
		shape_add(copy, shape->fields[i].name, field);
	}
	return changed ? copy : shape;
}

/* A struct that is not there, or is printed as a whole. */
static Shape *
whole_numbers(Shape *shape)
{
	Shape	   *copy;

	if (shape->schema == NULL || shape->schema->nfields == 0)
		return shape;
	copy = palloc(sizeof(Shape));
	*copy = *shape;
	copy->schema = numbers_schema(shape->schema);
	return copy;
}

Shape *
decimalformat_numbers(Shape *shape)
{
	const ConnectSchema *decimal = decimal_of(shape->schema);
	const ConnectSchema *schema;
	int			scale;

	if (shape->kind == SHAPE_STRUCT)
		return struct_numbers(shape);
	if (decimal == NULL)
		return whole_numbers(shape);
	scale = scale_of(decimal);
	schema = numbers_schema(shape->schema);
	if (shape->kind == SHAPE_TEXT)
		return shape->is_null ? shape_null(schema, numbers_text(shape->text, scale)) :
			shape_text(schema, numbers_text(shape->text, scale));
	return is_plain(shape) ? column_numbers(shape, schema, scale) : rewritten_numbers(shape, schema, scale);
}
