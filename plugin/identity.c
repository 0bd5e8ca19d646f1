/*
 * identity.c
 *	  Which row a change is about, for a client that has a snapshot's window open.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "utils/rel.h"

#include "compat.h"
#include "identity.h"
#include "relkey.h"
#include "txn.h"

/* ---- once per relation ---- */

static int *
as_attributes(const Bitmapset *numbers, int *n)
{
	int		   *attributes = palloc(Max(bms_num_members(numbers), 1) * sizeof(int));
	int			number = -1;

	*n = 0;
	while ((number = bms_next_member(numbers, number)) >= 0)
		attributes[(*n)++] = number - 1;
	return attributes;
}

/* All that a tuple holds. */
static int *
all_attributes(TupleDesc desc, int *n)
{
	int		   *attributes = palloc(Max(desc->natts, 1) * sizeof(int));

	*n = 0;
	for (int i = 0; i < desc->natts; i++)
		if (!TupleDescAttr(desc, i)->attisdropped &&
			!compat_is_virtual(TupleDescAttr(desc, i)))
			attributes[(*n)++] = i;
	return attributes;
}

int *
identity_attributes(Relation relation, int *n)
{
	bool		full;
	Bitmapset  *columns = relkey_identity(relation, &full);

	if (columns == NULL)
		columns = relkey_primary(relation);
	if (columns == NULL)
		return all_attributes(RelationGetDescr(relation), n);
	return as_attributes(columns, n);
}

/* ---- once per change ---- */

/* Bytes that are the same wherever the value was stored, and however. */
static void
put_value(Out *out, Datum value, Form_pg_attribute attr)
{
	if (attr->attbyval)
		frame_u64(out, (uint64) value);
	else if (attr->attlen == -1)
	{
		struct varlena *bytes = PG_DETOAST_DATUM_PACKED(value);

		frame_text(out, VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes));
	}
	else if (attr->attlen == -2)
		frame_text(out, DatumGetCString(value), strlen(DatumGetCString(value)));
	else
		out_bytes(out, DatumGetPointer(value), attr->attlen);
}

static bool
is_known(const RelPlan *plan, const Row *row, Side side)
{
	for (int i = 0; i < plan->nidentity; i++)
		if (row->states[side][plan->identity[i]] == VALUE_UNAVAILABLE)
			return false;
	return true;
}

static size_t
begin_identity(Out *out, Oid relid, char kind)
{
	size_t		start = frame_begin(out, WIRE_IDENTITY);

	frame_u32(out, relid);
	frame_u8(out, (uint8) kind);
	return start;
}

static void
put_all(Out *out, Oid relid)
{
	frame_end(out, begin_identity(out, relid, WIRE_IDENTITY_ALL));
}

void
identity_put(Out *out, const RelPlan *plan, Relation relation, const Row *row, Side side)
{
	TupleDesc	desc = RelationGetDescr(relation);
	size_t		start;

	if (!is_known(plan, row, side))
	{
		put_all(out, RelationGetRelid(relation));
		return;
	}
	start = begin_identity(out, RelationGetRelid(relation), WIRE_IDENTITY_ROW);
	for (int i = 0; i < plan->nidentity; i++)
	{
		int			attribute = plan->identity[i];
		bool		null = row->states[side][attribute] == VALUE_NULL;

		frame_u8(out, null);
		if (!null)
			put_value(out, row->values[side][attribute], TupleDescAttr(desc, attribute));
	}
	frame_end(out, start);
}

void
identity_write(Session *session, const RelPlan *plan, Relation relation,
			   const Row *row, Side side)
{
	txn_prepare_signal(session);
	identity_put(&session->batch.out, plan, relation, row, side);
	batch_end_record(&session->batch);
}

void
identity_write_all(Session *session, Oid relid)
{
	txn_prepare_signal(session);
	put_all(&session->batch.out, relid);
	batch_end_record(&session->batch);
}
