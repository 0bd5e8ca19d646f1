/*
 * fieldvalue.c
 *	  The value of a field, read for a transform that decides by it.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "fieldvalue.h"

/* What Struct.getString() and its kin call a type. */
static const char *
type_name(ConnectType type)
{
	static const char *const names[] = {
		[CONNECT_BOOLEAN] = "BOOLEAN",[CONNECT_INT8] = "INT8",[CONNECT_INT16] = "INT16",
		[CONNECT_INT32] = "INT32",[CONNECT_INT64] = "INT64",[CONNECT_FLOAT] = "FLOAT32",
		[CONNECT_DOUBLE] = "FLOAT64",[CONNECT_STRING] = "STRING",[CONNECT_BYTES] = "BYTES",
		[CONNECT_ARRAY] = "ARRAY",[CONNECT_MAP] = "MAP",[CONNECT_STRUCT] = "STRUCT"
	};

	return names[type];
}

/* JSON text, terminated and the caller's, as a value of the schema's type. */
static FieldValue
parse(const ConnectSchema *schema, char *json, size_t len)
{
	FieldValue	value = {.kind = FIELD_OTHER,.text = json,.len = len};

	if (strcmp(json, "null") == 0)
		return (FieldValue) {.kind = FIELD_NULL};
	switch (schema ? schema->type : CONNECT_STRUCT)
	{
		case CONNECT_BOOLEAN:
			value.kind = FIELD_BOOL;
			value.integer = json[0] == 't';
			break;
		case CONNECT_INT8:
		case CONNECT_INT16:
		case CONNECT_INT32:
		case CONNECT_INT64:
			value.kind = FIELD_INTEGER;
			value.integer = strtoll(json, NULL, 10);
			value.number = (double) value.integer;
			break;
		case CONNECT_FLOAT:
		case CONNECT_DOUBLE:
			/* NaN and the infinities are in quotes */
			value.kind = FIELD_FLOAT;
			value.number = strtod(json + (json[0] == '"'), NULL);
			break;
		case CONNECT_STRING:
			value.kind = FIELD_STRING;
			value.len = json_decode(json, json + len) - json;
			json[value.len] = '\0';
			break;
		default:
			break;
	}
	return value;
}

static FieldValue
run(const FieldReader *reader, const Template *template, const Row *row)
{
	StringInfoData text;
	Out			out;

	initStringInfo(&text);
	out_open(&out, &text);
	template_run(template, &out, row);
	out_close(&out);
	return parse(reader->schema, text.data, text.len);
}

FieldReader *
field_reader(Draft *draft, Shape *field, bool with_default)
{
	MemoryContext old = MemoryContextSwitchTo(draft->context);
	FieldReader *reader = palloc0(sizeof(FieldReader));
	const Template *template;

	if (field && field->schema)
	{
		reader->schema = shape_schema(field);
		field = with_default ? field_value(draft, field, true) :
			field_under(draft, field, field->schema);
		template = template_compile(field, false);
		if (shape_is_constant(field))
			reader->value = run(reader, template, NULL);
		else
			reader->template = template;
	}
	MemoryContextSwitchTo(old);
	return reader;
}

FieldReader *
field_reader_of_type(Draft *draft, const Shape *shape, const char *name,
					 ConnectType type, bool with_default)
{
	Shape	   *field = field_find(shape, name);

	if (field == NULL)
		draft_fail(draft, "%s is not a valid field name", name);
	else if (field->schema == NULL || field->schema->type != type)
		draft_fail(draft, "Field '%s' is not of type %s", name, type_name(type));
	else
		return field_reader(draft, field, with_default);
	return NULL;
}

FieldValue
field_read(const FieldReader *reader, const Row *row)
{
	return reader->template ? run(reader, reader->template, row) : reader->value;
}
