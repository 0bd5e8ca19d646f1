/*
 * snapshotcheck.h
 *	  May this table be read for a snapshot, by this role?
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_SNAPSHOTCHECK_H
#define WALPOST_SNAPSHOTCHECK_H

#include "relplan.h"

/*
 * ereports, with a remedy, for what is no permanent table with rows of its own,
 * and for one that the role may not read as a whole: SELECT is missing, or row
 * level security hides rows.  A partition may be read by whoever may read it
 * through its parent.
 */
extern void snapshot_check_table(Relation relation);

/* ereports for a relation that publications or lists leave out. */
extern void snapshot_check_plan(Relation relation, const RelPlan *plan);

#endif							/* WALPOST_SNAPSHOTCHECK_H */
