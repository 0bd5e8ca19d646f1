/*
 * pump.c
 *	  The engine: its loop, its watches, its beginning and its end.
 *
 * Callbacks of the loop only note what is ready.  A turn (pump_turns.c) then
 * serves Kafka first (which frees memory and moves the ledger), runs the handler
 * of the present state, and reports to the server when that is due.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "mem.h"
#include "pump_private.h"

#define LOG_MODULE "pump"

/*
 * Signals so close to each other ask once: the end of a supervisor sends one for
 * each of its threads.
 */
#define SAME_STOP_US		300000

/* A line of figures, so often, when something happened. */
#define STATS_US			60000000

/* Is the slot somebody else's to move?  The older property counts where the other is not set. */
static bool
slot_stays(const Conf *conf)
{
	const char *mode = conf_get(conf, "lsn.flush.mode");

	if (mode && mode[0] != '\0')
		return strcmp(mode, "manual") == 0;
	return !conf_get_bool(conf, "flush.lsn.source");
}

static Pump *pump_running;

static void
on_signal(void *arg, short revents)
{
	Pump	   *pump = arg;
	int			signo;

	while ((signo = sig_next(&pump->sig)) != 0)
	{
		if (signo == SIGCHLD)
			continue;
		if (signo == SIGHUP)
		{
			log_info("received SIGHUP; properties are read at start only");
			continue;
		}
		if (!pump->stop)
		{
			log_info("received %s", signo == SIGTERM ? "SIGTERM" : "SIGINT");
			pump->stop_us = loop_now_us();
		}
		else if (loop_now_us() > pump->stop_us + SAME_STOP_US)
		{
			log_warn("received another signal, leaving at once");
			pump->stop_now = true;
		}
		pump->stop = true;
	}
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
		&pump->sig_fd, &pump->stream_fd, &pump->probe_fd, &pump->offsets_fd
	};
	LoopTimer  *const timers[] = {
		&pump->state_timer, &pump->feedback_timer, &pump->probe_timer,
		&pump->stats_timer, &pump->gather_timer, &pump->offsets_timer,
		&pump->record_timer, &pump->spool_timer
	};

	pump->sig_fd = (LoopFd)
	{
		pump->sig.fd, POLLIN, on_signal, pump
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
	pump->stats_timer.fire = on_stats_timer;
	pump->gather_timer.fire = on_wake;
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

/* False and err when a channel cannot be opened. */
static bool
open_signals(Pump *pump, Err *err)
{
	pump->signals = signals_new();
	pump->channels = signal_channels_new(pump->conf, pump->signals, &pump->loop, err);
	if (pump->channels == NULL)
	{
		signals_free(pump->signals);
		return false;
	}
	signals_handle(pump->signals, SIGNAL_ADD, pump->options->goal ? pump_goal_refuse : pump_add_signal, pump);
	pump->delivery.intake.signals = pump->signals;
	return true;
}

static void
open_incremental(Pump *pump)
{
	static const SignalKind kinds[] = {SIGNAL_EXECUTE, SIGNAL_STOP, SIGNAL_PAUSE, SIGNAL_RESUME};

	pump->incremental = incremental_new(pump->conf, &pump->loop, &pump->delivery, &(IncAdder)
	{
		.begin = pump_adding_begin,.done = pump_adding_done,.arg = pump
	});
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		signals_handle(pump->signals, kinds[i], incremental_signal, pump->incremental);
}

/* Whoever keeps a signal has let it go. */
static void
close_signals(Pump *pump)
{
	signal_channels_free(pump->channels);
	signals_free(pump->signals);
}

bool
pump_run(const PumpOptions *options, Err *err)
{
	Pump	   *pump = mem_zero(sizeof(Pump));
	bool		ok;

	pump->options = options;
	pump->conf = options->conf;
	pump->exactly_once = producer_exactly_once(options->conf);
	pump->slot_stays = slot_stays(options->conf);
	pump->record_key = position_key(conf_get(options->conf, "name"), conf_get(options->conf, "topic.prefix"));
	loop_init(&pump->loop);
	srandom((unsigned) loop_now_us());

	/* before librdkafka starts its threads, which inherit the signal mask */
	if (!pump_spool_init(pump, err) || !sig_open(&pump->sig, err))
	{
		free(pump->record_key);
		free(pump);
		return false;
	}
	if (!delivery_open(&pump->delivery, options->conf, &pump->loop, &pump_delivery_events, pump, err))
	{
		sig_close(&pump->sig);
		free(pump->record_key);
		free(pump);
		return false;
	}
	if (!open_signals(pump, err))
	{
		delivery_close(&pump->delivery);
		sig_close(&pump->sig);
		free(pump->record_key);
		free(pump);
		return false;
	}
	/* one that came before sig_open() was the handler's */
	pump->stop = *options->stop;
	pump->stop_us = loop_now_us();
	open_incremental(pump);
	pump->reselect = reselect_new(pump->conf, &pump->loop);
	add_watches(pump);
	pump_adding_init(pump);
	pump_running = pump;
	pump_counters_open(pump);

	pump->loop.again = true;
	while (!pump->loop.stop)
	{
		pump_watch(pump);
		loop_once(&pump->loop);
		pump_turn(pump);
	}

	ok = pump->state == PUMP_STOPPED;
	if (options->goal != NULL)
		options->goal->stopped = pump->stop;
	if (ok)
		log_info("stopped, acknowledged up to " LSN_FMT, LSN_ARGS(pump_flush_lsn(pump)));
	else if (err != NULL)
		*err = pump->err;
	pump_counters_close(pump);
	pump_running = NULL;

	pump_spool_close(pump);
	incremental_free(pump->incremental);
	reselect_free(pump->reselect);
	pump_adding_close(pump);
	close_signals(pump);
	delivery_close(&pump->delivery);
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
		.state = pump_state_name(PUMP_INIT)
	};
	counts = &pump->delivery.intake.counts;
	return (PumpStats)
	{
		.state = pump_state_name(pump->state),
			.events = counts->events,
			.transactions = counts->transactions,
			.bytes = counts->bytes,
			.acknowledged = counts->acknowledged,
			.repeated = counts->repeated,
			.refused = deadletters_count(pump->delivery.letters),
			.reconnects = pump->reconnects,
			.in_flight = pump->delivery.intake.ledger.in_flight,
			.pinned_bytes = intake_pinned(&pump->delivery.intake),
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
