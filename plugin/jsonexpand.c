/*
 * jsonexpand.c
 *	  JSON text as a Connect struct: what its schema is, and how it prints.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "json.h"
#include "jsonexpand.h"

/* The objects of an array that have more fields together are left as text. */
#define MERGED_MAX 1000

/* How schemas are made; failed: an array has members of several types. */
typedef struct Inference
{
	bool		nulls;
	bool		empty_arrays;
	bool		failed;
} Inference;

static const ConnectSchema *infer(Inference *inference, const char *key, const JsonNode *node);

static ConnectSchema *
new_schema(ConnectType type)
{
	ConnectSchema *schema = palloc0(sizeof(ConnectSchema));

	schema->type = type;
	schema->optional = true;
	return schema;
}

/* Do two inferred schemas say the same? */
static bool
is_equal(const ConnectSchema *a, const ConnectSchema *b)
{
	if (a->type != b->type || a->nfields != b->nfields ||
		(a->name == NULL) != (b->name == NULL) || (a->name && strcmp(a->name, b->name) != 0))
		return false;
	if (a->values && !is_equal(a->values, b->values))
		return false;
	for (int i = 0; i < a->nfields; i++)
		if (strcmp(a->fields[i].name, b->fields[i].name) != 0 ||
			!is_equal(a->fields[i].schema, b->fields[i].schema))
			return false;
	return true;
}

/* ---- schemas ------------------------------------------------------------- */

/* What Jackson calls a node's type: numbers are one. */
static JsonKind
node_type(const JsonNode *node)
{
	return node->kind >= JSON_INT && node->kind <= JSON_DOUBLE ? JSON_DOUBLE : node->kind;
}

/*
 * The first item that is not null, whose type the others must have; NULL if
 * they are all null, or differ.
 */
static const JsonNode *
find_sample(Inference *inference, const JsonNode *array)
{
	const JsonNode *sample = NULL;

	for (int i = 0; i < array->nitems; i++)
	{
		const JsonNode *item = array->items[i];

		if (item->kind == JSON_NULL)
			continue;
		if (sample == NULL)
			sample = item;
		if (node_type(item) != node_type(sample) ||
			(node_type(item) == JSON_DOUBLE &&
			 !is_equal(infer(inference, NULL, item), infer(inference, NULL, sample))))
		{
			inference->failed = true;
			return NULL;
		}
	}
	return sample;
}

/* Adds the fields of a schema to another; one of bytes gives way. */
static void
merge(ConnectSchema *into, const ConnectSchema *from)
{
	ConnectField *fields = palloc((into->nfields + from->nfields + 1) * sizeof(ConnectField));

	for (int i = 0; i < into->nfields; i++)
		fields[i] = into->fields[i];
	for (int i = 0; i < from->nfields; i++)
	{
		int			at = 0;

		while (at < into->nfields && strcmp(fields[at].name, from->fields[i].name) != 0)
			at++;
		if (at == into->nfields)
			fields[into->nfields++] = from->fields[i];
		else if (fields[at].schema->type == CONNECT_BYTES)
			fields[at] = from->fields[i];
	}
	into->fields = fields;
}

/* The one schema of an array's objects, in the order in which they bring fields. */
static const ConnectSchema *
infer_objects(Inference *inference, const char *key, const JsonNode *array)
{
	ConnectSchema *all = NULL;
	const ConnectSchema *last = NULL;

	for (int i = 0; i < array->nitems; i++)
	{
		const ConnectSchema *schema;

		if (array->items[i]->kind != JSON_OBJECT)
			continue;
		schema = infer(inference, key, array->items[i]);
		if (inference->failed)
			return NULL;
		if (all == NULL)
		{
			all = palloc(sizeof(ConnectSchema));
			*all = *schema;
		}
		else if (!is_equal(schema, last))
			merge(all, schema);
		inference->failed |= all->nfields > MERGED_MAX;
		last = schema;
	}
	return all;
}

static const ConnectSchema *
infer_array(Inference *inference, const char *key, const JsonNode *array)
{
	ConnectSchema *schema;
	const ConnectSchema *values = NULL;
	const JsonNode *sample;

	if (array->nitems == 0)
	{
		if (!inference->empty_arrays)
			return NULL;
		values = new_schema(CONNECT_STRING);
	}
	else
	{
		sample = find_sample(inference, array);
		if (sample && sample->kind == JSON_OBJECT)
			values = infer_objects(inference, key, array);
		else if (sample)
			values = infer(inference, NULL, sample);
		else if (inference->nulls && !inference->failed)
			values = new_schema(CONNECT_BYTES);
	}
	inference->failed |= values == NULL;
	schema = new_schema(CONNECT_ARRAY);
	schema->values = values;
	return schema;
}

static const ConnectSchema *
infer_object(Inference *inference, const char *key, const JsonNode *object)
{
	ConnectSchema *schema = new_schema(CONNECT_STRUCT);
	ConnectField *fields = palloc((object->nitems + 1) * sizeof(ConnectField));

	schema->name = key;
	schema->fields = fields;
	for (int i = 0; i < object->nitems && !inference->failed; i++)
	{
		const char *name = object->names[i];
		const JsonNode *item = object->items[i];
		bool		named = item->kind == JSON_ARRAY || item->kind == JSON_OBJECT;
		const ConnectSchema *field = infer(inference, !named ? NULL : key ? psprintf("%s.%s", key, name) : name,
										   item);

		if (field)
			fields[schema->nfields++] = (ConnectField) {name, field};
	}
	return schema;
}

