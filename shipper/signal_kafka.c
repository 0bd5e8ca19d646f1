/*
 * signal_kafka.c
 *	  Signals from a Kafka topic: records whose key is the connector's topic.prefix,
 *	  and whose value is a document {"id", "type", "data"}.
 *
 * As in Debezium the first partition counts, and how far it was read is kept as
 * the offset of a consumer group (without membership: nothing is balanced).  It
 * is committed behind a record when that, and all before it, is settled.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <errno.h>
#include <librdkafka/rdkafka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "holds.h"
#include "log.h"
#include "mem.h"
#include "producer_conf.h"
#include "signal_channels.h"

#define LOG_MODULE "signal"

#define lengthof(array) (sizeof(array) / sizeof((array)[0]))

/*
 * librdkafka gives up a partition whose offset its coordinator did not tell, which
 * happens while that comes up: then the partition is assigned again so soon.
 */
#define ASSIGN_AGAIN_US		1000000

/* A stop waits so long for the last offset to be committed. */
#define COMMIT_TIMEOUT_MS	1000

struct SignalKafka
{
	const char *prefix;			/* the key to look for */
	char	   *topic;
	Signals    *signals;
	rd_kafka_t *kafka;
	rd_kafka_queue_t *queue;	/* records and errors */
	rd_kafka_queue_t *commits;	/* answers to commits */
	int			wake_fd;
	LoopFd		watch;
	LoopTimer	assign_timer;
	Loop	   *loop;
	bool		started;		/* its offset is known */
	Holds		holds;			/* by offset */
	int64_t		next;			/* the offset to come */
	int64_t		committed;
	bool		committing;
	LogLimit	limit;
};

/* What Debezium sets, and what reading one record after another needs. */
static const char *const settings[][2] = {
	{"auto.offset.reset", "earliest"},
	{"allow.auto.create.topics", "true"},
	{"fetch.min.bytes", "1"},
};

/* These are not for anybody to change. */
static const char *const fixed_settings[][2] = {
	{"enable.auto.commit", "false"},
	{"enable.auto.offset.store", "false"},
	{"enable.partition.eof", "true"},
};

/* ---- offsets ------------------------------------------------------------------ */

static rd_kafka_topic_partition_list_t *
partition_at(const SignalKafka *kafka, int64_t offset)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);

	if (list == NULL)
		mem_exhausted();
	rd_kafka_topic_partition_list_add(list, kafka->topic, 0)->offset = offset;
	return list;
}

/* Commits what is settled, if that is more than before. */
static void
commit(SignalKafka *kafka)
{
	int64_t		offset = kafka->holds.n > 0 ? (int64_t) kafka->holds.all[0].at : kafka->next;
	rd_kafka_topic_partition_list_t *list;

	if (kafka->committing || offset <= kafka->committed)
		return;
	list = partition_at(kafka, offset);
	if (rd_kafka_commit_queue(kafka->kafka, list, kafka->commits, NULL, NULL) == RD_KAFKA_RESP_ERR_NO_ERROR)
	{
		kafka->committing = true;
		kafka->committed = offset;
	}
	rd_kafka_topic_partition_list_destroy(list);
}

static void
on_settled(void *arg, uint64_t token)
{
	SignalKafka *kafka = arg;

	holds_drop(&kafka->holds, token);
	commit(kafka);
}

/* Not committed is repeated after a restart, at most. */
static void
on_committed(SignalKafka *kafka, rd_kafka_event_t *event)
{
	rd_kafka_resp_err_t code = rd_kafka_event_error(event);

	kafka->committing = false;
	if (code != RD_KAFKA_RESP_ERR_NO_ERROR && log_limit_pass(&kafka->limit))
		log_warn("could not commit how far topic \"%s\" was read for signals: %s; they come again after a restart",
				 kafka->topic, rd_kafka_err2str(code));
	commit(kafka);
}

/* ---- records ------------------------------------------------------------------ */

static void
assign(SignalKafka *kafka)
{
	rd_kafka_topic_partition_list_t *list = partition_at(kafka, RD_KAFKA_OFFSET_STORED);

	rd_kafka_assign(kafka->kafka, NULL);
	rd_kafka_assign(kafka->kafka, list);
	rd_kafka_topic_partition_list_destroy(list);
}

static void
on_assign_timer(void *arg)
{
	SignalKafka *kafka = arg;

	if (!kafka->started)
		assign(kafka);
}

