/*
 * transform_change.c
 *	  ExtractChangedRecordState: the names of the fields that an update has
 *	  changed, and of those that it has not, as headers.  SchemaChangeEventFilter,
 *	  which has nothing to do here.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "frame.h"
#include "transformdef.h"

typedef struct ExtractChanged
{
	char	   *changed;
	char	   *unchanged;
} ExtractChanged;

static const Setting changed_settings[] = {
	{"header.changed.name", SETTING_STRING, offsetof(ExtractChanged, changed), false, ""},
	{"header.unchanged.name", SETTING_STRING, offsetof(ExtractChanged, unchanged), false, ""},
	{NULL}
};

/* ---- comparing ----------------------------------------------------------- */

/* What a field prints in both rows; equal values are equal texts. */
typedef struct ComparedField
{
	const char *json;			/* its name */
	const Template *sides[SIDES];	/* NULL: the other row has no such field */
} ComparedField;

/* A list of names, of the changed or of the others. */
typedef struct Comparison
{
	bool		changed;
	int			n;
	ComparedField fields[FLEXIBLE_ARRAY_MEMBER];
} Comparison;

/* Both are printed behind what has been written, and taken back. */
static bool
is_changed(Out *out, const Row *row, const ComparedField *field)
{
	size_t		start = out_offset(out);
	size_t		middle,
				end;
	bool		changed;

	if (field->sides[SIDE_OLD] == NULL || field->sides[SIDE_NEW] == NULL)
		return true;
	template_run(field->sides[SIDE_OLD], out, row);
	middle = out_offset(out);
	template_run(field->sides[SIDE_NEW], out, row);
	end = out_offset(out);
	changed = middle - start != end - middle ||
		memcmp(out_at(out, start), out_at(out, middle), end - middle) != 0;
	out->p = out_at(out, start);
	return changed;
}

static void
write_names(Out *out, const Row *row, const void *data)
{
	const Comparison *comparison = data;
	char		before = '[';

	for (int i = 0; i < comparison->n; i++)
	{
		const ComparedField *field = &comparison->fields[i];

		if (is_changed(out, row, field) != comparison->changed)
			continue;
		out_byte(out, before);
		out_bytes(out, field->json, strlen(field->json));
		before = ',';
	}
	if (before == '[')
		out_byte(out, before);
	out_byte(out, ']');
}

static const Template *
compile_side(Draft *draft, Shape *field)
{
	return template_compile(field_under(draft, field, shape_schema(field)), false);
}

/* Lists the fields of both rows, those of the new one first. */
static Comparison *
compare(Draft *draft, const Shape *before, const Shape *after, bool changed)
{
	MemoryContext old = MemoryContextSwitchTo(draft->context);
	Comparison *list = palloc0(offsetof(Comparison, fields) +
							   (before->nfields + after->nfields) * sizeof(ComparedField));

	list->changed = changed;
	for (int i = 0; i < after->nfields; i++)
	{
		ComparedField *field = &list->fields[list->n++];
		Shape	   *other = field_find(before, after->fields[i].name);

		field->json = json_of_text(after->fields[i].name);
		field->sides[SIDE_NEW] = compile_side(draft, after->fields[i].shape);
		field->sides[SIDE_OLD] = other ? compile_side(draft, other) : NULL;
	}
	for (int i = 0; i < before->nfields; i++)
		if (field_find(after, before->fields[i].name) == NULL)
			list->fields[list->n++].json = json_of_text(before->fields[i].name);
	MemoryContextSwitchTo(old);
	return list;
}

/* ---- records ------------------------------------------------------------- */

static void
add_names(Draft *draft, const char *header, const Shape *before, const Shape *after, bool changed)
{
	ConnectSchema *schema = schema_new(CONNECT_ARRAY, true, header, 0);
	Shape	   *names;

	if (header[strspn(header, " \t\n\r\f\v")] == '\0')
		return;
	if (before && after)
		names = shape_call(write_names, compare(draft, before, after, changed));
	else
		names = shape_text(NULL, "[]");
	schema->values = schema_new(CONNECT_STRING, true, NULL, 0);
	names->schema = schema;
	draft_add_shared(draft, header, names);
}

static void
changed_apply(const TransformStep *step, Draft *draft)
{
	const ExtractChanged *settings = step->settings;
	const Shape *before;
	const Shape *after;

	if (!value_is_envelope(draft->value))
		return;
	before = field_find(draft->value, "before");
	after = field_find(draft->value, "after");
	if (before == NULL || after == NULL)
	{
		draft_fail(draft, "%s is not a valid field name", after ? "before" : "after");
		return;
	}
	if (before->is_null || after->is_null)
		before = after = NULL;
	else if (before->kind != SHAPE_STRUCT || after->kind != SHAPE_STRUCT)
	{
		draft_fail(draft, "Only Struct objects supported for [After value should be struct.]");
		return;
	}
	add_names(draft, settings->changed, before, after, true);
	add_names(draft, settings->unchanged, before, after, false);
}

/* ---- SchemaChangeEventFilter --------------------------------------------- */

typedef struct SchemaChangeFilter
{
	List	   *excluded;
} SchemaChangeFilter;

static const Setting filter_settings[] = {
	{"schema.change.event.exclude.list", SETTING_LIST, offsetof(SchemaChangeFilter, excluded), true},
	{NULL}
};

static void
filter_check(TransformStep *step)
{
	static const char *const types[] = {"CREATE", "ALTER", "DROP", "TRUNCATE", "DATABASE"};
	const SchemaChangeFilter *settings = step->settings;
	ListCell   *lc;

	foreach(lc, settings->excluded)
	{
		bool		known = false;

		for (int i = 0; i < lengthof(types); i++)
			known = known || strcmp(types[i], lfirst(lc)) == 0;
		if (!known)
			step_bad_value(step, "schema.change.event.exclude.list", lfirst(lc),
						   "a list of CREATE, ALTER, DROP, TRUNCATE, DATABASE");
	}
}

/* PostgreSQL's connector makes no events of changes of schema. */
static void
filter_apply(const TransformStep *step, Draft *draft)
{
}

const TransformClass change_transforms[] = {
	{"io.debezium.transforms.", "ExtractChangedRecordState", false,
	changed_settings, sizeof(ExtractChanged), NULL, changed_apply},
	{"io.debezium.transforms.", "SchemaChangeEventFilter", false,
	filter_settings, sizeof(SchemaChangeFilter), filter_check, filter_apply},
	{NULL}
};
