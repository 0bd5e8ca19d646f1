/*
 * stream_enter.c
 *	  A replication connection up to START_REPLICATION: who the server is, which
 *	  timelines it went through, what it knows of the slot.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "mem.h"
#include "slot.h"
#include "stream_private.h"
#include "wire.h"

/* Servers from this version on decode on a standby as well. */
#define DECODES_ON_STANDBY	160000

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

/*
 * A transaction is sent for as long as Kafka takes it, and a connection may wait for
 * its slot: what a role or database allows other sessions must not end them.
 */
static const char *
no_timeouts(int server_version)
{
#define OFF(setting) ", pg_catalog.set_config('" setting "', '0', false)"
	if (server_version >= 170000)
		return OFF("idle_session_timeout") OFF("transaction_timeout");
	return server_version >= 140000 ? OFF("idle_session_timeout") : "";
#undef OFF
}

/* What the engine must know before it starts; one row always. */
static char *
inspect_query(const char *slot, int server_version)
{
	char	   *name = quote_literal(slot);
	char	   *sql = mem_print("SELECT (SELECT setting FROM pg_catalog.pg_settings"
								" WHERE name = 'wal_sender_timeout'),"
								" s.plugin, s.active, s.confirmed_flush_lsn, s.wal_status, %s,"
								" pg_catalog.pg_is_in_recovery()%s"
								" FROM (VALUES (1)) AS one (x)"
								" LEFT JOIN pg_catalog.pg_replication_slots AS s"
								" ON s.slot_name = %s", slot_lost_column(server_version),
								no_timeouts(server_version), name);

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

StreamEvent
stream_phase_connect(Stream *stream, StreamMessage *message, Err *err)
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

StreamEvent
stream_phase_identify(Stream *stream, StreamMessage *message, Err *err)
{
	StreamInfo *info = &stream->info;
	PGresult   *res;
	char		sql[64];

	if (!stream_take_result(stream, PGRES_TUPLES_OK, &res, err))
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

StreamEvent
stream_phase_history(Stream *stream, StreamMessage *message, Err *err)
{
	PGresult   *res;

	if (!stream_take_result(stream, PGRES_TUPLES_OK, &res, err))
		return STREAM_FAILED;
	if (res == NULL)
		return STREAM_WAIT;
	free(stream->info.history);
	stream->info.history = mem_copy(PQgetvalue(res, 0, 1));
	PQclear(res);
	return stream_inspect(stream, err) ? STREAM_WAIT : STREAM_FAILED;
}

StreamEvent
stream_phase_inspect(Stream *stream, StreamMessage *message, Err *err)
{
	StreamInfo *info = &stream->info;
	PGresult   *res;

	if (!stream_take_result(stream, PGRES_TUPLES_OK, &res, err))
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
	info->standby = PQgetvalue(res, 0, 6)[0] == 't';
	PQclear(res);

	/* a failover that has not come to its end yet */
	if (info->standby && PQserverVersion(stream->conn) < DECODES_ON_STANDBY)
	{
		err_set(err, ERR_RETRY, "could not stream from slot \"%s\": the server is a standby, on which PostgreSQL %d cannot decode; waiting until it is promoted",
				stream->slot, PQserverVersion(stream->conn) / 10000);
		return stream_fail(stream);
	}
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

StreamEvent
stream_phase_retained(Stream *stream, StreamMessage *message, Err *err)
{
	PGresult   *res;

	if (!stream_take_result(stream, PGRES_TUPLES_OK, &res, err))
		return STREAM_FAILED;
	if (res == NULL)
		return STREAM_WAIT;
	stream->info.retained = PQntuples(res) == 1 ? strtoll(PQgetvalue(res, 0, 0), NULL, 10) : 0;
	PQclear(res);
	stream->phase = PHASE_READY;
	return STREAM_READY;
}

/* Until stream_start(), only a lost connection is of interest. */
StreamEvent
stream_phase_ready(Stream *stream, StreamMessage *message, Err *err)
{
	if (!stream_consume(stream))
		return stream_fail_pg(stream, NULL, err);
	return STREAM_WAIT;
}

/* The connector's properties, and where this stream goes on from. */
static char *
plugin_properties(const Stream *stream, uint64_t last_end_lsn, const char *more)
{
	char	   *properties = conf_plugin_properties(stream->conf);
	char	   *all;

	if (last_end_lsn == 0)
		all = mem_print("%s%s", properties, more);
	else
		all = mem_print("%s%swalpost.last.commit.lsn=" LSN_FMT "\n", properties, more,
						LSN_ARGS(last_end_lsn));
	free(properties);
	return all;
}

bool
stream_start(Stream *stream, uint64_t lsn, uint64_t last_end_lsn, const char *more, Err *err)
{
	char	   *slot = PQescapeIdentifier(stream->conn, stream->slot, strlen(stream->slot));
	char	   *properties = plugin_properties(stream, last_end_lsn, more);
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

StreamEvent
stream_phase_start(Stream *stream, StreamMessage *message, Err *err)
{
	PGresult   *res;

	if (!stream_take_result(stream, PGRES_COPY_BOTH, &res, err))
		return STREAM_FAILED;
	if (res == NULL)
		return STREAM_WAIT;
	PQclear(res);
	stream->phase = PHASE_COPY;
	return STREAM_STARTED;
}
