/*
 * pump_server.c
 *	  The engine's side towards the server: reading, reporting, leaving in time.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <poll.h>
#include <string.h>

#include "log.h"
#include "pump_private.h"
#include "slot.h"
#include "wire.h"

#define LOG_MODULE "pump"

/* A stream that reads so much in one turn lets others have theirs. */
#define TURN_BYTES			(256 * 1024)

/*
 * While more than a few events are under way to Kafka others gather behind them
 * anyhow, so the socket is left alone for a while, or until the next
 * acknowledgement: one wake-up for many messages instead of one for each.
 * Where a read yields much the while is shorter.
 */
#define GATHER_EVENTS		4
#define GATHER_US			1000
#define GATHER_MUCH_US		300
#define GATHER_MUCH			(16 * 1024)

/* A read that yields so much may have left something. */
#define READ_AGAIN			(64 * 1024)

/* libpq's input buffer never shrinks; past this a connection is renewed. */
#define LARGE_MESSAGE		(8 * 1024 * 1024)

/* The server has to answer the question of start_probe() within this. */
#define PROBE_TIMEOUT_US	5000000

/* An idle connection is renewed after so long. */
#define RENEWAL_IDLE_US		1000000

void
pump_drop_probe(Pump *pump)
{
	stream_close(pump->probe);
	pump->probe = NULL;
	pump->probe_fd.fd = -1;
}

bool
pump_gathering(const Pump *pump)
{
	return pump->state == PUMP_STREAM && intake_under_way(&pump->delivery.intake) > GATHER_EVENTS;
}

/* When it is read again. */
static int64_t
gathered_us(const Pump *pump)
{
	return pump->read_us + (pump->read_bytes < GATHER_MUCH ? GATHER_US : GATHER_MUCH_US);
}

void
pump_socket_ready(Pump *pump, short revents)
{
	if (revents & POLLIN)
	{
		pump->read_us = loop_now_us();
		pump->read_bytes = 0;
	}
	stream_polled(pump->stream, revents);
}

bool
pump_memory_free(Pump *pump)
{
	bool		room = delivery_has_room(&pump->delivery);

	if (delivery_half_free(&pump->delivery))
		pump->full_us = 0;
	else if (!room && pump->full_us == 0)
		pump->full_us = loop_now_us();
	return room && (!pump->exactly_once || !pump_txn_full(pump));
}

void
pump_note_flight(Pump *pump)
{
	if (intake_under_way(&pump->delivery.intake) == 0)
		pump->flight_us = loop_now_us();
}

/* True when another message may be taken. */
static bool
may_read(Pump *pump)
{
	if (incremental_stands(pump->incremental) || reselect_waits(pump->reselect) || pump_goal_read(pump))
		return false;
	return pump_spooling(pump) ? spool_room(pump->spool) : pump_memory_free(pump);
}

/* Does a transaction begin in it that has to wait for a blocking snapshot? */
static bool
waits(const Pump *pump, const StreamMessage *message)
{
	uint64_t	barrier = incremental_barrier(pump->incremental);
	FrameReader reader = {.p = message->buffer + message->start,.end = message->buffer + message->len};
	Frame		frame;

	if (barrier == 0 || pump_spooling(pump))
		return false;
	while (frame_next(&reader, &frame) == FRAME_OK)
		if (frame.tag == WIRE_BEGIN)
			return frame.begin.commit_lsn >= barrier;
	return false;
}

static bool
take_data(Pump *pump, const StreamMessage *message)
{
	pump->data_us = loop_now_us();
	feedback_data(&pump->feedback);
	if (pump_spooling(pump))
	{
		bool		ok = spool_append(pump->spool, message->buffer + message->start,
									  message->len - message->start, pump->data_us, &pump->err);

		PQfreemem(message->buffer);
		return ok;
	}
	pump_note_flight(pump);
	return intake_take(&pump->delivery.intake, message->buffer, message->len, message->start,
					   pump->data_us, &pump->err);
}

static void
take_keepalive(Pump *pump, const StreamMessage *message)
{
	/* everything sent before it has been read, or it would not be at hand */
	if (pump_spooling(pump))
		spool_keepalive(pump->spool, message->lsn, message->reply);
	else
		ledger_keepalive(&pump->delivery.intake.ledger, message->lsn);
	if (message->reply)
		feedback_ask(&pump->feedback, loop_now_us());
}

