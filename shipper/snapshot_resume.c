/*
 * snapshot_resume.c
 *	  A snapshot that goes on after it was interrupted
 *	  (walpost.snapshot.resumable).
 *
 * Why rows and stream together are the database.  Its slot is permanent from the
 * first point L0 on, and what Kafka gets is
 *
 *		rows at L0, changes of [L0, L1), rows at L1, changes of [L1, L2), ...
 *
 * where each start i reads only those ranges of blocks that were not finished, at
 * its own point Li, once Kafka has all changes that committed before Li; and later
 * changes come when all ranges are finished.  So no row is ever older than a change
 * before it.  And none is missing: take a row version that the database has at Ln.
 * Versions never move within a file.  If the transaction that wrote it committed
 * before the point at which its block was finished, it was read there; if later,
 * the stream has its change.  Likewise a row in Kafka that the database has no
 * longer was deleted (or updated) after the point at which it was read, and the
 * stream has that.  A table that was rewritten or truncated has another file, of
 * which no block is finished; one that was dropped is not read.
 *
 * A row of an unfinished range that changed in between comes twice: as a change, and
 * then with op "r", the same or newer.  By its key that makes no difference.  With
 * exactly-once it is avoided for tables of which Kafka has nothing: their changes
 * of [.., Li) are left out, being in the rows.  Tables without a key are one range
 * each then, so that theirs never come twice.
 *
 * Two records in the offset topic say how far that is.  The position record names
 * the snapshot as one that is not complete, which no stream goes past, and the end
 * of the changes that Kafka has; it is there before the slot is, and before the
 * first row.  The record beside it has the finished ranges (snapshot_done.h):
 * written when Kafka has their rows, or in their Kafka transaction.  Its identifier
 * ties the two together.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "counters.h"
#include "log.h"
#include "mem.h"
#include "offsets.h"
#include "pump.h"
#include "runid.h"
#include "snapshot_private.h"

#define LOG_MODULE "snapshot"

/* ---- beginning ---- */

bool
snapshot_resume_recall(const Conf *conf, const char *id, const volatile bool *stop,
					   SnapshotDone *done, Err *err)
{
	char	   *key = snapshot_record_key(conf, SNAPSHOT_RANGES);
	char	   *value = NULL;
	bool		read = snapshot_read_record(conf, key, stop, &value, err);
	Err			why;

	if (read && (value == NULL || !snapshot_done_parse(value, done, &why) || strcmp(done->id, id) != 0))
	{
		log_warn("the record %s does not say what Kafka has of the snapshot: reading all tables again", key);
		snapshot_done_clear(done);
		done->loose = true;
		snprintf(done->id, sizeof(done->id), "%s", id);
	}
	free(value);
	free(key);
	return read;
}

bool
snapshot_resume_init(Snapshot *snapshot, SnapshotDecision *decision)
{
	SnapshotResume *resume = &snapshot->resume;

	resume->resumed = decision->resume;
	resume->on = resume->resumed ||
		(snapshot->mode.stream && conf_get_bool(snapshot->conf, "walpost.snapshot.resumable"));
	if (!resume->on)
		return true;
	resume->done = decision->done;
	decision->done = (SnapshotDone)
	{
		.n = 0
	};
	snapshot->server.done = &resume->done;
	snapshot->last_commit = decision->last_commit;
	if (!producer_exactly_once(snapshot->conf))
		resume->done.loose = true;
	return resume->resumed || runid_make(resume->done.id, &snapshot->err);
}

void
snapshot_resume_free(SnapshotResume *resume)
{
	snapshot_done_clear(&resume->done);
	free(resume->pieces);
}

/* ---- the changes up to the new point ---- */

/* The record of what is finished, while nothing else is under way to Kafka. */
static bool
put_ranges(Snapshot *snapshot)
{
	char	   *key = snapshot_record_key(snapshot->conf, SNAPSHOT_RANGES);
	char	   *value = snapshot_done_print(&snapshot->resume.done);
	bool		known = offsets_put(snapshot->conf, key, value, &snapshot->err);

	free(value);
	free(key);
	return known;
}

