/*
 * pump_record.c
 *	  The engine's position record: read before the stream begins, compared with
 *	  the server, written as Kafka acknowledges.
 *
 * A record says how far Kafka is, and how far the slot may be moved before the
 * next record is written (its limit).  So after a crash a slot within the limit
 * is where this connector left it, and one past it was moved by somebody else.
 * A clean stop leaves a limit that equals the position.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#include "log.h"
#include "pump_private.h"

#define LOG_MODULE "position"

/* When reading the record took longer, the slot is looked at again. */
#define STALE_US		1000000

/* ---- reading it ---- */

bool
pump_recall(Pump *pump, bool to_end)
{
	pump->recalling_us = loop_now_us();
	pump->offsets = offsets_open(pump->conf, pump->record_key, to_end,
								 producer_proven(pump->delivery.producer), &pump->err);
	return pump->offsets != NULL;
}

void
pump_drop_recall(Pump *pump)
{
	offsets_close(pump->offsets);
	pump->offsets = NULL;
	pump->offsets_fd.fd = -1;
	loop_timer_clear(&pump->offsets_timer);
}

/* What offsets_next() found becomes pump->record; false and pump->err. */
static bool
take_record(Pump *pump, OffsetsEvent event)
{
	const char *value;
	size_t		len;
	Err			why;

	pump->has_record = event == OFFSETS_FOUND;
	if (event == OFFSETS_NONE)
		memset(&pump->record, 0, sizeof(pump->record));
	if (event != OFFSETS_FOUND)
		return true;
	value = offsets_value(pump->offsets, &len);
	log_debug("position record %s: %.*s", pump->record_key, (int) len, value);
	if (position_parse(value, len, &pump->record, &why))
	{
		pump->has_record = !pump->record.unfinished;
		if (pump->record.unfinished)
			log_warn("the position record %s is of a snapshot that Debezium did not complete: as if there was none",
					 pump->record_key);
		if (pump->record.interrupted)
			log_warn("Debezium was amidst an incremental snapshot, of which only it knows how far it was; send its signal again");
		return true;
	}
	return
		err_set(&pump->err, ERR_CONFIG, "could not use the position record %s of topic \"%s\": %s; "
				"\"walpost slot drop\" forgets it, or set another name for the connector",
				pump->record_key, offsets_topic(pump->conf), why.text);
}

RecallResult
pump_recalled(Pump *pump)
{
	OffsetsEvent event = offsets_next(pump->offsets, &pump->err);
	bool		ok;

	pump->offsets_timer.due_us = offsets_due(pump->offsets);
	if (event == OFFSETS_WAIT)
		return RECALL_WAIT;
	ok = event != OFFSETS_FAILED && take_record(pump, event);
	pump_drop_recall(pump);
	if (!ok)
		return RECALL_FAILED;
	return loop_now_us() - pump->recalling_us > STALE_US ? RECALL_STALE : RECALL_DONE;
}

/* ---- comparing it ---- */

ContinuityServer
pump_server_side(const Pump *pump)
{
	const StreamInfo *info = stream_info(pump->stream);

	return (ContinuityServer)
	{
		.system_id = info->system_id,
			.timeline = info->timeline,
			.history = info->history,
			.slot = pump->options->slot,
			.confirmed_lsn = info->confirmed_lsn,
			.slot_made = pump->options->slot_made,
	};
}

bool
pump_is_stale(Pump *pump)
{
	const StreamInfo *info = stream_info(pump->stream);
	ContinuityServer server = pump_server_side(pump);
	uint64_t	received = pump_received_lsn(pump);

	if (received < pump->delivery.intake.ledger.received_lsn)
		received = pump->delivery.intake.ledger.received_lsn;
	if (info->confirmed_lsn > received)
	{
		log_warn("slot \"%s\" was moved on by another client, from " LSN_FMT " to " LSN_FMT "; starting over from the position record",
				 pump->options->slot, LSN_ARGS(received), LSN_ARGS(info->confirmed_lsn));
		return true;
	}
	if (continuity_switch_point(&server, pump->timeline) < received)
	{
		log_warn("the server is on timeline %u, which left timeline %u before " LSN_FMT "; starting over from the position record",
				 info->timeline, pump->timeline, LSN_ARGS(received));
		return true;
	}
	return false;
}

/*
 * True when a snapshot is not complete, and so has to come first; pump->err says
 * so, ERR_RETRY when this run has to leave that to another one.
 */
