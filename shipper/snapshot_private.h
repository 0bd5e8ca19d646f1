/*
 * snapshot_private.h
 *	  What snapshot.c (the loop), snapshot_server.c (what stands on the server),
 *	  snapshot_tables.c (what is read), snapshot_worker.c (a reader),
 *	  snapshot_record.c and snapshot_resume.c (what Kafka is to know of it) share.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_SNAPSHOT_PRIVATE_H
#define WALPOST_SNAPSHOT_PRIVATE_H

#include <stddef.h>
#include <stdint.h>

#include "delivery.h"
#include "loop.h"
#include "notifications.h"
#include "pg.h"
#include "position.h"
#include "producer.h"
#include "progress.h"
#include "snapshot.h"
#include "snapshot_done.h"

/* Readers at most; the loop has that many places for descriptors, and some. */
#define SNAPSHOT_THREADS_MAX	12

/* ---- what is read (snapshot_tables.c) ---- */

/* A table with rows of its own; a partition may be shown as an ancestor. */
typedef struct SnapshotTable
{
	char	   *name;			/* schema.table */
	char	   *quoted;			/* for SQL */
	unsigned	oid;
	unsigned	shown;			/* OID of the table that it is shown as */
	unsigned	file;
	bool		keyed;			/* its events have a key */
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
	int			nranges;		/* tasks, with those that are done already */
	double		rows;			/* estimated, of all */
	const volatile bool *stop;	/* ends what is asked of the server */
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

/* The same of what is not done yet; what does not fit done is forgotten there. */
extern bool snapshot_plan_rest(PGconn *conn, int readers, const char *options,
							   uint64_t lsn, SnapshotDone *done, SnapshotPlan *plan,
							   Err *err) must_check;
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
	bool		resume;			/* one that was interrupted goes on: */
	SnapshotDone done;			/* what Kafka has of it, */
	uint64_t	last_commit;	/* and of the stream */
} SnapshotDecision;

/* Once it is claimed.  Reads the position record, if the mode has a stream. */
extern bool snapshot_decide(const Conf *conf, bool slot_exists, const SnapshotNeed *need,
							const volatile bool *stop, SnapshotDecision *decision,
							Err *err) must_check;

/*
 * The value of the record with that key, past open transactions of others; the
 * caller frees it.  NULL: there is none.  False and err, ERR_NONE when stopped.
 */
extern bool snapshot_read_record(const Conf *conf, const char *key, const volatile bool *stop,
								 char **value, Err *err) must_check;

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
	PGconn	   *maker;			/* makes the permanent slot; NULL: not yet, or
								 * it is there */
	bool		moving;			/* the permanent slot is on its way to lsn */
	int			tries;			/* to make it, */
	char		waits_for[6];	/* as long as that is in its way, a SQLSTATE */
	SnapshotPlan plan;
	SnapshotDone *done;			/* the plan is for the rest; NULL: for all */
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

/* A connection that sees the snapshot, and has locks on all tables. */
extern PGconn *snapshot_reader_connect(const SnapshotServer *server, const Conf *conf,
									   Err *err) must_check;

/* False and err when one of the connections that only wait is lost. */
extern bool snapshot_server_check(SnapshotServer *server, Err *err) must_check;

/* All rows are read: who waits for a lock on a table need not wait for the slot. */
extern bool snapshot_server_release(SnapshotServer *server, Err *err) must_check;

/*
 * The permanent slot, at lsn from then on (*kept): made, or moved on if it
 * exists.  To be called again and again until then: what is in its way may pass.
 */
extern bool snapshot_server_keep(SnapshotServer *server, const Conf *conf, bool exists,
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
	int64_t		opened_us;
	bool		last;			/* the present one */
} SnapshotTxn;

/*
 * Aborts what an earlier process left open, which would hide records.  Waits for
 * Kafka, until *stop.  False and err, ERR_NONE when stopped.
 */
extern bool snapshot_txn_fence(const Conf *conf, const volatile bool *stop, Err *err) must_check;


/* Begins; the producer is new.  False and err. */
extern bool snapshot_txn_begin(SnapshotTxn *txn, const Conf *conf, Producer *producer,
							   Loop *loop, Err *err) must_check;

/* Commits one that was closed, or is too old and may be split, and begins the next. */
extern void snapshot_txn_turn(SnapshotTxn *txn, bool split);

/* True when it has to be split, or is at least so old. */
extern bool snapshot_txn_is_old(const SnapshotTxn *txn, int64_t age_us);

/* What was read so far is in it, and what comes is not. */
extern void snapshot_txn_close(SnapshotTxn *txn);

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
	uint64_t	rows;			/* of the task, so far */
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

/* ---- the whole ---- */

