/*
 * snapshot.c
 *	  The initial snapshot: readers, Kafka, and one loop between them.
 *
 * Each value that a reader gets is a transaction in frames and goes the way of
 * the stream's: intake, producer, ledger.  All of them have the LSN of the
 * snapshot.  What was read and is not acknowledged is bounded as in the stream.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "counters.h"
#include "log.h"
#include "mem.h"
#include "offsets.h"
#include "snapshot_private.h"

#define LOG_MODULE "snapshot"

/* A stop is looked for, and lost connections, so often. */
#define TICK_US				200000

/* Readers at most where the number is ours to choose. */
#define READERS_AUTO		4

/* What a reader's connection takes, about: libpq's buffers, and frames on their way in. */
#define READER_BYTES		(2 * 1024 * 1024)

/* A snapshot that fails waits so long for Kafka to know. */
#define ABORTED_US			1000000

/* ---- the readers ---- */

static bool
memory_free(void *arg)
{
	return delivery_has_room(&((Snapshot *) arg)->delivery);
}

static bool
begin_task(Snapshot *snapshot, SnapshotWorker *worker)
{
	const SnapshotTask *task = &snapshot->server.plan.tasks[snapshot->next_task++];
	char	   *call = snapshot_task_query(task, snapshot->server.options, snapshot->server.lsn);
	char	   *query = mem_print("COPY (SELECT %s) TO STDOUT (FORMAT binary)", call);
	bool		done = worker_begin(worker, task, query, &snapshot->err);

	log_debug("reading table %s from block %lld on", task->table->name, (long long) task->first);
	if (task->number == 0)
		snapshot_notify_table(snapshot->delivery.notifications, NOTICE_IN_PROGRESS,
							  &snapshot->server.plan, task->table, 0);
	snapshot_notify_task(snapshot->delivery.notifications, NOTICE_CHUNK_IN_PROGRESS, &snapshot->server.plan, task,
						 snapshot->progress.tables[task->table - snapshot->server.plan.tables].rows);
	free(query);
	free(call);
	return done;
}

/*
 * May the next task begin?  None while the first row of all is still to come, and
 * the one with the last row when no other one is being read: so that these rows
 * are what their marks say.
 */
static bool
may_begin(const Snapshot *snapshot)
{
	const SnapshotPlan *plan = &snapshot->server.plan;
	int			next = snapshot->next_task;
	bool		reading = false;

	if (next >= plan->ntasks || snapshot->resume.pausing)
		return false;
	for (int i = 0; i < snapshot->nworkers; i++)
		reading |= snapshot->workers[i].task != NULL;
	return !reading || (next != plan->last && snapshot->delivery.intake.counts.events > 0);
}

/* Reads what a worker has, and counts it as its table's. */
static WorkerResult
read_counted(Snapshot *snapshot, SnapshotWorker *worker)
{
	const SnapshotTask *task = worker->task;
	const IntakeCounts *counts = &snapshot->delivery.intake.counts;
	uint64_t	rows = counts->events;
	uint64_t	bytes = counts->bytes;
	WorkerResult result = worker_read(worker, &snapshot->delivery.intake, memory_free, snapshot, &snapshot->err);
	int			table;

	if (task == NULL)
		return result;
	table = (int) (task->table - snapshot->server.plan.tables);
	progress_advance(&snapshot->progress, table, counts->events - rows, counts->bytes - bytes);
	worker->rows += counts->events - rows;
	if (result == WORKER_IDLE)
	{
		if (snapshot->resume.on)
			snapshot_resume_read(snapshot, task, worker->rows);
		progress_piece(&snapshot->progress, table);
		snapshot_notify_task(snapshot->delivery.notifications, NOTICE_CHUNK_COMPLETED, &snapshot->server.plan, task,
							 snapshot->progress.tables[table].rows);
		if (snapshot->progress.tables[table].pieces == 0)
			snapshot_notify_table(snapshot->delivery.notifications, NOTICE_TABLE_SCAN_COMPLETED,
								  &snapshot->server.plan, task->table, snapshot->progress.tables[table].rows);
	}
	return result;
}

/* False and err, or *busy is set when this reader has something to do. */
static bool
serve_worker(Snapshot *snapshot, SnapshotWorker *worker, bool *busy)
{
	if (worker->task == NULL && may_begin(snapshot) && !begin_task(snapshot, worker))
		return false;
	switch (read_counted(snapshot, worker))
	{
		case WORKER_FAILED:
			return false;
		case WORKER_IDLE:
			*busy |= snapshot->next_task < snapshot->server.plan.ntasks;
			snapshot->loop.again |= may_begin(snapshot);
			break;
		case WORKER_MORE:
			snapshot->loop.again = *busy = true;
			break;
		case WORKER_WAIT:
			*busy = true;
			break;
	}

	/*
	 * what cannot be taken is not read: the server waits; of one that is not
	 * watched at all no hang-up is reported again and again
	 */
	worker->fd.fd = worker->task != NULL && memory_free(snapshot) ? PQsocket(worker->conn) : -1;
	return true;
}

