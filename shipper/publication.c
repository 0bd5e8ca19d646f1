/*
 * publication.c
 *	  The publication, as publication.autocreate.mode wants it.
 *
 * What is there already is changed as little as possible: tables are added and
 * dropped one by one, so row filters and column lists of the others stay.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "publication.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "log.h"
#include "mem.h"

#define LOG_MODULE "publication"

bool
publication_read(const Conf *conf, PGconn *conn, Publication *pub, Err *err)
{
	const char *params[] = {conf_get(conf, "publication.name")};
	PGresult   *res;

	memset(pub, 0, sizeof(*pub));
	res = pg_query_params(conn, PGRES_TUPLES_OK, "read pg_publication",
						  "SELECT puballtables, pubupdate, pubdelete, pubviaroot"
						  " FROM pg_catalog.pg_publication WHERE pubname = $1",
						  1, params, err);
	if (res && PQntuples(res) == 1)
	{
		pub->exists = true;
		pub->all_tables = PQgetvalue(res, 0, 0)[0] == 't';
		pub->updates = PQgetvalue(res, 0, 1)[0] == 't';
		pub->deletes = PQgetvalue(res, 0, 2)[0] == 't';
		pub->via_root = PQgetvalue(res, 0, 3)[0] == 't';
	}
	PQclear(res);
	return res != NULL;
}

/* ---- CREATE PUBLICATION -------------------------------------------------- */

/* Operations that skipped.operations leaves, as publish = '...' lists them. */
static void
put_operations(FILE *out, const char *skipped)
{
	static const struct
	{
		char		letter;
		const char *word;
	}			operations[] = {
		{'c', "insert"}, {'u', "update"}, {'d', "delete"}, {'t', "truncate"}
	};
	const char *comma = "";

	fputs("publish = '", out);
	for (int i = 0; i < 4; i++)
	{
		if (strcasecmp(skipped, "none") != 0 &&
			(strchr(skipped, operations[i].letter) || strchr(skipped, toupper(operations[i].letter))))
			continue;
		fprintf(out, "%s%s", comma, operations[i].word);
		comma = ", ";
	}
	fputs("'", out);
}

/* As in Debezium, only what is set explicitly goes into the publication. */
static void
put_options(FILE *out, const Conf *conf)
{
	bool		operations = conf_is_set(conf, "skipped.operations");
	bool		via_root = conf_get_bool(conf, "publish.via.partition.root");

	if (!operations && !via_root)
		return;
	fputs(" WITH (", out);
	if (operations)
		put_operations(out, conf_get(conf, "skipped.operations"));
	if (via_root)
		fprintf(out, "%spublish_via_partition_root = true", operations ? ", " : "");
	fputs(")", out);
}

static void
put_captured(FILE *out, const TableList *tables)
{
	const char *comma = "";

	for (int i = 0; i < tables->n; i++)
		if (tables->tables[i].captured)
		{
			fprintf(out, "%s%s", comma, tables->tables[i].quoted);
			comma = ", ";
		}
}

/* ---- statements ----------------------------------------------------------- */

typedef struct Statement
{
	FILE	   *out;
	char	   *text;
	size_t		size;
} Statement;

static FILE *
statement_begin(Statement *statement)
{
	memset(statement, 0, sizeof(*statement));
	statement->out = open_memstream(&statement->text, &statement->size);
	if (statement->out == NULL)
		mem_exhausted();
	return statement->out;
}

static void
statement_end(Statement *statement, PublicationPlan *plan)
{
	if (fclose(statement->out) != 0 || statement->text == NULL)
		mem_exhausted();
	plan->statements[plan->n++] = statement->text;
}

static void
plan_create(const Conf *conf, const char *mode, const char *name,
			const TableList *tables, PublicationPlan *plan)
{
	Statement	statement;
	FILE	   *out = statement_begin(&statement);

	fprintf(out, "CREATE PUBLICATION %s", name);
	if (strcmp(mode, "all_tables") == 0)
		fputs(" FOR ALL TABLES", out);
	else if (strcmp(mode, "filtered") == 0)
	{
		fputs(" FOR TABLE ", out);
		put_captured(out, tables);
	}
	put_options(out, conf);
	statement_end(&statement, plan);
}

/* True if the rows of an existing publication name the table. */
static bool
is_member(const PGresult *members, const Table *table)
{
	for (int i = 0; i < PQntuples(members); i++)
		if (strcmp(PQgetvalue(members, i, 0), table->quoted) == 0)
			return true;
	return false;
}

static bool
is_captured(const TableList *tables, const char *quoted)
{
	for (int i = 0; i < tables->n; i++)
		if (tables->tables[i].captured && strcmp(tables->tables[i].quoted, quoted) == 0)
			return true;
	return false;
}

/* Adds one name to an ALTER PUBLICATION, which begins with the first. */
static void
put_member(Statement *statement, const char *name, const char *verb, const char *table)
{
	if (statement->out == NULL)
		fprintf(statement_begin(statement), "ALTER PUBLICATION %s %s TABLE %s", name, verb, table);
	else
		fprintf(statement->out, ", %s", table);
}

