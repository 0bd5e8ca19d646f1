/*
 * heartbeat.c
 *	  Debezium's heartbeat (io.debezium.heartbeat.HeartbeatImpl and
 *	  DatabaseHeartbeatImpl of 3.7).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "extension.h"
#include "heartbeat.h"
#include "log.h"
#include "mem.h"
#include "sidequery.h"
#include "wire.h"

#define LOG_MODULE "heartbeat"

/* Digits of milliseconds. */
#define MS_DIGITS	13

/* A heartbeat as the plugin makes it: a RELATION and an EVENT frame. */
typedef struct Beat
{
	char	   *frames;			/* NULL: none */
	FrameEvent	event;			/* in them; acknowledged: WIRE_RECEIVER_FLAG */
	uint32_t	route;
} Beat;

struct Heartbeat
{
	const Conf *conf;
	Producer   *producer;
	Topics	   *topics;
	Loop	   *loop;
	SideQuery  *query;			/* heartbeat.action.query; NULL: none */
	SideQuery  *question;		/* what each heartbeat is; NULL: never asked */
	char	   *question_sql;
	LoopTimer	timer;
	int64_t		interval_us;
	Beat		beat;
	Beat		next;			/* told while the other was under way */
	bool		asks;			/* it has to be asked each time */
	bool		left_out;		/* there are none */
	bool		streaming;
	LogLimit	limit;
};

/* ---- what a heartbeat is -------------------------------------------------------- */

static bool
is_pending(const Heartbeat *heartbeat)
{
	return heartbeat->beat.frames != NULL &&
		(heartbeat->beat.event.body[WIRE_EVENT_FLAGS] & WIRE_RECEIVER_FLAG) == 0;
}

static void
set_acknowledged(Beat *beat)
{
	beat->event.body[WIRE_EVENT_FLAGS] |= (char) WIRE_RECEIVER_FLAG;
}

static void
drop(Beat *beat)
{
	free(beat->frames);
	memset(beat, 0, sizeof(Beat));
}

/* The bytes of hexadecimal digits, which the caller frees; NULL: they are none. */
static char *
decode(const char *hex, size_t *len)
{
	char	   *bytes;
	unsigned int byte;

	*len = strlen(hex) / 2;
	if (strspn(hex, "0123456789abcdef") != *len * 2)
		return NULL;
	bytes = mem_zero(*len + 1);
	for (size_t i = 0; i < *len; i++)
	{
		sscanf(hex + i * 2, "%2x", &byte);
		bytes[i] = (char) byte;
	}
	return bytes;
}

/* Where a splice is, if it has room for a time. */
static char *
splice_at(const FrameEvent *event, const char *splice)
{
	char	   *part = splice[0] == WIRE_PART_KEY ? event->key :
		splice[0] == WIRE_PART_VALUE ? event->value : (char *) event->headers;

	return wire_get32(splice + 5) <= MS_DIGITS ? part + wire_get32(splice + 1) : NULL;
}

static bool
has_good_places(const FrameEvent *event)
{
	for (uint32_t i = 0; event->splices.p != NULL && i < event->nsplices; i++)
		if (splice_at(event, event->splices.p + i * WIRE_SPLICE) == NULL)
			return false;
	return true;
}

/* Takes what the plugin says; nothing changes when that is no heartbeat. */
static bool
take_beat(Heartbeat *heartbeat, Beat *beat, const char *hex)
{
	size_t		len;
	char	   *frames = decode(hex, &len);
	FrameReader reader = {.p = frames,.end = frames ? frames + len : NULL};
	Frame		relation,
				event,
				rest;

	if (frames == NULL || frame_next(&reader, &relation) != FRAME_OK || relation.tag != WIRE_RELATION ||
		frame_next(&reader, &event) != FRAME_OK || event.tag != WIRE_EVENT ||
		frame_next(&reader, &rest) != FRAME_END || !has_good_places(&event.event))
	{
		free(frames);
		log_error("the server's plugin says of heartbeats what this program does not understand; install the same version of both");
		return false;
	}
	drop(beat);
	beat->frames = frames;
	beat->event = event.event;
	beat->route = topics_route_of(heartbeat->topics, &relation.relation);
	set_acknowledged(beat);
	return true;
}

