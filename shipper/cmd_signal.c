/*
 * cmd_signal.c
 *	  walpost signal: what walpost.signal() does, for one connector.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdio.h>
#include <string.h>

#include "cmd.h"
#include "extension.h"
#include "pg.h"
#include "signals.h"

static const char sql[] = "SELECT walpost.signal($1, $2::pg_catalog.json, $3)";

/* What the connector would only say in its log is an error here. */
static bool
check(const char *type, const char *data, Err *err)
{
	SignalText	text = {
		.channel = SIGNAL_FROM_SOURCE,
		.type = {type, (uint32_t) strlen(type)},
		.data = {data, data ? (uint32_t) strlen(data) : 0},
	};
	Err			why;
	Signal	   *signal = signal_read(&text, &why);

	if (signal == NULL)
		return err_set(err, ERR_CONFIG, "nothing was signalled: %s", why.text);
	signal_free(signal);
	return true;
}

/* An error of the server's, with what to do about it. */
static bool
explain(const Conf *conf, Err *err)
{
	Err			why = *err;
	const char *user = conf_get(conf, "database.user");

	if (strcmp(why.sqlstate, "42501") == 0)
		return err_set(err, ERR_CONFIG, "%.700s; run GRANT EXECUTE ON FUNCTION walpost.signal(text, json, text) TO \"%s\" "
					   "as the extension's owner, or name another database.user", why.text, user);
	return false;
}

static bool
send_signal(const Conf *conf, const char *type, const char *data, Err *err)
{
	const char *params[] = {type, data, conf_get(conf, "topic.prefix")};
	PGconn	   *conn = pg_connect(conf, false, err);
	PGresult   *res = NULL;

	/* a function of that name may be anybody's */
	if (conn != NULL && extension_there(conn, err))
	{
		res = pg_query_params(conn, PGRES_TUPLES_OK, "signal", sql, 3, params, err);
		if (res == NULL)
			explain(conf, err);
		else
			printf("sent signal %s to connectors with topic.prefix \"%s\"\n", PQgetvalue(res, 0, 0), params[2]);
	}
	PQclear(res);
	PQfinish(conn);
	return res != NULL;
}

bool
cmd_signal(const CliArgs *args, Err *err)
{
	const char *type = args->operands[1];
	const char *data = args->noperands > 2 ? args->operands[2] : NULL;
	Conf	   *conf = cli_load(args, args->operands[0], err);
	bool		done = conf != NULL && check(type, data, err) && send_signal(conf, type, data, err);

	conf_free(conf);
	return done;
}
