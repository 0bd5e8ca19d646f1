/*
 * change.c
 *	  From a decoded change to the records that it becomes.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "utils/datum.h"
#include "utils/rel.h"

#include "change.h"
#include "compat.h"
#include "fork.h"
#include "identity.h"
#include "record.h"
#include "txn.h"

/* One change on its way through the plan. */
typedef struct Change
{
	Session    *session;
	RelPlan    *plan;
	Relation	relation;
	TupleDesc	desc;
	HeapTuple	old;			/* may be NULL */
	HeapTuple	new;			/* may be NULL */
	Row			row;
	bool		filtered;		/* by the publication's row filter */
} Change;

static void
take_apart(Change *change, Side side, HeapTuple tuple)
{
	Tuple	   *parts = &change->plan->tuples[side];

	if (tuple)
		heap_deform_tuple(tuple, change->desc, parts->values, parts->nulls);
	change->row.values[side] = parts->values;
	change->row.states[side] = (const uint8 *) parts->nulls;
}

static inline bool
is_unchanged_toast(Datum value)
{
	return VARATT_IS_EXTERNAL_ONDISK(DatumGetPointer(value));
}

/*
 * Values that were not logged with the new row: taken from the old one where
 * it has them, else marked.  Old tuples never point into the TOAST table.
 */
static void
resolve_toast(Change *change)
{
	RelPlan    *plan = change->plan;
	Tuple	   *new = &plan->tuples[SIDE_NEW];
	Tuple	   *old = &plan->tuples[SIDE_OLD];
	uint8	   *states = (uint8 *) new->nulls;

	for (int i = 0; i < plan->ntoastable; i++)
	{
		int			att = plan->toastable[i];

		if (states[att] != VALUE_PRESENT || !is_unchanged_toast(new->values[att]))
			continue;
		if (change->old && plan->in_old[att] &&
			change->row.states[SIDE_OLD][att] == VALUE_PRESENT)
			new->values[att] = old->values[att];
		else
			states[att] = VALUE_UNAVAILABLE;
	}
}

/* An old tuple with a value that is not at hand: only after a bug elsewhere. */
static void
check_old(Change *change)
{
	RelPlan    *plan = change->plan;
	Tuple	   *old = &plan->tuples[SIDE_OLD];
	uint8	   *states = (uint8 *) old->nulls;

	for (int i = 0; i < plan->ntoastable; i++)
	{
		int			att = plan->toastable[i];

		if (states[att] == VALUE_PRESENT && is_unchanged_toast(old->values[att]))
			states[att] = VALUE_UNAVAILABLE;
	}
}

static void
prepare_row(Change *change)
{
	change->row.slots = change->session->slots;
	change->row.relation = change->plan->shown;
	if (unlikely(change->plan->reselect != NULL))
	{
		change->row.splices = change->session->splices;
		splices_begin_row(change->row.splices, change->plan->reselect, change->session->txn.txn->xid);
	}
	take_apart(change, SIDE_OLD, change->old);
	take_apart(change, SIDE_NEW, change->new);
	if (change->old && HeapTupleHasExternal(change->old))
		check_old(change);
	if (change->new && HeapTupleHasExternal(change->new))
		resolve_toast(change);
}

/* Are the key columns of both rows the same, bit by bit? */
static bool
key_image_equal(const Change *change)
{
	const RelPlan *plan = change->plan;

	for (int i = 0; i < plan->nkey_attributes; i++)
	{
		int			att = plan->key_attributes[i];
		Form_pg_attribute attr = TupleDescAttr(change->desc, att);
		uint8		old_state = change->row.states[SIDE_OLD][att];
		uint8		new_state = change->row.states[SIDE_NEW][att];

		if (old_state != new_state)
			return false;
		if (old_state == VALUE_PRESENT &&
			!datum_image_eq(change->row.values[SIDE_OLD][att],
							change->row.values[SIDE_NEW][att],
							attr->attbyval, attr->attlen))
			return false;
	}
	return true;
}

/*
 * Has the message key changed?  What differs in its image may still print the
 * same (1.0 and 1.00 of a numeric), and keys are what they print.
 */
