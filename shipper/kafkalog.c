/*
 * kafkalog.c
 *	  Topics that hold state, through librdkafka's simple consumer and a producer.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "kafkalog.h"

#include <errno.h>
#include <librdkafka/rdkafka.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "log.h"
#include "mem.h"
#include "producer_conf.h"

#define LOG_MODULE "kafka"

#define lengthof(array) (sizeof(array) / sizeof((array)[0]))

/* How long the brokers may take to create a topic. */
#define CREATE_TIMEOUT_MS	10000
/* How long the loop may stand still for a topic's partitions. */
#define LOOK_TIMEOUT_MS		300
/* A topic that was just created, or a broker that is away, is asked again. */
#define LOOK_AGAIN_US		100000
#define RETRY_US			1000000
/* A record that is not written by then is not. */
#define WRITE_TIMEOUT_MS	"30000"

typedef struct Partition
{
	int64_t		end;			/* where it ended when the reading began; -1: not
								 * known yet */
	int64_t		next;			/* the offset to come */
	bool		done;			/* read up to there */
} Partition;

typedef enum TopicState
{
	TOPIC_CREATE, TOPIC_CREATING, TOPIC_LOOK, TOPIC_FOUND, TOPIC_READ
} TopicState;

typedef struct Topic
{
	KafkaLogTopic is;
	TopicState	state;
	int64_t		due_us;
	rd_kafka_topic_t *handle;
	Partition  *partitions;
	int			npartitions;
} Topic;

/* A record on its way out, and back. */
typedef struct Write
{
	Topic	   *topic;
	int32_t		partition;
	int64_t		offset;			/* -1: not delivered yet */
	KafkaLogDone done;
	void	   *arg;
	struct Write *next;
} Write;

struct KafkaLog
{
	Loop	   *loop;
	void		(*failed) (void *arg, const Err *err);
	void	   *arg;
	rd_kafka_t *consumer;
	rd_kafka_t *producer;
	rd_kafka_queue_t *consumer_queue;
	rd_kafka_queue_t *producer_queue;
	rd_kafka_queue_t *records;
	LoopFd		wake;
	LoopTimer	timer;
	Topic		topics[KAFKALOG_TOPICS_MAX];
	int			ntopics;
	Write	   *writes;			/* that are not finished, the last one first */
	char	   *cluster;
	char		mechanism[32];	/* of SASL */
	LogLimit	limit;
};

static const char *const reader_settings[][2] = {
	{"isolation.level", "read_committed"},
	{"enable.partition.eof", "true"},
	{"fetch.wait.max.ms", "100"},	/* an empty one is told after it */
	{"auto.offset.reset", "earliest"},
};

static void
fail(KafkaLog *log, const Err *err)
{
	log->failed(log->arg, err);
}

/* ---- the topics ----------------------------------------------------------------- */

static void
create(KafkaLog *log, Topic *topic)
{
	rd_kafka_AdminOptions_t *options;
	rd_kafka_NewTopic_t *new;
	char		why[256];
	Err			err;

	new = rd_kafka_NewTopic_new(topic->is.name, topic->is.partitions, topic->is.replicas, why, sizeof(why));
	if (new == NULL)
	{
		err_set(&err, ERR_CONFIG, "could not create topic \"%s\": %s; see the worker's *.storage.* settings",
				topic->is.name, why);
		fail(log, &err);
		return;
	}
	rd_kafka_NewTopic_set_config(new, "cleanup.policy", "compact");
	options = rd_kafka_AdminOptions_new(log->producer, RD_KAFKA_ADMIN_OP_CREATETOPICS);
	rd_kafka_AdminOptions_set_request_timeout(options, CREATE_TIMEOUT_MS, why, sizeof(why));
	rd_kafka_AdminOptions_set_operation_timeout(options, CREATE_TIMEOUT_MS, why, sizeof(why));
	rd_kafka_AdminOptions_set_opaque(options, topic);
	rd_kafka_CreateTopics(log->producer, &new, 1, options, log->producer_queue);
	rd_kafka_AdminOptions_destroy(options);
	rd_kafka_NewTopic_destroy(new);
	topic->state = TOPIC_CREATING;
}

