/*
 * ledger.h
 *	  What has been received, what Kafka has, and so what may be acknowledged.
 *
 * One entry a unit: a transaction, or a message outside of one.  Units come in
 * order of their LSNs, are acknowledged in any order, and the flush LSN is the
 * end LSN of the last unit of the complete prefix.  Nothing else ever moves it
 * but a keepalive, whose position counts once all units before it are
 * complete.
 *
 *		seq = ledger_begin(&ledger, commit_lsn, &have);
 *		ledger_produced(&ledger, 1);			for each event
 *		ledger_close(&ledger, end_lsn);
 *		ledger_ack(&ledger, seq, 1);			for each delivery report
 *
 * Pure: no clock, no I/O.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_LEDGER_H
#define WALPOST_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct LedgerEntry
{
	uint64_t	commit_lsn;
	uint64_t	end_lsn;		/* 0 until closed */
	uint64_t	own_end_lsn;	/* without what keepalives added */
	int64_t		commit_us;		/* when it was committed, since 1970; the caller's */
	uint64_t	produced;
	uint64_t	acknowledged;
	bool		closed;
} LedgerEntry;

typedef struct Ledger
{
	LedgerEntry *ring;			/* entry seq is at ring[seq & mask] */
	uint64_t	mask;
	uint64_t	head;			/* seq of the oldest entry that is not
								 * complete */
	uint64_t	tail;			/* seq of the next entry; the last one is open
								 * or closed */
	uint64_t	capacity;		/* the most entries that it grows to */
	uint64_t	flush_lsn;
	uint64_t	received_lsn;	/* end of the last closed unit, or a keepalive
								 * after it */
	uint64_t	last_commit;	/* end of the last complete transaction; 0:
								 * none */
	uint64_t	in_flight;		/* produced, not acknowledged, over all
								 * entries */
} Ledger;

/* An empty ledger of at most capacity units. */
extern void ledger_init(Ledger *ledger, uint64_t capacity);

/* Where the stream starts: the flush LSN until something moves it. */
extern void ledger_start(Ledger *ledger, uint64_t lsn);
extern void ledger_free(Ledger *ledger);

/* True when there is no room for another unit: stop reading. */
static inline bool
ledger_full(const Ledger *ledger)
{
	return ledger->tail - ledger->head >= ledger->capacity;
}

/* True when every unit received is complete. */
static inline bool
ledger_empty(const Ledger *ledger)
{
	return ledger->head == ledger->tail;
}

/* When the oldest unit that is not complete was committed; 0: there is none. */
extern int64_t ledger_oldest_us(const Ledger *ledger);

/* The unit that is half received, or NULL. */
extern LedgerEntry *ledger_open_entry(const Ledger *ledger);

/*
 * Opens a unit.  After a broken connection the unit that was half received
 * comes again from its beginning: then *have is the number of its events that
 * are already here, to be dropped, and its seq is that of before.  False when
 * another unit is half received, which would get lost; or when there is no
 * room (see ledger_full).
 */
extern bool ledger_begin(Ledger *ledger, uint64_t commit_lsn, uint64_t *seq,
						 uint64_t *have);

/* The commit LSN of a unit that is not complete. */
static inline uint64_t
ledger_commit_lsn(const Ledger *ledger, uint64_t seq)
{
	return ledger->ring[seq & ledger->mask].commit_lsn;
}

/*
 * True when every unit that committed before lsn was received and is complete;
 * only for an lsn that is no later than what the server has sent.
 */
extern bool ledger_complete_before(const Ledger *ledger, uint64_t lsn);

/* Counts n more events of the open unit. */
extern void ledger_produced(Ledger *ledger, uint64_t n);

/*
 * The open unit is complete on our side; end_lsn is what its acknowledgement
 * confirms, and not below that of the unit before.  True when the flush LSN
 * moved, which it does at once if nothing is in flight.
 */
extern bool ledger_close(Ledger *ledger, uint64_t end_lsn);

/* n events of unit seq are safe.  True when the flush LSN moved. */
extern bool ledger_ack(Ledger *ledger, uint64_t seq, uint64_t n);

/*
 * The server is at lsn and has sent all that committed before it.  Counts when
 * no unit is half received.  True when the flush LSN moved.
 */
extern bool ledger_keepalive(Ledger *ledger, uint64_t lsn);

#endif							/* WALPOST_LEDGER_H */
