/*
 * slot.c
 *	  The replication slot: inspect, make, drop, and all that must stand before.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "slot.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "conf_list.h"
#include "counters.h"
#include "extension.h"
#include "identity.h"
#include "log.h"
#include "mem.h"
#include "newtables.h"
#include "pg_until.h"
#include "preflight.h"
#include "publication.h"
#include "tables.h"

#define LOG_MODULE "slot"

#define TICK_MS 100				/* how often a wait looks at *stop */
#define POLL_MS 200				/* how often it asks for a slot that is in use */
#define SAY_MS 5000				/* when waiting for transactions is worth a
								 * line */

#define FAILOVER_SERVER 170000	/* the first with slots that standbys copy */

/* ---- reading ---------------------------------------------------------------- */

static void
copy_column(const PGresult *res, int column, char *to, size_t size)
{
	snprintf(to, size, "%s", PQgetvalue(res, 0, column));
}

/* Before 17 the server does not say; from 16 on it may be a conflict on a standby. */
const char *
slot_lost_column(int server_version)
{
	if (server_version >= 170000)
		return "invalidation_reason";
	if (server_version >= 160000)
		return "CASE WHEN conflicting THEN 'conflict with recovery' ELSE 'wal_removed' END";
	return "'wal_removed'";
}

bool
slot_read(PGconn *conn, const char *name, Slot *slot, Err *err)
{
	char	   *sql;
	PGresult   *res;

	memset(slot, 0, sizeof(*slot));
	sql = mem_print("SELECT slot_type = 'logical', active, temporary, COALESCE(active_pid, 0),"
					" plugin, database, wal_status, confirmed_flush_lsn,"
					" pg_catalog.pg_size_pretty(pg_catalog.pg_wal_lsn_diff("
					"  CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn()"
					"  ELSE pg_catalog.pg_current_wal_lsn() END, restart_lsn)), %s, %s, COALESCE(" SLOT_CLAIM_PID ", 0)"
					" FROM pg_catalog.pg_replication_slots WHERE slot_name = $1",
					slot_lost_column(PQserverVersion(conn)),
					PQserverVersion(conn) >= FAILOVER_SERVER ? "failover" : "false");
	res = pg_query_params(conn, PGRES_TUPLES_OK, "read pg_replication_slots", sql, 1, &name, err);
	free(sql);
	if (res && PQntuples(res) == 1)
	{
		slot->exists = true;
		slot->logical = PQgetvalue(res, 0, 0)[0] == 't';
		slot->active = PQgetvalue(res, 0, 1)[0] == 't';
		slot->temporary = PQgetvalue(res, 0, 2)[0] == 't';
		slot->active_pid = pg_int(res, 0, 3);
		copy_column(res, 4, slot->plugin, sizeof(slot->plugin));
		copy_column(res, 5, slot->database, sizeof(slot->database));
		copy_column(res, 6, slot->wal_status, sizeof(slot->wal_status));
		copy_column(res, 7, slot->confirmed_flush, sizeof(slot->confirmed_flush));
		copy_column(res, 8, slot->retained, sizeof(slot->retained));
		copy_column(res, 9, slot->lost_reason, sizeof(slot->lost_reason));
		slot->failover = PQgetvalue(res, 0, 10)[0] == 't';
		slot->snapshot_pid = pg_int(res, 0, 11);
	}
	PQclear(res);
	return res != NULL;
}

bool
slot_lost(const char *name, const char *reason, Err *err)
{
	return err_set(err, ERR_CONFIG, "slot \"%s\" is lost: the server no longer keeps what it needs (%s; see max_slot_wal_keep_size), so changes are missing; drop it (walpost slot drop) and start again, then bring consumers up to date",
				   name, reason);
}

bool
slot_may_take(const Conf *conf, const Slot *slot)
{
	return conf_get_bool(conf, "walpost.slot.takeover") &&
		(strcmp(slot->plugin, "pgoutput") == 0 || strcmp(slot->plugin, "decoderbufs") == 0);
}

