/*
 * fuzz_rest.c
 *	  The REST interface: "FLAGS METHOD PATH?QUERY", then a newline and the body.
 *
 * What rest*.c stand on (HTTP, processes, topics, the other worker) is played by
 * this file; FLAGS is a letter whose bits say how it goes.  Whatever comes, a call
 * is answered once, with JSON where JSON is promised.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "fuzz.h"
#include "metrics.h"
#include "remote.h"
#include "rest.h"
#include "validate.h"

enum
{
	WITH_REMOTE = 1, REMOTE_LACKS_IT = 2, PASSED_ON = 4, STOPPED = 8, FAILING = 16, STARTING = 32
};

LogLevel	log_level = LOG_ERROR;
const _Atomic int32_t *log_followed;

static unsigned flags;
static int	answers;
static int	written;			/* records that change what a connector is or does */
static Worker worker;

/* ---- HTTP ------------------------------------------------------------------------ */

void
http_answer_bytes(HttpRequest *request, int status, const char *type, char *body, size_t len)
{
	answers++;
	fuzz_claim(status >= 200 && status < 600);
	fuzz_claim(written == 0 || !(flags & FAILING) || status == 500);
	if (strcmp(type, "application/json") == 0 && !(flags & WITH_REMOTE))
	{
		json_t	   *json = json_loadb(body, len, JSON_DECODE_ANY, NULL);
		json_t	   *code = json_object_get(json, "error_code");

		fuzz_claim(json != NULL);
		fuzz_claim(code == NULL || json_integer_value(code) == status || status == 200);
		json_decref(json);
	}
	free(body);
}

void
http_answer(HttpRequest *request, int status, const char *type, char *body)
{
	http_answer_bytes(request, status, type, body, body ? strlen(body) : 0);
}

void
http_set_header(HttpRequest *request, const char *name, const char *value)
{
	fuzz_claim(value[0] != '\0');
}

const char *
http_header(const HttpRequest *request, const char *name)
{
	return strcmp(name, REMOTE_MARK) == 0 && (flags & PASSED_ON) ? "true" : NULL;
}

const char *
http_parameter(const HttpRequest *request, const char *name)
{
	const char *at = strstr(request->query, name);

	return at && at[strlen(name)] == '=' ? at + strlen(name) + 1 : NULL;
}

bool
http_parameter_is(const HttpRequest *request, const char *name, const char *value)
{
	return http_parameter(request, name) != NULL && strstr(request->query, value) != NULL;
}

bool
metrics_answer(HttpRequest *request, const Child *const *children, int n)
{
	return false;
}

bool
rest_auth_admits(const RestAuth *auth, const HttpRequest *request)
{
	return true;
}

void
log_write(LogLevel level, const char *module, const char *fmt,...)
{
}

/* ---- the worker -------------------------------------------------------------------- */

Connector *
worker_find(const Worker *w, const char *name)
{
	for (Connector *connector = w->connectors; connector != NULL; connector = connector->next)
		if (strcmp(connector->name, name) == 0)
			return connector;
	return NULL;
}

bool
worker_knows_class(const char *class)
{
	return class != NULL && strcmp(class, "PostgresConnector") == 0;
}

bool
worker_runs(const Connector *connector)
{
	return strcmp(connector->name, "shop") == 0;
}

const char *
worker_connector_state(const Connector *connector)
{
	return connector->target == TARGET_STOPPED ? "STOPPED" : "RUNNING";
}

const char *
worker_task_state(const Connector *connector)
{
	return connector->target == TARGET_STOPPED ? NULL : flags & FAILING ? "FAILED" : "RUNNING";
}

char *
worker_trace(const Connector *connector)
{
	return flags & FAILING ? strdup("why") : NULL;
}

void
worker_restart(Worker *w, Connector *connector)
{
}

void
worker_set_config(Worker *w, const char *name, json_t *config)
{
	json_decref(config);
}

void
worker_set_target(Worker *w, const char *name)
{
}

void
kafkalog_write(KafkaLog *log, int topic, const char *key, const char *value, KafkaLogDone done, void *arg)
{
	json_t	   *json = value ? json_loads(value, JSON_DECODE_ANY, NULL) : NULL;
	bool		fails = false;

	fuzz_claim(key[0] != '\0' && (value == NULL || json != NULL));
	json_decref(json);
	/* of several the first one fails */
	if ((strncmp(key, "connector-", 10) == 0 || strncmp(key, "target-state-", 13) == 0 || key[0] == '[') && written++ == 0)
		fails = flags & FAILING;
	if (done)
		done(arg, fails ? "it failed" : NULL);
}

