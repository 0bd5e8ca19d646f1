/*
 * stream.c
 *	  The replication connection as a sequence of phases, each a function.
 *
 * After connecting it asks the server who it is and what it knows of the slot,
 * then waits for stream_start().  From then on messages come through
 * PQgetCopyData() in its asynchronous form.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <assert.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "log.h"
#include "mem.h"
#include "slot.h"
#include "stream.h"
#include "wire.h"

/* Microseconds from 1970 to 2000, where PostgreSQL's clock begins. */
#define EPOCH_2000_US	INT64_C(946684800000000)

/* 'w', start, end and time of sending, before the plugin's bytes. */
#define DATA_HEAD		25
/* 'k', end, time of sending, whether to reply. */
#define KEEPALIVE_LEN	18

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

typedef StreamEvent (*PhaseFn) (Stream *stream, StreamMessage *message, Err *err);

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

size_t
stream_largest(const Stream *stream)
{
	return stream->largest;
}

static StreamEvent
stream_fail(Stream *stream)
{
	stream->phase = PHASE_OVER;
	return STREAM_FAILED;
}

/* Fills err from the connection, or from res, which it frees. */
static StreamEvent
stream_fail_pg(Stream *stream, PGresult *res, Err *err)
{
	char		what[128];

	snprintf(what, sizeof(what), "stream from slot \"%s\"", stream->slot ? stream->slot : "");
	pg_error(stream->conn, res, what, err);
	PQclear(res);
	return stream_fail(stream);
}

/* Hands the socket what libpq holds; false when the connection broke. */
static bool
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

/*
 * Reads what the socket has, once for each time that poll() said so.  False
 * when the connection broke.
 */
static bool
stream_consume(Stream *stream)
{
	if (!stream->readable)
		return true;
	stream->readable = false;
	return stream_flush(stream) && PQconsumeInput(stream->conn);
}

/* Sends a query and enters the phase that waits for its result. */
static bool
stream_query(Stream *stream, const char *sql, StreamPhase phase, Err *err)
{
	stream->phase = phase;
	if (PQsendQuery(stream->conn, sql) && stream_flush(stream))
		return true;
	stream_fail_pg(stream, NULL, err);
	return false;
}

/*
 * A quoted string for the replication grammar and for SQL alike.  The former
 * knows no E'' strings, which PQescapeLiteral() makes of backslashes.
 */
static char *
quote_literal(const char *text)
{
	char	   *quoted = mem_zero(strlen(text) * 2 + 3);
	char	   *to = quoted;

	*to++ = '\'';
	for (; *text != '\0'; text++)
	{
		if (*text == '\'')
			*to++ = '\'';
		*to++ = *text;
	}
	*to = '\'';
	return quoted;
}

/* What the engine must know before it starts; one row always. */
static char *
inspect_query(const char *slot, int server_version)
{
	char	   *name = quote_literal(slot);
	char	   *sql = mem_print("SELECT (SELECT setting FROM pg_catalog.pg_settings"
								" WHERE name = 'wal_sender_timeout'),"
								" s.plugin, s.active, s.confirmed_flush_lsn, s.wal_status, %s"
								" FROM (VALUES (1)) AS one (x)"
								" LEFT JOIN pg_catalog.pg_replication_slots AS s"
								" ON s.slot_name = %s", slot_lost_column(server_version), name);

	free(name);
	return sql;
}

bool
stream_inspect(Stream *stream, Err *err)
{
	char	   *sql = inspect_query(stream->slot, PQserverVersion(stream->conn));
	bool		ok = stream_query(stream, sql, PHASE_INSPECT, err);

	free(sql);
	return ok;
}

