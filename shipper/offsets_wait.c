/*
 * offsets_wait.c
 *	  Records of the offset topic for who waits for them: read, written, forgotten.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <librdkafka/rdkafka.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "loop.h"
#include "mem.h"
#include "offsets.h"
#include "position.h"
#include "producer_conf.h"

/* How long a reading or a writing may take. */
#define TIMEOUT_MS	15000

/*
 * Reads the topic (to_end: as offsets_open() has it).  *value is the record's, the
 * caller's to free; NULL if there is none.  False and err when the end does not come
 * in time.
 */
static bool
read_record(const Conf *conf, const char *key, bool to_end, char **value, Err *err)
{
	int64_t		until = loop_now_us() + TIMEOUT_MS * INT64_C(1000);
	Offsets    *reader = offsets_open(conf, key, to_end, false, err);
	OffsetsEvent event = OFFSETS_WAIT;

	*value = NULL;
	if (reader == NULL)
		return false;
	while (event == OFFSETS_WAIT && loop_now_us() < until)
	{
		struct pollfd fd = {.fd = offsets_fd(reader),.events = POLLIN};

		event = offsets_next(reader, err);
		if (event == OFFSETS_WAIT)
			poll(&fd, 1, 50);
	}
	if (event == OFFSETS_FOUND)
	{
		size_t		len;
		const char *found = offsets_value(reader, &len);

		*value = mem_copy_len(found, len);
	}
	offsets_close(reader);
	if (event == OFFSETS_WAIT)
		return err_set(err, ERR_FATAL, "could not read the position record from topic \"%s\" within %d s; is Kafka there?",
					   offsets_topic(conf), TIMEOUT_MS / 1000);
	return event != OFFSETS_FAILED;
}

/* What became of the one record that is under way; nothing else says so for sure. */
static rd_kafka_resp_err_t
await_report(rd_kafka_t *kafka)
{
	int64_t		until = loop_now_us() + TIMEOUT_MS * INT64_C(1000);
	rd_kafka_queue_t *queue = rd_kafka_queue_get_main(kafka);
	rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR__TIMED_OUT;
	bool		reported = false;

	while (!reported && loop_now_us() < until)
	{
		rd_kafka_event_t *event = rd_kafka_queue_poll(queue, 50);
		const rd_kafka_message_t *message = NULL;

		if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_DR)
			message = rd_kafka_event_message_next(event);
		if (message != NULL)
		{
			code = message->err;
			reported = true;
		}
		rd_kafka_event_destroy(event);
	}
	rd_kafka_queue_destroy(queue);
	return code;
}

/* Writes a record, or without a value a tombstone, and waits for it. */
static bool
write_record(const Conf *conf, const char *key, const char *value, Err *err)
{
	rd_kafka_conf_t *kafka_conf = producer_conf_new(conf, 0, true, err);
	rd_kafka_resp_err_t code;
	rd_kafka_t *kafka;
	char		why[512];

	if (kafka_conf == NULL)
		return false;
	rd_kafka_conf_set_events(kafka_conf, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR);
	kafka = rd_kafka_new(RD_KAFKA_PRODUCER, kafka_conf, why, sizeof(why));
	if (kafka == NULL)
	{
		rd_kafka_conf_destroy(kafka_conf);
		return err_set(err, ERR_CONFIG, "could not make a Kafka producer: %s", why);
	}
	code = rd_kafka_producev(kafka, RD_KAFKA_V_TOPIC(offsets_topic(conf)),
							 RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
							 RD_KAFKA_V_KEY(key, strlen(key)),
							 RD_KAFKA_V_VALUE((void *) value, value ? strlen(value) : 0), RD_KAFKA_V_END);
	if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
		code = await_report(kafka);
	rd_kafka_destroy_flags(kafka, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
	return code == RD_KAFKA_RESP_ERR_NO_ERROR ||
		err_set(err, ERR_FATAL, value ? "could not write a record beside the position record to topic \"%s\": %s" :
				"could not remove the position record from topic \"%s\": %s",
				offsets_topic(conf), rd_kafka_err2str(code));
}

/* Removes the record under the key, which is taken. */
static bool
forget(const Conf *conf, char *key, bool *found, Err *err)
{
	char	   *value;
	bool		ok = read_record(conf, key, true, &value, err);

	*found = value != NULL;
	free(value);
	if (*found)
		ok = write_record(conf, key, NULL, err);
	free(key);
	return ok;
}

bool
offsets_forget(const Conf *conf, bool *found, Err *err)
{
	const char *name = conf_get(conf, "name");
	const char *prefix = conf_get(conf, "topic.prefix");
	bool		other;

	return forget(conf, position_side_key(name, prefix, INCREMENTAL_KEY), &other, err) &&
		forget(conf, position_side_key(name, prefix, RANGES_KEY), &other, err) &&
		forget(conf, position_key(name, prefix), found, err);
}

bool
offsets_get(const Conf *conf, const char *key, char **value, Err *err)
{
	bool		ok = read_record(conf, key, false, value, err);

	if (!ok && err->kind == ERR_FATAL)
		err->kind = ERR_RETRY;
	return ok;
}

bool
offsets_put(const Conf *conf, const char *key, const char *value, Err *err)
{
	if (write_record(conf, key, value, err))
		return true;
	if (err->kind == ERR_FATAL)
		err->kind = ERR_RETRY;
	return false;
}
