/*
 * incremental_tables.c
 *	  Which tables a signal means.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdlib.h>
#include <string.h>

#include "incremental_private.h"
#include "mem.h"
#include "tables.h"

#define LOG_MODULE "incremental"

/* Columns of the query. */
enum
{
	SHOWN_SCHEMA, SHOWN_TABLE, NAME, QUOTED, HAS_KEY, EXPECTED
};

/* The session's path is the role's, for conditions of the user's. */
#define EQ	"OPERATOR(pg_catalog.=)"
#define CAT "OPERATOR(pg_catalog.||)"

/*
 * What the publication lists, with the partitions that have the rows of a root.
 * A partition belongs to the relation it is shown as, which decides whether it is
 * captured.
 */
static const char tables_sql[] =
"SELECT s.schemaname, s.tablename, n.nspname " CAT " '.' " CAT " l.relname,"
" pg_catalog.quote_ident(n.nspname) " CAT " '.' " CAT " pg_catalog.quote_ident(l.relname),"
" EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid " EQ " l.oid"
"  AND (i.indisprimary OR (i.indisreplident AND l.relreplident " EQ " 'i'))),"
" GREATEST(l.reltuples, 0)::pg_catalog.int8"
" FROM (SELECT DISTINCT c.oid, c.relkind, t.schemaname, t.tablename"
"  FROM pg_catalog.pg_publication_tables t"
"  JOIN pg_catalog.pg_namespace tn ON tn.nspname " EQ " t.schemaname"
"  JOIN pg_catalog.pg_class c ON c.relnamespace " EQ " tn.oid AND c.relname " EQ " t.tablename"
"  WHERE t.pubname " EQ " %s) s"
" CROSS JOIN LATERAL (SELECT s.oid AS relid WHERE s.relkind OPERATOR(pg_catalog.<>) 'p'"
"  UNION ALL SELECT p.relid FROM pg_catalog.pg_partition_tree(s.oid) p WHERE p.isleaf AND s.relkind " EQ " 'p') r"
" JOIN pg_catalog.pg_class l ON l.oid " EQ " r.relid"
" JOIN pg_catalog.pg_namespace n ON n.oid " EQ " l.relnamespace"
" WHERE l.relkind " EQ " 'r'"
" ORDER BY (n.nspname " CAT " '.' " CAT " l.relname) COLLATE \"C\"";

char *
inc_tables_query(const Incremental *inc)
{
	char	   *publication = inc_quote(conf_get(inc->conf, "publication.name"));
	char	   *sql = mem_print(tables_sql, publication);

	free(publication);
	return sql;
}

/* Of its root, or its own; the caller frees it. */
static char *
shown_name(const PGresult *res, int row)
{
	return mem_print("%s.%s", PQgetvalue(res, row, SHOWN_SCHEMA), PQgetvalue(res, row, SHOWN_TABLE));
}

/* By its own name, or by that of the root that it is shown as. */
static bool
is_selected(const Signal *signal, int collection, const PGresult *res, int row)
{
	char	   *shown;
	bool		selected;

	if (signal_selects(signal, collection, PQgetvalue(res, row, NAME)))
		return true;
	shown = shown_name(res, row);
	selected = signal_selects(signal, collection, shown);
	free(shown);
	return selected;
}

/* Has it a row's key, or one that the signal names? */
static bool
has_key(const Signal *signal, const PGresult *res, int row)
{
	return PQgetvalue(res, row, HAS_KEY)[0] == 't' || signal->surrogate_key != NULL;
}

/*
 * A table without a key is read as a whole, a partition with all of its root; so
 * not where only some of that is asked for.
 */
static bool
may_be_whole(const Signal *signal, int collection, const char *filter, const char *shown)
{
	return filter == NULL && signal_selects(signal, collection, shown) && strchr(shown, '\n') == NULL;
}

static void
refuse(Incremental *inc, const Signal *signal, const char *name)
{
	IncTable	table = {.id = signal->id,.name = (char *) name};

	log_error("could not take an incremental snapshot of some rows of table %s: it has neither a primary key nor an identity index; add one, or name a unique column as \"surrogate-key\"",
			  name);
	inc_notice(inc, NOTICE_TABLE_SCAN_COMPLETED, &table, "NO_PRIMARY_KEY");
}

static void
add_table(Incremental *inc, const Signal *signal, int collection, const PGresult *res, int row)
{
	const char *name = PQgetvalue(res, row, NAME);
	const char *filter = signal_filter(signal, name);
	bool		blocking = signal->snapshot == SNAPSHOT_BLOCKING;
	bool		keyless = !blocking && !has_key(signal, res, row);
	char	   *shown = shown_name(res, row);

	if (keyless && !may_be_whole(signal, collection, filter, shown))
		refuse(inc, signal, name);
	else if (inc_state_find(&inc->state, keyless ? shown : name, blocking) != NULL)
		log_info("table %s is being read already, or will be", name);
	else
		inc_state_add(&inc->state, (IncTable)
					  {
						  .id = mem_copy(signal->id),
						  .name = mem_copy(keyless ? shown : name),
						  .quoted = mem_copy(PQgetvalue(res, row, QUOTED)),
						  .condition = filter ? mem_copy(filter) : NULL,
						  .surrogate = signal->surrogate_key ? mem_copy(signal->surrogate_key) : NULL,
						  .keyless = keyless,
						  .blocking = blocking,
						  .expected = filter || keyless ? 0 : strtoull(PQgetvalue(res, row, EXPECTED), NULL, 10),
					  });
	free(shown);
}

static void
unknown(Incremental *inc, const Signal *signal, int collection)
{
	IncTable	table = {.id = signal->id,.name = signal->collections[collection]};

	log_warn("signal \"%s\" asks for a snapshot of %s, which no captured table matches",
			 signal->id, table.name);
	inc_notice(inc, NOTICE_TABLE_SCAN_COMPLETED, &table, "UNKNOWN_SCHEMA");
}

void
inc_tables_take(Incremental *inc, const Signal *signal, const PGresult *res)
{
	Err			err;
	TableFilter *filter = table_filter_new(inc->conf, &err);

	if (filter == NULL)
	{
		/* they were compiled at the start, too */
		log_error("%s", err.text);
		return;
	}
	for (int i = 0; i < signal->ncollections; i++)
	{
		bool		found = false;

		for (int row = 0; row < PQntuples(res); row++)
			if (is_selected(signal, i, res, row) &&
				table_filter_captures(filter, PQgetvalue(res, row, SHOWN_SCHEMA), PQgetvalue(res, row, SHOWN_TABLE)))
			{
				add_table(inc, signal, i, res, row);
				found = true;
			}
		if (!found)
			unknown(inc, signal, i);
	}
	table_filter_free(filter);
}

void
inc_table_finish(Incremental *inc, int i, const char *status)
{
	IncTable   *table = &inc->state.tables[i];

	if (strcmp(status, "SUCCEEDED") == 0 || strcmp(status, "EMPTY") == 0)
		log_info("the incremental snapshot of %s is complete, %llu rows, the stream waited for %.1f ms at most", table->name,
				 (unsigned long long) table->rows, (double) inc->pause_us / 1000);
	inc_notice(inc, NOTICE_TABLE_SCAN_COMPLETED, table, status);
	if (inc->state.ntables == 1)
		inc_notice(inc, NOTICE_COMPLETED, table, NULL);
	inc_state_remove(&inc->state, i);
	inc->size = (int) conf_get_int(inc->conf, "incremental.snapshot.chunk.size");
	inc->pause_us = 0;
	inc_touch(inc);
}
