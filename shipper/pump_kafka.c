/*
 * pump_kafka.c
 *	  The engine's side towards Kafka: what the producer tells, and its renewal.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <poll.h>

#include "log.h"
#include "pump_private.h"
#include "wire.h"

#define LOG_MODULE "pump"

/* A producer that failed is replaced after a moment, and not more often. */
#define RENEW_AFTER_US		200000
#define RENEW_US			1000000
/* After a refused record: what else is under way may arrive meanwhile. */
#define RENEW_REFUSED_US	50000

static void
on_acknowledged(void *arg, char *const *bodies, size_t n)
{
	Pump	   *pump = arg;

	pump->acked_us = pump->proven_us = loop_now_us();
	intake_acknowledge(&pump->intake, bodies, n, pump->acked_us);
}

static void
on_topic_created(void *arg, int topic, int code, const char *text)
{
	Pump	   *pump = arg;

	topics_created(pump->topics, topic, code, text);
}

static void
on_recorded(void *arg)
{
	Pump	   *pump = arg;

	/* in a transaction it counts when that is committed */
	if (pump->exactly_once)
		pump->record_delivered = true;
	else
		pump_recorded(pump);
}

static void
on_txn_done(void *arg)
{
	pump_txn_done(arg);
}

static bool
on_refused(void *arg, const ProducerRefusal *refusal)
{
	Pump	   *pump = arg;
	char	   *body = refusal->event.body;

	if (wire_get32(body + WIRE_EVENT_RECEIVER) == 0)
	{
		heartbeat_refused(pump->heartbeat, refusal);
		return true;
	}
	switch (deadletters_take(pump->letters, refusal, intake_commit_lsn(&pump->intake, body)))
	{
		case DEADLETTER_STOP:
			return false;
		case DEADLETTER_LEFT_OUT:
			intake_acknowledge(&pump->intake, &body, 1, loop_now_us());
			break;
		case DEADLETTER_SENT:
			break;
	}
	return true;
}

static uint64_t
on_commit_lsn(void *arg, char *body)
{
	Pump	   *pump = arg;

	return intake_commit_lsn(&pump->intake, body);
}

const ProducerEvents pump_producer_events = {
	.acknowledged = on_acknowledged,
	.topic_created = on_topic_created,
	.recorded = on_recorded,
	.refused = on_refused,
	.txn_done = on_txn_done,
	.commit_lsn = on_commit_lsn,
};

/*
 * Replaces a producer that failed by one that gets everything again.  A moment
 * later, since the delivery reports that say why follow the failure itself.
 */
static bool
renew_producer(Pump *pump)
{
	int64_t		now = loop_now_us();
	bool		refused = producer_is_refused(pump->producer);
	int64_t		due;

	if (pump->broken_us == 0)
		pump->broken_us = now;
	due = pump->broken_us + (refused ? RENEW_REFUSED_US : RENEW_AFTER_US);
	if (due < pump->renewed_us + RENEW_US && !refused)
		due = pump->renewed_us + RENEW_US;
	if (now < due)
	{
		pump->renew_timer.due_us = due;
		return true;
	}
	pump->renewed_us = now;
	pump->broken_us = 0;
	if (!producer_renew(pump->producer, &pump->err))
		return false;
	pump->record_pending = false;
	log_write(refused ? LOG_DEBUG : LOG_INFO, LOG_MODULE,
			  "a new Kafka producer gets the %llu events that are not acknowledged",
			  (unsigned long long) pump->intake.ledger.in_flight);
	intake_resend(&pump->intake);
	heartbeat_resend(pump->heartbeat);
	topics_ask_again(pump->topics);
	return true;
}

bool
pump_serve_kafka(Pump *pump)
{
	if (pump->kafka_ready)
	{
		pump->kafka_ready = false;
		if (!producer_poll(pump->producer, &pump->err))
			return false;
		if (pump_gathering(pump))
			pump_socket_ready(pump, POLLIN);
	}
	return pump->exactly_once || !producer_is_broken(pump->producer) || renew_producer(pump);
}
