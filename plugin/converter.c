/*
 * converter.c
 *	  Keys, values and headers as their converter writes them.
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
#include "frame.h"
#include "json.h"

typedef enum Converter
{
	CONVERTER_SIMPLE,			/* of headers: as drafts have them */
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

/* The same of header_converter_names; Debezium has no delegates for headers. */
static const Converter header_converters[] = {
	CONVERTER_SIMPLE,
	CONVERTER_JSON, CONVERTER_STRING, CONVERTER_BYTES, CONVERTER_BYTES, CONVERTER_BYTES,
	CONVERTER_SIMPLE,
	CONVERTER_JSON, CONVERTER_STRING, CONVERTER_BYTES, CONVERTER_BYTES
};

/* In the order of delegate_names there; without one only bytes are taken. */
static const Converter delegates[] = {CONVERTER_BYTES, CONVERTER_JSON, CONVERTER_STRING};

/* What writes one part of a record. */
typedef struct Settings
{
	const char *property;
	Converter	converter;
	const ConverterOptions *options;
} Settings;

static Settings
half_settings(const Options *options, Half half)
{
	if (half == HALF_KEY)
		return (Settings) {
			"key.converter", converters[options->key_converter.name], &options->key_converter
		};
	return (Settings) {
		"value.converter", converters[options->value_converter.name], &options->value_converter
	};
}

static Settings
header_settings(const Options *options)
{
	return (Settings) {
		"header.converter", header_converters[options->header_converter.name],
			&options->header_converter
	};
}

/* What JsonConverter is told, if it writes what BinaryDataConverter does not, or all. */
static const JsonOptions *
json_options(const Settings *set)
{
	return set->converter == CONVERTER_BINARY ? &set->options->delegate_json : &set->options->json;
}

/* What writes a value of that shape. */
static Converter
converter_of(const Settings *set, bool bytes)
{
	return set->converter == CONVERTER_BINARY && !bytes ?
		delegates[set->options->delegate] : set->converter;
}

bool
converter_writes_schemas(const Options *options, Half half)
{
	Settings	set = half_settings(options, half);

	return converter_of(&set, false) == CONVERTER_JSON && json_options(&set)->schemas;
}

bool
converter_replaces_null(const Options *options, Half half)
{
	Settings	set = half_settings(options, half);

	return json_options(&set)->replace_null;
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

/* What Java's toString() makes of a value, as JSON; decimals are numbers there. */
static Shape *
java_text(const Shape *value)
{
	if (value->kind == SHAPE_STRUCT)
		return struct_text(value);
	if (value->kind == SHAPE_COLUMN && !value->filled)
		value = without_default(value);
	return decimalformat_numbers(unconstify(Shape *, value));
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
			pstrdup(shape->fields[i].name), template_compile(java_text(field), false)
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
	Template   *template = template_compile(form == FORM_TEXT ? java_text(shape) : shape, false);

	template->form = form;
	return template;
}

const Template *
converter_compile(const Options *options, Half half, const Shape *shape, const char **failure)
{
	Settings	set = half_settings(options, half);
	const JsonOptions *json = json_options(&set);

	switch (converter_of(&set, is_bytes(shape)))
	{
		case CONVERTER_SIMPLE:
			break;				/* of headers alone */
		case CONVERTER_JSON:
			return template_compile(json->decimals == 1 ?
									decimalformat_numbers(unconstify(Shape *, shape)) : shape,
									json->schemas);
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

/* ---- headers ------------------------------------------------------------- */

bool
converter_leaves_headers(const Options *options)
{
	return header_settings(options).converter == CONVERTER_SIMPLE;
}

/* The same value with what JsonConverter is to print for NULL. */
static Shape *
with_nulls(const Shape *value, bool replace_null)
{
	const char *def = value->schema && replace_null ? value->schema->default_json : NULL;
	Shape	   *copy = palloc(sizeof(Shape));

	*copy = *value;
	if (value->kind == SHAPE_STRUCT)
	{
		copy = shape_struct(value->schema);
		for (int i = 0; i < value->nfields; i++)
			shape_add(copy, value->fields[i].name, with_nulls(value->fields[i].shape, replace_null));
	}
	else if (value->is_null)
		copy->text = def ? def : "null";
	else if (value->kind == SHAPE_COLUMN && !value->filled)
	{
		copy = without_default(value);
		if (def && !columnrule_is_constant(value->column))
		{
			ShapeColumn *column = unconstify(ShapeColumn *, copy->column);

			column->null_text = def;
			column->null_len = strlen(def);
		}
	}
	return copy;
}

/* {"schema":...,"payload":...} around a value. */
static Shape *
enveloped(Shape *value)
{
	const Template *null = template_compile(shape_null(shape_schema(value), "null"), true);
	int			lead_len = (int) null->steps[0].lead_len - (int) strlen("null}");
	Shape	   *envelope = shape_concat(NULL);

	shape_add(envelope, NULL, shape_text(NULL, pnstrdup(null->steps[0].lead, lead_len)));
	shape_add(envelope, NULL, value);
	shape_add(envelope, NULL, shape_text(NULL, "}"));
	return envelope;
}

static Shape *
json_header(const char *name, const Shape *field, const JsonOptions *json)
{
	Shape	   *value = with_nulls(field, json->replace_null);

	if (json->decimals == 1)
		value = decimalformat_numbers(value);
	return shape_header(name, json->schemas ? enveloped(value) : value);
}

/* A header that is not JSON. */
typedef struct BareHeader
{
	const char *name;
	const Template *value;
} BareHeader;

static void
write_bare_header(Out *out, const Row *row, const void *data)
{
	const BareHeader *header = data;
	size_t		start;
	bool		there;

	frame_header(out, header->name, "", 0);
	start = out_offset(out);
	template_run(header->value, out, row);
	there = converter_finish(header->value, out, start);
	wire_put32(out_at(out, start) - 4, there ? (uint32) (out_offset(out) - start) : WIRE_NULL);
	if (unlikely(row->splices != NULL))
		splices_note_bare(row->splices, header->value, row, WIRE_PART_HEADERS,
						  converter_bare_form(header->value), start, out_offset(out), start);
}

static Shape *
bare_header(const char *name, const Shape *field, TemplateForm form)
{
	BareHeader *header = palloc(sizeof(BareHeader));

	if (field->is_null)
		return shape_header(name, NULL);
	if (field->kind == SHAPE_TEXT && form == FORM_TEXT)
		return shape_header(name, shape_text(NULL, text_of_json(java_text(field)->text)));
	header->name = pstrdup(name);
	header->value = compile_form(field, form);
	return shape_call(write_bare_header, header);
}

Shape *
converter_header(const Options *options, const char *name, const Shape *field, const char **failure)
{
	Settings	set = header_settings(options);

	switch (converter_of(&set, is_bytes(field)))
	{
		case CONVERTER_SIMPLE:
			break;				/* it is left as it is */
		case CONVERTER_JSON:
			return json_header(name, field, json_options(&set));
		case CONVERTER_STRING:
			return bare_header(name, field, FORM_TEXT);
		case CONVERTER_BYTES:
		case CONVERTER_BINARY:
			if (is_bytes(field))
				return bare_header(name, field, FORM_BYTES);
			break;
	}
	*failure = "header.converter takes bytes and nothing else; JsonConverter, StringConverter and SimpleHeaderConverter take all";
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

char
converter_bare_form(const Template *template)
{
	if (template->form == FORM_BYTES)
		return RESELECT_BYTES;
	/* decimals, which are numbers in texts */
	return template_is_as_header(template) ? RESELECT_HEADER_TEXT : RESELECT_TEXT;
}
