/*
 * pump_spool.c
 *	  The engine's spool: when it begins, what goes in, what comes out.
 *
 * Once Kafka takes nothing and the slot retains too much, the stream begins
 * anew where the slot stands, in a session whose messages go into the spool.
 * What is read back from it goes the way of any message: what was received
 * before is known by its LSN, and dropped.  So nothing else has to know.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "pump_private.h"

#define LOG_MODULE "spool"

/* So much is read back in a turn of the loop. */
#define TURN_BYTES		(256 * 1024)

/* Kafka works again when it has acknowledged something within this time. */
#define ALIVE_US		1000000

/*
 * Kafka takes no events when it has acknowledged none for so long, though some
 * wait; or too few, when memory has been full for so long.
 */
#define STALLED_US		2000000
#define FULL_US			10000000

/* A disk that does not take a spool is asked again so often. */
#define REFUSED_US		30000000

bool
pump_spool_init(Pump *pump, Err *err)
{
	const Conf *conf = pump->conf;

	pump->spool_options = (SpoolOptions)
	{
		.dir = conf_get(conf, "walpost.spool.dir"),
			.prefix = conf_get(conf, "topic.prefix"),
			.slot = pump->options->slot,
			.max_bytes = conf_get_int(conf, "walpost.spool.max.bytes"),
	};
	pump->spool_after = conf_get_int(conf, "walpost.spool.after.bytes");
	if (gethostname(pump->host, sizeof(pump->host) - 1) != 0)
		pump->host[0] = '\0';
	return pump->spool_options.dir == NULL || spool_check(&pump->spool_options, err);
}

void
pump_spool_close(Pump *pump)
{
	spool_close(pump->spool);
	pump->spool = NULL;
}

bool
pump_spooling(const Pump *pump)
{
	return pump->spool != NULL && spool_state(pump->spool) == SPOOL_WRITING;
}

bool
pump_spool_in_use(const Pump *pump)
{
	return pump->spool != NULL && spool_state(pump->spool) != SPOOL_OFF;
}

uint64_t
pump_flush_lsn(const Pump *pump)
{
	uint64_t	lsn = pump_kafka_lsn(pump);

	if (pump_spool_in_use(pump) && spool_synced_lsn(pump->spool) > lsn &&
		spool_synced_lsn(pump->spool) > spool_guard_lsn(pump->spool))
		return spool_synced_lsn(pump->spool);
	return lsn;
}

uint64_t
pump_received_lsn(const Pump *pump)
{
	return pump_spooling(pump) ? spool_end_lsn(pump->spool) : pump->delivery.intake.ledger.received_lsn;
}

uint64_t
pump_last_commit(const Pump *pump)
{
	return pump_spooling(pump) ? spool_commit_lsn(pump->spool) : pump->delivery.intake.last_end_lsn;
}

/* Tells the spool how far Kafka is, and how far others know that the slot is. */
static void
note_delivered(Pump *pump)
{
	/* what is not committed yet may have to go again */
	uint64_t	lsn = pump->exactly_once ? pump_kafka_lsn(pump) :
	intake_settled_lsn(&pump->delivery.intake);

	spool_delivered(pump->spool, lsn,
					pump->record_fresh ? pump->record.limit : 0, loop_now_us());
}

/* ---- in ---- */

bool
pump_spool_allowed(const Pump *pump)
{
	return pump->spool_refused_us == 0 || loop_now_us() - pump->spool_refused_us > REFUSED_US;
}

void
pump_spool_refused(Pump *pump, int64_t retained, const Err *err)
{
	pump->spool_refused_us = loop_now_us();
	log_warn("%s; without a spool the slot goes on to retain WAL, %lld MiB now", err->text,
			 (long long) retained / (1024 * 1024));
}

bool
pump_spool_asks(Pump *pump)
{
	int64_t		now = loop_now_us();

	if (pump->spool == NULL || pump_spooling(pump) || !pump_spool_allowed(pump))
		return false;
	if (pump->full_us != 0 && now - pump->full_us > FULL_US)
		return true;
	return intake_under_way(&pump->delivery.intake) > 0 && now - pump->acked_us > STALLED_US &&
		now - pump->flight_us > STALLED_US;
}

