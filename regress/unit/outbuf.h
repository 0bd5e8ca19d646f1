/*
 * outbuf.h
 *	  An Out over malloc, for tests of writers.
 *
 * Each growth gives just what was asked for, at another address, so that a
 * writer that reserves too little or keeps a pointer is found (by a sanitizer
 * at the latest).  Include it in one file of a program.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_OUTBUF_H
#define WALPOST_OUTBUF_H

#include <stdlib.h>

#include "out.h"

typedef struct OutBuf
{
	Out			out;
	char	   *start;
} OutBuf;

void
out_grow(Out *out, size_t need)
{
	OutBuf	   *buf = out->owner;
	size_t		used = out->p - buf->start;
	char	   *moved = malloc(used + need);

	if (moved == NULL)
		abort();
	if (used > 0)
		memcpy(moved, buf->start, used);
	free(buf->start);
	buf->start = moved;
	out->p = moved + used;
	out->end = out->p + need;
}

/* Forgets what was written. */
__attribute__((unused))
static Out *
outbuf_reset(OutBuf *buf)
{
	free(buf->start);
	memset(buf, 0, sizeof(*buf));
	buf->out.owner = buf;
	return &buf->out;
}

__attribute__((unused))
static size_t
outbuf_len(const OutBuf *buf)
{
	return buf->out.p - buf->start;
}

#endif							/* WALPOST_OUTBUF_H */