static bool
lacks_snapshot(Pump *pump)
{
	const PumpOptions *options = pump->options;

	if (!pump->has_record || pump->record.snapshot[0] == '\0' || options->goal != NULL)
		return false;
	if (!options->snapshot.data)
	{
		log_warn("the snapshot is not complete that the position record is of; what is missing of it stays so, since snapshot.mode=%s asks for no rows",
				 conf_get(pump->conf, "snapshot.mode"));
		return false;
	}
	if (options->need == NULL)
	{
		err_set(&pump->err, ERR_RETRY, "the snapshot for slot \"%s\" is not complete; another walpost has to go on with it", options->slot);
		return true;
	}
	*options->need = (SnapshotNeed)
	{
		.suspected = true,.lsn = pump->record.lsn
	};
	err_set(&pump->err, ERR_NONE, "a snapshot is to be completed first");
	return true;
}

/*
 * True when a snapshot may have to come first; pump->err says so.  What a spool
 * holds would come after it, so there is none then.
 */
static bool
needs_snapshot(Pump *pump, const Continuity *found, ContinuityStrategy strategy)
{
	const PumpOptions *options = pump->options;
	bool		first = !pump->has_record && options->snapshot.data && !options->slot_made;
	bool		gap = pump->has_record && options->snapshot.again && strategy <= CONTINUITY_TRUST_OFFSET &&
	(found->kind == CONTINUITY_GAP || found->kind == CONTINUITY_OTHER);

	if (options->need == NULL || pump->streamed || !(first || gap))
		return false;
	if (pump_spool_in_use(pump))
	{
		log_warn("no snapshot is taken, since the spool \"%s\" holds what comes next", spool_path(pump->spool));
		return false;
	}
	*options->need = (SnapshotNeed)
	{
		.suspected = true,.gap = gap,.lsn = gap ? pump->record.lsn : 0
	};
	err_set(&pump->err, ERR_NONE, "a snapshot may have to come first");
	return true;
}

/* What was held for a table that was being added has to be read again. */
static uint64_t
behind_start(const Position *record, const ContinuityServer *server, uint64_t start_lsn)
{
	uint64_t	from = record ? record->adding_from : 0;

	if (from == 0 || from >= start_lsn)
		return start_lsn;
	if (from >= server->confirmed_lsn)
		return from;
	log_error("changes from " LSN_FMT " to " LSN_FMT " are missing of tables that were being added: slot \"%s\" was moved past them; take a snapshot of these tables again",
			  LSN_ARGS(from), LSN_ARGS(server->confirmed_lsn), server->slot);
	return server->confirmed_lsn;
}

bool
pump_resume(Pump *pump, bool final)
{
	Position	vouched = pump->record;
	const Position *record = pump->has_record ? &vouched : NULL;
	ContinuityServer server = pump_server_side(pump);
	ContinuityStrategy strategy = continuity_strategy(conf_get(pump->conf, "offset.mismatch.strategy"));
	Continuity	found;
	char		text[sizeof(pump->err.text)];

	pump_spool_vouch(pump, &vouched, &server);
	found = continuity_compare(record, &server, strategy, pump->exactly_once);
	pump->continuity = found;
	pump->compared = true;
	continuity_print(&found, record, &server, text, sizeof(text));
	if (lacks_snapshot(pump) || needs_snapshot(pump, &found, strategy))
		return false;
	if (found.stop)
	{
		if (pump->options->slot_refused != NULL)
			*pump->options->slot_refused = true;
		return err_set(&pump->err, ERR_CONFIG, "%s", text);
	}
	if (found.kind >= CONTINUITY_GAP && pump->options->goal != NULL && !pump->options->goal->gap_known)
	{
		pump->options->goal->broken = true;
		return err_set(&pump->err, ERR_NONE, "%s", text);
	}
	if (!final)
		log_debug("%s", text);
	else if (found.kind >= CONTINUITY_GAP)
		log_error("%s", text);
	else
		log_info("%s", text);

	if (found.kind >= CONTINUITY_GAP)
		record = NULL;
	if (!found.keep_open)
		vouched.open_commit = pump->record.open_commit = 0;
	/* one that was written without transactions may say more */
	if (pump->exactly_once)
		pump->record.limit = pump->record.lsn;
	intake_resume(&pump->delivery.intake, behind_start(record, &server, found.start_lsn), record);
	if (pump->options->goal != NULL)
		pump_goal_resume(pump);
	else if (!pump_adding_resume(pump, pump->has_record ? &pump->record : NULL))
		return false;
	incremental_reset(pump->incremental);
	pump->start_lsn = found.start_lsn;
	pump->record_fresh = pump->exactly_once && record != NULL;
	pump_spool_resumed(pump);
	return true;
}

