/*
 * preflight.c
 *	  Checks of server, role, publication and slot before anything is made.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "preflight.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "extension.h"
#include "mem.h"
#include "snapshot.h"

#define OLDEST_SERVER 130000

typedef bool (*Check) (Preflight *pf, Err *err);

void
preflight_report(Preflight *pf, FindingLevel level, const char *fmt,...)
{
	char		text[sizeof(((Err *) NULL)->text)];
	va_list		args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	pf->errors += (level == FINDING_ERROR);
	pf->report(level, text, pf->arg);
}

#define ok(...) preflight_report(pf, FINDING_OK, __VA_ARGS__)
#define warn(...) preflight_report(pf, FINDING_WARNING, __VA_ARGS__)

/* One row of one query without parameters; NULL and err on failure. */
static PGresult *
one_row(Preflight *pf, const char *what, const char *sql, Err *err)
{
	PGresult   *res = pg_query(pf->conn, PGRES_TUPLES_OK, what, sql, err);

	if (res && PQntuples(res) != 1)
	{
		err_set(err, ERR_FATAL, "could not %s: %d rows instead of one", what, PQntuples(res));
		PQclear(res);
		return NULL;
	}
	return res;
}

/* ---- the server ----------------------------------------------------------- */

static bool
check_version(Preflight *pf, Err *err)
{
	int			version = PQserverVersion(pf->conn);
	const char *text = PQparameterStatus(pf->conn, "server_version");

	if (version < OLDEST_SERVER)
		return err_set(err, ERR_CONFIG, "server version %s is too old; PostgreSQL 13 or later is needed", text);
	ok("server version %s", text);
	return true;
}

static bool
check_encoding(Preflight *pf, Err *err)
{
	PGresult   *res = one_row(pf, "read the database's encoding",
							  "SELECT pg_catalog.pg_encoding_to_char(encoding) FROM pg_catalog.pg_database"
							  " WHERE datname = pg_catalog.current_database()", err);
	bool		utf8;

	if (res == NULL)
		return false;
	utf8 = strcmp(PQgetvalue(res, 0, 0), "UTF8") == 0;
	if (utf8)
		ok("encoding of database \"%s\" is UTF8", PQdb(pf->conn));
	else
		err_set(err, ERR_CONFIG, "database \"%s\" has encoding %s, but only UTF8 can be captured; dump it and restore it into a database made with ENCODING 'UTF8'",
				PQdb(pf->conn), PQgetvalue(res, 0, 0));
	PQclear(res);
	return utf8;
}

/* From 19 on the first logical slot switches logical decoding on. */
static bool
check_wal_level(Preflight *pf, Err *err)
{
	char	   *value;
	bool		logical;

	if (PQserverVersion(pf->conn) >= 190000)
		return true;
	value = pg_show(pf->conn, "wal_level", err);
	if (value == NULL)
		return false;
	logical = strcmp(value, "logical") == 0;
	if (logical)
		ok("wal_level is logical");
	else
		err_set(err, ERR_CONFIG, "Postgres server wal_level property must be 'logical' but is: '%s'; run ALTER SYSTEM SET wal_level = 'logical' and restart the server",
				value);
	free(value);
	return logical;
}

static bool
check_standby(Preflight *pf, Err *err)
{
	PGresult   *res = one_row(pf, "ask whether the server is a standby",
							  "SELECT pg_catalog.pg_is_in_recovery()", err);

	if (res == NULL)
		return false;
	pf->standby = PQgetvalue(res, 0, 0)[0] == 't';
	PQclear(res);
	if (pf->standby && PQserverVersion(pf->conn) < 160000)
		return err_set(err, ERR_CONFIG, "server \"%s\" is a standby, and logical decoding on standbys needs PostgreSQL 16; connect to the primary",
					   PQhost(pf->conn));
	return true;
}

/* ---- the role ------------------------------------------------------------- */

