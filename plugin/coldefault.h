/*
 * coldefault.h
 *	  A column's default expression as the default of its Connect schema.
 *
 * Debezium reads the default as text and converts what it understands; here
 * the expression tree of the historic catalog is used.  Constants (under
 * casts of built-in types) are encoded as the column would be; function
 * calls and CURRENT_* give the zero value of texts, times, UUIDs and JSON as
 * Debezium does; nextval gives 0; anything else has no default.  No
 * user-defined function is run.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_COLDEFAULT_H
#define WALPOST_COLDEFAULT_H

#include "access/tupdesc.h"
#include "typemap.h"

/*
 * The default of attribute attnum (from 1) as JSON text in
 * CurrentMemoryContext, or NULL where the schema has none; with quirks also
 * what Debezium misreads (quirkdefault.h).
 */
extern char *coldefault_json(TupleDesc desc, AttrNumber attnum,
							 const ColumnType *type, bool quirks);

/* Is the default the next value of a sequence, as a serial column's is? */
extern bool coldefault_is_nextval(TupleDesc desc, AttrNumber attnum);

#endif							/* WALPOST_COLDEFAULT_H */
