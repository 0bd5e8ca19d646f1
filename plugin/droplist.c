/*
 * droplist.c
 *	  Fields that a header of the record lists, left out of it.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "droplist.h"
#include "jsontree.h"

static bool
is_listed(const JsonNode *names, const char *name)
{
	for (int i = 0; i < names->nitems; i++)
		if (names->items[i]->kind == JSON_STRING && strcmp(names->items[i]->text, name) == 0)
			return true;
	return false;
}

/* Are there fields to leave out at all? */
static bool
has_listed(const DropList *list, const Shape *shape, const JsonNode *names)
{
	if (!list->compatible)
		return true;
	for (int i = 0; i < shape->nfields; i++)
		if (shape_schema(shape->fields[i].shape)->optional && is_listed(names, shape->fields[i].name))
			return true;
	return false;
}

/* A struct without them; as with ReplaceField, nulls become defaults. */
static Shape *
without(const DropList *list, Draft *draft, Shape *old, const JsonNode *names)
{
	Shape	   *new;

	if (old == NULL || old->kind != SHAPE_STRUCT || !has_listed(list, old, names))
		return old;
	new = struct_like(old);
	for (int i = 0; i < old->nfields; i++)
	{
		const ShapeField *field = &old->fields[i];

		if (is_listed(names, field->name) &&
			(!list->compatible || shape_schema(field->shape)->optional))
			continue;
		shape_add(new, field->name, field_value(draft, field->shape, true));
	}
	return new;
}

void
droplist_take(const DropList *list, Draft *draft, const char *names, size_t len)
{
	const JsonNode *tree = json_read(names, len);

	if (tree == NULL || tree->nitems == 0)
		return;
	if (list->from_key)
		draft->key = without(list, draft, draft->key, tree);
	draft->value = without(list, draft, draft->value, tree);
}

static void
print_names(Out *out, const Row *row, const void *data)
{
	template_run(data, out, row);
}

static const DraftHeader *
find_header(const Draft *draft, const char *name)
{
	ListCell   *lc;

	foreach(lc, draft->headers)
		if (strcmp(((DraftHeader *) lfirst(lc))->name, name) == 0)
		return lfirst(lc);
	return NULL;
}

void
droplist_apply(const DropList *list, Draft *draft, DropResume resume)
{
	const DraftHeader *header = find_header(draft, list->header);
	MemoryContext old;
	Template   *names;

	if (header == NULL)
		return;
	if (header->field == NULL || shape_schema(header->field)->type != CONNECT_ARRAY)
	{
		draft_fail(draft, "header \"%s\" is no list of field names", list->header);
		return;
	}
	if (header->field->kind == SHAPE_TEXT)
	{
		droplist_take(list, draft, header->field->text, strlen(header->field->text));
		return;
	}
	old = MemoryContextSwitchTo(draft->context);
	names = template_compile(header->field, false);
	MemoryContextSwitchTo(old);
	draft_ask(draft, print_names, names, resume);
}
