/*
 * converter.c
 *	  Keys and values as their converter writes them.
 *
 * All of them start from what a template prints, which is JSON: a string or
 * bytes that are to be written bare are decoded where they stand.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "common/base64.h"

#include "converter.h"
#include "decimalformat.h"
#include "json.h"

typedef enum Converter
{
	CONVERTER_JSON,
	CONVERTER_STRING,
	CONVERTER_BYTES,
	CONVERTER_BINARY			/* bytes as such, all else by a delegate */
} Converter;

/* In the order of converter_names in optionrows.c. */
static const Converter converters[] = {
	CONVERTER_JSON, CONVERTER_STRING, CONVERTER_BYTES, CONVERTER_BINARY, CONVERTER_BINARY,
	CONVERTER_JSON, CONVERTER_STRING, CONVERTER_BYTES, CONVERTER_BINARY
};

/* In the order of delegate_names there; without one only bytes are taken. */
static const Converter delegates[] = {CONVERTER_BYTES, CONVERTER_JSON, CONVERTER_STRING};

/* What is set for one half. */
typedef struct HalfOptions
{
	const char *property;
	Converter	converter;
	Converter	delegate;
	bool		schemas;
	bool		delegate_schemas;
	bool		numbers;		/* decimals are such */
} HalfOptions;

static HalfOptions
half_options(const Options *options, Half half)
{
	if (half == HALF_KEY)
		return (HalfOptions) {
			"key.converter", converters[options->key_converter], delegates[options->key_delegate],
				options->key_schemas, options->key_delegate_schemas, options->key_decimals == 1
		};
	return (HalfOptions) {
		"value.converter", converters[options->value_converter], delegates[options->value_delegate],
			options->value_schemas, options->value_delegate_schemas, options->value_decimals == 1
	};
}

bool
converter_writes_schemas(const Options *options, Half half)
{
	HalfOptions set = half_options(options, half);

	if (set.converter == CONVERTER_BINARY)
		return set.delegate == CONVERTER_JSON && set.delegate_schemas;
	return set.converter == CONVERTER_JSON && set.schemas;
}

/* ---- structs as Java's Struct.toString() has them -------------------------- */

typedef struct TextField
{
	const char *name;
	const Template *value;
} TextField;

typedef struct TextStruct
{
	int			nfields;
	TextField  *fields;
} TextStruct;

static Shape *struct_text(const Shape *shape);

/* One value; false for a null. */
static bool
print_value(Out *out, const Template *value, const Row *row)
{
	size_t		start = out_offset(out);
	char	   *text;

	template_run(value, out, row);
	text = out_at(out, start);
	if (out->p - text == 4 && memcmp(text, "null", 4) == 0)
	{
		out->p = text;
		return false;
	}
	if (text[0] == '"')
		out->p = json_decode(text, out->p);
	return true;
}

/* Struct{a=1,b=x} as a JSON string; fields that are null are left out. */
static void
print_struct(Out *out, const Row *row, const void *data)
{
	const TextStruct *list = data;
	StringInfoData buf;
	Out			text;
	bool		first = true;

	initStringInfo(&buf);
	out_open(&text, &buf);
	out_literal(&text, "Struct{");
	for (int i = 0; i < list->nfields; i++)
	{
		const TextField *field = &list->fields[i];
		size_t		start = out_offset(&text);

		if (!first)
			out_byte(&text, ',');
		out_bytes(&text, field->name, strlen(field->name));
		out_byte(&text, '=');
		if (print_value(&text, field->value, row))
			first = false;
		else
			text.p = out_at(&text, start);
	}
	out_byte(&text, '}');
	out_close(&text);
	json_string(out, buf.data, buf.len);
	pfree(buf.data);
}

/* A column whose NULL prints as such, whatever its default is. */
static Shape *
without_default(const Shape *field)
{
	ShapeColumn *column = palloc(sizeof(ShapeColumn));

	*column = *field->column;
	if (!columnrule_is_constant(column))
	{
		column->null_text = "null";
		column->null_len = 4;
	}
	return shape_column(field->schema, column, field->side);
}

static const Template *
field_text(const Shape *field)
{
	if (field->kind == SHAPE_STRUCT)
		field = struct_text(field);
	else if (field->kind == SHAPE_COLUMN)
		field = without_default(field);
	return template_compile(field, false);
}

static Shape *
struct_text(const Shape *shape)
{
	TextStruct *list = palloc0(sizeof(TextStruct));

	list->fields = palloc(Max(shape->nfields, 1) * sizeof(TextField));
	for (int i = 0; i < shape->nfields; i++)
	{
		const Shape *field = shape->fields[i].shape;

		if (field->is_null)
			continue;
		list->fields[list->nfields++] = (TextField) {
			pstrdup(shape->fields[i].name), field_text(field)
		};
	}
	return shape_call(print_struct, list);
}

/* ---- compiling ----------------------------------------------------------- */

static bool
is_bytes(const Shape *shape)
{
	return shape->schema && shape->schema->type == CONNECT_BYTES &&
		(shape->schema->name == NULL || strcmp(shape->schema->name, "org.apache.kafka.connect.data.Decimal") != 0);
}

static const Template *
compile_form(const Shape *shape, TemplateForm form)
{
	Template   *template;

	if (form == FORM_TEXT && shape->kind == SHAPE_STRUCT)
		shape = struct_text(shape);
	template = template_compile(shape, false);
	template->form = form;
	return template;
}

const Template *
converter_compile(const Options *options, Half half, const Shape *shape, const char **failure)
{
	HalfOptions set = half_options(options, half);

	if (set.converter == CONVERTER_BINARY && !is_bytes(shape))
	{
		set.converter = set.delegate;
		set.schemas = set.delegate_schemas;
		set.numbers = false;
	}
	switch (set.converter)
	{
		case CONVERTER_JSON:
			return template_compile(set.numbers ? decimalformat_numbers(unconstify(Shape *, shape)) : shape,
									set.schemas);
		case CONVERTER_STRING:
			return compile_form(shape, FORM_TEXT);
		case CONVERTER_BYTES:
		case CONVERTER_BINARY:
			if (is_bytes(shape))
				return compile_form(shape, FORM_BYTES);
			break;
	}
	*failure = psprintf("%s takes bytes and nothing else, which this record does not have; io.debezium.converters.BinaryDataConverter with %s.delegate.converter.type takes both",
						set.property, set.property);
	return NULL;
}

/* ---- rows ---------------------------------------------------------------- */

/* Base64 in quotes, decoded where it stands. */
static char *
decode_bytes(char *text, const char *end)
{
	int			len = (int) (end - text) - 2;
	int			room = pg_b64_dec_len(len) + 1;
	char	   *bytes = palloc(room);

	len = pg_b64_decode(text +1, len, (void *) bytes, room);
	memcpy(text, bytes, Max(len, 0));

	pfree(bytes);
	return text +Max(len, 0);
}

bool
converter_finish(const Template *template, Out *out, size_t start)
{
	char	   *text = out_at(out, start);

	if (template->form == FORM_JSON)
		return true;
	if (out->p - text == 4 && memcmp(text, "null", 4) == 0)
	{
		out->p = text;
		return false;
	}
	converter_bare(template->form, out, start);
	return true;
}

void
converter_bare(TemplateForm form, Out *out, size_t start)
{
	char	   *text = out_at(out, start);

	if (text[0] == '"')
		out->p = form == FORM_BYTES ? decode_bytes(text, out->p) : json_decode(text, out->p);
}
