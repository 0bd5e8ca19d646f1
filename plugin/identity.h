/*
 * identity.h
 *	  Which row a change is about, for a client that has a snapshot's window open.
 *
 * An identity is the image of the columns that the table's replica identity
 * names, or of its primary key where that names all or none; without a key, of
 * the whole row.  Whenever an update changes that image its old row is logged, so
 * that between two images all versions of a row have the same one, and so has
 * what a query reads of it.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_IDENTITY_H
#define WALPOST_IDENTITY_H

#include "relplan.h"

/* The attributes (numbers from 0) of an identity, in the current context. */
extern int *identity_attributes(Relation relation, int *n);

/*
 * Writes the identity of one side of a row.  One that cannot be told (a value was
 * left in the TOAST table, with no old row at hand) stands for all rows.  The
 * transaction is begun if it is not yet; no event is.
 */
extern void identity_write(Session *session, const RelPlan *plan, Relation relation,
						   const Row *row, Side side);

/* Says that any row of the relation may have changed. */
extern void identity_write_all(Session *session, Oid relid);

/* The same into a batch that is open, and whose transaction is begun. */
extern void identity_put(Out *out, const RelPlan *plan, Relation relation,
						 const Row *row, Side side);

#endif							/* WALPOST_IDENTITY_H */
