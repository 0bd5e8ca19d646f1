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

/*
 * What the publication lists, with the partitions that have the rows of a root.
 * A partition belongs to the relation it is shown as, which decides whether it is
 * captured.
 */
static const char tables_sql[] =
"SELECT s.schemaname, s.tablename, n.nspname || '.' || l.relname,"
" pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(l.relname),"
" EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = l.oid AND i.indisprimary),"
" GREATEST(l.reltuples, 0)::pg_catalog.int8"
" FROM (SELECT DISTINCT c.oid, c.relkind, t.schemaname, t.tablename"
"  FROM pg_catalog.pg_publication_tables t"
"  JOIN pg_catalog.pg_namespace tn ON tn.nspname = t.schemaname"
"  JOIN pg_catalog.pg_class c ON c.relnamespace = tn.oid AND c.relname = t.tablename"
"  WHERE t.pubname = %s) s"
" CROSS JOIN LATERAL (SELECT s.oid AS relid WHERE s.relkind <> 'p'"
"  UNION ALL SELECT p.relid FROM pg_catalog.pg_partition_tree(s.oid) p WHERE p.isleaf AND s.relkind = 'p') r"
" JOIN pg_catalog.pg_class l ON l.oid = r.relid"
" JOIN pg_catalog.pg_namespace n ON n.oid = l.relnamespace"
" WHERE l.relkind = 'r'"
" ORDER BY (n.nspname || '.' || l.relname) COLLATE \"C\"";

char *
inc_tables_query(const Incremental *inc)
{
	char	   *publication = inc_quote(conf_get(inc->conf, "publication.name"));
	char	   *sql = mem_print(tables_sql, publication);

	free(publication);
	return sql;
}

/* By its own name, or by that of the root that it is shown as. */
static bool
is_selected(const Signal *signal, int collection, const PGresult *res, int row)
{
	char	   *shown;
	bool		selected;

	if (signal_selects(signal, collection, PQgetvalue(res, row, NAME)))
		return true;
	shown = mem_print("%s.%s", PQgetvalue(res, row, SHOWN_SCHEMA), PQgetvalue(res, row, SHOWN_TABLE));
	selected = signal_selects(signal, collection, shown);
	free(shown);
	return selected;
}

static void
add_table(Incremental *inc, const Signal *signal, const PGresult *res, int row)
{
	const char *name = PQgetvalue(res, row, NAME);
	const char *filter = signal_filter(signal, name);
	IncTable	table = {
		.id = mem_copy(signal->id),
		.name = mem_copy(name),
		.quoted = mem_copy(PQgetvalue(res, row, QUOTED)),
		.condition = filter ? mem_copy(filter) : NULL,
		.surrogate = signal->surrogate_key ? mem_copy(signal->surrogate_key) : NULL,
		.blocking = signal->snapshot == SNAPSHOT_BLOCKING,
		.expected = filter ? 0 : strtoull(PQgetvalue(res, row, EXPECTED), NULL, 10),
	};

	if (inc_state_find(&inc->state, name, table.blocking) != NULL)
	{
		log_info("table %s is being read already, or will be", name);
		inc_table_free(&table);
	}
	else if (!table.blocking && PQgetvalue(res, row, HAS_KEY)[0] != 't' && signal->surrogate_key == NULL)
	{
		log_error("could not take an incremental snapshot of table %s: it has no primary key; add one, name a unique column as \"surrogate-key\", or take the table on with \"walpost snapshot --table %s\"",
				  name, name);
		inc_notice(inc, NOTICE_TABLE_SCAN_COMPLETED, &table, "NO_PRIMARY_KEY");
		inc_table_free(&table);
	}
	else
		inc_state_add(&inc->state, table);
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
				add_table(inc, signal, res, row);
				found = true;
			}
		if (!found)
			unknown(inc, signal, i);
	}
	table_filter_free(filter);
}