/*
 * Tables that are not captured by this start lack the changes that it publishes of
 * others: whoever captures them again has to read them again.  Kafka has to know
 * before the position moves.
 */
static bool
forget_others(Snapshot *snapshot)
{
	SnapshotDone *done = &snapshot->resume.done;
	bool		changed = false;

	for (int i = 0; i < done->n; i++)
		if (!done->tables[i].planned && done->tables[i].n > 0)
		{
			snapshot_done_forget(&done->tables[i], done->tables[i].file);
			changed = true;
		}
	return !changed || put_ranges(snapshot);
}

static int
by_number(const void *a, const void *b)
{
	uint32_t	left = *(const uint32_t *) a;
	uint32_t	right = *(const uint32_t *) b;

	return left < right ? -1 : left > right;
}

/*
 * The OIDs that the changes of tables have of which Kafka has nothing; partitions
 * may share one.  The caller frees them.
 */
static uint32_t *
unread_tables(const Snapshot *snapshot, int *n)
{
	const SnapshotPlan *plan = &snapshot->server.plan;
	const SnapshotDone *done = &snapshot->resume.done;
	size_t		size = (size_t) (plan->ntables + 1) * sizeof(uint32_t);
	uint32_t   *unread = mem_zero(size);
	uint32_t   *read = mem_zero(size);
	int			nread = 0;

	*n = 0;
	for (int i = 0; i < plan->ntables; i++)
		if (done->loose || snapshot_done_find(done, plan->tables[i].oid) != NULL)
			read[nread++] = plan->tables[i].shown;
	qsort(read, (size_t) nread, sizeof(uint32_t), by_number);
	for (int i = 0; i < plan->ntables; i++)
	{
		uint32_t	oid = plan->tables[i].shown;

		if (bsearch(&oid, read, (size_t) nread, sizeof(uint32_t), by_number) == NULL)
			unread[(*n)++] = oid;
	}
	free(read);
	return unread;
}

/*
 * What was finished is of no use where changes are missing since, or where this
 * is another server.  Kafka has to know before the position moves past them.
 */
static bool
read_all_again(Snapshot *snapshot, int readers)
{
	SnapshotResume *resume = &snapshot->resume;
	SnapshotServer *server = &snapshot->server;

	log_warn("the stream does not go on where Kafka's position record ends: all tables are read again");
	for (int i = 0; i < resume->done.n; i++)
		snapshot_done_forget(&resume->done.tables[i], resume->done.tables[i].file);
	resume->done.loose = true;
	return snapshot_plan_rest(server->keeper, readers, server->options, server->lsn, &resume->done,
							  &server->plan, &snapshot->err) && put_ranges(snapshot);
}

/* Runs the engine up to the goal.  False and snapshot->err. */
static bool
stream_to(Snapshot *snapshot, PumpGoal *goal, SnapshotNeed *need)
{
	PumpOptions options = {
		.conf = snapshot->conf,
		.slot = conf_get(snapshot->conf, "slot.name"),
		.publication = conf_get(snapshot->conf, "publication.name"),
		.snapshot_taken = true,
		.snapshot = snapshot->mode,
		.need = snapshot->mode.again ? need : NULL,
		.goal = goal,
		.stop = snapshot->stop,
	};
	bool		ended = pump_run(&options, &snapshot->err);
	bool		again = !ended && (need->suspected || goal->broken);

	counter_set(COUNTER_PHASE, PHASE_SNAPSHOT);
	/* nobody else has seen the signal */
	if ((ended || again) && goal->stopped)
		return err_set(&snapshot->err, ERR_NONE, "stopped");
	if (ended && !goal->reached)
		return err_set(&snapshot->err, ERR_RETRY, "Kafka did not take the last changes before the rows in time");
	return ended || again;
}

