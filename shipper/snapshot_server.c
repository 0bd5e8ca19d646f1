/*
 * snapshot_server.c
 *	  What stands on the server while a snapshot is taken: a temporary slot, and
 *	  locks on all tables, of the keeper and of each reader.
 *
 * The locks come after the slot, not before: who makes a slot waits for
 * transactions that are under way, and one of those could wait for our lock.  So
 * a table may be rewritten in between, which the snapshot would show as empty;
 * the files' numbers tell, and all begins anew.  Likewise if it was renamed, and the
 * lock is on another one.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdlib.h>
#include <string.h>

#include "extension.h"
#include "log.h"
#include "mem.h"
#include "pg_until.h"
#include "slot.h"
#include "snapshot_private.h"
#include "wire.h"

#define LOG_MODULE "snapshot"

/* A table was rewritten while locks were taken: so often from the beginning. */
#define OPEN_TRIES			5

/* How often it is said why the slot cannot be made, in attempts. */
#define KEEP_SAY			150

/* "invalid snapshot identifier" */
#define SQLSTATE_NO_SNAPSHOT	"22023"
/* "replication slot ... already exists" */
#define SQLSTATE_EXISTS		"42710"
/* The server would say "could not serialize access" */
#define SQLSTATE_CONFLICT	"40001"
/* "canceling statement due to lock timeout" */
#define SQLSTATE_LOCK_TIMEOUT	"55P03"

/* Of each table in an array of OIDs: is its file another one than the snapshot says? */
static const char rewritten_sql[] =
"SELECT n.nspname || '.' || c.relname FROM pg_catalog.pg_class c"
" JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
" WHERE c.oid = ANY ($1::pg_catalog.oid[])"
" AND c.relfilenode IS DISTINCT FROM pg_catalog.pg_relation_filenode(c.oid)";

/* Of the same array: which ones this transaction has no lock on, by their names in its snapshot. */
static const char unlocked_sql[] =
"SELECT n.nspname || '.' || c.relname FROM pg_catalog.pg_class c"
" JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
" WHERE c.oid = ANY ($1::pg_catalog.oid[]) AND c.oid NOT IN"
" (SELECT l.relation FROM pg_catalog.pg_locks l WHERE l.locktype = 'relation' AND l.pid = pg_catalog.pg_backend_pid()"
"  AND l.mode = 'AccessShareLock' AND l.granted AND l.database ="
"   (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()))";

/*
 * A session waits for long, and nothing that a role or database sets may end it.
 * The lock of who makes a slot is the end of a transaction of somebody else's, for
 * which it waits as long as that takes.
 */
static bool
set_timeouts(PGconn *conn, const Conf *conf, bool replication, Err *err)
{
	int64_t		lock_ms = replication ? 0 : conf_get_int(conf, "snapshot.lock.timeout.ms");
	char	   *sql = mem_print("%s; SET lock_timeout = %lld", pg_no_timeouts(conn), (long long) lock_ms);
	bool		done = pg_exec(conn, "set timeouts", sql, err);

	free(sql);
	return done;
}

static PGconn *
open_session(const Conf *conf, bool replication, Err *err)
{
	PGconn	   *conn = pg_connect(conf, replication, err);

	if (conn != NULL && set_timeouts(conn, conf, replication, err))
		return conn;
	PQfinish(conn);
	return NULL;
}

/* It is there for as long as the connection that has the slot. */
static bool
use_snapshot(PGconn *conn, const SnapshotServer *server, Err *err)
{
	char	   *sql = mem_print("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET TRANSACTION SNAPSHOT '%s'",
								server->snapshot);
	bool		done = pg_exec(conn, "use the slot's snapshot", sql, err);

	if (!done && strcmp(err->sqlstate, SQLSTATE_NO_SNAPSHOT) == 0)
	{
		err_set(err, ERR_RETRY, "the connection that has the temporary slot was lost: %s", err->text);
		memcpy(err->sqlstate, SQLSTATE_NO_SNAPSHOT, sizeof(SQLSTATE_NO_SNAPSHOT));
	}
	free(sql);
	return done;
}