bool
slot_usable(const Conf *conf, const char *name, const Slot *slot, Err *err)
{
	const char *database = conf_get(conf, "database.dbname");

	if (!slot->logical)
		return err_set(err, ERR_CONFIG, "slot \"%s\" is a physical slot; set another slot.name", name);
	if (strcmp(slot->database, database) != 0)
		return err_set(err, ERR_CONFIG, "slot \"%s\" belongs to database \"%s\", not to \"%s\"; set another slot.name",
					   name, slot->database, database);
	if (strcmp(slot->wal_status, "lost") == 0)
		return slot_lost(name, slot->lost_reason, err);
	if (strcmp(slot->plugin, SLOT_PLUGIN) != 0 && !slot_may_take(conf, slot))
		return err_set(err, ERR_CONFIG, "slot \"%s\" was made with plugin \"%s\"; stop its other client and run walpost slot takeover, which keeps its position (walpost connect does it by itself), or set another slot.name",
					   name, slot->plugin);
	return true;
}

/* ---- waiting ---------------------------------------------------------------- */

static bool
stopped(const volatile bool *stop)
{
	return stop && *stop;
}

/* Sleeps in short steps; false when it is time to stop. */
static bool
wait_ms(int64_t ms, const volatile bool *stop)
{
	for (; ms > 0 && !stopped(stop); ms -= TICK_MS)
		poll(NULL, 0, ms < TICK_MS ? (int) ms : TICK_MS);
	return !stopped(stop);
}

static bool
stop_asked(Err *err)
{
	return err_set(err, ERR_NONE, "stopped");
}

static void
say_standby(const char *name, int active_pid)
{
	char	   *text = mem_print("slot \"%s\" is in use by process %d of the server", name, active_pid);

	log_info("%s; waiting as its hot standby", text);
	counter_set_text(COUNTER_TEXT_REASON, text);
	counter_set(COUNTER_PHASE, PHASE_STANDBY);
	free(text);
}

/*
 * Waits until nobody uses the slot.  Whoever waits here is a hot standby: one
 * line says so, and no more.  A limit holds only when somebody set it.
 */
static bool
wait_until_free(const Conf *conf, PGconn *conn, const char *name, Slot *slot,
				const volatile bool *stop, Err *err)
{
	int64_t		delay = conf_get_int(conf, "slot.retry.delay.ms");
	int64_t		tries = conf_is_set(conf, "slot.max.retries") ?
	conf_get_int(conf, "slot.max.retries") : INT64_MAX;

	if (tries == INT64_MAX)
		delay = delay > POLL_MS ? POLL_MS : delay < TICK_MS ? TICK_MS : delay;
	if (slot->active && tries > 0)
		say_standby(name, slot->active_pid);
	while (slot->exists && slot->active)
	{
		if (tries-- <= 0)
			return err_set(err, ERR_FATAL, "slot \"%s\" is in use by process %d of the server; stop its other client, or set slot.max.retries and slot.retry.delay.ms higher",
						   name, slot->active_pid);
		if (!wait_ms(delay, stop))
			return stop_asked(err);
		if (!slot_read(conn, name, slot, err))
			return false;
	}
	counter_set(COUNTER_PHASE, PHASE_STARTING);
	return true;
}

/* ---- making and dropping ------------------------------------------------------ */

/* Waits for the one result of a query that was sent; cancels it on *stop. */
static PGresult *
wait_for_result(PGconn *conn, const char *name, const volatile bool *stop, Err *err)
{
	int64_t		waited = 0;
	PGresult   *res;
	PGresult   *extra;

	while (PQisBusy(conn))
	{
		struct pollfd fd = {.fd = PQsocket(conn),.events = POLLIN};
		int			ready = poll(&fd, 1, TICK_MS);

		if (ready > 0 && !PQconsumeInput(conn))
			break;
		if (ready == 0 && (waited += TICK_MS) == SAY_MS)
			log_info("making slot \"%s\" waits for transactions that are under way to end; on a standby also for word of its primary: SELECT pg_log_standby_snapshot() there", name);
		if (stopped(stop))
		{
			pg_cancel(conn);
			stop_asked(err);
			return NULL;
		}
	}
	res = PQgetResult(conn);
	while (res && (extra = PQgetResult(conn)) != NULL)
		PQclear(extra);
	return res;
}

