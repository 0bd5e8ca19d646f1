/*
 * pump.c
 *	  The engine: its states, and what happens in each turn of the loop.
 *
 * Callbacks of the loop only note what is ready.  A turn then serves Kafka
 * first (which frees memory and moves the ledger), runs the handler of the
 * present state, and reports to the server when that is due.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <assert.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "mem.h"
#include "pump_private.h"
#include "wire.h"

#define LOG_MODULE "pump"

#define CONNECT_TIMEOUT_US	30000000
#define START_TIMEOUT_US	60000000
/* A stop waits so long for Kafka, then so long for the server. */
#define DRAIN_TIMEOUT_US	10000000
#define FINISH_TIMEOUT_US	3000000

#define BACKOFF_FIRST_US	100000
/* A hot standby takes over within a second. */
#define BACKOFF_STANDBY_US	250000

/* A line of figures, so often, when something happened. */
#define STATS_US			60000000

/* A producer that failed is replaced after a moment, and not more often. */
#define RENEW_AFTER_US		200000
#define RENEW_US			1000000
/* After a refused record: what else is under way may arrive meanwhile. */
#define RENEW_REFUSED_US	50000

static Pump *pump_running;

static const char *const pump_state_names[PUMP_NSTATES] = {
	[PUMP_INIT] = "init",
	[PUMP_CONNECT] = "connect",
	[PUMP_RECALL] = "recall",
	[PUMP_START] = "start",
	[PUMP_FENCE] = "fence",
	[PUMP_STREAM] = "stream",
	[PUMP_DRAIN] = "drain",
	[PUMP_BACKOFF] = "backoff",
	[PUMP_STOPPED] = "stopped",
	[PUMP_FAILED] = "failed",
};

#define TO(state) (1u << (state))

/* Where each state may lead. */
static const unsigned pump_transitions[PUMP_NSTATES] = {
	[PUMP_INIT] = TO(PUMP_CONNECT) | TO(PUMP_STOPPED) | TO(PUMP_FAILED),
	[PUMP_CONNECT] = TO(PUMP_RECALL) | TO(PUMP_BACKOFF) | TO(PUMP_STOPPED) | TO(PUMP_FAILED),
	[PUMP_RECALL] = TO(PUMP_START) | TO(PUMP_BACKOFF) | TO(PUMP_STOPPED) | TO(PUMP_FAILED),
	[PUMP_START] = TO(PUMP_FENCE) | TO(PUMP_STREAM) | TO(PUMP_BACKOFF) | TO(PUMP_STOPPED) | TO(PUMP_FAILED),
	[PUMP_FENCE] = TO(PUMP_STREAM) | TO(PUMP_BACKOFF) | TO(PUMP_STOPPED) | TO(PUMP_FAILED),
	[PUMP_STREAM] = TO(PUMP_DRAIN) | TO(PUMP_BACKOFF) | TO(PUMP_STOPPED) | TO(PUMP_FAILED),
	[PUMP_DRAIN] = TO(PUMP_STOPPED) | TO(PUMP_FAILED),
	[PUMP_BACKOFF] = TO(PUMP_CONNECT) | TO(PUMP_STOPPED) | TO(PUMP_FAILED),
	[PUMP_STOPPED] = 0,
	[PUMP_FAILED] = 0,
};

/* ---- entering states ---- */

static void
drop_stream(Pump *pump)
{
	stream_close(pump->stream);
	pump->stream = NULL;
	pump->stream_fd.fd = -1;
	pump_drop_recall(pump);
	loop_timer_clear(&pump->feedback_timer);
	loop_timer_clear(&pump->record_timer);
	if (pump_spooling(pump))
		spool_new_session(pump->spool);
	else
		intake_new_session(&pump->intake);

	/* who has no slot has no spool */
	if (!pump->started)
		pump_spool_close(pump);
}

static void
enter_connect(Pump *pump)
{
	pump->stream = stream_open(pump->conf, pump->options->slot);
	pump->hung_up = false;
	loop_timer_set(&pump->state_timer, CONNECT_TIMEOUT_US);
}

/* Reading takes as long as Kafka does. */
static void
enter_recall(Pump *pump)
{
	pump->inspecting = pump->recalled = false;
}

static void
enter_start(Pump *pump)
{
	loop_timer_set(&pump->state_timer, START_TIMEOUT_US);
}

/* The slot is held; what Kafka takes to make sure of that, it takes. */
static void
enter_fence(Pump *pump)
{
	loop_timer_set(&pump->probe_timer, PROBE_US);
}

