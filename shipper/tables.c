/*
 * tables.c
 *	  The database's tables: which are captured, which have what identity.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "tables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "pattern.h"

#define NAMES_SHOWN 5

/*
 * Objects of initdb's (their OIDs end at 16383) cannot be published, and the
 * extension's own table is never captured.  A table is published when the
 * publication names it or one of its ancestors.
 */
static const char tables_sql[] =
"SELECT n.nspname, c.relname,"
" pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname),"
" c.relkind, c.relreplident,"
" COALESCE((SELECT x.relname FROM pg_catalog.pg_index i"
"   JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid"
"   WHERE i.indrelid = c.oid AND i.indisreplident), ''),"
" EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indisprimary),"
" EXISTS (SELECT FROM pg_catalog.pg_publication_tables t"
"   WHERE t.pubname = $1 AND ((t.schemaname = n.nspname AND t.tablename = c.relname)"
"     OR (c.relispartition AND (t.schemaname, t.tablename) IN"
"       (SELECT an.nspname, ac.relname FROM pg_catalog.pg_partition_ancestors(c.oid) a"
"        JOIN pg_catalog.pg_class ac ON ac.oid = a.relid"
"        JOIN pg_catalog.pg_namespace an ON an.oid = ac.relnamespace)))),"
" c.relispartition, pg_catalog.has_schema_privilege(n.oid, 'USAGE'), pg_catalog.has_table_privilege(c.oid, 'SELECT'),"
" pg_catalog.pg_has_role(c.relowner, 'USAGE'), pg_catalog.quote_ident(n.nspname)"
" FROM pg_catalog.pg_class c"
" JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
" WHERE c.relkind IN ('r', 'p') AND c.relpersistence = 'p' AND c.oid >= 16384"
" AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')"
" AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d"
"   JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid AND e.extname = 'walpost'"
"   WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid"
"   AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND d.deptype = 'e')"
" ORDER BY n.nspname, c.relname";

struct TableFilter
{
	const char *signals;		/* the table of signals; NULL: none */
	bool		ignore_builtin;
	PatternList *schema_include,
			   *schema_exclude,
			   *table_include,
			   *table_exclude;
};

void
table_filter_free(TableFilter *lists)
{
	if (lists == NULL)
		return;
	pattern_list_free(lists->schema_include);
	pattern_list_free(lists->schema_exclude);
	pattern_list_free(lists->table_include);
	pattern_list_free(lists->table_exclude);
	free(lists);
}

static bool
compile(const Conf *conf, const char *property, PatternList **list, Err *err)
{
	return pattern_list_compile(property, conf_get(conf, property), list, err);
}

TableFilter *
table_filter_new(const Conf *conf, Err *err)
{
	TableFilter *lists = mem_zero(sizeof(TableFilter));

	lists->signals = conf_get(conf, "signal.data.collection");
	lists->ignore_builtin = conf_get_bool(conf, "table.ignore.builtin");
	if (compile(conf, "schema.include.list", &lists->schema_include, err) &&
		compile(conf, "schema.exclude.list", &lists->schema_exclude, err) &&
		compile(conf, "table.include.list", &lists->table_include, err) &&
		compile(conf, "table.exclude.list", &lists->table_exclude, err))
		return lists;
	table_filter_free(lists);
	return NULL;
}

/* Is it this one, whose name may have quotation marks? */
static bool
is_named(const char *collection, const char *name)
{
	for (const char *p = collection; p != NULL; p++)
	{
		if (*p == '"')
			continue;
		if (*p != *name++)
			return false;
		if (*p == '\0')
			return true;
	}
	return false;
}

static bool
is_captured(const TableFilter *lists, const char *schema, const char *table, const char *name)
{
	if (lists->ignore_builtin && strcmp(table, "spatial_ref_sys") == 0)
		return false;
	return pattern_included(lists->schema_include, lists->schema_exclude, schema) &&
		pattern_included(lists->table_include, lists->table_exclude, name);
}

bool
table_filter_captures(const TableFilter *filter, const char *schema, const char *table)
{
	char	   *name = mem_print("%s.%s", schema, table);
	bool		captured = is_captured(filter, schema, table, name);

	free(name);
	return captured;
}

static void
read_table(const PGresult *res, int row, const TableFilter *lists, Table *table)
{
	const char *schema = PQgetvalue(res, row, 0);
	const char *relname = PQgetvalue(res, row, 1);

	table->name = mem_print("%s.%s", schema, relname);
	table->quoted = mem_copy(PQgetvalue(res, row, 2));
	table->kind = PQgetvalue(res, row, 3)[0];
	table->identity = PQgetvalue(res, row, 4)[0];
	table->identity_index = mem_copy(PQgetvalue(res, row, 5));
	table->has_key = PQgetvalue(res, row, 6)[0] == 't';
	table->published = PQgetvalue(res, row, 7)[0] == 't';
	table->is_partition = PQgetvalue(res, row, 8)[0] == 't';
	table->reachable = PQgetvalue(res, row, 9)[0] == 't';
	table->readable = PQgetvalue(res, row, 10)[0] == 't';
	table->owned = PQgetvalue(res, row, 11)[0] == 't';
	table->schema = mem_copy(PQgetvalue(res, row, 12));
	table->signals = is_named(lists->signals, table->name);
	table->captured = table->signals || is_captured(lists, schema, relname, table->name);
}

bool
tables_read(const Conf *conf, PGconn *conn, TableList *list, Err *err)
{
	const char *params[] = {conf_get(conf, "publication.name")};
	TableFilter *lists = table_filter_new(conf, err);
	PGresult   *res;

	memset(list, 0, sizeof(*list));
	if (lists == NULL)
		return false;
	res = pg_query_params(conn, PGRES_TUPLES_OK, "list the database's tables", tables_sql,
						  1, params, err);
	if (res)
	{
		list->n = PQntuples(res);
		list->tables = mem_zero(list->n * sizeof(Table));
		for (int i = 0; i < list->n; i++)
		{
			read_table(res, i, lists, &list->tables[i]);
			list->ncaptured += list->tables[i].captured;
		}
	}
	PQclear(res);
	table_filter_free(lists);
	return res != NULL;
}

void
tables_free(TableList *list)
{
	for (int i = 0; i < list->n; i++)
	{
		free(list->tables[i].name);
		free(list->tables[i].quoted);
		free(list->tables[i].schema);
		free(list->tables[i].identity_index);
	}
	free(list->tables);
	memset(list, 0, sizeof(*list));
}

char *
tables_names(const TableList *list, bool (*chosen) (const Table *), int *count)
{
	char	   *text = NULL;
	size_t		size = 0;
	FILE	   *out = open_memstream(&text, &size);

	if (out == NULL)
		mem_exhausted();
	*count = 0;
	for (int i = 0; i < list->n; i++)
		if (chosen(&list->tables[i]) && (*count)++ < NAMES_SHOWN)
			fprintf(out, "%s%s", *count > 1 ? ", " : "", list->tables[i].name);
	if (*count > NAMES_SHOWN)
		fprintf(out, " and %d more", *count - NAMES_SHOWN);
	if (fclose(out) != 0 || text == NULL)
		mem_exhausted();
	return text;
}

bool
table_lacks_identity(const Table *table)
{
	if (table->identity == 'f')
		return false;
	if (table->identity == 'i')
		return table->identity_index[0] == '\0';
	return table->identity == 'n' || !table->has_key;
}
