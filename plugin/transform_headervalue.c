/*
 * transform_headervalue.c
 *	  HeaderToValue: headers as fields of the value.
 *
 * Follows io.debezium.transforms.HeaderToValue of 3.7 with what it calls in
 * ConnectRecordUtil, where a name with dots leads into structs.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "transformdef.h"

typedef struct HeaderToValue
{
	List	   *fields;
	List	   *headers;
	int			operation;
} HeaderToValue;

static const char *const operations[] = {"move", "copy", NULL};

static const Setting to_value_settings[] = {
	{"headers", SETTING_LIST, offsetof(HeaderToValue, headers), true},
	{"fields", SETTING_LIST, offsetof(HeaderToValue, fields), true},
	{"operation", SETTING_ENUM, offsetof(HeaderToValue, operation), true, NULL, operations},
	{NULL}
};

static void
check_names(const TransformStep *step, const char *option, List *names)
{
	ListCell   *lc;

	foreach(lc, names)
	{
		const char *name = lfirst(lc);

		if (name[0] == '\0' || strchr(name, ' '))
			step_bad_value(step, option, name, "names without spaces, none of them empty");
	}
}

static void
to_value_check(TransformStep *step)
{
	const HeaderToValue *settings = step->settings;

	check_names(step, "headers", settings->headers);
	check_names(step, "fields", settings->fields);
	if (list_length(settings->fields) != list_length(settings->headers))
		step_bad_value(step, "fields", psprintf("%d names", list_length(settings->fields)),
					   psprintf("as many names as the option headers beside it, %d",
								list_length(settings->headers)));
}

/* ---- entries ------------------------------------------------------------- */

/* A header that becomes a field, and the way to it. */
typedef struct Entry
{
	const char *path;			/* as it is configured */
	List	   *parts;			/* of it, between dots */
	Shape	   *field;
} Entry;

static const char *
part(const Entry *entry, int place)
{
	return list_nth(entry->parts, place);
}

static Entry *
make_entry(const char *path, Shape *field)
{
	Entry	   *entry = palloc(sizeof(Entry));
	char	   *rest = pstrdup(path);

	entry->path = path;
	entry->field = field;
	entry->parts = NIL;
	for (char *p = strtok_r(rest, ".", &rest); p; p = strtok_r(NULL, ".", &rest))
		entry->parts = lappend(entry->parts, p);
	return entry;
}

/* Where a header is configured first, its field; NULL if it is not. */
static const char *
field_for(const HeaderToValue *settings, const char *header)
{
	ListCell   *name,
			   *field;

	forboth(name, settings->headers, field, settings->fields)
		if (strcmp(lfirst(name), header) == 0)
		return lfirst(field);
	return NULL;
}

static List *
find_entries(const HeaderToValue *settings, Draft *draft)
{
	List	   *entries = NIL;
	ListCell   *lc;

	foreach(lc, draft->headers)
	{
		const DraftHeader *header = lfirst(lc);
		const char *field = field_for(settings, header->name);

		if (field == NULL)
			continue;
		if (header->field == NULL || header->condition)
			draft_fail(draft, "header \"%s\" has no value that a field could have", header->name);
		else
			entries = lappend(entries, make_entry(field, header->field));
	}
	return entries;
}

/* Does a path lead through a field of that name, as far as its text tells? */
static bool
is_passed(List *entries, const char *name)
{
	const char *step = psprintf("%s.", name);
	ListCell   *lc;

	foreach(lc, entries)
	{
		const Entry *entry = lfirst(lc);

		if (list_length(entry->parts) > 1 && strstr(entry->path, step))
			return true;
	}
	return false;
}

/* ---- structs ------------------------------------------------------------- */

/* A struct on the way: the one of that name, so deep; depth 0 is the value. */
typedef struct Place
{
	const char *name;
	int			depth;
} Place;

static bool
is_at(const Entry *entry, const Place *place)
{
	return place->depth == 0 || (list_length(entry->parts) > place->depth &&
								 strcmp(part(entry, place->depth - 1), place->name) == 0);
}

