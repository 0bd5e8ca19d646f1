/*
 * transform_unwrap.c
 *	  ExtractNewRecordState: the row in place of the envelope.
 *
 * What it does follows io.debezium.transforms.ExtractNewRecordState of 3.7
 * with its strategies for deletes; the names of its options before 2.5 mean
 * what they meant then.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "droplist.h"
#include "fieldvalue.h"
#include "transformdef.h"

/* What becomes of a delete. */
typedef enum DeleteAction
{
	DELETE_DROPPED,
	DELETE_NULL,				/* null under the row's schema */
	DELETE_REWRITTEN,			/* the old row, marked */
	DELETE_TOMBSTONE			/* null without a schema */
} DeleteAction;

/* A field of the envelope that is added to the value or the headers. */
typedef struct Reference
{
	const char *parent;			/* the struct that has it, or NULL */
	const char *field;
	const char *name;			/* what it is called in the record */
} Reference;

typedef struct Unwrap
{
	int			mode;
	char	   *old_delete_mode;
	bool		drop_tombstones;
	List	   *add_fields;
	char	   *fields_prefix;
	List	   *add_headers;
	char	   *headers_prefix;
	char	   *route_field;
	DropList	drop;
	bool		replace_null;

	DeleteAction action;
	bool		keep_tombstones;
	List	   *fields;			/* Reference */
	List	   *headers;
} Unwrap;

static const char *const modes[] = {
	"drop", "tombstone", "rewrite", "rewrite-with-tombstone", "delete-to-tombstone", NULL
};

/* In the order of modes. */
static const struct Mode
{
	DeleteAction action;
	bool		keep_tombstones;
}			mode_actions[] = {
	{DELETE_DROPPED, false},
	{DELETE_NULL, false},
	{DELETE_REWRITTEN, false},
	{DELETE_REWRITTEN, true},
	{DELETE_TOMBSTONE, false},
};

#define MODE_OPTION "delete.tombstone.handling.mode"
#define OLD_MODE_OPTION "delete.handling.mode"
#define OLD_TOMBSTONES_OPTION "drop.tombstones"

static const Setting unwrap_settings[] = {
	{MODE_OPTION, SETTING_ENUM, offsetof(Unwrap, mode), false, "tombstone", modes},
	{OLD_MODE_OPTION, SETTING_STRING, offsetof(Unwrap, old_delete_mode), false, "drop"},
	{OLD_TOMBSTONES_OPTION, SETTING_BOOL, offsetof(Unwrap, drop_tombstones), false, "true"},
	{"add.fields", SETTING_LIST, offsetof(Unwrap, add_fields), false, ""},
	{"add.fields.prefix", SETTING_STRING, offsetof(Unwrap, fields_prefix), false, "__"},
	{"add.headers", SETTING_LIST, offsetof(Unwrap, add_headers), false, ""},
	{"add.headers.prefix", SETTING_STRING, offsetof(Unwrap, headers_prefix), false, "__"},
	{"route.by.field", SETTING_STRING, offsetof(Unwrap, route_field), false, ""},
	{"drop.fields.header.name", SETTING_STRING, offsetof(Unwrap, drop.header), false, ""},
	{"drop.fields.from.key", SETTING_BOOL, offsetof(Unwrap, drop.from_key), false, "false"},
	{"drop.fields.keep.schema.compatible", SETTING_BOOL, offsetof(Unwrap, drop.compatible), false, "true"},
	{"replace.null.with.default", SETTING_BOOL, offsetof(Unwrap, replace_null), false, "true"},
	{"operation.header", SETTING_IGNORED},
	{"add.source.fields", SETTING_IGNORED},
	{NULL}
};

/* ---- settings ------------------------------------------------------------ */

/* The struct of the envelope that a field without one is looked for in. */
static const char *
default_parent(const char *field)
{
	static const struct
	{
		const char *field;
		const char *parent;
	}			parents[] = {
		{"id", "transaction"}, {"total_order", "transaction"},
		{"data_collection_order", "transaction"},
		{"op", NULL}, {"ts_ms", NULL}, {"ts_us", NULL}, {"ts_ns", NULL},
	};

	for (int i = 0; i < lengthof(parents); i++)
		if (strcmp(parents[i].field, field) == 0)
			return parents[i].parent;
	return "source";
}

