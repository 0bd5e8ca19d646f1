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

#include "heartbeat.h"
#include "log.h"
#include "mem.h"
#include "sidequery.h"
#include "wire.h"

#define LOG_MODULE "heartbeat"

/* Room for the value, with its schema. */
#define VALUE_ROOM	256

#define SCHEMA(type, field, name) \
	"{\"schema\":{\"type\":\"struct\",\"fields\":[{\"type\":\"" type "\",\"optional\":false,\"field\":\"" field \
	"\"}],\"optional\":false,\"name\":\"io.debezium.connector.common." name "\",\"version\":1},\"payload\":"

struct Heartbeat
{
	const Conf *conf;
	Producer   *producer;
	ProducerHeaders *headers;	/* none, but the partition */
	SideQuery  *query;			/* NULL: none */
	LoopTimer	timer;
	int64_t		interval_us;
	int			topic;
	char	   *body;			/* the event; acknowledged: WIRE_RECEIVER_FLAG */
	uint32_t	key_len;
	bool		streaming;
	LogLimit	limit;
};

static bool
is_pending(const Heartbeat *heartbeat)
{
	return (heartbeat->body[WIRE_EVENT_FLAGS] & WIRE_RECEIVER_FLAG) == 0;
}

static void
set_acknowledged(Heartbeat *heartbeat)
{
	heartbeat->body[WIRE_EVENT_FLAGS] |= (char) WIRE_RECEIVER_FLAG;
}

/*
 * A struct of one field as the converter of key or value writes it: as JSON,
 * with its schema or without, or as Java prints it.  (Connect's ByteArrayConverter
 * fails with it; here it is JSON.)  The caller frees it.
 */
static char *
converted(const Conf *conf, const char *converter, const char *schema, const char *name, const char *value,
		  const char *quote)
{
	char	   *property = mem_print("%s.delegate.converter.type", converter);
	const char *class = conf_get(conf, converter);
	bool		binary = strstr(class, "Binary") != NULL || strstr(class, "debezium.converters.ByteArray") != NULL;
	char	   *schemas = mem_print("%s.schemas.enable", binary ? property : converter);
	bool		with_schema = conf_get_bool(conf, schemas);
	char	   *text;

	if (binary)
		class = conf_get(conf, property);
	if (strstr(class, "StringConverter") != NULL)
		text = mem_print("Struct{%s=%s}", name, value);
	else
		text = mem_print("%s{\"%s\":%s%s%s}%s", with_schema ? schema : "", name, quote, value, quote,
						 with_schema ? "}" : "");
	free(schemas);
	free(property);
	return text;
}

/* The event's body, with the key, which never changes. */
static void
build_body(Heartbeat *heartbeat)
{
	const char *server = conf_get(heartbeat->conf, "topic.prefix");
	char	   *key = converted(heartbeat->conf, "key.converter", SCHEMA("string", "serverName", "ServerNameKey"),
								"serverName", server, "\"");

	heartbeat->key_len = (uint32_t) strlen(key);
	heartbeat->body = mem_zero(WIRE_EVENT_HEAD + heartbeat->key_len + VALUE_ROOM);
	memcpy(heartbeat->body + WIRE_EVENT_HEAD, key, heartbeat->key_len);
	wire_put32(heartbeat->body + WIRE_EVENT_KEY_LEN, heartbeat->key_len);
	wire_put64(heartbeat->body + WIRE_EVENT_TIMESTAMP, (uint64_t) -1);
	heartbeat->body[WIRE_EVENT_FLAGS] = WIRE_HAS_KEY | WIRE_HAS_VALUE;
	set_acknowledged(heartbeat);
	free(key);
}

static void
queue(Heartbeat *heartbeat)
{
	FrameEvent	event = {.body = heartbeat->body};

	producer_add(heartbeat->producer, heartbeat->topic, &event, heartbeat->headers);
}

static void
write_record(Heartbeat *heartbeat)
{
	struct timespec now;
	char		ms[24];
	char	   *value;
	size_t		len;

	clock_gettime(CLOCK_REALTIME, &now);
	snprintf(ms, sizeof(ms), "%lld", (long long) now.tv_sec * 1000 + now.tv_nsec / 1000000);
	value = converted(heartbeat->conf, "value.converter", SCHEMA("int64", "ts_ms", "Heartbeat"), "ts_ms", ms, "");
	len = strlen(value);
	memcpy(heartbeat->body + WIRE_EVENT_HEAD + heartbeat->key_len, value, len);
	free(value);
	wire_put32(heartbeat->body + WIRE_EVENT_VALUE_LEN, (uint32_t) len);
	heartbeat->body[WIRE_EVENT_FLAGS] &= (char) ~WIRE_RECEIVER_FLAG;
	queue(heartbeat);
}

static void
on_timer(void *arg)
{
	Heartbeat  *heartbeat = arg;

	if (!heartbeat->streaming)
		return;
	loop_timer_set(&heartbeat->timer, heartbeat->interval_us);
	if (!is_pending(heartbeat))
		write_record(heartbeat);
	if (heartbeat->query != NULL)
		sidequery_run(heartbeat->query);
}

/* topic.heartbeat.name, or prefix and the connector's. */
static int
heartbeat_topic(const Conf *conf, Topics *topics)
{
	const char *name = conf_get(conf, "topic.heartbeat.name");
	char	   *joined = mem_print("%s%s%s", conf_get(conf, "topic.heartbeat.prefix"),
								   conf_get(conf, "topic.delimiter"), conf_get(conf, "topic.prefix"));
	int			topic = topics_named(topics, name != NULL && name[0] != '\0' ? name : joined);

	free(joined);
	return topic;
}

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
	heartbeat->headers = producer_headers_for_partition(0);
	heartbeat->topic = heartbeat_topic(conf, topics);
	build_body(heartbeat);
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
	producer_headers_free(heartbeat->headers);
	free(heartbeat->body);
	free(heartbeat);
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
	set_acknowledged(heartbeat);
	if (log_limit_pass(&heartbeat->limit))
		log_warn("could not write a heartbeat to topic \"%s\": %s; %s",
				 producer_topic_name(heartbeat->producer, heartbeat->topic), refusal->text, refusal->remedy);
}
