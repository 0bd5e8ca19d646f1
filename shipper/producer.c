/*
 * producer.c
 *	  librdkafka's producer, driven through its event queue.
 *
 * No callback of librdkafka is used: delivery reports, errors, log lines and
 * answers of the admin API all arrive on the main queue, whose descriptor the
 * engine's loop watches, so that everything happens on the one thread.
 *
 * Idempotence comes with librdkafka's gapless guarantee: when Kafka refuses a
 * record for good the producer stops as a whole, so nothing of that partition
 * overtakes it.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <errno.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "log.h"
#include "mem.h"
#include "producer.h"
#include "producer_conf.h"
#include "wire.h"

#define LOG_MODULE "kafka"

#define lengthof(array) (sizeof(array) / sizeof((array)[0]))

/* Events handed over in one call, and reported in one call. */
#define BATCH_MAX	512

/* Versions as rd_kafka_version() has them: the first without the trouble. */
#define VERSION_SCRAM	0x020601ff
#define VERSION_LOOK	0x020a01ff

typedef struct Topic
{
	char	   *name;
	rd_kafka_topic_t *handle;	/* of the present producer, made on first use */
} Topic;

struct Producer
{
	const Conf *conf;
	const ProducerEvents *events;
	void	   *arg;
	rd_kafka_t *kafka;
	rd_kafka_queue_t *queue;
	int			wake_fd;		/* an eventfd that librdkafka writes to */

	Topic	   *topics;
	int			ntopics;

	rd_kafka_message_t batch[BATCH_MAX];
	int			batch_topic;
	int			nbatch;			/* gathered */
	int			nsent;			/* of them, taken by librdkafka */

	int			batching;		/* see PRODUCER_SINGLE */
	bool		cut_batches;	/* the next producer is to make smaller ones */
	bool		fatal;
	bool		proven;
	char		mechanism[32];	/* of SASL */
	bool		failed;			/* failure says why producer_poll() is false */
	Err			failure;
	LogLimit	down_limit;
	LogLimit	log_limit;
};

const char *
producer_library(void)
{
	return rd_kafka_version_str();
}

int
producer_fd(const Producer *producer)
{
	return producer->wake_fd;
}

bool
producer_is_broken(const Producer *producer)
{
	return producer->fatal || producer->cut_batches;
}

bool
producer_proven(const Producer *producer)
{
	return producer->proven;
}

bool
producer_must_look(void)
{
	return rd_kafka_version() < VERSION_LOOK;
}

/* Makes the client itself, from the properties. */
static bool
client_open(Producer *producer, bool quiet, Err *err)
{
	static const uint64_t one = 1;
	rd_kafka_conf_t *conf = producer_conf_new(producer->conf, producer->batching, quiet, err);
	char		why[512];

	if (conf == NULL)
		return false;
	rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR |
							 RD_KAFKA_EVENT_LOG);
	producer_conf_get(conf, "sasl.mechanisms", producer->mechanism,
					  sizeof(producer->mechanism));
	producer->kafka = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof(why));
	if (producer->kafka == NULL)
	{
		/* only now it has not taken it */
		rd_kafka_conf_destroy(conf);
		return err_set(err, ERR_CONFIG, "could not make a Kafka producer: %s; "
					   "see the properties producer.override.* and kafka.*", why);
	}
	producer->queue = rd_kafka_queue_get_main(producer->kafka);
	rd_kafka_set_log_queue(producer->kafka, producer->queue);
	rd_kafka_queue_io_event_enable(producer->queue, producer->wake_fd, &one, sizeof(one));

	/* it tells of a queue that stops being empty, and this one may hold lines */
	if (write(producer->wake_fd, &one, sizeof(one)) < 0)
		log_debug("could not write to an event descriptor: %s", strerror(errno));
	return true;
}

