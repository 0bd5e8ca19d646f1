/*
 * slab.h
 *	  Received buffers, pinned until every event in them is acknowledged.
 *
 * A slab is one CopyData message, the very buffer that libpq handed over.
 * Events are produced with pointers into it, so it stays until its count of
 * references (events in flight, plus one while it is being read) falls to
 * zero.  The table gives each slab a number, which an event carries in its
 * RECEIVER field: an event in flight costs no memory of ours.
 *
 * Slabs are kept in order of arrival, so that all that is not acknowledged can
 * be gone through again.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_SLAB_H
#define WALPOST_SLAB_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SLAB_NONE UINT32_MAX

/* What a slab and an event in flight cost besides the bytes of the buffer:
 * the heap's and librdkafka's bookkeeping, as measured. */
#define SLAB_COST		192
#define SLAB_EVENT_COST	48

typedef struct Slab
{
	char	   *buffer;			/* owned; NULL: the number is free */
	size_t		len;			/* bytes in it */
	size_t		start;			/* where the frames begin */
	uint64_t	unit;			/* the ledger entry of its events */
	int64_t		arrived_us;
	uint64_t	ordinal;		/* of the last change before it, */
	uint32_t	record;			/* and how many of its events came before */
	bool		inserted;		/* rows of a snapshot, which have no place in
								 * the stream */
	uint32_t	refs;
	uint32_t	next,			/* in order of arrival, or of the free ones */
				prev;
} Slab;

typedef struct SlabTable
{
	Slab	   *slabs;
	uint32_t	nslabs;			/* allocated */
	uint32_t	free;			/* head of the free ones */
	uint32_t	first,			/* oldest and youngest */
				last;
	uint32_t	used;
	size_t		bytes;			/* in the buffers of those used */
	void		(*release) (void *buffer);
} SlabTable;

/* release frees a buffer (PQfreemem). */
extern void slab_table_init(SlabTable *table, void (*release) (void *buffer));

/* Releases all buffers, whatever their counts. */
extern void slab_table_clear(SlabTable *table);

/* Takes the buffer and returns its number, with one reference. */
extern uint32_t slab_add(SlabTable *table, char *buffer, size_t len, size_t start,
						 int64_t now_us);

/* Drops the buffer; for slab_unref(). */
extern void slab_remove(SlabTable *table, uint32_t number);

/* Valid until the next slab_add(). */
static inline Slab *
slab_get(SlabTable *table, uint32_t number)
{
	assert(number < table->nslabs && table->slabs[number].buffer != NULL);
	return &table->slabs[number];
}

/* Drops n references; true when the buffer is gone with them. */
static inline bool
slab_unref(SlabTable *table, uint32_t number, uint32_t n)
{
	Slab	   *slab = slab_get(table, number);

	assert(slab->refs >= n);
	slab->refs -= n;
	if (slab->refs > 0)
		return false;
	slab_remove(table, number);
	return true;
}

#endif							/* WALPOST_SLAB_H */