/* ---- what Kafka says ---- */

static void
on_recorded(void *arg, int tag)
{
	((Snapshot *) arg)->records[tag].stored = true;
}

static void
on_txn_done(void *arg)
{
	snapshot_txn_done(&((Snapshot *) arg)->txn);
}

static void
on_renewed(void *arg)
{
	snapshot_record_renewed(arg);
}

static const DeliveryEvents delivery_events = {
	.recorded = on_recorded,
	.txn_done = on_txn_done,
	.renewed = on_renewed,
};

/* A Kafka transaction cannot be mended: its rows have to be read again. */
static bool
serve_kafka(Snapshot *snapshot)
{
	Delivery   *delivery = &snapshot->delivery;

	if (!delivery_serve(delivery, &snapshot->err))
		return false;
	if (snapshot->txn.phase == SNAPSHOT_TXN_NONE)
		return delivery_mend(delivery, &snapshot->err);
	if (producer_is_broken(delivery->producer))
		return err_set(&snapshot->err, ERR_RETRY, "the Kafka transaction of the snapshot failed: %s",
					   producer_trouble(delivery->producer));
	snapshot_txn_turn(&snapshot->txn, !snapshot->resume.on || snapshot->phase != SNAPSHOT_READING);
	return true;
}

/* ---- one phase after the other ---- */

static bool
next_phase(Snapshot *snapshot, SnapshotPhase phase)
{
	snapshot->phase = phase;
	snapshot->ticked = snapshot->loop.again = true;
	return true;
}

static bool
step_noting(Snapshot *snapshot)
{
	return !snapshot_resume_begin(snapshot) ||
		next_phase(snapshot, snapshot->slot_exists ? SNAPSHOT_READING : SNAPSHOT_MAKING);
}

/* The permanent slot; *kept when it is there. */
static bool
keep_slot(Snapshot *snapshot, bool *kept)
{
	*kept = false;
	return !snapshot->ticked ||
		snapshot_server_keep(&snapshot->server, snapshot->conf, snapshot->slot_exists, kept, &snapshot->err);
}

static bool
step_making(Snapshot *snapshot)
{
	bool		kept;

	if (!keep_slot(snapshot, &kept))
		return false;
	return !kept || next_phase(snapshot, SNAPSHOT_READING);
}

static void
close_workers(Snapshot *snapshot)
{
	for (int i = 0; i < snapshot->nworkers; i++)
		worker_close(&snapshot->workers[i], &snapshot->loop);
	snapshot->nworkers = 0;
}

static void
tell_counts(const Snapshot *snapshot)
{
	const SnapshotPlan *plan = &snapshot->server.plan;

	for (int i = 0; i < plan->ntables; i++)
		snapshot->part->counted(snapshot->part->arg, plan->tables[i].oid, snapshot->progress.tables[i].rows);
}

/* All rows are in Kafka. */
static bool
end_reading(Snapshot *snapshot)
{
	const IntakeCounts *counts = &snapshot->delivery.intake.counts;
	double		seconds = (double) (loop_now_us() - snapshot->began_us) / 1e6;
	char		before[64] = "";
	bool		found;

	if (snapshot->resume.resumed)
		snprintf(before, sizeof(before), ", and %llu before it was interrupted",
				 (unsigned long long) snapshot->resume.done_rows);
	log_info("the snapshot at " LSN_FMT " is complete: %llu rows of %d tables in %.2f s%s",
			 LSN_ARGS(snapshot->server.lsn), (unsigned long long) counts->acknowledged,
			 snapshot->server.plan.ntables, seconds, before);
	snapshot_notify(snapshot->delivery.notifications, NOTICE_COMPLETED);
	close_workers(snapshot);
	if (!snapshot_server_release(&snapshot->server, &snapshot->err))
		return false;
	if (!snapshot->mode.stream)
		return next_phase(snapshot, SNAPSHOT_COMMITTING);

	/*
	 * one that can go on has made its slot before, and taken the record's
	 * place
	 */
	if (snapshot->resume.on)
		return next_phase(snapshot, snapshot->slot_exists ? SNAPSHOT_KEEPING : SNAPSHOT_RECORDING);
	next_phase(snapshot, SNAPSHOT_KEEPING);

	/*
	 * The slot is about to be where an old record is not; in a transaction
	 * the new one takes its place.
	 */
	return !snapshot->has_record || snapshot->txn.phase != SNAPSHOT_TXN_NONE ||
		offsets_forget(snapshot->conf, &found, &snapshot->err);
}