/* Drops the client with all that is under way in it. */
static void
client_close(Producer *producer)
{
	for (int i = 0; i < producer->ntopics; i++)
	{
		if (producer->topics[i].handle != NULL)
			rd_kafka_topic_destroy(producer->topics[i].handle);
		producer->topics[i].handle = NULL;
	}
	if (producer->kafka == NULL)
		return;
	rd_kafka_purge(producer->kafka, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT |
				   RD_KAFKA_PURGE_F_NON_BLOCKING);
	rd_kafka_queue_destroy(producer->queue);
	rd_kafka_destroy_flags(producer->kafka, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
	producer->kafka = NULL;
	producer->nbatch = producer->nsent = 0;
}

Producer *
producer_new(const Conf *conf, const ProducerEvents *events, void *arg, Err *err)
{
	Producer   *producer = mem_zero(sizeof(Producer));

	producer->conf = conf;
	producer->events = events;
	producer->arg = arg;
	producer->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (producer->wake_fd < 0)
	{
		err_set(err, ERR_FATAL, "could not create an event descriptor: %s", strerror(errno));
		free(producer);
		return NULL;
	}
	if (!client_open(producer, false, err))
	{
		producer_free(producer);
		return NULL;
	}
	return producer;
}

void
producer_free(Producer *producer)
{
	if (producer == NULL)
		return;
	client_close(producer);
	close(producer->wake_fd);
	for (int i = 0; i < producer->ntopics; i++)
		free(producer->topics[i].name);
	free(producer->topics);
	free(producer);
}

bool
producer_renew(Producer *producer, Err *err)
{
	static const char *const said[] = {
		[1] = "64 KiB", [PRODUCER_SINGLE] = "single records"
	};

	if (producer->cut_batches)
	{
		producer->batching++;
		log_warn("batches are cut down to %s from now on; lower producer.override.batch.size "
				 "below the topic's max.message.bytes", said[producer->batching]);
	}
	client_close(producer);
	producer->fatal = producer->cut_batches = false;
	return client_open(producer, true, err);
}

int
producer_topic(Producer *producer, const char *name)
{
	for (int i = 0; i < producer->ntopics; i++)
	{
		if (strcmp(producer->topics[i].name, name) == 0)
			return i;
	}
	producer->topics = mem_resize(producer->topics,
								  (producer->ntopics + 1) * sizeof(Topic));
	producer->topics[producer->ntopics] = (Topic) {
		.name = mem_copy(name)
	};
	return producer->ntopics++;
}

const char *
producer_topic_name(const Producer *producer, int topic)
{
	return producer->topics[topic].name;
}

static rd_kafka_topic_t *
topic_handle(Producer *producer, int topic)
{
	Topic	   *t = &producer->topics[topic];

	if (t->handle == NULL)
		t->handle = rd_kafka_topic_new(producer->kafka, t->name, NULL);
	if (t->handle == NULL)
		mem_exhausted();
	return t->handle;
}

bool
producer_topic_look(Producer *producer, int topic, int timeout_ms)
{
	const struct rd_kafka_metadata *metadata;

	if (rd_kafka_metadata(producer->kafka, 0, topic_handle(producer, topic), &metadata,
						  timeout_ms) != RD_KAFKA_RESP_ERR_NO_ERROR)
		return false;
	rd_kafka_metadata_destroy(metadata);
	return true;
}

bool
producer_reach(const Producer *producer, int timeout_ms)
{
	const struct rd_kafka_metadata *metadata;

	if (rd_kafka_metadata(producer->kafka, 0, NULL, &metadata, timeout_ms) !=
		RD_KAFKA_RESP_ERR_NO_ERROR)
		return false;
	rd_kafka_metadata_destroy(metadata);
	return true;
}

void
producer_topic_create(Producer *producer, int topic, int partitions, int replicas,
					  const char *const *settings, int timeout_ms)
{
	rd_kafka_AdminOptions_t *options;
	rd_kafka_NewTopic_t *new_topic;
	char		why[256];

	new_topic = rd_kafka_NewTopic_new(producer->topics[topic].name, partitions, replicas,
									  why, sizeof(why));
	if (new_topic == NULL)
	{
		producer->events->topic_created(producer->arg, topic,
										RD_KAFKA_RESP_ERR__INVALID_ARG, why);
		return;
	}
	for (; settings[0] != NULL; settings += 2)
		rd_kafka_NewTopic_set_config(new_topic, settings[0], settings[1]);

	options = rd_kafka_AdminOptions_new(producer->kafka, RD_KAFKA_ADMIN_OP_CREATETOPICS);
	rd_kafka_AdminOptions_set_request_timeout(options, timeout_ms, why, sizeof(why));
	rd_kafka_AdminOptions_set_operation_timeout(options, timeout_ms, why, sizeof(why));
	rd_kafka_AdminOptions_set_opaque(options, (void *) (intptr_t) topic);
	rd_kafka_CreateTopics(producer->kafka, &new_topic, 1, options, producer->queue);
	rd_kafka_AdminOptions_destroy(options);
	rd_kafka_NewTopic_destroy(new_topic);
}

bool
producer_topic_exists(int code)
{
	return code == RD_KAFKA_RESP_ERR_NO_ERROR ||
		code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS;
}

bool
producer_is_local(int code)
{
	return code < 0;
}

/* Appends a block's headers. */
static void
headers_append(ProducerHeaders *headers, FrameText block)
{
	FrameHeader header;

	while (frame_header_next(&block, &header) == FRAME_OK)
		rd_kafka_header_add(headers, header.name.p, header.name.len,
							header.value.p, header.value.len);
}

ProducerHeaders *
producer_headers_new(FrameText block)
{
	ProducerHeaders *headers;

	if (block.len == 0)
		return NULL;
	headers = rd_kafka_headers_new(8);
	headers_append(headers, block);
	return headers;
}

void
producer_headers_free(ProducerHeaders *headers)
{
	if (headers != NULL)
		rd_kafka_headers_destroy(headers);
}

/*
 * A record that Kafka or librdkafka refuses: what it was, and what to do.  The
 * first one counts.
 */
static void
refused(Producer *producer, const char *topic, const FrameEvent *event, rd_kafka_resp_err_t code)
{
	static const struct
	{
		rd_kafka_resp_err_t code;
		const char *remedy;
	}			remedies[] = {
		{RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, "raise max.message.bytes of the topic (kafka-configs --alter --entity-type topics)"},
		{RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE, "raise max.message.bytes and segment.bytes of the topic"},
		{RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, "grant the connector's principal Write and Describe on the topic"},
		{RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, "grant the connector's principal IdempotentWrite on the cluster"},
		{RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, "create the topic, or let the connector's principal create it"},
		{RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, "create the topic, or let the connector's principal create it"},
		{RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, "create the topic, or let the connector's principal create it"},
		{RD_KAFKA_RESP_ERR_INVALID_RECORD, "see the broker's log; a compacted topic takes no record without a key"},
		{RD_KAFKA_RESP_ERR_INVALID_MSG, "see the broker's log"},
	};
	const char *remedy = "see the broker's log";
	const char *key = event->key ? event->key : "null";
	int			key_len = event->key ? (event->key_len < 200 ? (int) event->key_len : 200) : 4;

	uint64_t	lsn;

	if (producer->failed)
		return;
	lsn = producer->events->commit_lsn(producer->arg, event->body);
	for (size_t i = 0; i < lengthof(remedies); i++)
	{
		if (remedies[i].code == code)
			remedy = remedies[i].remedy;
	}
	producer->failed = true;
	err_set(&producer->failure, ERR_FATAL,
			"could not publish an event to topic \"%s\": %s; key %.*s, change %llu of the "
			"transaction at " LSN_FMT ", %u bytes; %s",
			topic, rd_kafka_err2str(code), key_len, key, (unsigned long long) event->ordinal,
			LSN_ARGS(lsn), event->key_len + event->value_len, remedy);
	producer->failure.kafka = code;
}

/* The event that a body given to producer_add() belongs to. */
static FrameEvent
event_of_body(char *body)
{
	uint32_t	key_len = wire_get32(body + WIRE_EVENT_KEY_LEN);

	return (FrameEvent) {
		.body = body,
		.key = (body[WIRE_EVENT_FLAGS] & WIRE_HAS_KEY) ? body + WIRE_EVENT_HEAD : NULL,
		.key_len = key_len,
		.value_len = wire_get32(body + WIRE_EVENT_VALUE_LEN),
		.ordinal = wire_get64(body + WIRE_EVENT_ORDINAL),
	};
}

/*
 * What an error on one record means.  These say only that its producer is done
 * for: the record goes again with the next one.
 */
static bool
is_of_producer(rd_kafka_resp_err_t code)
{
	static const rd_kafka_resp_err_t codes[] = {
		RD_KAFKA_RESP_ERR__FATAL,
		RD_KAFKA_RESP_ERR__GAPLESS_GUARANTEE,
		RD_KAFKA_RESP_ERR__PURGE_QUEUE,
		RD_KAFKA_RESP_ERR__PURGE_INFLIGHT,
		RD_KAFKA_RESP_ERR__DESTROY,
		RD_KAFKA_RESP_ERR__MSG_TIMED_OUT,
		RD_KAFKA_RESP_ERR__INCONSISTENT,
		RD_KAFKA_RESP_ERR__TRANSPORT,
		RD_KAFKA_RESP_ERR__TIMED_OUT,
		RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER,
		RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID,
		RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH,
		RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING,
	};

	for (size_t i = 0; i < lengthof(codes); i++)
	{
		if (codes[i] == code)
			return true;
	}
	return false;
}

/* n records of one request failed for good, body being the first of them. */
static void
records_failed(Producer *producer, const char *topic, char *body, size_t n,
			   rd_kafka_resp_err_t code)
{
	FrameEvent	event = event_of_body(body);

	log_debug("%zu records for topic \"%s\" failed: %s", n, topic, rd_kafka_err2name(code));
	if (is_of_producer(code))
		producer->fatal = true;
	else if (code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE && n > 1 &&
			 producer->batching < PRODUCER_SINGLE)
		producer->cut_batches = true;
	else
		refused(producer, topic, &event, code);
}

/* Hands over the gathered batch from nsent on; false when the queue is full. */
static bool
push_batch(Producer *producer)
{
	rd_kafka_topic_t *handle = topic_handle(producer, producer->batch_topic);

	rd_kafka_produce_batch(handle, RD_KAFKA_PARTITION_UA, 0,
						   producer->batch + producer->nsent,
						   producer->nbatch - producer->nsent);
	while (producer->nsent < producer->nbatch)
	{
		rd_kafka_message_t *message = &producer->batch[producer->nsent];

		if (message->err == RD_KAFKA_RESP_ERR__QUEUE_FULL)
			return false;
		if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
			records_failed(producer, producer->topics[producer->batch_topic].name,
						   message->_private, 1, message->err);
		producer->nsent++;
	}
	producer->nbatch = producer->nsent = 0;
	return true;
}

bool
producer_push(Producer *producer)
{
	return producer->nbatch == 0 || push_batch(producer);
}

/*
 * librdkafka's batch call knows neither headers nor timestamps, so an event
 * with one of them goes by itself.
 */
static bool
produce_one(Producer *producer, int topic, const FrameEvent *event,
			const ProducerHeaders *constant)
{
	rd_kafka_headers_t *headers = constant ? rd_kafka_headers_copy(constant) :
		rd_kafka_headers_new(8);
	rd_kafka_resp_err_t code;

	headers_append(headers, (FrameText) {event->headers, event->headers_len});
	code = rd_kafka_producev(producer->kafka,
							 RD_KAFKA_V_RKT(topic_handle(producer, topic)),
							 RD_KAFKA_V_VALUE(event->value, event->value_len),
							 RD_KAFKA_V_KEY(event->key, event->key_len),
							 RD_KAFKA_V_OPAQUE(event->body),
							 RD_KAFKA_V_TIMESTAMP(event->timestamp < 0 ? 0 : event->timestamp),
							 RD_KAFKA_V_HEADERS(headers),
							 RD_KAFKA_V_END);
	if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
		return true;
	rd_kafka_headers_destroy(headers);
	if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL)
		return false;
	records_failed(producer, producer->topics[topic].name, event->body, 1, code);
	return true;
}