bool
slot_plugin_refused(const char *list, const char *role, Err *err)
{
	return err_set(err, ERR_CONFIG, "plugin \"" SLOT_PLUGIN "\" is not in output_plugin_libraries (%s); run as a superuser: ALTER ROLE %s SET output_plugin_libraries = %s%s" SLOT_PLUGIN ", or the same with ALTER SYSTEM SET and reload",
				   list, role, list, list[0] ? ", " : "");
}

/* Errors of making a slot whose remedy the server does not know. */
static void
explain_failure(PGconn *conn, const char *name, const PGresult *res, Err *err)
{
	const char *primary = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);
	char	   *role;

	if (strcmp(err->sqlstate, "58P01") == 0)
		err_set(err, ERR_CONFIG, "could not make slot \"%s\": the server has no plugin \"" SLOT_PLUGIN "\" (%.200s); install walpost on the server (make install, or its package)",
				name, primary);
	else if (strcmp(err->sqlstate, "42501") == 0 && strstr(primary, "\"" SLOT_PLUGIN "\""))
	{
		/* who cannot read the list sees the server's default at best */
		role = PQescapeIdentifier(conn, PQuser(conn), strlen(PQuser(conn)));
		slot_plugin_refused("pgoutput, test_decoding", role ? role : "", err);
		PQfreemem(role);
	}
}

/* The answer to CREATE_REPLICATION_SLOT; NULL and err. */
static PGresult *
create(PGconn *replication, const char *name, bool temporary, const char *snapshot,
	   const volatile bool *stop, Err *err)
{
	char	   *sql = mem_print("CREATE_REPLICATION_SLOT \"%s\"%s LOGICAL " SLOT_PLUGIN " %s",
								name, temporary ? " TEMPORARY" : "", snapshot);
	char	   *what = mem_print("make slot \"%s\"", name);
	PGresult   *res = NULL;
	bool		made = false;

	if (!PQsendQuery(replication, sql))
		pg_error(replication, NULL, what, err);
	else
	{
		res = wait_for_result(replication, name, stop, err);
		made = PQresultStatus(res) == PGRES_TUPLES_OK;
		if (!made && !stopped(stop))
			pg_error(replication, res, what, err);
	}
	if (!made && res)
		explain_failure(replication, name, res, err);
	free(what);
	free(sql);
	if (made)
		return res;
	PQclear(res);
	return NULL;
}

/*
 * It waits for transactions that are under way, as long as that takes, which counts
 * as waiting for locks; but not for a client that has gone.
 */
static bool
may_wait(PGconn *replication, Err *err)
{
	char	   *sql = mem_print("%s; SET lock_timeout = 0", pg_no_timeouts(replication));
	bool		done = pg_exec(replication, "set timeouts", sql, err);

	free(sql);
	return done;
}

bool
slot_create(PGconn *replication, const char *name, SlotKind kind,
			const volatile bool *stop, Err *err)
{
	PGresult   *res = NULL;

	if (may_wait(replication, err))
		res = create(replication, name, kind == SLOT_TEMPORARY,
					 kind == SLOT_FAILOVER ? "(SNAPSHOT 'nothing', FAILOVER)" : "NOEXPORT_SNAPSHOT",
					 stop, err);
	PQclear(res);
	return res != NULL;
}

