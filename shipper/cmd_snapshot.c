/*
 * cmd_snapshot.c
 *	  walpost snapshot: asks a connector that streams to add tables.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "extension.h"
#include "mem.h"
#include "pg.h"
#include "slot.h"
#include "tables.h"

static const Table *
find_table(const TableList *list, const char *name)
{
	for (int i = 0; i < list->n; i++)
		if (strcmp(list->tables[i].name, name) == 0)
			return &list->tables[i];
	return NULL;
}

/* The connector would say it too, but in its log. */
static bool
check_tables(const CliArgs *args, const TableList *list, Err *err)
{
	for (int i = 0; args->tables[i] != NULL; i++)
	{
		const Table *table = find_table(list, args->tables[i]);

		if (table == NULL)
			return err_set(err, ERR_CONFIG, "table %s does not exist, or is not one that has changes (a view, an unlogged table)",
						   args->tables[i]);
		if (!table->captured)
			return err_set(err, ERR_CONFIG, "table %s is not captured: let schema.include.list and table.include.list (or their counterparts) take it, and start the connector again with walpost.snapshot.new.tables=true",
						   args->tables[i]);
	}
	return true;
}

static char *
signal_data(const CliArgs *args)
{
	json_t	   *names = json_array();
	json_t	   *data = json_pack("{s: o}", "data-collections", names);
	char	   *text;

	for (int i = 0; args->tables[i] != NULL; i++)
		json_array_append_new(names, json_string(args->tables[i]));
	text = json_dumps(data, JSON_COMPACT);
	if (text == NULL)
		mem_exhausted();
	json_decref(data);
	return text;
}

static bool
ask(const Conf *conf, const CliArgs *args, PGconn *conn, Err *err)
{
	const char *slot_name = conf_get(conf, "slot.name");
	char	   *data = signal_data(args);
	const char *params[] = {data, conf_get(conf, "topic.prefix")};
	PGresult   *res;
	Slot		slot;
	bool		done = slot_read(conn, slot_name, &slot, err);

	if (done && !slot.exists)
		done = err_set(err, ERR_CONFIG, "slot \"%s\" does not exist: the connector's first start publishes the rows of all its tables", slot_name);
	if (done)
	{
		res = pg_query_params(conn, PGRES_TUPLES_OK, "ask the connector",
							  "SELECT walpost.signal('add-table', $1::pg_catalog.json, $2)", 2, params, err);
		done = res != NULL;
		PQclear(res);
	}
	free(data);
	if (done)
		printf("asked the connector on slot \"%s\"%s; its log and walpost.snapshot_progress tell how far it is\n",
			   slot_name, slot.active ? "" : ", which begins once it runs");
	return done;
}

bool
cmd_snapshot(const CliArgs *args, Err *err)
{
	Conf	   *conf = cli_load(args, args->operands[0], err);
	PGconn	   *conn = NULL;
	TableList	list;
	bool		done = conf != NULL;

	if (done && args->tables[0] == NULL)
		done = err_set(err, ERR_CONFIG, "snapshot: which table? Name it with --table");
	if (done)
	{
		conn = pg_connect(conf, false, err);
		done = conn != NULL && tables_read(conf, conn, &list, err);
	}
	if (done)
	{
		done = check_tables(args, &list, err) && extension_there(conn, err) && ask(conf, args, conn, err);
		tables_free(&list);
	}
	PQfinish(conn);
	conf_free(conf);
	return done;
}
