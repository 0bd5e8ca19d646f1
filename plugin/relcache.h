/*
 * relcache.h
 *	  Relation plans by OID, and what makes them stale.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_RELCACHE_H
#define WALPOST_RELCACHE_H

#include "relplan.h"

/* Makes the session's cache, in CurrentMemoryContext's care. */
extern RelCache *relcache_create(void);

/*
 * The plan for relation, built or rebuilt if needed.  It may be deleted by
 * the next call, so nobody keeps the pointer over a callback.
 */
extern RelPlan *relcache_get(Session *session, Relation relation, XLogRecPtr lsn);

#endif							/* WALPOST_RELCACHE_H */