/* ---- beating -------------------------------------------------------------------- */

static void
queue(Heartbeat *heartbeat)
{
	const Route *route = topics_route(heartbeat->topics, heartbeat->beat.route);

	producer_add(heartbeat->producer, route->topic, &heartbeat->beat.event, route->headers);
}

static void
write_beat(Heartbeat *heartbeat)
{
	FrameEvent *event = &heartbeat->beat.event;
	struct timespec now;
	char		digits[32];

	clock_gettime(CLOCK_REALTIME, &now);
	snprintf(digits, sizeof(digits), "%0*lld", MS_DIGITS,
			 (long long) now.tv_sec * 1000 + now.tv_nsec / 1000000);
	for (uint32_t i = 0; event->splices.p != NULL && i < event->nsplices; i++)
	{
		const char *splice = event->splices.p + i * WIRE_SPLICE;

		memcpy(splice_at(event, splice), digits, wire_get32(splice + 5));
	}
	event->body[WIRE_EVENT_FLAGS] &= (char) ~WIRE_RECEIVER_FLAG;
	queue(heartbeat);
}

/* The answer to the question; a null: transforms leave this one out. */
static void
on_answer(void *arg, const char *const *values, int n)
{
	Heartbeat  *heartbeat = arg;

	if (n == 1 && values[0] != NULL && heartbeat->streaming && !is_pending(heartbeat) &&
		take_beat(heartbeat, &heartbeat->beat, values[0]))
		write_beat(heartbeat);
}

/* As hexadecimal digits, which need no quoting. */
static char *
encode(const char *text)
{
	size_t		len = strlen(text);
	char	   *hex = mem_zero(len * 2 + 1);

	for (size_t i = 0; i < len; i++)
		snprintf(hex + i * 2, 3, "%02x", (unsigned char) text[i]);
	return hex;
}

/* Where the extension is absent, it is made; a standby takes no such statement. */
#define MAKE_EXTENSION \
	"SET LOCAL search_path = pg_catalog, pg_temp; DO $walpost$BEGIN IF NOT EXISTS (SELECT FROM pg_catalog.pg_extension e" \
	" WHERE e.extname OPERATOR(pg_catalog.=) 'walpost') THEN " EXTENSION_STATEMENT "; END IF; END$walpost$"

static void
ask(Heartbeat *heartbeat)
{
	if (heartbeat->question == NULL)
	{
		char	   *properties = conf_plugin_properties(heartbeat->conf);
		char	   *hex = encode(properties);

		heartbeat->question_sql = mem_print(MAKE_EXTENSION "; " EXTENSION_GUARD "; SELECT pg_catalog.encode(walpost.heartbeat("
											"ARRAY['wire', '%d', 'walpost.properties',"
											" pg_catalog.convert_from(pg_catalog.decode('%s', 'hex'), 'UTF8')]), 'hex')",
											WIRE_VERSION, hex);
		heartbeat->question = sidequery_new(heartbeat->conf, heartbeat->loop, "ask for a heartbeat",
											heartbeat->question_sql, on_answer, heartbeat);
		free(hex);
		free(properties);
	}
	sidequery_run(heartbeat->question);
}

static void
beat(Heartbeat *heartbeat)
{
	if (heartbeat->left_out || is_pending(heartbeat))
		return;
	if (heartbeat->next.frames != NULL)
	{
		drop(&heartbeat->beat);
		heartbeat->beat = heartbeat->next;
		heartbeat->next.frames = NULL;
	}
	if (heartbeat->asks)
		ask(heartbeat);
	else if (heartbeat->beat.frames != NULL)
		write_beat(heartbeat);
}

