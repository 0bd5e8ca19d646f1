/*
 * schema.c
 *	  Prints a Connect schema as the "schema" block of Kafka's JsonConverter.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stddef.h>

#include "json.h"
#include "schema.h"

static const char *const type_names[] = {
	[CONNECT_BOOLEAN] = "boolean",
	[CONNECT_INT8] = "int8",
	[CONNECT_INT16] = "int16",
	[CONNECT_INT32] = "int32",
	[CONNECT_INT64] = "int64",
	[CONNECT_FLOAT] = "float",
	[CONNECT_DOUBLE] = "double",
	[CONNECT_STRING] = "string",
	[CONNECT_BYTES] = "bytes",
	[CONNECT_ARRAY] = "array",
	[CONNECT_MAP] = "map",
	[CONNECT_STRUCT] = "struct",
};

static void
put_text(Out *out, const char *str)
{
	out_bytes(out, str, strlen(str));
}

/* ,"member":"text", or nothing for NULL */
static void
put_member(Out *out, const char *member, const char *str)
{
	if (str == NULL)
		return;
	out_literal(out, ",\"");
	put_text(out, member);
	out_literal(out, "\":");
	json_string(out, str, strlen(str));
}

static void
put_fields(Out *out, const ConnectSchema *schema)
{
	out_literal(out, ",\"fields\":[");
	for (int i = 0; i < schema->nfields; i++)
	{
		if (i > 0)
			out_byte(out, ',');
		schema_print_json(out, schema->fields[i].schema, schema->fields[i].name);
	}
	out_byte(out, ']');
}

static void
put_parameters(Out *out, const ConnectSchema *schema)
{
	out_literal(out, ",\"parameters\":{");
	for (int i = 0; i < schema->nparams; i++)
	{
		if (i > 0)
			out_byte(out, ',');
		json_string(out, schema->params[i].name, strlen(schema->params[i].name));
		out_byte(out, ':');
		json_string(out, schema->params[i].value, strlen(schema->params[i].value));
	}
	out_byte(out, '}');
}

void
schema_print_json(Out *out, const ConnectSchema *schema, const char *field)
{
	out_literal(out, "{\"type\":\"");
	put_text(out, type_names[schema->type]);
	out_byte(out, '"');
	if (schema->type == CONNECT_ARRAY)
	{
		out_literal(out, ",\"items\":");
		schema_print_json(out, schema->values, NULL);
	}
	else if (schema->type == CONNECT_MAP)
	{
		out_literal(out, ",\"keys\":");
		schema_print_json(out, schema->keys, NULL);
		out_literal(out, ",\"values\":");
		schema_print_json(out, schema->values, NULL);
	}
	else if (schema->type == CONNECT_STRUCT)
		put_fields(out, schema);
	if (schema->optional)
		out_literal(out, ",\"optional\":true");
	else
		out_literal(out, ",\"optional\":false");
	put_member(out, "name", schema->name);
	if (schema->version != 0)
	{
		out_literal(out, ",\"version\":");
		json_int(out, schema->version);
	}
	put_member(out, "doc", schema->doc);
	if (schema->nparams > 0)
		put_parameters(out, schema);
	if (schema->default_json != NULL)
	{
		out_literal(out, ",\"default\":");
		put_text(out, schema->default_json);
	}
	put_member(out, "field", field);
	out_byte(out, '}');
}