/* Tables are added before others are dropped: it is never without any. */
static void
plan_alter(const char *name, const PGresult *members, const TableList *tables,
		   PublicationPlan *plan)
{
	Statement	add = {0},
				drop = {0};

	for (int i = 0; i < tables->n; i++)
		if (tables->tables[i].captured && !is_member(members, &tables->tables[i]))
			put_member(&add, name, "ADD", tables->tables[i].quoted);
	for (int i = 0; i < PQntuples(members); i++)
		if (!is_captured(tables, PQgetvalue(members, i, 0)))
			put_member(&drop, name, "DROP", PQgetvalue(members, i, 0));
	if (add.out)
		statement_end(&add, plan);
	if (drop.out)
		statement_end(&drop, plan);
}

static PGresult *
read_members(const Conf *conf, PGconn *conn, Err *err)
{
	const char *params[] = {conf_get(conf, "publication.name")};

	return pg_query_params(conn, PGRES_TUPLES_OK, "list the publication's tables",
						   "SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname)"
						   " FROM pg_catalog.pg_publication p"
						   " JOIN pg_catalog.pg_publication_rel r ON r.prpubid = p.oid"
						   " JOIN pg_catalog.pg_class c ON c.oid = r.prrelid"
						   " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
						   " WHERE p.pubname = $1 ORDER BY 1",
						   1, params, err);
}

/* ---- the plan ------------------------------------------------------------ */

static bool
check_plan(const Conf *conf, const char *mode, const Publication *pub,
		   const TableList *tables, Err *err)
{
	const char *name = conf_get(conf, "publication.name");

	if (strcmp(mode, "disabled") == 0 && !pub->exists)
		return err_set(err, ERR_CONFIG, "publication \"%s\" does not exist and publication.autocreate.mode is \"disabled\"; create it (CREATE PUBLICATION \"%s\" FOR TABLE ...), or set the mode to filtered",
					   name, name);
	if (strcmp(mode, "filtered") != 0)
		return true;
	if (tables->ncaptured == 0)
		return err_set(err, ERR_CONFIG, "publication \"%s\" cannot be filtered: none of the database's %d tables is captured; check schema.include.list and table.include.list",
					   name, tables->n);
	if (pub->all_tables)
		return err_set(err, ERR_CONFIG, "publication \"%s\" is FOR ALL TABLES, but publication.autocreate.mode is \"filtered\"; set it to all_tables, name another publication.name, or DROP PUBLICATION \"%s\"",
					   name, name);
	return true;
}

void
publication_plan_free(PublicationPlan *plan)
{
	for (int i = 0; i < plan->n; i++)
		free(plan->statements[i]);
	plan->n = 0;
}

bool
publication_plan(const Conf *conf, PGconn *conn, const Publication *pub,
				 const TableList *tables, PublicationPlan *plan, Err *err)
{
	const char *mode = conf_get(conf, "publication.autocreate.mode");
	const char *name = conf_get(conf, "publication.name");
	PGresult   *members = NULL;
	char	   *quoted;

	plan->n = 0;
	if (!check_plan(conf, mode, pub, tables, err))
		return false;
	if (pub->exists && strcmp(mode, "filtered") != 0)
		return true;
	if (pub->exists)
	{
		members = read_members(conf, conn, err);
		if (members == NULL)
			return false;
	}
	quoted = PQescapeIdentifier(conn, name, strlen(name));
	if (quoted == NULL)
		mem_exhausted();
	if (members)
		plan_alter(quoted, members, tables, plan);
	else
		plan_create(conf, mode, quoted, tables, plan);
	PQfreemem(quoted);
	PQclear(members);
	return true;
}

/* A failure tells the statement that somebody else must run. */
static bool
run_statement(PGconn *conn, const char *sql, Err *err)
{
	PGresult   *res = PQexec(conn, sql);
	bool		ok = PQresultStatus(res) == PGRES_COMMAND_OK;

	if (ok)
		log_info("%s", sql);
	else
	{
		Err			cause;

		pg_error(conn, res, "set up the publication", &cause);

		/*
		 * duplicate object, or row of pg_publication: who comes second finds
		 * it there
		 */
		if (strcmp(cause.sqlstate, "42710") == 0 || strcmp(cause.sqlstate, "23505") == 0)
			err_set(err, ERR_RETRY, "%s: another walpost sets it up as well", cause.text);
		else
			err_set(err, cause.kind, "%s; have a superuser (or the owner of the tables) run: %.500s",
					cause.text, sql);
	}
	PQclear(res);
	return ok;
}

bool
publication_prepare(const Conf *conf, PGconn *conn, const TableList *tables, Err *err)
{
	Publication pub;
	PublicationPlan plan;
	bool		ok = true;

	if (!publication_read(conf, conn, &pub, err) ||
		!publication_plan(conf, conn, &pub, tables, &plan, err))
		return false;
	if (plan.n > 0)
		ok = pg_exec(conn, "begin a transaction", "BEGIN", err);
	for (int i = 0; i < plan.n && ok; i++)
		ok = run_statement(conn, plan.statements[i], err);
	if (plan.n > 0 && ok)
		ok = pg_exec(conn, "commit the publication", "COMMIT", err);
	publication_plan_free(&plan);
	return ok;
}