typedef enum SnapshotPhase
{
	SNAPSHOT_NOTING,			/* records say that it is not complete (if it
								 * can go on after a restart), */
	SNAPSHOT_MAKING,			/* and then its slot is made */
	SNAPSHOT_READING,			/* until Kafka has all rows */
	SNAPSHOT_KEEPING,			/* the permanent slot is made, or moved on */
	SNAPSHOT_RECORDING,			/* the position record is on its way */
	SNAPSHOT_COMMITTING,		/* the last Kafka transaction */
	SNAPSHOT_DONE
} SnapshotPhase;

/* The producer's tags. */
enum
{
	SNAPSHOT_POSITION = POSITION_RECORD,	/* the position record */
	SNAPSHOT_RANGES,			/* a SnapshotDone */
	SNAPSHOT_RECORDS
};

/* A record on its way to Kafka. */
typedef struct SnapshotRecord
{
	char	   *value;			/* NULL: none is */
	bool		sent;
	bool		stored;			/* Kafka has it */
} SnapshotRecord;

/* A task that was read, but is not noted. */
typedef struct SnapshotPiece
{
	const SnapshotTask *task;
	uint64_t	rows;
	uint64_t	units;			/* Kafka has it when the ledger's head is
								 * there */
} SnapshotPiece;

/* A snapshot that can go on after a restart (snapshot_resume.c). */
typedef struct SnapshotResume
{
	bool		on;
	bool		resumed;		/* it does */
	SnapshotDone done;			/* what is noted, or about to be */
	uint64_t	done_rows;		/* of earlier processes */
	SnapshotPiece *pieces;
	int			npieces;
	bool		pausing;		/* no task is begun, for a transaction's end */
	bool		noting;			/* records are on their way, */
	bool		closing;		/* and then their transaction's commit */
	bool		noted;			/* Kafka knows of it */
	int64_t		noted_us;		/* since when it knows what it does */
} SnapshotResume;

typedef struct Snapshot
{
	const Conf *conf;
	const volatile bool *stop;
	const SnapshotPart *part;	/* NULL: all tables */
	SnapshotMode mode;
	SnapshotPhase phase;
	bool		slot_exists;
	bool		has_record;		/* of an earlier slot */
	Err			err;			/* why it fails */
	SnapshotServer server;
	SnapshotWorker workers[SNAPSHOT_THREADS_MAX];
	int			nworkers;
	int			next_task;
	uint64_t	end_lsn;		/* Kafka has the stream up to there, */
	uint64_t	last_commit;	/* and the end of its last transaction; 0:
								 * none */

	Loop		loop;
	Delivery	delivery;
	SnapshotTxn txn;
	LoopTimer	tick_timer;
	bool		ticked;
	SnapshotRecord records[SNAPSHOT_RECORDS];
	SnapshotResume resume;
	int64_t		began_us;
	Progress	progress;
} Snapshot;

/* ---- records (snapshot_record.c) ---- */

/* The position record; complete: there is nothing but the stream from then on. */
extern char *snapshot_position_text(const Snapshot *snapshot, bool complete);

/* The caller frees it. */
extern char *snapshot_record_key(const Conf *conf, int record);

/* Begins to write a record; value is taken. */
extern void snapshot_record_set(Snapshot *snapshot, int record, char *value);
extern void snapshot_record_clear(Snapshot *snapshot, int record);

/* Goes on with it; true when Kafka has it. */
extern bool snapshot_record_store(Snapshot *snapshot, int record);

/* There is a new producer. */
extern void snapshot_record_renewed(Snapshot *snapshot);

/* ---- going on after a restart (snapshot_resume.c) ---- */

/*
 * What Kafka has of the interrupted snapshot with that identifier, into an empty
 * one.  False and err.
 */
extern bool snapshot_resume_recall(const Conf *conf, const char *id, const volatile bool *stop,
								   SnapshotDone *done, Err *err) must_check;

/* Once it is decided that one is due; takes decision->done.  False and err. */
extern bool snapshot_resume_init(Snapshot *snapshot, SnapshotDecision *decision) must_check;
extern void snapshot_resume_free(SnapshotResume *resume);

/*
 * The server's snapshot is there: brings the stream up to it, for one that goes
 * on.  False and snapshot->err.
 */
extern bool snapshot_resume_catch_up(Snapshot *snapshot, int readers) must_check;

/* Tells Kafka that it is not complete; true when that is done. */
extern bool snapshot_resume_begin(Snapshot *snapshot);

/* A reader has read its task. */
extern void snapshot_resume_read(Snapshot *snapshot, const SnapshotTask *task, uint64_t rows);

/* Notes what Kafka has when that is due. */
extern void snapshot_resume_turn(Snapshot *snapshot);

/* It is interrupted: notes what Kafka has by now; true when that is done. */
extern bool snapshot_resume_stop(Snapshot *snapshot);

/* True when all that was read is noted, as far as it has to be. */
extern bool snapshot_resume_settled(const Snapshot *snapshot);

#endif							/* WALPOST_SNAPSHOT_PRIVATE_H */