/* What was kept comes first, then what waited for values that were read anew. */
static StreamEvent
next_message(Pump *pump, StreamMessage *message)
{
	if (pump->kept.buffer == NULL)
		return reselect_next(pump->reselect, message) ? STREAM_DATA :
			stream_next(pump->stream, message, &pump->err);
	*message = pump->kept;
	pump->kept.buffer = NULL;
	return STREAM_DATA;
}

bool
pump_read(Pump *pump)
{
	size_t		bytes = 0;

	for (;;)
	{
		StreamMessage message;

		if (!reselect_turn(pump->reselect, &pump->err))
			return false;
		if (!may_read(pump))
			return true;

		if (bytes >= TURN_BYTES)
		{
			pump->loop.again = true;
			return true;
		}
		switch (next_message(pump, &message))
		{
			case STREAM_DATA:
				bytes += message.len;
				pump->read_bytes += message.len;
				if (pump_goal_passes(pump, &message))
				{
					PQfreemem(message.buffer);
					return true;
				}
				if (waits(pump, &message))
				{
					pump->kept = message;
					incremental_reached(pump->incremental);
					return true;
				}
				if (reselect_take(pump->reselect, &message))
					break;
				if (!take_data(pump, &message))
					return false;
				if (pump->exactly_once && !pump->delivery.intake.in_unit)
					pump_txn(pump);
				break;
			case STREAM_KEEPALIVE:
				take_keepalive(pump, &message);
				break;
			case STREAM_WAIT:
				if (pump->read_bytes < READ_AGAIN)
					return true;
				pump_socket_ready(pump, POLLIN);
				break;
			case STREAM_ENDED:
				err_set(&pump->err, ERR_RETRY, "the server ended the stream from slot \"%s\"",
						pump->options->slot);
				return false;
			default:
				return false;
		}
	}
}

uint64_t
pump_reported_lsn(const Pump *pump)
{
	return pump->slot_stays ? 0 : pump_flush_lsn(pump);
}

bool
pump_report(Pump *pump)
{
	uint64_t	flush_lsn = pump_reported_lsn(pump);
	uint64_t	write_lsn = pump_received_lsn(pump);
	int64_t		now = loop_now_us();
	int64_t		due = feedback_due(&pump->feedback, flush_lsn, now);

	if (due > now)
	{
		pump->feedback_timer.due_us = due;
		return true;
	}
	if (!stream_feedback(pump->stream, write_lsn, flush_lsn, &pump->err))
		return false;
	feedback_sent(&pump->feedback, write_lsn, flush_lsn, now);
	pump->feedback_timer.due_us = feedback_due(&pump->feedback, flush_lsn, now);
	return true;
}

/*
 * A server that shuts down waits for the flush LSN to reach its own.  When it
 * cannot, because Kafka is away, it would wait for ever: ask at its door
 * whether it is shutting down, and leave if so.
 */
static void
start_probe(Pump *pump)
{
	if (pump->probe != NULL)
		return;
	pump->probe = stream_open(pump->conf, NULL);
	pump->probed_us = loop_now_us();
}

static void
consider_probe(Pump *pump)
{
	int64_t		now = loop_now_us();

	if (pump->delivery.intake.ledger.in_flight == 0)
		return;
	if (feedback_pressed(&pump->feedback, now))
	{
		feedback_data(&pump->feedback);
		start_probe(pump);
	}
}

bool
pump_server_leaves(Pump *pump)
{
	StreamMessage message;
	StreamEvent event;
	Err			err;

	consider_probe(pump);
	if (pump->probe == NULL)
		return false;
	event = stream_next(pump->probe, &message, &err);
	if (event == STREAM_READY && stream_info(pump->probe)->retained < 0 && pump_spool_asks(pump) &&
		stream_ask_retained(pump->probe, pump->options->slot, &err))
		return false;
	if (event == STREAM_WAIT)
		return false;
	pump->retained = event == STREAM_READY ? stream_info(pump->probe)->retained : 0;
	pump_drop_probe(pump);
	if (event != STREAM_FAILED || strcmp(err.sqlstate, "57P03") != 0)
		return false;
	err_set(&pump->err, ERR_RETRY, "the server is shutting down, which would wait for %llu events "
			"that Kafka does not take; leaving it",
			(unsigned long long) pump->delivery.intake.ledger.in_flight);
	return true;
}