bool
producer_add(Producer *producer, int topic, const FrameEvent *event,
			 const ProducerHeaders *headers)
{
	bool		plain = headers == NULL && event->headers_len == 0 && event->timestamp < 0;

	/* one batch has one topic, and keeps the order of events */
	if (producer->nbatch == BATCH_MAX || producer->nsent > 0 || !plain ||
		producer->batch_topic != topic)
	{
		if (!producer_push(producer))
			return false;
	}
	if (!plain)
		return produce_one(producer, topic, event, headers);

	producer->batch_topic = topic;
	producer->batch[producer->nbatch++] = (rd_kafka_message_t) {
		.payload = event->value,.len = event->value_len,
		.key = event->key,.key_len = event->key_len,
		._private = event->body
	};
	return true;
}

static void
on_delivery(Producer *producer, rd_kafka_event_t *event)
{
	const rd_kafka_message_t *message;
	const rd_kafka_message_t *first = NULL;
	size_t		nfailed = 0;
	char	   *bodies[BATCH_MAX];
	size_t		n = 0;

	while ((message = rd_kafka_event_message_next(event)) != NULL)
	{
		if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
		{
			first = first ? first : message;
			nfailed++;
			continue;
		}
		bodies[n++] = message->_private;
		if (n == BATCH_MAX)
		{
			producer->events->acknowledged(producer->arg, bodies, n);
			n = 0;
		}
	}
	if (n > 0)
		producer->events->acknowledged(producer->arg, bodies, n);
	if (n > 0 || nfailed == 0)
		producer->proven = true;
	if (nfailed > 0)
		records_failed(producer, rd_kafka_topic_name(first->rkt), first->_private,
					   nfailed, first->err);
}

