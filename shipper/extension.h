/*
 * extension.h
 *	  The extension walpost in the connector's database, which reads snapshots.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_EXTENSION_H
#define WALPOST_EXTENSION_H

#include <stdbool.h>

#include "pg.h"

/*
 * Looks whether the extension is there and can read a snapshot; *absent when it
 * is not, but may be made by extension_make().  False and err (ERR_CONFIG, with
 * the statement that somebody else has to run) when it is not to be had, or the
 * database could not be asked.
 */
extern bool extension_look(PGconn *conn, bool *absent, Err *err) must_check;

/*
 * What a session runs before it calls functions of the extension: fails where that
 * is absent, as somebody else could make a schema of its name later, and where that
 * has been done.  It and what follows to the end of the query are one transaction,
 * as long as its search path is the server's; the session's is the user's.
 */
#define EXTENSION_GUARD \
	"SET LOCAL search_path = pg_catalog, pg_temp;" \
	" DO $walpost$BEGIN IF NOT EXISTS (SELECT FROM pg_catalog.pg_namespace n" \
	" JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND d.objid = n.oid" \
	" JOIN pg_catalog.pg_extension e ON d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND e.oid = d.refobjid" \
	" WHERE n.nspname = 'walpost' AND d.deptype = 'e' AND e.extname = 'walpost')" \
	" THEN RAISE invalid_schema_name USING MESSAGE = 'schema walpost is not that of the extension walpost, or missing'," \
	" HINT = 'Run CREATE EXTENSION walpost; a schema of that name has to be renamed before.'; END IF; END$walpost$"

/*
 * True where it is there, so that what it has may be called; else false and err,
 * also where it could be made.
 */
extern bool extension_there(PGconn *conn, Err *err) must_check;

/* What extension_make() runs. */
#define EXTENSION_STATEMENT "CREATE EXTENSION IF NOT EXISTS walpost"

/*
 * Makes it where it is absent and the role may.  Not within a transaction.
 * False and err as above.
 */
extern bool extension_make(PGconn *conn, Err *err) must_check;

#endif							/* WALPOST_EXTENSION_H */