/* Whatever the answer, the topic may be there: looking for it will tell. */
static void
on_created(KafkaLog *log, rd_kafka_event_t *event)
{
	Topic	   *topic = rd_kafka_event_opaque(event);
	rd_kafka_resp_err_t code = rd_kafka_event_error(event);
	const		rd_kafka_topic_result_t **results;
	size_t		n = 0;

	results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &n);
	if (code == RD_KAFKA_RESP_ERR_NO_ERROR && n == 1)
		code = rd_kafka_topic_result_error(results[0]);
	if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
		log_info("created topic \"%s\"", topic->is.name);
	else if (code != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS && log_limit_pass(&log->limit))
		log_warn("could not create topic \"%s\": %s", topic->is.name, rd_kafka_err2str(code));
	topic->state = TOPIC_LOOK;
	topic->due_us = 0;
}

static void
start_partitions(KafkaLog *log, Topic *topic)
{
	topic->partitions = mem_zero((size_t) topic->npartitions * sizeof(Partition));
	for (int i = 0; i < topic->npartitions; i++)
	{
		topic->partitions[i].end = -1;
		/* where that is gone, auto.offset.reset leads to the beginning */
		if (rd_kafka_consume_start_queue(topic->handle, i, 0, log->records) != 0)
		{
			Err			err;

			err_set(&err, ERR_FATAL, "could not read topic \"%s\": %s", topic->is.name,
					rd_kafka_err2str(rd_kafka_last_error()));
			fail(log, &err);
		}
	}
	topic->state = TOPIC_READ;
}

/*
 * Only when all of them are found: what is asked of a broker waits behind a fetch
 * on the same connection, and one of an empty topic takes its time.
 */
static void
start_found(KafkaLog *log)
{
	for (int i = 0; i < log->ntopics; i++)
		if (log->topics[i].state != TOPIC_FOUND)
			return;
	for (int i = 0; i < log->ntopics; i++)
		start_partitions(log, &log->topics[i]);
}

static void
look(KafkaLog *log, Topic *topic)
{
	const struct rd_kafka_metadata *metadata;
	rd_kafka_resp_err_t code;

	if (topic->handle == NULL)
		topic->handle = rd_kafka_topic_new(log->consumer, topic->is.name, NULL);
	if (topic->handle == NULL)
		mem_exhausted();
	code = rd_kafka_metadata(log->consumer, 0, topic->handle, &metadata, LOOK_TIMEOUT_MS);
	if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
	{
		if (log_limit_pass(&log->limit))
			log_warn("could not read topic \"%s\" yet: %s", topic->is.name, rd_kafka_err2str(code));

		/* what holds for one of them holds for all: the loop has other work */
		for (int i = 0; i < log->ntopics; i++)
			log->topics[i].due_us = loop_now_us() + RETRY_US;
		return;
	}
	code = metadata->topics[0].err;
	if (code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)
	{
		Err			err;

		err_set(&err, ERR_CONFIG, "could not read topic \"%s\": %s; grant the worker's principal Read, Write and Describe on it",
				topic->is.name, rd_kafka_err2str(code));
		fail(log, &err);
	}
	else if (code == RD_KAFKA_RESP_ERR_NO_ERROR && metadata->topics[0].partition_cnt > 0)
	{
		topic->npartitions = metadata->topics[0].partition_cnt;
		topic->state = TOPIC_FOUND;
	}
	else
	{
		/* not yet, or it could not be created because the brokers were away */
		topic->due_us = loop_now_us() + LOOK_AGAIN_US;
		topic->state = TOPIC_CREATE;
	}
	rd_kafka_metadata_destroy(metadata);
}

static void
prepare_topics(KafkaLog *log)
{
	int64_t		due = 0;

	for (int i = 0; i < log->ntopics; i++)
	{
		Topic	   *topic = &log->topics[i];

		if (topic->state == TOPIC_LOOK && loop_now_us() >= topic->due_us)
			look(log, topic);
		if (topic->state == TOPIC_CREATE && loop_now_us() >= topic->due_us)
			create(log, topic);
		if ((topic->state == TOPIC_LOOK || topic->state == TOPIC_CREATE) &&
			(due == 0 || topic->due_us < due))
			due = topic->due_us;
	}
	log->timer.due_us = due;
	start_found(log);
}