/* The log-in failed; before anything ever worked that is the user's to mend. */
static void
on_login_failure(Producer *producer, rd_kafka_resp_err_t code, const char *text)
{
	const char *remedy = code == RD_KAFKA_RESP_ERR__SSL ?
		"see security.protocol and the ssl.* properties under producer.override." :
		"see sasl.mechanism and sasl.jaas.config under producer.override.";

	if (code == RD_KAFKA_RESP_ERR__AUTHENTICATION && rd_kafka_version() < VERSION_SCRAM &&
		strncmp(producer->mechanism, "SCRAM", strlen("SCRAM")) == 0)
		remedy = "this librdkafka cannot do SCRAM with brokers from 3.8.1 on, 2.6.1 and later can: "
			"build a current one with \"make librdkafka\", or use PLAIN over TLS";

	if (producer->proven)
	{
		if (log_limit_pass(&producer->down_limit))
			log_warn("could not log in to Kafka: %s; %s", text, remedy);
		return;
	}
	if (!producer->failed)
	{
		producer->failed = true;
		err_set(&producer->failure, ERR_CONFIG,
				"could not log in to Kafka with librdkafka %s: %s; %s",
				rd_kafka_version_str(), text, remedy);
		producer->failure.kafka = code;
	}
}

/* Fatal errors that no new producer would mend. */
static void
on_fatal(Producer *producer)
{
	static const struct
	{
		rd_kafka_resp_err_t code;
		const char *remedy;
	}			hopeless[] = {
		{RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, "grant the connector's principal IdempotentWrite on the cluster, or set producer.override.enable.idempotence to false"},
		{RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE, "the brokers are too old for idempotence; set producer.override.enable.idempotence to false"},
		{RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION, "the brokers are too old for idempotence; set producer.override.enable.idempotence to false"},
	};
	char		text[512] = "";
	rd_kafka_resp_err_t code = rd_kafka_fatal_error(producer->kafka, text, sizeof(text));

	producer->fatal = true;
	log_debug("the Kafka producer failed: %s", text);
	for (size_t i = 0; i < lengthof(hopeless); i++)
	{
		if (hopeless[i].code == code && !producer->failed)
		{
			producer->failed = true;
			err_set(&producer->failure, ERR_CONFIG, "could not publish to Kafka: %s; %s",
					text, hopeless[i].remedy);
			producer->failure.kafka = code;
		}
	}
}

