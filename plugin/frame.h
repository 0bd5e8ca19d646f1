/*
 * frame.h
 *	  Writes wire.h's frames into ctx->out and hands them over in batches.
 *
 * A batch is one OutputPluginWrite: opened by the first frame, closed at
 * WIRE_BATCH_SIZE and at the end of each transaction, never held across one,
 * since the walsender's position passes a commit once its callback is done.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_FRAME_H
#define WALPOST_FRAME_H

#include "replication/logical.h"

#include "out.h"
#include "wire.h"

/* The batch being written; one per decoding session. */
typedef struct Batch
{
	LogicalDecodingContext *ctx;
	bool		open;
	bool		flushing;		/* the server is writing it */
	size_t		base;			/* what the server itself put in front */
	Out			out;			/* over ctx->out while open */
} Batch;

/*
 * What a batch may grow to: below the largest buffer of the server by what it
 * and its protocol add, so that whatever fits here is sent.
 */
#define BATCH_MAX	(MaxAllocSize - 64 * 1024)

/* An Out over a StringInfo: open, write, close (which sets buf->len). */
extern void out_open(Out *out, StringInfo buf);
extern void out_close(Out *out);

/*
 * Makes sure that a batch is open; true if this call opened it.  The returned
 * batch's out is valid until batch_end_record() or batch_flush().
 */
extern bool batch_open(Batch *batch);

/* Ends a record: writes the batch if it is full. */
extern void batch_end_record(Batch *batch);

/* Writes what is in the batch, if anything. */
extern void batch_flush(Batch *batch);

/* Takes back all from an offset on; a batch with nothing left is closed. */
extern void batch_rewind(Batch *batch, size_t offset);

/* Bytes in the open batch. */
extern size_t batch_size(const Batch *batch);

/*
 * Begins a frame; returns its offset, which frame_end() needs to fill in the
 * length.
 */
extern size_t frame_begin(Out *out, char tag);
extern void frame_end(Out *out, size_t start);

/* Append integers in wire order, and a text (u32 length and bytes). */
extern void frame_u8(Out *out, uint8 v);
extern void frame_u16(Out *out, uint16 v);
extern void frame_u32(Out *out, uint32 v);
extern void frame_u64(Out *out, uint64 v);
extern void frame_text(Out *out, const char *text, size_t len);

/* Appends one header to a header block (see wire.h); NULL is a null value. */
extern void frame_header(Out *out, const char *name, const char *value, size_t len);

/* Offset of the next byte from the start of the buffer behind out. */
static inline size_t
out_offset(const Out *out)
{
	return out->p - ((StringInfo) out->owner)->data;
}

/* The byte at an offset that out_offset() gave. */
static inline char *
out_at(const Out *out, size_t offset)
{
	return ((StringInfo) out->owner)->data + offset;
}

#endif							/* WALPOST_FRAME_H */
