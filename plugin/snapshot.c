/*
 * snapshot.c
 *	  Reads a table, or a range of its blocks, as finished events.
 *
 * What writes events writes to a LogicalDecodingContext; here that is one of
 * our own, whose output is the next chunk, and whose transaction is a made up
 * one for each chunk.  Two buffers take turns, since a chunk is still being
 * looked at when the next one begins.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/relscan.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "executor/tuptable.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "chunk.h"
#include "compat.h"
#include "fork.h"
#include "guard.h"
#include "identity.h"
#include "record.h"
#include "sendbuffer.h"
#include "settings.h"
#include "snapshot.h"
#include "snapshotcheck.h"
#include "snapshotprogress.h"
#include "snapshotquery.h"
#include "txn.h"
#include "typerule.h"

/* No page has more rows; so many places of an ordinal are a block's. */
#define ROWS_PER_BLOCK	2048

struct SnapshotReader
{
	Session    *session;
	Relation	relation;
	RelPlan    *plan;
	Snapshot	snapshot;
	TableScanDesc scan;			/* either that, */
	SnapshotQuery *query;		/* or this */
	TupleTableSlot *slots[2];
	int			present;		/* of slots: the row at hand; the other one
								 * comes next */
	bool		has_row;		/* there is one at hand */
	bool		first;			/* it is the first of all */
	SlotText	mark;			/* source.snapshot of rows in between, */
	SlotText	first_mark;		/* and of those at the ends */
	SlotText	last_mark;
	uint64		ordinal;		/* of the row at hand */
	BlockNumber first_block;	/* of those that are read, */
	BlockNumber end_block;		/* up to before this one */
	const ItemPointerData *rows;	/* to be read; NULL: the scan's */
	int			nrows;
	bool		outdated;		/* rows may be that the stream has had */
	int			guc_level;		/* of our settings, while we read */

	ReorderBufferTXN txn;		/* of each chunk */
	StringInfoData buffers[2];
	StringInfo	chunk;			/* that is complete; NULL: none yet */
};

/* ---- where events are written to ------------------------------------------- */

static void
prepare_chunk(LogicalDecodingContext *ctx, XLogRecPtr lsn, TransactionId xid, bool last)
{
	resetStringInfo(ctx->out);
	appendStringInfoSpaces(ctx->out, VARHDRSZ);
}

static void
append_commit(SnapshotReader *reader, StringInfo chunk)
{
	Out			out;
	size_t		start;

	out_open(&out, chunk);
	start = frame_begin(&out, WIRE_COMMIT);
	frame_u64(&out, reader->txn.final_lsn);
	frame_u64(&out, reader->txn.end_lsn);
	frame_u64(&out, reader->session->txn.events);
	frame_end(&out, start);
	out_close(&out);
}

/* The server's part of OutputPluginWrite(): the chunk is complete. */
static void
take_chunk(LogicalDecodingContext *ctx, XLogRecPtr lsn, TransactionId xid, bool last)
{
	SnapshotReader *reader = ctx->output_writer_private;
	StringInfo	chunk = ctx->out;

	if (reader->session->options->wire)
		append_commit(reader, chunk);
	SET_VARSIZE(chunk->data, chunk->len);
	reader->chunk = chunk;
	ctx->out = chunk == &reader->buffers[0] ? &reader->buffers[1] : &reader->buffers[0];
}

static LogicalDecodingContext *
make_context(SnapshotReader *reader)
{
	LogicalDecodingContext *ctx = palloc0(sizeof(LogicalDecodingContext));

	for (int i = 0; i < lengthof(reader->buffers); i++)
		initStringInfo(&reader->buffers[i]);
	ctx->context = CurrentMemoryContext;
	ctx->out = &reader->buffers[0];
	ctx->prepare_write = prepare_chunk;
	ctx->write = take_chunk;
	ctx->output_writer_private = reader;
	ctx->accept_writes = true;
	return ctx;
}

/* ---- what is read ------------------------------------------------------------ */

static void
begin_scan(SnapshotReader *reader, const SnapshotRequest *request)
{
	Relation	relation = reader->relation;
	bool		whole = request->first == 0 && request->end == InvalidBlockNumber;
	BlockNumber nblocks = RelationGetNumberOfBlocks(relation);

	if (!whole && relation->rd_tableam != GetHeapamTableAmRoutine())
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("could not read a range of blocks of relation \"%s\"", RelationGetRelationName(relation)),
				 errdetail("Its table access method is not heap."),
				 errhint("Read it as a whole.")));
	reader->snapshot = RegisterSnapshot(GetActiveSnapshot());
	if (reader->query != NULL)
	{
		for (int i = 0; i < lengthof(reader->slots); i++)
			reader->slots[i] = snapshot_query_slot(relation);
		return;
	}
	for (int i = 0; i < lengthof(reader->slots); i++)
		reader->slots[i] = table_slot_create(relation, NULL);
	if (request->rows != NULL)
		return;
	reader->scan = table_beginscan_strat(relation, reader->snapshot, 0, NULL, true, false);
	reader->first_block = request->first;
	reader->end_block = Min(request->end, nblocks);
	if (whole)
		return;

	/* past the end a scan would go on at the beginning */
	if (request->first < nblocks)
		heap_setscanlimits(reader->scan, request->first, reader->end_block - request->first);
	else
		heap_setscanlimits(reader->scan, 0, 0);
}

