/*
 * guard.h
 *	  What becomes of a change that cannot be made an event
 *	  (event.processing.failure.handling.mode).
 *
 * Whatever it is called for, an error is of the change alone when it came up
 * while its records were made, not while they were sent, and is none of the
 * server's own troubles: a cancellation, want of memory or disk, a failed read.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_GUARD_H
#define WALPOST_GUARD_H

#include "storage/itemptr.h"

#include "relplan.h"

/* What is at hand, for errors and warnings. */
typedef struct GuardSubject
{
	Session    *session;
	Relation	relation;		/* NULL: a logical message */
	const char *prefix;			/* of the message */
	const char *topic;			/* NULL: not known yet */
	XLogRecPtr	lsn;
	ItemPointer tid;			/* of a row that a snapshot reads; NULL: a change */
} GuardSubject;

/*
 * For the mode "fail": an ErrorContextCallback's function that names the
 * subject, arg being a GuardSubject.
 */
extern void guard_context(void *arg);

/*
 * For the other modes: calls write(arg).  If that fails for the change's sake,
 * takes back the record that was interrupted, goes on after it, and says so.
 * isolate: write may hold resources of the server when it fails, and runs in a
 * subtransaction.
 */
extern void guard_run(const GuardSubject *subject, bool isolate,
					  void (*write) (void *arg), void *arg);

#endif							/* WALPOST_GUARD_H */
