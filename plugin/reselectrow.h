/*
 * reselectrow.h
 *	  Reads values anew: the other side of reselect.h.
 *
 * The reader asks the table with a query, as the caller's role and under the
 * caller's settings, so that privileges and row level security are what they are
 * for any query of that role.  A request only says which of a row's columns are
 * wanted; the reader believes none of its lengths and names.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_RESELECTROW_H
#define WALPOST_RESELECTROW_H

#include "out.h"
#include "session.h"

typedef struct ReselectReader ReselectReader;

/*
 * In CurrentMemoryContext; session needs options, filter and column rules alone,
 * and is borrowed.
 */
extern ReselectReader *reselect_reader_create(Session *session);

/*
 * Appends the answer to a request (wire.h); the request is borrowed.  What fails for
 * the sake of its table or row becomes an answer, too; ereports all else, such as a
 * cancelled query, and a request that is none.
 */
extern void reselect_read(ReselectReader *reader, const char *request, size_t len, Out *out);

#endif							/* WALPOST_RESELECTROW_H */
