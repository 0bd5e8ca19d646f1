/*
 * relrecord.c
 *	  The kinds of records that a relation's changes become, compiled: key,
 *	  value and headers of each.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "utils/rel.h"

#include "converter.h"
#include "envelope.h"
#include "naming.h"
#include "relbuild.h"
#include "rowheader.h"

/* What a kind of record is made of. */
typedef struct RecordForm
{
	char		op;				/* 0: a tombstone */
	bool		before;			/* it shows the old row, */
	bool		after;			/* the new one */
	bool		keyed;
	Side		key;			/* of this side */
	const char *other_key;		/* the header that has the other side's */
	bool		compared;		/* an old and a new row are at hand */
	int			place;			/* among the records of one change */
} RecordForm;

static const RecordForm forms[RECORD_KINDS] = {
	[RECORD_CREATE] = {'c',.after = true,.keyed = true,.key = SIDE_NEW},
	[RECORD_UPDATE] = {'u',.after = true,.keyed = true,.key = SIDE_NEW},
	[RECORD_UPDATE_OLD] = {'u',.before = true,.after = true,.keyed = true,.key = SIDE_NEW,
	.compared = true},
	[RECORD_DELETE] = {'d',.before = true,.keyed = true,.key = SIDE_OLD},
	[RECORD_TOMBSTONE] = {0,.keyed = true,.key = SIDE_OLD,.place = 1},
	[RECORD_MOVED_DELETE] = {'d',.before = true,.keyed = true,.key = SIDE_OLD,
	.other_key = "__debezium.newkey"},
	[RECORD_MOVED_TOMBSTONE] = {0,.keyed = true,.key = SIDE_OLD,
	.other_key = "__debezium.newkey",.place = 1},
	[RECORD_MOVED_CREATE] = {'c',.after = true,.keyed = true,.key = SIDE_NEW,
	.other_key = "__debezium.oldkey",.compared = true,.place = 2},
	[RECORD_TRUNCATE] = {'t'},
	[RECORD_READ] = {'r',.after = true,.keyed = true,.key = SIDE_NEW},
};

/* What the headers of several kinds share, in the plan's memory. */
typedef struct HeaderParts
{
	const NamedColumns *unknown[SIDES]; /* NULL: not asked for, or none */
	const NamedColumns *compared;	/* NULL: not asked for, or not possible */
} HeaderParts;

/* The template outlives the shapes that it was made from. */
static const Template *
compile(Build *build, const Shape *shape)
{
	MemoryContext old = MemoryContextSwitchTo(build->context);
	const Template *template = template_compile(shape, false);

	MemoryContextSwitchTo(old);
	return template;
}

/* A key or value; NULL, and build->failure says why, if the converter does not take it. */
static const Template *
convert(Build *build, Half half, const Shape *shape)
{
	MemoryContext old = MemoryContextSwitchTo(build->context);
	const Template *template = converter_compile(build->session->options, half, shape, &build->failure);

	MemoryContextSwitchTo(old);
	return template;
}

/* The envelope of a kind; NULL of a tombstone. */
static Shape *
value_shape(Build *build, const RecordParts *parts, const RecordForm *form)
{
	if (form->op == 0)
		return NULL;
	return envelope_row(build->session,
						naming_schema(build->session->options, build->topic, ".Envelope"),
						shape_schema(parts->row[SIDE_NEW]),
						form->before ? parts->row[SIDE_OLD] : NULL,
						form->after ? parts->row[SIDE_NEW] : NULL,
						build->schema, build->table, form->op);
}

/* The value of a kind, or that of an earlier one which is the same. */
static const Template *
record_value(Build *build, const RelPlan *plan, const RecordParts *parts, RecordKind kind)
{
	const RecordForm *form = &forms[kind];

	if (form->op == 0)
		return NULL;
	for (RecordKind same = 0; same < kind; same++)
		if (forms[same].op == form->op && forms[same].before == form->before)
			return plan->records[same].value;
	return convert(build, HALF_VALUE, value_shape(build, parts, form));
}

/* ---- headers ------------------------------------------------------------- */

/* A column that a header may name; one with a constant mask shows no value. */
static bool
is_named(const BuildColumn *column)
{
	return column->name != NULL && column->in_row && !columnrule_is_constant(&column->shape);
}

/*
 * What may be unknown of a side: of the old one, what an old tuple lacks; of
 * both, what may be left in the TOAST table.
 */
static const NamedColumns *
unknown_columns(const Build *build, Side side)
{
	NamedColumns *list = named_columns_new(build->ncolumns);

	for (int i = 0; i < build->ncolumns; i++)
	{
		const BuildColumn *column = &build->columns[i];
		int			index = column->shape.index;

		if (!is_named(column))
			continue;
		if (side == SIDE_OLD && !column->in_old)
			named_columns_add(list, column->field, -1, false, 0);
		else if (TupleDescAttr(RelationGetDescr(build->leaf), index)->attlen == -1)
			named_columns_add(list, column->field, index, false, -1);
	}
	return list->n > 0 ? list : NULL;
}