static bool
check_role(Preflight *pf, Err *err)
{
	PGresult   *res = one_row(pf, "read the role's attributes",
							  "SELECT r.rolsuper OR r.rolreplication OR EXISTS (SELECT FROM pg_catalog.pg_roles m"
							  " WHERE m.rolname IN ('rds_replication', 'rds_superuser', 'azure_pg_admin')"
							  " AND pg_catalog.pg_has_role(r.oid, m.oid, 'USAGE')),"
							  " pg_catalog.quote_ident(r.rolname)"
							  " FROM pg_catalog.pg_roles r WHERE r.rolname = current_user", err);
	bool		may;

	if (res == NULL)
		return false;
	may = PQgetvalue(res, 0, 0)[0] == 't';
	if (may)
		ok("role %s may replicate", PQgetvalue(res, 0, 1));
	else
		err_set(err, ERR_CONFIG, "role %s lacks the REPLICATION privilege; run as a superuser: ALTER ROLE %s REPLICATION",
				PQgetvalue(res, 0, 1), PQgetvalue(res, 0, 1));
	PQclear(res);
	return may;
}

/* True if a list setting, as SHOW prints it, has the item. */
static bool
list_has(const char *list, const char *item)
{
	size_t		len = strlen(item);

	for (const char *p = list; *p;)
	{
		size_t		n = strcspn(p, ",");
		const char *end = p + n;

		while (p < end && isspace((unsigned char) *p))
			p++;
		while (end > p && isspace((unsigned char) end[-1]))
			end--;
		if (end - p >= 2 && p[0] == '"' && end[-1] == '"')
		{
			p++;
			end--;
		}
		if ((size_t) (end - p) == len && memcmp(p, item, len) == 0)
			return true;
		p += strcspn(p, ",");
		p += (*p == ',');
	}
	return false;
}

/*
 * Servers from August 2026 on load only the output plugins that are listed.
 * The list is shown to few roles; for the others, making the slot will tell.
 */
static bool
check_plugin_list(Preflight *pf, Err *err)
{
	PGresult   *res = one_row(pf, "read output_plugin_libraries",
							  "SELECT pg_catalog.current_setting('output_plugin_libraries', true),"
							  " pg_catalog.quote_ident(current_user)", err);
	const char *list;
	bool		may;

	if (res == NULL)
		return strcmp(err->sqlstate, "42501") == 0;
	list = PQgetvalue(res, 0, 0);
	may = PQgetisnull(res, 0, 0) || list_has(list, SLOT_PLUGIN);
	if (may && !PQgetisnull(res, 0, 0))
		ok("output_plugin_libraries lists " SLOT_PLUGIN);
	else if (!may)
		slot_plugin_refused(list, PQgetvalue(res, 0, 1), err);
	PQclear(res);
	return may;
}

/* ---- slots and walsenders -------------------------------------------------- */

/* Is the slot one of this connector's, and of no more use, but to be replaced? */
static bool
is_made_good(const Preflight *pf)
{
	return strcmp(pf->slot.wal_status, "lost") == 0 && strcmp(pf->slot.plugin, SLOT_PLUGIN) == 0 &&
		strcmp(pf->slot.database, PQdb(pf->conn)) == 0 && snapshot_mode(pf->conf).again;
}

static bool
check_slot(Preflight *pf, Err *err)
{
	const char *name = conf_get(pf->conf, "slot.name");

	if (!slot_read(pf->conn, name, &pf->slot, err))
		return false;
	if (!pf->slot.exists)
	{
		ok("slot \"%s\" does not exist yet; it will be made", name);
		return true;
	}
	if (is_made_good(pf))
	{
		warn("slot \"%s\" is lost, so changes are missing: it is dropped, and a new snapshot taken (snapshot.mode=%s)",
			 name, conf_get(pf->conf, "snapshot.mode"));
		pf->drop_lost = true;
		pf->slot.exists = false;
		return true;
	}
	if (!slot_usable(pf->conf, name, &pf->slot, err))
		return false;
	if (strcmp(pf->slot.plugin, SLOT_PLUGIN) != 0)
		ok("slot \"%s\" of plugin \"%s\" is made one of walpost, at its very position, once nobody uses it", name, pf->slot.plugin);
	else if (pf->slot.active)
		ok("slot \"%s\" is in use by process %d of the server; another connector on it waits as its hot standby",
		   name, pf->slot.active_pid);
	else
		ok("slot \"%s\" stands at %s and keeps %s of WAL", name,
		   pf->slot.confirmed_flush, pf->slot.retained);
	return true;
}