static StreamEvent
phase_connect(Stream *stream, StreamMessage *message, Err *err)
{
	if (stream->readable || PQstatus(stream->conn) == CONNECTION_BAD)
	{
		stream->readable = false;
		stream->polling = PQstatus(stream->conn) == CONNECTION_BAD ?
			PGRES_POLLING_FAILED : PQconnectPoll(stream->conn);
	}
	if (stream->polling == PGRES_POLLING_FAILED)
	{
		pg_conn_error(stream->conn, stream->conf, err);
		return stream_fail(stream);
	}
	if (stream->polling != PGRES_POLLING_OK)
		return STREAM_WAIT;

	pg_conn_ready(stream->conn);
	if (PQsetnonblocking(stream->conn, 1) != 0)
		return stream_fail_pg(stream, NULL, err);
	if (stream->slot == NULL)
	{
		stream->phase = PHASE_READY;
		return STREAM_READY;
	}
	if (!stream_query(stream, "IDENTIFY_SYSTEM", PHASE_IDENTIFY, err))
		return STREAM_FAILED;
	return STREAM_WAIT;
}

/*
 * The result of the phase's query in *res, which is NULL while it has not
 * come.  False when there will be none.
 */
static bool
take_result(Stream *stream, ExecStatusType expected, PGresult **res, Err *err)
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
phase_identify(Stream *stream, StreamMessage *message, Err *err)
{
	StreamInfo *info = &stream->info;
	PGresult   *res;
	char		sql[64];

	if (!take_result(stream, PGRES_TUPLES_OK, &res, err))
		return STREAM_FAILED;
	if (res == NULL)
		return STREAM_WAIT;

	snprintf(info->system_id, sizeof(info->system_id), "%s", PQgetvalue(res, 0, 0));
	info->timeline = (uint32_t) strtoul(PQgetvalue(res, 0, 1), NULL, 10);
	PQclear(res);

	/* the first timeline has no history */
	if (info->timeline <= 1)
		return stream_inspect(stream, err) ? STREAM_WAIT : STREAM_FAILED;
	snprintf(sql, sizeof(sql), "TIMELINE_HISTORY %u", info->timeline);
	return stream_query(stream, sql, PHASE_HISTORY, err) ? STREAM_WAIT : STREAM_FAILED;
}

static StreamEvent
phase_history(Stream *stream, StreamMessage *message, Err *err)
{
	PGresult   *res;

	if (!take_result(stream, PGRES_TUPLES_OK, &res, err))
		return STREAM_FAILED;
	if (res == NULL)
		return STREAM_WAIT;
	free(stream->info.history);
	stream->info.history = mem_copy(PQgetvalue(res, 0, 1));
	PQclear(res);
	return stream_inspect(stream, err) ? STREAM_WAIT : STREAM_FAILED;
}

static StreamEvent
phase_inspect(Stream *stream, StreamMessage *message, Err *err)
{
	StreamInfo *info = &stream->info;
	PGresult   *res;

	if (!take_result(stream, PGRES_TUPLES_OK, &res, err))
		return STREAM_FAILED;
	if (res == NULL)
		return STREAM_WAIT;

	info->sender_timeout_us = strtoll(PQgetvalue(res, 0, 0), NULL, 10) * 1000;
	info->slot_exists = !PQgetisnull(res, 0, 1);
	snprintf(info->slot_plugin, sizeof(info->slot_plugin), "%s", PQgetvalue(res, 0, 1));
	info->slot_active = PQgetvalue(res, 0, 2)[0] == 't';
	if (!pg_parse_lsn(PQgetvalue(res, 0, 3), &info->confirmed_lsn))
		info->confirmed_lsn = 0;
	snprintf(info->slot_status, sizeof(info->slot_status), "%s", PQgetvalue(res, 0, 4));
	snprintf(info->slot_lost, sizeof(info->slot_lost), "%s", PQgetvalue(res, 0, 5));
	PQclear(res);

	stream->phase = PHASE_READY;
	return STREAM_READY;
}

