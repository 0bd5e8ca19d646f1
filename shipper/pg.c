/*
 * pg.c
 *	  libpq as the rest of the shipper uses it: connect, query, classify.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "pg.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "log.h"
#include "mem.h"
#include "pgtls.h"

#define LOG_MODULE "pg"

#define CONNECT_TIMEOUT_S 30

/* ---- parameters ----------------------------------------------------------- */

static const struct
{
	const char *keyword;
	const char *property;
}			conn_properties[] = {
	{"host", "database.hostname"},
	{"port", "database.port"},
	{"user", "database.user"},
	{"password", "database.password"},
	{"dbname", "database.dbname"},
	{"sslmode", "database.sslmode"},
	{"sslcert", "database.sslcert"},
	{"sslkey", "database.sslkey"},
	{"sslpassword", "database.sslpassword"},
	{"sslrootcert", "database.sslrootcert"},
};

#define NPROPERTIES (sizeof(conn_properties) / sizeof(conn_properties[0]))

/*
 * A walsender must not be ended by time-outs that the role or the database
 * sets for ordinary work, nor print in a style of its own.  One that spills
 * every transaction of a few hundred thousand rows to disk decodes at half
 * its speed, so it gets more memory than the server's setting for all.
 */
#define REPLICATION_OPTIONS \
	"-c DateStyle=ISO -c IntervalStyle=postgres -c TimeZone=UTC " \
	"-c extra_float_digits=3 -c bytea_output=hex -c search_path=pg_catalog " \
	"-c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0 " \
	"-c logical_decoding_work_mem=%s"

/* Keeps the session's own search path. */
#define USERS_PATH "walpost.search_path"

static const char sql_options[] =
"-c DateStyle=ISO -c client_min_messages=warning";

void
pg_conn_params(const Conf *conf, bool replication,
			   const char ***keys, const char ***values)
{
	static char replication_options[sizeof(REPLICATION_OPTIONS) + 32];
	size_t		max = NPROPERTIES + 8;
	const char **k = mem_zero(max * sizeof(char *));
	const char **v = mem_zero(max * sizeof(char *));
	int			n = 0;

	for (size_t i = 0; i < NPROPERTIES; i++)
	{
		const char *value = pgtls_value(conf, conn_properties[i].property);

		if (value == NULL)
			continue;
		k[n] = conn_properties[i].keyword;
		v[n++] = value;
	}
#define PARAM(keyword, value) (k[n] = (keyword), v[n++] = (value))
	PARAM("application_name", "walpost");
	PARAM("client_encoding", "UTF8");
	PARAM("keepalives", conf_get_bool(conf, "database.tcpKeepAlive") ? "1" : "0");
	snprintf(replication_options, sizeof(replication_options), REPLICATION_OPTIONS,
			 conf_get(conf, "walpost.decoding.work.mem"));
	PARAM("options", replication ? replication_options : sql_options);
	if (replication)
		PARAM("replication", "database");
#undef PARAM
	*keys = k;
	*values = v;
}

/* ---- errors ---------------------------------------------------------------- */

/* What to do about a failed connection, by the longest prefix of its SQLSTATE. */
static const struct
{
	const char *sqlstate;
	const char *remedy;
}			connect_remedies[] = {
	{"28P01", "check database.user and database.password (a role is made by CREATE ROLE ... LOGIN REPLICATION PASSWORD '...')"},
	{"28", "check database.user, and that pg_hba.conf lets it connect to this database"},
	{"3D000", "check database.dbname"},
	{"42501", "give the role LOGIN, REPLICATION and CONNECT on the database"},
	{"53300", "raise max_connections and max_wal_senders, or stop other clients"},
	{"57P03", "wait until the server has started"},
	{"", "check database.hostname and database.port, and that the server runs"},
};

/* What libpq itself says about a connection that no retry will mend. */
static const struct
{
	const char *text;
	const char *remedy;
}			client_refusals[] = {
	{"no password supplied", "set database.password, PGPASSWORD or a password file"},
	{"does not support SSL", "set database.sslmode to prefer, or switch ssl on at the server"},
	{"certificate verify failed", "check database.sslrootcert"},
	{"does not match host name", "check database.hostname, or set database.sslmode to verify-ca"},
	{"root certificate file", "set database.sslrootcert"},
	{"certificate file", "check database.sslcert"},
	{"private key file", "check database.sslkey and database.sslpassword"},
	{"invalid port number", "check database.port"},
	{"invalid sslmode", "check database.sslmode"},
};