bool
pump_check_server(Pump *pump)
{
	const StreamInfo *info = stream_info(pump->stream);
	const char *slot = pump->options->slot;

	if (!info->slot_exists)
		return err_set(&pump->err, ERR_CONFIG, "replication slot \"%s\" does not exist%s", slot,
					   pump->started ? " any more; what was not received is lost, start again to make a new one" :
					   "; create it with \"walpost slot create\"");
	if (strcmp(info->slot_status, "lost") == 0)
		return slot_lost(slot, info->slot_lost, &pump->err);
	if (pump->started && strcmp(pump->system_id, info->system_id) != 0)
		return err_set(&pump->err, ERR_FATAL, "the server is another one: its system identifier is %s, it was %s; "
					   "start again if that is meant", info->system_id, pump->system_id);
	if (info->slot_active)
	{
		err_set(&pump->err, ERR_RETRY, "slot \"%s\" is in use", slot);
		memcpy(pump->err.sqlstate, SQLSTATE_IN_USE, sizeof(SQLSTATE_IN_USE));
		return false;
	}
	return true;
}

void
pump_know_server(Pump *pump)
{
	const StreamInfo *info = stream_info(pump->stream);

	memcpy(pump->system_id, info->system_id, sizeof(pump->system_id));
	pump->timeline = info->timeline;
	if (pump->spool != NULL)
		spool_set_timeline(pump->spool, info->timeline);
	feedback_connect(&pump->feedback, pump_reported_lsn(pump), info->sender_timeout_us,
					 conf_get_int(pump->conf, "status.update.interval.ms") * 1000);
}

void
pump_say_streaming(const Pump *pump)
{
	const char *slot = pump->options->slot;
	uint64_t	lsn = pump_received_lsn(pump);

	if (pump->started)
		log_info("streaming again from slot \"%s\" at " LSN_FMT, slot, LSN_ARGS(lsn));
	else
		log_info("streaming from slot \"%s\" at " LSN_FMT " (confirmed " LSN_FMT
				 "), publication \"%s\", topic prefix \"%s\", librdkafka %s%s",
				 slot, LSN_ARGS(lsn), LSN_ARGS(stream_info(pump->stream)->confirmed_lsn),
				 pump->options->publication, conf_get(pump->conf, "topic.prefix"), producer_library(),
				 pump->exactly_once ? ", exactly once" : "");
	if (pump->slot_stays && !pump->started)
		log_warn("slot \"%s\" stays where it is (lsn.flush.mode=manual): the server keeps all WAL from there on until somebody calls pg_replication_slot_advance(), for which the connector has to be stopped",
				 slot);
}

bool
pump_wants_renewal(Pump *pump)
{
	return stream_largest(pump->stream) > LARGE_MESSAGE &&
		ledger_empty(&pump->delivery.intake.ledger) &&
		loop_now_us() - pump->data_us > RENEWAL_IDLE_US;
}

void
pump_watch(Pump *pump)
{
	pump->stream_fd.fd = -1;
	if (pump->stream != NULL)
	{
		pump->stream_fd.fd = stream_fd(pump->stream);
		pump->stream_fd.events = stream_events(pump->stream);
		pump->standing = (pump->state == PUMP_STREAM && !may_read(pump)) ||
			pump->state == PUMP_FENCE ||
			(pump->state == PUMP_DRAIN && !pump->finishing);
		if (pump->standing)
			pump->stream_fd.events &= ~POLLIN;
		else if (pump_gathering(pump) && loop_now_us() < gathered_us(pump))
		{
			pump->stream_fd.events &= ~POLLIN;
			pump->gather_timer.due_us = gathered_us(pump);
		}
	}
	pump->offsets_fd.fd = pump->offsets != NULL ? offsets_fd(pump->offsets) : -1;
	pump->probe_fd.fd = -1;
	if (pump->probe != NULL)
	{
		pump->probe_fd.fd = stream_fd(pump->probe);
		pump->probe_fd.events = stream_events(pump->probe);
	}
}

/* While reading stands still nothing of the server is seen: ask. */
void
pump_on_probe_timer(void *arg)
{
	Pump	   *pump = arg;

	loop_timer_set(&pump->probe_timer, PROBE_US);
	if (pump->probe != NULL && loop_now_us() - pump->probed_us > PROBE_TIMEOUT_US)
		pump_drop_probe(pump);
	if (pump->state == PUMP_FENCE ||
		(pump->standing && loop_now_us() - pump->acked_us > PROBE_US) || pump_spool_asks(pump))
		start_probe(pump);
}