/* struct.field:name, of which struct and name may be missing. */
static Reference *
parse_reference(const TransformStep *step, const char *option, const char *item, const char *prefix)
{
	Reference  *reference = palloc0(sizeof(Reference));
	char	   *text = pstrdup(item);
	char	   *name = strchr(text, ':');
	char	   *dot;

	if (name)
		*name++ = '\0';
	if (text[0] == '\0' || (name && strchr(name, ':')))
		step_bad_value(step, option, item, "fields as in op,source.ts_ms,table:name");
	dot = strchr(text, '.');
	if (dot)
	{
		*dot++ = '\0';
		dot[strcspn(dot, ".")] = '\0';
	}
	reference->field = dot ? dot : text;
	reference->parent = dot ? text : default_parent(text);

	if (name && name[0] != '\0')
		reference->name = psprintf("%s%s", prefix, name);
	else if (dot)
		reference->name = psprintf("%s%s_%s", prefix, text, dot);
	else
		reference->name = psprintf("%s%s", prefix, text);
	return reference;
}

static List *
parse_references(const TransformStep *step, const char *option, List *items, const char *prefix)
{
	List	   *references = NIL;
	ListCell   *lc;

	foreach(lc, items)
		references = lappend(references, parse_reference(step, option, lfirst(lc), prefix));
	return references;
}

/* Of the names before 2.5 and that since then, the latter wins. */
static void
choose_action(const TransformStep *step, Unwrap *unwrap)
{
	bool		old = !step_given(step, MODE_OPTION) &&
	(step_given(step, OLD_MODE_OPTION) || step_given(step, OLD_TOMBSTONES_OPTION));

	unwrap->action = mode_actions[unwrap->mode].action;
	unwrap->keep_tombstones = mode_actions[unwrap->mode].keep_tombstones;
	if (!old)
		return;
	unwrap->keep_tombstones = !unwrap->drop_tombstones;
	if (pg_strcasecmp(unwrap->old_delete_mode, "drop") == 0)
		unwrap->action = DELETE_DROPPED;
	else if (pg_strcasecmp(unwrap->old_delete_mode, "none") == 0)
		unwrap->action = DELETE_NULL;
	else if (pg_strcasecmp(unwrap->old_delete_mode, "rewrite") == 0)
		unwrap->action = DELETE_REWRITTEN;
	else
		step_bad_value(step, OLD_MODE_OPTION, unwrap->old_delete_mode, "drop, none, rewrite");
}

static void
unwrap_check(TransformStep *step)
{
	Unwrap	   *unwrap = step->settings;

	choose_action(step, unwrap);
	unwrap->fields = parse_references(step, "add.fields", unwrap->add_fields, unwrap->fields_prefix);
	unwrap->headers = parse_references(step, "add.headers", unwrap->add_headers, unwrap->headers_prefix);
}

/* ---- references ---------------------------------------------------------- */

/*
 * What a reference stands for, under an optional schema without default; NULL
 * if the envelope has no such field.  One that its struct lacks is looked for
 * in the envelope itself, where another transform may have put it.
 */
static Shape *
resolve(const TransformStep *step, Draft *draft, const Shape *envelope, const Reference *reference)
{
	const Shape *parent = envelope;
	const Shape *field;
	ConnectSchema *schema;

	if (reference->parent)
		parent = field_find(envelope, reference->parent);
	if (parent == NULL)
	{
		draft_fail(draft, "there is no struct \"%s\" in it", reference->parent);
		return NULL;
	}
	field = field_find(parent, reference->field);
	if (field == NULL)
		field = field_find(envelope, reference->field);
	if (field == NULL)
		return NULL;
	schema = palloc(sizeof(ConnectSchema));
	*schema = *shape_schema(field);
	schema->optional = true;
	schema->default_json = NULL;
	return field_under(draft, field, schema);
}

static void
add_headers(const TransformStep *step, Draft *draft)
{
	const Unwrap *unwrap = step->settings;
	ListCell   *lc;

	foreach(lc, unwrap->headers)
	{
		const Reference *reference = lfirst(lc);
		Shape	   *field;

		if (draft->value != NULL && !draft->value->is_null)
			field = resolve(step, draft, draft->value, reference);
		else
			field = strcmp(reference->field, "op") == 0 ? field_string("d", true) : NULL;
		if (field)
			draft_add_shared(draft, reference->name, field);
	}
}

/* ---- records ------------------------------------------------------------- */

/* Does a copied row have defaults in place of NULLs? */
static bool
replaces_nulls(const Unwrap *unwrap)
{
	return unwrap->action == DELETE_REWRITTEN && unwrap->replace_null;
}

/* A row as a required struct; of NULLs, some become the column's default. */
static Shape *
copy_row(Draft *draft, const Shape *row, bool replace_null)
{
	Shape	   *copy = struct_like(row);

	for (int i = 0; i < row->nfields; i++)
		shape_add(copy, row->fields[i].name, field_value(draft, row->fields[i].shape, replace_null));
	return copy;
}