bool
snapshot_resume_catch_up(Snapshot *snapshot, int readers)
{
	SnapshotResume *resume = &snapshot->resume;
	SnapshotPlan *plan = &snapshot->server.plan;
	SnapshotNeed need = {.suspected = false};
	PumpGoal	goal = {.lsn = snapshot->server.lsn,.snapshot = resume->done.id};
	uint32_t   *unread = unread_tables(snapshot, &goal.nwithout);
	bool		caught_up;

	goal.without = unread;
	log_info("first the changes that committed before the rows at " LSN_FMT, LSN_ARGS(goal.lsn));
	caught_up = forget_others(snapshot) && stream_to(snapshot, &goal, &need);
	if (caught_up && (need.suspected || goal.broken))
		caught_up = read_all_again(snapshot, readers);
	if (caught_up && goal.broken)
	{
		goal.broken = false;
		goal.gap_known = true;
		caught_up = stream_to(snapshot, &goal, &need);
	}
	free(unread);
	if (!caught_up)
		return false;
	if (goal.end_lsn > snapshot->end_lsn)
		snapshot->end_lsn = goal.end_lsn;
	snapshot->last_commit = goal.last_commit;
	log_info("the snapshot goes on with %d of %d ranges", plan->ntasks, plan->nranges);
	return true;
}

/* ---- what is noted ---- */

bool
snapshot_resume_begin(Snapshot *snapshot)
{
	SnapshotResume *resume = &snapshot->resume;

	if (!resume->noting)
	{
		snapshot_record_set(snapshot, SNAPSHOT_RANGES, snapshot_done_print(&resume->done));
		snapshot_record_set(snapshot, SNAPSHOT_POSITION, snapshot_position_text(snapshot, false));
		resume->noting = true;
	}
	if (!snapshot_record_store(snapshot, SNAPSHOT_RANGES) || !snapshot_record_store(snapshot, SNAPSHOT_POSITION))
		return false;
	if (snapshot->txn.phase != SNAPSHOT_TXN_NONE && !resume->closing)
	{
		snapshot_txn_close(&snapshot->txn);
		resume->closing = true;
		return false;
	}
	if (resume->closing && snapshot->txn.phase != SNAPSHOT_TXN_OPEN)
		return false;
	snapshot_record_clear(snapshot, SNAPSHOT_RANGES);
	snapshot_record_clear(snapshot, SNAPSHOT_POSITION);
	resume->noting = resume->closing = false;
	resume->noted = true;
	resume->noted_us = loop_now_us();
	return true;
}

void
snapshot_resume_read(Snapshot *snapshot, const SnapshotTask *task, uint64_t rows)
{
	SnapshotResume *resume = &snapshot->resume;

	resume->pieces = mem_resize(resume->pieces, (size_t) (resume->npieces + 1) * sizeof(SnapshotPiece));
	resume->pieces[resume->npieces++] = (SnapshotPiece)
	{
		.task = task,.rows = rows,.units = snapshot->delivery.intake.ledger.tail
	};
}

/* Pieces of which Kafka has that many units are done; true if there was one. */
static bool
finish_pieces(SnapshotResume *resume, uint64_t units)
{
	int			kept = 0;
	int			n = resume->npieces;

	for (int i = 0; i < n; i++)
	{
		SnapshotPiece *piece = &resume->pieces[i];
		const SnapshotTask *task = piece->task;

		if (piece->units <= units)
			snapshot_done_add(&resume->done, task->table->oid, task->table->file, task->first,
							  task->end < 0 ? DONE_NO_END : task->end, piece->rows);
		else
			resume->pieces[kept++] = *piece;
	}
	resume->npieces = kept;
	return kept < n;
}

static void
begin_note(Snapshot *snapshot)
{
	snapshot_record_set(snapshot, SNAPSHOT_RANGES, snapshot_done_print(&snapshot->resume.done));
	snapshot->resume.noting = true;
}

