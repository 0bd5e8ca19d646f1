/*
 * snapshot_private.h
 *	  What snapshot.c (the loop), snapshot_server.c (what stands on the server),
 *	  snapshot_tables.c (what is read) and snapshot_worker.c (a reader) share.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_SNAPSHOT_PRIVATE_H
#define WALPOST_SNAPSHOT_PRIVATE_H

#include <stddef.h>
#include <stdint.h>

#include "intake.h"
#include "loop.h"
#include "notifications.h"
#include "pg.h"
#include "producer.h"
#include "snapshot.h"

/* Readers at most; the loop has that many places for descriptors, and some. */
#define SNAPSHOT_THREADS_MAX	12

/* ---- what is read (snapshot_tables.c) ---- */

/* A table with rows of its own; a partition may be shown as an ancestor. */
typedef struct SnapshotTable
{
	char	   *name;			/* schema.table */
	char	   *quoted;			/* for SQL */
	unsigned	oid;
	int64_t		blocks;
	double		rows;			/* as the server estimates them */
	bool		ranges;			/* it can be read by ranges of blocks */
	char	   *query;			/* for SQL: what is read instead; NULL: nothing */
	int			ntasks;			/* it is read in so many */
} SnapshotTable;

/* A piece of work: a table, or blocks of it. */
typedef struct SnapshotTask
{
	const SnapshotTable *table;
	uint32_t	stream;
	int			number;			/* of its table's, from 0 on */
	int64_t		first;			/* block */
	int64_t		end;			/* before this one; -1: all */
	const char *first_mark;		/* source.snapshot of its first row */
	const char *last_mark;
} SnapshotTask;

typedef struct SnapshotPlan
{
	SnapshotTable *tables;
	int			ntables;
	SnapshotTask *tasks;		/* in the order they are begun */
	int			ntasks;
	int			last;			/* task with the last row; -1: there are none */
	double		rows;			/* estimated, of all */
} SnapshotPlan;

/*
 * Reads the list of tables that publication and properties capture, on a
 * connection that has the snapshot: those of part (if not NULL), or those that
 * the properties want.  Warns of what has rows that it leaves out.
 */
extern bool snapshot_plan_tables(const Conf *conf, PGconn *conn, const SnapshotPart *part,
								 SnapshotPlan *plan, Err *err) must_check;

/*
 * Cuts them into tasks for so many readers: the largest first; for one reader
 * table by table in the order of their names.  Marks the first row and the last
 * one of all, and of each table that one task reads.
 * options is a text for SQL as snapshot_task_query() takes it.
 */
extern bool snapshot_plan_tasks(PGconn *conn, int readers, const char *options,
								uint64_t lsn, SnapshotPlan *plan, Err *err) must_check;
extern void snapshot_plan_free(SnapshotPlan *plan);

/* The function's call for a task; the caller frees it. */
extern char *snapshot_task_query(const SnapshotTask *task, const char *options, uint64_t lsn);

/* ---- notifications (snapshot_notice.c) ---- */

/*
 * Of the whole snapshot; and of a table, which begins or was read with so many
 * rows, or of all tables (table is NULL).
 */
extern void snapshot_notify(Notifications *notifications, NoticeType type);
extern void snapshot_notify_table(Notifications *notifications, NoticeType type,
								  const SnapshotPlan *plan, const SnapshotTable *table,
								  uint64_t rows);

/* Of a piece of a table, of which so many rows have been read so far. */
extern void snapshot_notify_task(Notifications *notifications, NoticeType type,
								 const SnapshotPlan *plan, const SnapshotTask *task,
								 uint64_t rows);

/* ---- is one due? (snapshot_mode.c) ---- */

typedef struct SnapshotDecision
{
	bool		due;
	bool		has_record;		/* of an earlier slot */
} SnapshotDecision;

/* Once it is claimed.  Reads the position record, if the mode has a stream. */
extern bool snapshot_decide(const Conf *conf, bool slot_exists, const SnapshotNeed *need,
							const volatile bool *stop, SnapshotDecision *decision,
							Err *err) must_check;

/* ---- what stands on the server (snapshot_server.c) ---- */

