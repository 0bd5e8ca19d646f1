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

#include "log.h"
#include "mem.h"
#include "offsets.h"
#include "snapshot_private.h"
#include "wire.h"

#define LOG_MODULE "snapshot"

/* A stop is looked for, and lost connections, so often. */
#define TICK_US				200000
#define PROGRESS_US			10000000

/* A producer that failed is replaced after a moment, and not more often. */
#define RENEW_AFTER_US		200000
#define RENEW_US			1000000

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
	Producer   *producer;
	Topics	   *topics;
	DeadLetters *letters;
	Intake		intake;
	LoopFd		kafka_fd;
	LoopTimer	tick_timer;
	LoopTimer	push_timer;
	bool		kafka_ready;
	bool		ticked;
	size_t		bound;			/* bytes that may be pinned */
	int64_t		began_us;
	int64_t		said_us;		/* when progress was said last */
	int64_t		broken_us;		/* when the producer failed; 0: it works */
	int64_t		renewed_us;
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

/* ---- Kafka's side ---- */

static void
on_acknowledged(void *arg, char *const *bodies, size_t n)
{
	intake_acknowledge(&((Snapshot *) arg)->intake, bodies, n, loop_now_us());
}

static void
on_topic_created(void *arg, int topic, int code, const char *text)
{
	topics_created(((Snapshot *) arg)->topics, topic, code, text);
}

static uint64_t
on_commit_lsn(void *arg, char *body)
{
	return intake_commit_lsn(&((Snapshot *) arg)->intake, body);
}

static bool
on_refused(void *arg, const ProducerRefusal *refusal)
{
	Snapshot   *snapshot = arg;
	char	   *body = refusal->event.body;

	switch (deadletters_take(snapshot->letters, refusal, intake_commit_lsn(&snapshot->intake, body)))
	{
		case DEADLETTER_STOP:
			return false;
		case DEADLETTER_LEFT_OUT:
			intake_acknowledge(&snapshot->intake, &body, 1, loop_now_us());
			break;
		case DEADLETTER_SENT:
			break;
	}
	return true;
}

static const ProducerEvents producer_events = {
	.acknowledged = on_acknowledged,
	.topic_created = on_topic_created,
	.refused = on_refused,
	.commit_lsn = on_commit_lsn,
};

/* A moment later, since the reports that say why follow the failure itself. */
static bool
renew_producer(Snapshot *snapshot)
{
	int64_t		now = loop_now_us();

	if (snapshot->broken_us == 0)
		snapshot->broken_us = now;
	if (now < snapshot->broken_us + RENEW_AFTER_US || now < snapshot->renewed_us + RENEW_US)
		return true;
	snapshot->renewed_us = now;
	snapshot->broken_us = 0;
	if (!producer_renew(snapshot->producer, &snapshot->err))
		return false;
	log_info("a new Kafka producer gets the %llu events that are not acknowledged",
			 (unsigned long long) snapshot->intake.ledger.in_flight);
	intake_resend(&snapshot->intake);
	topics_ask_again(snapshot->topics);
	return true;
}

static bool
serve_kafka(Snapshot *snapshot)
{
	if (snapshot->kafka_ready)
	{
		snapshot->kafka_ready = false;
		if (!producer_poll(snapshot->producer, &snapshot->err))
			return false;
	}
	return !producer_is_broken(snapshot->producer) || renew_producer(snapshot);
}

/* ---- the readers ---- */