static void
enter_stream(Pump *pump)
{
	pump_say_streaming(pump);
	pump->started = true;
	pump->failures = 0;
	pump->backoff_us = 0;
	pump->standby_said = false;
	pump->acked_us = pump->data_us = loop_now_us();
	loop_timer_set(&pump->probe_timer, PROBE_US);
}

static void
enter_drain(Pump *pump)
{
	log_info("stopping: waiting for %llu events in flight",
			 (unsigned long long) pump->intake.ledger.in_flight);
	loop_timer_set(&pump->state_timer, DRAIN_TIMEOUT_US);
}

/*
 * How long to wait: from BACKOFF_FIRST_US on doubled up to the cap, and a
 * quarter more or less by chance, so that many connectors do not come back at
 * one moment.
 */
static int64_t
next_backoff(Pump *pump)
{
	int64_t		cap = conf_get_int(pump->conf, "retriable.restart.connector.wait.ms") * 1000;

	if (strcmp(pump->err.sqlstate, SQLSTATE_IN_USE) == 0)
		return BACKOFF_STANDBY_US;
	pump->backoff_us = pump->backoff_us ? pump->backoff_us * 2 : BACKOFF_FIRST_US;
	if (pump->backoff_us > cap)
		pump->backoff_us = cap;
	return pump->backoff_us * 3 / 4 + pump->backoff_us * (random() % 1000) / 2000;
}

static void
enter_backoff(Pump *pump)
{
	bool		renewed = pump->err.kind == ERR_NONE;
	int64_t		wait_us = renewed ? 0 : next_backoff(pump);

	if (strcmp(pump->err.sqlstate, SQLSTATE_IN_USE) == 0)
	{
		if (!pump->standby_said)
			log_info("slot \"%s\" is in use by another client; waiting as its standby",
					 pump->options->slot);
		pump->standby_said = true;
	}
	else if (!renewed)
		log_warn("%s; connecting again in %lld ms", pump->err.text,
				 (long long) wait_us / 1000);
	pump->reconnects++;
	drop_stream(pump);
	pump_drop_probe(pump);
	loop_timer_set(&pump->state_timer, wait_us);
}

static void
enter_end(Pump *pump)
{
	drop_stream(pump);
	pump_drop_probe(pump);
	pump->loop.stop = true;
}

/* The one place that changes the state. */
static void
pump_enter(Pump *pump, PumpState state)
{
	static void (*const enter[PUMP_NSTATES]) (Pump *) = {
		[PUMP_CONNECT] = enter_connect,
		[PUMP_RECALL] = enter_recall,
		[PUMP_START] = enter_start,
		[PUMP_FENCE] = enter_fence,
		[PUMP_STREAM] = enter_stream,
		[PUMP_DRAIN] = enter_drain,
		[PUMP_BACKOFF] = enter_backoff,
		[PUMP_STOPPED] = enter_end,
		[PUMP_FAILED] = enter_end,
	};

	assert(pump_transitions[pump->state] & TO(state));
	log_debug("state: %s -> %s", pump_state_names[pump->state], pump_state_names[state]);
	pump->state = state;
	pump->state_expired = false;
	heartbeat_set(pump->heartbeat, state == PUMP_STREAM);
	loop_timer_clear(&pump->state_timer);
	loop_timer_clear(&pump->probe_timer);
	enter[state] (pump);
}

/* Where an error leads: pump->err says which. */
static PumpState
state_after_error(Pump *pump)
{
	int64_t		max = conf_get_int(pump->conf, "errors.max.retries");

	if (pump->err.kind != ERR_RETRY)
		return PUMP_FAILED;
	if (pump->state == PUMP_DRAIN)
	{
		log_warn("%s", pump->err.text);
		return PUMP_STOPPED;
	}
	if (strcmp(pump->err.sqlstate, SQLSTATE_IN_USE) == 0)
		return PUMP_BACKOFF;
	pump->failures++;
	if (max >= 0 && pump->failures > max)
	{
		err_set(&pump->err, ERR_FATAL, "%s; given up after %lld attempts (errors.max.retries)",
				pump->err.text, (long long) pump->failures);
		return PUMP_FAILED;
	}
	return PUMP_BACKOFF;
}

/* ---- Kafka's side ---- */

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

