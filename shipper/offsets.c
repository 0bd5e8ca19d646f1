/*
 * offsets.c
 *	  The offset topic, read through librdkafka's simple consumer: no group, no
 *	  coordinator, partitions as they are.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <errno.h>
#include <librdkafka/rdkafka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "log.h"
#include "loop.h"
#include "mem.h"
#include "offsets.h"
#include "producer_conf.h"

#define LOG_MODULE "offsets"

#define lengthof(array) (sizeof(array) / sizeof((array)[0]))

/* How long the brokers may take to create the topic. */
#define CREATE_TIMEOUT_MS	5000
/* How long the loop may stand still for the topic's partitions. */
#define LOOK_TIMEOUT_MS		1000
/* A topic that was just created is looked for again so soon. */
#define LOOK_AGAIN_US		50000
/* A broker that did not answer is asked again so soon. */
#define RETRY_US			1000000
/* So often in vain, and the next ones are asked by another client. */
#define LOOKS_OF_A_CLIENT	3
/* When waiting for others' transactions is worth a line. */
#define SAY_US				3000000

typedef enum OffsetsState
{
	OFFSETS_CREATE,				/* ask the brokers to create the topic */
	OFFSETS_CREATING,
	OFFSETS_LOOK,				/* ask for its partitions */
	OFFSETS_READ,
	OFFSETS_DONE
} OffsetsState;

typedef struct Partition
{
	bool		started;
	int64_t		end;			/* where it ended when the reading began; -1:
								 * not known yet */
	int64_t		next;			/* the offset to come */
	bool		done;
} Partition;

struct Offsets
{
	const Conf *conf;
	const char *topic;
	const char *key;
	rd_kafka_t *kafka;
	rd_kafka_queue_t *queue;	/* the main one */
	rd_kafka_queue_t *records;
	rd_kafka_topic_t *handle;
	int			wake_fd;

	OffsetsState state;
	int			looks;			/* in vain, of this client */
	int64_t		due_us;
	int64_t		started_us;
	bool		said;
	bool		created;		/* just now: it is empty */
	Partition  *partitions;
	int			npartitions;

	char	   *value;			/* of the youngest record; NULL: a tombstone */
	size_t		len;
	int64_t		timestamp;
	bool		found;
	bool		to_end;			/* wait for others' open transactions */
	bool		patient;		/* a failed log-in passes by itself */
	LogLimit	retry_limit;
	char		mechanism[32];	/* of SASL */
	bool		failed;
	Err			failure;
};

/* What reading needs; what the producer's configuration says besides has no
 * effect on a consumer. */
static const char *const reader_settings[][2] = {
	{"isolation.level", "read_committed"},
	{"enable.partition.eof", "true"},
	{"fetch.wait.max.ms", "20"},
	{"auto.offset.reset", "earliest"},
};

const char *
offsets_topic(const Conf *conf)
{
	const char *own = conf_get(conf, "offsets.storage.topic");

	return own != NULL && own[0] != '\0' ? own : conf_get(conf, "offset.storage.topic");
}

/* A handle of Kafka with its queue tied to wake_fd. */
static bool
client_open(Offsets *reader, Err *err)
{
	static const uint64_t one = 1;
	rd_kafka_conf_t *conf = producer_conf_new(reader->conf, 0, true, err);
	char		why[512];

	if (conf == NULL)
		return false;
	for (size_t i = 0; i < lengthof(reader_settings); i++)
		rd_kafka_conf_set(conf, reader_settings[i][0], reader_settings[i][1], NULL, 0);
	rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_LOG);
	producer_conf_get(conf, "sasl.mechanisms", reader->mechanism, sizeof(reader->mechanism));
	reader->kafka = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof(why));
	if (reader->kafka == NULL)
	{
		rd_kafka_conf_destroy(conf);
		return err_set(err, ERR_CONFIG, "could not make a Kafka consumer: %s; "
					   "see the properties producer.override.* and kafka.*", why);
	}
	reader->queue = rd_kafka_queue_get_main(reader->kafka);
	rd_kafka_set_log_queue(reader->kafka, reader->queue);
	reader->records = rd_kafka_queue_new(reader->kafka);
	rd_kafka_queue_io_event_enable(reader->queue, reader->wake_fd, &one, sizeof(one));
	rd_kafka_queue_io_event_enable(reader->records, reader->wake_fd, &one, sizeof(one));
	return true;
}