static void
on_timer(void *arg)
{
	Heartbeat  *heartbeat = arg;

	if (!heartbeat->streaming)
		return;
	loop_timer_set(&heartbeat->timer, heartbeat->interval_us);
	beat(heartbeat);
	if (heartbeat->query != NULL)
		sidequery_run(heartbeat->query);
}

/* ---- beginning and end ---------------------------------------------------------- */

Heartbeat *
heartbeat_new(const Conf *conf, Producer *producer, Topics *topics, Loop *loop)
{
	int64_t		interval_ms = conf_get_int(conf, "heartbeat.interval.ms");
	const char *query = conf_get(conf, "heartbeat.action.query");
	Heartbeat  *heartbeat;

	if (interval_ms == 0)
		return NULL;
	heartbeat = mem_zero(sizeof(Heartbeat));
	heartbeat->conf = conf;
	heartbeat->producer = producer;
	heartbeat->interval_us = interval_ms * 1000;
	heartbeat->topics = topics;
	heartbeat->loop = loop;
	if (query != NULL && query[0] != '\0')
		heartbeat->query = sidequery_new(conf, loop, "heartbeat.action.query", query, NULL, NULL);
	heartbeat->timer = (LoopTimer)
	{
		.fire = on_timer,.arg = heartbeat
	};
	loop_timer_add(loop, &heartbeat->timer);
	return heartbeat;
}

void
heartbeat_free(Heartbeat *heartbeat)
{
	if (heartbeat == NULL)
		return;
	sidequery_free(heartbeat->query);
	sidequery_free(heartbeat->question);
	free(heartbeat->question_sql);
	drop(&heartbeat->beat);
	drop(&heartbeat->next);
	free(heartbeat);
}

/* Says so, once. */
static void
leave_out(Heartbeat *heartbeat, const char *why)
{
	if (heartbeat->left_out)
		return;
	heartbeat->left_out = true;
	if (why[0] == '\0')
		log_info("transforms leave heartbeats out");
	else
		log_warn("no heartbeats are written: %s; keep them from it with a predicate, or set heartbeat.interval.ms to 0", why);
}

void
heartbeat_told(Heartbeat *heartbeat, const char *parameter)
{
	const size_t none = strlen(WIRE_HEARTBEAT_NONE);

	if (heartbeat == NULL)
		return;
	if (parameter != NULL && strncmp(parameter, WIRE_HEARTBEAT_NONE, none) == 0)
	{
		leave_out(heartbeat, parameter + none);
		return;
	}
	heartbeat->left_out = false;
	heartbeat->asks = parameter == NULL || strcmp(parameter, WIRE_HEARTBEAT_ASK) == 0;
	drop(&heartbeat->next);
	if (!is_pending(heartbeat))
		drop(&heartbeat->beat);
	if (!heartbeat->asks)
		take_beat(heartbeat, is_pending(heartbeat) ? &heartbeat->next : &heartbeat->beat, parameter);
}

void
heartbeat_set(Heartbeat *heartbeat, bool streaming)
{
	if (heartbeat == NULL || heartbeat->streaming == streaming)
		return;
	heartbeat->streaming = streaming;
	loop_timer_clear(&heartbeat->timer);
	if (streaming)
		loop_timer_set(&heartbeat->timer, 0);
}

void
heartbeat_resend(Heartbeat *heartbeat)
{
	if (heartbeat != NULL && is_pending(heartbeat))
		queue(heartbeat);
}

void
heartbeat_refused(Heartbeat *heartbeat, const ProducerRefusal *refusal)
{
	set_acknowledged(&heartbeat->beat);
	if (log_limit_pass(&heartbeat->limit))
		log_warn("could not write a heartbeat to topic \"%s\": %s; %s",
				 producer_topic_name(heartbeat->producer, refusal->topic), refusal->text, refusal->remedy);
}
