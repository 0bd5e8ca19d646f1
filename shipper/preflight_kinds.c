/*
 * preflight_kinds.c
 *	  Relations that the lists capture, but that have no changes to be decoded.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdio.h>
#include <stdlib.h>

#include "mem.h"
#include "preflight.h"

#define NAMES_SHOWN 5

/* Temporary tables are their session's own. */
static const char kinds_sql[] =
"SELECT n.nspname, c.relname,"
" CASE WHEN c.relkind = 'r' THEN 'an unlogged table' WHEN c.relkind = 'f' THEN 'a foreign table'"
"  WHEN c.relkind = 'v' THEN 'a view' ELSE 'a materialized view' END"
" FROM pg_catalog.pg_class c"
" JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
" WHERE c.oid >= 16384 AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast', 'walpost')"
" AND ((c.relkind = 'r' AND c.relpersistence = 'u') OR c.relkind = 'f' OR (c.relkind IN ('v', 'm') AND $1))"
" ORDER BY n.nspname, c.relname";

/* The captured ones among them, the first few, and their number. */
static char *
captured_names(const PGresult *res, const TableFilter *filter, int *count)
{
	char	   *text = NULL;
	size_t		size = 0;
	FILE	   *out = open_memstream(&text, &size);

	if (out == NULL)
		mem_exhausted();
	*count = 0;
	for (int i = 0; i < PQntuples(res); i++)
	{
		const char *schema = PQgetvalue(res, i, 0);
		const char *table = PQgetvalue(res, i, 1);

		if (table_filter_captures(filter, schema, table) && (*count)++ < NAMES_SHOWN)
			fprintf(out, "%s%s.%s (%s)", *count > 1 ? ", " : "", schema, table, PQgetvalue(res, i, 2));
	}
	if (*count > NAMES_SHOWN)
		fprintf(out, " and %d more", *count - NAMES_SHOWN);
	if (fclose(out) != 0 || text == NULL)
		mem_exhausted();
	return text;
}

bool
preflight_kinds(Preflight *pf, Err *err)
{
	/* who captures everything does not mean views */
	bool		chosen = conf_is_set(pf->conf, "schema.include.list") || conf_is_set(pf->conf, "table.include.list");
	const char *params[] = {chosen ? "t" : "f"};
	TableFilter *filter = table_filter_new(pf->conf, err);
	PGresult   *res;
	char	   *names;
	int			n;

	if (filter == NULL)
		return false;
	res = pg_query_params(pf->conn, PGRES_TUPLES_OK, "list relations without changes", kinds_sql, 1, params, err);
	if (res != NULL)
	{
		names = captured_names(res, filter, &n);
		if (n > 0)
			preflight_report(pf, FINDING_WARNING, "%d captured relation%s no changes of %s own, so neither rows nor changes of %s arrive: %s; "
							 "ALTER TABLE ... SET LOGGED, capture the tables behind a view, or leave %s out",
							 n, n == 1 ? " has" : "s have", n == 1 ? "its" : "their", n == 1 ? "it" : "them", names,
							 n == 1 ? "it" : "them");
		free(names);
	}
	PQclear(res);
	table_filter_free(filter);
	return res != NULL;
}
