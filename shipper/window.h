/*
 * window.h
 *	  Which rows the stream has changed that a query does not show.
 *
 * A query's snapshot shows some transactions and does not show others; when each
 * of them comes in the stream says nothing of that (one that waits for a
 * synchronous standby is streamed long before anybody sees it).  So the window
 * notes which rows each transaction changed, from when the plugin names them on,
 * and forgets those that a query has shown: what it shows once it shows for good.
 *
 *		window_open(w)
 *		window_begin(w, xid); window_change(w, relid, "key", 3) ...	the stream
 *		window_snapshot(w, &snapshot)		a query has begun
 *		...									the stream goes on
 *		window_gather(w, relid)				its rows are to be published now
 *		window_hides(w, "key", 3)			not this one: it is outdated
 *
 * Pure: no clock, no I/O.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_WINDOW_H
#define WALPOST_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "frame.h"

typedef struct Window Window;

/* It notes no more than so many bytes. */
extern Window *window_new(size_t bound);
extern void window_free(Window *window);

/* Changes are noted from now on; nothing is known of before. */
extern void window_open(Window *window);

/* Everything is forgotten, and nothing is noted. */
extern void window_close(Window *window);

/* True when changes had to be forgotten for want of room: close it. */
extern bool window_overflown(const Window *window);

/* The transaction that the changes to come belong to. */
extern void window_begin(Window *window, uint32_t xid);

/* It changed a row, or maybe all of them. */
extern void window_change(Window *window, uint32_t relid, const char *identity, size_t len);
extern void window_change_all(Window *window, uint32_t relid);

/* A query has this snapshot.  Valid until the next one's. */
extern void window_snapshot(Window *window, const FrameControl *snapshot);

/* Gets ready for window_hides() of rows of a relation; false: all are hidden. */
extern bool window_gather(Window *window, uint32_t relid);

/* Has a transaction changed the row that the query does not show? */
extern bool window_hides(const Window *window, const char *identity, size_t len);

#endif							/* WALPOST_WINDOW_H */
