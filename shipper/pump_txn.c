/*
 * pump_txn.c
 *	  The engine's Kafka transactions: what goes into one, and when it ends.
 *
 * A Kafka transaction holds whole transactions of the server and the position
 * record that says so; a huge one of the server's is split, and the record then
 * says where.  While one is committed the stream is read on, and what comes
 * waits behind the producer's gate.
 *
 *		NONE -> INIT -> READ -> OPEN -> CLOSING -> COMMITTING -> OPEN ...
 *
 * Buffers are let go as Kafka acknowledges their events, as ever, but the slot
 * moves with the commits.  So when anything goes wrong nothing is mended in
 * place: the connection is dropped, a new producer takes over the transactional
 * id (which aborts what was open), and the record, which was committed with the
 * events or not at all, says from where the server is to send again.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "pump_private.h"

#define LOG_MODULE "txn"

/* With so much in it, a transaction may gather for longer. */
#define LARGE_BYTES		(256 * 1024)
#define LARGE_FACTOR	4

/* How often a record alone is written when the server waits for it to shut down. */
#define PRESSED_US		500000

/* True when something is to be published since the last one was closed. */
static bool
has_events(const Pump *pump)
{
	return producer_added(pump->delivery.producer) != pump->txn_events;
}

/* When a transaction with events in it ends. */
static int64_t
events_due(const Pump *pump)
{
	int64_t		bytes = (int64_t) (pump->delivery.intake.counts.bytes - pump->txn_bytes);
	int64_t		gap = conf_get_int(pump->conf, "transaction.boundary.interval.ms") * 1000;

	if (bytes >= conf_get_int(pump->conf, "walpost.transaction.max.bytes") || pump->state == PUMP_DRAIN)
		return 0;
	if (ledger_open_entry(&pump->delivery.intake.ledger) != NULL)
		return pump->opened_us + producer_txn_timeout(pump->delivery.producer) * INT64_C(1000) / 2;
	return pump->closed_us + gap * (bytes < LARGE_BYTES ? 1 : LARGE_FACTOR);
}

/* When a record alone is written. */
static int64_t
idle_due(const Pump *pump, int64_t now)
{
	if (!pump->record_fresh || strcmp(pump->record.adding, pump->adding.text) != 0)
		return now;
	if (pump->delivery.intake.ledger.received_lsn <= pump->record.lsn)
		return INT64_MAX;
	if (pump->state == PUMP_DRAIN)
		return now;
	if (feedback_pressed(&pump->feedback, now))
		return pump->recorded_us + PRESSED_US;
	return pump->recorded_us + conf_get_int(pump->conf, "offset.flush.interval.ms") * 1000;
}

bool
pump_txn_full(const Pump *pump)
{
	return deadletters_crowded(pump->delivery.letters) &&
		(pump->txn != PUMP_TXN_OPEN || pump->delivery.intake.counts.bytes != pump->txn_bytes);
}

/* True when the open transaction is to end now; else the timer is set. */
static bool
is_due(Pump *pump)
{
	int64_t		now = loop_now_us();
	int64_t		due;

	if (pump_txn_full(pump))
		return true;
	if (!has_events(pump))
	{
		pump->opened_us = now;
		due = idle_due(pump, now);
	}
	else
		due = events_due(pump);
	if (due <= now)
		return true;
	pump->record_timer.due_us = due == INT64_MAX ? 0 : due;
	return false;
}

/* What was read so far is the transaction; what comes belongs to the next. */
static void
close_txn(Pump *pump)
{
	loop_timer_clear(&pump->record_timer);
	producer_gate(pump->delivery.producer, true);
	pump->pending = pump_position(pump);
	intake_position(&pump->delivery.intake, &pump->pending);
	pump->pending.limit = pump->pending.lsn;
	incremental_close_txn(pump->incremental);
	pump->txn_events = producer_added(pump->delivery.producer);
	pump->txn_bytes = pump->delivery.intake.counts.bytes;
	pump->closed_us = loop_now_us();
	pump->record_pending = pump->record_delivered = false;
	pump->txn = PUMP_TXN_CLOSING;
}