static bool
step_reading(Snapshot *snapshot)
{
	uint64_t	before = snapshot->resume.done_rows;
	bool		busy = false;

	for (int i = 0; i < snapshot->nworkers; i++)
		if (!serve_worker(snapshot, &snapshot->workers[i], &busy))
			return false;
	if (snapshot->ticked)
		progress_tick(&snapshot->progress, before + snapshot->delivery.intake.counts.acknowledged);
	if (snapshot->resume.on)
		snapshot_resume_turn(snapshot);
	if (busy || !ledger_empty(&snapshot->delivery.intake.ledger) ||
		(snapshot->resume.on && !snapshot_resume_settled(snapshot)))
		return true;
	snapshot->progress.acknowledged = before + snapshot->delivery.intake.counts.acknowledged;
	if (snapshot->part != NULL)
		tell_counts(snapshot);
	progress_end(&snapshot->progress, true);
	return end_reading(snapshot);
}

static bool
step_keeping(Snapshot *snapshot)
{
	bool		kept;

	if (!keep_slot(snapshot, &kept))
		return false;
	return !kept || next_phase(snapshot, SNAPSHOT_RECORDING);
}

/* The position record; then the one beside it says nothing any more. */
static bool
step_recording(Snapshot *snapshot)
{
	static const SnapshotDone nothing;

	if (snapshot->records[SNAPSHOT_POSITION].value == NULL)
		snapshot_record_set(snapshot, SNAPSHOT_POSITION, snapshot_position_text(snapshot, true));
	if (!snapshot_record_store(snapshot, SNAPSHOT_POSITION))
		return true;
	if (snapshot->resume.on && snapshot->records[SNAPSHOT_RANGES].value == NULL)
		snapshot_record_set(snapshot, SNAPSHOT_RANGES, snapshot_done_print(&nothing));
	return (snapshot->resume.on && !snapshot_record_store(snapshot, SNAPSHOT_RANGES)) ||
		next_phase(snapshot, SNAPSHOT_COMMITTING);
}

static bool
step_committing(Snapshot *snapshot)
{
	if (snapshot->txn.phase != SNAPSHOT_TXN_NONE)
		snapshot_txn_end(&snapshot->txn);
	if ((snapshot->txn.phase == SNAPSHOT_TXN_NONE || snapshot->txn.phase == SNAPSHOT_TXN_ENDED) &&
		!notifications_pending(snapshot->delivery.notifications))
		snapshot->phase = SNAPSHOT_DONE;
	return true;
}

/* Everything that a turn does. */
static bool
turn(Snapshot *snapshot)
{
	static bool (*const steps[]) (Snapshot *) = {
		[SNAPSHOT_NOTING] = step_noting,
		[SNAPSHOT_MAKING] = step_making,
		[SNAPSHOT_READING] = step_reading,
		[SNAPSHOT_KEEPING] = step_keeping,
		[SNAPSHOT_RECORDING] = step_recording,
		[SNAPSHOT_COMMITTING] = step_committing,
	};

	if (*snapshot->stop)
		return err_set(&snapshot->err, ERR_NONE, "stopped");
	if (!serve_kafka(snapshot) || !steps[snapshot->phase] (snapshot))
		return false;
	if (snapshot->ticked)
	{
		snapshot->ticked = false;
		loop_timer_set(&snapshot->tick_timer, TICK_US);
		if (!snapshot_server_check(&snapshot->server, &snapshot->err))
			return false;
	}
	delivery_push(&snapshot->delivery);
	return true;
}

/* ---- the whole ---- */

static void
on_tick(void *arg)
{
	((Snapshot *) arg)->ticked = true;
}

/* What a reader's connection takes is memory for events, too: a quarter of it at most. */
static void
leave_room_for_readers(Snapshot *snapshot)
{
	size_t		theirs = snapshot->nworkers > 1 ? (size_t) (snapshot->nworkers - 1) * READER_BYTES : 0;
	size_t		most = snapshot->delivery.bound / 4;

	snapshot->delivery.bound -= theirs < most ? theirs : most;
}

