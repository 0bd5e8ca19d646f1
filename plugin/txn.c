/*
 * txn.c
 *	  The transaction being written: lazy BEGIN, COMMIT, signs of life.
 *
 * What source says of a transaction is rendered once per transaction, when
 * its first event is written; the event's own time once per batch.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include <time.h>

#include "replication/origin.h"
#include "replication/output_plugin.h"
#include "replication/slot.h"
#include "utils/builtins.h"
#include "utils/pg_lsn.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "holdback.h"
#include "json.h"
#include "resume.h"
#include "txn.h"

/* As pgoutput of 15: after so many changes without output, a sign of life. */
#define DROPPED_MAX 100

/* How often the client is told of changes that the lists leave out, where nothing else is sent. */
#define FILTERED_US 250000

#define USECS_EPOCH_SHIFT \
	((int64) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * USECS_PER_DAY)

static void
set_slot(Session *session, Slot slot, const char *text, size_t len)
{
	session->slots[slot].text = text;
	session->slots[slot].len = (uint32) len;
}

static void
set_slot_int(Session *session, Slot slot, char *buffer, int64 value)
{
	Out			out = {buffer, buffer + 24, NULL};

	json_int(&out, value);
	set_slot(session, slot, buffer, out.p - buffer);
}

static void
set_slot_null(Session *session, Slot slot)
{
	set_slot(session, slot, "null", 4);
}

void
txn_set_lsn(Session *session, XLogRecPtr lsn)
{
	session->txn.change_lsn = lsn;
	set_slot_int(session, SLOT_LSN, session->text.lsn, (int64) lsn);
}

void
txn_set_last_commit(Session *session, XLogRecPtr lsn)
{
	session->last_commit = lsn;
	if (XLogRecPtrIsInvalid(lsn))
		set_slot_null(session, SLOT_LAST_COMMIT);
	else
		set_slot(session, SLOT_LAST_COMMIT, session->text.last_commit,
				 snprintf(session->text.last_commit, sizeof(session->text.last_commit),
						  "\\\"" UINT64_FORMAT "\\\"", lsn));
}

void
txn_resume(Session *session)
{
	const char *text = session->options->last_commit;
	bool		error = false;
	XLogRecPtr	lsn = InvalidXLogRecPtr;

	if (text)
		lsn = pg_lsn_in_internal(text, &error);
	if (error)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid value \"%s\" for option \"%s\"", text, "walpost.last.commit.lsn"),
				 errhint("It takes an LSN such as 0/16B3748.")));
	txn_set_last_commit(session, lsn);
}

/*
 * The three clocks of an event are one instant; its nanoseconds hold the
 * digits of the other two, as long as there are nineteen of them (2001-2262).
 */
static void
set_now(Session *session)
{
	struct timespec now;
	char	   *text = session->text.now;

	clock_gettime(CLOCK_REALTIME, &now);
	set_slot_int(session, SLOT_NOW_NS, text,
				 (int64) now.tv_sec * INT64CONST(1000000000) + now.tv_nsec);
	set_slot(session, SLOT_NOW_US, text, session->slots[SLOT_NOW_NS].len - 3);
	set_slot(session, SLOT_NOW_MS, text, session->slots[SLOT_NOW_NS].len - 6);
}

/*
 * Where the log says it: the start of a commit record, or of a message outside
 * any transaction.  Unique, grows from one to the next, and is the same when
 * they are sent again.  Two groups of eight digits are an LSN to the server and
 * sort as text.
 */
static void
set_position(Session *session, XLogRecPtr lsn)
{
	set_slot(session, SLOT_POSITION, session->text.position,
			 snprintf(session->text.position, sizeof(session->text.position), "%08X/%08X",
					  (uint32) (lsn >> 32), (uint32) lsn));
}

static void
set_commit_time(Session *session, int64 us)
{
	int64		ms = us / 1000;

	/* Java's floor for times before 1970 */
	if (us % 1000 < 0)
		ms--;
	set_slot_int(session, SLOT_COMMIT_US, session->text.commit_us, us);
	set_slot_int(session, SLOT_COMMIT_MS, session->text.commit_ms, ms);
	set_slot_int(session, SLOT_COMMIT_NS, session->text.commit_ns, us * 1000);
	session->last_commit_us = us;
}

/*
 * source.xmin, which Debezium asks the server for; a walsender and the SQL
 * functions hold the slot themselves.
 */
static void
set_xmin(Session *session)
{
	TimestampTz now = GetCurrentTimestamp();
	TransactionId xmin;

	if (session->xmin_read != 0 &&
		now - session->xmin_read < session->options->xmin_interval * INT64CONST(1000))
		return;
	session->xmin_read = now;
	xmin = MyReplicationSlot ? MyReplicationSlot->data.catalog_xmin : InvalidTransactionId;
	if (TransactionIdIsValid(xmin))
		set_slot_int(session, SLOT_XMIN, session->text.xmin, xmin);
	else
		set_slot_null(session, SLOT_XMIN);
}

