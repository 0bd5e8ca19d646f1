/*
 * pump_private.h
 *	  What the pump*.c files share: the engine, and what each of them does for
 *	  the others.
 *
 * Everybody else asks pump.h.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_PUMP_PRIVATE_H
#define WALPOST_PUMP_PRIVATE_H

#include "continuity.h"
#include "delivery.h"
#include "feedback.h"
#include "incremental.h"
#include "loop.h"
#include "offsets.h"
#include "position.h"
#include "pump.h"
#include "pump_adding.h"
#include "reselect.h"
#include "sidequery.h"
#include "sig.h"
#include "signal_channels.h"
#include "spool.h"
#include "stream.h"

/* Somebody else has the slot. */
#define SQLSTATE_IN_USE		"55006"

/*
 * No acknowledgement for so long, while reading stands still: ask whether the
 * server is shutting down, and again after as long.
 */
#define PROBE_US			2000000

/* Connecting, and beginning to stream, take no longer. */
#define CONNECT_TIMEOUT_US	30000000
#define START_TIMEOUT_US	60000000

/* The slot may run ahead of the record by so many bytes of WAL, at most. */
#define RECORD_LEASE		(128 * 1024 * 1024)
#define RECORD_LEASE_MIN	(1024 * 1024)

typedef enum PumpState
{
	PUMP_INIT,
	PUMP_CONNECT,
	PUMP_RECALL,
	PUMP_START,
	PUMP_FENCE,
	PUMP_STREAM,
	PUMP_DRAIN,
	PUMP_BACKOFF,
	PUMP_STOPPED,
	PUMP_FAILED,
	PUMP_NSTATES
} PumpState;

/* Of Kafka's transactions, see pump_txn.c. */
typedef enum PumpTxn
{
	PUMP_TXN_NONE,				/* the transactional id is not ours */
	PUMP_TXN_INIT,				/* it is being made so */
	PUMP_TXN_READ,				/* it is; the position record is read */
	PUMP_TXN_OPEN,
	PUMP_TXN_CLOSING,			/* its last events and its record are on their
								 * way */
	PUMP_TXN_COMMITTING
} PumpTxn;

