/*
 * resume.h
 *	  A transaction of which the client has a part already (walpost.resume).
 *
 * Debezium's positions are such: the change that it sent last, in the middle of
 * a transaction that goes on.  What comes before is decoded, counted and written
 * as ever, so that ordinals and the transaction's metadata are the same; its
 * events are marked, and the client drops them.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_RESUME_H
#define WALPOST_RESUME_H

#include "session.h"

/* Reads the option; text may be NULL.  ereports what it does not take. */
extern void resume_parse(Resume *resume, const char *text);

/* A transaction begins. */
static inline void
resume_begin(Session *session, TransactionId xid)
{
	session->resume.here = unlikely(TransactionIdIsValid(session->resume.xid) && session->resume.xid == xid);
	session->resume.seen = 0;
	session->known = 0;
}

/* A change of it comes, or a message in it: does the client have its events? */
extern void resume_look(Session *session, XLogRecPtr lsn);

static inline void
resume_change(Session *session, XLogRecPtr lsn)
{
	if (unlikely(session->resume.here))
		resume_look(session, lsn);
}

#endif							/* WALPOST_RESUME_H */