/*
 * source.origin.  The last origin's name is kept, over local transactions too,
 * since a server that applies changes of another one sees them mixed.
 */
static void
set_origin(Session *session, ReorderBufferTXN *txn)
{
	char	   *name;
	Out			out;

	if (txn->origin_id == InvalidRepOriginId)
	{
		set_slot_null(session, SLOT_ORIGIN);
		set_slot_null(session, SLOT_ORIGIN_LSN);
		return;
	}

	set_slot_int(session, SLOT_ORIGIN_LSN, session->text.origin_lsn, (int64) txn->origin_lsn);
	if (txn->origin_id != session->origin)
	{
		if (!replorigin_by_oid(txn->origin_id, true, &name))
		{
			set_slot_null(session, SLOT_ORIGIN);
			return;
		}
		resetStringInfo(&session->origin_name);
		out_open(&out, &session->origin_name);
		json_string(&out, name, strlen(name));
		out_close(&out);
		session->origin = txn->origin_id;
	}
	set_slot(session, SLOT_ORIGIN, session->origin_name.data, session->origin_name.len);
}

void
txn_start(Session *session, ReorderBufferTXN *txn)
{
	holdback_before(txn);
	resume_begin(session, txn->xid);
	session->txn.txn = txn;
	session->txn.described = false;
	session->txn.framed = session->txn.begun = false;
	session->txn.ordinal = 0;
	session->txn.events = 0;
	session->txn.dropped = 0;
	session->txn.sent = false;

	/* what an error left behind belongs to nobody */
	session->batch.open = false;
}

/* A session's first frame: who writes, and under which options. */
static void
write_hello(Session *session)
{
	Out		   *out = &session->batch.out;
	char	   *options = options_print(session->options);
	size_t		start = frame_begin(out, WIRE_HELLO);

	frame_u16(out, WIRE_VERSION);
	frame_u32(out, PG_VERSION_NUM);
	frame_text(out, WALPOST_VERSION, strlen(WALPOST_VERSION));
	frame_text(out, options, strlen(options));
	frame_end(out, start);
	session->hello_sent = true;
}

static void
write_begin(Session *session)
{
	ReorderBufferTXN *txn = session->txn.txn;
	Out		   *out = &session->batch.out;
	size_t		start;

	start = frame_begin(out, WIRE_BEGIN);
	frame_u64(out, txn->final_lsn);
	frame_u64(out, (uint64) (COMPAT_COMMIT_TIME(txn) + USECS_EPOCH_SHIFT));
	frame_u32(out, txn->xid);
	frame_end(out, start);
	session->txn.framed = true;
}

void
txn_describe(Session *session)
{
	ReorderBufferTXN *txn = session->txn.txn;

	if (!session->batch.open)
		set_now(session);
	if (txn == NULL || session->txn.described)
		return;
	session->txn.described = true;
	set_commit_time(session, COMPAT_COMMIT_TIME(txn) + USECS_EPOCH_SHIFT);
	if (!session->reads)
		set_slot_int(session, SLOT_XID, session->text.xid, txn->xid);
	set_origin(session, txn);
	if (session->options->xmin_interval > 0)
		set_xmin(session);
	txn_set_last_commit(session, session->last_commit);
	if (session->options->position_headers)
		set_position(session, txn->final_lsn);
}

static bool
open_batch(Session *session)
{
	if (!batch_open(&session->batch))
		return false;
	session->batches++;
	set_now(session);
	if (session->options->wire && !session->hello_sent)
		write_hello(session);
	return true;
}

static void
write_first(Session *session)
{
	txn_describe(session);
	session->txn.begun = true;
	if (session->options->wire && !session->txn.framed)
		write_begin(session);
	if (session->meta)
	{
		txnmeta_begin(session);
		open_batch(session);
	}
}

void
txn_prepare_record(Session *session)
{
	open_batch(session);
	session->txn.dropped = 0;
	if (unlikely(!session->txn.begun))
		write_first(session);
	session->txn.events++;
	session->txn.counter = NULL;
}

void
txn_prepare_signal(Session *session)
{
	open_batch(session);
	session->txn.dropped = 0;
	if (!session->txn.framed)
		write_begin(session);
}

void
txn_prepare_event(Session *session, TxnTable *table)
{
	txn_prepare_record(session);
	if (unlikely(table != NULL))
	{
		txnmeta_event(session, table, session->txn.change_lsn);
		session->txn.counter = table;
	}
}

void
txn_take_back(Session *session)
{
	Writing    *writing = &session->writing;

	if (!writing->open)
		return;
	writing->open = false;
	batch_rewind(&session->batch, writing->start);
	if (session->txn.txn == NULL)
	{
		/* the unit stays, with nothing in it: it may be acknowledged */
		if (session->options->wire)
			wire_put32(out_at(&session->batch.out, session->unit_count), 0);
		return;
	}
	session->txn.events--;
	if (session->txn.counter != NULL)
		txnmeta_take_back(session, session->txn.counter);
}