/*
 * The line of libpq's (verbose) message that matters, without its SQLSTATE,
 * which goes into sqlstate: libpq has no other way to tell it of a connection.
 */
static void
read_conn_message(const char *message, char *sqlstate, char *line, size_t size)
{
	const char *best = message;
	const char *code = NULL;

	for (const char *p = strstr(message, ":  "); p && !code; p = strstr(p + 1, ":  "))
	{
		int			n = 0;

		while (n < 5 && (isupper((unsigned char) p[3 + n]) || isdigit((unsigned char) p[3 + n])))
			n++;
		if (n == 5 && p[8] == ':' && p[9] == ' ')
			code = p + 3;
	}

	sqlstate[0] = '\0';
	if (code == NULL)
	{
		snprintf(line, size, "%.*s", (int) strcspn(best, "\n"), best);
		return;
	}
	memcpy(sqlstate, code, 5);
	sqlstate[5] = '\0';
	for (best = code; best > message && best[-1] != '\n';)
		best--;
	snprintf(line, size, "%.*s%.*s", (int) (code - best), best,
			 (int) strcspn(code + 7, "\n"), code + 7);
}

static const char *
connect_remedy(const char *sqlstate)
{
	for (size_t i = 0;; i++)
		if (strncmp(sqlstate, connect_remedies[i].sqlstate,
					strlen(connect_remedies[i].sqlstate)) == 0)
			return connect_remedies[i].remedy;
}

void
pg_conn_error(PGconn *conn, const Conf *conf, Err *err)
{
	char		line[512];
	char		sqlstate[6];
	const char *remedy;
	ErrKind		kind;

	read_conn_message(conn ? PQerrorMessage(conn) : "out of memory", sqlstate, line, sizeof(line));
	kind = err_kind_of_sqlstate(sqlstate);
	remedy = connect_remedy(sqlstate);
	for (size_t i = 0; !sqlstate[0] && i < sizeof(client_refusals) / sizeof(client_refusals[0]); i++)
		if (strstr(line, client_refusals[i].text))
		{
			kind = ERR_CONFIG;
			remedy = client_refusals[i].remedy;
			break;
		}
	err_set(err, kind, "could not connect to database \"%s\" as \"%s\": %s; %s",
			conf_get(conf, "database.dbname"), conf_get(conf, "database.user"), line, remedy);
	if (err)
		memcpy(err->sqlstate, sqlstate, sizeof(err->sqlstate));
}

/* The text of one field of a result without line ends, or "". */
static const char *
field(const PGresult *res, int code)
{
	const char *text = PQresultErrorField(res, code);

	return text ? text : "";
}

/* The same, as part of a line: without the full stop that details end in. */
static int
length_in_line(const char *text)
{
	int			len = (int) strlen(text);

	return len > 0 && text[len - 1] == '.' ? len - 1 : len;
}

/* The line of an error's context in which the plugin names a change, or "". */
static const char *
place_in_stream(const char *context)
{
	const char *place = strstr(context, "walpost, ");

	return place ? place + strlen("walpost, ") : "";
}

bool
pg_error(PGconn *conn, const PGresult *res, const char *what, Err *err)
{
	const char *sqlstate = res ? field(res, PG_DIAG_SQLSTATE) : "";
	const char *detail;
	const char *hint;
	const char *place;

	if (sqlstate[0] == '\0')
		return err_set(err, ERR_RETRY, "could not %s: %s; check that the server runs and is reachable",
					   what, PQerrorMessage(conn));
	detail = field(res, PG_DIAG_MESSAGE_DETAIL);
	hint = field(res, PG_DIAG_MESSAGE_HINT);
	place = place_in_stream(field(res, PG_DIAG_CONTEXT));
	err_set(err, err_kind_of_sqlstate(sqlstate), "could not %s: %s%s%.*s%s%.*s%s%.*s", what,
			field(res, PG_DIAG_MESSAGE_PRIMARY),
			place[0] ? "; in " : "", (int) strcspn(place, "\n"), place,
			detail[0] ? "; " : "", length_in_line(detail), detail,
			hint[0] ? "; " : "", length_in_line(hint), hint);
	if (err)
		snprintf(err->sqlstate, sizeof(err->sqlstate), "%s", sqlstate);
	return false;
}

/* ---- connecting ------------------------------------------------------------ */