typedef struct SnapshotServer
{
	PGconn	   *slot;			/* a replication connection, which owns the
								 * temporary slot */
	PGconn	   *keeper;			/* has the claim, and holds the locks */
	char		name[64];		/* of the temporary slot */
	char		snapshot[64];	/* as it was exported */
	uint64_t	lsn;
	char		system_id[32];
	uint32_t	timeline;
	bool		moving;			/* the permanent slot is on its way to lsn */
	int			tries;			/* to make it */
	SnapshotPlan plan;
	char	   *options;		/* for snapshot_task_query() */
} SnapshotServer;

/*
 * Claims the snapshot of the slot for this process, on a zeroed server.  False
 * and err, ERR_RETRY when somebody else has it, or has changed the slot meanwhile.
 */
extern bool snapshot_server_claim(SnapshotServer *server, const Conf *conf, bool slot_exists,
								  Err *err) must_check;

/* The same beside a stream that has the slot. */
extern bool snapshot_server_claim_part(SnapshotServer *server, const Conf *conf, Err *err) must_check;

/*
 * Temporary slot, locks, list of tables (of part, if not NULL) and tasks; again
 * where a table was changed in between.
 */
extern bool snapshot_server_open(SnapshotServer *server, const Conf *conf, const SnapshotPart *part,
								 int readers, const volatile bool *stop, Err *err) must_check;

/* Ends what is under way there, too. */
extern void snapshot_server_close(SnapshotServer *server);

/* A connection that sees the snapshot. */
extern PGconn *snapshot_reader_connect(const SnapshotServer *server, const Conf *conf,
									   Err *err) must_check;

/* False and err when one of the connections that only wait is lost. */
extern bool snapshot_server_check(SnapshotServer *server, Err *err) must_check;

/*
 * The permanent slot, at lsn from then on (*kept): made, or moved on if it
 * exists.  To be called again and again until then.
 */
extern bool snapshot_server_keep(SnapshotServer *server, const char *slot, bool exists,
								 bool *kept, Err *err) must_check;

/* ---- Kafka transactions, with exactly-once (snapshot_txn.c) ---- */

typedef struct SnapshotTxn
{
	enum
	{
		SNAPSHOT_TXN_NONE, SNAPSHOT_TXN_INIT, SNAPSHOT_TXN_OPEN,
		SNAPSHOT_TXN_CLOSING, SNAPSHOT_TXN_COMMITTING, SNAPSHOT_TXN_ENDED
	}			phase;
	Producer   *producer;
	LoopTimer	timer;			/* when it is split */
	bool		last;			/* the present one */
} SnapshotTxn;

/* Begins; the producer is new.  False and err. */
extern bool snapshot_txn_begin(SnapshotTxn *txn, const Conf *conf, Producer *producer,
							   Loop *loop, Err *err) must_check;

/* Ends one that is too old, and begins the next. */
extern void snapshot_txn_turn(SnapshotTxn *txn);

/* Ends the last one; done when the phase is SNAPSHOT_TXN_ENDED. */
extern void snapshot_txn_end(SnapshotTxn *txn);

/* For DeliveryEvents. */
extern void snapshot_txn_done(SnapshotTxn *txn);

/* ---- a reader (snapshot_worker.c) ---- */

typedef enum WorkerResult
{
	WORKER_WAIT,				/* for its socket */
	WORKER_MORE,				/* it let others go first */
	WORKER_IDLE,				/* its task is done, or it never had one */
	WORKER_FAILED
} WorkerResult;

typedef struct SnapshotWorker
{
	PGconn	   *conn;
	LoopFd		fd;
	const SnapshotTask *task;	/* NULL: none */
	enum
	{
		WORKER_SENT, WORKER_COPY, WORKER_END
	}			phase;
	bool		header;			/* the copy's header has come */
	bool		readable;
} SnapshotWorker;

/* Takes conn. */
extern void worker_init(SnapshotWorker *worker, PGconn *conn, Loop *loop);
extern void worker_close(SnapshotWorker *worker, Loop *loop);

/* Begins a task; query is snapshot_task_query()'s. */
extern bool worker_begin(SnapshotWorker *worker, const SnapshotTask *task, const char *query,
						 Err *err) must_check;

/* Reads what there is, into intake, while go_on() says so. */
extern WorkerResult worker_read(SnapshotWorker *worker, Intake *intake,
								bool (*go_on) (void *arg), void *arg, Err *err);

#endif							/* WALPOST_SNAPSHOT_PRIVATE_H */
