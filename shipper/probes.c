/*
 * probes.c
 *	  /metrics, /healthz and /readyz: one table of routes.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <string.h>

#include "jsontext.h"
#include "mem.h"
#include "metrics.h"

static void
answer_metrics(HttpRequest *request, const Child *const *children, int n)
{
	char	   *text = NULL;
	size_t		len = 0;
	FILE	   *out = open_memstream(&text, &len);

	if (out == NULL)
		mem_exhausted();
	metrics_print(out, children, n);
	if (fclose(out) != 0 || text == NULL)
		mem_exhausted();
	http_answer_bytes(request, 200, "text/plain; version=0.0.4; charset=utf-8", text, len);
}

static void
answer_json(HttpRequest *request, int status, json_t *json)
{
	http_answer(request, status, "application/json", json_print(json));
}

/* What a connector is doing, in a word. */
static const char *
state_of(const Child *child)
{
	static const char *const phases[PHASE_NPHASES] = {
		[PHASE_STARTING] = "starting",
		[PHASE_SNAPSHOT] = "snapshot",
		[PHASE_CONNECTING] = "connecting",
		[PHASE_STREAMING] = "streaming",
		[PHASE_STANDBY] = "standby",
		[PHASE_BACKOFF] = "backoff",
		[PHASE_STOPPING] = "stopping",
	};
	static const char *const states[] = {
		[CHILD_IDLE] = "stopped",
		[CHILD_WAITING] = "died",
		[CHILD_ENDED] = "ended",
		[CHILD_REFUSED] = "failed",
	};
	int64_t		phase = counter_get(child->counters, COUNTER_PHASE);

	if (child->state != CHILD_RUNNING)
		return states[child->state];
	return phase >= 0 && phase < PHASE_NPHASES ? phases[phase] : "unknown";
}

/* Why it is not ready: the error that it waits after, or died of. */
static json_t *
reason_of(const Child *child)
{
	char		text[COUNTER_TEXT_SIZE];
	int64_t		phase = counter_get(child->counters, COUNTER_PHASE);

	snprintf(text, sizeof(text), "%s", child->reason);
	if (child->state == CHILD_RUNNING && (phase == PHASE_BACKOFF || phase == PHASE_STANDBY))
		counter_get_text(child->counters, COUNTER_TEXT_REASON, text);
	return text[0] ? json_text(text) : NULL;
}

static json_t *
connector_json(const Child *child)
{
	char		name[COUNTER_TEXT_SIZE];
	bool		ready = metrics_ready(child);
	json_t	   *reason = ready ? NULL : reason_of(child);
	json_t	   *json;

	counter_get_text(child->counters, COUNTER_TEXT_CONNECTOR, name);
	json = json_pack("{s:o, s:b, s:s}", "name", json_text(name[0] ? name : child->name),
					 "ready", ready, "state", state_of(child));
	if (reason != NULL)
		json_object_set_new(json, "reason", reason);
	return json;
}

/* This process answers; what its connectors do is readiness. */
static void
answer_health(HttpRequest *request, const Child *const *children, int n)
{
	answer_json(request, 200, json_pack("{s:s}", "status", "healthy"));
}

static void
answer_readiness(HttpRequest *request, const Child *const *children, int n)
{
	json_t	   *connectors = json_array();
	bool		ready = true;

	for (int i = 0; i < n; i++)
	{
		ready &= metrics_ready(children[i]);
		json_array_append_new(connectors, connector_json(children[i]));
	}
	answer_json(request, ready ? 200 : 503,
				json_pack("{s:b, s:o}", "ready", ready, "connectors", connectors));
}

static const struct
{
	const char *path;
	void		(*answer) (HttpRequest *request, const Child *const *children, int n);
}			routes[] = {
	{"/metrics", answer_metrics},
	{"/healthz", answer_health},
	{"/readyz", answer_readiness},
	{NULL, NULL}
};

bool
metrics_answer(HttpRequest *request, const Child *const *children, int n)
{
	for (int i = 0; routes[i].path; i++)
		if (strcmp(request->path, routes[i].path) == 0)
		{
			if (strcmp(request->method, "GET") == 0)
				routes[i].answer(request, children, n);
			else
				http_answer(request, 405, "", NULL);
			return true;
		}
	return false;
}
