/*
 * pg_until.c
 *	  Statements that may take long, and end when the shipper is to stop.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "pg_until.h"

#include <poll.h>

#include "log.h"

#define LOG_MODULE "pg"

#define TICK_MS 100				/* how often a wait looks at *stop */

void
pg_cancel(PGconn *conn)
{
	PGcancel   *cancel = PQgetCancel(conn);
	char		why[256];

	if (cancel != NULL && !PQcancel(cancel, why, sizeof(why)))
		log_debug("could not cancel a query: %s", why);
	PQfreeCancel(cancel);
}

/* False when told to stop. */
static bool
wait_for_result(PGconn *conn, const volatile bool *stop)
{
	while (PQisBusy(conn))
	{
		struct pollfd fd = {.fd = PQsocket(conn),.events = POLLIN};
		int			ready = poll(&fd, 1, TICK_MS);

		if (ready > 0 && !PQconsumeInput(conn))
			break;
		if (stop != NULL && *stop)
			return false;
	}
	return true;
}

PGresult *
pg_query_until(PGconn *conn, ExecStatusType expected, const char *what,
			   const char *sql, const volatile bool *stop, Err *err)
{
	PGresult   *res;
	PGresult   *extra;

	log_debug("sql: %s", sql);
	if (!PQsendQuery(conn, sql))
	{
		pg_error(conn, NULL, what, err);
		return NULL;
	}
	if (!wait_for_result(conn, stop))
	{
		pg_cancel(conn);
		err_set(err, ERR_NONE, "stopped");
		return NULL;
	}
	res = PQgetResult(conn);
	while (res != NULL && (extra = PQgetResult(conn)) != NULL)
		PQclear(extra);
	if (res != NULL && PQresultStatus(res) == expected)
		return res;
	pg_error(conn, res, what, err);
	PQclear(res);
	return NULL;
}