/* Puts a header's value into a field, which keeps its schema if it is there. */
static void
put_entry(Draft *draft, Shape *to, const char *name, const Entry *entry)
{
	for (int i = 0; i < to->nfields; i++)
	{
		const ConnectSchema *schema;

		if (strcmp(to->fields[i].name, name) != 0)
			continue;
		schema = shape_schema(to->fields[i].shape);
		if (schema->type != shape_schema(entry->field)->type)
			draft_fail(draft, "header for field \"%s\" is of another type than the field", name);
		to->fields[i].shape = field_under(draft, entry->field, schema);
		return;
	}
	shape_add(to, name, entry->field);
}

/* A struct that the paths lead through and that is not there. */
static Shape *
new_parent(Draft *draft, List *entries, const char *name, int depth)
{
	Shape	   *parent = shape_struct(schema_new(CONNECT_STRUCT, true, NULL, 0));
	ListCell   *lc;

	foreach(lc, entries)
	{
		const Entry *entry = lfirst(lc);

		/* below the first level Debezium leaves it empty */
		if (depth == 0 && list_length(entry->parts) > 1 && strcmp(part(entry, 0), name) == 0)
			struct_add(draft, parent, part(entry, 1), entry->field);
	}
	return parent;
}

static void
add_entries(Draft *draft, Shape *to, List *entries, const Place *place)
{
	int			known = to->nfields;
	ListCell   *lc;

	foreach(lc, entries)
	{
		const Entry *entry = lfirst(lc);

		if (list_length(entry->parts) == place->depth + 1 && is_at(entry, place))
			put_entry(draft, to, part(entry, place->depth), entry);
	}
	foreach(lc, entries)
	{
		const Entry *entry = lfirst(lc);
		bool		there = false;
		const char *name;

		if (list_length(entry->parts) <= place->depth + 1 || !is_at(entry, place))
			continue;
		name = part(entry, place->depth);
		for (int i = 0; i < to->nfields && !there; i++)
			there = strcmp(to->fields[i].name, name) == 0 &&
				(i < known || to->fields[i].shape->kind == SHAPE_STRUCT);
		if (!there)
			struct_add(draft, to, name, new_parent(draft, entries, name, place->depth));
	}
}

static Shape *extended(Draft *draft, Shape *old, List *entries, const Place *place);

/* A field that a path leads through. */
static Shape *
extended_field(Draft *draft, const char *name, Shape *field, List *entries, int depth)
{
	const Place place = {name, depth};
	bool		primitive = shape_schema(field)->type <= CONNECT_BYTES;

	if (field->kind == SHAPE_STRUCT)
		return extended(draft, field, entries, &place);
	if (!field->is_null)
		draft_fail(draft, "Only Struct objects supported for [Nested field], but \"%s\" is none", name);
	else if (!primitive)
		draft_fail(draft, "null value for field \"%s\", which is required and has no default value", name);
	return field;
}

static Shape *
extended(Draft *draft, Shape *old, List *entries, const Place *place)
{
	Shape	   *new = struct_like(old);

	for (int i = 0; i < old->nfields; i++)
	{
		const char *name = old->fields[i].name;
		Shape	   *field = field_value(draft, old->fields[i].shape, true);

		if (is_passed(entries, name))
			field = extended_field(draft, name, field, entries, place->depth + 1);
		shape_add(new, name, field);
	}
	add_entries(draft, new, entries, place);
	return new;
}

/* ---- records ------------------------------------------------------------- */

static void
drop_headers(const HeaderToValue *settings, Draft *draft)
{
	List	   *kept = NIL;
	ListCell   *lc;

	foreach(lc, draft->headers)
		if (!step_lists(settings->headers, ((DraftHeader *) lfirst(lc))->name))
		kept = lappend(kept, lfirst(lc));
	draft->headers = kept;
}

static void
to_value_apply(const TransformStep *step, Draft *draft)
{
	const HeaderToValue *settings = step->settings;
	const Place root = {"payload", 0};
	List	   *entries;

	if (draft->value == NULL || draft->value->is_null)
		return;
	if (!struct_require(draft, draft->value, "Header field insertion"))
		return;
	entries = find_entries(settings, draft);
	if (entries == NIL)
		return;
	draft->value = extended(draft, draft->value, entries, &root);
	if (strcmp(operations[settings->operation], "move") == 0)
		drop_headers(settings, draft);
}

const TransformClass header_value_transforms[] = {
	{"io.debezium.transforms.", "HeaderToValue", false,
	to_value_settings, sizeof(HeaderToValue), to_value_check, to_value_apply},
	{NULL}
};
