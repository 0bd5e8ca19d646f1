/*
 * session.c
 *	  An ordinary connection that the loop drives.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "session.h"

#define CONNECT_TIMEOUT_US	30000000

typedef enum SessionState
{
	SESSION_CLOSED,
	SESSION_CONNECTING,
	SESSION_SETTING_UP,
	SESSION_IDLE,
	SESSION_RUNNING
} SessionState;

struct Session
{
	const Conf *conf;
	Loop	   *loop;
	const char *setup;
	bool		replication;
	SessionState state;
	PGconn	   *conn;
	LoopFd		watch;
	LoopTimer	timer;			/* ends connecting */
	bool		ready;			/* the socket, or it is to be looked at */
	bool		expired;
	bool		busy;
	bool		copying;
	bool		held;
	const char *what;
	char	   *sql;			/* waits for the connection; NULL: none does */
};

static void
on_ready(void *arg, short revents)
{
	Session    *session = arg;

	session->ready = true;
	/* nothing comes while it is idle: it broke */
	if (session->state == SESSION_IDLE && !session->busy)
		session_close(session);
}

static void
on_timer(void *arg)
{
	((Session *) arg)->expired = true;
}

Session *
session_new(const Conf *conf, Loop *loop, bool replication, const char *setup)
{
	Session    *session = mem_zero(sizeof(Session));

	session->conf = conf;
	session->loop = loop;
	session->replication = replication;
	session->setup = setup;
	session->watch = (LoopFd)
	{
		-1, 0, on_ready, session
	};
	session->timer = (LoopTimer)
	{
		.fire = on_timer,.arg = session
	};
	loop_fd_add(loop, &session->watch);
	loop_timer_add(loop, &session->timer);
	return session;
}

void
session_close(Session *session)
{
	PQfinish(session->conn);
	free(session->sql);
	session->conn = NULL;
	session->sql = NULL;
	session->watch.fd = -1;
	session->state = SESSION_CLOSED;
	session->busy = session->copying = session->expired = session->held = false;
	loop_timer_clear(&session->timer);
}

void
session_free(Session *session)
{
	if (session == NULL)
		return;
	session_close(session);
	loop_fd_remove(session->loop, &session->watch);
	free(session);
}

void
session_hold(Session *session, bool held)
{
	if (held == session->held || session->state != SESSION_RUNNING)
		return;
	session->held = held;
	session->watch.events = held ? 0 : POLLIN;
	session->ready = !held;
}

bool
session_busy(const Session *session)
{
	return session->busy;
}

static SessionEvent
fail(Session *session, const PGresult *res, Err *err)
{
	pg_error(session->conn, res, session->what, err);
	session_close(session);
	return SESSION_FAILED;
}

/* Sends text; what is left of it goes when the socket takes it. */
static bool
send_text(Session *session, const char *text, SessionState state)
{
	session->state = state;
	session->watch.fd = PQsocket(session->conn);
	session->watch.events = POLLIN;
	session->ready = true;
	return PQsendQuery(session->conn, text) && PQflush(session->conn) >= 0;
}

static void
connect_first(Session *session)
{
	session->conn = pg_connect_start(session->conf, session->replication);
	if (session->conn == NULL)
		mem_exhausted();
	session->state = SESSION_CONNECTING;
	session->watch.fd = PQsocket(session->conn);
	session->watch.events = POLLOUT;
	session->ready = PQstatus(session->conn) == CONNECTION_BAD;
	loop_timer_set(&session->timer, CONNECT_TIMEOUT_US);
}

void
session_send(Session *session, const char *what, const char *sql)
{
	session->busy = true;
	session->what = what;
	if (session->state == SESSION_CLOSED)
		connect_first(session);
	free(session->sql);
	session->sql = mem_copy(sql);
	session->ready = session->ready || session->state == SESSION_IDLE;
}