/* ---- writing it ---- */

uint64_t
pump_kafka_lsn(const Pump *pump)
{
	uint64_t	flush_lsn = intake_settled_lsn(&pump->delivery.intake);
	uint64_t	limit = pump->record_fresh ? pump->record.limit : pump->start_lsn;

	return flush_lsn < limit ? flush_lsn : limit;
}

/*
 * By how many bytes of WAL the slot may run ahead of the record.  With a spool
 * less: it confirms nothing before it is past that.
 */
static uint64_t
record_lease(const Pump *pump)
{
	if (pump->spool == NULL || pump->spool_after > RECORD_LEASE)
		return RECORD_LEASE;
	return pump->spool_after > RECORD_LEASE_MIN ? (uint64_t) pump->spool_after : RECORD_LEASE_MIN;
}

uint64_t
pump_record_limit(const Pump *pump)
{
	uint64_t	limit = pump->has_record ? pump->record.limit : 0;

	return pump->record_pending && pump->pending.limit > limit ? pump->pending.limit : limit;
}

Position
pump_position(const Pump *pump)
{
	Position	position = {.timeline = pump->timeline};
	struct timeval now;

	gettimeofday(&now, NULL);
	position.written_us = (int64_t) now.tv_sec * 1000000 + now.tv_usec;
	memcpy(position.system_id, pump->system_id, sizeof(position.system_id));
	memcpy(position.slot, pump->options->slot, strlen(pump->options->slot));
	memcpy(position.adding, pump->adding.text, strlen(pump->adding.text));
	if (pump->options->goal != NULL)
		snprintf(position.snapshot, sizeof(position.snapshot), "%s", pump->options->goal->snapshot);
	if (pump->spool != NULL)
		snprintf(position.spool, sizeof(position.spool), "%s:%s", pump->host, spool_path(pump->spool));
	return position;
}

/* What Kafka has acknowledged. */
static Position
acknowledged_position(const Pump *pump, bool final)
{
	const Intake *intake = &pump->delivery.intake;
	Position	position = pump_position(pump);

	position.lsn = intake_settled_lsn(intake);
	position.message = intake->message_lsn == position.lsn;
	/* past it the slot is moved by a spool, which others must see */
	position.limit = final || pump_spool_in_use(pump) ? position.lsn : position.lsn + record_lease(pump);
	position.last_commit = intake_settled_commit(intake);
	intake_part(intake, &position);
	return position;
}

/* When the next record is to be written. */
static int64_t
record_due(const Pump *pump, bool final)
{
	uint64_t	flush_lsn = intake_settled_lsn(&pump->delivery.intake);

	if (!pump->record_fresh)
		return loop_now_us();
	if (final)
		return pump->record.limit == flush_lsn ? INT64_MAX : loop_now_us();
	if (strcmp(pump->record.adding, pump->adding.text) != 0)
		return loop_now_us();
	if (flush_lsn == pump->record.lsn)
		return INT64_MAX;
	if (pump_spooling(pump) ? pump->record.limit > pump->record.lsn :
		flush_lsn + record_lease(pump) / 2 > pump->record.limit)
		return loop_now_us();
	return pump->recorded_us + conf_get_int(pump->conf, "offset.flush.interval.ms") * 1000;
}

bool
pump_record(Pump *pump, bool final)
{
	int64_t		due;
	char	   *value;

	/* what is there has to be read first */
	if (pump->unrecalled)
		return true;
	if (pump->exactly_once)
		return pump_txn_settled(pump);
	if (pump->record_pending)
		return false;
	due = record_due(pump, final);
	loop_timer_clear(&pump->record_timer);
	if (due == INT64_MAX)
		return true;
	if (due > loop_now_us())
	{
		pump->record_timer.due_us = due;
		return false;
	}
	pump->pending = acknowledged_position(pump, final);
	value = position_print(&pump->pending);
	pump->record_pending = producer_record(pump->delivery.producer, offsets_topic(pump->conf),
										   pump->record_key, value, POSITION_RECORD);
	free(value);
	pump->recorded_us = loop_now_us();
	return false;
}

void
pump_recorded(Pump *pump)
{
	pump->record_pending = false;
	pump->record = pump->pending;
	pump->has_record = pump->record_fresh = true;
}