typedef struct Pump
{
	const PumpOptions *options;
	const Conf *conf;
	PumpState	state;
	Err			err;			/* why it backs off or fails */

	Loop		loop;
	Sig			sig;
	Signals    *signals;		/* who takes which */
	SignalChannels *channels;	/* where they come from besides the stream */
	Delivery	delivery;
	SideQuery  *lag_query;		/* NULL: nobody wants to know */
	char	   *lag_statement;
	Stream	   *stream;			/* NULL: none */
	Stream	   *probe;			/* asks whether the server is shutting down */
	Feedback	feedback;
	Spool	   *spool;			/* NULL: none is configured, or not opened yet */
	SpoolOptions spool_options; /* dir is NULL where none is configured */
	Incremental *incremental;	/* snapshots beside the stream */
	Reselect   *reselect;		/* reads values anew; NULL: nobody wants that */
	StreamMessage kept;			/* waits for a blocking snapshot; buffer NULL:
								 * none does */

	/* the position record */
	char	   *record_key;
	bool		exactly_once;
	bool		slot_stays;		/* somebody else moves it */
	Offsets    *offsets;		/* NULL: it is not being read */
	int64_t		recalling_us;	/* since when it is */
	bool		recalled;		/* it was, on this connection */
	bool		inspecting;		/* the slot is looked at again */
	Position	record;			/* the last one that Kafka has, */
	bool		has_record;		/* if any */
	bool		record_fresh;	/* written since the last pump_resume() */
	Position	pending;		/* the one under way to Kafka, */
	bool		record_pending; /* if any */
	int64_t		recorded_us;	/* when that was handed over */
	uint64_t	start_lsn;		/* where the stream began */
	Continuity	continuity;
	bool		compared;		/* continuity is set */

	Adding		adding;			/* tables that are being added */

	/* exactly-once */
	PumpTxn		txn;
	bool		txn_broken;		/* its producer is of no more use */
	bool		record_delivered;	/* the pending record, not yet committed */
	uint64_t	txn_events;		/* added when the last one was closed, */
	uint64_t	txn_bytes;		/* and bytes */
	int64_t		opened_us;		/* since when it has events */
	int64_t		closed_us;		/* when the last one was closed, */
	int64_t		delivered_us;	/* and Kafka had all of it */

	LoopFd		sig_fd,
				stream_fd,
				probe_fd,
				offsets_fd;
	LoopTimer	state_timer;	/* ends the state's wait */
	LoopTimer	feedback_timer;
	LoopTimer	probe_timer;
	LoopTimer	stats_timer;
	LoopTimer	gather_timer;
	LoopTimer	offsets_timer;
	LoopTimer	record_timer;
	LoopTimer	spool_timer;
	LoopTimer	count_timer;
	LoopTimer	lag_timer;

	bool		state_expired;
	bool		stop;			/* asked to, by a signal */
	bool		stop_now;		/* asked twice */
	int64_t		stop_us;		/* when it was asked first */
	bool		started;		/* the first stream was opened */
	bool		streamed;		/* also before it started over */
	bool		drained;		/* of a stop: nothing is under way any more */
	bool		finishing;		/* and CopyDone was sent */
	bool		standing;		/* reading stands still */
	bool		passed;			/* the next transaction is past the goal */
	bool		hung_up;		/* the connection broke while it does */
	char		system_id[32];
	uint32_t	timeline;
	int64_t		backoff_us;
	int64_t		failures;		/* in a row */
	int64_t		acked_us;		/* when an acknowledgement came last, or
								 * streaming began */
	int64_t		proven_us;		/* when one came last; 0: never */
	int64_t		flight_us;		/* when events came after none was in flight */
	int64_t		full_us;		/* since when memory has not been half free;
								 * 0: it is */
	int64_t		spool_after;	/* retained bytes of WAL from which on to
								 * spool */
	int64_t		spool_refused_us;	/* when the disk last took no spool; 0:
									 * never */
	int64_t		retained;		/* by the slot, just asked for; 0: not known */
	int64_t		asked_us;		/* when that was asked before the stream began */
	bool		unrecalled;		/* the record is not known yet, but a spool is
								 * written */
	char		host[256];		/* this one's name */
	int64_t		data_us;		/* when data came last */
	int64_t		read_us;		/* when the socket was read last */
	size_t		read_bytes;		/* and what it yielded */
	int64_t		probed_us;
	uint64_t	logged_events;
	uint64_t	reconnects;
	bool		standby_said;
} Pump;

/* ---- pump_enter.c ---- */

/* The one place that changes the state. */
extern void pump_enter(Pump *pump, PumpState state);
extern const char *pump_state_name(PumpState state);

/* Where an error leads: pump->err says which. */
extern PumpState pump_after_error(Pump *pump);

/* ---- pump_counters.c ---- */

/* If somebody reads them, keeps the counters up to date from now on. */
extern void pump_counters_open(Pump *pump);
extern void pump_counters_close(Pump *pump);

/* Entering the state: what the process is doing now. */
extern void pump_counters_state(const Pump *pump);

/* ---- pump_turns.c ---- */

/* One turn of the loop; pump->loop.again asks for another. */
extern void pump_turn(Pump *pump);

/* ---- pump_kafka.c ---- */

/* With the Pump as argument. */
extern const DeliveryEvents pump_delivery_events;

/*
 * Serves delivery reports, and reads what has gathered behind them.  False and
 * pump->err when events cannot go on.
 */
extern bool pump_serve_kafka(Pump *pump) must_check;

/* ---- pump_server.c ---- */

/*
 * Watches the sockets for what the present state waits for, before each turn.
 */
extern void pump_watch(Pump *pump);

