/*
 * quirks.h
 *	  What Debezium gets wrong, for consumers that have come to lean on it:
 *	  walpost.debezium.quirks.
 *
 * Here is what becomes of values, in a table of encoders that stand in for the
 * right ones; quirkdefault.h has the defaults of columns, relkey.c the keys of
 * USING INDEX, typeresolve.c negative scales.  QUIRKS.md lists all of them
 * with examples.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_QUIRKS_H
#define WALPOST_QUIRKS_H

#include "typemap.h"

/*
 * Changes the encoders of a column that typemap_resolve() made.  Of a required
 * one no value gets lost: there Debezium would stop.
 */
extern void quirks_column(Oid type, bool required, const TypeModes *modes,
						  ColumnType *column);

/* Changes the encoders of the elements of an array, before it is made. */
extern void quirks_element(Oid type, ColumnType *element);

#endif							/* WALPOST_QUIRKS_H */