bool
stream_ask_retained(Stream *stream, const char *slot, Err *err)
{
	char	   *name = quote_literal(slot);
	char	   *sql = mem_print("SELECT pg_catalog.pg_wal_lsn_diff(CASE WHEN pg_catalog.pg_is_in_recovery()"
								" THEN pg_catalog.pg_last_wal_replay_lsn()"
								" ELSE pg_catalog.pg_current_wal_lsn() END, confirmed_flush_lsn)"
								" FROM pg_catalog.pg_replication_slots WHERE slot_name = %s", name);
	bool		ok = stream_query(stream, sql, PHASE_RETAINED, err);

	free(sql);
	free(name);
	return ok;
}

static StreamEvent
phase_retained(Stream *stream, StreamMessage *message, Err *err)
{
	PGresult   *res;

	if (!take_result(stream, PGRES_TUPLES_OK, &res, err))
		return STREAM_FAILED;
	if (res == NULL)
		return STREAM_WAIT;
	stream->info.retained = PQntuples(res) == 1 ? strtoll(PQgetvalue(res, 0, 0), NULL, 10) : 0;
	PQclear(res);
	stream->phase = PHASE_READY;
	return STREAM_READY;
}

/* Until stream_start(), only a lost connection is of interest. */
static StreamEvent
phase_ready(Stream *stream, StreamMessage *message, Err *err)
{
	if (!stream_consume(stream))
		return stream_fail_pg(stream, NULL, err);
	return STREAM_WAIT;
}

/* The connector's properties, and where this stream goes on from. */
static char *
plugin_properties(const Stream *stream, uint64_t last_end_lsn)
{
	char	   *properties = conf_plugin_properties(stream->conf);
	char	   *all;

	if (last_end_lsn == 0)
		return properties;
	all = mem_print("%swalpost.last.commit.lsn=" LSN_FMT "\n", properties,
					LSN_ARGS(last_end_lsn));
	free(properties);
	return all;
}

bool
stream_start(Stream *stream, uint64_t lsn, uint64_t last_end_lsn, Err *err)
{
	char	   *slot = PQescapeIdentifier(stream->conn, stream->slot, strlen(stream->slot));
	char	   *properties = plugin_properties(stream, last_end_lsn);
	char	   *quoted = quote_literal(properties);
	char	   *sql;
	bool		ok;

	assert(stream->phase == PHASE_READY);
	if (slot == NULL)
		mem_exhausted();
	sql = mem_print("START_REPLICATION SLOT %s LOGICAL " LSN_FMT
					" (\"wire\" '%d', \"walpost.properties\" %s)",
					slot, LSN_ARGS(lsn), WIRE_VERSION, quoted);
	ok = stream_query(stream, sql, PHASE_START, err);
	free(sql);
	free(quoted);
	free(properties);
	PQfreemem(slot);
	return ok;
}

static StreamEvent
phase_start(Stream *stream, StreamMessage *message, Err *err)
{
	PGresult   *res;

	if (!take_result(stream, PGRES_COPY_BOTH, &res, err))
		return STREAM_FAILED;
	if (res == NULL)
		return STREAM_WAIT;
	PQclear(res);
	stream->phase = PHASE_COPY;
	return STREAM_STARTED;
}

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

static StreamEvent
phase_copy(Stream *stream, StreamMessage *message, Err *err)
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
static StreamEvent
phase_finish(Stream *stream, StreamMessage *message, Err *err)
{
	char	   *buffer;
	int			len;

	if (!stream_consume(stream))
		return stream_fail_pg(stream, NULL, err);
	while ((len = PQgetCopyData(stream->conn, &buffer, 1)) > 0)
		PQfreemem(buffer);
	return len == 0 ? STREAM_WAIT : copy_end(stream, err);
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
		[PHASE_CONNECT] = phase_connect,
		[PHASE_IDENTIFY] = phase_identify,
		[PHASE_HISTORY] = phase_history,
		[PHASE_INSPECT] = phase_inspect,
		[PHASE_READY] = phase_ready,
		[PHASE_RETAINED] = phase_retained,
		[PHASE_START] = phase_start,
		[PHASE_COPY] = phase_copy,
		[PHASE_FINISH] = phase_finish,
		[PHASE_OVER] = phase_over,
	};

	return phases[stream->phase] (stream, message, err);
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
