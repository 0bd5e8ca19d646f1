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
#include "pg.h"
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
} SnapshotTable;

/* A piece of work: a table, or blocks of it. */
typedef struct SnapshotTask
{
	const SnapshotTable *table;
	uint32_t	stream;
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
	double		rows;			/* estimated, of all */
} SnapshotPlan;

/*
 * Reads the list of tables that publication and properties capture, on a
 * connection that has the snapshot.  Warns of what has rows that it leaves out.
 */
extern bool snapshot_plan_tables(const Conf *conf, PGconn *conn, SnapshotPlan *plan,
								 Err *err) must_check;

/*
 * Cuts them into tasks for so many readers: the largest first; for one reader
 * table by table in the order of their names, with marks at their ends.
 * options is a text for SQL as snapshot_task_query() takes it.
 */
extern bool snapshot_plan_tasks(PGconn *conn, int readers, const char *options,
								uint64_t lsn, SnapshotPlan *plan, Err *err) must_check;
extern void snapshot_plan_free(SnapshotPlan *plan);

/* The function's call for a task; the caller frees it. */
extern char *snapshot_task_query(const SnapshotTask *task, const char *options, uint64_t lsn);

/* ---- what stands on the server (snapshot_server.c) ---- */

typedef struct SnapshotServer
{
	PGconn	   *slot;			/* a replication connection, which owns the
								 * temporary slot */
	PGconn	   *keeper;			/* holds the locks */
	char		name[64];		/* of the temporary slot */
	char		snapshot[64];	/* as it was exported */
	uint64_t	lsn;
	SnapshotPlan plan;
	char	   *options;		/* for snapshot_task_query() */
} SnapshotServer;

/*
 * Temporary slot, locks, list of tables and tasks.  ERR_RETRY, sqlstate of the
 * class 42 or not, when a table was changed in between.
 */
extern bool snapshot_server_open(SnapshotServer *server, const Conf *conf, int readers,
								 const volatile bool *stop, Err *err) must_check;
extern void snapshot_server_close(SnapshotServer *server);

/* A connection that sees the snapshot. */
extern PGconn *snapshot_reader_connect(const SnapshotServer *server, const Conf *conf,
									   Err *err) must_check;

/* False and err when one of the connections that only wait is lost. */
extern bool snapshot_server_check(SnapshotServer *server, Err *err) must_check;

/* Makes the permanent slot, as soon as there is a free one. */
extern bool snapshot_server_keep(SnapshotServer *server, const char *slot,
								 const volatile bool *stop, Err *err) must_check;

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
