/*
 * session.h
 *	  An ordinary connection that the loop drives: SQL in, results and copied rows
 *	  out, nothing ever waits for it.
 *
 * The connection is made by the first session_send() and kept.  After a failure
 * it is closed, and the next session_send() makes a new one.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_SESSION_H
#define WALPOST_SESSION_H

#include <stdbool.h>
#include <stddef.h>

#include "conf.h"
#include "err.h"
#include "loop.h"
#include "pg.h"

typedef struct Session Session;

typedef enum SessionEvent
{
	SESSION_WAIT,				/* nothing until its socket is ready */
	SESSION_RESULT,				/* of a statement; the caller's, PQclear() */
	SESSION_COPY,				/* a message of COPY TO; the caller's, PQfreemem() */
	SESSION_DONE,				/* all that was sent has been run */
	SESSION_FAILED				/* err says why; nothing more comes of it */
} SessionEvent;

typedef struct SessionData
{
	PGresult   *res;
	char	   *buffer;
	size_t		len;
} SessionData;

/* All is borrowed; setup is SQL that each new connection runs first. */
extern Session *session_new(const Conf *conf, Loop *loop, bool replication, const char *setup);
extern void session_free(Session *session);

/* Drops the connection and what runs on it. */
extern void session_close(Session *session);

/*
 * Runs statements, one after the other, when none is under way; what says in
 * messages what they are for (borrowed).
 */
extern void session_send(Session *session, const char *what, const char *sql);

/* While held nothing of its socket is looked at: the server waits. */
extern void session_hold(Session *session, bool held);

/* True from session_send() to SESSION_DONE or SESSION_FAILED. */
extern bool session_busy(const Session *session);

extern SessionEvent session_next(Session *session, SessionData *data, Err *err);

#endif							/* WALPOST_SESSION_H */
