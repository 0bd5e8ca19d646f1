/*
 * rest.h
 *	  Kafka Connect's REST interface over a Worker.
 *
 * rest.c finds the call in a table; rest_connectors.c, rest_submit.c, rest_state.c,
 * rest_offsets.c and rest_plugins.c answer it.  Paths, status codes, bodies and
 * the words of errors are those of Kafka Connect 4.3.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_REST_H
#define WALPOST_REST_H

#include <jansson.h>

#include "http.h"
#include "worker.h"

/* The handler for http_open(); arg is the Worker. */
extern void rest_handle(void *arg, HttpRequest *request);

/* ---- for rest_*.c ---- */

#define REST_ARGS_MAX 2

/* A call while its handler runs; who answers later keeps copies. */
typedef struct RestCall
{
	Worker	   *worker;
	HttpRequest *http;
	char	   *args[REST_ARGS_MAX];	/* what stands for {} in the path, decoded */
} RestCall;

typedef void (*RestFn) (RestCall *call);

typedef struct RestRoute
{
	const char *method;
	const char *path;			/* {} is any one segment */
	RestFn		fn;
} RestRoute;

/* Each ends in a row of NULL. */
extern const RestRoute rest_connector_routes[];
extern const RestRoute rest_state_routes[];
extern const RestRoute rest_offset_routes[];
extern const RestRoute rest_plugin_routes[];

/* Answers, as JSON (taken), with nothing, or with an error of Kafka Connect's. */
extern void rest_answer(HttpRequest *http, int status, json_t *json);
extern void rest_answer_nothing(HttpRequest *http, int status);
extern void rest_error(HttpRequest *http, int status, const char *fmt,...)
			__attribute__((format(printf, 3, 4)));

/* Has the call made again when a process has ended. */
extern void rest_wait(RestCall *call, RestFn fn);

/* ---- rest_remote.c: calls that another worker answers ---- */

/*
 * Is there another worker, and the call not one that has come from one like
 * this?
 */
extern bool rest_has_remote(const RestCall *call);

/* Is there a connector of that name?  One that is only known here does not count. */
extern bool rest_runs_here(const Worker *worker, const char *name);

/* Is the call, of this route, about a connector that is not run here? */
extern bool rest_is_elsewhere(const RestCall *call, const RestRoute *route);

/*
 * Has the other worker answer it.  body (taken; NULL: the call's own) is sent.
 * Where there is no such connector, and fallback is not NULL, that answers.
 */
extern void rest_forward(RestCall *call, json_t *body, RestFn fallback);

/* Answers with here (taken: an array or an object), and what the other one has besides. */
extern void rest_forward_merged(RestCall *call, json_t *here);

/*
 * Asks the other worker, of which there must be one, whether it has a connector of
 * that name, for whoever makes the call; where it does not answer, it has not.
 */
typedef void (*RestAsked) (void *arg, bool is_there);
extern void rest_ask_remote(const RestCall *call, const char *name, RestAsked done, void *arg);

/* Looks whether it is there, and keeps its connectors to itself; tells the log. */
extern void rest_greet_remote(Worker *worker);

/* What is said of a class that nobody runs, behind Kafka Connect's own words. */
extern const char *rest_class_remedy(const RestCall *call);

/*
 * Looks at a config (taken) and writes it; answers, sooner or later.  make: there must be
 * no connector of that name yet.  initial, one of Kafka Connect's words or NULL, is its
 * target state at first, and not kept.
 */
extern void rest_submit(RestCall *call, const char *name, json_t *config, bool make,
						const char *initial);

/* The connector that args[0] names; NULL when there is none, which was answered. */
extern Connector *rest_connector(RestCall *call);

/*
 * The body as a JSON object, the caller's; NULL when it is none, which was
 * answered.
 */
extern json_t *rest_body(RestCall *call);

/* What URLs of this worker begin with: "http" or "https". */
extern const char *rest_scheme(const Worker *worker);

/* {"name", "config", "tasks", "type"} */
extern json_t *rest_info(const char *name, const json_t *config, bool tasks);

/* {"name", "connector", "tasks", "type"} */
extern json_t *rest_status(const Worker *worker, const Connector *connector);

typedef struct RestWrite
{
	HttpRequest *http;
	int			left;			/* records that are on their way */
	char	   *error;			/* why one of them was not written */
	int			status;			/* when all are */
	json_t	   *json;			/* and the answer; NULL: nothing */
} RestWrite;

/* What is to be answered once n records are written; json is taken. */
extern RestWrite *rest_write(HttpRequest *http, int n, int status, json_t *json);

/* A KafkaLogDone for each of them: arg is a RestWrite. */
extern void rest_written(void *arg, const char *error);

#endif							/* WALPOST_REST_H */