static bool
open_kafka(Snapshot *snapshot)
{
	Delivery   *delivery = &snapshot->delivery;

	if (!delivery_open(delivery, snapshot->conf, &snapshot->loop, &delivery_events, snapshot, &snapshot->err))
		return false;
	leave_room_for_readers(snapshot);
	if (producer_exactly_once(snapshot->conf) &&
		!snapshot_txn_begin(&snapshot->txn, snapshot->conf, delivery->producer, &snapshot->loop, &snapshot->err))
		return false;
	intake_resume(&delivery->intake, snapshot->server.lsn, NULL);
	snapshot->tick_timer = (LoopTimer)
	{
		.fire = on_tick,.arg = snapshot
	};
	loop_timer_add(&snapshot->loop, &snapshot->tick_timer);
	loop_timer_set(&snapshot->tick_timer, TICK_US);
	return true;
}

/* As many as there is work for; those that are open stay. */
static bool
open_workers(Snapshot *snapshot, int readers)
{
	if (readers > snapshot->server.plan.ntasks)
		readers = snapshot->server.plan.ntasks;
	while (snapshot->nworkers < readers)
	{
		PGconn	   *conn = snapshot_reader_connect(&snapshot->server, snapshot->conf, &snapshot->err);

		if (conn == NULL)
			return false;
		worker_init(&snapshot->workers[snapshot->nworkers++], conn, &snapshot->loop);
	}
	return true;
}

/* Each table, with its pieces and what Kafka has of it. */
static void
begin_progress(Snapshot *snapshot)
{
	const SnapshotPlan *plan = &snapshot->server.plan;

	progress_begin(&snapshot->progress, plan->ntables);
	for (int i = 0; i < plan->ntables; i++)
	{
		const DoneTable *done = snapshot_done_find(&snapshot->resume.done, plan->tables[i].oid);

		progress_table(&snapshot->progress, i, plan->tables[i].name, plan->tables[i].rows);
		if (done != NULL)
			progress_before(&snapshot->progress, i, done->rows);
	}
	snapshot->resume.done_rows = snapshot->progress.rows;
	for (int i = 0; i < plan->ntasks; i++)
		progress_add_piece(&snapshot->progress, (int) (plan->tasks[i].table - plan->tables));
}

/* snapshot.delay.ms, streaming.delay.ms; false when stopped. */
static bool
wait_before(Snapshot *snapshot, const char *property, const char *what)
{
	int64_t		ms = conf_get_int(snapshot->conf, property);

	if (ms > 0)
		log_info("waiting %lld ms before %s (%s)", (long long) ms, what, property);
	for (; ms > 0 && !*snapshot->stop; ms -= TICK_US / 1000)
		poll(NULL, 0, ms < TICK_US / 1000 ? (int) ms : TICK_US / 1000);
	return !*snapshot->stop || err_set(&snapshot->err, ERR_NONE, "stopped");
}

/* As many as there are processors, unless the order of the tables is asked for. */
static int
count_readers(const Conf *conf)
{
	int			readers = (int) conf_get_int(conf, "snapshot.max.threads");
	long		processors = sysconf(_SC_NPROCESSORS_ONLN);

	if (readers > 0)
		return readers;
	if (strcmp(conf_get(conf, "snapshot.tables.order.by.row.count"), "disabled") != 0)
		return 1;
	return processors < 1 ? 1 : processors > READERS_AUTO ? READERS_AUTO : (int) processors;
}

static bool
run(Snapshot *snapshot)
{
	const Conf *conf = snapshot->conf;
	const SnapshotPart *part = snapshot->part;
	int			readers = count_readers(conf);

	if (!snapshot_server_open(&snapshot->server, conf, part, readers, snapshot->stop, &snapshot->err))
		return false;
	log_info("taking a snapshot of %d tables at " LSN_FMT ", about %.0f rows",
			 snapshot->server.plan.ntables, LSN_ARGS(snapshot->server.lsn), snapshot->server.plan.rows);
	if (!open_workers(snapshot, readers) ||
		(part != NULL && !part->ready(part->arg, snapshot->server.lsn, &snapshot->err)))
		return false;
	snapshot->end_lsn = snapshot->server.lsn;
	if (snapshot->resume.resumed &&
		!(snapshot_resume_catch_up(snapshot, readers) && open_workers(snapshot, readers)))
		return false;
	if (!open_kafka(snapshot))
		return false;
	begin_progress(snapshot);
	snapshot_notify(snapshot->delivery.notifications, snapshot->resume.resumed ? NOTICE_RESUMED : NOTICE_STARTED);
	snapshot_notify_table(snapshot->delivery.notifications, NOTICE_RESOLVED, &snapshot->server.plan, NULL, 0);
	snapshot->began_us = loop_now_us();
	next_phase(snapshot, snapshot->resume.on ? SNAPSHOT_NOTING : SNAPSHOT_READING);
	while (turn(snapshot))
	{
		if (snapshot->phase == SNAPSHOT_DONE)
			return true;
		loop_once(&snapshot->loop);
	}
	return false;
}

