/*
 * producer_conf.c
 *	  From properties to a configuration of librdkafka: what the engine needs, and
 *	  over it what connector and worker say.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <librdkafka/rdkafka.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "producer.h"
#include "producer_conf.h"
#include "producer_java.h"

#define LOG_MODULE "kafka"

#define lengthof(array) (sizeof(array) / sizeof((array)[0]))

/* rd_kafka_version() of 2.6.1, the first whose SCRAM brokers from 3.8.1 accept. */
#define VERSION_SCRAM	0x020601ff

/* What the engine needs, and what suits it; properties go over it. */
static const char *const engine_settings[][2] = {
	{"enable.idempotence", "true"},
	/* a refused record stops its partition: none may overtake it */
	{"enable.gapless.guarantee", "true"},
	{"acks", "all"},
	{"partitioner", "murmur2_random"},
	{"compression.type", "lz4"},
	/* what waits, waits in our chunks */
	{"linger.ms", "0"},
	{"batch.num.messages", "10000"},
	{"message.timeout.ms", "0"},
	/* the brokers decide what is too large */
	{"message.max.bytes", "1000000000"},
	/* the engine bounds memory itself, by the buffers that are pinned */
	{"queue.buffering.max.messages", "10000000"},
	{"queue.buffering.max.kbytes", "2097151"},
	{"socket.nagle.disable", "true"},
	{"socket.keepalive.enable", "true"},
	{"reconnect.backoff.max.ms", "2000"},
	{"topic.metadata.refresh.sparse", "true"},
	{"client.id", "walpost"},
	{"transaction.timeout.ms", "30000"},
	{"log.queue", "true"},
};

/*
 * Brokers take batches of 1 MB (2^20 bytes and some more), if not told otherwise:
 * what that is before compression.
 */
#define BATCH_COMPRESSED	"2000000"
#define BATCH_AS_IT_IS		"1000000"

/* The same for librdkafka versions that know them. */
static const char *const optional_settings[][2] = {
	{"enable.metrics.push", "false"},
};

/* How each degree of cutting down batches is said. */
static const char *const batch_settings[][2] = {
	[1] = {"batch.size", "900000"},
	[2] = {"batch.size", "65536"},
	[3] = {"batch.size", "8192"},
	[PRODUCER_SINGLE] = {"batch.num.messages", "1"},
};

void
producer_conf_get(const rd_kafka_conf_t *kafka, const char *name, char *value, size_t size)
{
	if (rd_kafka_conf_get(kafka, name, value, &size) != RD_KAFKA_CONF_OK)
		value[0] = '\0';
}

/* Properties of a worker file that its connectors override. */
static void
each_worker(const char *name, const char *value, void *arg)
{
	if (strncmp(name, "producer.override.", strlen("producer.override.")) != 0)
		mapping_java(arg, name, name + strlen("producer."), value);
}

static void
each_override(const char *name, const char *value, void *arg)
{
	mapping_java(arg, name, name + strlen("producer.override."), value);
}

static void
each_kafka(const char *name, const char *value, void *arg)
{
	Mapping    *m = arg;

	if (m->ok)
		m->ok = mapping_set(m, name + strlen("kafka."), value, name);
}

/* What follows from the rest, once all is set. */
static void
settle(Mapping *m, int batching)
{
	char		value[64];

	producer_conf_get(m->kafka, "enable.idempotence", value, sizeof(value));
	if (m->ok && strcmp(value, "true") != 0)
	{
		if (!m->quiet)
			log_warn("idempotence is off: a broken connection to Kafka may repeat events");
		m->ok = mapping_set(m, "enable.gapless.guarantee", "false", "enable.idempotence") &&
			mapping_set(m, "max.in.flight.requests.per.connection", "1", "enable.idempotence");
	}
	producer_conf_get(m->kafka, "compression.type", value, sizeof(value));
	if (m->ok && !m->batch_set)
		m->ok = mapping_set(m, "batch.size", strcmp(value, "none") == 0 ? BATCH_AS_IT_IS : BATCH_COMPRESSED, "batch.size");
	for (int i = 1; m->ok && i <= batching; i++)
		m->ok = mapping_set(m, batch_settings[i][0], batch_settings[i][1],
							batch_settings[i][0]);
}

