/*
 * remote.h
 *	  A client of another worker's REST interface, within the loop.
 *
 * libcurl without threads of ours.  Bounded: how long a call takes, and how much
 * of an answer is read.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_REMOTE_H
#define WALPOST_REMOTE_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"
#include "loop.h"

typedef struct Remote Remote;

/* Says that a call was passed on, so that it is not passed on in a circle. */
#define REMOTE_MARK "X-Walpost-Forwarded"

/* Strings are NULL where there is nothing, and gone when the callee returns. */
typedef struct RemoteAnswer
{
	int			status;			/* 0: none came, and error says why */
	bool		timed_out;		/* in that case */
	const char *error;
	const char *type;			/* of the body */
	const char *location;		/* header */
	const char *body;			/* len bytes and a NUL */
	size_t		len;
} RemoteAnswer;

/* Called once for each call, never before remote_call() returns. */
typedef void (*RemoteDone) (void *arg, const RemoteAnswer *answer);

typedef struct RemoteCall
{
	const char *method;
	const char *path;			/* as it is to be sent, with its query */
	const char *authorization;	/* header; NULL: none */
	const char *body;			/* JSON; NULL: none */
	size_t		len;
} RemoteCall;

/*
 * url is what paths are appended to: http://HOST:PORT, https:// too; trusted
 * (NULL: the system's) a file of certificates in PEM.  loop is borrowed.  NULL and
 * err (ERR_CONFIG when url is none).
 */
extern Remote *remote_open(Loop *loop, const char *url, const char *trusted, Err *err) must_check;

/* The loop turns no more; who waits is told.  remote may be NULL. */
extern void remote_close(Remote *remote);

/* The URL as it may be shown: without a password. */
extern const char *remote_url(const Remote *remote);

/* Text as one segment of a path, to be freed by the caller. */
extern char *remote_segment(const char *text);

/* Everything is copied. */
extern void remote_call(Remote *remote, const RemoteCall *call, RemoteDone done, void *arg);

#endif							/* WALPOST_REMOTE_H */
