/*
 * payload.h
 *	  Frames as the plugin writes them, for tests of what reads them.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_PAYLOAD_H
#define WALPOST_PAYLOAD_H

#include <stdint.h>
#include <string.h>

#include "wire.h"

/* A payload being built, or a frame's body. */
typedef struct Payload
{
	char		bytes[8192];
	size_t		len;
} Payload;

static inline void
put(Payload *to, const void *bytes, size_t len)
{
	memcpy(to->bytes + to->len, bytes, len);
	to->len += len;
}

static inline void
put_u8(Payload *to, unsigned char v)
{
	put(to, &v, 1);
}

static inline void
put_u16(Payload *to, uint16_t v)
{
	wire_put16(to->bytes + to->len, v);
	to->len += 2;
}

static inline void
put_u32(Payload *to, uint32_t v)
{
	wire_put32(to->bytes + to->len, v);
	to->len += 4;
}

static inline void
put_u64(Payload *to, uint64_t v)
{
	wire_put64(to->bytes + to->len, v);
	to->len += 8;
}

/* A text with its length before it. */
static inline void
put_text(Payload *to, const char *text)
{
	put_u32(to, (uint32_t) strlen(text));
	put(to, text, strlen(text));
}

static inline void
put_frame(Payload *to, char tag, const Payload *body)
{
	put_u8(to, (unsigned char) tag);
	put_u32(to, (uint32_t) body->len);
	put(to, body->bytes, body->len);
}

#endif							/* WALPOST_PAYLOAD_H */
