/*
 * holds.h
 *	  Positions that must not be passed yet, in order, each until it is let go.
 *
 * Of a stream: a transaction holds a signal whose effect could still get lost.
 * Of a topic's partition: likewise, by offset.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_HOLDS_H
#define WALPOST_HOLDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Hold
{
	uint64_t	at;				/* what must not be passed */
	uint64_t	before;			/* what the owner wants to know with it */
	uint64_t	token;
} Hold;

/* Zeroed: none.  all[0] is the first, if there is one. */
typedef struct Holds
{
	Hold	   *all;
	size_t		n;
	size_t		capacity;
	uint64_t	last_token;
} Holds;

/* Holds a position that is not below any held before.  Returns its token. */
extern uint64_t holds_add(Holds *holds, uint64_t at, uint64_t before);

/* Lets go.  A token that is not known any more is passed over. */
extern void holds_drop(Holds *holds, uint64_t token);

/* Forgets all; their tokens stay unknown. */
extern void holds_clear(Holds *holds);
extern void holds_free(Holds *holds);

#endif							/* WALPOST_HOLDS_H */
