/*
 * quirkdefault.h
 *	  Defaults that are no constants, read as Debezium reads them.
 *
 * Debezium looks at the text of the expression: what begins like a call of a
 * function stands for the zero of the column's type; of anything else it
 * takes the first quoted text, or all of it.  For walpost.debezium.quirks.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_QUIRKDEFAULT_H
#define WALPOST_QUIRKDEFAULT_H

#include "nodes/nodes.h"
#include "typemap.h"

/*
 * What Debezium makes of the default expression of a column of type typid, as
 * JSON text in CurrentMemoryContext; NULL: nothing.  computed is the default
 * for what a function computes, or NULL for booleans, numbers and other types.
 */
extern char *quirkdefault_json(Oid typid, Node *expression, const ColumnType *type,
							   char *computed);

#endif							/* WALPOST_QUIRKDEFAULT_H */