bool
pump_spool_begin(Pump *pump)
{
	int64_t		retained = pump->retained;
	SpoolStart	start;
	Err			err;

	pump->retained = 0;
	/* it may have changed since that was asked for */
	if (retained <= pump->spool_after || !pump_spool_asks(pump))
		return false;
	note_delivered(pump);
	start = (SpoolStart)
	{
		.lsn = pump_flush_lsn(pump),
			.commit_lsn = intake_settled_commit(&pump->delivery.intake),
			.guard_lsn = pump_record_limit(pump),
	};
	if (spool_state(pump->spool) == SPOOL_DRAINING && spool_end_lsn(pump->spool) < start.lsn)
		return false;
	if (!spool_begin(pump->spool, &start, &err))
	{
		pump_spool_refused(pump, retained, &err);
		return false;
	}
	log_warn("Kafka does not take events, and slot \"%s\" retains %lld MiB of WAL: what comes from "
			 LSN_FMT " on goes into the spool \"%s\"", pump->options->slot,
			 (long long) retained / (1024 * 1024), LSN_ARGS(start.lsn), spool_path(pump->spool));
	return true;
}

/* ---- out ---- */

bool
pump_kafka_alive(const Pump *pump)
{
	return pump->proven_us != 0 && loop_now_us() - pump->proven_us < ALIVE_US;
}

/*
 * All was read: from now on messages take the short way, if Kafka works.  Not
 * before the spool has come to where memory was when it began.
 */
static void
consider_drain(Pump *pump)
{
	const Ledger *ledger = &pump->delivery.intake.ledger;

	if (intake_under_way(&pump->delivery.intake) > 0 &&
		(!pump_kafka_alive(pump) || spool_end_lsn(pump->spool) < ledger->received_lsn))
		return;
	log_info("all that the spool held was read, up to " LSN_FMT "; its files stay until Kafka has it",
			 LSN_ARGS(spool_end_lsn(pump->spool)));
	spool_drain(pump->spool);
	if (spool_between_sessions(pump->spool))
		intake_new_session(&pump->delivery.intake);
}

/* Gives Kafka what memory holds of it. */
static bool
read_back(Pump *pump)
{
	size_t		bytes = 0;

	while (pump_memory_free(pump))
	{
		SpoolItem	item;

		if (bytes >= TURN_BYTES)
		{
			pump->loop.again = true;
			return true;
		}
		switch (spool_read(pump->spool, &item, &pump->err))
		{
			case SPOOL_READ_SESSION:
				intake_new_session(&pump->delivery.intake);
				/* fall through */
			case SPOOL_READ_FRAMES:
				bytes += item.len;
				pump_note_flight(pump);
				if (!intake_take(&pump->delivery.intake, item.buffer, item.len, item.start,
								 loop_now_us(), &pump->err))
					return false;
				if (pump->exactly_once && !pump->delivery.intake.in_unit)
					pump_txn(pump);
				break;
			case SPOOL_READ_MARK:
				ledger_keepalive(&pump->delivery.intake.ledger, item.lsn);
				break;
			case SPOOL_READ_END:
				consider_drain(pump);
				return true;
			default:
				return false;
		}
	}
	return true;
}

bool
pump_spool_turn(Pump *pump)
{
	int64_t		due;

	if (pump->spool == NULL || !pump->started)
		return true;
	if (pump->unrecalled && !pump_spool_recall(pump))
		return false;
	if (!pump->unrecalled)
	{
		note_delivered(pump);
		if (pump_spooling(pump) && pump->state != PUMP_DRAIN && !read_back(pump))
			return false;
	}
	due = spool_due(pump->spool);
	if (due != 0 && due <= loop_now_us())
	{
		if (!spool_sync(pump->spool, &pump->err))
			return false;
		due = spool_due(pump->spool);
	}
	pump->spool_timer.due_us = due;
	return true;
}
