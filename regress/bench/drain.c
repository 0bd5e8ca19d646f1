/*
 * drain.c
 *	  Reads a replication slot to a given position, as fast as the walsender
 *	  can write, and says what that cost.
 *
 * usage: drain CONNINFO SLOT TARGET_LSN [OPTION=VALUE]...
 *
 * The options go to the output plugin.  What arrives is counted and thrown
 * away.  Positions are reported as written, never as flushed, so the slot
 * stays where it is and the same contents can be drained again.  The result
 * is one line of JSON:
 *
 *	  wall		seconds from START_REPLICATION to the target
 *	  cpu		processor seconds, user and system, of the walsender in that time
 *	  messages	CopyData messages with data
 *	  bytes		their payload
 *
 * The server has to run on this machine, since cpu is read from /proc.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <libpq-fe.h>

/* The walsender's fast path wants an answer each half wal_sender_timeout. */
#define FEEDBACK_INTERVAL	10.0

/* Layouts of the messages inside CopyData: type, then big-endian integers. */
#define DATA_HEAD			25	/* 'w', start LSN, end LSN, time */
#define KEEPALIVE_LEN		18	/* 'k', end LSN, time, answer wanted */
#define FEEDBACK_LEN		34	/* 'r', write, flush, apply, time, ask */

typedef struct Drain
{
	PGconn	   *conn;
	uint64_t	target;
	uint64_t	position;		/* the furthest that the server spoke of */
	uint64_t	messages;
	uint64_t	bytes;
	double		last_feedback;
} Drain;

static void die(const char *fmt,...) __attribute__((noreturn, format(printf, 1, 2)));

static void
die(const char *fmt,...)
{
	va_list		ap;

	fputs("drain: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

static double
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static uint64_t
get64(const char *p)
{
	uint64_t	v;

	memcpy(&v, p, sizeof(v));
	return __builtin_bswap64(v);
}

static void
put64(char *p, uint64_t v)
{
	v = __builtin_bswap64(v);
	memcpy(p, &v, sizeof(v));
}

/*
 * Processor seconds of a process with one thread.  schedstat counts in
 * nanoseconds; kernels without it have the clock ticks of stat.
 */
static double
process_cpu(int pid)
{
	char		path[64];
	FILE	   *f;
	uint64_t	ns;
	unsigned long user,
				sys;
	double		seconds = -1;

	snprintf(path, sizeof(path), "/proc/%d/schedstat", pid);
	if ((f = fopen(path, "r")) != NULL)
	{
		if (fscanf(f, "%" SCNu64, &ns) == 1)
			seconds = ns / 1e9;
		fclose(f);
	}
	if (seconds > 0)
		return seconds;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if ((f = fopen(path, "r")) == NULL)
		die("could not open \"%s\": the server has to run on this machine", path);
	if (fscanf(f, "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
			   &user, &sys) != 2)
		die("could not read \"%s\"", path);
	fclose(f);
	return (double) (user + sys) / sysconf(_SC_CLK_TCK);
}

/* Some plugins chatter. */
static void
ignore_notice(void *arg, const char *message)
{
	(void) arg;
	(void) message;
}

static void
send_feedback(Drain *drain)
{
	char		msg[FEEDBACK_LEN] = {'r'};

	/* flush and apply stay 0, "not stated": the slot does not move. */
	put64(msg + 1, drain->position);
	if (PQputCopyData(drain->conn, msg, sizeof(msg)) != 1 || PQflush(drain->conn) != 0)
		die("could not send feedback: %s", PQerrorMessage(drain->conn));
	drain->last_feedback = now();
}

static void
start_replication(Drain *drain, const char *slot, int noptions, char **options)
{
	char		command[65536];
	size_t		len;
	PGresult   *res;

	len = snprintf(command, sizeof(command), "START_REPLICATION SLOT \"%s\" LOGICAL 0/0", slot);
	for (int i = 0; i < noptions; i++)
	{
		char	   *eq = strchr(options[i], '=');
		char	   *value;

		if (eq == NULL)
			die("option \"%s\" has no value", options[i]);
		value = PQescapeLiteral(drain->conn, eq + 1, strlen(eq + 1));
		if (value == NULL)
			die("%s", PQerrorMessage(drain->conn));
		len += snprintf(command + len, sizeof(command) - len, "%s\"%.*s\" %s",
						i == 0 ? " (" : ", ", (int) (eq - options[i]), options[i], value);
		PQfreemem(value);
		if (len + 2 > sizeof(command))
			die("the options are too long");
	}
	if (noptions > 0)
		strcpy(command + len, ")");

	res = PQexec(drain->conn, command);
	if (PQresultStatus(res) != PGRES_COPY_BOTH)
		die("could not start replication: %s", PQerrorMessage(drain->conn));
	PQclear(res);
}

/* Takes one CopyData message in. */
static void
receive(Drain *drain, const char *msg, int len)
{
	uint64_t	lsn;

	if (len >= DATA_HEAD && msg[0] == 'w')
	{
		drain->messages++;
		drain->bytes += len - DATA_HEAD;
		lsn = get64(msg + 1);
	}
	else if (len == KEEPALIVE_LEN && msg[0] == 'k')
		lsn = get64(msg + 1);
	else
		die("unexpected message of type '%c' and length %d", msg[0], len);

	if (lsn > drain->position)
		drain->position = lsn;
	if (msg[0] == 'k' && msg[KEEPALIVE_LEN - 1])
		send_feedback(drain);
}

static void
run(Drain *drain)
{
	struct pollfd pfd = {.fd = PQsocket(drain->conn),.events = POLLIN};

	while (drain->position < drain->target)
	{
		char	   *msg;
		int			len = PQgetCopyData(drain->conn, &msg, true);

		if (len > 0)
		{
			receive(drain, msg, len);
			PQfreemem(msg);
		}
		else if (len < 0)
			die("the stream ended: %s", PQerrorMessage(drain->conn));
		else
		{
			if (now() - drain->last_feedback > FEEDBACK_INTERVAL)
				send_feedback(drain);
			if (poll(&pfd, 1, 1000) > 0 && !PQconsumeInput(drain->conn))
				die("%s", PQerrorMessage(drain->conn));
		}
	}
}

int
main(int argc, char **argv)
{
	Drain		drain = {0};
	unsigned	hi,
				lo;
	int			pid;
	double		wall,
				cpu;

	if (argc < 4 || sscanf(argv[3], "%X/%X", &hi, &lo) != 2)
		die("usage: drain CONNINFO SLOT TARGET_LSN [OPTION=VALUE]...");
	drain.target = (uint64_t) hi << 32 | lo;

	drain.conn = PQconnectdb(argv[1]);
	if (PQstatus(drain.conn) != CONNECTION_OK)
		die("%s", PQerrorMessage(drain.conn));
	PQsetNoticeProcessor(drain.conn, ignore_notice, NULL);
	pid = PQbackendPID(drain.conn);

	cpu = process_cpu(pid);
	wall = now();
	start_replication(&drain, argv[2], argc - 4, argv + 4);
	send_feedback(&drain);
	run(&drain);
	wall = now() - wall;
	cpu = process_cpu(pid) - cpu;

	printf("{\"wall\": %.4f, \"cpu\": %.4f, \"messages\": %" PRIu64 ", \"bytes\": %" PRIu64 "}\n",
		   wall, cpu, drain.messages, drain.bytes);
	PQfinish(drain.conn);
	return 0;
}
