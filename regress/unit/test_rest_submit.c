/*
 * test_rest_submit.c
 *	  Who makes a connector of a name that is being made, and where it is said to be.
 *
 * Around it (requests, the topics) this file plays: what is written is read back when
 * read_back() says so.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdarg.h>
#include <stdlib.h>

#include "mem.h"
#include "remote.h"
#include "rest.h"
#include "tap.h"

/* What a request was told. */
typedef struct Answer
{
	HttpRequest http;			/* first, so that one is the other */
	int			status;			/* 0: nothing yet */
	char		text[200];		/* Location, or the error */
} Answer;

static struct Written
{
	KafkaLogDone done;
	void	   *arg;
}			written[8];
static int	nwritten;
static TargetState left;		/* of a connector that is not there any more */
static int	targets[3];			/* how often each was written */
static Connector made;			/* that worker_find() finds, by its name */
static Worker worker = {.id = "host:8083"};

/* ---- what is around it ---------------------------------------------------------- */

void
rest_answer(HttpRequest *http, int status, json_t *json)
{
	((Answer *) http)->status = status;
	json_decref(json);
}

void
rest_error(HttpRequest *http, int status, const char *fmt,...)
{
	va_list		args;

	((Answer *) http)->status = status;
	va_start(args, fmt);
	vsnprintf(((Answer *) http)->text, sizeof(((Answer *) http)->text), fmt, args);
	va_end(args);
}

void
http_set_header(HttpRequest *http, const char *name, const char *value)
{
	snprintf(((Answer *) http)->text, sizeof(((Answer *) http)->text), "%s: %s", name, value);
}

json_t *
rest_info(const char *name, const json_t *config, bool tasks)
{
	return json_object();
}

const char *
rest_scheme(const Worker *w)
{
	return "http";
}

bool
rest_has_remote(const RestCall *call)
{
	return false;
}

bool
rest_runs_here(const Worker *w, const char *name)
{
	return true;
}

void
rest_ask_remote(const RestCall *call, const char *name, RestAsked done, void *arg)
{
	done(arg, false);
}

const char *
remote_url(const Remote *remote)
{
	return "";
}

const char *
rest_class_remedy(const RestCall *call)
{
	return "";
}

void
validator_run(Validator *validator, const json_t *config, ValidatorDone done, void *arg)
{
	json_t	   *result = json_object();

	done(arg, result);
	json_decref(result);
}

Connector *
worker_find(const Worker *w, const char *name)
{
	return made.name != NULL && strcmp(made.name, name) == 0 ? &made : NULL;
}

bool
worker_knows_class(const char *class)
{
	return true;
}

const char *
worker_task_state(const Connector *connector)
{
	return NULL;
}

TargetState
worker_target(const Worker *w, const char *name)
{
	return left;
}

static void
note(KafkaLogDone done, void *arg)
{
	written[nwritten].done = done;
	written[nwritten++].arg = arg;
}

void
worker_write_config(Worker *w, const char *name, const json_t *config, KafkaLogDone done, void *arg)
{
	note(done, arg);
}

void
worker_write_target(Worker *w, const char *name, TargetState target, KafkaLogDone done, void *arg)
{
	targets[target]++;
	note(done, arg);
}

static void
read_back(const char *error)
{
	for (int i = 0; i < nwritten; i++)
		written[i].done(written[i].arg, error);
	nwritten = 0;
}

/* ---- requests ------------------------------------------------------------------- */

static void
submit(Answer *answer, const char *name, bool make, const char *initial)
{
	RestCall	call = {.worker = &worker,.http = &answer->http};

	memset(answer, 0, sizeof(*answer));
	rest_submit(&call, name, json_pack("{s:s}", "connector.class", "PostgresConnector"), make, initial);
}

static void
test_at_once(void)
{
	Answer		first,
				second,
				third,
				other;

	submit(&first, "shop", true, "STOPPED");
	submit(&second, "shop", true, NULL);
	submit(&third, "shop", false, NULL);
	submit(&other, "stock", true, NULL);
	ok(first.status == 0 && nwritten == 4, "the first POST waits for what it wrote");
	ok(second.status == 409, "the second of that name gets %d: %s", second.status, second.text);
	read_back(NULL);
	ok(first.status == 201, "the first gets %d", first.status);
	ok(third.status == 200, "a PUT between them changes what the first has made: %d", third.status);
	ok(other.status == 201, "another name is none of that: %d", other.status);
	submit(&first, "shop", true, NULL);
	read_back("no broker");
	ok(first.status == 500, "one that could not be written");
	submit(&first, "shop", true, NULL);
	read_back(NULL);
	ok(first.status == 201, "does not keep its name");
	made.name = "shop";
	submit(&first, "shop", true, NULL);
	ok(first.status == 409, "one that is there does");
	made.name = NULL;
}

/* Whoever was killed while it was made or deleted may have left its state. */
static void
test_left_over(void)
{
	Answer		answer;

	left = TARGET_STOPPED;
	memset(targets, 0, sizeof(targets));
	submit(&answer, "shop", true, NULL);
	read_back(NULL);
	ok(targets[TARGET_STARTED] == 1, "a connector runs, whatever one of its name did before");
	submit(&answer, "shop", true, "PAUSED");
	read_back(NULL);
	ok(targets[TARGET_STARTED] == 1 && targets[TARGET_PAUSED] == 1, "unless it is not to");
	made.name = "shop";
	submit(&answer, "shop", false, NULL);
	read_back(NULL);
	ok(targets[TARGET_STARTED] == 1, "one that is there stays as it is");
	made.name = NULL;
	left = TARGET_STARTED;
}

static void
test_location(void)
{
	/* what Kafka Connect says of the same names, but for the last two */
	static const char *const names[][2] = {
		{"shop", "shop"}, {"a b", "a%20b"}, {"\xc3\xa4x", "%C3%A4x"}, {"a%b", "a%25b"}, {"a+b&=", "a+b&="},
		{"a:b@c;d,e", "a:b@c;d,e"}, {"a?b#c", "a%3Fb%23c"}, {"a\"<>|^`\\[]", "a%22%3C%3E%7C%5E%60%5C%5B%5D"},
		{"~._-!$'()*", "~._-!$'()*"}, {"a/b", "a%2Fb"}, {"a%20b", "a%2520b"}
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
	{
		Answer		answer;
		char	   *expected = mem_print("Location: http://host:8083/connectors/%s", names[i][1]);

		submit(&answer, names[i][0], true, NULL);
		read_back(NULL);
		is_bytes(answer.text, strlen(answer.text), expected, names[i][0]);
		free(expected);
	}
}

int
main(void)
{
	worker.making = json_object();
	test_at_once();
	test_left_over();
	test_location();
	json_decref(worker.making);
	return done_testing();
}