bool
slot_create_exported(PGconn *replication, const char *name, const volatile bool *stop,
					 uint64_t *lsn, char *snapshot, size_t size, Err *err)
{
	PGresult   *res = create(replication, name, true, "EXPORT_SNAPSHOT", stop, err);
	bool		good = false;

	if (res == NULL)
		return false;
	snprintf(snapshot, size, "%s", PQgetvalue(res, 0, 2));
	good = pg_parse_lsn(PQgetvalue(res, 0, 1), lsn) && snapshot[0] != '\0';
	PQclear(res);
	return good || err_set(err, ERR_FATAL, "could not make slot \"%s\": the server exported no snapshot", name);
}

bool
slot_drop(const Conf *conf, const char *name, Err *err)
{
	PGconn	   *conn = pg_connect(conf, false, err);
	char	   *what = mem_print("drop slot \"%s\"", name);
	PGresult   *res = NULL;

	if (conn)
		res = pg_query_params(conn, PGRES_TUPLES_OK, what,
							  "SELECT pg_catalog.pg_drop_replication_slot(slot_name)"
							  " FROM pg_catalog.pg_replication_slots WHERE slot_name = $1",
							  1, &name, err);
	free(what);
	PQclear(res);
	PQfinish(conn);
	return res != NULL;
}

/* ---- replica identities ------------------------------------------------------- */

static bool
has_identity(const Table *table, const IdentityRule *rule)
{
	return table->identity == rule->identity &&
		(rule->identity != 'i' || strcmp(table->identity_index, rule->index) == 0);
}

static bool
set_identity(PGconn *conn, const Table *table, const IdentityRule *rule, Err *err)
{
	const char *word = rule->identity == 'f' ? "FULL" : rule->identity == 'n' ? "NOTHING" : "DEFAULT";
	char	   *index = rule->index ? PQescapeIdentifier(conn, rule->index, strlen(rule->index)) : NULL;
	char	   *sql = index ?
	mem_print("ALTER TABLE %s REPLICA IDENTITY USING INDEX %s", table->quoted, index) :
	mem_print("ALTER TABLE %s REPLICA IDENTITY %s", table->quoted, word);
	char	   *what = mem_print("set the replica identity of table %s (replica.identity.autoset.values)",
								 table->name);
	bool		done = pg_exec(conn, what, sql, err);

	if (done)
		log_info("%s", sql);
	PQfreemem(index);
	free(what);
	free(sql);
	return done;
}

/* Runs replica.identity.autoset.values over the captured tables. */
static bool
set_identities(const Conf *conf, PGconn *conn, const TableList *tables, Err *err)
{
	const char *text = conf_get(conf, "replica.identity.autoset.values");
	IdentityRule *rules;
	int			nrules;
	bool		done = true;

	if (text == NULL)
		return true;
	if (!identity_parse(text, &rules, &nrules, err))
		return false;
	for (int i = 0; i < tables->n && done; i++)
	{
		const Table *table = &tables->tables[i];
		const IdentityRule *rule = identity_find(rules, nrules, table->name);

		if (table->captured && rule && !has_identity(table, rule))
			done = set_identity(conn, table, rule, err);
	}
	identity_free(rules, nrules);
	return done;
}

/* ---- before the stream --------------------------------------------------------- */

static void
log_finding(FindingLevel level, const char *text, void *arg)
{
	if (level == FINDING_WARNING)
		log_warn("%s", text);
	else
		log_debug("%s", text);
}

/* Identities, then the publication, then what the two have come to. */
static bool
prepare_tables(Preflight *pf, Err *err)
{
	TableList	tables = {0};
	Publication pub;
	bool		done;

	done = tables_read(pf->conf, pf->conn, &tables, err) &&
		set_identities(pf->conf, pf->conn, &tables, err) &&
		newtables_hold_back(pf->conf, pf->conn, &tables, err) &&
		publication_prepare(pf->conf, pf->conn, &tables, err);
	tables_free(&tables);
	if (!done)
		return false;
	done = tables_read(pf->conf, pf->conn, &tables, err) &&
		publication_read(pf->conf, pf->conn, &pub, err) &&
		preflight_tables(pf, &tables, &pub, err);
	tables_free(&tables);
	return done;
}

