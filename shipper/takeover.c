/*
 * takeover.c
 *	  A slot of another plugin becomes one of ours, at the very same LSNs; or one of
 *	  ours another's, for the way back.
 *
 * A slot's plugin cannot be changed, but a copy may have another one.  So: copy
 * the slot under a second name, drop it, copy back, drop the second.  At each
 * moment at least one of the two holds the position and the WAL; which of them
 * exist says how far it came, so running it again completes it, and so does the
 * way back, since the second may be copied with either plugin.
 *
 *		slot		second		next step
 *		unwanted	-			copy slot -> second
 *		unwanted	there		(the copy may be old) drop second, begin anew
 *		-			there		copy second -> slot
 *		wanted		there		drop second
 *		wanted		-			done
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "mem.h"
#include "slot.h"

#define LOG_MODULE "slot"

#define SECOND_PREFIX "walpost_takeover_"

/* "replication slot ... already exists": one that was killed has come to its end meanwhile. */
#define SQLSTATE_EXISTS "42710"

const char *
slot_takeover_name(const char *name, char buf[64])
{
	/* cut in front, so that two long names that end alike are rare, not equal */
	size_t		room = 63 - strlen(SECOND_PREFIX);
	size_t		len = strlen(name);

	snprintf(buf, 64, SECOND_PREFIX "%s", len > room ? name + (len - room) : name);
	return buf;
}

typedef struct Takeover
{
	const Conf *conf;
	PGconn	   *conn;
	const char *name;
	const char *plugin;			/* that the slot is to have */
	const char *again;			/* the command that does the same */
	char		second_name[64];
	Slot		slot;
	Slot		second;
} Takeover;

static bool
copy_slot(Takeover *t, const char *from, const char *to, Err *err)
{
	const char *params[] = {from, to, t->plugin};
	char	   *what = mem_print("copy slot \"%s\" to \"%s\"", from, to);
	PGresult   *res;

	res = pg_query_params(t->conn, PGRES_TUPLES_OK, what,
						  "SELECT lsn FROM pg_catalog.pg_copy_logical_replication_slot($1, $2, false, $3)",
						  3, params, err);
	if (res == NULL && strcmp(err->sqlstate, SQLSTATE_EXISTS) == 0)
		err->kind = ERR_RETRY;
	if (res)
		log_info("copied slot \"%s\" to \"%s\", plugin \"%s\", at %s",
				 from, to, t->plugin, PQgetvalue(res, 0, 0));
	PQclear(res);
	free(what);
	return res != NULL;
}

/*
 * Drops a slot if nobody uses it and it still stands at the LSN that was read:
 * had its old client come back in between, the copy would lag behind it.
 */
static bool
drop_unmoved(Takeover *t, const char *name, const char *lsn, Err *err)
{
	const char *params[] = {name, lsn};
	char	   *what = mem_print("drop slot \"%s\"", name);
	PGresult   *res;
	bool		dropped;

	res = pg_query_params(t->conn, PGRES_TUPLES_OK, what,
						  "SELECT pg_catalog.pg_drop_replication_slot(slot_name)"
						  " FROM pg_catalog.pg_replication_slots"
						  " WHERE slot_name = $1 AND NOT active AND confirmed_flush_lsn = $2::pg_catalog.pg_lsn",
						  2, params, err);
	free(what);
	if (res == NULL)
		return false;
	dropped = PQntuples(res) == 1;
	PQclear(res);
	if (!dropped)
		return err_set(err, ERR_FATAL, "slot \"%s\" was used or moved in the meantime; stop its other client and run walpost slot %s again",
					   name, t->again);
	log_info("dropped slot \"%s\"", name);
	return true;
}

static bool
read_both(Takeover *t, Err *err)
{
	return slot_read(t->conn, t->name, &t->slot, err) &&
		slot_read(t->conn, t->second_name, &t->second, err);
}

static bool
has_plugin(const Slot *slot, const char *plugin)
{
	return strcmp(slot->plugin, plugin) == 0;
}

/* May a second slot be what a takeover, or the way back, was interrupted at? */
static bool
may_be_second(const Slot *slot, const char *database)
{
	return slot->logical && strcmp(slot->database, database) == 0 &&
		(has_plugin(slot, SLOT_PLUGIN) || has_plugin(slot, "pgoutput") || has_plugin(slot, "decoderbufs"));
}

static bool
is_done(const Takeover *t)
{
	return t->slot.exists && has_plugin(&t->slot, t->plugin);
}

