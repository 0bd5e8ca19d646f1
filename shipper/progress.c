/*
 * progress.c
 *	  How far a snapshot is, for whoever waits.
 *
 * The server's estimates of rows may be old: a table that has more than expected
 * is expected to have what it has, so nothing ever passes 100 per cent.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bars.h"
#include "counters.h"
#include "log.h"
#include "loop.h"
#include "mem.h"
#include "progress.h"

#define LOG_MODULE "snapshot"

#define SAY_US			10000000
#define SAMPLE_US		1000000
#define TABLES_SHOWN	16

/* ---- figures ---- */

/* What is known of all of it at this moment. */
typedef struct Figures
{
	double		expected;		/* rows */
	double		share;			/* 0 to 1 */
	double		rows_s;
	double		bytes_s;
	int64_t		left_s;			/* -1: not known */
} Figures;

static double
expected_rows(const ProgressTable *table)
{
	return table->pieces == 0 || table->rows > table->expected ? (double) table->rows : table->expected;
}

/* Not all of it before its last piece is read, whatever was expected. */
static double
share_of(double rows, double expected, bool complete)
{
	double		share = expected > 0 ? rows / expected : 0;

	return complete ? 1 : share > 0.99 ? 0.99 : share;
}

static ProgressSample
sample_now(const Progress *progress)
{
	return (ProgressSample)
	{
		.at_us = loop_now_us(),.rows = progress->rows,.bytes = progress->bytes
	};
}

/* The oldest sample that is kept. */
static const ProgressSample *
oldest_sample(const Progress *progress)
{
	return &progress->samples[progress->nsamples > PROGRESS_SAMPLES ? progress->nsamples % PROGRESS_SAMPLES : 0];
}

static void
take_sample(Progress *progress)
{
	ProgressSample now = sample_now(progress);
	const ProgressSample *last = &progress->samples[(progress->nsamples - 1) % PROGRESS_SAMPLES];

	if (now.at_us >= last->at_us + SAMPLE_US)
		progress->samples[progress->nsamples++ % PROGRESS_SAMPLES] = now;
}

static Figures
figures(const Progress *progress)
{
	ProgressSample now = sample_now(progress);
	const ProgressSample *then = oldest_sample(progress);
	double		seconds = (double) (now.at_us - then->at_us + 1) / 1e6;
	Figures		f = {.left_s = -1};

	for (int i = 0; i < progress->ntables; i++)
		f.expected += expected_rows(&progress->tables[i]);
	f.share = share_of((double) progress->rows, f.expected, progress->tables_left == 0);
	f.rows_s = (double) (now.rows - then->rows) / seconds;
	f.bytes_s = (double) (now.bytes - then->bytes) / seconds;
	if (f.rows_s >= 1 && f.expected > 0)
		f.left_s = (int64_t) ((f.expected - (double) progress->rows) / f.rows_s);
	return f;
}

/* ---- a line in the log ---- */

static void
say(const Progress *progress)
{
	Figures		f = figures(progress);
	char		left[48] = "";

	if (f.left_s >= 0)
		snprintf(left, sizeof(left), ", about %lld s left", (long long) f.left_s);
	log_info("snapshot: %llu rows of about %.0f read (%d %%), %llu in Kafka, %d of %d tables done, %.0f rows/s, %.1f MB/s%s",
			 (unsigned long long) progress->rows, f.expected, (int) (f.share * 100),
			 (unsigned long long) progress->acknowledged, progress->ntables - progress->tables_left,
			 progress->ntables, f.rows_s, f.bytes_s / 1e6, left);
}

/* ---- bars ---- */

/* 1234567 as "1.2M". */
static void
print_count(double n, char text[16])
{
	static const char units[] = " kMGT";
	int			unit = 0;

	for (; n >= 999.5 && units[unit + 1] != '\0'; unit++)
		n /= 1000;
	if (unit == 0)
		snprintf(text, 16, "%.0f", n);
	else
		snprintf(text, 16, n < 9.95 ? "%.1f%c" : "%.0f%c", n, units[unit]);
}

static void
print_rows(double rows, double expected, bool complete, char text[64])
{
	char		done[16],
				whole[16];

	print_count(rows, done);
	print_count(expected, whole);
	if (complete || expected <= 0)
		snprintf(text, 64, "%s rows", done);
	else
		snprintf(text, 64, "%s of %s rows", done, whole);
}

