/*
 * incremental_chunk.c
 *	  A chunk: asked for, received, published.
 *
 * One transaction of the session reads it and writes its watermark.  It locks the
 * table first: rows that a rewrite moved after the snapshot was taken would not be
 * found.  Nothing waits for synchronous standbys with it, but its end is in the
 * log before the lock is released, and with it the watermark.  One that only reads
 * is told by walpost.chunk() where the log was instead.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdlib.h>
#include <string.h>

#include "incremental_private.h"
#include "mem.h"
#include "wire.h"

#define LOG_MODULE "incremental"

/*
 * A chunk is published in one go, and the stream waits for so long: some
 * milliseconds.
 */
#define SIZE_MAX_ROWS	8192
#define SIZE_MIN_ROWS	64
#define BYTES_MAX		(4 * 1024 * 1024)
/* Its table is locked, and its snapshot held, no longer. */
#define READ_SLOW_US	100000

/* COPY's binary format: signature, flags, length of an extension (0). */
#define COPY_HEADER		19
/* A row: number of its columns, or -1 at the end, and the length of its only one. */
#define COPY_COLUMNS	2
#define COPY_LENGTH		4

static const char chunk_sql[] =
"BEGIN ISOLATION LEVEL REPEATABLE READ READ %s;"
"LOCK TABLE ONLY %s IN ACCESS SHARE MODE;"
"COPY (SELECT walpost.chunk(%s::pg_catalog.regclass, %s, '" LSN_FMT "', %d, %s, %s, %s, %s)) TO STDOUT (FORMAT binary);"
"SELECT %s::pg_catalog.regclass::pg_catalog.oid%s;"
"COMMIT";

static const char watermark_sql[] =
", pg_catalog.pg_current_xact_id(),"
" pg_catalog.pg_logical_emit_message(false, '" WIRE_WATERMARK_PREFIX "', '%s:w:%s')";

char *
inc_quote(const char *text)
{
	char	   *quoted = mem_zero(2 * strlen(text) + 5);
	char	   *p = quoted;

	*p++ = ' ';
	*p++ = 'E';
	*p++ = '\'';
	for (; *text != '\0'; text++)
	{
		if (*text == '\'' || *text == '\\')
			*p++ = *text;
		*p++ = *text;
	}
	*p = '\'';
	return quoted;
}

static char *
quote_or_null(const char *text)
{
	return text != NULL ? inc_quote(text) : mem_copy("NULL");
}

void
inc_chunk_clear(IncChunk *chunk)
{
	for (int i = 0; i < chunk->nbuffers; i++)
		PQfreemem(chunk->buffers[i].buffer);
	free(chunk->buffers);
	free(chunk->up_to);
	free(chunk->last);
	memset(chunk, 0, sizeof(*chunk));
}

void
inc_chunk_begin(Incremental *inc, const IncTable *table)
{
	uint64_t	lsn = inc->delivery->intake.last_end_lsn;
	char	   *name = inc_quote(table->quoted);
	char	   *after = quote_or_null(table->after);
	char	   *up_to = quote_or_null(table->up_to);
	char	   *condition = quote_or_null(table->condition);
	char	   *surrogate = quote_or_null(table->surrogate);
	char	   *watermark = inc->asked ? mem_print(watermark_sql, inc->key, inc->nonce) : mem_copy("");
	char	   *sql;

	if (lsn == 0)
		lsn = inc->delivery->intake.ledger.received_lsn;
	sql = mem_print(chunk_sql, inc->asked ? "WRITE" : "ONLY", table->quoted, name, inc->options, LSN_ARGS(lsn),
					inc->size, after, up_to, condition, surrogate, name, watermark);
	inc_chunk_clear(&inc->chunk);
	inc->chunk.began_us = loop_now_us();
	session_send(inc->session, "read a chunk of a table", sql);
	free(sql);
	free(watermark);
	free(name);
	free(after);
	free(up_to);
	free(condition);
	free(surrogate);
}

/* ---- received ---- */

static bool
bad_chunk(Err *err)
{
	return err_set(err, ERR_FATAL, "could not read a chunk of a table: the server sent what walpost.chunk() does not; "
				   "shipper and plugin must be of one version");
}

static bool
take_control(Incremental *inc, const char *buffer, size_t len, Err *err)
{
	IncChunk   *chunk = &inc->chunk;
	FrameReader reader = {.p = (char *) buffer,.end = (char *) buffer + len};
	Frame		frame;

	if (frame_next(&reader, &frame) != FRAME_OK || reader.p != reader.end)
		return bad_chunk(err);
	if (frame.control.kind == WIRE_CONTROL_SNAPSHOT)
	{
		window_snapshot(inc->window, &frame.control);
		chunk->up_to = mem_copy_len(frame.control.text.p, frame.control.text.len);
		chunk->described = true;
	}
	else if (frame.control.kind == WIRE_CONTROL_CHUNK)
	{
		chunk->last = mem_copy_len(frame.control.text.p, frame.control.text.len);
		chunk->end_lsn = frame.control.lsn;
		chunk->rows = frame.control.rows;
		chunk->more = frame.control.more;
		chunk->ended = true;
	}
	else
		return bad_chunk(err);
	return true;
}