/* The OIDs of all tables as an array. */
static char *
table_oids(const SnapshotPlan *plan)
{
	char	   *text = mem_zero(plan->ntables * 11 + 3);
	char	   *p = text;

	*p++ = '{';
	for (int i = 0; i < plan->ntables; i++)
		p += snprintf(p, 12, "%s%u", i ? "," : "", plan->tables[i].oid);
	*p = '}';
	return text;
}

/* Fails by err if the answer names a table: what has become of it. */
static bool
none_is(PGresult *res, const char *become, Err *err)
{
	bool		none = res != NULL && PQntuples(res) == 0;

	if (res != NULL && !none)
	{
		err_set(err, ERR_RETRY, "table %s was %s while the snapshot began", PQgetvalue(res, 0, 0), become);
		memcpy(err->sqlstate, SQLSTATE_CONFLICT, sizeof(SQLSTATE_CONFLICT));
	}
	PQclear(res);
	return none;
}

/* Names are locked, and OIDs are read: were they swapped, nothing kept the latter from being rewritten. */
static bool
check_locked(PGconn *conn, const SnapshotPlan *plan, Err *err)
{
	char	   *oids = table_oids(plan);
	const char *params[] = {oids};
	PGresult   *res = pg_query_params(conn, PGRES_TUPLES_OK, "look for tables that were renamed",
									  unlocked_sql, 1, params, err);

	free(oids);
	return none_is(res, "renamed", err);
}

/* Each table; nowait is "NOWAIT", or empty. */
static bool
lock_tables(PGconn *conn, const SnapshotPlan *plan, const char *nowait, Err *err)
{
	for (int i = 0; i < plan->ntables; i++)
	{
		const SnapshotTable *table = &plan->tables[i];
		char	   *sql = mem_print("LOCK TABLE ONLY %s IN ACCESS SHARE MODE %s", table->quoted, nowait);
		char	   *what = mem_print("lock table %s", table->name);
		PGresult   *res = pg_query_until(conn, PGRES_COMMAND_OK, what, sql, plan->stop, err);

		free(sql);
		free(what);
		if (res == NULL)
			return false;
		PQclear(res);
	}
	return check_locked(conn, plan, err);
}

/*
 * A reader has locks of its own from the beginning: somebody who asks for an
 * exclusive one later would stand in front of it, and behind the keeper, until the
 * snapshot is over.  Who was in time to do so goes first.
 */
static bool
lock_for_reader(PGconn *conn, const SnapshotPlan *plan, Err *err)
{
	if (lock_tables(conn, plan, "NOWAIT", err))
		return true;
	if (strcmp(err->sqlstate, SQLSTATE_LOCK_TIMEOUT) == 0)
		err_set(err, ERR_RETRY, "%s: another session waits for an exclusive lock on it, and goes first", err->text);
	return false;
}

PGconn *
snapshot_reader_connect(const SnapshotServer *server, const Conf *conf, Err *err)
{
	PGconn	   *conn = open_session(conf, false, err);
	PGresult   *res = NULL;

	/* queries of the user's are read; txId of the events: a standby has none to give */
	if (conn != NULL && use_snapshot(conn, server, err) &&
		lock_for_reader(conn, &server->plan, err) && pg_path_users(conn, err))
		res = pg_query(conn, PGRES_TUPLES_OK, "get a transaction's number",
					   "SELECT CASE WHEN NOT pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_current_xact_id() END", err);
	if (res == NULL)
	{
		PQfinish(conn);
		return NULL;
	}
	PQclear(res);
	return conn;
}

/* Somebody else may have finished since the caller looked at the slot. */
static bool
check_slot(PGconn *conn, const Conf *conf, bool slot_exists, Err *err)
{
	const char *name = conf_get(conf, "slot.name");
	Slot		slot;

	if (!slot_read(conn, name, &slot, err))
		return false;
	return (slot.exists == slot_exists && !slot.active) ||
		err_set(err, ERR_RETRY, "another walpost has made or taken slot \"%s\" meanwhile", name);
}

