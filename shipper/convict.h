/*
 * convict.h
 *	  Records that Kafka has refused, known again when they are read again.
 *
 * With Kafka transactions a refusal ends the transaction, and what was in it is
 * read from the server once more.  An event is then told by its place in the
 * stream, which is the same each time.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_CONVICT_H
#define WALPOST_CONVICT_H

#include <stdbool.h>
#include <stdint.h>

#include "position.h"
#include "producer.h"

/*
 * So many are kept.  One message of the server's never holds more events, so
 * that a transaction of one message can always be completed.
 */
#define CONVICTS_MAX	2048

typedef struct EventPlace
{
	uint64_t	lsn;			/* of the transaction's commit, or of a
								 * message */
	uint64_t	ordinal;		/* of the decoded change */
	uint32_t	record;			/* of that change's events, from 1; 0: a row of a
								 * snapshot, which has no place and does not
								 * come again */
} EventPlace;

typedef struct Convict
{
	EventPlace	place;
	int			topic;			/* that refused it */
	ProducerParts parts;		/* of it, for the dead letter topic */
	int			code;			/* as in ProducerRefusal */
	const char *text;
	const char *exception;
} Convict;

/* In the order of their places. */
typedef struct Convicts
{
	Convict    *all;
	int			n;
	bool		crowded;		/* there was no room for one, since there were
								 * none */
} Convicts;

/*
 * Keeps a copy of a new one.  When there is no room the last in the stream goes:
 * what is before it can be completed, and it will be refused again.
 */
extern void convicts_add(Convicts *convicts, const Convict *convict);

/* The one at that place; NULL: none.  Valid until the next convicts_add(). */
extern Convict *convicts_find(const Convicts *convicts, const EventPlace *place);

/* Kafka has all up to that position: forgets those; returns how many. */
extern int	convicts_settle(Convicts *convicts, const Position *position);

extern void convicts_free(Convicts *convicts);

#endif							/* WALPOST_CONVICT_H */
