/*
 * change.h
 *	  From a decoded change to the records that it becomes.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_CHANGE_H
#define WALPOST_CHANGE_H

#include "relplan.h"

/*
 * Writes the records of an insert, update or delete of relation: one, two (a
 * delete and its tombstone) or three (a changed key).  Allocates in the
 * current context, which the caller resets.
 */
extern void change_write(Session *session, RelPlan *plan, Relation relation,
						 ReorderBufferChange *change);

/* Writes the record of a truncate. */
extern void change_write_truncate(Session *session, RelPlan *plan, XLogRecPtr lsn);

#endif							/* WALPOST_CHANGE_H */