static void
print_all(const Progress *progress, const Figures *f, char text[160])
{
	char		rows[64];
	char		rate[16];
	char		left[32] = "";

	print_rows((double) progress->rows, f->expected, progress->tables_left == 0, rows);
	print_count(f->rows_s, rate);
	if (f->left_s >= 0)
		snprintf(left, sizeof(left), ", ETA %lld:%02d:%02d", (long long) f->left_s / 3600,
				 (int) (f->left_s / 60 % 60), (int) (f->left_s % 60));
	snprintf(text, 160, "%s, %s rows/s, %.1f MB/s%s, %d of %d tables", rows, rate, f->bytes_s / 1e6, left,
			 progress->ntables - progress->tables_left, progress->ntables);
}

/* Those being read, if not all fit. */
static bool
is_shown(const Progress *progress, const ProgressTable *table, int room)
{
	return progress->ntables <= room || (table->rows > 0 && table->pieces > 0);
}

static void
draw(const Progress *progress)
{
	Bar			bars[TABLES_SHOWN + 1];
	char		texts[TABLES_SHOWN + 1][160];
	Figures		f = figures(progress);
	int			room = bars_room() - 1;
	int			n = 0;

	if (room > TABLES_SHOWN)
		room = TABLES_SHOWN;
	for (int i = 0; i < progress->ntables && n < room; i++)
	{
		const ProgressTable *table = &progress->tables[i];
		double		expected = expected_rows(table);

		if (!is_shown(progress, table, room))
			continue;
		print_rows((double) table->rows, expected, table->pieces == 0, texts[n]);
		bars[n] = (Bar)
		{
			.name = table->name,.share = share_of((double) table->rows, expected, table->pieces == 0),
				.text = texts[n]
		};
		n++;
	}
	print_all(progress, &f, texts[n]);
	bars[n] = (Bar)
	{
		.name = "all",.share = f.share,.text = texts[n]
	};
	bars_draw(bars, n + 1);
}

/* ---- counters ---- */

static void
count(const Progress *progress)
{
	double		expected = 0;

	for (int i = 0; i < progress->ntables; i++)
	{
		expected += expected_rows(&progress->tables[i]);
		counter_table_rows(i, progress->tables[i].rows);
	}
	counter_tables_show(progress->ntables);
	counter_set(COUNTER_SNAPSHOT_TABLES, progress->ntables);
	counter_set(COUNTER_SNAPSHOT_TABLES_LEFT, progress->tables_left);
	counter_set(COUNTER_SNAPSHOT_ROWS, (int64_t) progress->rows);
	counter_set(COUNTER_SNAPSHOT_ACKNOWLEDGED, (int64_t) progress->acknowledged);
	counter_set(COUNTER_SNAPSHOT_ROWS_EXPECTED, (int64_t) expected);
	counter_set(COUNTER_SNAPSHOT_US, loop_now_us() - progress->began_us);
}

/* ---- the whole ---- */

void
progress_begin(Progress *progress, int ntables)
{
	*progress = (Progress)
	{
		.tables = mem_zero((size_t) (ntables + 1) * sizeof(ProgressTable)),
			.ntables = ntables,.began_us = loop_now_us()
	};
	progress->said_us = progress->began_us;
	progress->samples[0] = sample_now(progress);
	progress->nsamples = 1;
	/* several processes would draw over each other */
	progress->bars = log_is_text() && log_enabled(LOG_INFO) && !counters_shared() && bars_possible();
	counter_set(COUNTER_SNAPSHOT_STATE, SNAPSHOT_RUNNING);
	counter_tables_begin();
}

void
progress_table(Progress *progress, int table, const char *name, double rows)
{
	progress->tables[table] = (ProgressTable)
	{
		.name = mem_copy(name),.expected = rows
	};
	counter_table_set(table, name);
}

void
progress_before(Progress *progress, int table, uint64_t rows)
{
	progress_advance(progress, table, rows, 0);
	/* no part of the rate */
	progress->samples[0] = sample_now(progress);
}

void
progress_add_piece(Progress *progress, int table)
{
	if (progress->tables[table].pieces++ == 0)
		progress->tables_left++;
}

void
progress_piece(Progress *progress, int table)
{
	if (--progress->tables[table].pieces == 0)
		progress->tables_left--;
}

void
progress_tick(Progress *progress, uint64_t acknowledged)
{
	int64_t		now = loop_now_us();

	progress->acknowledged = acknowledged;
	take_sample(progress);
	count(progress);
	if (progress->bars)
		draw(progress);
	else if (now >= progress->said_us + SAY_US)
	{
		progress->said_us = now;
		say(progress);
	}
}

void
progress_end(Progress *progress, bool completed)
{
	if (progress->tables == NULL)
		return;
	count(progress);
	counter_set(COUNTER_SNAPSHOT_STATE, completed ? SNAPSHOT_COMPLETED : SNAPSHOT_ABORTED);
	if (progress->bars)
		bars_erase();
	for (int i = 0; i < progress->ntables; i++)
		free(progress->tables[i].name);
	free(progress->tables);
	progress->tables = NULL;
}
