/*
 * sidequery.c
 *	  A statement that is run now and then, on a connection of its own.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <poll.h>
#include <stdlib.h>

#include "log.h"
#include "mem.h"
#include "pg.h"
#include "sidequery.h"

#define LOG_MODULE "query"

/* A connection that does not stand by then is given up by the next run. */
#define CONNECT_TIMEOUT_US	30000000

/* Columns of a row that are handed over. */
#define ROW_COLUMNS			8

typedef enum SideState
{
	SIDE_CLOSED,
	SIDE_CONNECTING,
	SIDE_SETTING_UP,			/* the session's statements run */
	SIDE_IDLE,
	SIDE_RUNNING
} SideState;

struct SideQuery
{
	const Conf *conf;
	Loop	   *loop;
	const char *what;
	const char *statement;
	SideRow		row;			/* NULL: none */
	void	   *arg;
	SideState	state;
	PGconn	   *conn;
	LoopFd		watch;
	int64_t		since_us;		/* when the connection was begun */
	bool		failed;			/* a statement of this run did */
	LogLimit	limit;
};

static void on_ready(void *arg, short revents);

SideQuery *
sidequery_new(const Conf *conf, Loop *loop, const char *what,
			  const char *statement, SideRow row, void *arg)
{
	SideQuery  *query = mem_zero(sizeof(SideQuery));

	query->conf = conf;
	query->loop = loop;
	query->what = what;
	query->statement = statement;
	query->row = row;
	query->arg = arg;
	query->watch = (LoopFd)
	{
		-1, 0, on_ready, query
	};
	loop_fd_add(loop, &query->watch);
	return query;
}

static void
close_connection(SideQuery *query)
{
	PQfinish(query->conn);
	query->conn = NULL;
	query->watch.fd = -1;
	query->state = SIDE_CLOSED;
}

void
sidequery_free(SideQuery *query)
{
	if (query == NULL)
		return;
	close_connection(query);
	loop_fd_remove(query->loop, &query->watch);
	free(query);
}

static void
report(SideQuery *query, const Err *err)
{
	if (log_limit_pass(&query->limit))
		log_warn("%s; events go on without it", err->text);
}

/* Broken: the next run begins anew. */
static void
give_up(SideQuery *query, const PGresult *res)
{
	Err			err;

	pg_error(query->conn, res, query->what, &err);
	report(query, &err);
	close_connection(query);
}

/* Sends text; what is left of it goes when the socket takes it. */
static void
send_text(SideQuery *query, const char *text, SideState state)
{
	query->state = state;
	query->failed = false;
	query->watch.fd = PQsocket(query->conn);
	query->watch.events = POLLIN;
	if (!PQsendQuery(query->conn, text) || PQflush(query->conn) < 0)
		give_up(query, NULL);
	else
		query->watch.events |= POLLOUT;
}

static void
go_on_connecting(SideQuery *query)
{
	PostgresPollingStatusType want = PQconnectPoll(query->conn);
	char	   *text;
	Err			err;

	query->watch.fd = PQsocket(query->conn);
	query->watch.events = want == PGRES_POLLING_READING ? POLLIN : POLLOUT;
	if (want == PGRES_POLLING_FAILED)
	{
		pg_conn_error(query->conn, query->conf, &err);
		report(query, &err);
		close_connection(query);
	}
	else if (want == PGRES_POLLING_OK)
	{
		pg_conn_ready(query->conn);
		PQsetnonblocking(query->conn, 1);
		text = pg_session_setup(query->conf);
		send_text(query, text, SIDE_SETTING_UP);
		free(text);
	}
}

static void
give_rows(SideQuery *query, const PGresult *res)
{
	const char *values[ROW_COLUMNS];
	int			n = PQnfields(res) < ROW_COLUMNS ? PQnfields(res) : ROW_COLUMNS;

	for (int row = 0; row < PQntuples(res); row++)
	{
		for (int i = 0; i < n; i++)
			values[i] = PQgetisnull(res, row, i) ? NULL : PQgetvalue(res, row, i);
		query->row(query->arg, values, n);
	}
}

/* The results that have come; true when there are no more to come. */
static bool
take_results(SideQuery *query)
{
	while (!PQisBusy(query->conn))
	{
		PGresult   *res = PQgetResult(query->conn);
		ExecStatusType status = PQresultStatus(res);
		Err			err;

		if (res == NULL)
			return true;
		if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY)
		{
			query->failed = true;
			pg_error(query->conn, res, query->state == SIDE_SETTING_UP ?
					 "run database.initial.statements" : query->what, &err);
			report(query, &err);
		}
		else if (status == PGRES_TUPLES_OK && query->row != NULL && query->state == SIDE_RUNNING)
			give_rows(query, res);
		PQclear(res);
	}
	return false;
}

static void
go_on_running(SideQuery *query)
{
	int			unsent = PQflush(query->conn);

	if (unsent < 0 || !PQconsumeInput(query->conn))
	{
		give_up(query, NULL);
		return;
	}
	query->watch.events = unsent > 0 ? POLLIN | POLLOUT : POLLIN;
	if (!take_results(query))
		return;
	if (PQstatus(query->conn) == CONNECTION_BAD || (query->failed && query->state == SIDE_SETTING_UP))
		close_connection(query);
	else if (query->state == SIDE_SETTING_UP)
		send_text(query, query->statement, SIDE_RUNNING);
	else
		query->state = SIDE_IDLE;
}

static void
on_ready(void *arg, short revents)
{
	SideQuery  *query = arg;

	if (query->state == SIDE_CONNECTING)
		go_on_connecting(query);
	else if (query->state == SIDE_IDLE)
		close_connection(query);	/* nothing else comes while it is idle */
	else
		go_on_running(query);
}

void
sidequery_run(SideQuery *query)
{
	if (query->state == SIDE_IDLE)
	{
		send_text(query, query->statement, SIDE_RUNNING);
		return;
	}
	if (query->state == SIDE_CONNECTING && loop_now_us() > query->since_us + CONNECT_TIMEOUT_US)
		close_connection(query);
	if (query->state != SIDE_CLOSED)
		return;
	query->conn = pg_connect_start(query->conf, false);
	if (query->conn == NULL)
		mem_exhausted();
	query->since_us = loop_now_us();
	query->state = SIDE_CONNECTING;
	query->watch.fd = PQsocket(query->conn);
	query->watch.events = POLLOUT;
	if (PQstatus(query->conn) == CONNECTION_BAD)
		go_on_connecting(query);
}
