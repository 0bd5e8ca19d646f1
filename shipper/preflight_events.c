/*
 * preflight_events.c
 *	  Whether changes of the captured tables can become events under the connector's
 *	  transforms and names, asked before there is one.
 *
 * The plugin knows, and the extension's refusal() asks it.  Where the extension is
 * still to be made, it is made in a transaction that is rolled back.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdlib.h>
#include <string.h>

#include "extension.h"
#include "mem.h"
#include "preflight.h"

/* Somebody makes the extension at this moment: unique_violation, duplicate_object. */
#define SQLSTATE_UNIQUE "23505"
#define SQLSTATE_EXISTS "42710"

static const char refusal_sql[] =
"SELECT walpost.refusal($1::pg_catalog.regclass, ARRAY['walpost.properties', $2], $3)";

static const char heartbeat_sql[] =
"SELECT walpost.heartbeat(ARRAY['walpost.properties', $1])";

/* A table has rows, but need not see updates and deletes. */
static const struct
{
	const char *operation;
	FindingLevel level;
	const char *what;
}			operations[] = {
	{"c", FINDING_ERROR, "rows"}, {"u", FINDING_WARNING, "updates"}, {"d", FINDING_WARNING, "deletes"}
};

/* Asks of one of them; the caller clears the result.  NULL: the transaction is over. */
static PGresult *
ask_operation(Preflight *pf, const Table *table, const char *properties, const char *operation)
{
	const char *params[] = {table->quoted, properties, operation};
	Err			err;
	PGresult   *res = pg_query_params(pf->conn, PGRES_TUPLES_OK, "ask for events", refusal_sql, 3, params, &err);

	/* options that are wrong are wrong for all of them */
	if (res == NULL)
		preflight_report(pf, FINDING_ERROR, "%s", err.text);
	return res;
}

/* True: the next one may be asked.  What is said of rows need not be said of their updates. */
static bool
ask(Preflight *pf, const Table *table, const char *properties)
{
	bool		refused = false;

	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]) && !refused; i++)
	{
		PGresult   *res = ask_operation(pf, table, properties, operations[i].operation);

		if (res == NULL)
			return false;
		refused = PQntuples(res) == 1 && !PQgetisnull(res, 0, 0);
		if (refused)
			preflight_report(pf, operations[i].level, "%s of table %s cannot become events: %.900s",
							 operations[i].what, table->name, PQgetvalue(res, 0, 0));
		PQclear(res);
	}
	return true;
}

/* A heartbeat that a transform does not take is not written. */
static void
ask_of_heartbeats(Preflight *pf, const char *properties)
{
	Err			err;
	PGresult   *res = pg_query_params(pf->conn, PGRES_TUPLES_OK, "ask for a heartbeat", heartbeat_sql, 1, &properties, &err);

	if (res == NULL)
		preflight_report(pf, FINDING_WARNING, "no heartbeats will be written: %.900s", err.text);
	PQclear(res);
}

/* An error ends the transaction, so heartbeats come last. */
static void
ask_all(Preflight *pf, const TableList *tables)
{
	char	   *properties = conf_plugin_properties(pf->conf);
	bool		go_on = true;

	for (int i = 0; go_on && i < tables->n; i++)
	{
		const Table *table = &tables->tables[i];

		if (table->captured && !table->signals && table->kind == 'r')
			go_on = ask(pf, table, properties);
	}
	if (go_on && conf_get_int(pf->conf, "heartbeat.interval.ms") > 0)
		ask_of_heartbeats(pf, properties);
	free(properties);
}

/* What may keep rows from becoming events, or NULL. */
static const char *
deciding_property(const Conf *conf)
{
	static const char *const properties[] = {"transforms", "topic.regex", "header.converter"};

	for (size_t i = 0; i < sizeof(properties) / sizeof(properties[0]); i++)
		if (conf_is_set(conf, properties[i]))
			return properties[i];
	return NULL;
}

bool
preflight_events(Preflight *pf, const TableList *tables, Err *err)
{
	const char *property = deciding_property(pf->conf);
	bool		absent;
	bool		done;

	if (property == NULL)
		return true;

	/* without it the stream begins all the same, and says what there is to say */
	if (!extension_look(pf->conn, &absent, err))
		return PQstatus(pf->conn) == CONNECTION_OK;
	if (!pg_exec(pf->conn, "begin a transaction", absent ? "BEGIN READ WRITE" : "BEGIN", err))
		return false;
	pf->property = property;
	done = !absent || pg_exec(pf->conn, "make the extension for a look", EXTENSION_STATEMENT, err);
	if (done)
		ask_all(pf, tables);
	else if (strcmp(err->sqlstate, SQLSTATE_UNIQUE) != 0 && strcmp(err->sqlstate, SQLSTATE_EXISTS) != 0)
		preflight_report(pf, FINDING_ERROR, "%s", err->text);
	pf->property = NULL;
	return pg_exec(pf->conn, "end the look", "ROLLBACK", err);
}