static bool
memory_free(void *arg)
{
	const Snapshot *snapshot = arg;

	return intake_pinned(&snapshot->intake) < snapshot->bound && intake_ready(&snapshot->intake);
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

/* False and err, or *busy is set when this reader has something to do. */
static bool
serve_worker(Snapshot *snapshot, SnapshotWorker *worker, bool *busy)
{
	if (worker->task == NULL && snapshot->next_task < snapshot->server.plan.ntasks &&
		!begin_task(snapshot, worker))
		return false;
	switch (worker_read(worker, &snapshot->intake, memory_free, snapshot, &snapshot->err))
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
	/* what cannot be taken is not read: the server waits */
	worker->fd.events = worker->task != NULL && memory_free(snapshot) ? POLLIN : 0;
	return true;
}

static void
say_progress(Snapshot *snapshot)
{
	int64_t		now = loop_now_us();
	const SnapshotPlan *plan = &snapshot->server.plan;

	if (now < snapshot->said_us + PROGRESS_US)
		return;
	snapshot->said_us = now;
	log_info("snapshot: %llu rows of about %.0f read, %llu in Kafka, piece %d of %d, %lld rows/s",
			 (unsigned long long) snapshot->intake.counts.events, plan->rows,
			 (unsigned long long) snapshot->intake.counts.acknowledged,
			 snapshot->next_task, plan->ntasks,
			 (long long) snapshot->intake.counts.acknowledged * 1000000 / (now - snapshot->began_us + 1));
}

/* Everything that a turn does; *done when all rows are in Kafka. */
static bool
turn(Snapshot *snapshot, bool *done)
{
	bool		busy = false;

	if (*snapshot->stop)
		return err_set(&snapshot->err, ERR_NONE, "stopped");
	if (!serve_kafka(snapshot))
		return false;
	for (int i = 0; i < snapshot->nworkers; i++)
		if (!serve_worker(snapshot, &snapshot->workers[i], &busy))
			return false;
	if (snapshot->ticked)
	{
		snapshot->ticked = false;
		loop_timer_set(&snapshot->tick_timer, TICK_US);
		say_progress(snapshot);
		if (!snapshot_server_check(&snapshot->server, &snapshot->err))
			return false;
	}
	snapshot->push_timer.due_us = producer_push(snapshot->producer, loop_now_us());
	*done = !busy && ledger_empty(&snapshot->intake.ledger);
	return true;
}

/* ---- the whole ---- */

static void
on_kafka(void *arg, short revents)
{
	((Snapshot *) arg)->kafka_ready = true;
}

static void
on_tick(void *arg)
{
	((Snapshot *) arg)->ticked = true;
}

/* Only wakes the loop. */
static void
on_push(void *arg)
{
}

static bool
open_kafka(Snapshot *snapshot)
{
	const Conf *conf = snapshot->conf;
	int64_t		bytes = conf_get_int(conf, "max.queue.size.in.bytes");

	snapshot->bound = (size_t) (bytes > 0 ? bytes : conf_get_int(conf, "walpost.buffer.memory"));
	snapshot->producer = producer_new_plain(conf, &producer_events, snapshot, &snapshot->err);
	if (snapshot->producer == NULL)
		return false;
	snapshot->topics = topics_new(conf, snapshot->producer, &snapshot->loop);
	snapshot->letters = deadletters_new(conf, snapshot->producer, snapshot->topics);
	intake_init(&snapshot->intake, snapshot->producer, snapshot->topics, snapshot->letters, PQfreemem);
	intake_resume(&snapshot->intake, snapshot->server.lsn, NULL);

	snapshot->kafka_fd = (LoopFd)
	{
		producer_fd(snapshot->producer), POLLIN, on_kafka, snapshot
	};
	loop_fd_add(&snapshot->loop, &snapshot->kafka_fd);
	snapshot->tick_timer = (LoopTimer)
	{
		.fire = on_tick,.arg = snapshot
	};
	snapshot->push_timer = (LoopTimer)
	{
		.fire = on_push,.arg = snapshot
	};
	loop_timer_add(&snapshot->loop, &snapshot->tick_timer);
	loop_timer_add(&snapshot->loop, &snapshot->push_timer);
	loop_timer_set(&snapshot->tick_timer, TICK_US);
	return true;
}

/* librdkafka lets go of the buffers first. */
static void
close_kafka(Snapshot *snapshot)
{
	if (snapshot->producer == NULL)
		return;
	producer_free(snapshot->producer);
	topics_free(snapshot->topics);
	intake_free(&snapshot->intake);
	deadletters_free(snapshot->letters);
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

static bool
read_all(Snapshot *snapshot)
{
	bool		done = false;

	snapshot->began_us = snapshot->said_us = loop_now_us();
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
			 LSN_ARGS(snapshot->server.lsn), (unsigned long long) snapshot->intake.counts.acknowledged,
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
	done = snapshot_server_open(&snapshot->server, conf, reader_count(conf), stop, &snapshot->err);
	if (done)
		log_info("taking a snapshot of %d tables at " LSN_FMT ", about %.0f rows where they were analyzed",
				 snapshot->server.plan.ntables, LSN_ARGS(snapshot->server.lsn), snapshot->server.plan.rows);
	done = done && open_workers(snapshot, reader_count(conf)) && open_kafka(snapshot) &&
		read_all(snapshot) && complete(snapshot);
	if (!done)
		*err = snapshot->err;
	for (int i = 0; i < snapshot->nworkers; i++)
		worker_close(&snapshot->workers[i], &snapshot->loop);
	close_kafka(snapshot);
	snapshot_server_close(&snapshot->server);
	free(snapshot);
	return done;
}
