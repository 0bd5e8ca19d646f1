/*
 * window.c
 *	  Which rows the stream has changed that a query does not show.
 *
 * Changes lie one behind the other in one buffer, each with the number of its
 * relation, in the order of their transactions.  Only when a chunk is published
 * they are put into a hash table, those of its relation.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "window.h"
#include "wire.h"

/* A length that stands for all rows. */
#define ALL_ROWS	UINT32_MAX

/* In front of an identity's bytes. */
typedef struct Change
{
	uint32_t	relid;
	uint32_t	len;			/* of the bytes that follow, or ALL_ROWS */
} Change;

typedef struct WindowTxn
{
	uint32_t	xid;
	size_t		start;			/* of its changes; they end where the next
								 * one's start */
} WindowTxn;

struct Window
{
	size_t		bound;
	bool		open;
	bool		overflown;
	bool		wanted;			/* the present transaction's changes are */

	char	   *changes;
	size_t		len,
				room;
	WindowTxn  *txns;
	size_t		ntxns,
				txn_room;

	/* the query's snapshot, once there is one */
	bool		known;
	uint32_t	xmin,
				xmax;
	uint32_t   *hidden;			/* between the two */
	uint32_t	nhidden;

	/* of one relation: places of changes, plus one; 0: free */
	size_t	   *table;
	size_t		mask;
};

Window *
window_new(size_t bound)
{
	Window	   *window = mem_zero(sizeof(Window));

	window->bound = bound;
	return window;
}

void
window_free(Window *window)
{
	if (window == NULL)
		return;
	window_close(window);
	free(window);
}

void
window_close(Window *window)
{
	free(window->changes);
	free(window->txns);
	free(window->hidden);
	free(window->table);
	*window = (Window)
	{
		.bound = window->bound
	};
}

void
window_open(Window *window)
{
	window_close(window);
	window->open = true;
}

bool
window_overflown(const Window *window)
{
	return window->overflown;
}

/* ---- what the stream says ---- */

/* Older than the other, in a circle of numbers. */
static bool
precedes(uint32_t xid, uint32_t other)
{
	return (int32_t) (xid - other) < 0;
}

static bool
is_shown(const Window *window, uint32_t xid)
{
	if (precedes(xid, window->xmin))
		return true;
	if (!precedes(xid, window->xmax))
		return false;
	for (uint32_t i = 0; i < window->nhidden; i++)
		if (window->hidden[i] == xid)
			return false;
	return true;
}

void
window_begin(Window *window, uint32_t xid)
{
	const WindowTxn *last;

	if (!window->open)
		return;
	window->wanted = !window->overflown && !(window->known && is_shown(window, xid));
	if (!window->wanted)
		return;
	last = window->ntxns > 0 ? &window->txns[window->ntxns - 1] : NULL;

	/* one that begins again after the connection broke goes on */
	if (last != NULL && last->xid == xid)
		return;
	if (last != NULL && last->start == window->len)
		window->ntxns--;
	else if (window->ntxns == window->txn_room)
	{
		window->txn_room = window->txn_room ? window->txn_room * 2 : 64;
		window->txns = mem_resize(window->txns, window->txn_room * sizeof(WindowTxn));
	}
	window->txns[window->ntxns] = (WindowTxn)
	{
		xid, window->len
	};
	window->ntxns++;
}

static void
note(Window *window, uint32_t relid, const char *identity, uint32_t len)
{
	Change		change = {relid, len};
	size_t		bytes = len == ALL_ROWS ? 0 : len;

	if (!window->open || !window->wanted)
		return;
	if (window->len + sizeof(change) + bytes > window->bound)
	{
		window->overflown = true;
		window->wanted = false;
		return;
	}
	while (window->len + sizeof(change) + bytes > window->room)
	{
		window->room = window->room ? window->room * 2 : 4096;
		window->changes = mem_resize(window->changes, window->room);
	}
	memcpy(window->changes + window->len, &change, sizeof(change));
	if (bytes > 0)
		memcpy(window->changes + window->len + sizeof(change), identity, bytes);
	window->len += sizeof(change) + bytes;
}

