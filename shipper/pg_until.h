/*
 * pg_until.h
 *	  Statements that may take long, and end when the shipper is to stop.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_PG_UNTIL_H
#define WALPOST_PG_UNTIL_H

#include <stdbool.h>

#include "err.h"
#include "pg.h"

/*
 * As pg_query(), but *stop (NULL: never) ends it within 100 ms: the server is told
 * to cancel it, and the result is NULL with ERR_NONE, "stopped".  The connection is
 * good for nothing but PQfinish() then.
 */
extern PGresult *pg_query_until(PGconn *conn, ExecStatusType expected, const char *what,
								const char *sql, const volatile bool *stop, Err *err) must_check;

/*
 * Tells the server to cancel what it does for a connection that is about to be closed:
 * it would notice that only when the statement is done.
 */
extern void pg_cancel(PGconn *conn);

#endif							/* WALPOST_PG_UNTIL_H */
