/*
 * orphans.c
 *	  Slots of ours that nobody uses: they keep WAL for ever, until their connector
 *	  runs again or they are dropped.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "slot.h"

static const char orphans_sql[] =
"SELECT slot_name, database, COALESCE(wal_status, ''),"
" COALESCE(pg_catalog.pg_size_pretty(pg_catalog.pg_wal_lsn_diff("
"  CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn()"
"  ELSE pg_catalog.pg_current_wal_lsn() END, restart_lsn)), '0 bytes')"
" FROM pg_catalog.pg_replication_slots"
" WHERE plugin = '" SLOT_PLUGIN "' AND NOT active AND slot_name <> $1 AND " SLOT_CLAIM_PID " IS NULL ORDER BY slot_name";

bool
slot_orphans(PGconn *conn, const char *but, SlotOrphanFn found, void *arg, Err *err)
{
	PGresult   *res = pg_query_params(conn, PGRES_TUPLES_OK, "look for slots that nobody uses",
									  orphans_sql, 1, &but, err);

	for (int i = 0; res != NULL && i < PQntuples(res); i++)
		found(arg, PQgetvalue(res, i, 0), PQgetvalue(res, i, 1),
			  PQgetvalue(res, i, 2)[0] == 'l' ? NULL : PQgetvalue(res, i, 3));
	PQclear(res);
	return res != NULL;
}
