/*
 * extension.c
 *	  The extension walpost in the connector's database.
 *
 * What counts is the function that a snapshot calls, and that it is a member of
 * the extension: whoever may make schemas could have put one of that name there,
 * to be run with the connector's rights.  An older version is left to a person,
 * as the plugin's library is the whole server's.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "extension.h"

#include <string.h>

#include "log.h"

#define LOG_MODULE "extension"

/* Somebody else made it at the same moment: unique_violation, duplicate_object. */
#define SQLSTATE_UNIQUE "23505"
#define SQLSTATE_EXISTS "42710"

/*
 * In the order of enum LookColumn.  The arguments are (regclass, text[], pg_lsn,
 * int8, int8, int4, text, text, text); to_regprocedure() would want USAGE of
 * whatever schema bears the name.
 */
static const char look_sql[] =
"SELECT EXISTS (SELECT FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid"
"  JOIN pg_catalog.pg_proc p ON p.oid = d.objid JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace"
"  WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.deptype = 'e'"
"  AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND e.extname = 'walpost'"
"  AND n.nspname = 'walpost' AND p.proname = 'snapshot'"
"  AND p.proargtypes = '2205 1009 3220 20 20 23 25 25 25'::pg_catalog.oidvector),"
" EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname = 'walpost'),"
" EXISTS (SELECT FROM pg_catalog.pg_available_extensions WHERE name = 'walpost'),"
" EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = 'walpost'),"
" pg_catalog.pg_is_in_recovery(),"
" (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user),"
" pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE'),"
" EXISTS (SELECT FROM pg_catalog.pg_available_extensions a JOIN pg_catalog.pg_available_extension_versions v"
"  ON v.name = a.name AND v.version = a.default_version WHERE a.name = 'walpost' AND v.trusted),"
" pg_catalog.quote_ident(current_user), pg_catalog.quote_ident(pg_catalog.current_database())";

enum LookColumn
{
	USABLE, MADE, INSTALLED, SCHEMA_TAKEN, STANDBY, SUPERUSER, MAY_CREATE, TRUSTED, ROLE_NAME, DATABASE
};

static bool
is_true(const PGresult *res, enum LookColumn column)
{
	return PQgetvalue(res, 0, column)[0] == 't';
}

/* Why it cannot be made; false and err, or true when it can. */
static bool
may_make(const PGresult *res, Err *err)
{
	const char *db = PQgetvalue(res, 0, DATABASE);
	const char *role = PQgetvalue(res, 0, ROLE_NAME);

	if (is_true(res, MADE))
		return err_set(err, ERR_CONFIG, "the extension \"walpost\" of database %s has an older version than this program; run ALTER EXTENSION walpost UPDATE in it as its owner",
					   db);
	if (!is_true(res, INSTALLED))
		return err_set(err, ERR_CONFIG, "database %s lacks the extension \"walpost\", and the server does not have its files; install walpost on the server's host and run CREATE EXTENSION walpost",
					   db);
	if (is_true(res, SCHEMA_TAKEN))
		return err_set(err, ERR_CONFIG, "database %s lacks the extension \"walpost\", and has a schema of that name, in which the extension cannot be made; rename it (ALTER SCHEMA walpost RENAME TO ...) and run CREATE EXTENSION walpost",
					   db);
	if (is_true(res, STANDBY))
		return err_set(err, ERR_CONFIG, "database %s lacks the extension \"walpost\", and this server is a standby; run CREATE EXTENSION walpost in it on the primary",
					   db);
	if (is_true(res, SUPERUSER) || (is_true(res, MAY_CREATE) && is_true(res, TRUSTED)))
		return true;
	return err_set(err, ERR_CONFIG, "database %s lacks the extension \"walpost\", and role %s may not make it; run CREATE EXTENSION walpost in it as superuser (or GRANT CREATE ON DATABASE %s TO %s, and it makes it)",
				   db, role, db, role);
}

bool
extension_look(PGconn *conn, bool *absent, Err *err)
{
	PGresult   *res = pg_query(conn, PGRES_TUPLES_OK, "look for the extension walpost", look_sql, err);
	bool		ok;

	*absent = false;
	if (res == NULL)
		return false;
	ok = is_true(res, USABLE);
	if (!ok)
		ok = *absent = may_make(res, err);
	PQclear(res);
	return ok;
}

bool
extension_there(PGconn *conn, Err *err)
{
	bool		absent;

	return extension_look(conn, &absent, err) &&
		(!absent ||
		 err_set(err, ERR_CONFIG, "database \"%s\" lacks the extension \"walpost\"; run CREATE EXTENSION walpost in it", PQdb(conn)));
}

bool
extension_make(PGconn *conn, Err *err)
{
	bool		absent;

	if (!extension_look(conn, &absent, err))
		return false;
	if (!absent)
		return true;
	/* what role or database set for transactions does not stand in its way */
	if (!pg_exec(conn, "make the extension", "SET TRANSACTION READ WRITE; " EXTENSION_STATEMENT, err))
	{
		if (strcmp(err->sqlstate, SQLSTATE_UNIQUE) == 0 || strcmp(err->sqlstate, SQLSTATE_EXISTS) == 0)
			err->kind = ERR_RETRY;
		return false;
	}
	log_info("made the extension walpost in database \"%s\"", PQdb(conn));

	/* the default version may be an older one */
	return extension_look(conn, &absent, err);
}