rd_kafka_conf_t *
producer_conf_new(const Conf *conf, int batching, bool quiet, Err *err)
{
	const char *servers = conf_get(conf, "bootstrap.servers");
	Mapping		m = {.conf = conf,.err = err,.quiet = quiet,.ok = true};

	m.kafka = rd_kafka_conf_new();
	for (size_t i = 0; m.ok && i < lengthof(engine_settings); i++)
		m.ok = mapping_set(&m, engine_settings[i][0], engine_settings[i][1],
						   engine_settings[i][0]);
	for (size_t i = 0; i < lengthof(optional_settings); i++)
		rd_kafka_conf_set(m.kafka, optional_settings[i][0], optional_settings[i][1], NULL, 0);
	if (m.ok && servers != NULL)
		m.ok = mapping_set(&m, "bootstrap.servers", servers, "bootstrap.servers");

	conf_each(conf, "producer.", each_worker, &m);
	conf_each(conf, "producer.override.", each_override, &m);
	conf_each(conf, "kafka.", each_kafka, &m);
	settle(&m, batching);

	if (!m.ok)
	{
		rd_kafka_conf_destroy(m.kafka);
		return NULL;
	}
	return m.kafka;
}

/* What only a consumer has, under one name in Java and librdkafka. */
static void
each_consumer(const char *name, const char *value, void *arg)
{
	Mapping    *m = arg;
	const char *java = name + strlen(m->prefix);

	if (mapping_knows(java))
		mapping_java(m, name, java, value);
	else if (m->ok)
		m->ok = mapping_set(m, java, value, name);
}

rd_kafka_conf_t *
consumer_conf_new(const Conf *conf, const char *prefix, Err *err)
{
	Mapping		m = {.conf = conf,.err = err,.prefix = prefix,.ok = true};

	m.kafka = producer_conf_new(conf, 0, true, err);
	if (m.kafka == NULL)
		return NULL;
	conf_each(conf, prefix, each_consumer, &m);
	if (m.ok)
		return m.kafka;
	rd_kafka_conf_destroy(m.kafka);
	return NULL;
}

bool
producer_conf_transactional(rd_kafka_conf_t *kafka, const char *id, int limit_ms,
							bool exact, int *timeout_ms, Err *err)
{
	Mapping		m = {.kafka = kafka,.err = err,.quiet = true};
	char		value[64];

	producer_conf_get(kafka, "enable.idempotence", value, sizeof(value));
	if (strcmp(value, "true") != 0)
		return err_set(err, ERR_CONFIG, "exactly.once.support needs an idempotent producer; remove producer.override.acks and producer.override.enable.idempotence");
	producer_conf_get(kafka, "transaction.timeout.ms", value, sizeof(value));
	*timeout_ms = (int) strtol(value, NULL, 10);
	if (exact || (limit_ms > 0 && *timeout_ms > limit_ms))
		*timeout_ms = limit_ms;
	snprintf(value, sizeof(value), "%d", *timeout_ms);

	/* a refused record ends the transaction, so none needs to end the client */
	return mapping_set(&m, "transactional.id", id, "slot.name") &&
		mapping_set(&m, "transaction.timeout.ms", value, "producer.override.transaction.timeout.ms") &&
		mapping_set(&m, "enable.gapless.guarantee", "false", "exactly.once.support");
}

bool
producer_exactly_once(const Conf *conf)
{
	const char *worker = conf_get(conf, "exactly.once.source.support");

	return conf_is_set(conf, "exactly.once.support") ||
		(worker != NULL && strcmp(worker, "enabled") == 0);
}

bool
producer_is_login(int code)
{
	return code == RD_KAFKA_RESP_ERR__AUTHENTICATION || code == RD_KAFKA_RESP_ERR__SSL;
}

bool
producer_login_error(int code, const char *text, const char *mechanism, Err *err)
{
	const char *remedy = code == RD_KAFKA_RESP_ERR__SSL ?
	"see security.protocol and the ssl.* properties under producer.override." :
	"see sasl.mechanism and sasl.jaas.config under producer.override.";

	if (code == RD_KAFKA_RESP_ERR__AUTHENTICATION && rd_kafka_version() < VERSION_SCRAM &&
		strncmp(mechanism, "SCRAM", strlen("SCRAM")) == 0)
		remedy = "this librdkafka cannot do SCRAM with brokers from 3.8.1 on, 2.6.1 and later can: "
			"build a current one with \"make librdkafka\", or use PLAIN over TLS";
	err_set(err, ERR_CONFIG, "could not log in to Kafka with librdkafka %s: %s; %s",
			rd_kafka_version_str(), text, remedy);
	err->kafka = code;
	return false;
}

void
producer_cut_batches(int batching)
{
	log_warn("a topic takes no batches of this size: cutting them down to %s = %s; "
			 "lower producer.override.batch.size below its max.message.bytes, or raise that",
			 batch_settings[batching][0], batch_settings[batching][1]);
}
