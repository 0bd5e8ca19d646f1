/*
 * producer.c
 *	  librdkafka's producer, driven through its event queue: the client, and
 *	  what it has to say.
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
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "mem.h"
#include "producer_conf.h"
#include "producer_private.h"

#define LOG_MODULE "kafka"

/* How long a client that is dropped may take to give back its records. */
#define CLOSE_TIMEOUT_MS	5000

/* How long an abort is waited for. */
#define ABORT_TIMEOUT_MS	5000

/* In place of a record whose event is read again, from elsewhere in memory. */
static const char any_suspect[1];

/*
 * What this process' producers have learned: how far batches have to be cut down,
 * and whether the next one that gets records is to send each alone, since a topic did
 * not take one of several.
 */
static int	batching_learned;
static bool search_goes_on;

static void serve_queue(Producer *producer);

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
	return producer->fatal || producer->cut_batches || producer->searching;
}

bool
producer_is_refused(const Producer *producer)
{
	return producer->refused;
}

void
producer_give_up(Producer *producer, const char *text)
{
	producer->fatal = true;
	if (producer->fatal_text[0] == '\0')
		snprintf(producer->fatal_text, sizeof(producer->fatal_text), "%s", text);
}

const char *
producer_trouble(const Producer *producer)
{
	return producer->fatal_text[0] != '\0' ? producer->fatal_text :
		producer->searching ? "a topic does not take one of several records" :
		"a topic takes no batches of this size";
}

bool
producer_proven(const Producer *producer)
{
	return producer->proven;
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
	if (producer->txn != NULL &&
		!producer_conf_transactional(conf, producer->transactional_id, producer->txn_limit_ms,
									 producer->txn_exact, &producer->txn_timeout_ms, err))
	{
		rd_kafka_conf_destroy(conf);
		return false;
	}
	producer_intercept(producer, conf);
	rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR |
							 RD_KAFKA_EVENT_LOG);
	producer_conf_get(conf, "sasl.mechanisms", producer->mechanism,
					  sizeof(producer->mechanism));
	producer_conf_get(conf, "batch.size", why, sizeof(why));
	producer->chunk_bytes = strtoul(why, NULL, 10) / 16 * 15;
	producer_conf_get(conf, "batch.num.messages", why, sizeof(why));
	producer->chunk_events = (uint32_t) strtoul(why, NULL, 10);
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

/*
 * Drops the client with all that is under way in it.  First it has to give the
 * records back, since they share their headers; one that does not is left
 * alone, with the memory that it holds.
 */