/* True when Kafka has what was noted. */
static bool
end_note(Snapshot *snapshot)
{
	if (!snapshot_record_store(snapshot, SNAPSHOT_RANGES))
		return false;
	snapshot_record_clear(snapshot, SNAPSHOT_RANGES);
	snapshot->resume.noting = false;
	snapshot->resume.noted_us = loop_now_us();
	return true;
}

static int64_t
interval_us(const Snapshot *snapshot)
{
	return conf_get_int(snapshot->conf, "offset.flush.interval.ms") * 1000;
}

static bool
is_reading(const Snapshot *snapshot)
{
	for (int i = 0; i < snapshot->nworkers; i++)
		if (snapshot->workers[i].task != NULL)
			return true;
	return false;
}

/* Rows of unfinished ranges are in the transaction that ends. */
static void
loosen_tables(Snapshot *snapshot)
{
	for (int i = 0; i < snapshot->nworkers; i++)
	{
		const SnapshotTask *task = snapshot->workers[i].task;

		if (task == NULL)
			continue;
		log_warn("table %s: a range of blocks takes longer than half of walpost.snapshot.transaction.timeout.ms: committing what Kafka has of it; these rows would come again if it were interrupted now",
				 task->table->name);
		snapshot_done_loosen(&snapshot->resume.done, task->table->oid, task->table->file);
	}
}

/*
 * With Kafka transactions: one ends when no reader is within a range, which is
 * brought about by beginning none.
 */
static void
turn_txn(Snapshot *snapshot)
{
	SnapshotResume *resume = &snapshot->resume;
	bool		reading = is_reading(snapshot);
	bool		over = !reading && snapshot->next_task == snapshot->server.plan.ntasks;

	if (snapshot->txn.phase != SNAPSHOT_TXN_OPEN)
		return;
	if (!resume->noting)
	{
		if (resume->npieces > 0 && (over || snapshot_txn_is_old(&snapshot->txn, interval_us(snapshot))))
			resume->pausing = true;
		if (!(resume->pausing && !reading) && !(reading && snapshot_txn_is_old(&snapshot->txn, INT64_MAX)))
			return;
		resume->pausing = true;
		loosen_tables(snapshot);
		finish_pieces(resume, UINT64_MAX);
		begin_note(snapshot);
	}
	if (!end_note(snapshot))
		return;
	resume->pausing = false;
	snapshot->loop.again = true;
	snapshot_txn_close(&snapshot->txn);
}

void
snapshot_resume_turn(Snapshot *snapshot)
{
	SnapshotResume *resume = &snapshot->resume;

	if (snapshot->txn.phase != SNAPSHOT_TXN_NONE)
		turn_txn(snapshot);
	else if (resume->noting)
		end_note(snapshot);
	else if (loop_now_us() >= resume->noted_us + interval_us(snapshot) &&
			 finish_pieces(resume, snapshot->delivery.intake.ledger.head))
		begin_note(snapshot);
}

bool
snapshot_resume_stop(Snapshot *snapshot)
{
	SnapshotResume *resume = &snapshot->resume;

	if (!resume->noted || snapshot->txn.phase != SNAPSHOT_TXN_NONE)
		return true;
	if (resume->noting)
		return end_note(snapshot) && snapshot_resume_stop(snapshot);
	if (!finish_pieces(resume, snapshot->delivery.intake.ledger.head))
		return true;
	begin_note(snapshot);
	return false;
}

bool
snapshot_resume_settled(const Snapshot *snapshot)
{
	const SnapshotResume *resume = &snapshot->resume;

	if (resume->noting)
		return false;
	return snapshot->txn.phase == SNAPSHOT_TXN_NONE ||
		(resume->npieces == 0 && snapshot->txn.phase == SNAPSHOT_TXN_OPEN);
}
