/*
 * pump_private.h
 *	  What pump.c (the states) and pump_server.c (the server's side) share.
 *
 * Everybody else asks pump.h.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_PUMP_PRIVATE_H
#define WALPOST_PUMP_PRIVATE_H

#include "feedback.h"
#include "intake.h"
#include "loop.h"
#include "producer.h"
#include "pump.h"
#include "sig.h"
#include "stream.h"
#include "topics.h"

/*
 * No acknowledgement for so long, while reading stands still: ask whether the
 * server is shutting down, and again after as long.
 */
#define PROBE_US			2000000

typedef enum PumpState
{
	PUMP_INIT,
	PUMP_CONNECT,
	PUMP_CHECK,
	PUMP_STREAM,
	PUMP_DRAIN,
	PUMP_BACKOFF,
	PUMP_STOPPED,
	PUMP_FAILED,
	PUMP_NSTATES
} PumpState;

typedef struct Pump
{
	const PumpOptions *options;
	const Conf *conf;
	PumpState	state;
	Err			err;			/* why it backs off or fails */

	Loop		loop;
	Sig			sig;
	Producer   *producer;
	Topics	   *topics;
	Intake		intake;
	Stream	   *stream;			/* NULL: none */
	Stream	   *probe;			/* asks whether the server is shutting down */
	Feedback	feedback;

	LoopFd		sig_fd,
				kafka_fd,
				stream_fd,
				probe_fd;
	LoopTimer	state_timer;	/* ends the state's wait */
	LoopTimer	feedback_timer;
	LoopTimer	probe_timer;
	LoopTimer	renew_timer;
	LoopTimer	stats_timer;
	LoopTimer	gather_timer;
	LoopTimer	push_timer;

	bool		kafka_ready;
	bool		state_expired;
	bool		stop;			/* asked to, by a signal */
	bool		stop_now;		/* asked twice */
	bool		started;		/* the first stream was opened */
	bool		full;			/* the bound is reached, reading waits */
	bool		finishing;		/* CopyDone was sent */
	bool		checked;		/* the server of this connection was looked at */
	bool		standing;		/* reading stands still */
	bool		hung_up;		/* the connection broke while it does */
	size_t		bound;			/* bytes that may be pinned */
	char		system_id[32];
	int64_t		backoff_us;
	int64_t		failures;		/* in a row */
	int64_t		acked_us;		/* when an acknowledgement came last */
	int64_t		data_us;		/* when data came last */
	int64_t		read_us;		/* when the socket was read last */
	size_t		read_bytes;		/* and what it yielded */
	int64_t		broken_us;		/* when the producer failed; 0: it works */
	int64_t		renewed_us;
	int64_t		probed_us;
	uint64_t	logged_events;
	uint64_t	reconnects;
	bool		standby_said;
} Pump;

/*
 * Watches the sockets for what the present state waits for, before each turn.
 */
extern void pump_watch(Pump *pump);

/* True while the socket is left alone for others to gather in it. */
extern bool pump_gathering(const Pump *pump);

/* The stream's socket is ready, or is to be looked at all the same. */
extern void pump_socket_ready(Pump *pump, short revents);

/* Compares the server with what is known of it.  False and pump->err. */
extern bool pump_check_server(Pump *pump) must_check;

/* Reads until there is nothing, or too much.  False and pump->err on failure. */
extern bool pump_read(Pump *pump) must_check;

/* Tells the server how far we are when that is due.  False and pump->err. */
extern bool pump_report(Pump *pump) must_check;

/* True when the server is found to shut down; pump->err says so. */
extern bool pump_server_leaves(Pump *pump);

/* After a huge message, a connection with nothing under way makes room. */
extern bool pump_wants_renewal(Pump *pump);

/* Ends the question whether the server is shutting down. */
extern void pump_drop_probe(Pump *pump);

/* For probe_timer. */
extern void pump_on_probe_timer(void *arg);

#endif							/* WALPOST_PUMP_PRIVATE_H */
