/*
 * incremental_record.c
 *	  The record of what is to be read and how far that is.
 *
 * It lies in the offset topic, under the position record's key with a word more.
 * What it says must not be ahead of the rows that Kafka has: so a state is put
 * aside as text, and handed over when Kafka has the last unit of rows that it
 * counts; with Kafka transactions, as the end of the one that has the rows.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdlib.h>
#include <string.h>

#include "incremental_private.h"
#include "mem.h"

#define LOG_MODULE "incremental"

/* It is written no more often, but for changes that a signal made. */
#define RECORD_US	1000000

/* ---- read ---- */

bool
inc_recall_begin(Incremental *inc, Err *err)
{
	inc->offsets = offsets_open(inc->conf, inc->record_key, inc->exactly_once, true, err);
	return inc->offsets != NULL;
}

void
inc_recall_drop(Incremental *inc)
{
	offsets_close(inc->offsets);
	inc->offsets = NULL;
	inc->offsets_fd.fd = -1;
}

OffsetsEvent
inc_recall_next(Incremental *inc, Err *err)
{
	OffsetsEvent event = offsets_next(inc->offsets, err);
	const char *text;
	size_t		len;

	inc->offsets_fd.fd = offsets_fd(inc->offsets);
	inc->timer.due_us = offsets_due(inc->offsets);
	if (event == OFFSETS_WAIT)
		return event;
	inc_state_clear(&inc->state);
	if (event == OFFSETS_FOUND)
	{
		text = offsets_value(inc->offsets, &len);
		if (!inc_state_parse(text, len, &inc->state, err))
			event = OFFSETS_FAILED;
	}
	inc_recall_drop(inc);
	return event;
}

/* ---- written ---- */

void
inc_touch(Incremental *inc)
{
	inc->version++;
}

static void
stage(Incremental *inc)
{
	free(inc->staged);
	inc->staged = inc_state_print(&inc->state);
	inc->staged_version = inc->version;
	inc->staged_unit = inc->last_unit;
	inc->handed = false;
}

static bool
hand_over(Incremental *inc)
{
	inc->handed = producer_record(inc->delivery->producer, offsets_topic(inc->conf),
								  inc->record_key, inc->staged, INCREMENTAL_RECORD);
	inc->written_us = loop_now_us();
	return inc->handed;
}

/* True when Kafka has all rows that the staged state counts. */
static bool
is_covered(const Incremental *inc)
{
	return inc->staged_unit == UINT64_MAX || inc->delivery->intake.ledger.head > inc->staged_unit;
}

/* When the present state is to be put aside. */
static int64_t
stage_due(const Incremental *inc)
{
	bool		settles = false;

	for (int i = 0; i < inc->nheld; i++)
		settles = settles || inc->held[i].resolved;
	return settles || inc->state.ntables == 0 ? loop_now_us() : inc->written_us + RECORD_US;
}

void
inc_record(Incremental *inc)
{
	if (inc->staged == NULL && inc->version != inc->saved)
	{
		int64_t		due = stage_due(inc);

		if (due <= loop_now_us())
			stage(inc);
		else if (inc->timer.due_us == 0 || due < inc->timer.due_us)
			inc->timer.due_us = due;
	}
	/* one that finds no room goes in the next turn */
	if (inc->staged != NULL && !inc->handed && is_covered(inc) && !hand_over(inc))
		loop_timer_set(&inc->timer, 10000);
}

void
incremental_close_txn(Incremental *inc)
{
	if (inc->staged == NULL && inc->version != inc->saved && inc->phase != INC_RECALL)
		stage(inc);
}

bool
incremental_finish_txn(Incremental *inc)
{
	return inc->staged == NULL || inc->handed || hand_over(inc);
}

/* What the record has of signals cannot get lost any more. */
static void
settle(Incremental *inc)
{
	int			kept = 0;

	for (int i = 0; i < inc->nheld; i++)
	{
		if (inc->held[i].resolved && inc->held[i].version <= inc->saved)
			signal_free(inc->held[i].signal);
		else
			inc->held[kept++] = inc->held[i];
	}
	inc->nheld = kept;
}

void
incremental_recorded(Incremental *inc)
{
	if (inc->staged == NULL || !inc->handed)
		return;
	inc->saved = inc->staged_version;
	free(inc->staged);
	inc->staged = NULL;
	settle(inc);
}

void
incremental_renewed(Incremental *inc)
{
	inc->handed = false;
}