static bool
is_told(Snapshot *snapshot)
{
	return snapshot_resume_stop(snapshot) && !notifications_pending(snapshot->delivery.notifications);
}

/*
 * Says that it was given up, or is to go on later.  Waits a moment for Kafka, if
 * that takes events at all: what a transaction holds is aborted with it.
 */
static void
notify_interrupted(Snapshot *snapshot)
{
	Delivery   *delivery = &snapshot->delivery;
	int64_t		until = loop_now_us() + ABORTED_US;
	bool		goes_on = snapshot->resume.noted;

	snapshot_notify(delivery->notifications, goes_on ? NOTICE_PAUSED : NOTICE_ABORTED);
	if (goes_on)
	{
		counter_set(COUNTER_SNAPSHOT_STATE, SNAPSHOT_PAUSED);
		log_info("the snapshot is interrupted; slot \"%s\" keeps WAL until the next start goes on with it (or \"walpost slot drop\" gives it up)",
				 conf_get(snapshot->conf, "slot.name"));
	}
	if (snapshot->txn.phase != SNAPSHOT_TXN_NONE)
		return;
	while (!is_told(snapshot) && !producer_is_broken(delivery->producer) && loop_now_us() < until)
	{
		delivery_push(delivery);
		loop_timer_set(&snapshot->tick_timer, TICK_US);
		loop_once(&snapshot->loop);
		if (!delivery_serve(delivery, NULL))
			return;
	}
}

/* librdkafka lets go of the buffers before they are freed. */
static void
close_all(Snapshot *snapshot)
{
	progress_end(&snapshot->progress, false);
	close_workers(snapshot);
	if (snapshot->began_us != 0 && snapshot->phase != SNAPSHOT_DONE)
		notify_interrupted(snapshot);
	if (snapshot->txn.phase != SNAPSHOT_TXN_NONE && snapshot->txn.phase != SNAPSHOT_TXN_ENDED)
		producer_txn_abort(snapshot->delivery.producer);
	delivery_close(&snapshot->delivery);
	for (int i = 0; i < SNAPSHOT_RECORDS; i++)
		snapshot_record_clear(snapshot, i);
	snapshot_resume_free(&snapshot->resume);
	snapshot_server_close(&snapshot->server);
}

bool
snapshot_take(const Conf *conf, bool slot_exists, const SnapshotNeed *need,
			  const volatile bool *stop, bool *taken, Err *err)
{
	Snapshot   *snapshot = mem_zero(sizeof(Snapshot));
	SnapshotDecision decision = {.due = false};
	bool		done;

	snapshot->conf = conf;
	snapshot->stop = stop;
	snapshot->mode = snapshot_mode(conf);
	snapshot->slot_exists = slot_exists;
	loop_init(&snapshot->loop);
	done = snapshot_server_claim(&snapshot->server, conf, slot_exists, &snapshot->err) &&
		(!snapshot->mode.stream || !producer_exactly_once(conf) ||
		 snapshot_txn_fence(conf, stop, &snapshot->err)) &&
		snapshot_decide(conf, slot_exists, need, stop, &decision, &snapshot->err);
	*taken = false;
	if (done && decision.due)
	{
		snapshot->has_record = decision.has_record;
		counter_set(COUNTER_PHASE, PHASE_SNAPSHOT);
		*taken = done = snapshot_resume_init(snapshot, &decision) &&
			wait_before(snapshot, "snapshot.delay.ms", "the snapshot") && run(snapshot);
	}
	close_all(snapshot);
	snapshot_done_clear(&decision.done);
	if (done && *taken && snapshot->mode.stream)
		done = wait_before(snapshot, "streaming.delay.ms", "streaming");
	if (!done)
		*err = snapshot->err;
	free(snapshot);
	return done;
}

/* Its mode has nothing: no slot is kept, and no position recorded. */
bool
snapshot_run_part(const Conf *conf, const SnapshotPart *part, const volatile bool *stop,
				  uint64_t *rows, Err *err)
{
	Snapshot   *snapshot = mem_zero(sizeof(Snapshot));
	bool		done;

	snapshot->conf = conf;
	snapshot->stop = stop;
	snapshot->part = part;
	loop_init(&snapshot->loop);
	done = snapshot_server_claim_part(&snapshot->server, conf, &snapshot->err) && run(snapshot);
	*rows = snapshot->delivery.intake.counts.acknowledged;
	close_all(snapshot);
	if (!done)
		*err = snapshot->err;
	free(snapshot);
	return done;
}
