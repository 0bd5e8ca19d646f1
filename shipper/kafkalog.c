/*
 * kafkalog.c
 *	  Topics that hold state, through librdkafka's simple consumer and a producer.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "kafkalog_private.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "mem.h"
#include "producer_conf.h"

#define LOG_MODULE "kafka"

#define lengthof(array) (sizeof(array) / sizeof((array)[0]))

/* A record that is not written by then is not. */
#define WRITE_TIMEOUT_MS	"30000"

static const char *const reader_settings[][2] = {
	{"isolation.level", "read_committed"},
	{"enable.partition.eof", "true"},
	{"fetch.wait.max.ms", "100"},	/* an empty one is told after it */
	{"auto.offset.reset", "earliest"},
};

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
		log->failed(log->arg, &err);
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
				kafkalog_on_created(log, event);
				break;
			case RD_KAFKA_EVENT_DESCRIBECONFIGS_RESULT:
				kafkalog_on_described(log, event);
				break;
			case RD_KAFKA_EVENT_DR:
				while ((message = rd_kafka_event_message_next(event)) != NULL)
					kafkalog_on_delivered(log, message);
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
	kafkalog_prepare_topics(log);
	while ((message = rd_kafka_consume_queue(log->records, 0)) != NULL)
	{
		kafkalog_on_message(log, message);
		rd_kafka_message_destroy(message);
	}
	kafkalog_finish_writes(log);
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
	log->brokers = conf_get(conf, "bootstrap.servers");
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
	kafkalog_drop_writes(log, "the worker is stopping");
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
