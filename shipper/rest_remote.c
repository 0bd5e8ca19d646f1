/*
 * rest_remote.c
 *	  Calls that another worker answers: walpost.connect.url names a Kafka Connect
 *	  worker that runs connectors of other classes.
 *
 * Users see one worker.  A connector of Debezium's class lives here, any other one
 * there; lists are merged.  A connector that was registered here before, with a
 * class that is not run here, is shown as long as the other worker has none of
 * its name.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdlib.h>
#include <string.h>

#include "jsontext.h"
#include "log.h"
#include "mem.h"
#include "remote.h"
#include "rest.h"

#define LOG_MODULE "rest"

/* A call that is with the other worker. */
typedef struct Forward
{
	RestCall	call;
	RestFn		fallback;		/* NULL: none */
	json_t	   *here;			/* what is to be merged; NULL: nothing */
} Forward;

bool
rest_runs_here(const Worker *worker, const char *name)
{
	const Connector *connector = worker_find(worker, name);

	return connector != NULL && worker_runs(connector);
}

bool
rest_has_remote(const RestCall *call)
{
	return call->worker->remote != NULL && http_header(call->http, REMOTE_MARK) == NULL;
}

bool
rest_is_elsewhere(const RestCall *call, const RestRoute *route)
{
	static const char connector[] = "/connectors/{}";
	bool		sets = strcmp(route->method, "PUT") == 0 && strcmp(route->path, "/connectors/{}/config") == 0;

	/* who sets a config decides by its class */
	return rest_has_remote(call) && !sets && strncmp(route->path, connector, strlen(connector)) == 0 &&
		!rest_runs_here(call->worker, call->args[0]);
}

const char *
rest_class_remedy(const RestCall *call)
{
	return call->worker->remote != NULL ? "" :
		"; register it with a Kafka Connect worker, or let walpost.connect.url name one that such calls are passed on to";
}

/* ---- answers ------------------------------------------------------------------------ */

static void
forward_free(Forward *forward)
{
	for (int i = 0; i < REST_ARGS_MAX; i++)
		free(forward->call.args[i]);
	json_decref(forward->here);
	free(forward);
}

/* It lives at our address, as far as the caller is concerned. */
static void
pass_location(const RestCall *call, const char *location)
{
	const char *path = location ? strstr(location, "/connectors/") : NULL;
	char	   *own;

	if (path == NULL)
		return;
	own = mem_print("%s://%s%s", rest_scheme(call->worker), call->worker->id, path);
	http_set_header(call->http, "Location", own);
	free(own);
}

static void
pass_answer(const RestCall *call, const RemoteAnswer *answer)
{
	const char *url = remote_url(call->worker->remote);

	if (answer->status == 0)
	{
		log_warn("the Connect worker at %s does not answer: %s", url, answer->error);
		rest_error(call->http, answer->timed_out ? 504 : 502, "The Connect worker at %s, which runs the connectors that are not Debezium's for PostgreSQL, does not answer: %s",
				   url, answer->error);
		return;
	}
	pass_location(call, answer->location);
	http_answer_bytes(call->http, answer->status, answer->type ? answer->type : "application/json",
					  mem_copy_len(answer->body, answer->len), answer->len);
}

static void
on_answer(void *arg, const RemoteAnswer *answer)
{
	Forward    *forward = arg;
	RestCall   *call = &forward->call;

	if (answer->status == 404 && forward->fallback != NULL && worker_find(call->worker, call->args[0]) != NULL)
		forward->fallback(call);
	else
		pass_answer(call, answer);
	forward_free(forward);
}

/* ---- lists ---------------------------------------------------------------------------- */

/* Plugins are the same if their classes are, connectors if their names are. */
static bool
has_item(const json_t *list, const json_t *item)
{
	const json_t *class = json_object_get(item, "class");
	size_t		i;
	json_t	   *one;

	json_array_foreach((json_t *) list, i, one)
		if (class != NULL ? json_equal(json_object_get(one, "class"), class) : json_equal(one, item))
			return true;
	return false;
}

/*
 * One that both have: whoever calls is answered from here.  Two workers on the same
 * topics would even both run it; which topics it has a worker does not tell.
 */
static void
warn_if_hidden(Worker *worker, const char *name)
{
	const char *url = remote_url(worker->remote);

	if (name == NULL || !rest_runs_here(worker, name) || json_object_get(worker->hiding, name) != NULL)
		return;
	if (worker->hiding == NULL)
		worker->hiding = json_object();
	json_object_set_new(worker->hiding, name, json_true());
	log_warn("connector \"%s\" is registered with the Connect worker at %s, too, and hides that one here: if the two share topics, both run it; give that worker a group.id, config.storage.topic, offset.storage.topic and status.storage.topic of its own, or delete one of the two (DELETE %s/connectors/%s)",
			 name, url, url, name);
}

