/*
 * rowheader.c
 *	  Headers of single records: where in the stream they are, what of their
 *	  columns is unknown, and what has changed.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/datum.h"

#include "frame.h"
#include "json.h"
#include "rowheader.h"

/* Digits of walpost.seq before its last, which is the record's place. */
#define ORDINAL_DIGITS 15

const uint64 rowheader_before_changes = 0;

/* ---- position ------------------------------------------------------------ */

/* A number with leading zeros, so that texts sort as numbers do. */
static void
write_ordinal(Out *out, const Row *row, const void *data)
{
	uint64		rest = *(const uint64 *) data;

	out_reserve(out, ORDINAL_DIGITS);
	for (int i = ORDINAL_DIGITS - 1; i >= 0; i--, rest /= 10)
		out->p[i] = '0' + rest % 10;
	out->p += ORDINAL_DIGITS;
}

/* Adds a header whose value is a text that needs no escapes. */
static void
add_plain_text(Draft *draft, const char *name, Shape *text)
{
	Shape	   *field = shape_concat(schema_new(CONNECT_STRING, false, NULL, 0));

	shape_add(field, NULL, shape_text(NULL, "\""));
	shape_add(field, NULL, text);
	shape_add(field, NULL, shape_text(NULL, "\""));
	draft_add_header(draft, name, shape_header(name, text));
	((DraftHeader *) llast(draft->headers))->field = field;
}

void
rowheader_add_position(Draft *draft, const uint64 *ordinal, int place)
{
	Shape	   *seq = shape_concat(NULL);

	shape_add(seq, NULL, shape_call(write_ordinal, ordinal));
	shape_add(seq, NULL, shape_text(NULL, psprintf("%d", place)));
	add_plain_text(draft, "walpost.lsn", shape_slot(NULL, SLOT_POSITION));
	add_plain_text(draft, "walpost.seq", seq);
}

/* ---- texts --------------------------------------------------------------- */

/* What a call writes, as a JSON string. */
static void
write_quoted(Out *out, const Row *row, const void *data)
{
	const Call *inner = data;
	StringInfoData buf;
	Out			text;

	initStringInfo(&buf);
	out_open(&text, &buf);
	inner->append(&text, row, inner->data);
	out_close(&text);
	json_string(out, buf.data, buf.len);
	pfree(buf.data);
}

/* The text that a call writes, as a field. */
static Shape *
text_field(const Draft *draft, CallFn append, const void *data)
{
	Call	   *inner = MemoryContextAlloc(draft->context, sizeof(Call));
	Shape	   *field;

	*inner = (Call) {append, data};
	field = shape_call(write_quoted, inner);
	field->schema = schema_new(CONNECT_STRING, false, NULL, 0);
	return field;
}

/* ---- lists of names ------------------------------------------------------ */

NamedColumns *
named_columns_new(int max)
{
	NamedColumns *list = palloc(offsetof(NamedColumns, columns) + max * sizeof(NamedColumn));

	list->n = 0;
	return list;
}

void
named_columns_add(NamedColumns *list, const char *field, int index, bool byval, int16 typlen)
{
	NamedColumn *column = &list->columns[list->n++];
	StringInfoData json;
	Out			out;

	initStringInfo(&json);
	out_open(&out, &json);
	json_string(&out, field, strlen(field));
	out_close(&out);
	*column = (NamedColumn)
	{
		json.data, json.len, index, byval, typlen
	};
}

/* Appends a name; before is what stands before a list's first one. */
static inline void
write_name(Out *out, const NamedColumn *column, bool *first, const char *before)
{
	if (*first)
		out_bytes(out, before, strlen(before));
	else
		out_byte(out, ',');
	*first = false;
	out_bytes(out, column->json, column->json_len);
}

/* ---- unknown columns ----------------------------------------------------- */