/*
 * Two that start at once must not both take it: the rows of the second would
 * come after what the first one streams.  The lock ends with the session.
 */
static bool
claim(PGconn *conn, const Conf *conf, Err *err)
{
	const char *slot = conf_get(conf, "slot.name");
	PGresult   *res = pg_query_params(conn, PGRES_TUPLES_OK, "claim the snapshot",
									  "SELECT pg_catalog.pg_try_advisory_lock(" SLOT_CLAIM_KEYS("$1") ")",
									  1, &slot, err);
	bool		ours = res != NULL && PQgetvalue(res, 0, 0)[0] == 't';

	if (res != NULL && !ours)
		err_set(err, ERR_RETRY, "another walpost takes the snapshot for slot \"%s\"", slot);
	PQclear(res);
	return ours;
}

/* What of a table has changed since the snapshot is no error of the user's. */
static bool
from_the_beginning(Err *err)
{
	if (strcmp(err->sqlstate, "42P01") == 0)
		err->kind = ERR_RETRY;
	if (strcmp(err->sqlstate, SQLSTATE_LOCK_TIMEOUT) == 0)
	{
		err_set(err, ERR_RETRY, "%s; end what locks a captured table (pg_locks), or raise snapshot.lock.timeout.ms", err->text);
		memcpy(err->sqlstate, SQLSTATE_LOCK_TIMEOUT, sizeof(SQLSTATE_LOCK_TIMEOUT));
	}
	return false;
}

static bool
check_rewritten(SnapshotServer *server, Err *err)
{
	char	   *oids = table_oids(&server->plan);
	const char *params[] = {oids};
	PGresult   *res = pg_query_params(server->keeper, PGRES_TUPLES_OK, "look for tables that were rewritten",
									  rewritten_sql, 1, params, err);

	free(oids);
	return none_is(res, "truncated or rewritten", err);
}

/* The properties as the function's argument. */
static char *
options_text(const Conf *conf, PGconn *conn)
{
	char	   *properties = conf_plugin_properties(conf);
	char	   *quoted = PQescapeLiteral(conn, properties, strlen(properties));
	char	   *text;

	if (quoted == NULL)
		mem_exhausted();
	text = mem_print("ARRAY['wire', '%d', 'walpost.properties', %s]", WIRE_VERSION, quoted);
	PQfreemem(quoted);
	free(properties);
	return text;
}

bool
snapshot_server_claim_part(SnapshotServer *server, const Conf *conf, Err *err)
{
	server->keeper = open_session(conf, false, err);
	return server->keeper != NULL && extension_make(server->keeper, err) &&
		claim(server->keeper, conf, err);
}

bool
snapshot_server_claim(SnapshotServer *server, const Conf *conf, bool slot_exists, Err *err)
{
	return snapshot_server_claim_part(server, conf, err) &&
		check_slot(server->keeper, conf, slot_exists, err);
}

/* Before the slot is made: its snapshot holds until this connection is used again. */
static bool
identify(SnapshotServer *server, Err *err)
{
	PGresult   *res = pg_query(server->slot, PGRES_TUPLES_OK, "identify the server", "IDENTIFY_SYSTEM", err);

	if (res == NULL)
		return false;
	snprintf(server->system_id, sizeof(server->system_id), "%s", PQgetvalue(res, 0, 0));
	server->timeline = (uint32_t) strtoul(PQgetvalue(res, 0, 1), NULL, 10);
	PQclear(res);
	return true;
}

/*
 * With exactly-once, rows without a key must not come twice: a table of them is
 * read as a whole.
 */
static bool
plan_rest(SnapshotServer *server, const Conf *conf, int readers, Err *err)
{
	SnapshotPlan *plan = &server->plan;

	if (plan->ntables > DONE_TABLES_MAX)
		return err_set(err, ERR_CONFIG, "walpost.snapshot.resumable=true is for %d tables at most, and these are %d; leave it out",
					   DONE_TABLES_MAX, plan->ntables);
	for (int i = 0; i < plan->ntables && producer_exactly_once(conf); i++)
		if (!plan->tables[i].keyed)
			plan->tables[i].ranges = false;
	return snapshot_plan_rest(server->keeper, readers, server->options, server->lsn, server->done, plan, err);
}