/* What can be compared; NULL if that is not all of the row. */
static const NamedColumns *
compared_columns(const Build *build)
{
	NamedColumns *list = named_columns_new(build->ncolumns);

	for (int i = 0; i < build->ncolumns; i++)
	{
		const BuildColumn *column = &build->columns[i];
		Form_pg_attribute attr;

		if (!is_named(column))
			continue;
		if (!column->in_old)
			return NULL;
		attr = TupleDescAttr(RelationGetDescr(build->leaf), column->shape.index);
		named_columns_add(list, column->field, column->shape.index, attr->attbyval, attr->attlen);
	}
	return list;
}

static HeaderParts
header_parts(const Build *build)
{
	const Options *options = build->session->options;
	MemoryContext old = MemoryContextSwitchTo(build->context);
	HeaderParts parts = {0};

	if (options->unavailable_header)
		for (Side side = SIDE_NEW; side < SIDES; side++)
			parts.unknown[side] = unknown_columns(build, side);
	if (options->changed_header)
		parts.compared = compared_columns(build);
	MemoryContextSwitchTo(old);
	return parts;
}

static void
add_unavailable(Build *build, Draft *draft, const HeaderParts *parts, const RecordForm *form)
{
	Unknowns   *unknowns = MemoryContextAlloc(build->context, sizeof(Unknowns));

	unknowns->before = form->before ? parts->unknown[SIDE_OLD] : NULL;
	unknowns->after = form->after ? parts->unknown[SIDE_NEW] : NULL;
	if (unknowns->before || unknowns->after)
		rowheader_add_unavailable(draft, unknowns);
}

/* The key of the other side; as a header it is printed in its own way. */
static void
add_other_key(Draft *draft, const RecordParts *parts, const RecordForm *form)
{
	Side		side = form->key == SIDE_NEW ? SIDE_OLD : SIDE_NEW;
	DraftHeader *header;

	draft_add_header(draft, form->other_key, shape_header(form->other_key, parts->key_text[side]));
	header = llast(draft->headers);
	header->field = parts->key[side];
}

/* Adds a record's own headers, in their order. */
static void
add_headers(Build *build, Draft *draft, const RecordParts *parts,
			const HeaderParts *header_parts, const RecordForm *form)
{
	if (form->other_key)
		add_other_key(draft, parts, form);
	if (build->session->options->position_headers)
		rowheader_add_position(draft, &build->session->txn.ordinal, form->place);
	add_unavailable(build, draft, header_parts, form);
	if (form->compared && header_parts->compared)
		rowheader_add_changed(draft, header_parts->compared);
}

/* A record as it is without transforms: kinds share keys, values and headers. */
static void
plain_record(Build *build, RelPlan *plan, const RecordParts *parts, Draft *draft,
			 RecordKind kind)
{
	const RecordForm *form = &forms[kind];
	Record	   *record = &plan->records[kind];
	Shape	   *headers;

	draft_convert_headers(draft);
	headers = draft_headers(draft);
	record->stream = &plan->stream;
	record->key = form->keyed ? plan->key[form->key] : NULL;
	record->value = record_value(build, plan, parts, kind);
	record->headers = headers ? compile(build, headers) : NULL;
	record->failure = build->failure ? build->failure :
		draft->failure ? MemoryContextStrdup(build->context, draft->failure) : NULL;
	record->to_all = draft->to_all;
}

/* A record as the transforms make it; earlier is the draft before it, or NULL. */
static void
transformed_record(Build *build, RelPlan *plan, const RecordParts *parts, Draft *draft,
				   const Draft *earlier, RecordKind kind)
{
	const Session *session = build->session;
	const RecordForm *form = &forms[kind];

	draft->key = form->keyed ? parts->key[form->key] : NULL;
	draft->value = value_shape(build, parts, form);
	draft_add_headers(draft, session->context, session->context_len);
	if (form->op == 0)
		draft->headers = list_concat(draft->headers, earlier->shared);
	draft_make(draft, &plan->records[kind]);
}

void
relrecord_build(Build *build, RelPlan *plan, const RecordParts *parts)
{
	Session    *session = build->session;
	bool		has_key = parts->key[SIDE_NEW] != NULL;
	HeaderParts shared = header_parts(build);
	Draft	   *draft = NULL;

	for (Side side = SIDE_NEW; side < SIDES && has_key; side++)
		plan->key[side] = convert(build, HALF_KEY, parts->key[side]);
	for (RecordKind kind = 0; kind < RECORD_KINDS; kind++)
	{
		const RecordForm *form = &forms[kind];
		const Draft *earlier = draft;

		if ((kind == RECORD_READ) != build->session->reads)
			continue;

		/* without a key none can change */
		if (form->other_key && !has_key)
			continue;
		draft = draft_new(session, build->context, build->topic, NULL, NULL);
		draft->to_all = kind == RECORD_TRUNCATE && session->options->truncate_to_all;
		add_headers(build, draft, parts, &shared, form);
		if (session->transforms)
			transformed_record(build, plan, parts, draft, earlier, kind);
		else
			plain_record(build, plan, parts, draft, kind);
	}
}
