/*
 * pump_spool_start.c
 *	  The engine's spool at a start: what was left, and what Kafka says of it.
 *
 * What a spool holds is no reason to wait for Kafka: the stream goes on behind
 * it while the position record cannot be read.  Nothing is read back from it
 * before the record is known and was compared with where the spool begins.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "pump_private.h"
#include "spool_file.h"

#define LOG_MODULE "spool"

/* Kafka is waited for so long before a spool is thought of, and between. */
#define EARLY_US		2000000

#define REMEDY \
	"to go on from the slot without what is missing, set offset.mismatch.strategy to trust_slot " \
	"and read the tables again"

static bool
trusts_slot(const Pump *pump)
{
	return continuity_strategy(conf_get(pump->conf, "offset.mismatch.strategy")) == CONTINUITY_TRUST_SLOT;
}

/*
 * What the spool holds must reach to where the slot stands, and must not have
 * been lost by a server that was promoted without it.
 */
static bool
check_fits(Pump *pump)
{
	ContinuityServer server = pump_server_side(pump);
	uint64_t	delivered = spool_delivered_lsn(pump->spool);
	uint64_t	end = spool_end_lsn(pump->spool);
	uint64_t	reach = spool_reach(delivered, delivered, end);
	uint64_t	left = continuity_switch_point(&server, spool_timeline(pump->spool));
	const char *path = spool_path(pump->spool);

	if (left < end)
		return err_set(&pump->err, ERR_FATAL, "the server is on timeline %u, which left timeline %u at " LSN_FMT
					   ", but the spool \"%s\" holds what committed up to " LSN_FMT
					   "; transactions in between exist in the spool only: move it away to give them up, "
					   "and read the tables again", server.timeline, spool_timeline(pump->spool),
					   LSN_ARGS(left), path, LSN_ARGS(end));
	if (reach >= server.confirmed_lsn)
		return true;
	if (!trusts_slot(pump))
		return err_set(&pump->err, ERR_CONFIG, "gap from " LSN_FMT " to " LSN_FMT ": slot \"%s\" is past what the "
					   "spool \"%s\" holds, so another client moved it, or files are missing; " REMEDY,
					   LSN_ARGS(reach), LSN_ARGS(server.confirmed_lsn), server.slot, path);
	log_error("gap from " LSN_FMT " to " LSN_FMT ": slot \"%s\" is past what the spool \"%s\" holds; "
			  "going on at " LSN_FMT, LSN_ARGS(reach), LSN_ARGS(server.confirmed_lsn), server.slot, path,
			  LSN_ARGS(server.confirmed_lsn));
	return true;
}

bool
pump_spool_adopt(Pump *pump)
{
	const StreamInfo *info = stream_info(pump->stream);

	pump->unrecalled = false;
	if (pump->spool_options.dir == NULL)
		return true;
	pump->spool = spool_open(&pump->spool_options, &pump->err);
	if (pump->spool == NULL ||
		!spool_adopt(pump->spool, strtoull(info->system_id, NULL, 10), info->confirmed_lsn, &pump->err))
		return false;
	return !pump_spooling(pump) || check_fits(pump);
}

bool
pump_spool_early(Pump *pump)
{
	const StreamInfo *info = stream_info(pump->stream);
	int64_t		now = loop_now_us();
	SpoolStart	start;
	Err			err;

	if (pump->spool == NULL || pump->inspecting)
		return true;
	if (info->retained > pump->spool_after && pump_spool_allowed(pump))
	{
		log_warn("Kafka is away since the start, and slot \"%s\" retains %lld MiB of WAL: what comes from "
				 LSN_FMT " on goes into the spool \"%s\"", pump->options->slot,
				 (long long) info->retained / (1024 * 1024), LSN_ARGS(info->confirmed_lsn),
				 spool_path(pump->spool));
		spool_set_timeline(pump->spool, info->timeline);
		/* what the record promises is not known, but no more than that */
		start = (SpoolStart)
		{
			.lsn = info->confirmed_lsn,
				.assumed = true,
				.guard_lsn = info->confirmed_lsn + (uint64_t) info->retained + RECORD_LEASE,
		};
		if (spool_begin(pump->spool, &start, &err))
		{
			pump->loop.again = true;
			return true;
		}
		pump_spool_refused(pump, info->retained, &err);
	}
	if (now - pump->recalling_us >= EARLY_US && now - pump->asked_us >= EARLY_US)
	{
		pump->asked_us = now;
		pump->inspecting = true;
		if (!stream_ask_retained(pump->stream, pump->options->slot, &pump->err))
			return false;
	}
	pump->spool_timer.due_us = now + EARLY_US;
	return true;
}

bool
pump_spool_resume(Pump *pump)
{
	pump->unrecalled = true;
	pump->start_lsn = spool_delivered_lsn(pump->spool);
	pump->record_fresh = false;
	intake_resume(&pump->delivery.intake, pump->start_lsn, NULL);
	return true;
}

bool
pump_spool_recall(Pump *pump)
{
	/* between two connections nothing is read, and nobody fenced */
	if (pump->exactly_once)
		return pump->state != PUMP_STREAM || pump_txn_fence(pump) != RECALL_FAILED;
	if (pump->offsets == NULL)
		return true;
	switch (pump_recalled(pump))
	{
		case RECALL_WAIT:
			return true;
		case RECALL_FAILED:
			return false;
		default:
			return pump_resume(pump, true);
	}
}

void
pump_spool_vouch(const Pump *pump, Position *record, ContinuityServer *server)
{
	uint64_t	delivered;

	if (pump->spool == NULL)
		return;
	delivered = spool_delivered_lsn(pump->spool);
	if (pump_spooling(pump))
		server->confirmed_lsn = delivered;
	if (!spool_is_assumed(pump->spool) && delivered > record->limit)
		record->limit = delivered;
}

void
pump_spool_resumed(Pump *pump)
{
	if (!pump_spooling(pump))
		return;
	pump->unrecalled = false;
	/* messages before that are in Kafka, and units that end there */
	if (pump->delivery.intake.message_lsn < pump->start_lsn - 1)
		pump->delivery.intake.message_lsn = pump->start_lsn - 1;
}
