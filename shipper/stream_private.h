/*
 * stream_private.h
 *	  What the parts of a replication connection share: stream.c (life, sending,
 *	  receiving), stream_enter.c (phases up to START_REPLICATION), stream_copy.c
 *	  (messages both ways, and the end).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_STREAM_PRIVATE_H
#define WALPOST_STREAM_PRIVATE_H

#include "stream.h"

typedef enum StreamPhase
{
	PHASE_CONNECT,
	PHASE_IDENTIFY,
	PHASE_HISTORY,
	PHASE_INSPECT,
	PHASE_READY,
	PHASE_RETAINED,
	PHASE_START,
	PHASE_COPY,
	PHASE_FINISH,
	PHASE_OVER
} StreamPhase;

struct Stream
{
	const Conf *conf;
	const char *slot;			/* NULL: a probe */
	PGconn	   *conn;
	StreamPhase phase;
	PostgresPollingStatusType polling;
	bool		readable;		/* poll() said so, nothing was read since */
	bool		unsent;			/* libpq holds bytes that the socket did not
								 * take */
	size_t		largest;
	StreamInfo	info;
};

/* The connection is of no more use: STREAM_FAILED. */
extern StreamEvent stream_fail(Stream *stream);

/* The same with err from the connection, or from res, which it frees. */
extern StreamEvent stream_fail_pg(Stream *stream, PGresult *res, Err *err);

/* Hands the socket what libpq holds; false when the connection broke. */
extern bool stream_flush(Stream *stream);

/*
 * Reads what the socket has, once for each time that poll() said so.  False
 * when the connection broke.
 */
extern bool stream_consume(Stream *stream);

/* Sends a query and enters the phase that waits for its result. */
extern bool stream_query(Stream *stream, const char *sql, StreamPhase phase, Err *err);

/*
 * The result of the phase's query in *res (the caller's, PQclear()), which is
 * NULL while it has not come.  False when there will be none.
 */
extern bool stream_take_result(Stream *stream, ExecStatusType expected, PGresult **res,
							   Err *err);

/* A phase: goes on as far as it can. */
typedef StreamEvent (*PhaseFn) (Stream *stream, StreamMessage *message, Err *err);

extern StreamEvent stream_phase_connect(Stream *stream, StreamMessage *message, Err *err);
extern StreamEvent stream_phase_identify(Stream *stream, StreamMessage *message, Err *err);
extern StreamEvent stream_phase_history(Stream *stream, StreamMessage *message, Err *err);
extern StreamEvent stream_phase_inspect(Stream *stream, StreamMessage *message, Err *err);
extern StreamEvent stream_phase_ready(Stream *stream, StreamMessage *message, Err *err);
extern StreamEvent stream_phase_retained(Stream *stream, StreamMessage *message, Err *err);
extern StreamEvent stream_phase_start(Stream *stream, StreamMessage *message, Err *err);
extern StreamEvent stream_phase_copy(Stream *stream, StreamMessage *message, Err *err);
extern StreamEvent stream_phase_finish(Stream *stream, StreamMessage *message, Err *err);

#endif							/* WALPOST_STREAM_PRIVATE_H */
