/*
 * incremental_window.c
 *	  Where in the stream a chunk belongs.
 *
 * Either logical messages say it, which the stream brings back.  Or, where nothing
 * may be written, positions in the log do: the plugin names the rows of all
 * changes from the stream's beginning on, and a chunk's rows follow when the
 * stream is past all that was in the log when the chunk had been read.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "incremental_private.h"
#include "mem.h"
#include "wire.h"

void
inc_window_nonce(char text[NONCE_SIZE])
{
	unsigned char bytes[(NONCE_SIZE - 1) / 2];

	/* so few bytes come at once, whatever the signals */
	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t) sizeof(bytes))
		mem_exhausted();
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(text + 2 * i, 3, "%02x", bytes[i]);
}

void
inc_window_next(Incremental *inc)
{
	inc_window_nonce(inc->nonce);
	inc->marked = false;
}

void
inc_window_watermark(void *arg, FrameText nonce)
{
	Incremental *inc = arg;

	if (nonce.len != NONCE_SIZE - 1 || memcmp(nonce.p, inc->nonce, nonce.len) != 0)
		return;
	inc->marked = true;
	inc->loop->again = true;
}

/* Its commit makes it be written at once, and waits for no standby. */
static void
emit(Incremental *inc, char what)
{
	char	   *sql;

	inc_window_next(inc);
	sql = mem_print("BEGIN; SELECT pg_catalog.pg_current_xact_id(),"
					" pg_catalog.pg_logical_emit_message(false, '" WIRE_WATERMARK_PREFIX "', '%s:%c:%s'); COMMIT",
					inc->key, what, inc->nonce);
	session_send(inc->session, "write a watermark", sql);
	free(sql);
}

void
inc_window_open(Incremental *inc)
{
	window_open(inc->window);
	inc->asked = !inc->read_only;
	if (inc->read_only)
		inc->marked = true;
	else
		emit(inc, 'o');
}

void
inc_window_close(Incremental *inc)
{
	window_close(inc->window);
	if (inc->asked)
		emit(inc, 'c');
	inc->opened = inc->asked = false;
}

bool
inc_window_passed(const Incremental *inc)
{
	return inc->asked ? inc->marked : inc->delivery->intake.ledger.received_lsn >= inc->chunk.end_lsn;
}