/* ---- reading -------------------------------------------------------------------- */

static Topic *
topic_of(KafkaLog *log, const rd_kafka_message_t *message)
{
	for (int i = 0; i < log->ntopics; i++)
		if (log->topics[i].handle == message->rkt)
			return &log->topics[i];
	return NULL;
}

static void
take_record(KafkaLog *log, Topic *topic, const rd_kafka_message_t *message)
{
	char	   *key;
	char	   *value;

	if (message->key == NULL)
		return;
	key = mem_copy_len(message->key, message->key_len);
	value = message->payload != NULL ? mem_copy_len(message->payload, message->len) : NULL;
	topic->is.record(log->arg, key, value);
	free(value);
	free(key);
}

/* Where the partition ended when it was first read, as the broker said then. */
static void
note_end(KafkaLog *log, Topic *topic, int number)
{
	Partition  *partition = &topic->partitions[number];
	int64_t		low;

	if (partition->end < 0 &&
		rd_kafka_get_watermark_offsets(log->consumer, topic->is.name, number, &low,
									   &partition->end) != RD_KAFKA_RESP_ERR_NO_ERROR)
		partition->end = -1;
}

static void
on_message(KafkaLog *log, const rd_kafka_message_t *message)
{
	Topic	   *topic = topic_of(log, message);
	Partition  *partition;

	if (topic == NULL || message->partition < 0 || message->partition >= topic->npartitions)
		return;
	partition = &topic->partitions[message->partition];
	if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
	{
		take_record(log, topic, message);
		partition->next = message->offset + 1;
	}
	else if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
		partition->next = message->offset;
	else
	{
		if (log_limit_pass(&log->limit))
			log_warn("could not read topic \"%s\": %s", topic->is.name, rd_kafka_message_errstr(message));
		return;
	}
	note_end(log, topic, message->partition);
	/* behind the last record may be the end of a transaction */
	if (partition->end >= 0 && (partition->next >= partition->end ||
								message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF))
		partition->done = true;
}

bool
kafkalog_is_read(const KafkaLog *log)
{
	for (int i = 0; i < log->ntopics; i++)
	{
		if (log->topics[i].state != TOPIC_READ)
			return false;
		for (int p = 0; p < log->topics[i].npartitions; p++)
			if (!log->topics[i].partitions[p].done)
				return false;
	}
	return true;
}

/* ---- writing -------------------------------------------------------------------- */

/* It is in no list any more. */
static void
finish(Write *write, const char *error)
{
	if (write->done)
		write->done(write->arg, error);
	free(write);
}

void
kafkalog_write(KafkaLog *log, int topic, const char *key, const char *value,
			   KafkaLogDone done, void *arg)
{
	Write	   *write = mem_zero(sizeof(Write));
	rd_kafka_resp_err_t code;

	write->topic = &log->topics[topic];
	write->offset = -1;
	write->done = done;
	write->arg = arg;
	code = rd_kafka_producev(log->producer, RD_KAFKA_V_TOPIC(write->topic->is.name),
							 RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
							 RD_KAFKA_V_KEY(key, strlen(key)),
							 RD_KAFKA_V_VALUE((void *) value, value ? strlen(value) : 0),
							 RD_KAFKA_V_OPAQUE(write), RD_KAFKA_V_END);
	if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
	{
		finish(write, rd_kafka_err2str(code));
		return;
	}
	write->next = log->writes;
	log->writes = write;
}

static void
take_out(KafkaLog *log, const Write *write)
{
	for (Write **at = &log->writes; *at != NULL; at = &(*at)->next)
		if (*at == write)
		{
			*at = write->next;
			return;
		}
}

/* Kafka has it, or will not. */
static void
on_delivered(KafkaLog *log, const rd_kafka_message_t *message)
{
	Write	   *write = message->_private;

	if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
	{
		log_warn("could not write to topic \"%s\": %s", write->topic->is.name,
				 rd_kafka_err2str(message->err));
		take_out(log, write);
		finish(write, rd_kafka_err2str(message->err));
		return;
	}
	write->partition = message->partition;
	write->offset = message->offset;
}

