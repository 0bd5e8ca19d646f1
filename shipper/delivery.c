/*
 * delivery.c
 *	  What the producer tells, what it may hold, and its renewal.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <malloc.h>
#include <poll.h>

#include "delivery.h"
#include "log.h"
#include "pg.h"
#include "wire.h"

#define LOG_MODULE "kafka"

/* A producer that failed is replaced after a moment, and not more often. */
#define RENEW_AFTER_US		200000
#define RENEW_US			1000000
/* After a refused record: what else is under way may arrive meanwhile. */
#define RENEW_REFUSED_US	50000

/* Once full, memory takes more when such a part of it is free. */
#define ROOM_SHARE			4

/* ---- what the producer tells ---- */

static void
on_acknowledged(void *arg, char *const *bodies, size_t n)
{
	Delivery   *delivery = arg;
	int64_t		now = loop_now_us();

	if (delivery->events->acknowledged != NULL)
		delivery->events->acknowledged(delivery->arg, now);
	intake_acknowledge(&delivery->intake, bodies, n, now);
}

static void
on_topic_created(void *arg, int topic, int code, const char *text)
{
	topics_created(((Delivery *) arg)->topics, topic, code, text);
}

static void
on_recorded(void *arg, int tag)
{
	Delivery   *delivery = arg;

	if (delivery->events->recorded != NULL)
		delivery->events->recorded(delivery->arg, tag);
}

static void
on_txn_done(void *arg)
{
	Delivery   *delivery = arg;

	if (delivery->events->txn_done != NULL)
		delivery->events->txn_done(delivery->arg);
}

static bool
on_refused(void *arg, const ProducerRefusal *refusal)
{
	Delivery   *delivery = arg;
	char	   *body = refusal->event.body;
	EventPlace	place;

	if (wire_get32(body + WIRE_EVENT_RECEIVER) == 0)
	{
		if (!notifications_refused(delivery->notifications, refusal))
			heartbeat_refused(delivery->heartbeat, refusal);
		return true;
	}
	place = intake_place(&delivery->intake, body);
	switch (deadletters_take(delivery->letters, refusal, &place))
	{
		case DEADLETTER_STOP:
			return false;
		case DEADLETTER_LEFT_OUT:
			intake_acknowledge(&delivery->intake, &body, 1, loop_now_us());
			break;
		case DEADLETTER_SENT:
		case DEADLETTER_AGAIN:
		case DEADLETTER_NONE:
			break;
	}
	return true;
}

static uint64_t
on_commit_lsn(void *arg, char *body)
{
	return intake_commit_lsn(&((Delivery *) arg)->intake, body);
}

static const ProducerEvents producer_events = {
	.acknowledged = on_acknowledged,
	.topic_created = on_topic_created,
	.recorded = on_recorded,
	.refused = on_refused,
	.txn_done = on_txn_done,
	.commit_lsn = on_commit_lsn,
};

/* ---- beginning and end ---- */

static void
on_readable(void *arg, short revents)
{
	((Delivery *) arg)->ready = true;
}

/* Only wakes the loop: the turn looks for itself. */
static void
on_wake(void *arg)
{
}

/*
 * glibc keeps freed memory by habits that suit other programs: few arenas, and
 * large buffers straight back to the kernel, keep the process small.
 */
static void
tune_memory(void)
{
#ifdef __GLIBC__
	mallopt(M_ARENA_MAX, 2);
	mallopt(M_MMAP_THRESHOLD, 8 * 1024 * 1024);
	mallopt(M_TRIM_THRESHOLD, 16 * 1024 * 1024);
#endif
}

static size_t
memory_bound(const Conf *conf)
{
	int64_t		bytes = conf_get_int(conf, "max.queue.size.in.bytes");

	return (size_t) (bytes > 0 ? bytes : conf_get_int(conf, "walpost.buffer.memory"));
}

static void
add_timer(Delivery *delivery, Loop *loop, LoopTimer *timer)
{
	timer->fire = on_wake;
	timer->arg = delivery;
	loop_timer_add(loop, timer);
}

