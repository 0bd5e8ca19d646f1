/*
 * pump_turns.c
 *	  One handler for each state of the engine: what to do in a turn of the loop,
 *	  and where to go.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "mem.h"
#include "pump_private.h"
#include "wire.h"

#define LOG_MODULE "pump"

/* A stop waits so long for the server's last word. */
#define FINISH_TIMEOUT_US	3000000

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
		return pump_after_error(pump);
	}
	switch (stream_next(pump->stream, &message, &pump->err))
	{
		case STREAM_WAIT:
			return PUMP_CONNECT;
		case STREAM_READY:
			return pump_check_server(pump) ? PUMP_RECALL : pump_after_error(pump);
		default:
			return pump_after_error(pump);
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
	if (pump->started || pump->txn != PUMP_TXN_NONE || producer_is_broken(pump->delivery.producer))
	{
		/* a heartbeat that goes again belongs to the next transaction */
		pump->txn_events = producer_added(pump->delivery.producer);
		if (!delivery_start_over(&pump->delivery, &pump->err))
			return false;
		pump->record_pending = pump->txn_broken = pump->started = false;
		pump->txn = PUMP_TXN_NONE;
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

static bool
start_stream(Pump *pump)
{
	const Part *part = &pump->delivery.intake.part;
	char	   *windows = incremental_properties(pump->incremental, stream_info(pump->stream)->standby);
	char	   *more = part->xid == 0 ? mem_copy(windows) :
		mem_print("%swalpost.resume=%u " LSN_FMT " %llu\n", windows, part->xid, LSN_ARGS(part->lsn),
				  (unsigned long long) part->events);
	bool		done = stream_start(pump->stream, pump_received_lsn(pump), pump_last_commit(pump),
									more, &pump->err);

	free(more);
	free(windows);
	return done;
}

static PumpState
turn_recall(Pump *pump)
{
	if (pump->stop)
		return PUMP_STOPPED;
	if (!recall_connection(pump))
		return pump_after_error(pump);
	if (pump->offsets == NULL && !pump->recalled && is_start(pump))
	{
		producer_txn_give_up(pump->delivery.producer);
		if (producer_txn_busy(pump->delivery.producer))
			return PUMP_RECALL;
		pump->recalled = true;
		if (!start_over(pump))
			return pump_after_error(pump);
	}
	/* what a spool holds goes on while Kafka, and the record in it, is away */
	if (pump->offsets != NULL && !pump_spooling(pump))
		switch (pump_recalled(pump))
		{
			case RECALL_WAIT:
				return pump_spool_early(pump) ? PUMP_RECALL : pump_after_error(pump);
			case RECALL_FAILED:
				return pump_after_error(pump);
			case RECALL_STALE:
				pump->inspecting = true;
				if (!stream_inspect(pump->stream, &pump->err))
					return pump_after_error(pump);
				break;
			case RECALL_DONE:
				break;
		}
	if (pump->inspecting)
		return PUMP_RECALL;
	if (!pump->started && !(pump_spooling(pump) ? pump_spool_resume(pump) : pump_resume(pump, !pump->exactly_once)))
		return pump_after_error(pump);
	if (!start_stream(pump))
		return pump_after_error(pump);
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
		return pump_after_error(pump);
	}
	switch (stream_next(pump->stream, &message, &pump->err))
	{
		case STREAM_WAIT:
			return PUMP_START;
		case STREAM_STARTED:
			pump_know_server(pump);
			heartbeat_told(pump->delivery.heartbeat, stream_parameter(pump->stream, WIRE_HEARTBEAT_PARAMETER));
			if (!pump->exactly_once || pump->txn >= PUMP_TXN_OPEN || pump_spooling(pump))
				return PUMP_STREAM;
			return PUMP_FENCE;
		default:
			return pump_after_error(pump);
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
		return pump_after_error(pump);
	}
	if (!pump_report(pump) || pump_server_leaves(pump))
		return pump_after_error(pump);
	switch (pump_txn_fence(pump))
	{
		case RECALL_WAIT:
			return PUMP_FENCE;
		case RECALL_FAILED:
			return pump_after_error(pump);
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
		return pump_after_error(pump);
	}
	if (!pump_read(pump) || !incremental_turn(pump->incremental, pump_spooling(pump), &pump->err) || !pump_report(pump))
		return pump_after_error(pump);
	pump_record(pump, false);
	if (pump_goal_met(pump))
		return PUMP_DRAIN;
	if (pump_server_leaves(pump))
		return pump_after_error(pump);
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
	return (intake_under_way(&pump->delivery.intake) > 0 || notifications_pending(pump->delivery.notifications)) &&
		!pump->state_expired &&
		(!pump_spooling(pump) || pump_kafka_alive(pump));
}

/* True when nothing is under way to Kafka any more, or no longer waited for. */
static bool
drained(Pump *pump)
{
	uint64_t	in_flight = intake_under_way(&pump->delivery.intake);

	if (!pump->drained)
	{
		if (drain_waits(pump))
			return false;
		if (in_flight > 0)
			log_warn("Kafka has not taken %llu events; they come again after the next start",
					 (unsigned long long) in_flight);
		next_step(pump, &pump->drained);
	}
	if (!pump_record(pump, true))
		return pump->state_expired;
	pump_goal_recorded(pump);
	return true;
}

/* Waits for Kafka, then for the server's last word. */
static PumpState
turn_drain(Pump *pump)
{
	StreamMessage message;

	if (!pump->finishing)
	{
		if (!drained(pump))
			return pump_report(pump) ? PUMP_DRAIN : pump_after_error(pump);
		next_step(pump, &pump->finishing);
		if ((pump->spool != NULL && spool_due(pump->spool) != 0 && !spool_sync(pump->spool, &pump->err)) ||
			!stream_feedback(pump->stream, pump_received_lsn(pump), pump_reported_lsn(pump), &pump->err) ||
			!stream_finish(pump->stream, &pump->err))
			return pump_after_error(pump);
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
			return pump_after_error(pump);
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

/*
 * The transaction failed, and whether it was committed is for the record to
 * say: leaves the server, to start over.
 */
static PumpState
leave_txn(Pump *pump)
{
	bool		refused = producer_is_refused(pump->delivery.producer);

	pump->txn_broken = true;
	err_set(&pump->err, ERR_RETRY, "the Kafka transaction failed: %s", producer_trouble(pump->delivery.producer));
	if (pump->state == PUMP_INIT || pump->state == PUMP_BACKOFF)
		return pump->state;
	/* what it was is known, and that is no failure of the server's or Kafka's */
	if (refused && pump->state != PUMP_DRAIN)
		return renew_stream(pump);
	return pump_after_error(pump);
}

void
pump_turn(Pump *pump)
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

	if (!pump_serve_kafka(pump) || !pump_spool_turn(pump))
		next = PUMP_FAILED;
	else if (pump->stop_now)
		next = PUMP_STOPPED;
	else if (pump->exactly_once && !pump->txn_broken && producer_is_broken(pump->delivery.producer))
		next = leave_txn(pump);
	else
		next = turns[pump->state] (pump);
	if (next == pump->state && pump->options->goal == NULL)
		pump_adding(pump);
	if (pump->exactly_once)
		pump_txn(pump);
	delivery_push(&pump->delivery);
	if (next != pump->state)
	{
		pump_enter(pump, next);
		pump->loop.again = true;
	}
}