static void
keep_rows(IncChunk *chunk, char *buffer, size_t len, size_t start)
{
	chunk->buffers = mem_resize(chunk->buffers, (chunk->nbuffers + 1) * sizeof(ChunkBuffer));
	chunk->buffers[chunk->nbuffers++] = (ChunkBuffer)
	{
		buffer, len, start
	};
	chunk->bytes += len;
}

ChunkRow
inc_chunk_row(IncChunk *chunk, const char *buffer, size_t len)
{
	size_t		at = chunk->header ? 0 : COPY_HEADER;
	size_t		value = at + COPY_COLUMNS + COPY_LENGTH;
	ChunkRow	row = {.kind = CHUNK_ROW_BAD,.start = value};

	chunk->header = true;
	if (len == at + COPY_COLUMNS && wire_get16(buffer + at) == 0xFFFF)
		row.kind = CHUNK_ROW_END;
	else if (len > value && wire_get16(buffer + at) == 1 &&
			 wire_get32(buffer + at + COPY_COLUMNS) == len - value)
		row.kind = CHUNK_ROW_VALUE;
	return row;
}

bool
inc_chunk_take(Incremental *inc, char *buffer, size_t len, Err *err)
{
	IncChunk   *chunk = &inc->chunk;
	ChunkRow	row = inc_chunk_row(chunk, buffer, len);
	bool		ok = row.kind != CHUNK_ROW_BAD || bad_chunk(err);

	if (row.kind == CHUNK_ROW_VALUE && buffer[row.start] != WIRE_CONTROL && !chunk->abandoned)
	{
		keep_rows(chunk, buffer, len, row.start);
		return chunk->described || bad_chunk(err);
	}
	if (row.kind == CHUNK_ROW_VALUE && buffer[row.start] == WIRE_CONTROL)
		ok = take_control(inc, buffer + row.start, len - row.start, err);
	PQfreemem(buffer);
	return ok;
}

/* ---- published ---- */

static void
set_text(char **text, const char *value)
{
	free(*text);
	*text = value[0] != '\0' ? mem_copy(value) : NULL;
}

/*
 * As large as is read and published quickly.  Where Debezium's quirks are wanted,
 * its chunks are.
 */
static void
adapt(Incremental *inc, const IncChunk *chunk)
{
	int			configured = (int) conf_get_int(inc->conf, "incremental.snapshot.chunk.size");
	int			most = configured > SIZE_MAX_ROWS ? configured : SIZE_MAX_ROWS;
	int64_t		took = loop_now_us() - chunk->began_us;

	if (conf_get_bool(inc->conf, "walpost.debezium.quirks"))
		return;
	if (took > READ_SLOW_US || chunk->bytes > BYTES_MAX)
		inc->size /= 2;
	else if (chunk->more && took < READ_SLOW_US / 2 && chunk->bytes < BYTES_MAX / 2)
		inc->size *= 2;
	if (inc->size > most)
		inc->size = most;
	if (inc->size < SIZE_MIN_ROWS)
		inc->size = configured < SIZE_MIN_ROWS ? configured : SIZE_MIN_ROWS;
}

static bool
insert_buffers(Incremental *inc, uint64_t *ntaken, Err *err)
{
	IncChunk   *chunk = &inc->chunk;
	IntakeRoutes routes = {0};
	int64_t		now = loop_now_us();
	bool		ok = true;

	inc->last_unit = intake_insert_begin(&inc->delivery->intake);
	for (int i = 0; i < chunk->nbuffers && ok; i++)
	{
		ChunkBuffer rows = chunk->buffers[i];

		chunk->buffers[i].buffer = NULL;
		ok = intake_insert(&inc->delivery->intake, &routes, rows.buffer, rows.len, rows.start,
						   inc->window, now, ntaken, err);
	}
	intake_insert_end(&inc->delivery->intake);
	return ok;
}

bool
inc_chunk_insert(Incremental *inc, Err *err)
{
	IncChunk   *chunk = &inc->chunk;
	IncTable   *table = &inc->state.tables[0];
	uint64_t	ntaken = 0;

	if (chunk->nbuffers > 0 && window_gather(inc->window, chunk->relid) &&
		!insert_buffers(inc, &ntaken, err))
		return false;
	log_debug("a chunk of %s up to %s: %llu rows, %llu of them outdated, read in %lld us",
			  table->name, chunk->last, (unsigned long long) chunk->rows,
			  (unsigned long long) (chunk->rows - ntaken), (long long) (loop_now_us() - chunk->began_us));
	set_text(&table->up_to, chunk->up_to);
	if (chunk->rows > 0)
		set_text(&table->after, chunk->last);
	table->rows += chunk->rows;
	adapt(inc, chunk);
	inc_touch(inc);
	return true;
}