/* The member of one side; returns whether there is any. */
static bool
write_unknown_side(Out *out, const uint8 *states, const NamedColumns *list, const char *before)
{
	bool		first = true;

	if (list == NULL)
		return false;
	for (int i = 0; i < list->n; i++)
	{
		const NamedColumn *column = &list->columns[i];

		if (column->index < 0 || states[column->index] == VALUE_UNAVAILABLE)
			write_name(out, column, &first, before);
	}
	if (!first)
		out_byte(out, ']');
	return !first;
}

static void
write_unknowns(Out *out, const Row *row, const void *data)
{
	const Unknowns *unknowns = data;
	bool		before = write_unknown_side(out, row->states[SIDE_OLD], unknowns->before, "{\"before\":[");

	(void) write_unknown_side(out, row->states[SIDE_NEW], unknowns->after,
							  before ? ",\"after\":[" : "{\"after\":[");
	out_byte(out, '}');
}

static bool
is_any_unknown(const uint8 *states, const NamedColumns *list)
{
	for (int i = 0; list && i < list->n; i++)
		if (list->columns[i].index < 0 || states[list->columns[i].index] == VALUE_UNAVAILABLE)
			return true;
	return false;
}

static bool
has_unknowns(const Row *row, const void *data)
{
	const Unknowns *unknowns = data;

	return is_any_unknown(row->states[SIDE_OLD], unknowns->before) ||
		is_any_unknown(row->states[SIDE_NEW], unknowns->after);
}

static void
write_unavailable(Out *out, const Row *row, const void *data)
{
	static const char name[] = "walpost.unavailable";
	size_t		value;

	if (!has_unknowns(row, data))
		return;
	frame_u16(out, sizeof(name) - 1);
	out_literal(out, name);
	frame_u32(out, 0);
	value = out_offset(out);
	write_unknowns(out, row, data);
	wire_put32(out_at(out, value) - 4, (uint32) (out_offset(out) - value));
}

void
rowheader_add_unavailable(Draft *draft, const Unknowns *unknowns)
{
	Condition  *condition = MemoryContextAlloc(draft->context, sizeof(Condition));
	DraftHeader *header;

	*condition = (Condition) {has_unknowns, unknowns};
	draft_add_header(draft, "walpost.unavailable", shape_call(write_unavailable, unknowns));
	header = llast(draft->headers);
	header->field = text_field(draft, write_unknowns, unknowns);
	header->condition = condition;
}

/* ---- changed columns ----------------------------------------------------- */

/*
 * Is the stored value the same?  Compared are images, byte by byte, of what is
 * detoasted if need be; no function of the type is called.  A value that the
 * update left in the TOAST table has not changed, whether the old row supplied
 * it (both are one datum then) or not.
 */
static bool
is_same(const Row *row, const NamedColumn *column)
{
	int			i = column->index;
	uint8		old = row->states[SIDE_OLD][i];
	uint8		new = row->states[SIDE_NEW][i];

	if (new == VALUE_UNAVAILABLE)
		return true;
	if (old != VALUE_PRESENT || new != VALUE_PRESENT)
		return old == new;
	return row->values[SIDE_OLD][i] == row->values[SIDE_NEW][i] ||
		datum_image_eq(row->values[SIDE_OLD][i], row->values[SIDE_NEW][i],
					   column->byval, column->typlen);
}

static void
write_changed(Out *out, const Row *row, const void *data)
{
	const NamedColumns *list = data;
	bool		first = true;

	for (int i = 0; i < list->n; i++)
		if (!is_same(row, &list->columns[i]))
			write_name(out, &list->columns[i], &first, "[");
	if (first)
		out_byte(out, '[');
	out_byte(out, ']');
}

void
rowheader_add_changed(Draft *draft, const NamedColumns *columns)
{
	draft_add_header(draft, "walpost.changed",
					 shape_header("walpost.changed", shape_call(write_changed, columns)));
	((DraftHeader *) llast(draft->headers))->field = text_field(draft, write_changed, columns);
}
