/*
 * frame.c
 *	  Writes wire.h's frames into ctx->out and hands them over in batches.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "replication/output_plugin.h"
#include "utils/memutils.h"

#include "frame.h"
#include "holdback.h"

/* What the buffer keeps from one batch to the next. */
#define BATCH_KEPT	(4 * 1024 * 1024)

void
out_open(Out *out, StringInfo buf)
{
	out->owner = buf;
	out->p = buf->data + buf->len;
	out->end = buf->data + buf->maxlen - 1; /* StringInfo's own NUL */
}

void
out_close(Out *out)
{
	StringInfo	buf = out->owner;

	buf->len = out->p - buf->data;
	*out->p = '\0';
}

void
out_grow(Out *out, size_t need)
{
	StringInfo	buf = out->owner;

	out_close(out);
	if (need > BATCH_MAX - Min(BATCH_MAX, (size_t) buf->len))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("an event is larger than a buffer of the server can hold"),
				 errdetail("It needs more than %zu bytes.", (size_t) BATCH_MAX),
				 errhint("Leave large columns out (column.exclude.list) or cut them (column.truncate.to.N.chars), "
						 "or set event.processing.failure.handling.mode to warn or skip.")));
	enlargeStringInfo(buf, (int) need);
	out_open(out, buf);
}

bool
batch_open(Batch *batch)
{
	if (batch->open)
		return false;
	OutputPluginPrepareWrite(batch->ctx, true);
	out_open(&batch->out, batch->ctx->out);
	batch->base = out_offset(&batch->out);
	batch->open = true;
	return true;
}

/* Makes room again after a huge event: the buffer lives as long as the session. */
static void
shrink(Batch *batch)
{
	StringInfo	buf = batch->ctx->out;
	MemoryContext old;

	if (buf->maxlen <= BATCH_KEPT)
		return;
	old = MemoryContextSwitchTo(batch->ctx->context);
	pfree(buf->data);
	initStringInfo(buf);
	MemoryContextSwitchTo(old);
}

void
batch_flush(Batch *batch)
{
	if (!batch->open)
		return;
	batch->open = false;
	out_close(&batch->out);
	batch->flushing = true;
	holdback_write(batch->ctx);
	batch->flushing = false;
	shrink(batch);
}

void
batch_rewind(Batch *batch, size_t offset)
{
	out_open(&batch->out, batch->ctx->out);
	batch->out.p = out_at(&batch->out, offset);
	out_close(&batch->out);
	if (offset > batch->base)
		return;
	batch->open = false;
	shrink(batch);
}

void
batch_end_record(Batch *batch)
{
	if (batch->open && out_offset(&batch->out) >= WIRE_BATCH_SIZE)
		batch_flush(batch);
}

size_t
batch_size(const Batch *batch)
{
	return batch->open ? out_offset(&batch->out) : 0;
}

size_t
frame_begin(Out *out, char tag)
{
	size_t		start;

	out_reserve(out, WIRE_FRAME_HEAD);
	start = out_offset(out);
	*out->p = tag;
	out->p += WIRE_FRAME_HEAD;
	return start;
}

void
frame_end(Out *out, size_t start)
{
	wire_put32(out_at(out, start) + 1, out_offset(out) - start - WIRE_FRAME_HEAD);
}

void
frame_u8(Out *out, uint8 v)
{
	out_byte(out, (char) v);
}

void
frame_u16(Out *out, uint16 v)
{
	out_reserve(out, 2);
	wire_put16(out->p, v);
	out->p += 2;
}

void
frame_u32(Out *out, uint32 v)
{
	out_reserve(out, 4);
	wire_put32(out->p, v);
	out->p += 4;
}

void
frame_u64(Out *out, uint64 v)
{
	out_reserve(out, 8);
	wire_put64(out->p, v);
	out->p += 8;
}

void
frame_text(Out *out, const char *text, size_t len)
{
	frame_u32(out, (uint32) len);
	out_bytes(out, text, len);
}

void
frame_header(Out *out, const char *name, const char *value, size_t len)
{
	size_t		name_len = strlen(name);

	frame_u16(out, (uint16) name_len);
	out_bytes(out, name, name_len);
	if (value)
		frame_text(out, value, len);
	else
		frame_u32(out, WIRE_NULL);
}
