/*
 * pump_counters.c
 *	  What the engine counts, for whoever reads the page of counters.
 *
 * The engine counts for itself, in plain memory; here that is copied a few times
 * a second.  How far the slot is behind only the server knows: it is asked every
 * ten seconds, on a connection of its own.  Nothing of this happens where nobody
 * reads the page.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "counters.h"
#include "mem.h"
#include "pump_private.h"

#define COUNT_US	250000
#define LAG_US		10000000

/* On a standby there is no insert position. */
#define SERVER_LSN	"CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn() ELSE pg_catalog.pg_current_wal_lsn() END"

/*
 * What an error made it wait for is in err; a connection that was merely renewed
 * is none.
 */
void
pump_counters_state(const Pump *pump)
{
	static const CounterPhase phases[PUMP_NSTATES] = {
		[PUMP_INIT] = PHASE_STARTING,
		[PUMP_CONNECT] = PHASE_CONNECTING,
		[PUMP_RECALL] = PHASE_CONNECTING,
		[PUMP_START] = PHASE_CONNECTING,
		[PUMP_FENCE] = PHASE_CONNECTING,
		[PUMP_STREAM] = PHASE_STREAMING,
		[PUMP_DRAIN] = PHASE_STOPPING,
		[PUMP_BACKOFF] = PHASE_BACKOFF,
		[PUMP_STOPPED] = PHASE_STOPPING,
		[PUMP_FAILED] = PHASE_STOPPING,
	};
	bool		standby = strcmp(pump->err.sqlstate, SQLSTATE_IN_USE) == 0;
	CounterPhase phase = phases[pump->state];

	if (pump->state == PUMP_BACKOFF && pump->err.kind != ERR_NONE)
	{
		counter_set_text(COUNTER_TEXT_REASON, pump->err.text);
		if (!standby)
			counter_add(COUNTER_FAULTS, 1);
	}
	/* the standby's look at the slot, four times a second, is still waiting */
	if (standby && (phase == PHASE_BACKOFF || phase == PHASE_CONNECTING) && pump->state != PUMP_START)
		phase = PHASE_STANDBY;
	counter_set(COUNTER_PHASE, phase);
}

static int64_t
wall_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t) now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Clocks of two machines may say that it was committed after it came. */
static int64_t
since(int64_t now, int64_t then)
{
	return then != 0 && now > then ? now - then : 0;
}

/*
 * How far Kafka is behind: by the oldest transaction that it lacks, and where it
 * has all by what the last one took to get here.
 */
static void
count_lag(const Pump *pump)
{
	const Intake *intake = &pump->delivery.intake;
	int64_t		wall = wall_now_us();
	int64_t		arrived = pump->data_us == 0 ? 0 : wall - (loop_now_us() - pump->data_us);
	int64_t		behind = since(wall, ledger_oldest_us(&intake->ledger));

	counter_set(COUNTER_BEHIND_US, behind);
	if (behind == 0 && intake->commit_us != 0)
		behind = since(arrived, intake->commit_us);
	counter_set(COUNTER_LAG_US, behind);
	if (intake->counts.events > 0)
		counter_set(COUNTER_EVENT_AT, arrived);
}

static void
count(Pump *pump)
{
	PumpStats	stats = pump_stats();
	const IntakeCounts *counts = &pump->delivery.intake.counts;

	counter_set(COUNTER_EVENTS, (int64_t) stats.events);
	counter_set(COUNTER_TRANSACTIONS, (int64_t) stats.transactions);
	counter_set(COUNTER_BYTES, (int64_t) stats.bytes);
	counter_set(COUNTER_ACKNOWLEDGED, (int64_t) stats.acknowledged);
	counter_set(COUNTER_FILTERED, (int64_t) counts->filtered);
	counter_set(COUNTER_REPEATED, (int64_t) stats.repeated);
	counter_set(COUNTER_IN_FLIGHT, (int64_t) stats.in_flight);
	counter_set(COUNTER_XID, pump->delivery.intake.xid);
	counter_set(COUNTER_QUEUE_BYTES, (int64_t) stats.pinned_bytes);
	counter_set(COUNTER_QUEUE_BOUND, (int64_t) pump->delivery.bound);
	counter_set(COUNTER_SPOOL_BYTES, (int64_t) stats.spool_bytes);
	counter_set(COUNTER_RECEIVED_LSN, (int64_t) stats.received_lsn);
	counter_set(COUNTER_FLUSH_LSN, (int64_t) stats.flush_lsn);
	counter_set(COUNTER_ACK_US, (int64_t) counts->ack_us);
	counter_set(COUNTER_ACKS, (int64_t) counts->acked_buffers);
	counter_set(COUNTER_REFUSED, (int64_t) stats.refused);
	counter_set(COUNTER_RECONNECTS, (int64_t) stats.reconnects);
	counter_set(COUNTER_CONTINUITY, pump->compared ? (int64_t) pump->continuity.kind : -1);
	counter_set(COUNTER_GAP_BYTES, (int64_t) stats.gap_bytes);
	count_lag(pump);
}

static void
on_count_timer(void *arg)
{
	Pump	   *pump = arg;

	loop_timer_set(&pump->count_timer, COUNT_US);
	count(pump);
}

static int64_t
number_or_unknown(const char *text)
{
	return text == NULL ? -1 : strtoll(text, NULL, 10);
}

static void
on_lag_row(void *arg, const char *const *values, int n)
{
	counter_set(COUNTER_SLOT_BYTES, number_or_unknown(values[0]));
	counter_set(COUNTER_SLOT_RETAINED, number_or_unknown(values[1]));
	counter_set(COUNTER_SLOT_SAFE, number_or_unknown(values[2]));
}

static void
on_lag_timer(void *arg)
{
	Pump	   *pump = arg;

	loop_timer_set(&pump->lag_timer, LAG_US);
	if (pump->state == PUMP_STREAM || pump->state == PUMP_FENCE)
		sidequery_run(pump->lag_query);
}

void
pump_counters_open(Pump *pump)
{
	LoopTimer  *const timers[] = {&pump->count_timer, &pump->lag_timer};

	if (!counters_shared())
		return;

	/* names of slots are letters, digits and underscores */
	pump->lag_statement = mem_print("SELECT pg_catalog.pg_wal_lsn_diff(lsn, confirmed_flush_lsn)::pg_catalog.int8, "
									"pg_catalog.pg_wal_lsn_diff(lsn, restart_lsn)::pg_catalog.int8, safe_wal_size "
									"FROM pg_catalog.pg_replication_slots, (SELECT " SERVER_LSN ") AS server (lsn) "
									"WHERE slot_name OPERATOR(pg_catalog.=) '%s'", pump->options->slot);
	pump->lag_query = sidequery_new(pump->conf, &pump->loop, "ask how far the slot is behind",
									pump->lag_statement, on_lag_row, pump);
	pump->count_timer.fire = on_count_timer;
	pump->lag_timer.fire = on_lag_timer;
	for (size_t i = 0; i < sizeof(timers) / sizeof(timers[0]); i++)
	{
		timers[i]->arg = pump;
		loop_timer_add(&pump->loop, timers[i]);
		loop_timer_set(timers[i], COUNT_US);
	}
}

/* The last word is the truth, for whoever reads it after the end. */
void
pump_counters_close(Pump *pump)
{
	if (pump->lag_query == NULL)
		return;
	count(pump);
	sidequery_free(pump->lag_query);
	free(pump->lag_statement);
}