/* Those that were read back, in the order in which they were written. */
static void
finish_writes(KafkaLog *log)
{
	Write	   *done = NULL;

	for (Write **at = &log->writes; *at != NULL;)
	{
		Write	   *write = *at;

		if (write->offset < 0 || write->topic->state != TOPIC_READ || write->partition >= write->topic->npartitions ||
			write->topic->partitions[write->partition].next <= write->offset)
		{
			at = &write->next;
			continue;
		}
		*at = write->next;
		write->next = done;
		done = write;
	}
	while (done != NULL)
	{
		Write	   *next = done->next;

		finish(done, NULL);
		done = next;
	}
}

/* ---- the clients ------------------------------------------------------------------ */

static void
on_error(KafkaLog *log, rd_kafka_event_t *event)
{
	rd_kafka_resp_err_t code = rd_kafka_event_error(event);
	const char *text = rd_kafka_event_error_string(event);

	if (producer_is_login(code))
	{
		Err			err;

		producer_login_error(code, text, log->mechanism, &err);
		fail(log, &err);
	}
	else if (log_limit_pass(&log->limit))
		log_warn("Kafka: %s", text);
}

static void
serve_queue(KafkaLog *log, rd_kafka_queue_t *queue)
{
	rd_kafka_event_t *event;

	while ((event = rd_kafka_queue_poll(queue, 0)) != NULL)
	{
		const rd_kafka_message_t *message;

		switch (rd_kafka_event_type(event))
		{
			case RD_KAFKA_EVENT_CREATETOPICS_RESULT:
				on_created(log, event);
				break;
			case RD_KAFKA_EVENT_DR:
				while ((message = rd_kafka_event_message_next(event)) != NULL)
					on_delivered(log, message);
				break;
			case RD_KAFKA_EVENT_ERROR:
				on_error(log, event);
				break;
			default:
				break;
		}
		rd_kafka_event_destroy(event);
	}
}

static void
serve(KafkaLog *log)
{
	rd_kafka_message_t *message;
	uint64_t	woken;

	/* emptied before the queues are, so that no wake-up is lost */
	if (read(log->wake.fd, &woken, sizeof(woken)) < 0 && errno != EAGAIN)
		log_debug("could not read an event descriptor: %s", strerror(errno));
	serve_queue(log, log->producer_queue);
	serve_queue(log, log->consumer_queue);
	prepare_topics(log);
	while ((message = rd_kafka_consume_queue(log->records, 0)) != NULL)
	{
		on_message(log, message);
		rd_kafka_message_destroy(message);
	}
	finish_writes(log);
}

static void
on_ready(void *arg, short revents)
{
	serve(arg);
}

static void
on_timer(void *arg)
{
	serve(arg);
}

static rd_kafka_t *
client(KafkaLog *log, const Conf *conf, rd_kafka_type_t type, rd_kafka_queue_t **queue, Err *err)
{
	static const uint64_t one = 1;
	rd_kafka_conf_t *kafka_conf = producer_conf_new(conf, 0, true, err);
	rd_kafka_t *kafka;
	char		why[512];

	if (kafka_conf == NULL)
		return NULL;
	for (size_t i = 0; type == RD_KAFKA_CONSUMER && i < lengthof(reader_settings); i++)
		rd_kafka_conf_set(kafka_conf, reader_settings[i][0], reader_settings[i][1], NULL, 0);
	if (type == RD_KAFKA_PRODUCER)
		rd_kafka_conf_set(kafka_conf, "message.timeout.ms", WRITE_TIMEOUT_MS, NULL, 0);
	rd_kafka_conf_set_events(kafka_conf, RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_LOG | RD_KAFKA_EVENT_DR);
	producer_conf_get(kafka_conf, "sasl.mechanisms", log->mechanism, sizeof(log->mechanism));
	kafka = rd_kafka_new(type, kafka_conf, why, sizeof(why));
	if (kafka == NULL)
	{
		rd_kafka_conf_destroy(kafka_conf);
		err_set(err, ERR_CONFIG, "could not make a Kafka client: %s; see the worker's settings", why);
		return NULL;
	}
	*queue = rd_kafka_queue_get_main(kafka);
	rd_kafka_set_log_queue(kafka, *queue);
	rd_kafka_queue_io_event_enable(*queue, log->wake.fd, &one, sizeof(one));
	return kafka;
}