static bool
key_changed(Change *change)
{
	StringInfoData keys[SIDES];

	if (change->plan->key[SIDE_NEW] == NULL || change->old == NULL)
		return false;
	if (change->plan->key_in_old && key_image_equal(change))
		return false;
	for (Side side = SIDE_NEW; side < SIDES; side++)
	{
		Out			out;

		initStringInfo(&keys[side]);
		out_open(&out, &keys[side]);
		template_run(change->plan->key[side], &out, &change->row);
		out_close(&out);
	}
	return keys[SIDE_NEW].len != keys[SIDE_OLD].len ||
		memcmp(keys[SIDE_NEW].data, keys[SIDE_OLD].data, keys[SIDE_NEW].len) != 0;
}

/* What one side of a column prints, defaults apart. */
static void
column_text(const Change *change, const ShapeColumn *column, Side side, StringInfo text)
{
	uint8		state = change->row.states[side][column->index];
	Out			out;

	initStringInfo(text);
	out_open(&out, text);
	if (state == VALUE_PRESENT)
		column->json.encode(&out, change->row.values[side][column->index], &column->json);
	else if (state == VALUE_NULL)
		out_literal(&out, "null");
	else
		out_bytes(&out, column->unavailable, column->unavailable_len);
	out_close(&out);
}

/* Do the values of a column differ?  What prints the same does not. */
static bool
column_changed(const Change *change, const ShapeColumn *column)
{
	Form_pg_attribute attr = TupleDescAttr(change->desc, column->index);
	int			state = change->row.states[SIDE_NEW][column->index];
	StringInfoData texts[SIDES];

	if (state == change->row.states[SIDE_OLD][column->index] &&
		(state != VALUE_PRESENT ||
		 datum_image_eq(change->row.values[SIDE_OLD][column->index],
						change->row.values[SIDE_NEW][column->index],
						attr->attbyval, attr->attlen)))
		return false;
	for (Side side = SIDE_NEW; side < SIDES; side++)
		column_text(change, column, side, &texts[side]);
	return texts[SIDE_NEW].len != texts[SIDE_OLD].len ||
		memcmp(texts[SIDE_NEW].data, texts[SIDE_OLD].data, texts[SIDE_NEW].len) != 0;
}

/* Has an update changed a column that is captured? */
static bool
row_changed(const Change *change)
{
	if (change->old == NULL)
		return true;
	for (int i = 0; i < change->plan->ncompared; i++)
		if (column_changed(change, &change->plan->compared[i]))
			return true;
	return false;
}

/*
 * Names the row, for a client that reads the table meanwhile: of changes that give
 * events, so that what it read is outdated, and of all deletes.  An old row that
 * is at hand may be another one than the new.
 */
static void
note_row(const Change *change)
{
	for (Side side = SIDE_NEW; side < SIDES; side++)
		if ((side == SIDE_NEW ? change->new : change->old) != NULL)
			identity_write(change->session, change->plan, change->relation, &change->row, side);
}

/* The record that the row at hand becomes. */
static inline const Record *
record_of(const Change *change, RecordKind kind)
{
	return record_for(&change->plan->records[kind], &change->row);
}

/* A record that counts as an event, which a tombstone does not. */
static void
put(Change *change, RecordKind kind)
{
	const Record *record = record_of(change, kind);

	if (unlikely(change->session->window) &&
		(!record->dropped || kind == RECORD_DELETE || kind == RECORD_MOVED_DELETE))
		note_row(change);
	if (unlikely(record->dropped))
	{
		txn_drop_event(change->session, change->plan->counter);
		return;
	}
	txn_prepare_event(change->session, change->plan->counter);
	record_write(change->session, record, &change->row);
}

static void
put_tombstone(Change *change, RecordKind kind)
{
	const Record *record = record_of(change, kind);

	if (record->dropped)
		return;
	txn_prepare_record(change->session);
	record_write(change->session, record, &change->row);
}

static void
write_delete(Change *change, RecordKind kind, RecordKind tombstone)
{
	put(change, kind);
	if (change->session->options->tombstones)
		put_tombstone(change, tombstone);
}

/*
 * A key change is a delete of the old key and a create of the new one, and
 * those are what "skipped.operations" skips of it.
 */
static void
write_key_change(Change *change)
{
	RelPlan    *plan = change->plan;

	if (!plan->skipped[CHANGE_DELETE])
		write_delete(change, RECORD_MOVED_DELETE, RECORD_MOVED_TOMBSTONE);
	if (!plan->skipped[CHANGE_INSERT])
		put(change, RECORD_MOVED_CREATE);
	if (plan->skipped[CHANGE_DELETE] && plan->skipped[CHANGE_INSERT])
		txn_dropped(change->session, true, change->session->txn.change_lsn);
}