static void
on_error(SignalKafka *kafka, rd_kafka_resp_err_t code, const char *text)
{
	if (code == RD_KAFKA_RESP_ERR__PARTITION_EOF)
	{
		kafka->started = true;
		return;
	}
	if (!kafka->started && kafka->assign_timer.due_us == 0)
		loop_timer_set(&kafka->assign_timer, ASSIGN_AGAIN_US);
	if (log_limit_pass(&kafka->limit))
		log_warn("could not read signals from topic \"%s\" (signal.kafka.topic) yet: %s",
				 kafka->topic, text ? text : rd_kafka_err2str(code));
}

static bool
is_ours(const SignalKafka *kafka, const rd_kafka_message_t *message)
{
	return message->key != NULL && message->key_len == strlen(kafka->prefix) &&
		memcmp(message->key, kafka->prefix, message->key_len) == 0;
}

static void
on_message(SignalKafka *kafka, const rd_kafka_message_t *message)
{
	if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR)
	{
		on_error(kafka, message->err, rd_kafka_message_errstr(message));
		return;
	}
	kafka->started = true;
	kafka->next = message->offset + 1;
	if (!is_ours(kafka, message))
		log_debug("signal at offset %lld is of another connector", (long long) message->offset);
	else if (message->len > 0)
		signals_take_document(kafka->signals, SIGNAL_FROM_KAFKA, message->payload, message->len,
							  on_settled, kafka,
							  holds_add(&kafka->holds, (uint64_t) message->offset, 0));
}

static void
on_event(SignalKafka *kafka, rd_kafka_event_t *event)
{
	const rd_kafka_message_t *message;

	switch (rd_kafka_event_type(event))
	{
		case RD_KAFKA_EVENT_FETCH:
			while ((message = rd_kafka_event_message_next(event)) != NULL)
				on_message(kafka, message);
			commit(kafka);
			break;
		case RD_KAFKA_EVENT_OFFSET_COMMIT:
			on_committed(kafka, event);
			break;
		case RD_KAFKA_EVENT_ERROR:
			on_error(kafka, rd_kafka_event_error(event), rd_kafka_event_error_string(event));
			break;
		default:
			break;
	}
}

static void
serve(SignalKafka *kafka, rd_kafka_queue_t *queue)
{
	rd_kafka_event_t *event;

	while ((event = rd_kafka_queue_poll(queue, 0)) != NULL)
	{
		on_event(kafka, event);
		rd_kafka_event_destroy(event);
	}
}

/* Waits for commits under way, but not for Kafka. */
static void
finish_commits(SignalKafka *kafka)
{
	int64_t		until = loop_now_us() + COMMIT_TIMEOUT_MS * INT64_C(1000);

	while (kafka->committing && loop_now_us() < until)
	{
		rd_kafka_event_t *event = rd_kafka_queue_poll(kafka->commits, COMMIT_TIMEOUT_MS);

		if (event == NULL)
			return;
		on_event(kafka, event);
		rd_kafka_event_destroy(event);
	}
}

static void
on_ready(void *arg, short revents)
{
	SignalKafka *kafka = arg;
	uint64_t	woken;

	/* emptied before the queue is, so that no wake-up is lost */
	if (read(kafka->wake_fd, &woken, sizeof(woken)) < 0 && errno != EAGAIN)
		log_debug("could not read an event descriptor: %s", strerror(errno));
	serve(kafka, kafka->commits);
	serve(kafka, kafka->queue);
}

/* ---- the client ------------------------------------------------------------------ */

static bool
set(rd_kafka_conf_t *conf, const char *name, const char *value, const char *property, Err *err)
{
	char		why[256];

	return rd_kafka_conf_set(conf, name, value, why, sizeof(why)) == RD_KAFKA_CONF_OK ||
		err_set(err, ERR_CONFIG, "could not set property \"%s\": %s", property, why);
}