/* True while the socket is left alone for others to gather in it. */
extern bool pump_gathering(const Pump *pump);

/* The stream's socket is ready, or is to be looked at all the same. */
extern void pump_socket_ready(Pump *pump, short revents);

/* True when the slot is there and may be used.  False and pump->err. */
extern bool pump_check_server(Pump *pump) must_check;

/* The server is known from now on, and told how far we are. */
extern void pump_know_server(Pump *pump);

/* One line: the stream has begun, or goes on. */
extern void pump_say_streaming(const Pump *pump);

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

/* True when memory takes another message of events. */
extern bool pump_memory_free(Pump *pump);

/* Events are about to come: notes when, if none is in flight. */
extern void pump_note_flight(Pump *pump);

/* For probe_timer. */
extern void pump_on_probe_timer(void *arg);

/* ---- pump_record.c ---- */

typedef enum RecallResult
{
	RECALL_WAIT, RECALL_DONE,
	RECALL_STALE,				/* done, but the slot may have moved meanwhile */
	RECALL_FAILED
} RecallResult;

/*
 * Begins to read the position record; to_end: also past open transactions of
 * others.  False and pump->err.
 */
extern bool pump_recall(Pump *pump, bool to_end) must_check;

/* Goes on with that; once done, pump->record is what was found. */
extern RecallResult pump_recalled(Pump *pump);
extern void pump_drop_recall(Pump *pump);

/* True when what this process has in memory does not fit the server any more. */
extern bool pump_is_stale(Pump *pump);

/*
 * Compares record and server, says so unless it is to be done again (!final),
 * and sets where to go on.  False and pump->err when it is not to go on.
 */
extern bool pump_resume(Pump *pump, bool final) must_check;

/* A record's fields that say whose it is; the position is the caller's. */
extern Position pump_position(const Pump *pump);

/* What the slot may be moved to without a spool. */
extern uint64_t pump_kafka_lsn(const Pump *pump);

/* Up to where a record in Kafka, or one that may come there, explains the slot. */
extern uint64_t pump_record_limit(const Pump *pump);

/* The server's side of a comparison. */
extern ContinuityServer pump_server_side(const Pump *pump);

/*
 * Writes a record when that is due; final: before a clean stop.  True when Kafka
 * has one that says all there is to say.
 */
extern bool pump_record(Pump *pump, bool final);

/* Kafka has the pending record. */
extern void pump_recorded(Pump *pump);

/* ---- pump_spool.c ---- */

/* Looks whether there could be a spool, if one is configured. */
extern bool pump_spool_init(Pump *pump, Err *err) must_check;

extern void pump_spool_close(Pump *pump);

/* True while messages go into the spool; and while it has files. */
extern bool pump_spooling(const Pump *pump);
extern bool pump_spool_in_use(const Pump *pump);

/* What the slot may be moved to: Kafka or the synced spool has it. */
extern uint64_t pump_flush_lsn(const Pump *pump);

/* What of that the server is told; 0 says nothing, so that the slot stays where it is. */
extern uint64_t pump_reported_lsn(const Pump *pump);

/* The end of what was received, and of the last transaction in it (0: none). */
extern uint64_t pump_received_lsn(const Pump *pump);
extern uint64_t pump_last_commit(const Pump *pump);

/*
 * True when what the slot retains decides whether to begin a spool: Kafka takes
 * no events.
 */
extern bool pump_spool_asks(Pump *pump);

/*
 * False for a while after the disk took no spool, which pump_spool_refused()
 * notes and says.
 */
extern bool pump_spool_allowed(const Pump *pump);
extern void pump_spool_refused(Pump *pump, int64_t retained, const Err *err);

/*
 * True when that was asked, and a spool was begun: the stream is to begin anew.
 */
extern bool pump_spool_begin(Pump *pump);

/* True when Kafka acknowledged something just now. */
extern bool pump_kafka_alive(const Pump *pump);