static void
log_notice(void *arg, const PGresult *res)
{
	const char *severity = field(res, PG_DIAG_SEVERITY_NONLOCALIZED);
	const char *detail = field(res, PG_DIAG_MESSAGE_DETAIL);

	if (strcmp(severity, "WARNING") == 0)
		log_warn("server: %s%s%.*s", field(res, PG_DIAG_MESSAGE_PRIMARY),
				 detail[0] ? "; " : "", length_in_line(detail), detail);
	else
		log_debug("server: %s: %s", severity, field(res, PG_DIAG_MESSAGE_PRIMARY));
}

PGconn *
pg_connect_start(const Conf *conf, bool replication)
{
	const char **keys;
	const char **values;
	PGconn	   *conn;

	pg_conn_params(conf, replication, &keys, &values);
	conn = PQconnectStartParams(keys, values, 0);
	free(keys);
	free(values);
	if (conn)
		PQsetErrorVerbosity(conn, PQERRORS_VERBOSE);
	return conn;
}

void
pg_conn_ready(PGconn *conn)
{
	PQsetErrorVerbosity(conn, PQERRORS_DEFAULT);
	PQsetNoticeReceiver(conn, log_notice, NULL);
}

static int64_t
seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* Drives an asynchronous connection to its end; false when time is up. */
static bool
wait_for_connection(PGconn *conn)
{
	int64_t		deadline = seconds_now() + CONNECT_TIMEOUT_S;
	PostgresPollingStatusType want = PGRES_POLLING_WRITING;

	while (PQstatus(conn) != CONNECTION_BAD)
	{
		struct pollfd fd = {.fd = PQsocket(conn)};
		int			ready;

		fd.events = want == PGRES_POLLING_READING ? POLLIN : POLLOUT;
		ready = poll(&fd, 1, 1000);
		if (ready < 0 && errno != EINTR)
			return false;
		if (ready <= 0)
		{
			if (seconds_now() > deadline)
				return false;
			continue;
		}
		want = PQconnectPoll(conn);
		if (want == PGRES_POLLING_OK || want == PGRES_POLLING_FAILED)
			break;
	}
	return true;
}

/* The next statement of a ;-separated list (;; is a semicolon), or NULL. */
static char *
next_statement(const char **list)
{
	const char *p = *list;
	char	   *statement = mem_zero(strlen(p) + 1);
	char	   *to = statement;

	while (*p)
	{
		if (p[0] == ';' && p[1] == ';')
			p++;
		else if (p[0] == ';')
		{
			p++;
			break;
		}
		*to++ = *p++;
	}
	*list = p;
	return statement;
}

static bool
run_initial_statements(const Conf *conf, PGconn *conn, Err *err)
{
	const char *list = conf_get(conf, "database.initial.statements");

	while (list && *list)
	{
		char	   *statement = next_statement(&list);
		PGresult   *res = NULL;
		bool		ok = true;

		if (strspn(statement, " \t\r\n") < strlen(statement))
		{
			res = PQexec(conn, statement);
			ok = PQresultStatus(res) == PGRES_COMMAND_OK || PQresultStatus(res) == PGRES_TUPLES_OK;
		}
		if (!ok)
		{
			pg_error(conn, res, "run a statement of database.initial.statements", err);
			if (err && err->kind == ERR_FATAL)
				err->kind = ERR_CONFIG;
		}
		PQclear(res);
		free(statement);
		if (!ok)
			return false;
	}
	return true;
}

static bool
setup_session(const Conf *conf, PGconn *conn, Err *err)
{
	char		sql[80];

	snprintf(sql, sizeof(sql), "SET statement_timeout = %lld",
			 (long long) conf_get_int(conf, "database.query.timeout.ms"));
	return pg_exec(conn, "set statement_timeout to database.query.timeout.ms", sql, err) &&
		run_initial_statements(conf, conn, err) && pg_path_ours(conn, err);
}

/* No such statement may have an operator, or a name without its schema. */
static bool
set_path(PGconn *conn, const char *sql, Err *err)
{
	PGresult   *res = pg_query(conn, PGRES_TUPLES_OK, "set the search path", sql, err);

	PQclear(res);
	return res != NULL;
}

bool
pg_path_ours(PGconn *conn, Err *err)
{
	return set_path(conn,
					"SELECT pg_catalog.set_config('" USERS_PATH "', pg_catalog.current_setting('search_path'), false);"
					" SELECT pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', false)", err);
}

bool
pg_path_users(PGconn *conn, Err *err)
{
	return set_path(conn,
					"SELECT pg_catalog.set_config('search_path', pg_catalog.current_setting('" USERS_PATH "'), false)", err);
}

/*
 * Settings that newer servers have; none of them is known to all.  The check of the
 * connection is refused by platforms that cannot do it.  It begins with the next
 * statement, and in a WAL sender none but SQL's begins it: so it comes first.
 */
