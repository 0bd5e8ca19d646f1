/*
 * ledger.c
 *	  The ledger: a ring of units, complete from the head on.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "ledger.h"
#include "mem.h"

#define LEDGER_FIRST_SIZE	64

static inline LedgerEntry *
entry_at(const Ledger *ledger, uint64_t seq)
{
	assert(seq >= ledger->head && seq < ledger->tail);
	return &ledger->ring[seq & ledger->mask];
}

void
ledger_init(Ledger *ledger, uint64_t capacity)
{
	memset(ledger, 0, sizeof(*ledger));
	ledger->ring = mem_zero(LEDGER_FIRST_SIZE * sizeof(LedgerEntry));
	ledger->mask = LEDGER_FIRST_SIZE - 1;
	ledger->capacity = capacity;
}

void
ledger_start(Ledger *ledger, uint64_t lsn)
{
	assert(ledger_empty(ledger));
	ledger->flush_lsn = ledger->received_lsn = lsn;
}

void
ledger_free(Ledger *ledger)
{
	free(ledger->ring);
	memset(ledger, 0, sizeof(*ledger));
}

/* Doubles the ring; entries keep their seq. */
static void
ledger_grow(Ledger *ledger)
{
	uint64_t	mask = ledger->mask * 2 + 1;
	LedgerEntry *ring = mem_zero((mask + 1) * sizeof(LedgerEntry));

	for (uint64_t seq = ledger->head; seq < ledger->tail; seq++)
		ring[seq & mask] = ledger->ring[seq & ledger->mask];
	free(ledger->ring);
	ledger->ring = ring;
	ledger->mask = mask;
}

int64_t
ledger_oldest_us(const Ledger *ledger)
{
	return ledger_empty(ledger) ? 0 : entry_at(ledger, ledger->head)->commit_us;
}

LedgerEntry *
ledger_open_entry(const Ledger *ledger)
{
	LedgerEntry *last;

	if (ledger_empty(ledger))
		return NULL;
	last = entry_at(ledger, ledger->tail - 1);
	return last->closed ? NULL : last;
}

bool
ledger_begin(Ledger *ledger, uint64_t commit_lsn, uint64_t *seq, uint64_t *have)
{
	LedgerEntry *open = ledger_open_entry(ledger);

	*have = 0;
	if (open != NULL)
	{
		if (open->commit_lsn != commit_lsn)
			return false;
		*seq = ledger->tail - 1;
		*have = open->produced;
		return true;
	}
	if (ledger_full(ledger))
		return false;
	if (ledger->tail - ledger->head > ledger->mask)
		ledger_grow(ledger);

	*seq = ledger->tail++;
	*entry_at(ledger, *seq) = (LedgerEntry)
	{
		.commit_lsn = commit_lsn
	};
	return true;
}

void
ledger_produced(Ledger *ledger, uint64_t n)
{
	LedgerEntry *open = ledger_open_entry(ledger);

	assert(open != NULL);
	open->produced += n;
	ledger->in_flight += n;
}

static inline bool
entry_complete(const LedgerEntry *entry)
{
	return entry->closed && entry->acknowledged == entry->produced;
}

bool
ledger_complete_before(const Ledger *ledger, uint64_t lsn)
{
	if (ledger_empty(ledger))
		return ledger->received_lsn >= lsn;
	return entry_at(ledger, ledger->head)->commit_lsn >= lsn;
}

/* Takes complete units off the head. */
static bool
ledger_advance(Ledger *ledger)
{
	uint64_t	before = ledger->flush_lsn;

	while (ledger->head < ledger->tail &&
		   entry_complete(entry_at(ledger, ledger->head)))
	{
		const LedgerEntry *entry = entry_at(ledger, ledger->head);

		if (entry->end_lsn > ledger->flush_lsn)
			ledger->flush_lsn = entry->end_lsn;
		/* a message ends where it begins */
		if (entry->own_end_lsn > entry->commit_lsn)
			ledger->last_commit = entry->own_end_lsn;
		ledger->head++;
	}
	return ledger->flush_lsn != before;
}

bool
ledger_close(Ledger *ledger, uint64_t end_lsn)
{
	LedgerEntry *open = ledger_open_entry(ledger);

	assert(open != NULL);
	open->closed = true;
	open->end_lsn = open->own_end_lsn = end_lsn;
	if (end_lsn > ledger->received_lsn)
		ledger->received_lsn = end_lsn;
	return ledger_advance(ledger);
}

bool
ledger_ack(Ledger *ledger, uint64_t seq, uint64_t n)
{
	LedgerEntry *entry = entry_at(ledger, seq);

	assert(entry->acknowledged + n <= entry->produced);
	entry->acknowledged += n;
	ledger->in_flight -= n;
	return seq == ledger->head && ledger_advance(ledger);
}

/*
 * With units in flight the position is kept as the end of the youngest one:
 * when that is complete, and so all before it, the keepalive's word holds too.
 */
bool
ledger_keepalive(Ledger *ledger, uint64_t lsn)
{
	LedgerEntry *last;

	if (ledger_open_entry(ledger) != NULL || lsn <= ledger->received_lsn)
		return false;
	ledger->received_lsn = lsn;
	if (ledger_empty(ledger))
	{
		ledger->flush_lsn = lsn;
		return true;
	}
	last = entry_at(ledger, ledger->tail - 1);
	last->end_lsn = lsn;
	return false;
}