static void
merge(Worker *worker, json_t *here, const json_t *there)
{
	size_t		i;
	const char *name;
	json_t	   *one;

	if (json_is_array(here))
		json_array_foreach((json_t *) there, i, one)
		{
			warn_if_hidden(worker, json_string_value(one));
			if (!has_item(here, one))
				json_array_append(here, one);
		}
	else
		json_object_foreach((json_t *) there, name, one)
		{
			warn_if_hidden(worker, name);
			if (!rest_runs_here(worker, name))
				json_object_set(here, name, one);
		}
}

static void
on_list(void *arg, const RemoteAnswer *answer)
{
	Forward    *forward = arg;
	json_t	   *there = answer->status == 200 ? json_loadb(answer->body, answer->len, 0, NULL) : NULL;

	if (there != NULL && json_typeof(there) == json_typeof(forward->here))
	{
		merge(forward->call.worker, forward->here, there);
		rest_answer(forward->call.http, 200, json_incref(forward->here));
	}
	else if (answer->status == 200)
		rest_error(forward->call.http, 502, "The Connect worker at %s answers with what is no list of its own; check walpost.connect.url",
				   remote_url(forward->call.worker->remote));
	else
		pass_answer(&forward->call, answer);
	json_decref(there);
	forward_free(forward);
}

/* ---- calls ------------------------------------------------------------------------------ */

static void
send_call(Forward *forward, const char *body, size_t len, RemoteDone done)
{
	HttpRequest *http = forward->call.http;
	char	   *path = mem_print("%s%s%s", http->path, http->query[0] ? "?" : "", http->query);
	const RemoteCall out = {
		.method = http->method,
		.path = path,
		.authorization = http_header(http, "Authorization"),
		.body = body,
		.len = len
	};

	remote_call(forward->call.worker->remote, &out, done, forward);
	free(path);
}

static Forward *
forward_new(const RestCall *call)
{
	Forward    *forward = mem_zero(sizeof(Forward));

	forward->call = *call;
	for (int i = 0; i < REST_ARGS_MAX; i++)
		forward->call.args[i] = call->args[i] ? mem_copy(call->args[i]) : NULL;
	return forward;
}

void
rest_forward(RestCall *call, json_t *body, RestFn fallback)
{
	Forward    *forward = forward_new(call);
	char	   *text = body ? json_print(body) : NULL;

	forward->fallback = fallback;
	if (text != NULL)
		send_call(forward, text, strlen(text), on_answer);
	else
		send_call(forward, call->http->len > 0 ? call->http->body : NULL, call->http->len, on_answer);
	free(text);
}

void
rest_forward_merged(RestCall *call, json_t *here)
{
	Forward    *forward = forward_new(call);

	forward->here = here;
	send_call(forward, NULL, 0, on_list);
}

/* ---- names -------------------------------------------------------------------------------- */

typedef struct Question
{
	Worker	   *worker;
	char	   *name;
	RestAsked	done;
	void	   *arg;
} Question;

/* A worker that is away keeps nobody from making connectors; the lists will tell. */
static void
on_asked(void *arg, const RemoteAnswer *answer)
{
	Question   *question = arg;

	if (answer->status != 200 && answer->status != 404)
		log_warn("could not ask the Connect worker at %s whether it has a connector \"%s\": %s", remote_url(question->worker->remote),
				 question->name, answer->status == 0 ? answer->error : "it answers neither yes nor no");
	question->done(question->arg, answer->status == 200);
	free(question->name);
	free(question);
}

void
rest_ask_remote(const RestCall *call, const char *name, RestAsked done, void *arg)
{
	Question   *question = mem_zero(sizeof(Question));
	char	   *segment = remote_segment(name);
	char	   *path = mem_print("/connectors/%s", segment);
	const RemoteCall out = {.method = "GET",.path = path,.authorization = http_header(call->http, "Authorization")};

	question->worker = call->worker;
	question->name = mem_copy(name);
	question->done = done;
	question->arg = arg;
	remote_call(call->worker->remote, &out, on_asked, question);
	free(path);
	free(segment);
}

/* ---- at the start ------------------------------------------------------------------------- */

static void
on_greeted(void *arg, const RemoteAnswer *answer)
{
	Worker	   *worker = arg;
	json_t	   *there = answer->status == 200 ? json_loadb(answer->body, answer->len, 0, NULL) : NULL;
	const char *url = remote_url(worker->remote);
	size_t		i;
	json_t	   *name;

	if (answer->status != 200 || !json_is_array(there))
		log_warn("the Connect worker at %s, for connectors of other classes, does not answer yet: %s", url,
				 answer->status == 0 ? answer->error : "not with a list of them");
	else
		log_info("connectors of other classes are those of the Connect worker at %s, which has %zu", url, json_array_size(there));
	json_array_foreach(there, i, name)
		warn_if_hidden(worker, json_string_value(name));
	json_decref(there);
}

void
rest_greet_remote(Worker *worker)
{
	static const RemoteCall call = {.method = "GET",.path = "/connectors"};

	if (worker->remote != NULL)
		remote_call(worker->remote, &call, on_greeted, worker);
}
