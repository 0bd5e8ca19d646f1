/*
 * spool.h
 *	  What Kafka does not take while it is away, kept on the shipper's disk.
 *
 * A queue of messages in files: what the server sends goes to its end, what
 * Kafka takes is read from its front.  What it holds and has synced may be
 * confirmed to the server, which then lets its WAL go.  Its states:
 *
 *		OFF			no files
 *		WRITING		all that comes goes to its end
 *		DRAINING	all of it was read; what comes now goes on behind it, in
 *					memory; its files stay until Kafka has what they hold
 *
 *		spool = spool_open(&options, &err);			at the first connection
 *		spool_adopt(spool, system_id, confirmed_lsn, &err)
 *		spool_begin(spool, lsn, now, &err);			OFF, DRAINING -> WRITING
 *		spool_append(spool, frames, len, now, &err)	for each message
 *		spool_sync(spool, now, &err)				when spool_due() says so
 *		spool_read(spool, &item, &err)				what is next for Kafka
 *		spool_drain(spool)							WRITING -> DRAINING
 *		spool_delivered(spool, lsn, now)			DRAINING -> OFF
 *
 * It waits for the disk, and for nothing else: a sync in 25 ms at most, and
 * never for more than half of the time.  It knows no connection and no Kafka.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_SPOOL_H
#define WALPOST_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

typedef struct Spool Spool;

typedef enum SpoolState
{
	SPOOL_OFF,
	SPOOL_WRITING,
	SPOOL_DRAINING
} SpoolState;

typedef struct SpoolOptions
{
	const char *dir;			/* exists */
	const char *prefix;			/* topic.prefix: names the folder below it */
	const char *slot;
	int64_t		max_bytes;		/* of all its files */
} SpoolOptions;

/* Where a spool begins. */
typedef struct SpoolStart
{
	uint64_t	lsn;			/* all up to here is in Kafka, or in the spool
								 * already, */
	bool		assumed;		/* or so it seems: nobody could ask Kafka */
	uint64_t	commit_lsn;		/* end of the last transaction before; 0: not
								 * known */
	uint64_t	guard_lsn;		/* see spool_guard_lsn() */
} SpoolStart;

/* What is next in the queue. */
typedef enum SpoolRead
{
	SPOOL_READ_FRAMES,			/* a message of the session */
	SPOOL_READ_SESSION,			/* the same, and the first one of a session */
	SPOOL_READ_MARK,			/* no message: the server was at lsn */
	SPOOL_READ_END,				/* all was read */
	SPOOL_READ_FAILED			/* err says why */
} SpoolRead;

typedef struct SpoolItem
{
	char	   *buffer;			/* the caller's, free(); of a mark NULL */
	size_t		len;			/* of the buffer */
	size_t		start;			/* where the frames begin in it */
	uint64_t	lsn;			/* of a mark */
} SpoolItem;

/*
 * True when a spool could be kept in the directory: it is there, and may be
 * written.  Else err (ERR_CONFIG).
 */
extern bool spool_check(const SpoolOptions *options, Err *err) must_check;

/*
 * Opens the connector's spool, which nobody else may have open, and looks what
 * it holds.  options is borrowed.  NULL and err: ERR_RETRY when another process
 * has it, ERR_CONFIG when it is another connector's or cannot be used,
 * ERR_FATAL when it is damaged.
 */
extern Spool *spool_open(const SpoolOptions *options, Err *err) must_check;

/* Notes how far it was delivered, and closes it.  spool may be NULL. */
extern void spool_close(Spool *spool);

/*
 * The server is this one, and its slot has confirmed so much.  A spool that
 * holds something is WRITING from now on, and can be read from its beginning.
 * False and err when it is another server's, or damaged: when it does not hold
 * what was confirmed for it.
 */
extern bool spool_adopt(Spool *spool, uint64_t system_id, uint64_t confirmed_lsn,
						Err *err) must_check;

/*
 * The timeline of the last transactions in it; 0: it holds none.  The server's
 * present one has to be told after each connection.
 */
extern uint32_t spool_timeline(const Spool *spool);
extern void spool_set_timeline(Spool *spool, uint32_t timeline);

extern SpoolState spool_state(const Spool *spool);

/* The folder, for messages. */
extern const char *spool_path(const Spool *spool);

/*
 * Kafka has all up to here, as far as the spool knows; 0: it knows nothing.  It
 * is assumed, not known, when the spool began while nobody could ask Kafka.
 */
extern uint64_t spool_delivered_lsn(const Spool *spool);
extern bool spool_is_assumed(const Spool *spool);

/* It holds all up to here; and safe from a loss of power up to here. */
extern uint64_t spool_end_lsn(const Spool *spool);
extern uint64_t spool_synced_lsn(const Spool *spool);

/* The end of the last whole transaction in it; 0: none. */
extern uint64_t spool_commit_lsn(const Spool *spool);

/* Bytes in its files. */
extern uint64_t spool_bytes(const Spool *spool);

/*
 * Begins to write.  What the server sends from spool_end_lsn() on, in a new
 * session, is to be appended.  False and err when the disk does not let it: then
 * nothing changed.
 */
extern bool spool_begin(Spool *spool, const SpoolStart *start, Err *err) must_check;

/*
 * The slot is not to be moved by what the spool holds unless that reaches past
 * this: others, who do not see the spool, take a slot up to there for one that
 * Kafka explains.
 */
extern uint64_t spool_guard_lsn(const Spool *spool);

/* The connection is lost: what is appended next comes from another session. */
extern void spool_new_session(Spool *spool);

/* True until something of that session was appended. */
extern bool spool_between_sessions(const Spool *spool);

/* False while it is full, or the disk is: append nothing then. */
extern bool spool_room(Spool *spool);

/*
 * Appends a message of the server, whose frames are borrowed.  False and err
 * when they are not what they must be, or the disk fails.
 */
extern bool spool_append(Spool *spool, char *frames, size_t len, int64_t now_us,
						 Err *err) must_check;

/*
 * The server is at lsn and has sent all before it.  Noted now and then, and
 * soon if it wants to hear of it.
 */
extern void spool_keepalive(Spool *spool, uint64_t lsn, bool asked);

/* When spool_sync() is to be called; 0: not before something happens. */
extern int64_t spool_due(const Spool *spool);

/*
 * Makes durable what was appended.  False and err when the disk fails; when it
 * is full, what does not fit waits in memory and spool_room() is false.
 */
extern bool spool_sync(Spool *spool, Err *err) must_check;

/* Takes what is next. */
extern SpoolRead spool_read(Spool *spool, SpoolItem *item, Err *err);

/* After SPOOL_READ_END: what comes now goes on behind it, past the spool. */
extern void spool_drain(Spool *spool);

/*
 * Kafka has all up to lsn, and that is known now: files that hold nothing else
 * are removed; the last ones when others may know, too, that the slot is where
 * the spool ends, which is when recorded_lsn has come there.
 */
extern void spool_delivered(Spool *spool, uint64_t lsn, uint64_t recorded_lsn, int64_t now_us);

#endif							/* WALPOST_SPOOL_H */