/* What must hold before anything is touched. */
static bool
check(const Takeover *t, Err *err)
{
	const Slot *slot = t->slot.exists ? &t->slot : &t->second;
	const char *database = conf_get(t->conf, "database.dbname");

	if (!slot->exists)
		return err_set(err, ERR_CONFIG, "slot \"%s\" does not exist; check slot.name, or start the connector, which makes it",
					   t->name);
	if (!slot->logical)
		return err_set(err, ERR_CONFIG, "slot \"%s\" is a physical slot; set another slot.name", t->name);
	if (strcmp(slot->database, database) != 0)
		return err_set(err, ERR_CONFIG, "slot \"%s\" belongs to database \"%s\", not to \"%s\"; set database.dbname",
					   t->name, slot->database, database);
	if (t->second.exists && !may_be_second(&t->second, database))
		return err_set(err, ERR_CONFIG, "slot \"%s\", which the takeover of \"%s\" needs as its second name, is somebody else's; drop or rename it",
					   t->second_name, t->name);
	/* the server may still be at the last step of one that was killed */
	if (t->second.exists && t->second.active)
		return err_set(err, ERR_RETRY, "slot \"%s\", which the takeover of \"%s\" needs as its second name, is in use by process %d of the server; end that one (pg_terminate_backend), if it is not a takeover that was interrupted",
					   t->second_name, t->name, t->second.active_pid);
	if (is_done(t))
		return true;
	if (slot->active)
		return err_set(err, ERR_FATAL, "slot \"%s\" is in use by process %d of the server; stop its client first",
					   t->name, slot->active_pid);
	if (slot->snapshot_pid != 0)
		return err_set(err, ERR_FATAL, "a snapshot is taken for slot \"%s\" by process %d of the server; stop its client first",
					   t->name, slot->snapshot_pid);
	if (slot->temporary)
		return err_set(err, ERR_CONFIG, "slot \"%s\" is temporary; it ends with its session", t->name);
	if (strcmp(slot->wal_status, "lost") == 0)
		return slot_lost(t->name, slot->lost_reason, err);
	return true;
}

/* From the unwanted plugin to the state in which only the second exists. */
static bool
move_away(Takeover *t, Err *err)
{
	if (t->second.exists && !drop_unmoved(t, t->second_name, t->second.confirmed_flush, err))
		return false;
	return copy_slot(t, t->name, t->second_name, err) &&
		slot_read(t->conn, t->second_name, &t->second, err) &&
		drop_unmoved(t, t->name, t->second.confirmed_flush, err);
}

static bool
takeover(Takeover *t, Err *err)
{
	if (!read_both(t, err) || !check(t, err))
		return false;
	if (is_done(t) && !t->second.exists)
	{
		log_info("slot \"%s\" has plugin \"%s\" already", t->name, t->plugin);
		return true;
	}
	if (t->slot.exists && !is_done(t))
	{
		if (!move_away(t, err))
			return false;
		t->slot.exists = false;
	}
	if (!t->slot.exists && !copy_slot(t, t->second_name, t->name, err))
		return false;
	return drop_unmoved(t, t->second_name, t->second.confirmed_flush, err);
}

/* What is somebody else's, or no logical slot of this database, stays as it is. */
static bool
takeover_if_due(Takeover *t, Err *err)
{
	const char *database = conf_get(t->conf, "database.dbname");

	if (!read_both(t, err))
		return false;
	if (t->second.exists)
		return takeover(t, err);
	if (!t->slot.exists || !t->slot.logical || strcmp(t->slot.database, database) != 0 ||
		!slot_may_take(t->conf, &t->slot))
		return true;
	if (t->slot.active)
		return err_set(err, ERR_RETRY, "slot \"%s\" of plugin \"%s\" is in use by process %d of the server; it is taken over once its client has ended",
					   t->name, t->slot.plugin, t->slot.active_pid);
	log_info("taking over slot \"%s\" of plugin \"%s\", which stands at %s",
			 t->name, t->slot.plugin, t->slot.confirmed_flush);
	return takeover(t, err);
}

/* Runs one of the two on a connection of its own. */
static bool
run(const Conf *conf, const char *name, const char *plugin, const char *again,
	bool (*step) (Takeover *t, Err *err), Err *err)
{
	Takeover	t = {.conf = conf,.name = name,.plugin = plugin,.again = again};
	bool		done;

	slot_takeover_name(name, t.second_name);
	t.conn = pg_connect(conf, false, err);
	if (t.conn == NULL)
		return false;
	done = step(&t, err);
	PQfinish(t.conn);
	return done;
}

bool
slot_takeover_if_due(const Conf *conf, const char *name, Err *err)
{
	return !conf_get_bool(conf, "walpost.slot.takeover") ||
		run(conf, name, SLOT_PLUGIN, "takeover", takeover_if_due, err);
}

bool
slot_takeover(const Conf *conf, const char *name, Err *err)
{
	return run(conf, name, SLOT_PLUGIN, "takeover", takeover, err);
}

bool
slot_giveback(const Conf *conf, const char *name, const char *plugin, Err *err)
{
	return run(conf, name, plugin, "giveback", takeover, err);
}
