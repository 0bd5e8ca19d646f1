/*
 * rowheader.h
 *	  Headers of single records: where in the stream they are, what of their
 *	  columns is unknown, and what has changed.
 *
 * They are shapes that print a piece of a header block (see wire.h), compiled
 * with the plan like keys and values.  Nothing here is reached where the
 * options that ask for them are off.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_ROWHEADER_H
#define WALPOST_ROWHEADER_H

#include "draft.h"

/*
 * Adds the position of a record: walpost.lsn, from SLOT_POSITION, and walpost.seq, made
 * of the number of the change at *ordinal, which must outlive the template, and
 * the record's place (0 to 9) among those that the change becomes.
 */
extern void rowheader_add_position(Draft *draft, const uint64 *ordinal, int place);

/* The number of what comes before a transaction's first change. */
extern const uint64 rowheader_before_changes;

/* A column that a header may name. */
typedef struct NamedColumn
{
	const char *json;			/* the name of its field */
	uint32		json_len;
	int			index;			/* into the deformed tuple; -1: always unknown */
	bool		byval;			/* of its type, for comparing */
	int16		typlen;
} NamedColumn;

/* Room for max columns is allocated, in CurrentMemoryContext. */
typedef struct NamedColumns
{
	int			n;
	NamedColumn columns[FLEXIBLE_ARRAY_MEMBER];
} NamedColumns;

extern NamedColumns *named_columns_new(int max);
extern void named_columns_add(NamedColumns *list, const char *field, int index,
							  bool byval, int16 typlen);

/* What of a record may be unknown; lists are NULL for a side that it lacks. */
typedef struct Unknowns
{
	const NamedColumns *before;
	const NamedColumns *after;
} Unknowns;

/*
 * Adds walpost.unavailable: {"before":[names],"after":[names]} of the columns that
 * the row does not know, each only if there are any; without any, no header.
 * The record borrows unknowns.
 */
extern void rowheader_add_unavailable(Draft *draft, const Unknowns *unknowns);

/*
 * Adds walpost.changed: [names] of those columns whose stored values differ between
 * the old row and the new one.  The record borrows columns.
 */
extern void rowheader_add_changed(Draft *draft, const NamedColumns *columns);

#endif							/* WALPOST_ROWHEADER_H */