static bool
open_once(SnapshotServer *server, const Conf *conf, const SnapshotPart *part, int readers,
		  const volatile bool *stop, Err *err)
{
	server->plan.stop = stop;
	server->slot = open_session(conf, true, err);
	if (server->slot == NULL || !identify(server, err))
		return false;
	snprintf(server->name, sizeof(server->name), "walpost_snapshot_%d", PQbackendPID(server->slot));
	if (!slot_create_exported(server->slot, server->name, stop, &server->lsn,
							  server->snapshot, sizeof(server->snapshot), err) ||
		!use_snapshot(server->keeper, server, err) ||
		!snapshot_plan_tables(conf, server->keeper, part, &server->plan, err) ||
		!lock_tables(server->keeper, &server->plan, "", err) || !check_rewritten(server, err))
		return from_the_beginning(err);
	server->options = options_text(conf, server->keeper);
	if (server->done != NULL)
		return plan_rest(server, conf, readers, err);
	return snapshot_plan_tasks(server->keeper, readers, server->options, server->lsn, &server->plan, err);
}

static void
close_maker(SnapshotServer *server)
{
	PQfinish(server->maker);
	server->maker = NULL;
}

/* All but the claim. */
static void
close_slot(SnapshotServer *server)
{
	close_maker(server);
	PQfinish(server->slot);
	server->slot = NULL;
	snapshot_plan_free(&server->plan);
	free(server->options);
	server->options = NULL;
}

bool
snapshot_server_open(SnapshotServer *server, const Conf *conf, const SnapshotPart *part,
					 int readers, const volatile bool *stop, Err *err)
{
	for (int tries = 0; !open_once(server, conf, part, readers, stop, err); tries++)
	{
		if (err->kind != ERR_RETRY || err->sqlstate[0] == '\0' || tries >= OPEN_TRIES)
			return false;
		log_info("%s; beginning again", err->text);
		close_slot(server);
		if (PQtransactionStatus(server->keeper) != PQTRANS_IDLE &&
			!pg_exec(server->keeper, "begin the snapshot again", "ROLLBACK", err))
			return false;
	}
	return true;
}

void
snapshot_server_close(SnapshotServer *server)
{
	/* the server would notice only when the query is done */
	if (server->moving)
		pg_cancel(server->keeper);
	PQfinish(server->keeper);
	close_slot(server);
	memset(server, 0, sizeof(*server));
}

bool
snapshot_server_check(SnapshotServer *server, Err *err)
{
	if (!PQconsumeInput(server->keeper))
		return pg_error(server->keeper, NULL, "keep the tables locked", err);
	if (!PQconsumeInput(server->slot))
		return pg_error(server->slot, NULL, "keep the temporary slot", err);
	return true;
}

bool
snapshot_server_release(SnapshotServer *server, Err *err)
{
	return pg_exec(server->keeper, "release the tables", "COMMIT", err);
}

/* ---- the permanent slot ---- */

/*
 * One attempt, in a session of its own: the temporary slot ends with any error in
 * its session, and must outlive those of making another one.
 */
static bool
copy_slot(SnapshotServer *server, const Conf *conf, const char *slot, Err *err)
{
	char	   *sql = mem_print("SELECT FROM pg_catalog.pg_copy_logical_replication_slot('%s', '%s', false)",
								server->name, slot);
	char	   *what = mem_print("make slot \"%s\"", slot);
	PGresult   *res = NULL;

	if (server->maker == NULL)
		server->maker = open_session(conf, false, err);
	if (server->maker != NULL)
		res = pg_query(server->maker, PGRES_TUPLES_OK, what, sql, err);
	PQclear(res);
	free(what);
	free(sql);
	return res != NULL;
}

