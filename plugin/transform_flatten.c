/*
 * transform_flatten.c
 *	  Flatten: fields of structs side by side, their names joined.
 *
 * Follows org.apache.kafka.connect.transforms.Flatten of Kafka Connect 4.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "converter.h"
#include "rowvalue.h"
#include "transform_value.h"

const Setting flatten_settings[] = {
	{"delimiter", SETTING_STRING, offsetof(Flatten, delimiter), false, "."},
	{NULL}
};

/* What is being flattened. */
typedef struct Flattening
{
	const TransformStep *step;
	Draft	   *draft;
	Shape	   *to;
	bool		replace_null;	/* the converter prints defaults for nulls */
} Flattening;

/* ---- members of a struct that a column prints at once --------------------- */

/* Behind the JSON value at p. */
static char *
skip_json(char *p)
{
	int			depth = 0;

	for (;; p++)
	{
		if (*p == '"')
			for (p++; *p != '"'; p++)
				p += *p == '\\';
		else if (*p == '{' || *p == '[')
			depth++;
		else if (*p == '}' || *p == ']')
			depth--;
		if (depth == 0 && (p[1] == ',' || p[1] == '}' || p[1] == ']' || p[1] == '\0'))
			return p + 1;
	}
}

/* The member at a place among those of an object; its end in *end. */
static char *
find_member(char *text, int place, char **end)
{
	char	   *p = text +1;

	for (;; place--)
	{
		while (*p != '"')
			p++;
		for (p++; *p != '"'; p++)
			p += *p == '\\';
		p += 2;					/* the quote and the colon */
		*end = skip_json(p);
		if (place == 0)
			return p;
		p = *end + 1;
	}
}

static const char *
take_member(Out *out, char *text, size_t len, const void *data)
{
	char	   *end;
	char	   *member = find_member(text, *(const int *) data, &end);

	out_bytes(out, member, end - member);
	return NULL;
}

/* ---- fields -------------------------------------------------------------- */

static char *
joined(const Flattening *flattening, const char *prefix, const char *name)
{
	const Flatten *settings = flattening->step->settings;

	return prefix[0] == '\0' ? pstrdup(name) : psprintf("%s%s%s", prefix, settings->delimiter, name);
}

/* A field's schema: optional if its struct is, with the struct's default. */
static ConnectSchema *
flat_schema(const ConnectSchema *schema, bool optional, const char *parent_default)
{
	ConnectSchema *flat = palloc(sizeof(ConnectSchema));

	*flat = *schema;
	flat->optional = optional;
	if (flat->default_json == NULL)
		flat->default_json = parent_default;
	return flat;
}

/* The member of a struct's default, or NULL. */
static const char *
member_default(const char *parent_default, int place)
{
	char	   *copy;
	char	   *member;
	char	   *end;

	if (parent_default == NULL || parent_default[0] != '{')
		return NULL;
	copy = pstrdup(parent_default);
	member = find_member(copy, place, &end);
	member = pnstrdup(member, end - member);
	return strcmp(member, "null") == 0 ? NULL : member;
}

/*
 * The field of a struct that is no tree of shapes but printed by one, or that
 * is null: then it prints what null prints as.
 */
static Shape *
part_of(const Flattening *flattening, const Shape *whole, int place, const ConnectSchema *schema)
{
	int		   *data;

	if (whole->is_null)
		return shape_null(schema, flattening->replace_null && schema->default_json ?
						  schema->default_json : "null");
	data = MemoryContextAlloc(flattening->draft->context, sizeof(int));
	*data = place;
	return rowvalue_new(flattening->step, flattening->draft, whole, schema, take_member, data);
}

static void flatten_struct(const Flattening *flattening, const char *prefix, const Shape *shape,
						   bool optional, const char *parent_default);

/* Adds a field, or the fields of one that is a struct. */
static void
flatten_field(const Flattening *flattening, const char *name, Shape *field, bool optional,
			  const char *parent_default)
{
	const ConnectSchema *schema = shape_schema(field);

	optional = optional || schema->optional;
	if (schema->type == CONNECT_MAP)
		draft_fail(flattening->draft,
				   "Flatten transformation does not support MAP for record with schemas (for field %s).", name);
	else if (schema->type == CONNECT_STRUCT)
		flatten_struct(flattening, name, field, optional,
					   schema->default_json ? schema->default_json : parent_default);
	else
	{
		Shape	   *copy = palloc(sizeof(Shape));

		*copy = *field;
		copy->schema = flat_schema(schema, optional, parent_default);
		(void) struct_add(flattening->draft, flattening->to, name, copy);
	}
}

static void
flatten_struct(const Flattening *flattening, const char *prefix, const Shape *shape,
			   bool optional, const char *parent_default)
{
	const ConnectSchema *schema = shape_schema(shape);

	for (int i = 0; i < schema->nfields; i++)
	{
		const ConnectSchema *part = schema->fields[i].schema;
		const char *part_default = member_default(parent_default, i);
		Shape	   *field;

		if (shape->kind != SHAPE_STRUCT)
			field = part_of(flattening, shape, i,
							flat_schema(part, optional || part->optional, part_default));
		else if (part->type == CONNECT_STRUCT)
			field = shape->fields[i].shape;
		else
			field = field_value(flattening->draft, shape->fields[i].shape, true);
		flatten_field(flattening, joined(flattening, prefix, schema->fields[i].name), field,
					  optional, part_default);
	}
}

void
flatten_apply(const TransformStep *step, Draft *draft)
{
	Shape	  **half = draft_half(draft, step->half);
	Flattening	flattening = {step, draft};

	/* a map without a schema has one null in it, which stays where it is */
	if (*half == NULL || (*half)->is_null || (*half)->schema == NULL)
		return;
	if (!step_struct(step, draft, "flattening"))
		return;
	flattening.replace_null = converter_replaces_null(draft->session->options, step->half);
	flattening.to = struct_like(*half);
	flatten_struct(&flattening, "", *half, (*half)->schema->optional, NULL);
	*half = flattening.to;
}