const char *
kafkalog_cluster(KafkaLog *log)
{
	return NULL;
}

void
validator_run(Validator *validator, const json_t *config, ValidatorDone done, void *arg)
{
	json_t	   *result = json_pack("{s:[{s:{s:[s]}}]}", "configs", "value", "errors", "wrong");

	done(arg, flags & FAILING ? NULL : flags & STOPPED ? result : json_object_get(result, "none"));
	json_decref(result);
}

json_t *
validate_definitions(void)
{
	return json_array();
}

/* ---- the other worker: it answers with what it was sent --------------------------- */

static RemoteDone remote_done;
static void *remote_arg;
static char *remote_body;

const char *
remote_url(const Remote *remote)
{
	return "http://other:8083";
}

char *
remote_segment(const char *text)
{
	return strdup("segment");
}

void
remote_call(Remote *remote, const RemoteCall *call, RemoteDone done, void *arg)
{
	fuzz_claim(remote_done == NULL && call->path[0] == '/');
	remote_body = fuzz_text((const uint8_t *) call->body, call->body ? call->len : 0);
	remote_done = done;
	remote_arg = arg;
}

static void
answer_remote(void)
{
	RemoteAnswer answer = {
		.status = flags & FAILING ? 0 : flags & REMOTE_LACKS_IT ? 404 : 200,
		.error = "it is away",
		.location = "http://other:8083/connectors/x",
		.body = remote_body
	};

	if (remote_done == NULL)
		return;
	answer.len = strlen(remote_body);
	remote_done(remote_arg, &answer);
	remote_done = NULL;
	free(remote_body);
}

/* ---- a call -------------------------------------------------------------------------- */

/* What waits for a process to end is called again; it has ended. */
static void
end_process(Connector *connector)
{
	connector->child.state = CHILD_IDLE;
	if (answers == 0 && worker.ended != NULL)
		worker.ended(&worker);
}

static void
serve(HttpRequest *request)
{
	static WorkerConf conf = {.nlisteners = 1};
	Connector	sink = {.name = "sink",.config = json_pack("{s:s}", "connector.class", "Sink")};
	Connector	shop = {.name = "shop",.next = &sink,.child.state = CHILD_RUNNING};

	shop.config = json_pack("{s:s, s:s}", "connector.class", "PostgresConnector", "a", "b");
	shop.target = sink.target = flags & STOPPED ? TARGET_STOPPED : TARGET_STARTED;
	worker = (Worker)
	{
		.conf = &conf,.connectors = &shop,.id = "here:8083",.read = !(flags & STARTING),
		.remote = flags & WITH_REMOTE ? (Remote *) &worker : NULL
	};
	worker.making = json_object();
	worker.targets = json_object();
	worker.topics = json_pack("{s:{s:b}}", "shop", "a.b", 1);
	worker.offsets = json_pack("{s:s, s:s}", "[\"shop\",{\"server\":\"a\"}]", "{\"lsn\":1}", "no JSON", "x");
	rest_handle(&worker, request);
	answer_remote();
	end_process(&shop);
	json_decref(worker.hiding);
	json_decref(worker.making);
	json_decref(worker.targets);
	json_decref(worker.topics);
	json_decref(worker.offsets);
	json_decref(shop.config);
	json_decref(sink.config);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const methods[] = {"GET", "PUT", "POST", "PATCH", "DELETE"};
	char	   *text = fuzz_text(data, size);
	char	   *line = size > 0 ? text + 1 : text;
	char	   *end = line + strcspn(line, "\n");
	char	   *path = line + strcspn(line, " \n");
	HttpRequest request = {.method = "GET",.query = "",.body = ""};

	flags = size > 0 ? (unsigned) text[0] - '@' : 0;
	answers = written = 0;
	if (end < text + size)
	{
		*end = '\0';
		request.body = end + 1;
		request.len = (size_t) (text + size - end - 1);
	}
	for (int i = 0; i < 5; i++)
		if (strncmp(line, methods[i], strlen(methods[i])) == 0)
			request.method = methods[i];
	request.path = *path == ' ' ? path + 1 : path;
	path = (char *) request.path + strcspn(request.path, "?");
	if (*path == '?')
	{
		*path = '\0';
		request.query = path + 1;
	}
	if (request.path[0] == '/')
	{
		serve(&request);
		fuzz_claim(answers == 1);
	}
	free(text);
	return 0;
}
