/*
 * stream.h
 *	  A replication connection: from connecting to the last CommandComplete.
 *
 * Nothing here blocks (but for the resolver's look-up of a host name), so that
 * the engine can drive it from its poll loop; a loop of its own needs no more
 * than poll():
 *
 *		stream = stream_open(&options);			or stream_adopt(conn, ...)
 *		for (;;)
 *			switch (stream_next(stream, &message, &err))
 *				STREAM_READY:	stream_start(stream, lsn, 0, &err)
 *				STREAM_DATA:	... message.buffer, PQfreemem() it
 *				STREAM_KEEPALIVE: stream_feedback(...)
 *				STREAM_WAIT:	poll stream_fd() for stream_events(),
 *								then stream_polled()
 *				STREAM_ENDED, STREAM_FAILED: stream_close(stream)
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_STREAM_H
#define WALPOST_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf.h"
#include "err.h"
#include "pg.h"

typedef struct Stream Stream;

typedef enum StreamEvent
{
	STREAM_WAIT,				/* nothing to do until the socket is ready */
	STREAM_READY,				/* connected and looked round; start it */
	STREAM_STARTED,				/* the server streams */
	STREAM_DATA,				/* a message of frames */
	STREAM_KEEPALIVE,			/* the server's position, and maybe a question */
	STREAM_ENDED,				/* the server said that it is done */
	STREAM_FAILED,				/* err says why */
} StreamEvent;

typedef struct StreamMessage
{
	char	   *buffer;			/* DATA: the caller's, PQfreemem() */
	size_t		len;			/* of the buffer */
	size_t		start;			/* where the frames begin in it */
	uint64_t	lsn;			/* KEEPALIVE: what the server has sent up to */
	bool		reply;			/* KEEPALIVE: the server wants an answer now */
} StreamMessage;

/* What the server says of itself and of the slot, from STREAM_READY on. */
typedef struct StreamInfo
{
	char		system_id[32];
	uint32_t	timeline;
	char	   *history;		/* of the timeline; NULL for the first */
	int64_t		sender_timeout_us;	/* wal_sender_timeout; 0: none */
	bool		standby;
	bool		slot_exists;
	bool		slot_active;
	char		slot_plugin[64];
	char		slot_status[16];	/* wal_status */
	char		slot_lost[64];	/* why it was invalidated, or "" */
	uint64_t	confirmed_lsn;	/* the slot's confirmed_flush_lsn */
	int64_t		retained;		/* bytes of WAL since that; -1: not asked for */
} StreamInfo;

/*
 * Begins to connect.  slot is borrowed until stream_close().  With slot NULL it
 * is a probe: an ordinary connection that is STREAM_READY when the server lets
 * it in, and is then of no other use.
 */
extern Stream *stream_open(const Conf *conf, const char *slot);

/*
 * Goes on with a replication connection that exists (and owns a temporary
 * slot, perhaps).  Takes conn.
 */
extern Stream *stream_adopt(PGconn *conn, const Conf *conf, const char *slot);

/* Closes the connection; stream may be NULL. */
extern void stream_close(Stream *stream);

/* For poll(); both may change with every call of the others. */
extern int	stream_fd(const Stream *stream);
extern short stream_events(const Stream *stream);

/*
 * Says what poll() found.  Also while nothing is read on purpose, so that what
 * waits to be sent goes out.
 */
extern void stream_polled(Stream *stream, short revents);

/* Goes on as far as it can; message is filled for DATA and KEEPALIVE. */
extern StreamEvent stream_next(Stream *stream, StreamMessage *message, Err *err);

/* Valid until stream_close(). */
extern const StreamInfo *stream_info(const Stream *stream);

/* What the server says of itself under a name, after STREAM_STARTED the plugin, too; or NULL. */
extern const char *stream_parameter(const Stream *stream, const char *name);

/* Asks for the slot's state again; STREAM_READY follows. */
extern bool stream_inspect(Stream *stream, Err *err) must_check;

/*
 * Asks a probe that is STREAM_READY how much WAL there is since what the slot
 * has confirmed; it is STREAM_READY again with the answer.
 */
extern bool stream_ask_retained(Stream *stream, const char *slot, Err *err) must_check;

/*
 * START_REPLICATION at lsn (0: where the slot stands), with the connector's
 * properties for the plugin, and more of them (lines; "" for none).  last_end_lsn is the end of the last transaction
 * received, for source.sequence to go on from; 0: none.
 */
extern bool stream_start(Stream *stream, uint64_t lsn, uint64_t last_end_lsn,
						 const char *more, Err *err) must_check;

/*
 * A standby status update.  False and err when the connection broke.  It
 * leaves when the socket takes it; nothing waits for that.
 */
extern bool stream_feedback(Stream *stream, uint64_t write_lsn, uint64_t flush_lsn,
							Err *err) must_check;

/*
 * Ends the stream from this side (CopyDone).  What the server has under way is
 * dropped; STREAM_ENDED follows.
 */
extern bool stream_finish(Stream *stream, Err *err) must_check;

/* The largest message so far, in bytes: libpq's buffer never shrinks. */
extern size_t stream_largest(const Stream *stream);

#endif							/* WALPOST_STREAM_H */
