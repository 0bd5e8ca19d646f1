/*
 * counters.h
 *	  A page of counters: one process writes it, its supervisor reads it.
 *
 * The supervisor makes the page (a memory file) and hands it to the connector's
 * process, which maps it; a process without a supervisor has a page of its own,
 * so that writers never ask.  One writer, relaxed atomics, no locks: a reader
 * sees each number whole, and numbers of one moment more or less together.
 *
 *		counter_add(COUNTER_RECONNECTS, 1);				the connector's process
 *		counter_get(page, COUNTER_RECONNECTS)			its supervisor
 *
 * What is counted per event is not counted here: pump_counters.c copies the
 * engine's own counts a few times a second.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_COUNTERS_H
#define WALPOST_COUNTERS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "err.h"

/* What the process is doing: the value of COUNTER_PHASE. */
typedef enum CounterPhase
{
	PHASE_STARTING,
	PHASE_SNAPSHOT,
	PHASE_CONNECTING,
	PHASE_STREAMING,
	PHASE_STANDBY,				/* another client has the slot */
	PHASE_BACKOFF,				/* after an error, COUNTER_TEXT_REASON */
	PHASE_STOPPING,
	PHASE_NPHASES
} CounterPhase;

/* Times are in microseconds, "_at" since 1970; LSNs are numbers. */
typedef enum CounterId
{
	COUNTER_PHASE,

	/* the stream */
	COUNTER_EVENTS,				/* read */
	COUNTER_TRANSACTIONS,
	COUNTER_BYTES,				/* of frames */
	COUNTER_ACKNOWLEDGED,		/* events that Kafka has */
	COUNTER_FILTERED,			/* changes that lists of tables left out */
	COUNTER_REPEATED,			/* events that came again, dropped */
	COUNTER_IN_FLIGHT,			/* events read, not acknowledged */
	COUNTER_EVENT_AT,			/* when the last one came; 0: none */
	COUNTER_XID,				/* of the last transaction */
	COUNTER_QUEUE_BYTES,		/* memory that unacknowledged events hold, */
	COUNTER_QUEUE_BOUND,		/* and may hold */
	COUNTER_SPOOL_BYTES,
	COUNTER_RECEIVED_LSN,
	COUNTER_FLUSH_LSN,			/* what the slot may be moved to */
	COUNTER_BEHIND_US,			/* since the commit of the oldest transaction that
								 * Kafka does not have; 0: it has all */
	COUNTER_LAG_US,				/* the same, but what it was for the last
								 * transaction when Kafka has all */
	COUNTER_ACK_US,				/* from arrival to acknowledgement, summed over */
	COUNTER_ACKS,				/* so many messages of the stream */
	COUNTER_SLOT_BYTES,			/* of WAL past what the slot has confirmed, */
	COUNTER_SLOT_RETAINED,		/* and past what it retains; -1: not known */
	COUNTER_SLOT_SAFE,			/* to be written until it is invalidated; -1: no
								 * bound, or not known */
	COUNTER_CONTINUITY,			/* ContinuityKind of the last comparison; -1:
								 * none yet */
	COUNTER_GAP_BYTES,			/* of WAL whose changes are missing */
	COUNTER_FAULTS,				/* errors that were retried */
	COUNTER_RECONNECTS,
	COUNTER_REFUSED,			/* records that Kafka did not take */

	/* a snapshot */
	COUNTER_SNAPSHOT_STATE,		/* a CounterSnapshot */
	COUNTER_SNAPSHOT_TABLES,
	COUNTER_SNAPSHOT_TABLES_LEFT,
	COUNTER_SNAPSHOT_ROWS,		/* read */
	COUNTER_SNAPSHOT_ACKNOWLEDGED,	/* rows that Kafka has */
	COUNTER_SNAPSHOT_ROWS_EXPECTED, /* as the server estimates them */
	COUNTER_HELD,				/* events that wait for the rows of a table being
								 * added */
	COUNTER_HELD_PAUSE_US,		/* how long the stream stood still for those */
	COUNTER_SNAPSHOT_US,		/* how long it has taken so far */
	COUNTER_COUNT
} CounterId;