static void
client_close(Producer *producer)
{
	if (producer->kafka == NULL)
		return;
	producer->closing = true;
	rd_kafka_purge(producer->kafka, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
	for (int waited = 0; waited < CLOSE_TIMEOUT_MS; waited++)
	{
		serve_queue(producer);
		if (rd_kafka_outq_len(producer->kafka) == 0)
			break;
		poll(NULL, 0, 1);
	}
	producer->closing = false;

	for (int i = 0; i < producer->ntopics; i++)
	{
		Topic	   *topic = &producer->topics[i];

		if (topic->handle != NULL)
			rd_kafka_topic_destroy(topic->handle);
		topic->handle = NULL;

		topic->first = topic->nwaiting = topic->nopen = topic->handed = 0;
		topic->denied = RD_KAFKA_RESP_ERR_NO_ERROR;
		producer_forget_copies(topic);
		if (!producer->searching)
		{
			topic->suspect = NULL;
			topic->narrow = 0;
		}
		else if (producer->txn != NULL && topic->suspect != NULL)
			topic->suspect = any_suspect;
		if (rd_kafka_outq_len(producer->kafka) == 0)
			producer_free_lists(topic);
		topic->nlists = 0;
	}
	if (producer->record_topic != NULL)
		rd_kafka_topic_destroy(producer->record_topic);
	producer->record_topic = NULL;
	producer->nactive = 0;
	producer->nopen = 0;
	producer->gated = producer->txn != NULL;
	rd_kafka_queue_destroy(producer->queue);
	if (rd_kafka_outq_len(producer->kafka) == 0)
		rd_kafka_destroy_flags(producer->kafka, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
	else
		log_warn("the Kafka client does not end; leaving it behind");
	producer->kafka = NULL;
}

Producer *
producer_new(const Conf *conf, const ProducerEvents *events, void *arg, Err *err)
{
	Producer   *producer = mem_zero(sizeof(Producer));
	bool		exactly_once = producer_exactly_once(conf);

	producer->conf = conf;
	producer->events = events;
	producer->arg = arg;
	producer->batching = search_goes_on ? PRODUCER_SINGLE : batching_learned;
	producer->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (producer->wake_fd < 0)
	{
		err_set(err, ERR_FATAL, "could not create an event descriptor: %s", strerror(errno));
		free(producer);
		return NULL;
	}
	if (exactly_once)
	{
		snprintf(producer->transactional_id, sizeof(producer->transactional_id), "walpost-%s-%s",
				 conf_get(conf, "topic.prefix"), conf_get(conf, "slot.name"));
		producer->gated = true;
		producer->txn = producer_txn_new(producer->wake_fd, err);
	}
	if ((exactly_once && producer->txn == NULL) ||
		!client_open(producer, false, err))
	{
		producer_free(producer);
		return NULL;
	}
	return producer;
}

int
producer_txn_timeout(const Producer *producer)
{
	return producer->txn_timeout_ms;
}

/* Another bound for the next client, and that client. */
static bool
renew_with_timeout(Producer *producer, int timeout_ms, bool exact, Err *err)
{
	producer->txn_limit_ms = timeout_ms;
	producer->txn_exact = exact;
	client_close(producer);
	return client_open(producer, true, err);
}

bool
producer_txn_limit(Producer *producer, int timeout_ms, Err *err)
{
	if (producer->txn_timeout_ms <= timeout_ms)
		return true;
	log_info("a Kafka transaction may take %d ms instead of %d (producer.override.transaction.timeout.ms), half of the server's wal_sender_timeout",
			 timeout_ms, producer->txn_timeout_ms);
	return renew_with_timeout(producer, timeout_ms, false, err);
}

bool
producer_txn_allow(Producer *producer, int timeout_ms, Err *err)
{
	return renew_with_timeout(producer, timeout_ms, true, err);
}

void
producer_txn_abort(Producer *producer)
{
	if (producer->txn == NULL || producer->kafka == NULL || producer_txn_busy(producer))
		return;
	producer->closing = true;
	producer_txn_start_abort(producer);
	for (int waited = 0; producer_txn_aborting(producer) && waited < ABORT_TIMEOUT_MS; waited++)
	{
		serve_queue(producer);
		poll(NULL, 0, 1);
	}
	producer->closing = false;
}

/*
 * One that was given up in the midst of a Kafka transaction cannot be renewed: the
 * next one begins with what it has learned of the topics, else that would fail in
 * the same way again and again.
 */
static void
learn(const Producer *producer)
{
	if (producer->searching)
		search_goes_on = true;
	else if (producer->cut_batches)
		producer_cut_batches(batching_learned = producer->batching + 1);
	else if (producer->nadded > 0)
		search_goes_on = false;
}

void
producer_free(Producer *producer)
{
	if (producer == NULL)
		return;
	learn(producer);
	producer_txn_free(producer->txn);
	client_close(producer);
	close(producer->wake_fd);
	for (int i = 0; i < producer->ntopics; i++)
	{
		free(producer->topics[i].name);
		free(producer->topics[i].ring);
		free(producer->topics[i].lists);
	}
	free(producer->topics);
	free(producer->active);
	free(producer->failures);
	free(producer);
}

bool
producer_renew(Producer *producer, Err *err)
{
	if (producer->cut_batches)
		producer_cut_batches(batching_learned = ++producer->batching);
	else if (producer->fatal && !producer->refused)
		log_warn("the Kafka producer failed: %s", producer->fatal_text);
	client_close(producer);
	producer->fatal = producer->cut_batches = producer->searching = producer->refused = false;
	producer->fatal_text[0] = '\0';
	return client_open(producer, true, err);
}

/* The log-in failed; before anything ever worked that is the user's to mend. */
static void
on_login_failure(Producer *producer, rd_kafka_resp_err_t code, const char *text)
{
	Err			err;

	producer_login_error(code, text, producer->mechanism, &err);
	if (producer->proven)
	{
		if (log_limit_pass(&producer->down_limit))
			log_warn("%s", err.text);
	}
	else if (!producer->failed)
	{
		producer->failed = true;
		producer->failure = err;
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
	char	   *text = producer->fatal_text;
	rd_kafka_resp_err_t code = rd_kafka_fatal_error(producer->kafka, text,
													sizeof(producer->fatal_text));

	producer->fatal = true;
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
	else if (producer_is_login(code))
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
	if (producer->txn != NULL)
		producer_on_log_line(producer, facility, text);
	/* gapless mode counts as experimental to it; fatal errors are told by us */
	if (strcmp(facility, "CONFWARN") == 0 || strcmp(facility, "FATAL") == 0 ||
		level < 0 || level > 7)
		level = 7;
	if (levels[level] <= LOG_WARN && !log_limit_pass(&producer->log_limit))
		return;
	if (log_enabled(levels[level]))
		log_write(levels[level], LOG_MODULE, "%s: %s", facility, text);
}

/* Serves all that is in the main queue. */
static void
serve_queue(Producer *producer)
{
	rd_kafka_event_t *event;

	while ((event = rd_kafka_queue_poll(producer->queue, 0)) != NULL)
	{
		switch (rd_kafka_event_type(event))
		{
			case RD_KAFKA_EVENT_DR:
				producer_on_delivery(producer, event);
				break;
			case RD_KAFKA_EVENT_ERROR:
				on_error(producer, event);
				break;
			case RD_KAFKA_EVENT_LOG:
				on_log(producer, event);
				break;
			case RD_KAFKA_EVENT_CREATETOPICS_RESULT:
				producer_on_topics_created(producer, event);
				break;
			default:
				break;
		}
		rd_kafka_event_destroy(event);
	}
}

bool
producer_poll(Producer *producer, Err *err)
{
	uint64_t	woken;

	/* emptied before the queue is, so that no wake-up is lost */
	if (read(producer->wake_fd, &woken, sizeof(woken)) < 0 && errno != EAGAIN)
		return err_set(err, ERR_FATAL, "could not read an event descriptor: %s",
					   strerror(errno));
	serve_queue(producer);
	producer_txn_serve(producer);
	if (producer->failed && err != NULL)
		*err = producer->failure;
	return !producer->failed;
}