static bool
open_clients(KafkaLog *log, const Conf *conf, Err *err)
{
	static const uint64_t one = 1;

	log->wake.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (log->wake.fd < 0)
		return err_set(err, ERR_FATAL, "could not create an event descriptor: %s", strerror(errno));
	log->producer = client(log, conf, RD_KAFKA_PRODUCER, &log->producer_queue, err);
	if (log->producer == NULL)
		return false;
	log->consumer = client(log, conf, RD_KAFKA_CONSUMER, &log->consumer_queue, err);
	if (log->consumer == NULL)
		return false;
	log->records = rd_kafka_queue_new(log->consumer);
	rd_kafka_queue_io_event_enable(log->records, log->wake.fd, &one, sizeof(one));
	return true;
}

KafkaLog *
kafkalog_open(const Conf *conf, Loop *loop, const KafkaLogTopic *topics, int n,
			  void (*failed) (void *arg, const Err *err), void *arg, Err *err)
{
	KafkaLog   *log = mem_zero(sizeof(KafkaLog));

	log->loop = loop;
	log->failed = failed;
	log->arg = arg;
	log->wake = (LoopFd)
	{
		-1, POLLIN, on_ready, log
	};
	log->timer.fire = on_timer;
	log->timer.arg = log;
	loop_fd_add(loop, &log->wake);
	loop_timer_add(loop, &log->timer);
	for (int i = 0; i < n; i++)
		log->topics[log->ntopics++].is = topics[i];
	if (open_clients(log, conf, err))
	{
		loop_timer_set(&log->timer, 0);
		return log;
	}
	kafkalog_close(log);
	return NULL;
}

void
kafkalog_flush(KafkaLog *log, int timeout_ms)
{
	int64_t		until = loop_now_us() + timeout_ms * INT64_C(1000);

	while (log->writes != NULL && loop_now_us() < until)
	{
		struct pollfd fd = {.fd = log->wake.fd,.events = POLLIN};

		poll(&fd, 1, 20);
		serve(log);
	}
}

/* What librdkafka still reports is dropped with its queue. */
static void
close_client(rd_kafka_t *kafka, rd_kafka_queue_t *queue)
{
	if (kafka == NULL)
		return;
	rd_kafka_queue_destroy(queue);
	rd_kafka_destroy_flags(kafka, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

/* The loop turns no more: its timer is not taken out. */
void
kafkalog_close(KafkaLog *log)
{
	if (log == NULL)
		return;
	loop_fd_remove(log->loop, &log->wake);
	loop_timer_clear(&log->timer);
	for (int i = 0; i < log->ntopics; i++)
	{
		Topic	   *topic = &log->topics[i];

		for (int p = 0; p < topic->npartitions; p++)
			rd_kafka_consume_stop(topic->handle, p);
		if (topic->handle)
			rd_kafka_topic_destroy(topic->handle);
		free(topic->partitions);
	}
	if (log->records)
		rd_kafka_queue_destroy(log->records);
	close_client(log->consumer, log->consumer_queue);
	close_client(log->producer, log->producer_queue);
	while (log->writes != NULL)
	{
		Write	   *write = log->writes;

		log->writes = write->next;
		finish(write, "the worker is stopping");
	}
	if (log->wake.fd >= 0)
		close(log->wake.fd);
	free(log->cluster);
	free(log);
}

const char *
kafkalog_cluster(KafkaLog *log)
{
	char	   *id;

	if (log->cluster == NULL && (id = rd_kafka_clusterid(log->producer, 0)) != NULL)
	{
		log->cluster = mem_copy(id);
		rd_kafka_mem_free(log->producer, id);
	}
	return log->cluster;
}