/* All but the heartbeat, around a producer that is there. */
static void
put_together(Delivery *delivery, const Conf *conf, Loop *loop)
{
	DeadLetterWay way = !producer_exactly_once(conf) ? DEADLETTERS_AT_ONCE :
	delivery->events->reads_again ? DEADLETTERS_READ_AGAIN : DEADLETTERS_NEVER;

	delivery->topics = topics_new(conf, delivery->producer, loop);
	delivery->letters = deadletters_new(conf, delivery->producer, delivery->topics, way);
	delivery->notifications = notifications_new(conf, delivery->producer, delivery->topics);
	intake_init(&delivery->intake, delivery->producer, delivery->topics, delivery->letters, PQfreemem);
	delivery->fd = (LoopFd)
	{
		producer_fd(delivery->producer), POLLIN, on_readable, delivery
	};
	loop_fd_add(loop, &delivery->fd);
	add_timer(delivery, loop, &delivery->renew_timer);
	add_timer(delivery, loop, &delivery->push_timer);
}

bool
delivery_open(Delivery *delivery, const Conf *conf, Loop *loop,
			  const DeliveryEvents *events, void *arg, Err *err)
{
	tune_memory();
	delivery->events = events;
	delivery->arg = arg;
	delivery->bound = memory_bound(conf);
	delivery->producer = producer_new(conf, &producer_events, delivery, err);
	if (delivery->producer == NULL)
		return false;
	put_together(delivery, conf, loop);
	delivery->heartbeat = heartbeat_new(conf, delivery->producer, delivery->topics, loop);
	return true;
}

void
delivery_close(Delivery *delivery)
{
	if (delivery->producer == NULL)
		return;
	/* librdkafka lets go of the buffers first */
	producer_free(delivery->producer);
	topics_free(delivery->topics);
	intake_free(&delivery->intake);
	deadletters_free(delivery->letters);
	heartbeat_free(delivery->heartbeat);
	notifications_free(delivery->notifications);
	delivery->producer = NULL;
}

/* ---- in each turn ---- */

bool
delivery_serve(Delivery *delivery, Err *err)
{
	if (!delivery->ready)
		return true;
	delivery->ready = false;
	return producer_poll(delivery->producer, err);
}

/*
 * When to replace the producer: a moment later, since the delivery reports that
 * say why follow the failure itself.
 */
static int64_t
renewal_due(Delivery *delivery, bool refused, int64_t now)
{
	int64_t		due;

	if (delivery->broken_us == 0)
		delivery->broken_us = now;
	if (refused)
		return delivery->broken_us + RENEW_REFUSED_US;
	due = delivery->broken_us + RENEW_AFTER_US;
	if (due < delivery->renewed_us + RENEW_US)
		due = delivery->renewed_us + RENEW_US;
	return due;
}

bool
delivery_mend(Delivery *delivery, Err *err)
{
	int64_t		now;
	bool		refused;
	int64_t		due;

	if (!producer_is_broken(delivery->producer))
		return true;
	now = loop_now_us();
	refused = producer_is_refused(delivery->producer);
	due = renewal_due(delivery, refused, now);
	if (now < due)
	{
		delivery->renew_timer.due_us = due;
		return true;
	}
	delivery->renewed_us = now;
	delivery->broken_us = 0;
	if (!producer_renew(delivery->producer, err))
		return false;
	log_write(refused ? LOG_DEBUG : LOG_INFO, LOG_MODULE,
			  "a new Kafka producer gets the %llu events that are not acknowledged",
			  (unsigned long long) delivery->intake.ledger.in_flight);
	intake_resend(&delivery->intake);
	heartbeat_resend(delivery->heartbeat);
	notifications_resend(delivery->notifications);
	topics_ask_again(delivery->topics);
	if (delivery->events->renewed != NULL)
		delivery->events->renewed(delivery->arg);
	return true;
}

bool
delivery_start_over(Delivery *delivery, Err *err)
{
	delivery->broken_us = 0;
	if (!producer_renew(delivery->producer, err))
		return false;
	intake_resume(&delivery->intake, 0, NULL);
	heartbeat_resend(delivery->heartbeat);
	notifications_resend(delivery->notifications);
	topics_ask_again(delivery->topics);
	return true;
}

void
delivery_push(Delivery *delivery)
{
	delivery->push_timer.due_us = producer_push(delivery->producer, loop_now_us());
}

bool
delivery_has_room(Delivery *delivery)
{
	size_t		pinned = intake_pinned(&delivery->intake);

	if (pinned >= delivery->bound || !intake_ready(&delivery->intake))
		delivery->full = true;
	else if (pinned < delivery->bound - delivery->bound / ROOM_SHARE)
		delivery->full = false;
	return !delivery->full;
}

bool
delivery_half_free(const Delivery *delivery)
{
	return intake_pinned(&delivery->intake) < delivery->bound / 2;
}