/* A takeover that was interrupted after the slot was dropped must go on first. */
static bool
check_takeover(Preflight *pf, Err *err)
{
	const char *name = conf_get(pf->conf, "slot.name");
	char		second[64];
	Slot		slot;

	if (pf->slot.exists || conf_get_bool(pf->conf, "walpost.slot.takeover"))
		return true;
	if (!slot_read(pf->conn, slot_takeover_name(name, second), &slot, err))
		return false;
	if (slot.exists)
		return err_set(err, ERR_CONFIG, "slot \"%s\" is in the middle of a takeover (its position is kept by slot \"%s\"); run walpost slot takeover again to complete it",
					   name, second);
	return true;
}

static bool
check_free_slot(Preflight *pf, Err *err)
{
	PGresult   *res;
	SnapshotMode mode = snapshot_mode(pf->conf);
	bool		snapshot = mode.data && mode.stream;
	int			max,
				used;
	bool		enough;

	if (pf->slot.exists)
		return true;
	res = one_row(pf, "count replication slots",
				  "SELECT pg_catalog.current_setting('max_replication_slots'), pg_catalog.count(*),"
				  " pg_catalog.string_agg(slot_name::pg_catalog.text, ', ') FILTER (WHERE NOT active)"
				  " FROM pg_catalog.pg_replication_slots", err);
	if (res == NULL)
		return false;
	max = pg_int(res, 0, 0);
	used = pg_int(res, 0, 1) - pf->drop_lost;
	enough = used + (snapshot ? 2 : 1) <= max;
	if (enough)
		ok("%d of %d replication slots are free", max - used, max);
	else if (used < max)
		err_set(err, ERR_CONFIG, "slot \"%s\" cannot be made from a snapshot: that needs two replication slots at its end, and of %d only one is free (inactive: %.300s); drop one that nobody needs, raise max_replication_slots and restart the server, or set snapshot.mode=no_data",
				conf_get(pf->conf, "slot.name"), max,
				PQgetisnull(res, 0, 2) ? "none" : PQgetvalue(res, 0, 2));
	else
		err_set(err, ERR_CONFIG, "slot \"%s\" cannot be made: all %d replication slots are in use (inactive: %.300s); drop one that nobody needs, or raise max_replication_slots and restart the server",
				conf_get(pf->conf, "slot.name"), max,
				PQgetisnull(res, 0, 2) ? "none" : PQgetvalue(res, 0, 2));
	PQclear(res);
	return enough;
}

bool
preflight_takes_snapshot(const Preflight *pf)
{
	SnapshotMode mode = snapshot_mode(pf->conf);

	return mode.always || (!pf->slot.exists && (mode.data || mode.again));
}

/* What reads a snapshot, or values anew, is a function in the database. */
static bool
check_extension(Preflight *pf, Err *err)
{
	bool		absent;

	if (!preflight_takes_snapshot(pf) && !conf_is_set(pf->conf, "post.processors"))
		return true;
	if (!extension_look(pf->conn, &absent, err))
	{
		Err			cause = *err;

		if (!preflight_takes_snapshot(pf))
			return false;

		return cause.kind != ERR_CONFIG || cause.sqlstate[0] ? false :
			err_set(err, ERR_CONFIG, "%.900s; or set snapshot.mode=no_data", cause.text);
	}
	if (absent)
		ok("the start will run: " EXTENSION_STATEMENT);
	else
		ok("the extension walpost can read %s", preflight_takes_snapshot(pf) ? "a snapshot" :
		   "values that the log does not have");
	return true;
}

static bool
check_free_sender(Preflight *pf, Err *err)
{
	PGresult   *res;
	int			max,
				used;

	if (pf->slot.active)
		return true;
	res = one_row(pf, "count walsenders",
				  "SELECT pg_catalog.current_setting('max_wal_senders'), pg_catalog.count(*)"
				  " FROM pg_catalog.pg_stat_replication", err);
	if (res == NULL)
		return false;
	max = pg_int(res, 0, 0);
	used = pg_int(res, 0, 1);
	PQclear(res);
	if (used >= max)
		return err_set(err, max == 0 ? ERR_CONFIG : ERR_RETRY, "all %d walsenders of the server are in use; stop a replication client, or raise max_wal_senders and restart the server",
					   max);
	ok("%d of %d walsenders are free", max - used, max);
	return true;
}

static const Check server_checks[] = {
	check_version,
	check_encoding,
	check_wal_level,
	check_standby,
	check_role,
	check_plugin_list,
	check_slot,
	check_takeover,
	check_free_slot,
	check_free_sender,
	check_extension,
};

