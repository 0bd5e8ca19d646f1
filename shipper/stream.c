/*
 * stream.c
 *	  The replication connection as a sequence of phases, each a function.
 *
 * After connecting it asks the server who it is and what it knows of the slot,
 * then waits for stream_start() (stream_enter.c).  From then on messages come
 * through PQgetCopyData() in its asynchronous form (stream_copy.c).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "mem.h"
#include "stream_private.h"

static Stream *
stream_new(PGconn *conn, const Conf *conf, const char *slot, StreamPhase phase)
{
	Stream	   *stream = mem_zero(sizeof(Stream));

	stream->conf = conf;
	stream->slot = slot;
	stream->conn = conn;
	stream->phase = phase;
	stream->polling = PGRES_POLLING_WRITING;
	stream->info.retained = -1;
	return stream;
}

Stream *
stream_open(const Conf *conf, const char *slot)
{
	PGconn	   *conn = pg_connect_start(conf, slot != NULL);

	if (conn == NULL)
		mem_exhausted();
	return stream_new(conn, conf, slot, PHASE_CONNECT);
}

Stream *
stream_adopt(PGconn *conn, const Conf *conf, const char *slot)
{
	PQsetnonblocking(conn, 1);
	return stream_new(conn, conf, slot, PHASE_READY);
}

void
stream_close(Stream *stream)
{
	if (stream == NULL)
		return;
	PQfinish(stream->conn);
	free(stream->info.history);
	free(stream);
}

int
stream_fd(const Stream *stream)
{
	return PQsocket(stream->conn);
}

short
stream_events(const Stream *stream)
{
	if (stream->phase == PHASE_CONNECT)
		return stream->polling == PGRES_POLLING_READING ? POLLIN : POLLOUT;
	return stream->unsent ? POLLIN | POLLOUT : POLLIN;
}

const StreamInfo *
stream_info(const Stream *stream)
{
	return &stream->info;
}

const char *
stream_parameter(const Stream *stream, const char *name)
{
	return PQparameterStatus(stream->conn, name);
}

size_t
stream_largest(const Stream *stream)
{
	return stream->largest;
}

StreamEvent
stream_fail(Stream *stream)
{
	stream->phase = PHASE_OVER;
	return STREAM_FAILED;
}

StreamEvent
stream_fail_pg(Stream *stream, PGresult *res, Err *err)
{
	char		what[128];

	snprintf(what, sizeof(what), "stream from slot \"%s\"", stream->slot ? stream->slot : "");
	pg_error(stream->conn, res, what, err);
	PQclear(res);
	return stream_fail(stream);
}

bool
stream_flush(Stream *stream)
{
	int			rc = PQflush(stream->conn);

	stream->unsent = rc > 0;
	return rc >= 0;
}

void
stream_polled(Stream *stream, short revents)
{
	if ((revents & ~POLLOUT) != 0 || stream->phase == PHASE_CONNECT)
		stream->readable = true;

	/* a broken connection shows itself when it is read */
	if ((revents & POLLOUT) != 0 && stream->phase != PHASE_CONNECT &&
		!stream_flush(stream))
		stream->readable = true;
}

bool
stream_consume(Stream *stream)
{
	if (!stream->readable)
		return true;
	stream->readable = false;
	return stream_flush(stream) && PQconsumeInput(stream->conn);
}

bool
stream_query(Stream *stream, const char *sql, StreamPhase phase, Err *err)
{
	stream->phase = phase;
	if (PQsendQuery(stream->conn, sql) && stream_flush(stream))
		return true;
	stream_fail_pg(stream, NULL, err);
	return false;
}

bool
stream_take_result(Stream *stream, ExecStatusType expected, PGresult **res, Err *err)
{
	PGresult   *rest;

	*res = NULL;
	if (!stream_consume(stream))
	{
		stream_fail_pg(stream, NULL, err);
		return false;
	}
	if (PQisBusy(stream->conn))
		return true;

	*res = PQgetResult(stream->conn);
	if (PQresultStatus(*res) != expected)
	{
		stream_fail_pg(stream, *res, err);
		return false;
	}
	if (expected == PGRES_COPY_BOTH)
		return true;

	/* the end of the result follows in the same packet */
	while ((rest = PQgetResult(stream->conn)) != NULL)
		PQclear(rest);
	return true;
}

static StreamEvent
phase_over(Stream *stream, StreamMessage *message, Err *err)
{
	return STREAM_ENDED;
}

StreamEvent
stream_next(Stream *stream, StreamMessage *message, Err *err)
{
	static const PhaseFn phases[] = {
		[PHASE_CONNECT] = stream_phase_connect,
		[PHASE_IDENTIFY] = stream_phase_identify,
		[PHASE_HISTORY] = stream_phase_history,
		[PHASE_INSPECT] = stream_phase_inspect,
		[PHASE_READY] = stream_phase_ready,
		[PHASE_RETAINED] = stream_phase_retained,
		[PHASE_START] = stream_phase_start,
		[PHASE_COPY] = stream_phase_copy,
		[PHASE_FINISH] = stream_phase_finish,
		[PHASE_OVER] = phase_over,
	};

	return phases[stream->phase] (stream, message, err);
}