/* As the stream takes inserts; a table of which only deletes are published, too. */
static bool
passes_filter(const SnapshotReader *reader, TupleTableSlot *slot)
{
	HeapTuple	tuple = ExecFetchSlotHeapTuple(slot, false, NULL);
	const bool *published = reader->plan->published;
	ChangeKind	kind = published[CHANGE_INSERT] ? CHANGE_INSERT :
	published[CHANGE_UPDATE] ? CHANGE_UPDATE : CHANGE_DELETE;

	return row_filter_apply(reader->plan->filter, reader->relation, kind,
							kind == CHANGE_DELETE ? tuple : NULL, &tuple) == FILTER_KEEP;
}

/* The settings make way for the caller's while its query runs. */
static bool
next_of_query(SnapshotReader *reader, TupleTableSlot *slot)
{
	if (snapshot_query_is_empty(reader->query))
	{
		AtEOXact_GUC(true, reader->guc_level);
		snapshot_query_fetch(reader->query);
		reader->guc_level = settings_apply();
	}
	return snapshot_query_next(reader->query, slot);
}

/* The next row of the query, the scan or the list. */
static bool
next_slot(SnapshotReader *reader, TupleTableSlot *slot)
{
	if (reader->query != NULL)
		return next_of_query(reader, slot);
	if (reader->rows == NULL)
		return table_scan_getnextslot(reader->scan, ForwardScanDirection, slot);
	while (reader->nrows > 0)
	{
		ItemPointerData tid = *reader->rows++;

		reader->nrows--;
		if (table_tuple_fetch_row_version(reader->relation, &tid, reader->snapshot, slot) &&
			!(reader->outdated && chunk_is_outdated(slot)))
			return true;
	}
	return false;
}

/*
 * Reads the row after the one at hand into slot; false: there is none.  The
 * scan's tuple is gone with the next one, but the slot's pin keeps its values.
 */
static bool
fetch(SnapshotReader *reader, TupleTableSlot *slot)
{
	while (next_slot(reader, slot))
	{
		CHECK_FOR_INTERRUPTS();
		if (reader->plan->filter != NULL && !passes_filter(reader, slot))
			continue;
		slot_getallattrs(slot);
		return true;
	}
	return false;
}

/* ---- what becomes of a row ----------------------------------------------------- */

static void
write_row(void *arg)
{
	SnapshotReader *reader = arg;
	Session    *session = reader->session;
	TupleTableSlot *slot = reader->slots[reader->present];
	Row			row = {
		.values[SIDE_NEW] = slot->tts_values,
		.states[SIDE_NEW] = (const uint8 *) slot->tts_isnull,
		.slots = session->slots,
	};

	const Record *record = record_for(&reader->plan->records[RECORD_READ], &row);

	if (record->dropped)
		return;
	txn_prepare_event(session, NULL);
	if (session->incremental)
		identity_put(&session->batch.out, reader->plan, reader->relation, &row, SIDE_NEW);
	record_write(session, record, &row);
}

static void
set_mark(SnapshotReader *reader, bool last)
{
	reader->session->slots[SLOT_SNAPSHOT] = last ? reader->last_mark :
		reader->first ? reader->first_mark : reader->mark;
}

/* Writes the row at hand, of which tid says where it is. */
static void
put_row(SnapshotReader *reader)
{
	Session    *session = reader->session;
	TupleTableSlot *slot = reader->slots[reader->present];
	GuardSubject subject = {
		.session = session,
		.relation = reader->relation,
		.topic = reader->plan->stream.topic,
		.lsn = reader->txn.final_lsn,
		.tid = &slot->tts_tid,
	};
	ErrorContextCallback context = {
		.previous = error_context_stack,.callback = guard_context,.arg = &subject
	};

	error_context_stack = &context;
	if (!session->batch.open)
		txn_start(session, &reader->txn);
	session->txn.ordinal = ++reader->ordinal;
	if (likely(session->options->failure == FAILURE_FAIL))
		write_row(reader);
	else
		guard_run(&subject, reader->plan->foreign, write_row, reader);
	error_context_stack = context.previous;
}

/* Writes the row at hand, now that it is known whether another one follows. */
static void
next_row(SnapshotReader *reader)
{
	Session    *session = reader->session;
	MemoryContext old = MemoryContextSwitchTo(session->change_context);
	bool		more = fetch(reader, reader->slots[1 - reader->present]);

	set_mark(reader, !more);
	put_row(reader);
	reader->first = false;
	reader->has_row = more;
	reader->present = 1 - reader->present;
	MemoryContextSwitchTo(old);
	MemoryContextReset(session->change_context);
}