/* NULL and err when a property is wrong. */
static rd_kafka_conf_t *
client_conf(const Conf *conf, Err *err)
{
	const char *servers = conf_get(conf, "signal.kafka.bootstrap.servers");
	rd_kafka_conf_t *kafka = consumer_conf_new(conf, "signal.consumer.", err);
	bool		ok = kafka != NULL;

	if (ok && servers != NULL && !conf_is_set(conf, "signal.consumer.bootstrap.servers"))
		ok = set(kafka, "bootstrap.servers", servers, "signal.kafka.bootstrap.servers", err);
	if (ok && !conf_is_set(conf, "signal.consumer.group.id"))
		ok = set(kafka, "group.id", conf_get(conf, "signal.kafka.groupId"), "signal.kafka.groupId", err);
	for (size_t i = 0; ok && i < lengthof(settings); i++)
	{
		char	   *name = mem_print("signal.consumer.%s", settings[i][0]);

		if (!conf_is_set(conf, name))
			ok = set(kafka, settings[i][0], settings[i][1], name, err);
		free(name);
	}
	for (size_t i = 0; ok && i < lengthof(fixed_settings); i++)
		ok = set(kafka, fixed_settings[i][0], fixed_settings[i][1], fixed_settings[i][0], err);
	if (ok)
	{
		rd_kafka_conf_set_events(kafka, RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_LOG | RD_KAFKA_EVENT_OFFSET_COMMIT);
		return kafka;
	}
	if (kafka != NULL)
		rd_kafka_conf_destroy(kafka);
	return NULL;
}

static bool
client_open(SignalKafka *kafka, const Conf *conf, Err *err)
{
	static const uint64_t one = 1;
	rd_kafka_conf_t *kafka_conf = client_conf(conf, err);
	char		why[512];

	if (kafka_conf == NULL)
		return false;
	kafka->kafka = rd_kafka_new(RD_KAFKA_CONSUMER, kafka_conf, why, sizeof(why));
	if (kafka->kafka == NULL)
	{
		rd_kafka_conf_destroy(kafka_conf);
		return err_set(err, ERR_CONFIG, "could not make a Kafka consumer for signals: %s; "
					   "see the properties signal.kafka.* and signal.consumer.*", why);
	}
	rd_kafka_poll_set_consumer(kafka->kafka);
	kafka->queue = rd_kafka_queue_get_consumer(kafka->kafka);
	rd_kafka_set_log_queue(kafka->kafka, kafka->queue);
	kafka->commits = rd_kafka_queue_new(kafka->kafka);
	rd_kafka_queue_io_event_enable(kafka->queue, kafka->wake_fd, &one, sizeof(one));
	rd_kafka_queue_io_event_enable(kafka->commits, kafka->wake_fd, &one, sizeof(one));
	assign(kafka);
	return true;
}

static char *
topic_name(const Conf *conf)
{
	const char *name = conf_get(conf, "signal.kafka.topic");

	return name != NULL ? mem_copy(name) : mem_print("%s-signal", conf_get(conf, "topic.prefix"));
}

SignalKafka *
signal_kafka_new(const Conf *conf, Signals *signals, Loop *loop, Err *err)
{
	SignalKafka *kafka = mem_zero(sizeof(SignalKafka));

	kafka->prefix = conf_get(conf, "topic.prefix");
	kafka->topic = topic_name(conf);
	kafka->signals = signals;
	kafka->loop = loop;
	kafka->committed = -1;
	/* awake: what is in a queue before it is watched wakes nobody */
	kafka->wake_fd = eventfd(1, EFD_NONBLOCK | EFD_CLOEXEC);
	kafka->watch = (LoopFd)
	{
		-1, POLLIN, on_ready, kafka
	};
	loop_fd_add(loop, &kafka->watch);
	kafka->assign_timer = (LoopTimer)
	{
		.fire = on_assign_timer,.arg = kafka
	};
	loop_timer_add(loop, &kafka->assign_timer);
	if (kafka->wake_fd < 0)
		err_set(err, ERR_FATAL, "could not create an event descriptor: %s", strerror(errno));
	else if (client_open(kafka, conf, err))
	{
		log_info("signals are read from topic \"%s\"", kafka->topic);
		return kafka;
	}
	signal_kafka_free(kafka);
	return NULL;
}

void
signal_kafka_free(SignalKafka *kafka)
{
	if (kafka == NULL)
		return;
	if (kafka->kafka != NULL)
	{
		finish_commits(kafka);
		rd_kafka_queue_destroy(kafka->commits);
		rd_kafka_queue_destroy(kafka->queue);
		rd_kafka_destroy_flags(kafka->kafka, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
	}
	loop_fd_remove(kafka->loop, &kafka->watch);
	if (kafka->wake_fd >= 0)
		close(kafka->wake_fd);
	holds_free(&kafka->holds);
	free(kafka->topic);
	free(kafka);
}

/* What has come meanwhile has woken nobody. */
void
signal_kafka_set(SignalKafka *kafka, bool streaming)
{
	kafka->watch.fd = streaming ? kafka->wake_fd : -1;
}
