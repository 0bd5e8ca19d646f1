/*
 * pump_enter.c
 *	  The engine's states: where each may lead, and what entering it does.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "pump_private.h"

#define LOG_MODULE "pump"

/* A stop waits so long for Kafka. */
#define DRAIN_TIMEOUT_US	10000000

#define BACKOFF_FIRST_US	100000
/* A hot standby takes over within a second. */
#define BACKOFF_STANDBY_US	250000

static const char *const state_names[PUMP_NSTATES] = {
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
static const unsigned transitions[PUMP_NSTATES] = {
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

const char *
pump_state_name(PumpState state)
{
	return state_names[state];
}

static void
drop_stream(Pump *pump)
{
	/* it comes again */
	PQfreemem(pump->kept.buffer);
	pump->kept.buffer = NULL;
	reselect_drop(pump->reselect);
	pump->passed = false;
	stream_close(pump->stream);
	pump->stream = NULL;
	pump->stream_fd.fd = -1;
	pump_drop_recall(pump);
	loop_timer_clear(&pump->feedback_timer);
	loop_timer_clear(&pump->record_timer);
	if (pump_spooling(pump))
		spool_new_session(pump->spool);
	else
		intake_new_session(&pump->delivery.intake);

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
	if (!pump->streamed && !pump->options->snapshot_taken)
		notifications_send(pump->delivery.notifications, &(Notice)
	{
		.of = NOTICE_INITIAL,.type = NOTICE_SKIPPED
	});
	pump->started = pump->streamed = true;
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
			 (unsigned long long) intake_under_way(&pump->delivery.intake));
	pump_adding_stop(pump);
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
	pump_adding_stop(pump);
	pump->loop.stop = true;
}

void
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

	assert(transitions[pump->state] & TO(state));
	log_debug("state: %s -> %s", state_names[pump->state], state_names[state]);
	pump->state = state;
	pump->state_expired = false;
	heartbeat_set(pump->delivery.heartbeat, state == PUMP_STREAM);
	pump_counters_state(pump);
	signal_channels_set(pump->channels, state == PUMP_STREAM);
	loop_timer_clear(&pump->state_timer);
	loop_timer_clear(&pump->probe_timer);
	enter[state] (pump);
}

PumpState
pump_after_error(Pump *pump)
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