/* Nothing is being read with it. */
static void
client_close(Offsets *reader)
{
	if (reader->handle)
		rd_kafka_topic_destroy(reader->handle);
	reader->handle = NULL;
	if (reader->kafka)
	{
		rd_kafka_queue_destroy(reader->records);
		rd_kafka_queue_destroy(reader->queue);
		rd_kafka_destroy_flags(reader->kafka, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
	}
	reader->kafka = NULL;
}

Offsets *
offsets_open(const Conf *conf, const char *key, bool to_end, bool patient, Err *err)
{
	Offsets    *reader = mem_zero(sizeof(Offsets));

	reader->conf = conf;
	reader->topic = offsets_topic(conf);
	reader->key = key;
	reader->to_end = to_end;
	reader->patient = patient;
	reader->started_us = reader->due_us = loop_now_us();
	reader->timestamp = INT64_MIN;
	reader->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (reader->wake_fd < 0)
		err_set(err, ERR_FATAL, "could not create an event descriptor: %s", strerror(errno));
	else if (client_open(reader, err))
	{
		reader->state = conf_get_bool(conf, "topic.creation.enable") ? OFFSETS_CREATE : OFFSETS_LOOK;
		return reader;
	}
	offsets_close(reader);
	return NULL;
}

void
offsets_close(Offsets *reader)
{
	if (reader == NULL)
		return;
	for (int i = 0; i < reader->npartitions; i++)
		if (reader->partitions[i].started)
			rd_kafka_consume_stop(reader->handle, i);
	client_close(reader);
	if (reader->wake_fd >= 0)
		close(reader->wake_fd);
	free(reader->partitions);
	free(reader->value);
	free(reader);
}

int
offsets_fd(const Offsets *reader)
{
	return reader->wake_fd;
}

int64_t
offsets_due(const Offsets *reader)
{
	return reader->due_us;
}

const char *
offsets_value(const Offsets *reader, size_t *len)
{
	*len = reader->len;
	return reader->value;
}

static void
again_in(Offsets *reader, OffsetsState state, int64_t delay_us)
{
	reader->state = state;
	reader->due_us = loop_now_us() + delay_us;
}

static void
fail(Offsets *reader, const char *why, const char *remedy)
{
	reader->failed = true;
	err_set(&reader->failure, ERR_CONFIG,
			"could not read the position record from topic \"%s\": %s; %s",
			reader->topic, why, remedy);
}

/* ---- the topic ------------------------------------------------------------------ */

static void
create(Offsets *reader)
{
	int			partitions = (int) conf_get_int(reader->conf, "offset.storage.partitions");
	int			replicas = (int) conf_get_int(reader->conf, "offset.storage.replication.factor");
	rd_kafka_AdminOptions_t *options;
	rd_kafka_NewTopic_t *topic;
	char		why[256];

	topic = rd_kafka_NewTopic_new(reader->topic, partitions, replicas, why, sizeof(why));
	if (topic == NULL)
	{
		fail(reader, why, "see offset.storage.topic, offset.storage.partitions and offset.storage.replication.factor");
		return;
	}
	rd_kafka_NewTopic_set_config(topic, "cleanup.policy", "compact");
	options = rd_kafka_AdminOptions_new(reader->kafka, RD_KAFKA_ADMIN_OP_CREATETOPICS);
	rd_kafka_AdminOptions_set_request_timeout(options, CREATE_TIMEOUT_MS, why, sizeof(why));
	rd_kafka_AdminOptions_set_operation_timeout(options, CREATE_TIMEOUT_MS, why, sizeof(why));
	rd_kafka_CreateTopics(reader->kafka, &topic, 1, options, reader->queue);
	rd_kafka_AdminOptions_destroy(options);
	rd_kafka_NewTopic_destroy(topic);
	reader->state = OFFSETS_CREATING;
	reader->due_us = 0;
}

/* Whatever the answer, the topic may be there: looking for it will tell. */
static void
on_created(Offsets *reader, rd_kafka_event_t *event)
{
	const		rd_kafka_CreateTopics_result_t *result = rd_kafka_event_CreateTopics_result(event);
	rd_kafka_resp_err_t code = rd_kafka_event_error(event);
	const char *text = rd_kafka_event_error_string(event);
	const		rd_kafka_topic_result_t **topics;
	size_t		n;

	topics = rd_kafka_CreateTopics_result_topics(result, &n);
	if (code == RD_KAFKA_RESP_ERR_NO_ERROR && n == 1)
	{
		code = rd_kafka_topic_result_error(topics[0]);
		text = rd_kafka_topic_result_error_string(topics[0]);
	}
	reader->created = code == RD_KAFKA_RESP_ERR_NO_ERROR;
	if (reader->created)
		log_info("created topic \"%s\" for position records", reader->topic);
	else if (code != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
		log_debug("could not create topic \"%s\": %s", reader->topic,
				  text ? text : rd_kafka_err2str(code));
	again_in(reader, OFFSETS_LOOK, 0);
}

static void
start_partitions(Offsets *reader, int n)
{
	reader->npartitions = n;
	reader->partitions = mem_zero((size_t) n * sizeof(Partition));
	for (int i = 0; i < n; i++)
	{
		reader->partitions[i].end = -1;
		reader->partitions[i].started =
			rd_kafka_consume_start_queue(reader->handle, i, RD_KAFKA_OFFSET_BEGINNING,
										 reader->records) == 0;
		if (!reader->partitions[i].started)
			fail(reader, rd_kafka_err2str(rd_kafka_last_error()), "see the broker's log");
	}
	reader->state = OFFSETS_READ;
	reader->due_us = reader->started_us + SAY_US;
}

/*
 * The client of librdkafka 2.15 whose first connection met a broker that stood still
 * may stay without a connection for ever, after the broker goes on: a new one has none.
 */
static void
look_again(Offsets *reader)
{
	again_in(reader, OFFSETS_LOOK, RETRY_US);
	if (++reader->looks < LOOKS_OF_A_CLIENT)
		return;
	reader->looks = 0;
	client_close(reader);
	if (!client_open(reader, &reader->failure))
		reader->failed = true;
}

/*
 * A topic that is not there although it was to be created holds nothing; the
 * brokers may yet create it when the first record is written.
 */
static void
look(Offsets *reader)
{
	const struct rd_kafka_metadata *metadata;
	const struct rd_kafka_metadata_topic *topic;
	rd_kafka_resp_err_t code;

	if (reader->handle == NULL)
		reader->handle = rd_kafka_topic_new(reader->kafka, reader->topic, NULL);
	if (reader->handle == NULL)
	{
		fail(reader, rd_kafka_err2str(rd_kafka_last_error()), "see offset.storage.topic");
		return;
	}
	code = rd_kafka_metadata(reader->kafka, 0, reader->handle, &metadata, LOOK_TIMEOUT_MS);
	if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
	{
		if (log_limit_pass(&reader->retry_limit))
			log_warn("could not read the position record from topic \"%s\" yet: %s",
					 reader->topic, rd_kafka_err2str(code));
		look_again(reader);
		return;
	}
	topic = &metadata->topics[0];
	code = topic->err;
	if (code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)
		fail(reader, rd_kafka_err2str(code), "grant the connector's principal Read, Write and Describe on it, or set offset.storage.topic to one that it may use");
	else if (code == RD_KAFKA_RESP_ERR_NO_ERROR && topic->partition_cnt > 0)
		start_partitions(reader, topic->partition_cnt);
	else if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART && !reader->created)
		reader->state = OFFSETS_DONE;
	else
		again_in(reader, OFFSETS_LOOK, LOOK_AGAIN_US);
	rd_kafka_metadata_destroy(metadata);
}

/* ---- its records ------------------------------------------------------------------ */

/* Of records in several partitions (their number was changed) the youngest counts. */
static void
take_record(Offsets *reader, const rd_kafka_message_t *message)
{
	int64_t		timestamp = rd_kafka_message_timestamp(message, NULL);

	if (message->key == NULL || message->key_len != strlen(reader->key) ||
		memcmp(message->key, reader->key, message->key_len) != 0 ||
		timestamp < reader->timestamp)
		return;
	free(reader->value);
	reader->timestamp = timestamp;
	reader->value = message->payload ? mem_copy_len(message->payload, message->len) : NULL;
	reader->len = message->len;
	reader->found = message->payload != NULL;
}

/* Where the partition ended when it was first read, as the broker said then. */
static void
note_end(Offsets *reader, Partition *partition, int number)
{
	int64_t		low;

	if (partition->end < 0 &&
		rd_kafka_get_watermark_offsets(reader->kafka, reader->topic, number, &low,
									   &partition->end) != RD_KAFKA_RESP_ERR_NO_ERROR)
		partition->end = -1;
}

static void
on_message(Offsets *reader, const rd_kafka_message_t *message)
{
	Partition  *partition = &reader->partitions[message->partition];

	switch (message->err)
	{
		case RD_KAFKA_RESP_ERR_NO_ERROR:
			take_record(reader, message);
			partition->next = message->offset + 1;
			break;
		case RD_KAFKA_RESP_ERR__PARTITION_EOF:
			partition->next = message->offset;
			break;
		case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
			fail(reader, rd_kafka_err2str(message->err), "grant the connector's principal Read on it, or set offset.storage.topic to one that it may use");
			return;
		default:
			if (log_limit_pass(&reader->retry_limit))
				log_warn("could not read the position record from topic \"%s\" yet: %s",
						 reader->topic, rd_kafka_message_errstr(message));
			return;
	}
	note_end(reader, partition, message->partition);
	partition->done = partition->end >= 0 &&
		(partition->next >= partition->end ||
		 (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF && !reader->to_end));
}

static void
read_records(Offsets *reader)
{
	rd_kafka_message_t *message;

	while ((message = rd_kafka_consume_queue(reader->records, 0)) != NULL)
	{
		on_message(reader, message);
		rd_kafka_message_destroy(message);
	}
	for (int i = 0; i < reader->npartitions; i++)
		if (!reader->partitions[i].done)
		{
			if (!reader->said && loop_now_us() >= reader->started_us + SAY_US)
			{
				log_info("reading the position record waits for the end of topic \"%s\": transactions of other connectors are open in it, or its leader is away",
						 reader->topic);
				reader->said = true;
				reader->due_us = 0;
			}
			return;
		}
	reader->state = OFFSETS_DONE;
}

/* ---- the whole ------------------------------------------------------------------ */

static void
on_error(Offsets *reader, rd_kafka_event_t *event)
{
	rd_kafka_resp_err_t code = rd_kafka_event_error(event);
	const char *text = rd_kafka_event_error_string(event);

	if (producer_is_login(code) && !reader->patient)
	{
		reader->failed = true;
		producer_login_error(code, text, reader->mechanism, &reader->failure);
	}
	else if (log_limit_pass(&reader->retry_limit))
		log_warn("%s: %s", code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN ?
				 "no Kafka broker can be reached to read the position record" :
				 "could not read the position record yet", text);
}

static void
serve_queue(Offsets *reader)
{
	rd_kafka_event_t *event;

	while ((event = rd_kafka_queue_poll(reader->queue, 0)) != NULL)
	{
		if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_CREATETOPICS_RESULT)
			on_created(reader, event);
		else if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_ERROR)
			on_error(reader, event);
		rd_kafka_event_destroy(event);
	}
}

OffsetsEvent
offsets_next(Offsets *reader, Err *err)
{
	uint64_t	woken;

	/* emptied before the queues are, so that no wake-up is lost */
	if (read(reader->wake_fd, &woken, sizeof(woken)) < 0 && errno != EAGAIN)
		log_debug("could not read an event descriptor: %s", strerror(errno));
	serve_queue(reader);
	if (reader->state == OFFSETS_CREATE)
		create(reader);
	if (reader->state == OFFSETS_LOOK && loop_now_us() >= reader->due_us)
		look(reader);
	if (reader->state == OFFSETS_READ)
		read_records(reader);

	if (reader->failed)
	{
		*err = reader->failure;
		return OFFSETS_FAILED;
	}
	if (reader->state != OFFSETS_DONE)
		return OFFSETS_WAIT;
	return reader->found ? OFFSETS_FOUND : OFFSETS_NONE;
}
