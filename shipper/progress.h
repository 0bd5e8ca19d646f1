/*
 * progress.h
 *	  How far a snapshot is, for whoever waits: bars on a terminal, a line every
 *	  ten seconds in a log, counters for metrics.
 *
 *		progress_begin(&progress, ntables);
 *		progress_table(&progress, i, name, rows);			for each,
 *		progress_add_piece(&progress, i);					and each piece of it
 *		progress_advance(&progress, i, rows, bytes);		as they are read
 *		progress_piece(&progress, i);						a piece of it is read
 *		progress_tick(&progress, acknowledged);				a few times a second
 *		progress_end(&progress, completed);
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_PROGRESS_H
#define WALPOST_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ProgressTable
{
	char	   *name;			/* owned */
	double		expected;		/* rows, as the server estimates them */
	int			pieces;			/* that are not read yet */
	uint64_t	rows;
} ProgressTable;

/* The rate is that of the last few seconds. */
#define PROGRESS_SAMPLES	10

typedef struct ProgressSample
{
	int64_t		at_us;
	uint64_t	rows;
	uint64_t	bytes;
} ProgressSample;

typedef struct Progress
{
	ProgressTable *tables;		/* NULL: nothing has begun */
	int			ntables;
	int			tables_left;
	uint64_t	rows;			/* read */
	uint64_t	bytes;
	uint64_t	acknowledged;	/* rows that Kafka has */
	int64_t		began_us;
	int64_t		said_us;		/* when a line was written last */
	bool		bars;
	ProgressSample samples[PROGRESS_SAMPLES];	/* a ring, one a second */
	unsigned	nsamples;
} Progress;

/* A snapshot of so many tables begins. */
extern void progress_begin(Progress *progress, int ntables);

/* One of them: name is copied. */
extern void progress_table(Progress *progress, int table, const char *name, double rows);

/* So many rows of it were read before. */
extern void progress_before(Progress *progress, int table, uint64_t rows);

/* It has one more piece to be read. */
extern void progress_add_piece(Progress *progress, int table);

/* So many rows of it were read, as so many bytes of events. */
static inline void
progress_advance(Progress *progress, int table, uint64_t rows, uint64_t bytes)
{
	progress->tables[table].rows += rows;
	progress->rows += rows;
	progress->bytes += bytes;
}

/* One of its pieces is read. */
extern void progress_piece(Progress *progress, int table);

/* Shows how far it is, as often as that is worth it. */
extern void progress_tick(Progress *progress, uint64_t acknowledged);

/* It is over: all of it is in Kafka, or it was given up.  Also when nothing has begun. */
extern void progress_end(Progress *progress, bool completed);

#endif							/* WALPOST_PROGRESS_H */
