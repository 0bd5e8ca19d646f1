/*
 * cmd_slot.c
 *	  walpost slot list, create, drop, takeover and giveback.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "log.h"
#include "mem.h"
#include "offsets.h"
#include "pg.h"
#include "slot.h"
#include "snapshot.h"
#include "spool.h"

#define LOG_MODULE "slot"

static const char list_sql[] =
"SELECT slot_name AS slot, plugin, database,"
" CASE WHEN active THEN 'process ' || active_pid"
"  WHEN " SLOT_CLAIM_PID " IS NOT NULL THEN 'snapshot, process ' || " SLOT_CLAIM_PID
"  WHEN plugin = '" SLOT_PLUGIN "' AND wal_status = 'lost' THEN 'orphan, lost'"
"  WHEN plugin = '" SLOT_PLUGIN "' THEN 'orphan' ELSE 'nobody' END AS \"used by\","
" COALESCE(confirmed_flush_lsn::pg_catalog.text, '-') AS confirmed,"
" COALESCE(pg_catalog.pg_wal_lsn_diff("
"  CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn()"
"  ELSE pg_catalog.pg_current_wal_lsn() END, restart_lsn)::pg_catalog.text, '-') AS \"retained bytes\","
" COALESCE(wal_status, '-') AS state"
" FROM pg_catalog.pg_replication_slots WHERE slot_type = 'logical' ORDER BY slot_name";

static void
print_aligned(const PGresult *res)
{
	int			columns = PQnfields(res);

	for (int row = -1; row < PQntuples(res); row++)
	{
		for (int column = 0; column < columns; column++)
		{
			size_t		width = strlen(PQfname(res, column));
			const char *text = row < 0 ? PQfname(res, column) : PQgetvalue(res, row, column);

			for (int i = 0; i < PQntuples(res); i++)
				if ((size_t) PQgetlength(res, i, column) > width)
					width = PQgetlength(res, i, column);
			if (column + 1 < columns)
				printf("%-*s  ", (int) width, text);
			else
				printf("%s\n", text);
		}
	}
}

bool
cmd_slot_list(const CliArgs *args, Err *err)
{
	Conf	   *conf = cli_load(args, args->operands[0], err);
	PGconn	   *conn = conf ? pg_connect(conf, false, err) : NULL;
	PGresult   *res = NULL;

	if (conn)
		res = pg_query(conn, PGRES_TUPLES_OK, "list slots", list_sql, err);
	if (res)
		print_aligned(res);
	PQclear(res);
	PQfinish(conn);
	conf_free(conf);
	return res != NULL;
}

bool
cmd_slot_create(const CliArgs *args, Err *err)
{
	Conf	   *conf = cli_load(args, args->operands[0], err);
	const char *name = conf ? conf_get(conf, "slot.name") : NULL;
	bool		done = false;
	bool		made;
	PGconn	   *conn;
	Slot		slot;

	conn = conf ? pg_connect(conf, false, err) : NULL;
	if (conn && slot_read(conn, name, &slot, err))
	{
		if (slot.exists)
			err_set(err, ERR_FATAL, "slot \"%s\" exists already (plugin \"%s\"); drop it first, or let the connector use it",
					name, slot.plugin);
		else
			done = slot_prepare(conf, SLOT_MAKE, NULL, &made, err);
	}
	PQfinish(conn);
	if (done)
		printf("made slot \"%s\"\n", name);
	conf_free(conf);
	return done;
}

/* The slot must be idle.  False and err when it is not, or nothing is known. */
static bool
may_drop(const Conf *conf, const char *name, bool *exists, Err *err)
{
	PGconn	   *conn = pg_connect(conf, false, err);
	Slot		slot;
	bool		may = conn && slot_read(conn, name, &slot, err);

	*exists = may && slot.exists;
	if (*exists && slot.active)
		may = err_set(err, ERR_FATAL, "slot \"%s\" is in use by process %d of the server; stop its client first",
					  name, slot.active_pid);
	else if (*exists && slot.snapshot_pid != 0)
		may = err_set(err, ERR_FATAL, "a snapshot is taken for slot \"%s\" by process %d of the server; stop its client first",
					  name, slot.snapshot_pid);
	PQfinish(conn);
	return may;
}