const char *
pg_no_timeouts(const PGconn *conn)
{
#define NO_TIMEOUTS "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0"
#define CHECK_CLIENT \
	"SELECT pg_catalog.set_config('client_connection_check_interval', '2s', false)" \
	" WHERE pg_catalog.version() OPERATOR(pg_catalog.~~) '%linux%'; "
	int			version = PQserverVersion(conn);

	if (version >= 170000)
		return CHECK_CLIENT NO_TIMEOUTS "; SET idle_session_timeout = 0; SET transaction_timeout = 0";
	return version >= 140000 ? CHECK_CLIENT NO_TIMEOUTS "; SET idle_session_timeout = 0" : NO_TIMEOUTS;
#undef CHECK_CLIENT
#undef NO_TIMEOUTS
}

char *
pg_session_setup(const Conf *conf)
{
	const char *list = conf_get(conf, "database.initial.statements");
	char	   *text = mem_print("SET statement_timeout = %lld",
								 (long long) conf_get_int(conf, "database.query.timeout.ms"));

	while (list && *list)
	{
		char	   *statement = next_statement(&list);
		char	   *longer = mem_print("%s;\n%s", text, statement);

		free(statement);
		free(text);
		text = longer;
	}
	return text;
}

PGconn *
pg_connect(const Conf *conf, bool replication, Err *err)
{
	PGconn	   *conn = pg_connect_start(conf, replication);

	if (conn && !wait_for_connection(conn))
		err_set(err, ERR_RETRY, "could not connect to database \"%s\" on \"%s\", port %s: no answer within %d seconds; check database.hostname and database.port",
				conf_get(conf, "database.dbname"), conf_get(conf, "database.hostname"),
				conf_get(conf, "database.port"), CONNECT_TIMEOUT_S);
	else if (conn == NULL || PQstatus(conn) != CONNECTION_OK)
		pg_conn_error(conn, conf, err);
	else
	{
		pg_conn_ready(conn);
		if (replication || setup_session(conf, conn, err))
			return conn;
	}
	PQfinish(conn);
	return NULL;
}

/* ---- statements ------------------------------------------------------------ */

static PGresult *
expect(PGconn *conn, PGresult *res, ExecStatusType expected, const char *what, Err *err)
{
	if (PQresultStatus(res) == expected)
		return res;
	pg_error(conn, res, what, err);
	PQclear(res);
	return NULL;
}

PGresult *
pg_query(PGconn *conn, ExecStatusType expected, const char *what,
		 const char *sql, Err *err)
{
	log_debug("sql: %s", sql);
	return expect(conn, PQexec(conn, sql), expected, what, err);
}

PGresult *
pg_query_params(PGconn *conn, ExecStatusType expected, const char *what,
				const char *sql, int nparams, const char *const *params, Err *err)
{
	log_debug("sql: %s", sql);
	return expect(conn, PQexecParams(conn, sql, nparams, NULL, params, NULL, NULL, 0),
				  expected, what, err);
}

bool
pg_exec(PGconn *conn, const char *what, const char *sql, Err *err)
{
	PGresult   *res = pg_query(conn, PGRES_COMMAND_OK, what, sql, err);

	PQclear(res);
	return res != NULL;
}

char *
pg_show(PGconn *conn, const char *name, Err *err)
{
	char		sql[128];
	PGresult   *res;
	char	   *value = NULL;

	snprintf(sql, sizeof(sql), "SHOW %s", name);
	res = PQexec(conn, sql);
	if (PQresultStatus(res) == PGRES_TUPLES_OK && PQntuples(res) == 1)
		value = mem_copy(PQgetvalue(res, 0, 0));
	else if (res && strcmp(field(res, PG_DIAG_SQLSTATE), "42704") == 0)
		value = mem_copy("");
	else
		pg_error(conn, res, "read a setting of the server", err);
	PQclear(res);
	return value;
}

int
pg_int(const PGresult *res, int row, int column)
{
	return (int) strtol(PQgetvalue(res, row, column), NULL, 10);
}

const char *
pg_library(void)
{
	static char version[16];
	int			number = PQlibVersion();

	snprintf(version, sizeof(version), "%d.%d", number / 10000, number % 10000);
	return version;
}

bool
pg_parse_lsn(const char *text, uint64_t *lsn)
{
	unsigned int high,
				low;
	char		rest;

	if (sscanf(text, "%X/%X%c", &high, &low, &rest) != 2)
		return false;
	*lsn = (uint64_t) high << 32 | low;
	return true;
}