/* Tells how far it is; the last row may be blocks before the end. */
static void
report(const SnapshotReader *reader)
{
	const TupleTableSlot *slot = reader->slots[reader->present];
	uint64		rows = reader->ordinal - (uint64) reader->first_block * ROWS_PER_BLOCK;
	BlockNumber block = reader->has_row ? ItemPointerGetBlockNumberNoCheck(&slot->tts_tid) : reader->end_block;

	snapshot_progress_at(reader->first_block, Max(block, reader->first_block), rows);
}

/* ---- the reader ------------------------------------------------------------------ */

static SlotText
quoted_mark(const char *text)
{
	char	   *json = typetext_quoted(text, strlen(text));

	return (SlotText)
	{
		json, strlen(json)
	};
}

static XLogRecPtr
present_lsn(void)
{
	return RecoveryInProgress() ? GetXLogReplayRecPtr(NULL) : GetXLogWriteRecPtr();
}

/* What all events say of when and where they were read. */
static void
describe(SnapshotReader *reader, const SnapshotRequest *request)
{
	XLogRecPtr	lsn = XLogRecPtrIsInvalid(request->lsn) ? present_lsn() : request->lsn;

	reader->txn.xid = GetTopTransactionIdIfAny();
	reader->txn.final_lsn = reader->txn.end_lsn = lsn;
	COMPAT_COMMIT_TIME(&reader->txn) = GetCurrentTransactionStartTimestamp();
	reader->first = true;
	reader->mark = quoted_mark(request->rows ? request->first_mark : "true");
	reader->first_mark = quoted_mark(request->first_mark);
	reader->last_mark = quoted_mark(request->last_mark);
	reader->ordinal = (uint64) request->first * ROWS_PER_BLOCK;
	txn_read(reader->session, lsn, request->rows ? InvalidFullTransactionId : GetTopFullTransactionIdIfAny());
	if (request->rows)
		txn_set_last_commit(reader->session, lsn);
	else
		txn_resume(reader->session);
}

SnapshotReader *
snapshot_begin(const SnapshotRequest *request)
{
	SnapshotReader *reader = palloc0(sizeof(SnapshotReader));

	reader->relation = table_open(request->relid, AccessShareLock);
	snapshot_check_table(reader->relation);

	/* somebody else's SQL means what it means to them */
	if (request->query != NULL)
		reader->query = snapshot_query_begin(reader->relation, request->query);
	reader->guc_level = settings_apply();
	reader->session = session_create(make_context(reader), request->options, false);
	if (request->rows != NULL && reader->session->options->wire == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a chunk is made of frames, which option \"wire\" asks for"),
				 errhint("walpost.snapshot() shows a table's rows as lines of JSON.")));
	reader->session->reads = true;
	reader->session->incremental = request->rows != NULL;
	reader->session->next_stream = request->stream;
	if (reader->session->options->wire && request->rows == NULL)
		sendbuffer_make_room();
	reader->plan = relplan_build(reader->session, CurrentMemoryContext, reader->relation,
								 request->stream, InvalidXLogRecPtr);
	snapshot_check_plan(reader->relation, reader->plan);
	describe(reader, request);
	reader->rows = request->rows;
	reader->nrows = request->nrows;
	reader->outdated = reader->plan->published[CHANGE_UPDATE] && !reader->plan->skipped[CHANGE_UPDATE];
	begin_scan(reader, request);
	reader->has_row = !reader->plan->records[RECORD_READ].dropped &&
		fetch(reader, reader->slots[reader->present]);
	if (request->rows == NULL)
		snapshot_progress_begin(request->relid, reader->first_block, reader->end_block);
	AtEOXact_GUC(true, reader->guc_level);
	return reader;
}

struct varlena *
snapshot_next(SnapshotReader *reader)
{
	if (!reader->has_row)
		return NULL;
	reader->guc_level = settings_apply();
	reader->chunk = NULL;
	while (reader->chunk == NULL && reader->has_row)
		next_row(reader);
	if (reader->chunk == NULL)
		batch_flush(&reader->session->batch);
	if (reader->scan != NULL)
		report(reader);
	AtEOXact_GUC(true, reader->guc_level);
	return reader->chunk ? (struct varlena *) reader->chunk->data : NULL;
}

void
snapshot_end(SnapshotReader *reader)
{
	for (int i = 0; i < lengthof(reader->slots); i++)
		ExecDropSingleTupleTableSlot(reader->slots[i]);
	if (reader->query != NULL)
		snapshot_query_end(reader->query);
	if (reader->scan != NULL)
		table_endscan(reader->scan);
	UnregisterSnapshot(reader->snapshot);
	relplan_free(reader->plan);
	table_close(reader->relation, AccessShareLock);
}
