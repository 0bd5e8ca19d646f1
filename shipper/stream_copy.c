/*
 * stream_copy.c
 *	  A replication connection that streams: messages, status updates, the end.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <sys/time.h>

#include "stream_private.h"
#include "wire.h"

/* Microseconds from 1970 to 2000, where PostgreSQL's clock begins. */
#define EPOCH_2000_US	INT64_C(946684800000000)

/* 'w', start, end and time of sending, before the plugin's bytes. */
#define DATA_HEAD		25
/* 'k', end, time of sending, whether to reply. */
#define KEEPALIVE_LEN	18

/* The copy is over: why, is in the results that follow. */
static StreamEvent
copy_end(Stream *stream, Err *err)
{
	PGresult   *res;

	if (PQisBusy(stream->conn))
		return STREAM_WAIT;
	while ((res = PQgetResult(stream->conn)) != NULL)
	{
		ExecStatusType status = PQresultStatus(res);

		if (status == PGRES_COPY_IN && stream->phase == PHASE_COPY)
		{
			/* the server sent CopyDone first: answer it, then CommandComplete */
			stream->phase = PHASE_FINISH;
			PQclear(res);
			if (PQputCopyEnd(stream->conn, NULL) < 0 || !stream_flush(stream))
				return stream_fail_pg(stream, NULL, err);
			return STREAM_WAIT;
		}
		if (status == PGRES_FATAL_ERROR)
			return stream_fail_pg(stream, res, err);
		PQclear(res);
		if (PQisBusy(stream->conn))
			return STREAM_WAIT;
	}
	stream->phase = PHASE_OVER;
	return STREAM_ENDED;
}

/* Takes one message apart; the buffer is freed unless it is handed over. */
static StreamEvent
copy_message(Stream *stream, char *buffer, size_t len, StreamMessage *message, Err *err)
{
	if (len > stream->largest)
		stream->largest = len;

	if (len >= DATA_HEAD && buffer[0] == 'w')
	{
		message->buffer = buffer;
		message->len = len;
		message->start = DATA_HEAD;
		return STREAM_DATA;
	}
	if (len == KEEPALIVE_LEN && buffer[0] == 'k')
	{
		message->lsn = wire_get64(buffer + 1);
		message->reply = buffer[KEEPALIVE_LEN - 1] != 0;
		PQfreemem(buffer);
		return STREAM_KEEPALIVE;
	}
	err_set(err, ERR_FATAL, "could not stream from slot \"%s\": the server sent a message "
			"of unknown kind \"%c\" and %zu bytes", stream->slot, buffer[0], len);
	PQfreemem(buffer);
	return stream_fail(stream);
}

StreamEvent
stream_phase_copy(Stream *stream, StreamMessage *message, Err *err)
{
	char	   *buffer;
	int			len;

	len = PQgetCopyData(stream->conn, &buffer, 1);
	if (len == 0 && stream->readable)
	{
		if (!stream_consume(stream))
			return stream_fail_pg(stream, NULL, err);
		len = PQgetCopyData(stream->conn, &buffer, 1);
	}
	if (len > 0)
		return copy_message(stream, buffer, (size_t) len, message, err);
	if (len == 0)
		return STREAM_WAIT;
	if (len == -1)
		return copy_end(stream, err);
	return stream_fail_pg(stream, NULL, err);
}

/* What still comes after CopyDone is dropped: it was not asked for any more. */
StreamEvent
stream_phase_finish(Stream *stream, StreamMessage *message, Err *err)
{
	char	   *buffer;
	int			len;

	if (!stream_consume(stream))
		return stream_fail_pg(stream, NULL, err);
	while ((len = PQgetCopyData(stream->conn, &buffer, 1)) > 0)
		PQfreemem(buffer);
	return len == 0 ? STREAM_WAIT : copy_end(stream, err);
}

bool
stream_feedback(Stream *stream, uint64_t write_lsn, uint64_t flush_lsn, Err *err)
{
	char		reply[34];
	struct timeval now;

	if (stream->phase != PHASE_COPY)
		return true;

	gettimeofday(&now, NULL);
	reply[0] = 'r';
	wire_put64(reply + 1, write_lsn);
	wire_put64(reply + 9, flush_lsn);
	wire_put64(reply + 17, flush_lsn);
	wire_put64(reply + 25, (uint64_t) ((int64_t) now.tv_sec * 1000000 + now.tv_usec -
									   EPOCH_2000_US));
	reply[33] = 0;

	/* 0 is a full buffer: an older update waits in it, and serves as well */
	if (PQputCopyData(stream->conn, reply, sizeof(reply)) < 0 || !stream_flush(stream))
	{
		stream_fail_pg(stream, NULL, err);
		return false;
	}
	return true;
}

bool
stream_finish(Stream *stream, Err *err)
{
	if (stream->phase != PHASE_COPY)
	{
		stream->phase = PHASE_OVER;
		return true;
	}
	stream->phase = PHASE_FINISH;
	if (PQputCopyEnd(stream->conn, NULL) < 0 || !stream_flush(stream))
	{
		stream_fail_pg(stream, NULL, err);
		return false;
	}
	return true;
}