/* The value of COUNTER_SNAPSHOT_STATE. */
typedef enum CounterSnapshot
{
	SNAPSHOT_NONE,				/* not in this process */
	SNAPSHOT_RUNNING,
	SNAPSHOT_PAUSED,
	SNAPSHOT_COMPLETED,
	SNAPSHOT_ABORTED
} CounterSnapshot;

typedef enum CounterText
{
	COUNTER_TEXT_CONNECTOR,		/* its name */
	COUNTER_TEXT_PREFIX,		/* topic.prefix */
	COUNTER_TEXT_SLOT,
	COUNTER_TEXT_REASON,		/* the last error */
	COUNTER_NTEXTS
} CounterText;

#define COUNTER_TEXT_SIZE	1024

/* Odd while the text is being written. */
typedef struct CounterString
{
	_Atomic uint32_t version;
	_Atomic char bytes[COUNTER_TEXT_SIZE];
} CounterString;

/* Tables of a snapshot that are counted apart; further ones are in the sums alone. */
#define COUNTER_TABLES		256
#define COUNTER_TABLE_NAME	136

typedef struct CounterTable
{
	_Atomic int64_t rows;		/* read */
	_Atomic char name[COUNTER_TABLE_NAME];	/* schema.table */
} CounterTable;

typedef struct Counters
{
	_Atomic int64_t value[COUNTER_COUNT];
	CounterString text[COUNTER_NTEXTS];
	_Atomic uint32_t tables_version;	/* odd while the list is being written */
	_Atomic int32_t ntables;
	CounterTable tables[COUNTER_TABLES];
	_Atomic int32_t log_level;	/* set by who reads the page, never cleared */
} Counters;

/* This process's page, never NULL. */
extern Counters *counters_own;

static inline void
counter_set(CounterId id, int64_t value)
{
	atomic_store_explicit(&counters_own->value[id], value, memory_order_relaxed);
}

static inline int64_t
counter_get(const Counters *counters, CounterId id)
{
	return atomic_load_explicit(&counters->value[id], memory_order_relaxed);
}

/* Not atomic as a whole: there is one writer. */
static inline void
counter_add(CounterId id, int64_t n)
{
	counter_set(id, counter_get(counters_own, id) + n);
}

/* Sets a text of this process's page; what is too long is cut. */
extern void counter_set_text(CounterText id, const char *text);

/* Copies a text, whole: "" while it is being written again and again. */
extern void counter_get_text(const Counters *counters, CounterText id,
							 char text[COUNTER_TEXT_SIZE]);

/*
 * The tables of a snapshot that begins: a list is begun, its names are set, and
 * it is shown, with how many there are, as often as one likes.
 */
extern void counter_tables_begin(void);
extern void counter_table_set(int table, const char *name);
extern void counter_tables_show(int ntables);

static inline void
counter_table_rows(int table, uint64_t rows)
{
	if (table < COUNTER_TABLES)
		atomic_store_explicit(&counters_own->tables[table].rows, (int64_t) rows, memory_order_relaxed);
}

/* Copies what is said of a table; false when there is none of that number (now). */
extern bool counter_table_get(const Counters *counters, int table, char name[COUNTER_TABLE_NAME],
							  int64_t *rows);

/* All zero, -1 what is not known yet, no texts and tables. */
extern void counters_clear(Counters *counters);

/*
 * A page to share, and the descriptor to hand over (closed on exec).  NULL and
 * err when the system has none.
 */
extern Counters *counters_new(int *fd, Err *err) must_check;
extern void counters_free(Counters *counters, int fd);

/*
 * In a process that got such a descriptor: writes there from now on, cleared.
 * False and err when it cannot be mapped.
 */
extern bool counters_attach(int fd, Err *err) must_check;

/* True when somebody reads them. */
extern bool counters_shared(void);

#endif							/* WALPOST_COUNTERS_H */
