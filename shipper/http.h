/*
 * http.h
 *	  HTTP within the loop: whole requests in, whole answers out.
 *
 * libmicrohttpd without threads.  A request is handed over when its body is
 * complete; who cannot answer at once does so later, and its client waits.
 *
 *		http = http_open(&loop, "127.0.0.1:8083", handle, arg, &err);
 *		for (;;) { http_watch(http); loop_once(&loop); }
 *
 * Bounded: bodies, connections, and how long a client may be silent.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_HTTP_H
#define WALPOST_HTTP_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"
#include "httptls.h"
#include "loop.h"

typedef struct Http Http;

#define HTTP_BODY_MAX	(1024 * 1024)

/* A request, from its last byte to its answer.  Strings are the request's. */
typedef struct HttpRequest
{
	const char *method;			/* HEAD is told as GET */
	const char *path;			/* as it was sent, percent signs and all, without
								 * the query */
	const char *query;			/* as it was sent, without "?"; "" without one */
	const char *body;			/* terminated; "" without one */
	size_t		len;
	bool		too_large;		/* the body is left out */
} HttpRequest;

/*
 * Has to answer the request by http_answer(), now or later.
 */
typedef void (*HttpHandler) (void *arg, HttpRequest *request);

/*
 * Listens at address: PORT, HOST:PORT or [HOST]:PORT; without a host, on all of
 * them; port 0 is a free one.  tls (NULL: none) is borrowed as loop is.  NULL and
 * err (ERR_CONFIG when address is wrong or taken).
 */
extern Http *http_open(Loop *loop, const char *address, const HttpTls *tls,
					   HttpHandler handler, void *arg, Err *err) must_check;

/* The loop must not turn any more, and every request be answered.  http may be NULL. */
extern void http_close(Http *http);

/* To be called before each turn of the loop; http may be NULL. */
extern void http_watch(Http *http);

/* The port that it listens at. */
extern int	http_port(const Http *http);

/*
 * A header of the request, or a parameter of its query (decoded), or NULL; and
 * whether the query has such a parameter with such a value, among others.
 */
extern const char *http_header(const HttpRequest *request, const char *name);
extern const char *http_parameter(const HttpRequest *request, const char *name);
extern bool http_parameter_is(const HttpRequest *request, const char *name, const char *value);

/* User and password of HTTP's basic authentication, the caller's; false: none. */
extern bool http_basic_auth(const HttpRequest *request, char **user, char **password);

/* A header of the answer to come; copied. */
extern void http_set_header(HttpRequest *request, const char *name, const char *value);

/*
 * Answers; request is gone then.  body (malloced, may be NULL for none) is
 * taken, type is its content type.
 */
extern void http_answer(HttpRequest *request, int status, const char *type, char *body);

/* The same with len bytes of body, which need not be a text. */
extern void http_answer_bytes(HttpRequest *request, int status, const char *type,
							  char *body, size_t len);

#endif							/* WALPOST_HTTP_H */
