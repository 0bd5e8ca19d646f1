/*
 * cmd_add.c
 *	  walpost add: what a connector starts to read the rows of tables that are
 *	  added to it.  Not for people; see adder.h for what the two say.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <unistd.h>

#include "adder.h"
#include "cmd.h"
#include "extension.h"
#include "log.h"
#include "mem.h"
#include "newtables.h"
#include "publication.h"
#include "slot.h"
#include "snapshot.h"
#include "tables.h"

#define LOG_MODULE "add"

/* What the connector has told. */
typedef struct Order
{
	Addition	tables;
	char		run[64];
	unsigned	check;
	int			parent;
	bool		quiet;
} Order;

static bool
read_line(char *line, size_t size, Err *err)
{
	if (fgets(line, (int) size, stdin) == NULL)
		return err_set(err, ERR_FATAL, "the connector that adds tables has gone");
	line[strcspn(line, "\n")] = '\0';
	return true;
}

static bool
read_order(Order *order, Err *err)
{
	char		line[512];

	for (;;)
	{
		if (!read_line(line, sizeof(line), err))
			return false;
		if (line[0] == '\0')
			return true;
		if (strncmp(line, "table ", 6) == 0)
			addition_add(&order->tables, line + 6, 0);
		else if (strcmp(line, "quiet") == 0)
			order->quiet = true;
		else if (sscanf(line, "run %63s", order->run) != 1 &&
				 sscanf(line, "check %u", &order->check) != 1 &&
				 sscanf(line, "parent %d", &order->parent) != 1)
			return err_set(err, ERR_FATAL, "\"walpost add\" is started by a connector; see \"walpost snapshot\"");
	}
}

static void
say(const char *fmt,...) __attribute__((format(printf, 1, 2)));

static void
say(const char *fmt,...)
{
	va_list		args;

	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}

/* Waits for the connector's word. */
static bool
wait_for(const char *word, Err *err)
{
	char		line[32];

	if (!read_line(line, sizeof(line), err))
		return false;
	return strcmp(line, word) == 0 || err_set(err, ERR_FATAL, "the connector said \"%s\" for \"%s\"", line, word);
}

/* ---- before the slot ---- */

static const Table *
find_table(const TableList *list, const char *name)
{
	for (int i = 0; i < list->n; i++)
		if (strcmp(list->tables[i].name, name) == 0)
			return &list->tables[i];
	return NULL;
}

static bool
check_tables(const Order *order, const TableList *list, Err *err)
{
	for (int i = 0; i < order->tables.n; i++)
	{
		const char *name = order->tables.tables[i].name;
		const Table *table = find_table(list, name);

		if (table == NULL)
			return err_set(err, ERR_CONFIG, "table %s does not exist, or is not one that has changes (a view, an unlogged table)", name);
		if (!table->captured)
			return err_set(err, ERR_CONFIG, "table %s is not captured: let schema.include.list and table.include.list (or their counterparts) take it, and start the connector again with walpost.snapshot.new.tables=true",
						   name);
	}
	return true;
}

static bool
say_relations(const Order *order, PGconn *conn, Err *err)
{
	for (int i = 0; i < order->tables.n; i++)
	{
		Addition	one = {.tables = &order->tables.tables[i],.n = 1};
		HeldRelation *relations;
		int			n;

		if (!addition_relations(&one, conn, &relations, &n, err))
			return false;
		for (int j = 0; j < n; j++)
			say("relation %d %u", i, relations[j].oid);
		free(relations);
	}
	return true;
}

/* A filtered publication lists each table. */
static bool
publish_table(const Conf *conf, PGconn *conn, const Table *table, Err *err)
{
	const char *name = conf_get(conf, "publication.name");
	char	   *quoted = PQescapeIdentifier(conn, name, strlen(name));
	char	   *sql = mem_print("ALTER PUBLICATION %s ADD TABLE %s", quoted, table->quoted);
	bool		done;

	log_info("%s", sql);
	done = pg_exec(conn, sql, sql, err);
	free(sql);
	PQfreemem(quoted);
	return done;
}

