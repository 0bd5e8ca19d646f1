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
#include <stdlib.h>
#include <string.h>

#include "counters.h"
#include "delivery.h"
#include "log.h"
#include "mem.h"
#include "offsets.h"
#include "progress.h"
#include "snapshot_private.h"

#define LOG_MODULE "snapshot"

/* A stop is looked for, and lost connections, so often. */
#define TICK_US				200000

typedef struct Snapshot
{
	const Conf *conf;
	const volatile bool *stop;
	Err			err;			/* why it fails */
	SnapshotServer server;
	SnapshotWorker workers[SNAPSHOT_THREADS_MAX];
	int			nworkers;
	int			next_task;

	Loop		loop;
	Delivery	delivery;
	LoopTimer	tick_timer;
	bool		ticked;
	int64_t		began_us;
	Progress	progress;
} Snapshot;

/* ---- deciding ---- */

bool
snapshot_wanted(const Conf *conf)
{
	return strcmp(conf_get(conf, "snapshot.mode"), "no_data") != 0;
}

bool
snapshot_is_all(const Conf *conf)
{
	return strcmp(conf_get(conf, "snapshot.mode"), "initial_only") == 0;
}

/* Reads the connector's position record; false and err. */
static bool
find_record(const Conf *conf, const char *key, const volatile bool *stop, bool *found, Err *err)
{
	Offsets    *offsets = offsets_open(conf, key, false, false, err);
	OffsetsEvent event = OFFSETS_WAIT;

	if (offsets == NULL)
		return false;
	while (!*stop && (event = offsets_next(offsets, err)) == OFFSETS_WAIT)
	{
		struct pollfd fd = {.fd = offsets_fd(offsets),.events = POLLIN};

		poll(&fd, 1, TICK_US / 1000);
	}
	offsets_close(offsets);
	*found = event == OFFSETS_FOUND;
	if (event == OFFSETS_WAIT)
		return err_set(err, ERR_NONE, "stopped");
	return event != OFFSETS_FAILED;
}

bool
snapshot_decide(const Conf *conf, const volatile bool *stop, bool *due, Err *err)
{
	char	   *key = position_key(conf_get(conf, "name"), conf_get(conf, "topic.prefix"));
	bool		again = strcmp(conf_get(conf, "snapshot.mode"), "when_needed") == 0;
	bool		found = false;
	bool		done;

	done = snapshot_is_all(conf) || find_record(conf, key, stop, &found, err);
	free(key);
	*due = !found || again;
	if (done && found && again)
		log_warn("the slot is gone that Kafka's position record is of, so changes are missing: taking a new snapshot (snapshot.mode=when_needed)");
	return done;
}

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
	free(query);
	free(call);
	return done;
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
	if (result == WORKER_IDLE)
		progress_piece(&snapshot->progress, table);
	return result;
}

/* False and err, or *busy is set when this reader has something to do. */
static bool
serve_worker(Snapshot *snapshot, SnapshotWorker *worker, bool *busy)
{
	if (worker->task == NULL && snapshot->next_task < snapshot->server.plan.ntasks &&
		!begin_task(snapshot, worker))
		return false;
	switch (read_counted(snapshot, worker))
	{
		case WORKER_FAILED:
			return false;
		case WORKER_IDLE:
			if (snapshot->next_task < snapshot->server.plan.ntasks)
				snapshot->loop.again = *busy = true;
			break;
		case WORKER_MORE:
			snapshot->loop.again = *busy = true;
			break;
		case WORKER_WAIT:
			*busy = true;
			break;
	}
	/* what cannot be taken is not read: the server waits; of one that is not
	 * watched at all no hang-up is reported again and again */
	worker->fd.fd = worker->task != NULL && memory_free(snapshot) ? PQsocket(worker->conn) : -1;
	return true;
}