void
window_change(Window *window, uint32_t relid, const char *identity, size_t len)
{
	note(window, relid, identity, (uint32_t) len);
}

void
window_change_all(Window *window, uint32_t relid)
{
	note(window, relid, NULL, ALL_ROWS);
}

/* ---- what the query shows ---- */

/* Forgets the transactions that it shows. */
static void
forget_shown(Window *window)
{
	size_t		kept = 0;
	size_t		len = 0;

	for (size_t i = 0; i < window->ntxns; i++)
	{
		WindowTxn	txn = window->txns[i];
		size_t		end = i + 1 < window->ntxns ? window->txns[i + 1].start : window->len;

		if (is_shown(window, txn.xid))
			continue;
		memmove(window->changes + len, window->changes + txn.start, end - txn.start);
		window->txns[kept++] = (WindowTxn)
		{
			txn.xid, len
		};
		len += end - txn.start;
	}
	/* what comes of the present one is not wanted any more if it is forgotten */
	window->wanted = window->wanted && kept > 0 &&
		window->txns[kept - 1].xid == window->txns[window->ntxns - 1].xid;
	window->ntxns = kept;
	window->len = len;
}

void
window_snapshot(Window *window, const FrameControl *snapshot)
{
	window->known = true;
	window->xmin = snapshot->xmin;
	window->xmax = snapshot->xmax;
	window->nhidden = snapshot->nhidden;
	window->hidden = mem_resize(window->hidden, (snapshot->nhidden + 1) * sizeof(uint32_t));
	for (uint32_t i = 0; i < snapshot->nhidden; i++)
		window->hidden[i] = wire_get32(snapshot->hidden + i * 4);
	if (window->ntxns > 0)
		forget_shown(window);
}

/* ---- the chunk's rows ---- */

static Change
change_at(const Window *window, size_t at)
{
	Change		change;

	memcpy(&change, window->changes + at, sizeof(change));
	return change;
}

static size_t
hash(const char *bytes, size_t len)
{
	uint64_t	h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char) bytes[i]) * UINT64_C(0x100000001b3);
	return (size_t) (h ^ (h >> 32));
}

/* The place of an identity, or a free one. */
static size_t
find(const Window *window, const char *identity, size_t len)
{
	size_t		i = hash(identity, len) & window->mask;

	for (; window->table[i] != 0; i = (i + 1) & window->mask)
	{
		Change		change = change_at(window, window->table[i] - 1);

		if (change.len == len &&
			(len == 0 || memcmp(window->changes + window->table[i] - 1 + sizeof(change), identity, len) == 0))
			break;
	}
	return i;
}

static size_t
change_size(Change change)
{
	return sizeof(change) + (change.len == ALL_ROWS ? 0 : change.len);
}

bool
window_gather(Window *window, uint32_t relid)
{
	size_t		n = 0;

	for (size_t at = 0; at < window->len; at += change_size(change_at(window, at)))
	{
		Change		change = change_at(window, at);

		if (change.relid == relid && change.len == ALL_ROWS)
			return false;
		n += change.relid == relid;
	}
	for (window->mask = 15; window->mask < n * 2; window->mask = window->mask * 2 + 1)
		;
	free(window->table);
	window->table = mem_zero((window->mask + 1) * sizeof(size_t));
	for (size_t at = 0; at < window->len; at += change_size(change_at(window, at)))
	{
		Change		change = change_at(window, at);

		if (change.relid == relid)
			window->table[find(window, window->changes + at + sizeof(change), change.len)] = at + 1;
	}
	return true;
}

bool
window_hides(const Window *window, const char *identity, size_t len)
{
	return window->table[find(window, identity, len)] != 0;
}
