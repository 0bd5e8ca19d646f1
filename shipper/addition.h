/*
 * addition.h
 *	  Tables that are added to a connector: a list of them, as text in the
 *	  position record and as relations of the database.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_ADDITION_H
#define WALPOST_ADDITION_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "holding.h"
#include "pg.h"
#include "position.h"

typedef struct AddedTable
{
	char	   *name;			/* schema.table */
	uint64_t	drop_lsn;		/* its changes before that are not published: none
								 * of its rows was in Kafka then.  0: all are;
								 * HOLDING_DROP_ALL: none for now */
} AddedTable;

/* Zeroed it is empty. */
typedef struct Addition
{
	AddedTable *tables;
	int			n;
} Addition;

/* Appends a table unless it is there; name is copied.  False when it is. */
extern bool addition_add(Addition *addition, const char *name, uint64_t drop_lsn);
extern void addition_clear(Addition *addition);

/* The index of a table, or -1. */
extern int	addition_find(const Addition *addition, const char *name);

/* Names, separated by commas, the first few of them; the caller frees it. */
extern char *addition_names(const Addition *addition);

/*
 * A line for each, "X/X schema.table\n": returns how many of them, from the
 * first on, have room in text.  How many does not depend on their LSNs.
 */
extern int	addition_print(const Addition *addition, char text[POSITION_ADDING_MAX]);

/* Reads that into an empty one; false when it is no such text. */
extern bool addition_parse(const char *text, Addition *addition);

/*
 * The tables' OIDs, with those of partitions.  One that does not exist has none.
 * The caller frees *relations.  False and err.
 */
extern bool addition_relations(const Addition *addition, PGconn *conn,
							   HeldRelation **relations, int *n, Err *err) must_check;

#endif							/* WALPOST_ADDITION_H */