/* Is one there that nobody has used since it was made of the temporary one? */
static bool
is_copied(SnapshotServer *server, const char *slot)
{
	char	   *sql = mem_print("SELECT FROM pg_catalog.pg_replication_slots WHERE slot_name = '%s' AND plugin = '" SLOT_PLUGIN "'"
								" AND NOT active AND confirmed_flush_lsn = '" LSN_FMT "'", slot, LSN_ARGS(server->lsn));
	PGresult   *res = pg_query(server->maker, PGRES_TUPLES_OK, "look for the slot", sql, NULL);
	bool		there = res != NULL && PQntuples(res) > 0;

	PQclear(res);
	free(sql);
	return there;
}

/* Says once in a while what it waits for, and when that is something else. */
static void
say_waiting(SnapshotServer *server, const char *slot, const Err *err)
{
	const char *rows = server->done == NULL ? "all rows are in Kafka, " : "";

	if (strcmp(server->waits_for, err->sqlstate) != 0)
		server->tries = 0;
	memcpy(server->waits_for, err->sqlstate, sizeof(server->waits_for));
	if (server->tries++ % KEEP_SAY != 0)
		return;
	if (strcmp(err->sqlstate, SQLSTATE_NO_SLOT) == 0)
		log_warn("all replication slots of the server are in use; %swaiting for a free slot to make \"%s\" of (drop one that nobody needs)",
				 rows, slot);
	else
		log_warn("%s; %sthe temporary slot is kept, and this is tried again", err->text, rows);
}

/* What passes, or somebody can mend while the server runs, is no reason to read all rows again. */
static bool
make_slot(SnapshotServer *server, const Conf *conf, const char *slot, bool *kept, Err *err)
{
	bool		exists;

	*kept = copy_slot(server, conf, slot, err);
	exists = !*kept && strcmp(err->sqlstate, SQLSTATE_EXISTS) == 0;
	if (exists)
		*kept = is_copied(server, slot);
	if (*kept)
	{
		close_maker(server);
		return true;
	}
	/* somebody made one meanwhile */
	if (exists)
		err->kind = ERR_RETRY;
	if (exists || (err->kind != ERR_RETRY && strcmp(err->sqlstate, SQLSTATE_NO_SLOT) != 0))
		return false;
	if (PQstatus(server->maker) != CONNECTION_OK)
		close_maker(server);
	say_waiting(server, slot, err);
	return true;
}

/* The server reads the WAL in between, which may be much. */
static bool
begin_moving(SnapshotServer *server, const char *slot, const char *what, Err *err)
{
	char	   *sql = mem_print("SELECT pg_catalog.pg_replication_slot_advance(slot_name, '" LSN_FMT "')"
								" FROM pg_catalog.pg_replication_slots"
								" WHERE slot_name = '%s' AND confirmed_flush_lsn < '" LSN_FMT "'",
								LSN_ARGS(server->lsn), slot, LSN_ARGS(server->lsn));

	server->moving = PQsendQuery(server->keeper, sql) || pg_error(server->keeper, NULL, what, err);
	if (server->moving)
		log_info("moving slot \"%s\" on to " LSN_FMT, slot, LSN_ARGS(server->lsn));
	free(sql);
	return server->moving;
}

static bool
end_moving(SnapshotServer *server, const char *what, bool *kept, Err *err)
{
	PGresult   *res;

	if (!PQconsumeInput(server->keeper))
		return pg_error(server->keeper, NULL, what, err);
	if (PQisBusy(server->keeper))
		return true;
	res = PQgetResult(server->keeper);
	*kept = PQresultStatus(res) == PGRES_TUPLES_OK;
	if (!*kept)
		pg_error(server->keeper, res, what, err);
	PQclear(res);
	while ((res = PQgetResult(server->keeper)) != NULL)
		PQclear(res);
	server->moving = false;
	return *kept;
}

bool
snapshot_server_keep(SnapshotServer *server, const Conf *conf, bool exists, bool *kept, Err *err)
{
	const char *slot = conf_get(conf, "slot.name");
	char	   *what;
	bool		done;

	*kept = false;
	if (!exists)
		return make_slot(server, conf, slot, kept, err);
	what = mem_print("move slot \"%s\" on to the snapshot", slot);
	done = (server->moving || begin_moving(server, slot, what, err)) &&
		end_moving(server, what, kept, err);
	free(what);
	return done;
}