/* NULL: a field of it is left out. */
static const ConnectSchema *
infer(Inference *inference, const char *key, const JsonNode *node)
{
	switch (node->kind)
	{
		case JSON_STRING:
			return new_schema(CONNECT_STRING);
		case JSON_BOOL:
			return new_schema(CONNECT_BOOLEAN);
		case JSON_INT:
			return new_schema(CONNECT_INT32);
		case JSON_LONG:
			return new_schema(CONNECT_INT64);
		case JSON_BIG:
		case JSON_DOUBLE:
			return new_schema(CONNECT_DOUBLE);
		case JSON_ARRAY:
			return infer_array(inference, key, node);
		case JSON_OBJECT:
			return infer_object(inference, key, node);
		case JSON_NULL:
			break;
	}
	return inference->nulls ? new_schema(CONNECT_BYTES) : NULL;
}

/* ---- values -------------------------------------------------------------- */

static bool fits(const JsonNode *node, const ConnectSchema *schema);

static bool
members_fit(const JsonNode *node, const ConnectSchema *schema)
{
	int			place = 0;

	for (int i = 0; i < schema->nfields; i++)
	{
		const JsonNode *member = json_member(node, schema->fields[i].name, &place);

		if (member && !fits(member, schema->fields[i].schema))
			return false;
	}
	return true;
}

static bool
fits(const JsonNode *node, const ConnectSchema *schema)
{
	static const ConnectType types[] = {
		[JSON_BOOL] = CONNECT_BOOLEAN,[JSON_INT] = CONNECT_INT32,[JSON_LONG] = CONNECT_INT64,
		[JSON_DOUBLE] = CONNECT_DOUBLE,[JSON_STRING] = CONNECT_STRING,
		[JSON_ARRAY] = CONNECT_ARRAY,[JSON_OBJECT] = CONNECT_STRUCT
	};

	if (node->kind == JSON_NULL)
		return true;
	if (node->kind == JSON_BIG || types[node->kind] != schema->type)
		return false;
	if (node->kind == JSON_ARRAY)
		for (int i = 0; i < node->nitems; i++)
			if (!fits(node->items[i], schema->values))
				return false;
	return node->kind != JSON_OBJECT || members_fit(node, schema);
}

bool
json_expand(const char *text, size_t len, const char *name, bool nulls, bool empty_arrays,
			JsonExpansion *expansion)
{
	Inference	inference = {.nulls = nulls,.empty_arrays = empty_arrays};

	if (len == 0 || text[0] != '{')
		return false;
	expansion->tree = json_read(text, len);
	if (expansion->tree == NULL)
		return false;
	expansion->schema = infer(&inference, name, expansion->tree);
	return !inference.failed && fits(expansion->tree, expansion->schema);
}

static void print(Out *out, const JsonNode *node, const ConnectSchema *schema);

static void
print_items(Out *out, const JsonNode *node, const ConnectSchema *schema)
{
	out_byte(out, '[');
	for (int i = 0; i < node->nitems; i++)
	{
		if (i > 0)
			out_byte(out, ',');
		print(out, node->items[i], schema->values);
	}
	out_byte(out, ']');
}

static void
print_members(Out *out, const JsonNode *node, const ConnectSchema *schema)
{
	int			place = 0;

	out_byte(out, '{');
	for (int i = 0; i < schema->nfields; i++)
	{
		const ConnectField *field = &schema->fields[i];

		if (i > 0)
			out_byte(out, ',');
		json_string(out, field->name, strlen(field->name));
		out_byte(out, ':');
		print(out, json_member(node, field->name, &place), field->schema);
	}
	out_byte(out, '}');
}

static void
print(Out *out, const JsonNode *node, const ConnectSchema *schema)
{
	switch (node ? node->kind : JSON_NULL)
	{
		case JSON_BOOL:
			if (node->integer)
				out_literal(out, "true");
			else
				out_literal(out, "false");
			break;
		case JSON_INT:
		case JSON_LONG:
			out_reserve(out, 24);
			json_int(out, node->integer);
			break;
		case JSON_DOUBLE:
			out_reserve(out, 64);
			json_double(out, node->number);
			break;
		case JSON_STRING:
			json_string(out, node->text, node->len);
			break;
		case JSON_ARRAY:
			print_items(out, node, schema);
			break;
		case JSON_OBJECT:
			print_members(out, node, schema);
			break;
		default:
			out_literal(out, "null");
	}
}

void
json_expansion_print(Out *out, const JsonExpansion *expansion)
{
	print(out, expansion->tree, expansion->schema);
}

void
json_expansion_print_field(Out *out, const JsonExpansion *expansion, const char *name)
{
	const ConnectSchema *schema = expansion->schema;
	int			place = 0;

	for (int i = 0; i < schema->nfields; i++)
		if (strcmp(schema->fields[i].name, name) == 0)
		{
			print(out, json_member(expansion->tree, name, &place), schema->fields[i].schema);
			return;
		}
	out_literal(out, "null");
}

ConnectSchema *
json_schema_copy(const ConnectSchema *schema)
{
	ConnectSchema *copy = palloc(sizeof(ConnectSchema));
	ConnectField *fields = palloc((schema->nfields + 1) * sizeof(ConnectField));

	*copy = *schema;
	copy->name = schema->name ? pstrdup(schema->name) : NULL;
	copy->values = schema->values ? json_schema_copy(schema->values) : NULL;
	copy->fields = fields;
	for (int i = 0; i < schema->nfields; i++)
		fields[i] = (ConnectField) {pstrdup(schema->fields[i].name),
			json_schema_copy(schema->fields[i].schema)};
	return copy;
}
