/*
 * continuity.h
 *	  Does the server go on where Kafka is?  The position record against what
 *	  the server says of itself and of the slot.
 *
 * Pure: no connection, no clock.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_CONTINUITY_H
#define WALPOST_CONTINUITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "position.h"

typedef enum ContinuityKind
{
	CONTINUITY_FIRST,			/* there is no record */
	CONTINUITY_CONTINUOUS,
	CONTINUITY_REPEATED,		/* the slot is behind; what Kafka has is dropped */
	CONTINUITY_GAP,				/* the slot is past the record */
	CONTINUITY_DIVERGED,		/* Kafka has events that the server has lost */
	CONTINUITY_OTHER,			/* the record is of another server */
	CONTINUITY_NKINDS
} ContinuityKind;

/* offset.mismatch.strategy */
typedef enum ContinuityStrategy
{
	CONTINUITY_NO_VALIDATION,
	CONTINUITY_TRUST_OFFSET,
	CONTINUITY_TRUST_SLOT,
	CONTINUITY_TRUST_GREATER
} ContinuityStrategy;

/* The server's side. */
typedef struct ContinuityServer
{
	const char *system_id;
	uint32_t	timeline;
	const char *history;		/* of the timeline (TIMELINE_HISTORY), or NULL */
	const char *slot;
	uint64_t	confirmed_lsn;	/* the slot's confirmed_flush_lsn */
	bool		slot_made;		/* it did not exist before */
} ContinuityServer;

typedef struct Continuity
{
	ContinuityKind kind;
	uint64_t	from,			/* of what is repeated, missing or too much */
				to;
	uint64_t	start_lsn;		/* where to go on */
	bool		keep_open;		/* the record's open transaction goes on */
	bool		stop;			/* it is not to go on by itself */
} Continuity;

/*
 * Compares.  record NULL: there is none.  exactly_once: what nobody decided on
 * stops it.
 */
extern Continuity continuity_compare(const Position *record, const ContinuityServer *server,
									 ContinuityStrategy strategy, bool exactly_once);

/* One line that says it, with the ways out when it is to stop. */
extern void continuity_print(const Continuity *found, const Position *record,
							 const ContinuityServer *server, char *text, size_t size);

/* One word, for metrics. */
extern const char *continuity_name(ContinuityKind kind);

/* The value of offset.mismatch.strategy. */
extern ContinuityStrategy continuity_strategy(const char *text);

/*
 * Where the server left a timeline of its past; 0 when that is no timeline of
 * its past, UINT64_MAX for the present one.
 */
extern uint64_t continuity_switch_point(const ContinuityServer *server, uint32_t timeline);

#endif							/* WALPOST_CONTINUITY_H */