static void
on_error(Producer *producer, rd_kafka_event_t *event)
{
	rd_kafka_resp_err_t code = rd_kafka_event_error(event);
	const char *text = rd_kafka_event_error_string(event);

	if (code == RD_KAFKA_RESP_ERR__FATAL || rd_kafka_event_error_is_fatal(event))
		on_fatal(producer);
	else if (code == RD_KAFKA_RESP_ERR__AUTHENTICATION || code == RD_KAFKA_RESP_ERR__SSL)
		on_login_failure(producer, code, text);
	else if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
	{
		if (log_limit_pass(&producer->down_limit))
			log_warn("no Kafka broker can be reached (%s); events wait", text);
	}
	else if (log_limit_pass(&producer->log_limit))
		log_warn("%s", text);
}

static void
on_log(Producer *producer, rd_kafka_event_t *event)
{
	/* librdkafka's syslog levels; what it calls an error passes by itself */
	static const LogLevel levels[] = {
		LOG_ERROR, LOG_ERROR, LOG_ERROR, LOG_WARN, LOG_WARN, LOG_INFO, LOG_DEBUG, LOG_DEBUG
	};
	const char *facility;
	const char *text;
	int			level;

	if (rd_kafka_event_log(event, &facility, &text, &level) != 0)
		return;
	/* gapless mode counts as experimental to it, and is wanted here */
	if (strcmp(facility, "CONFWARN") == 0 || level < 0 || level > 7)
		level = 7;
	if (levels[level] <= LOG_WARN && !log_limit_pass(&producer->log_limit))
		return;
	if (log_enabled(levels[level]))
		log_write(levels[level], LOG_MODULE, "%s: %s", facility, text);
}

