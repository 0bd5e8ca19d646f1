/*
 * preflight_rights.c
 *	  Rights that the role lacks, each with the statement that grants it.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "pattern.h"
#include "preflight.h"

#define NAMES_SHOWN 10

/* In the order of enum RoleColumn; $1 is the publication. */
static const char role_sql[] =
"SELECT r.rolsuper, pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE'),"
" COALESCE((SELECT pg_catalog.pg_has_role(p.pubowner, 'USAGE') FROM pg_catalog.pg_publication p WHERE p.pubname = $1), true),"
" pg_catalog.quote_ident(r.rolname), pg_catalog.quote_ident(pg_catalog.current_database())"
" FROM pg_catalog.pg_roles r WHERE r.rolname = current_user";

enum RoleColumn
{
	SUPERUSER, MAY_CREATE, OWNS_PUBLICATION, ROLE_NAME, DATABASE
};

typedef struct Rights
{
	Preflight  *pf;
	const Publication *pub;
	const TableList *tables;
	const PGresult *role;
} Rights;

static bool
is_true(const Rights *rights, enum RoleColumn column)
{
	return PQgetvalue(rights->role, 0, column)[0] == 't';
}

typedef bool (*Chosen) (const Rights *rights, const Table *table);

/* The names of the tables that chosen() says, for SQL; NULL: there are none. */
static char *
quoted_names(const Rights *rights, Chosen chosen)
{
	char	   *text = NULL;
	size_t		size = 0;
	int			n = 0;
	FILE	   *out = open_memstream(&text, &size);

	if (out == NULL)
		mem_exhausted();
	for (int i = 0; i < rights->tables->n; i++)
		if (chosen(rights, &rights->tables->tables[i]) && n++ < NAMES_SHOWN)
			fprintf(out, "%s%s", n > 1 ? ", " : "", rights->tables->tables[i].quoted);
	if (n > NAMES_SHOWN)
		fprintf(out, ", ... (%d more)", n - NAMES_SHOWN);
	if (fclose(out) != 0 || text == NULL)
		mem_exhausted();
	if (n > 0)
		return text;
	free(text);
	return NULL;
}

/* ---- the publication ------------------------------------------------------------ */

/* One that the start adds to the publication, which only its owner may. */
static bool
is_foreign(const Rights *rights, const Table *table)
{
	return table->captured && !table->owned && !(rights->pub->exists && table->published);
}

static void
publication_refused(const Rights *rights, const PublicationPlan *plan, const char *why)
{
	preflight_report(rights->pf, FINDING_ERROR, "role %s cannot %s publication \"%s\": %.300s; have a superuser run: %.400s",
					 PQgetvalue(rights->role, 0, ROLE_NAME), rights->pub->exists ? "change" : "make",
					 conf_get(rights->pf->conf, "publication.name"), why, plan->statements[0]);
}

static void
check_plan(const Rights *rights, const PublicationPlan *plan)
{
	const char *mode = conf_get(rights->pf->conf, "publication.autocreate.mode");
	bool		filtered = strcmp(mode, "filtered") == 0;
	char	   *foreign = filtered ? quoted_names(rights, is_foreign) : NULL;
	char	   *why;

	if (plan->n == 0 || is_true(rights, SUPERUSER))
		why = NULL;
	else if (strcmp(mode, "all_tables") == 0)
		why = mem_copy("FOR ALL TABLES takes a superuser (publication.autocreate.mode=filtered does not)");
	else if (!is_true(rights, OWNS_PUBLICATION))
		why = mem_copy("it is not its owner");
	else if (foreign != NULL)
		why = mem_print("it does not own %s", foreign);
	else if (!rights->pub->exists && !is_true(rights, MAY_CREATE))
		why = mem_print("it lacks CREATE on the database (GRANT CREATE ON DATABASE %s TO %s)",
						PQgetvalue(rights->role, 0, DATABASE), PQgetvalue(rights->role, 0, ROLE_NAME));
	else
		why = NULL;
	if (why != NULL)
		publication_refused(rights, plan, why);
	free(foreign);
	free(why);
}

/* A plan that cannot be had is for the start to say. */
static void
check_publication(const Rights *rights)
{
	PublicationPlan plan;
	Err			err;

	if (!publication_plan(rights->pf->conf, rights->pf->conn, rights->pub, rights->tables, &plan, &err))
		return;
	check_plan(rights, &plan);
	publication_plan_free(&plan);
}

/* ---- rows ------------------------------------------------------------------------- */

/* Of a partition it takes more to know whether its rows are read. */
static bool
is_read(const Rights *rights, const Table *table)
{
	const char *mode = conf_get(rights->pf->conf, "publication.autocreate.mode");

	return table->kind == 'r' && table->captured && !table->signals && !table->is_partition &&
		(table->published || !rights->pub->exists || strcmp(mode, "filtered") == 0);
}

static bool
is_unreadable(const Rights *rights, const Table *table)
{
	return !table->readable && is_read(rights, table);
}

static bool
is_hidden(const Rights *rights, const Table *table)
{
	return !table->reachable && is_read(rights, table);
}

/* Tables come in the order of their schemas. */
static void
check_schemas(const Rights *rights, const char *role)
{
	const char *last = "";

	for (int i = 0; i < rights->tables->n; i++)
	{
		const Table *table = &rights->tables->tables[i];

		if (!is_hidden(rights, table) || strcmp(table->schema, last) == 0)
			continue;
		last = table->schema;
		preflight_report(rights->pf, FINDING_ERROR, "role %s may not use schema %s, which has captured tables; have its owner run: GRANT USAGE ON SCHEMA %s TO %s",
						 role, table->schema, table->schema, role);
	}
}

static void
check_rows(const Rights *rights)
{
	const char *role = PQgetvalue(rights->role, 0, ROLE_NAME);
	char	   *unreadable;

	/* which tables those are takes patterns; the snapshot will say */
	if (!preflight_takes_snapshot(rights->pf) || conf_is_set(rights->pf->conf, "snapshot.include.collection.list"))
		return;
	check_schemas(rights, role);
	unreadable = quoted_names(rights, is_unreadable);
	if (unreadable != NULL)
		preflight_report(rights->pf, FINDING_ERROR, "role %s may not read the rows of captured tables, which the snapshot does (snapshot.mode=no_data does not); have their owner run: GRANT SELECT ON %s TO %s",
						 role, unreadable, role);
	free(unreadable);
}

bool
preflight_rights(Preflight *pf, const TableList *tables, const Publication *pub, Err *err)
{
	const char *params[] = {conf_get(pf->conf, "publication.name")};
	PGresult   *role = pg_query_params(pf->conn, PGRES_TUPLES_OK, "read the role's rights", role_sql, 1, params, err);
	Rights		rights = {pf, pub, tables, role};

	if (role == NULL)
		return false;
	if (PQntuples(role) == 1)
	{
		check_publication(&rights);
		check_rows(&rights);
	}
	PQclear(role);
	return true;
}
