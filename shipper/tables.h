/*
 * tables.h
 *	  The database's tables: which are captured, which have what identity.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_TABLES_H
#define WALPOST_TABLES_H

#include <stdbool.h>

#include "conf.h"
#include "err.h"
#include "pg.h"

typedef struct Table
{
	char	   *name;			/* schema.table, as the patterns see it */
	char	   *quoted;			/* for SQL */
	char	   *schema;			/* the same, its schema alone */
	char		kind;			/* pg_class.relkind: r, p */
	char		identity;		/* pg_class.relreplident: d, f, n, i */
	char	   *identity_index; /* of identity i, else "" */
	bool		has_key;		/* a primary key */
	bool		is_partition;
	bool		reachable;		/* the role may use its schema, */
	bool		readable;		/* read its rows, */
	bool		owned;			/* and do what its owner may */
	bool		published;		/* it or an ancestor is in the publication */
	bool		captured;		/* by the include and exclude lists */
	bool		signals;		/* it is signal.data.collection, and so captured */
} Table;

/* All permanent tables of the database that a publication could hold. */
typedef struct TableList
{
	Table	   *tables;			/* ordered by name */
	int			n;
	int			ncaptured;
} TableList;

/* What the include and exclude lists say. */
typedef struct TableFilter TableFilter;

/* NULL and err (ERR_CONFIG) when a pattern does not compile. */
extern TableFilter *table_filter_new(const Conf *conf, Err *err) must_check;
extern void table_filter_free(TableFilter *filter);
extern bool table_filter_captures(const TableFilter *filter, const char *schema, const char *table);

/* Reads them; free with tables_free(). */
extern bool tables_read(const Conf *conf, PGconn *conn, TableList *list, Err *err) must_check;
extern void tables_free(TableList *list);

/*
 * The names of the tables that chosen() says, the first few of them and how
 * many more ("a, b, c and 4 more"); *count is all of them.  Caller frees.
 */
extern char *tables_names(const TableList *list, bool (*chosen) (const Table *),
						  int *count);

/* True if the server refuses updates and deletes of it once they are published. */
extern bool table_lacks_identity(const Table *table);

#endif							/* WALPOST_TABLES_H */