void
txn_dropped(Session *session, bool sent, XLogRecPtr lsn)
{
	session->txn.sent |= sent;
	if (sent && session->meta && !session->txn.begun)
	{
		txn_set_lsn(session, lsn);
		open_batch(session);
		write_first(session);
	}
	if (SERVER_KEEPS_ALIVE)
		return;
	if (++session->txn.dropped < DROPPED_MAX)
		return;
	session->txn.dropped = 0;
	compat_update_progress(session->ctx, !session->txn.begun);
}

void
txn_read(Session *session, XLogRecPtr lsn, FullTransactionId xid)
{
	txn_set_lsn(session, lsn);
	if (FullTransactionIdIsValid(xid))
		set_slot_int(session, SLOT_XID, session->text.xid, (int64) U64FromFullTransactionId(xid));
	else
		set_slot_null(session, SLOT_XID);
}

void
txn_drop_event(Session *session, TxnTable *table)
{
	txn_dropped(session, true, session->txn.change_lsn);
	if (table)
		txnmeta_event(session, table, session->txn.change_lsn);
}

static void
write_commit(Session *session, ReorderBufferTXN *txn, XLogRecPtr commit_lsn)
{
	Out		   *out;
	size_t		start;

	open_batch(session);
	out = &session->batch.out;
	start = frame_begin(out, WIRE_COMMIT);
	frame_u64(out, commit_lsn);
	frame_u64(out, txn->end_lsn);
	frame_u64(out, session->txn.events);
	frame_end(out, start);
}

/*
 * Tells how many changes the lists have left out, with what goes out anyway, and
 * else now and then.
 */
static void
tell_filtered(Session *session)
{
	TimestampTz now;
	Out		   *out;
	size_t		start;

	if (likely(session->filtered == 0) || session->options->wire == 0)
		return;
	now = GetCurrentTimestamp();
	if (!session->txn.framed && now - session->filtered_told < FILTERED_US)
		return;
	open_batch(session);
	out = &session->batch.out;
	start = frame_begin(out, WIRE_CONTROL);
	frame_u8(out, WIRE_CONTROL_FILTERED);
	frame_u64(out, InvalidXLogRecPtr);
	frame_u64(out, session->filtered);
	frame_end(out, start);
	session->filtered = 0;
	session->filtered_told = now;
}

void
txn_commit(Session *session, ReorderBufferTXN *txn, XLogRecPtr commit_lsn)
{
	session->known = 0;
	tell_filtered(session);
	if (!session->txn.begun)
	{
		/* Debezium knows of it, by what it drops itself. */
		if (session->txn.sent)
		{
			set_commit_time(session, COMPAT_COMMIT_TIME(txn) + USECS_EPOCH_SHIFT);
			session->last_commit = txn->end_lsn;
		}
		if (session->txn.framed)
		{
			/* nothing but signals; who gets the frames counts it, too */
			write_commit(session, txn, commit_lsn);
			batch_flush(&session->batch);
			session->last_commit = txn->end_lsn;
		}
		else
		{
			batch_flush(&session->batch);
			compat_update_progress(session->ctx, true);
		}
	}
	else
	{
		if (session->meta)
		{
			open_batch(session);
			session->txn.ordinal++; /* END comes after all changes */
			txnmeta_end(session, txn->end_lsn);
		}
		if (session->options->wire)
			write_commit(session, txn, commit_lsn);
		batch_flush(&session->batch);
		session->last_commit = txn->end_lsn;
	}
	session->txn.txn = NULL;
}

void
txn_prepare_control(Session *session)
{
	session->batch.open = false;
	open_batch(session);
}

void
txn_prepare_unit(Session *session, XLogRecPtr end_lsn, uint32 n)
{
	Out		   *out;
	size_t		start;

	txn_prepare_control(session);
	session->txn.ordinal = 1;
	if (session->options->position_headers)
		set_position(session, session->ctx->reader->ReadRecPtr);
	set_slot_null(session, SLOT_XID);
	set_slot_null(session, SLOT_ORIGIN);
	set_slot_null(session, SLOT_ORIGIN_LSN);
	if (session->options->xmin_interval > 0)
		set_xmin(session);
	if (session->last_commit_us == 0)
		set_commit_time(session, GetCurrentTimestamp() + USECS_EPOCH_SHIFT);
	else
		set_commit_time(session, session->last_commit_us);
	if (!session->options->wire)
		return;

	out = &session->batch.out;
	start = frame_begin(out, WIRE_CONTROL);
	frame_u8(out, WIRE_CONTROL_MESSAGE);
	frame_u64(out, end_lsn);
	session->unit_count = out_offset(out);
	frame_u32(out, n);
	frame_end(out, start);
}