/* The spool's part of a turn.  False and pump->err when the disk fails. */
extern bool pump_spool_turn(Pump *pump) must_check;

/* ---- pump_spool_start.c ---- */

/*
 * Opens the spool that this host has of the slot, if one is configured.  False
 * and pump->err, also when it does not fit what the server says of the slot.
 */
extern bool pump_spool_adopt(Pump *pump) must_check;

/*
 * While the position record cannot be read: begins a spool where the slot stands
 * if it retains too much.  False and pump->err.
 */
extern bool pump_spool_early(Pump *pump) must_check;

/* In place of pump_resume() while spooling: the record is compared later. */
extern bool pump_spool_resume(Pump *pump) must_check;

/*
 * Goes on reading the record for that, until pump->unrecalled is false: then
 * what the spool holds may go to Kafka.  False and pump->err.
 */
extern bool pump_spool_recall(Pump *pump) must_check;

/*
 * What the spool knows of how far Kafka is, into the record; and for a spool
 * that holds something, where it begins into the server's side.
 */
extern void pump_spool_vouch(const Pump *pump, Position *record, ContinuityServer *server);

/* pump_resume() is done. */
extern void pump_spool_resumed(Pump *pump);

/* ---- pump_txn.c ---- */

/*
 * The slot is held: makes the transactional id ours, reads the record for good
 * and opens the first transaction.  RECALL_FAILED and pump->err.
 */
extern RecallResult pump_txn_fence(Pump *pump);

/* Ends the transaction when that is due, and sees to its commit. */
extern void pump_txn(Pump *pump);

/* For DeliveryEvents. */
extern void pump_txn_done(Pump *pump);

/* True while the transaction is not to have more than was read for it. */
extern bool pump_txn_full(const Pump *pump);

/* True when all that was read is committed, and the record says so. */
extern bool pump_txn_settled(const Pump *pump);

/* ---- pump_goal.c ---- */

/* True when a transaction begins in the message that is past the goal. */
extern bool pump_goal_passes(Pump *pump, const StreamMessage *message);

/* True when nothing is left to be read. */
extern bool pump_goal_read(const Pump *pump);

/* True when it is time to end. */
extern bool pump_goal_met(const Pump *pump);

/* A record says that, too. */
extern void pump_goal_recorded(Pump *pump);

/* In place of pump_adding_resume(): what is left out. */
extern void pump_goal_resume(Pump *pump);

/* For SIGNAL_ADD. */
extern void pump_goal_refuse(void *arg, Signal *signal);

/* ---- pump_adding.c ---- */

/* Once, and at the end. */
extern void pump_adding_init(Pump *pump);
extern void pump_adding_close(Pump *pump);

/*
 * Asks for tables, which are copied: they must have room in a position record.
 * noted may be NULL.
 */
extern void pump_add_tables(Pump *pump, const Addition *tables, AddingNoted noted, void *arg);

/* For SIGNAL_ADD. */
extern void pump_add_signal(void *arg, Signal *signal);

/* ---- pump_adding_asked.c ---- */

/* For an incremental snapshot, see IncAdder; arg is the Pump. */
extern void pump_adding_begin(void *arg, const char *table);
extern bool pump_adding_done(void *arg, const char *table, bool *ok, uint64_t *rows);

/* An addition ends: of its tables, those are kept for which an incremental snapshot waits. */
extern void pump_adding_keep_results(Pump *pump, bool ok);
extern void pump_adding_forget_results(Pump *pump);

/* Goes on, in each turn. */
extern void pump_adding(Pump *pump);

/* Nothing is to be read any more; what is under way begins again after a restart. */
extern void pump_adding_stop(Pump *pump);

/*
 * The stream is about to begin where the record says (NULL: there is none), and
 * what was being added with it.  False and pump->err.
 */
extern bool pump_adding_resume(Pump *pump, const Position *record) must_check;

#endif							/* WALPOST_PUMP_PRIVATE_H */