/*
 * The row with what is added to it: whether it is deleted (where deletes are
 * rows as well), then the fields of the envelope.
 */
static void
set_row(const TransformStep *step, Draft *draft, const Shape *row, const char *deleted)
{
	const Unwrap *unwrap = step->settings;
	const Shape *envelope = draft->value;
	bool		marked = unwrap->action == DELETE_REWRITTEN;
	Shape	   *value = copy_row(draft, row, replaces_nulls(unwrap));
	ListCell   *lc;

	if (marked)
		struct_add(draft, value, "__deleted", field_string(deleted, true));
	foreach(lc, unwrap->fields)
	{
		const Reference *reference = lfirst(lc);
		Shape	   *field = resolve(step, draft, envelope, reference);

		if (field)
			struct_add(draft, value, reference->name, field);
	}
	draft->value = value;
}

/* ---- what a header leaves out -------------------------------------------- */

static void
take_names(const TransformStep *step, Draft *draft, const char *answer, size_t len)
{
	const Unwrap *unwrap = step->settings;

	droplist_take(&unwrap->drop, draft, answer, len);
}

static void
drop_listed(const TransformStep *step, Draft *draft)
{
	const Unwrap *unwrap = step->settings;

	if (unwrap->drop.header[strspn(unwrap->drop.header, " \t\n\r\f\v")] != '\0')
		droplist_apply(&unwrap->drop, draft, take_names);
}

/* ---- the topic ----------------------------------------------------------- */

/* Java's String.isBlank(), of what is not control characters. */
static bool
is_blank(const char *text)
{
	return text[strspn(text, " \t\n\v\f\r\034\035\036\037")] == '\0';
}

static void
print_topic(Out *out, const Row *row, const void *data)
{
	FieldValue	value = field_read(data, row);

	if (value.kind == FIELD_STRING)
		out_bytes(out, value.text, value.len);
}

static void
take_topic(const TransformStep *step, Draft *draft, const char *answer, size_t len)
{
	if (!is_blank(answer))
		draft->topic = answer;
	drop_listed(step, draft);
}

/* The topic that a field of the row names; one that is null or blank names none.  Then what is left out. */
static void
route(const TransformStep *step, Draft *draft, const Shape *row, bool with_default)
{
	const Unwrap *unwrap = step->settings;
	FieldReader *reader;

	if (unwrap->route_field[0] == '\0')
	{
		drop_listed(step, draft);
		return;
	}
	reader = field_reader_of_type(draft, row, unwrap->route_field, CONNECT_STRING, with_default);
	if (reader == NULL)
		return;
	if (reader->template)
		draft_ask(draft, print_topic, reader, take_topic);
	else
		take_topic(step, draft, reader->value.kind == FIELD_STRING ? reader->value.text : "", 0);
}

static void
unwrap_delete(const TransformStep *step, Draft *draft, const Shape *before, Shape *after)
{
	const Unwrap *unwrap = step->settings;

	switch (unwrap->action)
	{
		case DELETE_DROPPED:
			draft->dropped = true;
			break;
		case DELETE_NULL:
			draft->value = after;
			break;
		case DELETE_TOMBSTONE:
			draft->value = NULL;
			break;
		case DELETE_REWRITTEN:
			set_row(step, draft, before, "true");
			break;
	}
}

static void
unwrap_apply(const TransformStep *step, Draft *draft)
{
	const Unwrap *unwrap = step->settings;
	bool		tombstone = draft->value == NULL || draft->value->is_null;
	Shape	   *before,
			   *after;

	if (tombstone || value_is_envelope(draft->value))
		add_headers(step, draft);
	if (tombstone)
	{
		draft->dropped = !unwrap->keep_tombstones;
		return;
	}
	if (!value_is_envelope(draft->value))
		return;

	before = field_find(draft->value, "before");
	after = field_find(draft->value, "after");
	if (before == NULL || after == NULL)
		draft_fail(draft, "Unknown field: %s", before ? "after" : "before");
	else if (after->is_null && before->is_null)
		draft->dropped = true;	/* a truncate */
	else if (after->is_null)
		unwrap_delete(step, draft, before, after);
	else
		set_row(step, draft, after, "false");
	if (draft->dropped || draft->failure)
		return;
	if (after->is_null)
		route(step, draft, before, false);
	else
		route(step, draft, draft->value, replaces_nulls(unwrap));
}

const TransformClass unwrap_transforms[] = {
	{"io.debezium.transforms.", "ExtractNewRecordState", false,
	unwrap_settings, sizeof(Unwrap), unwrap_check, unwrap_apply},
	{NULL}
};