static void
write_update(Change *change)
{
	RelPlan    *plan = change->plan;

	if (key_changed(change))
		write_key_change(change);
	else if (plan->skipped[CHANGE_UPDATE] || (plan->compared && !row_changed(change)))
		txn_dropped(change->session, true, change->session->txn.change_lsn);
	else
		put(change, change->old ? RECORD_UPDATE_OLD : RECORD_UPDATE);
}

/* What the row filter makes of the change; false: nothing. */
static bool
apply_filter(Change *change, Relation relation, ChangeKind *kind)
{
	FilterVerdict verdict;

	verdict = row_filter_apply(change->plan->filter, relation, *kind,
							   change->old, &change->new);
	if (verdict == FILTER_TO_INSERT)
	{
		*kind = CHANGE_INSERT;
		change->old = NULL;
	}
	else if (verdict == FILTER_TO_DELETE)
	{
		*kind = CHANGE_DELETE;
		change->new = NULL;
	}
	change->filtered = verdict == FILTER_DROP;
	return !change->filtered;
}

static ChangeKind
change_kind(ReorderBufferChange *change)
{
	switch (change->action)
	{
		case REORDER_BUFFER_CHANGE_INSERT:
			return CHANGE_INSERT;
		case REORDER_BUFFER_CHANGE_UPDATE:
			return CHANGE_UPDATE;
		case REORDER_BUFFER_CHANGE_DELETE:
			return CHANGE_DELETE;
		default:
			elog(ERROR, "unexpected change action %d", (int) change->action);
	}
}

/*
 * Would pgoutput have sent a change that is no event here?  Not one that the
 * publication or its row filter leaves out, nor a delete without an old row.
 * (A table that the connector's lists leave out is not asked for its filter.)
 */
static bool
is_sent(Change *change, ReorderBufferChange *decoded)
{
	ChangeKind	kind = change_kind(decoded);

	if (!change->plan->sent[kind])
		return false;
	if (kind == CHANGE_DELETE && change->old == NULL)
		return false;
	return !change->filtered;
}

/* A row is gone that the publication shows, though that gives no event? */
static bool
is_deleted(const Change *change, ChangeKind kind)
{
	return kind == CHANGE_DELETE && change->plan->published[kind] &&
		change->old != NULL && !change->filtered;
}

void
change_write(Session *session, RelPlan *plan, Relation relation,
			 ReorderBufferChange *decoded)
{
	ChangeKind	kind = change_kind(decoded);
	const bool	listed = plan->published[kind];
	Change		change = {
		.session = session,
		.plan = plan,
		.relation = relation,
		.desc = RelationGetDescr(relation),
		.old = COMPAT_TUPLE(decoded->data.tp.oldtuple),
		.new = COMPAT_TUPLE(decoded->data.tp.newtuple),
	};
	bool		sent;

	/* the filter may make another kind of it, which need not be published */
	if (!listed ||
		(plan->filter && !apply_filter(&change, relation, &kind)) ||
		(plan->skipped[kind] && kind != CHANGE_UPDATE) ||
		(kind == CHANGE_DELETE && change.old == NULL) ||
		(kind != CHANGE_DELETE && change.new == NULL))
	{
		if (unlikely(session->window) && is_deleted(&change, kind))
		{
			prepare_row(&change);
			note_row(&change);
		}
		sent = is_sent(&change, decoded);
		if (sent && !listed && !session->known)
			session->filtered++;
		txn_dropped(session, sent, decoded->lsn);
		return;
	}

	txn_set_lsn(session, decoded->lsn);
	prepare_row(&change);
	if (kind == CHANGE_INSERT)
		put(&change, RECORD_CREATE);
	else if (kind == CHANGE_UPDATE)
		write_update(&change);
	else
		write_delete(&change, RECORD_DELETE, RECORD_TOMBSTONE);
}

void
change_write_truncate(Session *session, RelPlan *plan, XLogRecPtr lsn)
{
	Change		change = {.session = session,.plan = plan,.row = {.slots = session->slots,.relation = plan->shown}};

	txn_set_lsn(session, lsn);
	put(&change, RECORD_TRUNCATE);
}
