/*
 * pg.h
 *	  libpq as the rest of the shipper uses it: connect, query, classify.
 *
 * Nothing here waits for Kafka, and nothing but pg_connect() and pg_query()
 * blocks: they serve the set-up and the command line.  The engine drives its
 * own connection asynchronously with the parameters of pg_conn_params().
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_PG_H
#define WALPOST_PG_H

#include <stdbool.h>
#include <stdint.h>

#include <libpq-fe.h>

#include "conf.h"
#include "err.h"

/*
 * The parameters for PQconnectdbParams()/PQconnectStartParams(), from the
 * connector's database.* properties: both arrays end in NULL, and expand_dbname
 * must be 0.  The caller frees the two arrays with free(); what they point to
 * belongs to conf or is static.  A replication connection is one to the
 * database (replication=database) and never has a statement timeout.
 */
extern void pg_conn_params(const Conf *conf, bool replication,
						   const char ***keys, const char ***values);

/*
 * Connects and waits for it.  NULL and err if that fails: ERR_CONFIG when the
 * user must change something (password, database, pg_hba.conf), ERR_RETRY when
 * it may pass by itself (server starting, no network).  Free with PQfinish().
 * Its search path is pg_catalog: what others have put into a schema of the role's
 * path, an operator above all, must not be found in the place of the server's.
 */
extern PGconn *pg_connect(const Conf *conf, bool replication, Err *err) must_check;

/*
 * A statement of the user's is to mean what it means to them: the path that the
 * session had after database.initial.statements, and back.
 */
extern bool pg_path_users(PGconn *conn, Err *err) must_check;
extern bool pg_path_ours(PGconn *conn, Err *err) must_check;

/*
 * Begins an asynchronous connection with those parameters, for PQconnectPoll();
 * NULL only when out of memory.  It makes libpq tell SQLSTATEs, which
 * pg_conn_error() needs to tell what passes by itself from what does not.
 */
extern PGconn *pg_connect_start(const Conf *conf, bool replication);

/*
 * What ends an asynchronous connection: pg_conn_ready() once it stands (notices
 * go to the log from then on), pg_conn_error() fills err when it failed.
 */
extern void pg_conn_ready(PGconn *conn);
extern void pg_conn_error(PGconn *conn, const Conf *conf, Err *err);

/*
 * SQL for a session that lasts: whatever the role, the database or the server sets,
 * no statement, transaction or rest of it takes too long.  Not of locks.  Where the
 * server can, it looks whether we are still there while a statement waits.
 */
extern const char *pg_no_timeouts(const PGconn *conn);

/*
 * What an asynchronous connection has to run before anything else: the
 * statement timeout and database.initial.statements as one text.  Caller frees.
 */
extern char *pg_session_setup(const Conf *conf);

/*
 * Runs one statement and returns its result when it has the status expected
 * (PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_COPY_BOTH ...); else NULL and err,
 * whose text begins "could not <what>: " and whose kind is that of the
 * SQLSTATE.  Free with PQclear().
 */
extern PGresult *pg_query(PGconn *conn, ExecStatusType expected, const char *what,
						  const char *sql, Err *err) must_check;

/* The same with text parameters (not on a replication connection). */
extern PGresult *pg_query_params(PGconn *conn, ExecStatusType expected, const char *what,
								 const char *sql, int nparams,
								 const char *const *params, Err *err) must_check;

/* A statement that returns nothing. */
extern bool pg_exec(PGconn *conn, const char *what, const char *sql, Err *err) must_check;

/*
 * Fills err from a failed result ("could not <what>: <primary>; <detail>;
 * <hint>", one line) or, when res is NULL or has no SQLSTATE, from the
 * connection, and returns false.
 */
extern bool pg_error(PGconn *conn, const PGresult *res, const char *what, Err *err);

/* A setting of the server as text, "" when it has none of that name.  Works on
 * both kinds of connection (SHOW).  Caller frees; NULL and err on failure. */
extern char *pg_show(PGconn *conn, const char *name, Err *err) must_check;

/* A value as an integer. */
extern int	pg_int(const PGresult *res, int row, int column);

/* Version of libpq, for people. */
extern const char *pg_library(void);

/* "X/X" to an LSN; false when it is none. */
extern bool pg_parse_lsn(const char *text, uint64_t *lsn) must_check;

#endif							/* WALPOST_PG_H */
