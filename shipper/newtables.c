/*
 * newtables.c
 *	  Tables that a connector captures from this start on.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "mem.h"
#include "newtables.h"
#include "offsets.h"
#include "slot.h"

#define LOG_MODULE "add"

static const char *const lists[] = {
	"schema.include.list", "schema.exclude.list", "table.include.list", "table.exclude.list"
};

#define NLISTS	(sizeof(lists) / sizeof(lists[0]))

static bool
is_wanted(const Conf *conf)
{
	return conf_get_bool(conf, "walpost.snapshot.new.tables");
}

static bool
is_filtered(const Conf *conf)
{
	return strcmp(conf_get(conf, "publication.autocreate.mode"), "filtered") == 0;
}

/* ---- the record of the lists ---- */

static char *
record_key(const Conf *conf)
{
	json_t	   *key = json_pack("[s, {s: s, s: s}]", conf_get(conf, "name"),
								"server", conf_get(conf, "topic.prefix"), "walpost", "lists");
	char	   *text = key ? json_dumps(key, JSON_COMPACT) : NULL;

	if (text == NULL)
		mem_exhausted();
	json_decref(key);
	return text;
}

static char *
record_value(const Conf *conf)
{
	json_t	   *value = json_object();
	char	   *text;

	for (size_t i = 0; i < NLISTS; i++)
	{
		const char *list = conf_get(conf, lists[i]);

		if (list != NULL)
			json_object_set_new(value, lists[i], json_string(list));
	}
	text = json_dumps(value, JSON_COMPACT | JSON_PRESERVE_ORDER);
	if (text == NULL)
		mem_exhausted();
	json_decref(value);
	return text;
}

/* What a record says as properties of a connector; NULL: it is none. */
static Conf *
conf_then(const Conf *conf, const char *text)
{
	json_error_t why;
	json_t	   *value = json_loads(text, 0, &why);
	Conf	   *then;

	if (!json_is_object(value))
	{
		json_decref(value);
		return NULL;
	}
	then = conf_new();
	conf_set(then, "publication.name", conf_get(conf, "publication.name"), "the record of the lists");
	for (size_t i = 0; i < NLISTS; i++)
	{
		const char *list = json_string_value(json_object_get(value, lists[i]));

		if (list != NULL)
			conf_set(then, lists[i], list, "the record of the lists");
	}
	json_decref(value);
	return then;
}

bool
newtables_remember(const Conf *conf, Err *err)
{
	char	   *key = record_key(conf);
	char	   *value = record_value(conf);
	bool		done = !is_wanted(conf) || offsets_put(conf, key, value, err);

	free(value);
	free(key);
	return done;
}

/* ---- what is new ---- */

static const Table *
find_table(const TableList *list, const char *name)
{
	for (int i = 0; i < list->n; i++)
		if (strcmp(list->tables[i].name, name) == 0)
			return &list->tables[i];
	return NULL;
}

/* Was it taken by these lists? */
static bool
was_captured(const TableList *then, const char *name)
{
	const Table *table = find_table(then, name);

	return table != NULL && table->captured;
}

/* then NULL: the lists are as they were. */
static bool
compare(const Conf *conf, PGconn *conn, const Conf *then, Addition *found, Err *err)
{
	TableList	now,
				before = {0};

	if (!tables_read(conf, conn, &now, err))
		return false;
	if (then != NULL && !tables_read(then, conn, &before, err))
	{
		tables_free(&now);
		return false;
	}
	for (int i = 0; i < now.n; i++)
	{
		const Table *table = &now.tables[i];

		if (!table->captured || strchr(table->name, '\n') != NULL)
			continue;
		/* of a table that was not captured nothing is published before its rows are */
		if (then != NULL && !was_captured(&before, table->name))
			addition_add(found, table->name, HOLDING_DROP_ALL);
		else if (is_filtered(conf) && !table->published)
			addition_add(found, table->name, 0);
	}
	tables_free(&before);
	tables_free(&now);
	return true;
}

/* All of them have to be in one position record. */
static bool
check_room(const Addition *found, Err *err)
{
	char	   *text = mem_zero(POSITION_ADDING_MAX);
	int			fit = addition_print(found, text);

	free(text);
	return fit == found->n ||
		err_set(err, ERR_CONFIG, "could not add %d new tables at once: let table.include.list take %d of them or less, and the others later",
				found->n, fit);
}

/* Compares with the record, and writes one where there is none. */
static bool
find_by_record(const Conf *conf, PGconn *conn, Addition *found, Err *err)
{
	char	   *key = record_key(conf);
	char	   *text = NULL;
	Conf	   *then = NULL;
	bool		done = offsets_get(conf, key, &text, err);

	free(key);
	if (done && text != NULL)
		then = conf_then(conf, text);
	if (done && then == NULL)
	{
		log_info("tables that the include and exclude lists take from the next start on will get a snapshot (walpost.snapshot.new.tables)");
		done = newtables_remember(conf, err);
	}
	done = done && compare(conf, conn, then, found, err) && check_room(found, err);
	conf_free(then);
	free(text);
	return done;
}

static bool
slot_exists(const Conf *conf, PGconn *conn, bool *exists, Err *err)
{
	Slot		slot;

	if (!slot_read(conn, conf_get(conf, "slot.name"), &slot, err))
		return false;
	*exists = slot.exists;
	return true;
}

bool
newtables_find(const Conf *conf, Addition *found, Err *err)
{
	PGconn	   *conn;
	bool		exists = false;
	bool		done;

	if (!is_wanted(conf))
		return true;
	conn = pg_connect(conf, false, err);
	if (conn == NULL)
		return false;
	done = slot_exists(conf, conn, &exists, err);
	if (done && exists)
		done = find_by_record(conf, conn, found, err);
	else if (done)
		done = newtables_remember(conf, err);
	PQfinish(conn);
	return done;
}

bool
newtables_taken(const Conf *conf, Addition *found, Err *err)
{
	int			kept = 0;

	for (int i = 0; i < found->n; i++)
	{
		if (found->tables[i].drop_lsn == 0)
			found->tables[kept++] = found->tables[i];
		else
			free(found->tables[i].name);
	}
	found->n = kept;
	return newtables_remember(conf, err);
}

bool
newtables_hold_back(const Conf *conf, PGconn *conn, TableList *tables, Err *err)
{
	bool		exists = false;

	if (!is_wanted(conf) || !is_filtered(conf))
		return true;
	if (!slot_exists(conf, conn, &exists, err))
		return false;
	for (int i = 0; exists && i < tables->n; i++)
		if (tables->tables[i].captured && !tables->tables[i].published)
		{
			tables->tables[i].captured = false;
			tables->ncaptured--;
		}
	return true;
}