static const ProducerEvents producer_events = {
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

/* Serves delivery reports, and reads what has gathered behind them. */
static bool
serve_kafka(Pump *pump)
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

/*
 * The transaction failed, and whether it was committed is for the record to
 * say: leaves the server, to start over.
 */
static PumpState
leave_txn(Pump *pump)
{
	pump->txn_broken = true;
	err_set(&pump->err, ERR_RETRY, "the Kafka transaction failed: %s", producer_trouble(pump->producer));
	if (pump->state == PUMP_INIT || pump->state == PUMP_BACKOFF)
		return pump->state;
	return state_after_error(pump);
}

/* ---- one handler for each state: what to do in a turn, and where to go ---- */

static PumpState
turn_init(Pump *pump)
{
	return PUMP_CONNECT;
}

static PumpState
turn_connect(Pump *pump)
{
	StreamMessage message;

	if (pump->stop)
		return PUMP_STOPPED;
	if (pump->state_expired)
	{
		err_set(&pump->err, ERR_RETRY, "could not connect to \"%s\": no answer within %d s",
				conf_get(pump->conf, "database.hostname"), CONNECT_TIMEOUT_US / 1000000);
		return state_after_error(pump);
	}
	switch (stream_next(pump->stream, &message, &pump->err))
	{
		case STREAM_WAIT:
			return PUMP_CONNECT;
		case STREAM_READY:
			return pump_check_server(pump) ? PUMP_RECALL : state_after_error(pump);
		default:
			return state_after_error(pump);
	}
}

/* True when the position record decides where to go on, not this process. */
static bool
is_start(Pump *pump)
{
	return !pump->started || pump->txn_broken || pump->unrecalled || pump_is_stale(pump);
}

/*
 * What is in memory does not fit the server, or was never there: forgets all of
 * it, so that the position record decides.
 */
static bool
start_over(Pump *pump)
{
	pump_spool_close(pump);
	if (pump->started || pump->txn != PUMP_TXN_NONE || producer_is_broken(pump->producer))
	{
		if (!producer_renew(pump->producer, &pump->err))
			return false;
		pump->record_pending = pump->txn_broken = pump->started = false;
		pump->txn = PUMP_TXN_NONE;
		intake_resume(&pump->intake, 0, NULL);
		pump->txn_events = producer_added(pump->producer);
		heartbeat_resend(pump->heartbeat);
		topics_ask_again(pump->topics);
	}
	/* where it is read again, what open transactions hide may wait */
	return pump_spool_adopt(pump) && pump_recall(pump, !pump->exactly_once);
}

/* The connection waits meanwhile; it may break, or show the slot as it is now. */
static bool
recall_connection(Pump *pump)
{
	StreamMessage message;

	switch (stream_next(pump->stream, &message, &pump->err))
	{
		case STREAM_WAIT:
			return true;
		case STREAM_READY:
			pump->inspecting = false;
			return pump_check_server(pump);
		default:
			return false;
	}
}

static PumpState
turn_recall(Pump *pump)
{
	if (pump->stop)
		return PUMP_STOPPED;
	if (!recall_connection(pump))
		return state_after_error(pump);
	if (pump->offsets == NULL && !pump->recalled && is_start(pump))
	{
		producer_txn_give_up(pump->producer);
		if (producer_txn_busy(pump->producer))
			return PUMP_RECALL;
		pump->recalled = true;
		if (!start_over(pump))
			return state_after_error(pump);
	}
	/* what a spool holds goes on while Kafka, and the record in it, is away */
	if (pump->offsets != NULL && !pump_spooling(pump))
		switch (pump_recalled(pump))
		{
			case RECALL_WAIT:
				return pump_spool_early(pump) ? PUMP_RECALL : state_after_error(pump);
			case RECALL_FAILED:
				return state_after_error(pump);
			case RECALL_STALE:
				pump->inspecting = true;
				if (!stream_inspect(pump->stream, &pump->err))
					return state_after_error(pump);
				break;
			case RECALL_DONE:
				break;
		}
	if (pump->inspecting)
		return PUMP_RECALL;
	if (!pump->started && !(pump_spooling(pump) ? pump_spool_resume(pump) : pump_resume(pump, !pump->exactly_once)))
		return state_after_error(pump);
	if (!stream_start(pump->stream, pump_received_lsn(pump), pump_last_commit(pump), &pump->err))
		return state_after_error(pump);
	return PUMP_START;
}

static PumpState
turn_start(Pump *pump)
{
	StreamMessage message;

	if (pump->stop)
		return PUMP_STOPPED;
	if (pump->state_expired)
	{
		err_set(&pump->err, ERR_RETRY, "could not start the stream from slot \"%s\": no answer within %d s",
				pump->options->slot, START_TIMEOUT_US / 1000000);
		return state_after_error(pump);
	}
	switch (stream_next(pump->stream, &message, &pump->err))
	{
		case STREAM_WAIT:
			return PUMP_START;
		case STREAM_STARTED:
			pump_know_server(pump);
			if (!pump->exactly_once || pump->txn >= PUMP_TXN_OPEN || pump_spooling(pump))
				return PUMP_STREAM;
			return PUMP_FENCE;
		default:
			return state_after_error(pump);
	}
}

/* The stream is not read before the record has said what Kafka has. */
static PumpState
turn_fence(Pump *pump)
{
	if (pump->stop)
		return PUMP_STOPPED;
	if (pump->hung_up)
	{
		err_set(&pump->err, ERR_RETRY, "the server closed the connection while Kafka was waited for");
		return state_after_error(pump);
	}
	if (!pump_report(pump) || pump_server_leaves(pump))
		return state_after_error(pump);
	switch (pump_txn_fence(pump))
	{
		case RECALL_WAIT:
			return PUMP_FENCE;
		case RECALL_FAILED:
			return state_after_error(pump);
		default:
			return PUMP_STREAM;
	}
}

/* To the next connection, without having failed. */
static PumpState
renew_stream(Pump *pump)
{
	pump->err.kind = ERR_NONE;
	pump->err.sqlstate[0] = '\0';
	return PUMP_BACKOFF;
}

static PumpState
turn_stream(Pump *pump)
{
	if (pump->stop)
		return PUMP_DRAIN;
	if (pump->hung_up)
	{
		err_set(&pump->err, ERR_RETRY, "the server closed the connection while reading stood still");
		return state_after_error(pump);
	}
	if (!pump_read(pump) || !pump_report(pump))
		return state_after_error(pump);
	pump_record(pump, false);
	if (pump_server_leaves(pump))
		return state_after_error(pump);
	if (pump_spool_begin(pump))
		return renew_stream(pump);
	if (pump_wants_renewal(pump))
	{
		log_debug("renewing the connection after a message of %zu bytes",
				  stream_largest(pump->stream));
		return renew_stream(pump);
	}
	return PUMP_STREAM;
}

/* A part of the stop is done, or took too long: the next one has this long. */
static void
next_step(Pump *pump, bool *step)
{
	*step = true;
	pump->state_expired = false;
	loop_timer_set(&pump->state_timer, FINISH_TIMEOUT_US);
}

/* True while a stop waits for Kafka: what the spool holds is not waited for. */
static bool
drain_waits(const Pump *pump)
{
	return pump->intake.ledger.in_flight > 0 && !pump->state_expired &&
		(!pump_spooling(pump) || pump_kafka_alive(pump));
}

/* True when nothing is under way to Kafka any more, or no longer waited for. */
static bool
drained(Pump *pump)
{
	uint64_t	in_flight = pump->intake.ledger.in_flight;

	if (!pump->drained)
	{
		if (drain_waits(pump))
			return false;
		if (in_flight > 0)
			log_warn("Kafka has not taken %llu events; they come again after the next start",
					 (unsigned long long) in_flight);
		next_step(pump, &pump->drained);
	}
	return pump_record(pump, true) || pump->state_expired;
}

/* Waits for Kafka, then for the server's last word. */
static PumpState
turn_drain(Pump *pump)
{
	StreamMessage message;

	if (!pump->finishing)
	{
		if (!drained(pump))
			return pump_report(pump) ? PUMP_DRAIN : state_after_error(pump);
		next_step(pump, &pump->finishing);
		if ((pump->spool != NULL && spool_due(pump->spool) != 0 && !spool_sync(pump->spool, &pump->err)) ||
			!stream_feedback(pump->stream, pump_received_lsn(pump), pump_flush_lsn(pump), &pump->err) ||
			!stream_finish(pump->stream, &pump->err))
			return state_after_error(pump);
	}
	if (pump->state_expired)
		return PUMP_STOPPED;
	switch (stream_next(pump->stream, &message, &pump->err))
	{
		case STREAM_WAIT:
			return PUMP_DRAIN;
		case STREAM_ENDED:
			return PUMP_STOPPED;
		default:
			return state_after_error(pump);
	}
}

static PumpState
turn_backoff(Pump *pump)
{
	if (pump->stop)
		return PUMP_STOPPED;
	return pump->state_expired ? PUMP_CONNECT : PUMP_BACKOFF;
}

static PumpState
turn_end(Pump *pump)
{
	return pump->state;
}

/* ---- the loop ---- */

static void
turn(Pump *pump)
{
	static PumpState (*const turns[PUMP_NSTATES]) (Pump *) = {
		[PUMP_INIT] = turn_init,
		[PUMP_CONNECT] = turn_connect,
		[PUMP_RECALL] = turn_recall,
		[PUMP_START] = turn_start,
		[PUMP_FENCE] = turn_fence,
		[PUMP_STREAM] = turn_stream,
		[PUMP_DRAIN] = turn_drain,
		[PUMP_BACKOFF] = turn_backoff,
		[PUMP_STOPPED] = turn_end,
		[PUMP_FAILED] = turn_end,
	};
	PumpState	next;

	if (!serve_kafka(pump) || !pump_spool_turn(pump))
		next = PUMP_FAILED;
	else if (pump->stop_now)
		next = PUMP_STOPPED;
	else if (pump->exactly_once && !pump->txn_broken && producer_is_broken(pump->producer))
		next = leave_txn(pump);
	else
		next = turns[pump->state] (pump);
	if (pump->exactly_once)
		pump_txn(pump);
	pump->push_timer.due_us = producer_push(pump->producer, loop_now_us());
	if (next != pump->state)
	{
		pump_enter(pump, next);
		pump->loop.again = true;
	}
}

static void
on_signal(void *arg, short revents)
{
	Pump	   *pump = arg;
	int			signo;

	while ((signo = sig_next(&pump->sig)) != 0)
	{
		if (signo == SIGHUP)
		{
			log_info("received SIGHUP; properties are read at start only");
			continue;
		}
		if (pump->stop)
			log_warn("received another signal, leaving at once");
		else
			log_info("received %s", signo == SIGTERM ? "SIGTERM" : "SIGINT");
		pump->stop_now = pump->stop;
		pump->stop = true;
	}
}

static void
on_kafka(void *arg, short revents)
{
	((Pump *) arg)->kafka_ready = true;
}

static void
on_stream(void *arg, short revents)
{
	Pump	   *pump = arg;

	/* nobody reads it now, so nobody would find out */
	if (pump->standing && (revents & (POLLERR | POLLHUP | POLLNVAL)) != 0)
		pump->hung_up = true;
	pump_socket_ready(pump, revents);
}

static void
on_probe(void *arg, short revents)
{
	stream_polled(((Pump *) arg)->probe, revents);
}

/* The turn looks for itself. */
static void
on_offsets(void *arg, short revents)
{
}

static void
on_state_timer(void *arg)
{
	((Pump *) arg)->state_expired = true;
}

/* These only wake the loop: the turn looks for itself. */
static void
on_wake(void *arg)
{
}

static void
on_stats_timer(void *arg)
{
	Pump	   *pump = arg;
	PumpStats	stats = pump_stats();

	loop_timer_set(&pump->stats_timer, STATS_US);
	if (stats.acknowledged == pump->logged_events && stats.in_flight == 0)
		return;
	pump->logged_events = stats.acknowledged;
	log_info("%llu events in %llu transactions acknowledged up to " LSN_FMT
			 ", %llu in flight, %zu KiB pinned, %llu refused, %llu MiB spooled",
			 (unsigned long long) stats.acknowledged, (unsigned long long) stats.transactions,
			 LSN_ARGS(stats.flush_lsn), (unsigned long long) stats.in_flight,
			 stats.pinned_bytes / 1024, (unsigned long long) stats.refused,
			 (unsigned long long) stats.spool_bytes / (1024 * 1024));
}

static void
add_watches(Pump *pump)
{
	LoopFd	   *const fds[] = {
		&pump->sig_fd, &pump->kafka_fd, &pump->stream_fd, &pump->probe_fd,
		&pump->offsets_fd
	};
	LoopTimer  *const timers[] = {
		&pump->state_timer, &pump->feedback_timer, &pump->probe_timer,
		&pump->renew_timer, &pump->stats_timer, &pump->gather_timer,
		&pump->push_timer, &pump->offsets_timer, &pump->record_timer,
		&pump->spool_timer
	};

	pump->sig_fd = (LoopFd)
	{
		pump->sig.fd, POLLIN, on_signal, pump
	};
	pump->kafka_fd = (LoopFd)
	{
		producer_fd(pump->producer), POLLIN, on_kafka, pump
	};
	pump->stream_fd = (LoopFd)
	{
		-1, 0, on_stream, pump
	};
	pump->probe_fd = (LoopFd)
	{
		-1, 0, on_probe, pump
	};
	pump->offsets_fd = (LoopFd)
	{
		-1, POLLIN, on_offsets, pump
	};
	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		loop_fd_add(&pump->loop, fds[i]);

	pump->state_timer.fire = on_state_timer;
	pump->feedback_timer.fire = on_wake;
	pump->probe_timer.fire = pump_on_probe_timer;
	pump->renew_timer.fire = on_wake;
	pump->stats_timer.fire = on_stats_timer;
	pump->gather_timer.fire = on_wake;
	pump->push_timer.fire = on_wake;
	pump->offsets_timer.fire = on_wake;
	pump->record_timer.fire = on_wake;
	pump->spool_timer.fire = on_wake;
	for (size_t i = 0; i < sizeof(timers) / sizeof(timers[0]); i++)
	{
		timers[i]->arg = pump;
		loop_timer_add(&pump->loop, timers[i]);
	}
	loop_timer_set(&pump->stats_timer, STATS_US);
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

bool
pump_run(const PumpOptions *options, Err *err)
{
	Pump	   *pump = mem_zero(sizeof(Pump));
	bool		ok;

	pump->options = options;
	pump->conf = options->conf;
	pump->bound = memory_bound(options->conf);
	pump->exactly_once = producer_exactly_once(options->conf);
	pump->record_key = position_key(conf_get(options->conf, "name"), conf_get(options->conf, "topic.prefix"));
	tune_memory();
	loop_init(&pump->loop);
	srandom((unsigned) loop_now_us());

	/* before librdkafka starts its threads, which inherit the signal mask */
	if (!pump_spool_init(pump, err) || !sig_open(&pump->sig, err))
	{
		free(pump->record_key);
		free(pump);
		return false;
	}
	pump->producer = producer_new(options->conf, &producer_events, pump, err);
	if (pump->producer == NULL)
	{
		sig_close(&pump->sig);
		free(pump->record_key);
		free(pump);
		return false;
	}
	pump->topics = topics_new(options->conf, pump->producer, &pump->loop);
	pump->letters = deadletters_new(options->conf, pump->producer, pump->topics);
	intake_init(&pump->intake, pump->producer, pump->topics, pump->letters, PQfreemem);
	pump->heartbeat = heartbeat_new(options->conf, pump->producer, pump->topics, &pump->loop);
	add_watches(pump);
	pump_running = pump;

	pump->loop.again = true;
	while (!pump->loop.stop)
	{
		pump_watch(pump);
		loop_once(&pump->loop);
		turn(pump);
	}

	ok = pump->state == PUMP_STOPPED;
	if (ok)
		log_info("stopped, acknowledged up to " LSN_FMT, LSN_ARGS(pump_flush_lsn(pump)));
	else if (err != NULL)
		*err = pump->err;
	pump_running = NULL;

	pump_spool_close(pump);

	/* librdkafka lets go of the buffers first */
	producer_free(pump->producer);
	topics_free(pump->topics);
	intake_free(&pump->intake);
	deadletters_free(pump->letters);
	heartbeat_free(pump->heartbeat);
	sig_close(&pump->sig);
	free(pump->record_key);
	free(pump);
	return ok;
}

PumpStats
pump_stats(void)
{
	const Pump *pump = pump_running;
	const IntakeCounts *counts;

	if (pump == NULL)
		return (PumpStats)
	{
		.state = pump_state_names[PUMP_INIT]
	};
	counts = &pump->intake.counts;
	return (PumpStats)
	{
		.state = pump_state_names[pump->state],
			.events = counts->events,
			.transactions = counts->transactions,
			.bytes = counts->bytes,
			.acknowledged = counts->acknowledged,
			.repeated = counts->repeated,
			.refused = deadletters_count(pump->letters),
			.reconnects = pump->reconnects,
			.in_flight = pump->intake.ledger.in_flight,
			.pinned_bytes = intake_pinned(&pump->intake),
			.spool_bytes = pump->spool ? spool_bytes(pump->spool) : 0,
			.received_lsn = pump_received_lsn(pump),
			.flush_lsn = pump_flush_lsn(pump),
			.recorded_lsn = pump->record.lsn,
			.continuity = continuity_name(pump->continuity.kind),
			.gap_bytes = pump->continuity.kind == CONTINUITY_GAP ?
			pump->continuity.to - pump->continuity.from : 0,
			.ack_us = counts->acked_buffers ? counts->ack_us / counts->acked_buffers : 0,
	};
}
