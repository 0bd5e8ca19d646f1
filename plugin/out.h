/*
 * out.h
 *	  The place that every writer appends to: a window of bytes that grows.
 *
 * Writers (JSON, frames, encoders) see nothing but an Out, so that they can be
 * linked and tested without a server.  Reserve once for a run of short
 * writes, then write through out->p; out_grow() is the only slow path.
 * Whoever opens an Out owns its memory and supplies out_grow(): frame.c over
 * ctx->out in the server, a test over malloc.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_OUT_H
#define WALPOST_OUT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct Out
{
	char	   *p;				/* next byte to write */
	char	   *end;			/* one past the last byte that may be written */
	void	   *owner;			/* what out_grow() enlarges */
} Out;

/*
 * Makes room for at least need more bytes.  May move the bytes written so
 * far, so callers keep offsets, never pointers, across it.  Does not return
 * when there is no memory.
 */
extern void out_grow(Out *out, size_t need);

static inline void
out_reserve(Out *out, size_t need)
{
	if (__builtin_expect((size_t) (out->end - out->p) < need, 0))
		out_grow(out, need);
}

static inline void
out_bytes(Out *out, const void *bytes, size_t len)
{
	out_reserve(out, len);
	memcpy(out->p, bytes, len);
	out->p += len;
}

static inline void
out_byte(Out *out, char c)
{
	out_reserve(out, 1);
	*out->p++ = c;
}

#define out_literal(out, s) out_bytes((out), (s), sizeof(s) - 1)

#endif							/* WALPOST_OUT_H */