/* The record is the last to go; once all is there the commit is but a word. */
static void
finish_txn(Pump *pump)
{
	if (!pump->record_pending && incremental_finish_txn(pump->incremental) &&
		producer_is_handed(pump->delivery.producer))
	{
		char	   *value = position_print(&pump->pending);

		pump->record_pending = producer_record(pump->delivery.producer, offsets_topic(pump->conf),
											   pump->record_key, value, POSITION_RECORD);
		free(value);
	}
	if (!pump->record_delivered || !producer_is_through(pump->delivery.producer))
		return;
	pump->txn = PUMP_TXN_COMMITTING;
	pump->delivered_us = loop_now_us();
	producer_txn_commit(pump->delivery.producer);
}

void
pump_txn(Pump *pump)
{
	if (pump->txn_broken || producer_is_broken(pump->delivery.producer))
		return;
	if (pump->txn == PUMP_TXN_OPEN && is_due(pump))
		close_txn(pump);
	if (pump->txn == PUMP_TXN_CLOSING)
		finish_txn(pump);
}

void
pump_txn_done(Pump *pump)
{
	int64_t		now = loop_now_us();

	if (pump->txn == PUMP_TXN_INIT)
	{
		pump->txn = PUMP_TXN_READ;
		return;
	}
	log_debug("transaction up to " LSN_FMT ": delivered in %lld us, committed in %lld us, %llu KiB behind it",
			  LSN_ARGS(pump->pending.lsn), (long long) (pump->delivered_us - pump->closed_us),
			  (long long) (now - pump->delivered_us),
			  (unsigned long long) (pump->delivery.intake.counts.bytes - pump->txn_bytes) / 1024);
	pump->recorded_us = now;
	pump_recorded(pump);
	deadletters_settle(pump->delivery.letters, &pump->record);
	incremental_recorded(pump->incremental);
	pump->txn = PUMP_TXN_OPEN;
	producer_gate(pump->delivery.producer, false);
}

bool
pump_txn_settled(const Pump *pump)
{
	return pump->txn == PUMP_TXN_OPEN && !has_events(pump) &&
		pump->record_fresh && pump->delivery.intake.ledger.received_lsn <= pump->record.lsn;
}

/* Half of wal_sender_timeout at most, so that no slot is free before it ends. */
static bool
init_txn(Pump *pump)
{
	int64_t		sender_ms = stream_info(pump->stream)->sender_timeout_us / 1000;

	if (sender_ms > 0 && sender_ms / 2 < INT32_MAX &&
		!producer_txn_limit(pump->delivery.producer, (int) (sender_ms / 2), &pump->err))
		return false;
	/* what is being read may be outdated before it is over */
	pump_drop_recall(pump);
	pump->txn = PUMP_TXN_INIT;
	producer_txn_init(pump->delivery.producer);
	return true;
}

/* The record is read for good; what it said before may have been outdated. */
static RecallResult
resume_txn(Pump *pump)
{
	uint64_t	started_lsn = pump->start_lsn;
	uint64_t	read_lsn = pump->delivery.intake.ledger.received_lsn;

	if (!pump_resume(pump, true))
		return RECALL_FAILED;
	if (pump->start_lsn < started_lsn || pump->delivery.intake.ledger.received_lsn < read_lsn)
	{
		err_set(&pump->err, ERR_RETRY, "the position record went back from " LSN_FMT " to " LSN_FMT,
				LSN_ARGS(started_lsn), LSN_ARGS(pump->start_lsn));
		return RECALL_FAILED;
	}
	pump->txn = PUMP_TXN_OPEN;
	pump->closed_us = 0;
	pump->txn_bytes = pump->delivery.intake.counts.bytes;
	producer_gate(pump->delivery.producer, false);
	return RECALL_DONE;
}

RecallResult
pump_txn_fence(Pump *pump)
{
	if (pump->txn == PUMP_TXN_NONE && !init_txn(pump))
		return RECALL_FAILED;
	if (pump->txn == PUMP_TXN_READ && pump->offsets == NULL && !pump_recall(pump, true))
		return RECALL_FAILED;
	if (pump->offsets != NULL)
		switch (pump_recalled(pump))
		{
			case RECALL_FAILED:
				return RECALL_FAILED;
			case RECALL_WAIT:
				break;
			default:
				return resume_txn(pump);
		}
	return RECALL_WAIT;
}
