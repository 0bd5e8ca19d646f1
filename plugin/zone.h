/*
 * zone.h
 *	  Time zones as java.time has them: rules from the server's own database of
 *	  zones, choices between two offsets as Java makes them.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_ZONE_H
#define WALPOST_ZONE_H

#include "pgtime.h"

typedef struct Zone
{
	const pg_tz *rules;			/* NULL: it has one offset */
	int64		offset;			/* seconds east of Greenwich */
} Zone;

/* Finds a zone by its name or as +hh:mm[:ss]; false if there is none. */
extern bool zone_find(const char *name, Zone *zone);

/* The offset at a moment, in seconds since 1970. */
extern int64 zone_offset_at(const Zone *zone, int64 seconds);

/*
 * The offset of a wall clock's reading (seconds since 1970 as if it were UTC):
 * of a reading that is there twice, or not at all, the one before the change.
 */
extern int64 zone_offset_of(const Zone *zone, int64 local);

#endif							/* WALPOST_ZONE_H */