static void
on_topics_created(Producer *producer, rd_kafka_event_t *event)
{
	const rd_kafka_CreateTopics_result_t *result = rd_kafka_event_CreateTopics_result(event);
	int			topic = (int) (intptr_t) rd_kafka_event_opaque(event);
	int			code = rd_kafka_event_error(event);
	const char *text = rd_kafka_event_error_string(event);
	const rd_kafka_topic_result_t **topics;
	size_t		n;

	topics = rd_kafka_CreateTopics_result_topics(result, &n);
	if (code == 0 && n == 1)
	{
		code = rd_kafka_topic_result_error(topics[0]);
		text = rd_kafka_topic_result_error_string(topics[0]);
	}
	producer->events->topic_created(producer->arg, topic, code, text ? text : "");
}

bool
producer_poll(Producer *producer, Err *err)
{
	rd_kafka_event_t *event;
	uint64_t	woken;

	/* emptied before the queue is, so that no wake-up is lost */
	if (read(producer->wake_fd, &woken, sizeof(woken)) < 0 && errno != EAGAIN)
		return err_set(err, ERR_FATAL, "could not read an event descriptor: %s",
					   strerror(errno));

	while ((event = rd_kafka_queue_poll(producer->queue, 0)) != NULL)
	{
		switch (rd_kafka_event_type(event))
		{
			case RD_KAFKA_EVENT_DR:
				on_delivery(producer, event);
				break;
			case RD_KAFKA_EVENT_ERROR:
				on_error(producer, event);
				break;
			case RD_KAFKA_EVENT_LOG:
				on_log(producer, event);
				break;
			case RD_KAFKA_EVENT_CREATETOPICS_RESULT:
				on_topics_created(producer, event);
				break;
			default:
				break;
		}
		rd_kafka_event_destroy(event);
	}
	if (producer->failed && err != NULL)
		*err = producer->failure;
	return !producer->failed;
}