/* What an error means: the end, or (go_on) one more finding. */
static bool
settle(Preflight *pf, bool passed, Err *err)
{
	if (passed)
		return true;
	if (!pf->go_on || PQstatus(pf->conn) != CONNECTION_OK)
		return false;
	preflight_report(pf, FINDING_ERROR, "%s", err->text);
	return true;
}

bool
preflight_server(Preflight *pf, Err *err)
{
	for (size_t i = 0; i < sizeof(server_checks) / sizeof(server_checks[0]); i++)
		if (!settle(pf, server_checks[i] (pf, err), err))
			return false;
	return true;
}

/* ---- tables ------------------------------------------------------------------ */

static bool
is_unpublished(const Table *table)
{
	return table->captured && table->kind == 'r' && !table->published;
}

/* Published without an identity: the server refuses its updates and deletes. */
static bool
is_refused(const Table *table)
{
	return table->published && table->kind == 'r' && table_lacks_identity(table);
}

static void
warn_unpublished(Preflight *pf, const TableList *tables)
{
	int			n;
	char	   *names = tables_names(tables, is_unpublished, &n);
	const char *pub = conf_get(pf->conf, "publication.name");
	const char *mode = conf_get(pf->conf, "publication.autocreate.mode");
	bool		wait = strcmp(mode, "filtered") == 0 && conf_get_bool(pf->conf, "walpost.snapshot.new.tables");

	/* no_tables is somebody's wish to have none; new ones wait for their snapshot */
	if (n > 0 && strcmp(mode, "no_tables") != 0 && !wait)
		warn("%d captured table%s not in publication \"%s\", so no change of %s arrives: %s; ALTER PUBLICATION \"%s\" ADD TABLE ..., or set publication.autocreate.mode=filtered",
			 n, n == 1 ? " is" : "s are", pub, n == 1 ? "it" : "them", names, pub);
	free(names);
}

static void
warn_refused(Preflight *pf, const TableList *tables, const Publication *pub)
{
	int			n;
	char	   *names;

	if (!pub->updates && !pub->deletes)
		return;
	names = tables_names(tables, is_refused, &n);
	if (n > 0)
		warn("%d published table%s no replica identity, so the server refuses to update and delete rows of %s: %s; add a primary key, or ALTER TABLE ... REPLICA IDENTITY FULL%s",
			 n, n == 1 ? " has" : "s have", n == 1 ? "it" : "them", names,
			 pub->all_tables ? "; or drop the publication, which is FOR ALL TABLES, and set publication.autocreate.mode=filtered" : "");
	free(names);
}

static bool
check_guardrail(Preflight *pf, const TableList *tables, Err *err)
{
	int64_t		max = conf_get_int(pf->conf, "guardrail.collections.max");

	if (max == 0 || tables->ncaptured <= max)
		return true;
	if (strcmp(conf_get(pf->conf, "guardrail.collections.limit.action"), "fail") == 0)
		return err_set(err, ERR_CONFIG, "%d tables are captured, more than guardrail.collections.max = %lld; narrow table.include.list or raise it",
					   tables->ncaptured, (long long) max);
	warn("%d tables are captured, more than guardrail.collections.max = %lld; narrow table.include.list or raise it",
		 tables->ncaptured, (long long) max);
	return true;
}

bool
preflight_tables(Preflight *pf, const TableList *tables, const Publication *pub, Err *err)
{
	const char *name = conf_get(pf->conf, "publication.name");

	if (tables->ncaptured == 0)
		warn("none of the database's %d tables is captured; check schema.include.list and table.include.list",
			 tables->n);
	else
		ok("%d of the database's %d tables are captured", tables->ncaptured, tables->n);
	if (!settle(pf, check_guardrail(pf, tables, err), err) || !preflight_kinds(pf, err))
		return false;
	if (!pub->exists)
		return true;
	if (conf_get_bool(pf->conf, "publish.via.partition.root") && !pub->via_root)
		warn("publish.via.partition.root is set, but publication \"%s\" exists without it; ALTER PUBLICATION \"%s\" SET (publish_via_partition_root = true)",
			 name, name);
	warn_unpublished(pf, tables);
	warn_refused(pf, tables, pub);
	return true;
}