/*
 * Signals may ask for snapshots, which the extension reads, as it does values that the
 * log does not have.  The stream itself needs nothing of it, so that its absence is no
 * error yet.
 */
static void
prepare_extension(const Preflight *pf)
{
	const char *channels = conf_get(pf->conf, "signal.enabled.channels");
	Err			err;

	if (!conf_is_set(pf->conf, "signal.data.collection") && !conf_is_set(pf->conf, "post.processors") &&
		!conf_list_has(channels, "kafka") && !conf_list_has(channels, "file"))
		return;
	if (!extension_make(pf->conn, &err))
		log_warn("%s cannot be read: %s", conf_is_set(pf->conf, "post.processors") ?
				 "values that the log does not have" : "snapshots that signals ask for", err.text);
}

/* slot.failover: what the server can do of it. */
static bool
may_fail_over(const Preflight *pf)
{
	if (!conf_get_bool(pf->conf, "slot.failover"))
		return false;
	if (PQserverVersion(pf->conn) < FAILOVER_SERVER)
		log_warn("property \"slot.failover\" has no effect: standbys copy slots from PostgreSQL 17 on, and this server is %s; after a failover the slot has to be made anew",
				 PQparameterStatus(pf->conn, "server_version"));
	else if (pf->standby)
		log_warn("property \"slot.failover\" has no effect: this server is a standby, and a slot that is copied to standbys can be made on the primary only");
	else
		return true;
	return false;
}

static bool
make_slot(const Conf *conf, const char *name, bool failover, const volatile bool *stop, Err *err)
{
	PGconn	   *replication = pg_connect(conf, true, err);
	bool		made = replication &&
	slot_create(replication, name, failover ? SLOT_FAILOVER : SLOT_LASTING, stop, err);

	PQfinish(replication);
	if (!made)
		return false;
	log_info("made slot \"%s\"%s", name, failover ? ", which standbys copy" : "");
	return true;
}

/* A slot that exists becomes one that standbys copy. */
static bool
set_failover(const Conf *conf, const char *name, Err *err)
{
	PGconn	   *replication = pg_connect(conf, true, err);
	char	   *sql = mem_print("ALTER_REPLICATION_SLOT \"%s\" (FAILOVER)", name);
	bool		done = replication && pg_exec(replication, "set slot.failover", sql, err);

	PQfinish(replication);
	free(sql);
	if (done)
		log_info("slot \"%s\" is from now on one that standbys copy", name);
	return done;
}

/* The slot, made or as it should be. */
static bool
prepare_slot(const Preflight *pf, const char *name, bool failover, SlotAbsent absent,
			 const volatile bool *stop, bool *made, Err *err)
{
	*made = !pf->slot.exists;
	if (*made && absent == SLOT_LEAVE)
		return true;
	if (*made)
		return make_slot(pf->conf, name, failover, stop, err);
	return !failover || pf->slot.failover || set_failover(pf->conf, name, err);
}

bool
slot_prepare(const Conf *conf, SlotAbsent absent, const volatile bool *stop, bool *made, Err *err)
{
	const char *name = conf_get(conf, "slot.name");
	Preflight	pf = {.conf = conf,.report = log_finding};
	bool		failover = false;
	bool		ready;

	pf.conn = pg_connect(conf, false, err);
	if (pf.conn == NULL)
		return false;
	ready = preflight_server(&pf, err) &&
		(!pf.drop_lost || slot_drop(conf, name, err)) &&
		prepare_tables(&pf, err) &&
		slot_read(pf.conn, name, &pf.slot, err) &&
		wait_until_free(conf, pf.conn, name, &pf.slot, stop, err);
	if (ready)
	{
		prepare_extension(&pf);
		failover = may_fail_over(&pf);
	}
	PQfinish(pf.conn);
	return ready && prepare_slot(&pf, name, failover, absent, stop, made, err);
}