static SessionEvent
go_on_connecting(Session *session, Err *err)
{
	PostgresPollingStatusType want;
	char	   *text;
	char	   *all;
	bool		sent;

	if (!session->ready && !session->expired)
		return SESSION_WAIT;
	session->ready = false;
	want = session->expired ? PGRES_POLLING_FAILED : PQconnectPoll(session->conn);
	session->watch.fd = PQsocket(session->conn);
	session->watch.events = want == PGRES_POLLING_READING ? POLLIN : POLLOUT;
	if (want == PGRES_POLLING_FAILED)
	{
		if (session->expired)
			err_set(err, ERR_RETRY, "could not %s: no connection within %d s",
					session->what, CONNECT_TIMEOUT_US / 1000000);
		else
			pg_conn_error(session->conn, session->conf, err);
		session_close(session);
		return SESSION_FAILED;
	}
	if (want != PGRES_POLLING_OK)
		return SESSION_WAIT;
	loop_timer_clear(&session->timer);
	pg_conn_ready(session->conn);
	PQsetnonblocking(session->conn, 1);
	text = pg_session_setup(session->conf);
	all = mem_print("%s;%s;%s", text, pg_no_timeouts(session->conn), session->setup);
	sent = send_text(session, all, SESSION_SETTING_UP);
	free(text);
	free(all);
	return sent ? SESSION_DONE : fail(session, NULL, err);
}

/* Takes in what there is; false: the connection broke. */
static bool
consume(Session *session)
{
	int			unsent = PQflush(session->conn);

	session->ready = false;
	session->watch.events = unsent > 0 ? POLLIN | POLLOUT : POLLIN;
	return unsent >= 0 && PQconsumeInput(session->conn);
}

/* The next message of a copy; SESSION_DONE: it has ended. */
static SessionEvent
next_copied(Session *session, SessionData *data, Err *err)
{
	int			len = PQgetCopyData(session->conn, &data->buffer, 1);

	if (len > 0)
	{
		data->len = (size_t) len;
		return SESSION_COPY;
	}
	if (len == -2)
		return fail(session, NULL, err);
	if (len == -1)
		session->copying = false;
	return len == 0 ? SESSION_WAIT : SESSION_DONE;
}

/* The next result, or SESSION_DONE after the last one. */
static SessionEvent
next_result(Session *session, SessionData *data, Err *err)
{
	PGresult   *res;

	if (PQisBusy(session->conn))
		return SESSION_WAIT;
	res = PQgetResult(session->conn);
	if (res == NULL)
		return SESSION_DONE;
	switch (PQresultStatus(res))
	{
		case PGRES_COPY_OUT:
			session->copying = true;
			/* fall through */
		case PGRES_COMMAND_OK:
		case PGRES_TUPLES_OK:
		case PGRES_EMPTY_QUERY:
			data->res = res;
			return SESSION_RESULT;
		default:
			fail(session, res, err);
			PQclear(res);
			return SESSION_FAILED;
	}
}

/* One step of what runs; SESSION_DONE when there is no more of it. */
static SessionEvent
step(Session *session, SessionData *data, Err *err)
{
	for (;;)
	{
		bool		copying = session->copying;
		SessionEvent event = copying ? next_copied(session, data, err) : next_result(session, data, err);

		if (event == SESSION_WAIT && session->ready)
		{
			if (!consume(session))
				return fail(session, NULL, err);
		}
		else if (event != SESSION_DONE || !copying)
			return event;
	}
}

SessionEvent
session_next(Session *session, SessionData *data, Err *err)
{
	SessionEvent event;

	if (!session->busy)
		return SESSION_WAIT;
	if (session->state == SESSION_CONNECTING)
	{
		event = go_on_connecting(session, err);
		if (event != SESSION_DONE)
			return event;
	}
	while (session->state == SESSION_SETTING_UP)
	{
		event = step(session, data, err);
		if (event == SESSION_RESULT)
			PQclear(data->res);
		else if (event == SESSION_DONE)
			session->state = SESSION_IDLE;
		else
			return event;
	}
	if (session->state == SESSION_IDLE)
	{
		bool		sent = send_text(session, session->sql, SESSION_RUNNING);

		free(session->sql);
		session->sql = NULL;
		if (!sent)
			return fail(session, NULL, err);
	}
	event = step(session, data, err);
	if (event == SESSION_DONE)
	{
		session->state = SESSION_IDLE;
		session->busy = session->held = false;
	}
	return event;
}