/* Everything that a turn does; *done when all rows are in Kafka. */
static bool
turn(Snapshot *snapshot, bool *done)
{
	bool		busy = false;

	if (*snapshot->stop)
		return err_set(&snapshot->err, ERR_NONE, "stopped");
	if (!delivery_serve(&snapshot->delivery, &snapshot->err) ||
		!delivery_mend(&snapshot->delivery, &snapshot->err))
		return false;
	for (int i = 0; i < snapshot->nworkers; i++)
		if (!serve_worker(snapshot, &snapshot->workers[i], &busy))
			return false;
	if (snapshot->ticked)
	{
		snapshot->ticked = false;
		loop_timer_set(&snapshot->tick_timer, TICK_US);
		progress_tick(&snapshot->progress, snapshot->delivery.intake.counts.acknowledged);
		if (!snapshot_server_check(&snapshot->server, &snapshot->err))
			return false;
	}
	delivery_push(&snapshot->delivery);
	*done = !busy && ledger_empty(&snapshot->delivery.intake.ledger);
	return true;
}

/* ---- the whole ---- */

static void
on_tick(void *arg)
{
	((Snapshot *) arg)->ticked = true;
}

static bool
open_kafka(Snapshot *snapshot)
{
	if (!delivery_open_plain(&snapshot->delivery, snapshot->conf, &snapshot->loop, &snapshot->err))
		return false;
	intake_resume(&snapshot->delivery.intake, snapshot->server.lsn, NULL);
	snapshot->tick_timer = (LoopTimer)
	{
		.fire = on_tick,.arg = snapshot
	};
	loop_timer_add(&snapshot->loop, &snapshot->tick_timer);
	loop_timer_set(&snapshot->tick_timer, TICK_US);
	return true;
}

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

/* Each table, with its pieces. */
static void
begin_progress(Snapshot *snapshot)
{
	const SnapshotPlan *plan = &snapshot->server.plan;

	progress_begin(&snapshot->progress, plan->ntables);
	for (int i = 0; i < plan->ntables; i++)
		progress_table(&snapshot->progress, i, plan->tables[i].name, plan->tables[i].rows);
	for (int i = 0; i < plan->ntasks; i++)
		progress_add_piece(&snapshot->progress, (int) (plan->tasks[i].table - plan->tables));
}

static bool
read_all(Snapshot *snapshot)
{
	bool		done = false;

	begin_progress(snapshot);
	snapshot->began_us = loop_now_us();
	snapshot->loop.again = true;
	for (;;)
	{
		if (!turn(snapshot, &done))
			return false;
		if (done)
			return true;
		loop_once(&snapshot->loop);
	}
}

/* All rows are in Kafka: the slot, and no record of an earlier one. */
static bool
complete(Snapshot *snapshot)
{
	const char *slot = conf_get(snapshot->conf, "slot.name");
	double		seconds = (double) (loop_now_us() - snapshot->began_us) / 1e6;
	bool		found;

	log_info("the snapshot at " LSN_FMT " is complete: %llu rows of %d tables in %.1f s",
			 LSN_ARGS(snapshot->server.lsn), (unsigned long long) snapshot->delivery.intake.counts.acknowledged,
			 snapshot->server.plan.ntables, seconds);
	if (snapshot_is_all(snapshot->conf))
		return true;
	return offsets_forget(snapshot->conf, &found, &snapshot->err) &&
		snapshot_server_keep(&snapshot->server, slot, snapshot->stop, &snapshot->err);
}

static int
reader_count(const Conf *conf)
{
	return (int) conf_get_int(conf, "snapshot.max.threads");
}

bool
snapshot_run(const Conf *conf, const volatile bool *stop, Err *err)
{
	Snapshot   *snapshot = mem_zero(sizeof(Snapshot));
	bool		done;

	snapshot->conf = conf;
	snapshot->stop = stop;
	loop_init(&snapshot->loop);
	counter_set(COUNTER_PHASE, PHASE_SNAPSHOT);
	done = snapshot_server_open(&snapshot->server, conf, reader_count(conf), stop, &snapshot->err);
	if (done)
		log_info("taking a snapshot of %d tables at " LSN_FMT ", about %.0f rows",
				 snapshot->server.plan.ntables, LSN_ARGS(snapshot->server.lsn), snapshot->server.plan.rows);
	done = done && open_workers(snapshot, reader_count(conf)) && open_kafka(snapshot) &&
		read_all(snapshot) && complete(snapshot);
	progress_end(&snapshot->progress, done);
	if (!done)
		*err = snapshot->err;
	for (int i = 0; i < snapshot->nworkers; i++)
		worker_close(&snapshot->workers[i], &snapshot->loop);
	delivery_close(&snapshot->delivery);
	snapshot_server_close(&snapshot->server);
	free(snapshot);
	return done;
}