/*
 * Drops the connector's slot and forgets its position record, so that the next
 * start is the first again; of a slot that is named, there is no record.
 */
static bool
drop(const Conf *conf, const char *named, Err *err)
{
	const char *name = named ? named : conf_get(conf, "slot.name");
	bool		forget = named == NULL && conf_get(conf, "bootstrap.servers") != NULL;
	bool		exists,
				found = false;

	if (!may_drop(conf, name, &exists, err) || (exists && !slot_drop(conf, name, err)))
		return false;
	if (exists)
		printf("dropped slot \"%s\"\n", name);
	if (forget && !offsets_forget(conf, &found, err))
		return false;
	if (found)
		printf("forgot the position record of connector \"%s\"\n", conf_get(conf, "name"));

	/* a typing error must not look like success */
	return exists || found ||
		err_set(err, ERR_FATAL, "slot \"%s\" does not exist; walpost slot list shows those that do", name);
}

bool
cmd_slot_drop(const CliArgs *args, Err *err)
{
	Conf	   *conf = cli_load(args, args->operands[0], err);
	bool		done = conf && drop(conf, args->noperands > 1 ? args->operands[1] : NULL, err);

	conf_free(conf);
	return done;
}

bool
cmd_slot_takeover(const CliArgs *args, Err *err)
{
	Conf	   *conf = cli_load(args, args->operands[0], err);
	bool		done = conf && slot_takeover(conf, conf_get(conf, "slot.name"), err);

	if (done)
		printf("slot \"%s\" has plugin \"" SLOT_PLUGIN "\"\n", conf_get(conf, "slot.name"));
	conf_free(conf);
	return done;
}

/* Debezium would not go on with a snapshot of ours. */
static bool
is_complete(const Conf *conf, Err *err)
{
	bool		unfinished;

	if (conf_get(conf, "bootstrap.servers") == NULL)
	{
		log_warn("bootstrap.servers is missing, so nobody looks whether Kafka has a part of a snapshot only; set it, or give --worker");
		return true;
	}
	if (!snapshot_unfinished(conf, &unfinished, err))
		return false;
	return !unfinished || err_set(err, ERR_FATAL, "the snapshot of connector \"%s\" is not complete, and only walpost goes on with it; run the connector until it streams, or give up both slot and snapshot with \"walpost slot drop\"",
								  conf_get(conf, "name"));
}

/*
 * Only where the slot stands at what Kafka has; with a spool it may be past it, and
 * nobody but us can deliver what that holds.
 */
static bool
is_delivered(const Conf *conf, Err *err)
{
	const SpoolOptions options = {
		.dir = conf_get(conf, "walpost.spool.dir"),.prefix = conf_get(conf, "topic.prefix"),
		.slot = conf_get(conf, "slot.name"),.max_bytes = conf_get_int(conf, "walpost.spool.max.bytes")
	};
	Spool	   *spool;
	bool		empty;

	if (options.dir == NULL)
		return true;
	spool = spool_open(&options, err);
	if (spool == NULL)
		return false;
	empty = spool_bytes(spool) == 0;
	spool_close(spool);
	return empty || err_set(err, ERR_FATAL, "the spool of connector \"%s\" holds events that Kafka does not have; run the connector until it is empty",
							conf_get(conf, "name"));
}

bool
cmd_slot_giveback(const CliArgs *args, Err *err)
{
	Conf	   *conf = cli_load(args, args->operands[0], err);
	const char *name = conf ? conf_get(conf, "slot.name") : NULL;
	const char *plugin = conf ? conf_get(conf, "plugin.name") : NULL;
	bool		done = conf && is_delivered(conf, err) && is_complete(conf, err) && slot_giveback(conf, name, plugin, err);

	if (done)
		printf("slot \"%s\" has plugin \"%s\"\n", name, plugin);
	conf_free(conf);
	return done;
}