static bool
publish(const Conf *conf, const Order *order, const TableList *list, PGconn *conn, Err *err)
{
	bool		filtered = strcmp(conf_get(conf, "publication.autocreate.mode"), "filtered") == 0;

	for (int i = 0; i < order->tables.n; i++)
	{
		const Table *table = find_table(list, order->tables.tables[i].name);

		if (table->published)
			continue;
		if (!filtered)
			return err_set(err, ERR_CONFIG, "table %s is not in publication \"%s\"; have its owner run ALTER PUBLICATION \"%s\" ADD TABLE %s",
						   table->name, conf_get(conf, "publication.name"), conf_get(conf, "publication.name"), table->quoted);
		if (!publish_table(conf, conn, table, err))
			return false;
	}
	return true;
}

static void
say_new(const Order *order, const TableList *list)
{
	for (int i = 0; i < order->tables.n; i++)
		if (!find_table(list, order->tables.tables[i].name)->published)
			say("new %d", i);
}

static bool
prepare(const Conf *conf, const Order *order, PGconn *conn, Err *err)
{
	TableList	list;
	bool		done;

	if (!extension_make(conn, err) || !tables_read(conf, conn, &list, err))
		return false;
	done = check_tables(order, &list, err) && say_relations(order, conn, err);
	if (done)
	{
		say_new(order, &list);
		say("ready");
		done = wait_for("hold", err) && newtables_remember(conf, err) && publish(conf, order, &list, conn, err);
	}
	tables_free(&list);
	return done;
}

/* ---- rows ---- */

static bool
on_ready(void *arg, uint64_t lsn, Err *err)
{
	say("point " LSN_FMT, LSN_ARGS(lsn));
	return wait_for("go", err);
}

static void
on_counted(void *arg, uint32_t oid, uint64_t rows)
{
	say("rows %u %llu", oid, (unsigned long long) rows);
}

static bool
read_rows(const Conf *conf, const Order *order, Err *err)
{
	static const volatile bool never;
	const char **names = mem_zero((size_t) (order->tables.n + 1) * sizeof(char *));
	SnapshotPart part = {.tables = names,.ntables = order->tables.n,.ready = on_ready,.counted = on_counted};
	uint64_t	rows;
	bool		done;

	for (int i = 0; i < order->tables.n; i++)
		names[i] = order->tables.tables[i].name;
	done = snapshot_run_part(conf, &part, &never, &rows, err);
	if (done)
		say("done %llu", (unsigned long long) rows);
	free(names);
	return done;
}

/* With the connector's very properties, or not at all. */
static bool
run(Conf *conf, const Order *order, Err *err)
{
	PGconn	   *conn;
	bool		done;

	conf_set(conf, "walpost.run.id", order->run, "this run");
	if (adder_check(conf) != order->check)
		return err_set(err, ERR_RETRY, "the connector's file was changed after its start; start it again first");

	/* the transactional id is the stream's */
	conf_set_none(conf, "exactly.once.support");
	if (order->quiet)
		conf_set_none(conf, "notification.enabled.channels");
	conn = pg_connect(conf, false, err);
	if (conn == NULL)
		return false;
	done = prepare(conf, order, conn, err);
	PQfinish(conn);
	return done && read_rows(conf, order, err);
}

/* To the connector: will it pass, and what to do; the same words at each attempt. */
static void
say_failed(const Err *err)
{
	if (strcmp(err->sqlstate, SQLSTATE_NO_SLOT) == 0)
		say("failed 1 all replication slots of the server are in use, and the rows need one for a while; drop one that nobody needs, or raise max_replication_slots and restart the server");
	else
		say("failed %d %s", err->kind == ERR_RETRY, err->text);
}

/* Nobody needs it any more when the connector is gone. */
static bool
attach(const Order *order, Err *err)
{
#ifdef __linux__
	prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
	return getppid() == order->parent || err_set(err, ERR_FATAL, "the connector that adds tables has gone");
}

bool
cmd_add(const CliArgs *args, Err *err)
{
	Order		order = {.parent = 0};
	Conf	   *conf = NULL;
	bool		done;

	signal(SIGPIPE, SIG_IGN);
	/* the terminal is the connector's, which has said all there is to say of the file */
	setenv("NO_COLOR", "1", 1);
	log_level = LOG_ERROR;
	done = read_order(&order, err) && attach(&order, err) &&
		(conf = cli_load(args, args->operands[0], err)) != NULL && run(conf, &order, err);
	if (!done)
		say_failed(err);
	conf_free(conf);
	addition_clear(&order.tables);

	/* said to the connector, which says it */
	return true;
}
