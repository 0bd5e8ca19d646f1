/*
 * adder.c
 *	  The process that reads the rows of added tables, as the connector sees it.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "adder.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "crc32c.h"
#include "log.h"
#include "mem.h"

#define LOG_MODULE "add"

/* No line of it is longer. */
#define LINE_MAX_BYTES	2048

extern char **environ;

/* A relation, and which of the tables it belongs to. */
typedef struct AdderRelation
{
	uint32_t	oid;
	int			table;
	uint64_t	rows;			/* that were read */
} AdderRelation;

struct Adder
{
	pid_t		pid;
	int			to;				/* its standard input, */
	int			from;			/* and output */
	const Addition *tables;
	AdderRelation *relations;
	int			nrelations;
	bool	   *is_new;			/* by table */
	bool		quiet;
	uint64_t	point;
	uint64_t	rows;
	char		line[LINE_MAX_BYTES];
	size_t		len;
};

uint32_t
adder_check(const Conf *conf)
{
	static const char *const others[] = {
		"name", "slot.name", "publication.name", "database.hostname", "database.port",
		"database.dbname", "bootstrap.servers"
	};
	char	   *properties = conf_plugin_properties(conf);
	uint32_t	crc = crc32c(0, properties, strlen(properties));

	free(properties);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
	{
		const char *value = conf_get(conf, others[i]);

		if (value != NULL)
			crc = crc32c(crc, value, strlen(value) + 1);
	}
	return crc;
}

/* ---- starting and ending ---- */

static int
spawn(Adder *adder, const AdderSetup *setup, int in, int out)
{
	static const char *const levels[] = {"error", "warn", "info", "debug", "trace"};
	char	   *argv[] = {
		"walpost", "add", "--log-level", (char *) levels[log_now()],
		"--log-format", log_is_text() ? "text" : "json",
		"--", (char *) setup->file, NULL, NULL, NULL
	};
	posix_spawnattr_t attr;
	posix_spawn_file_actions_t files;
	sigset_t	none;
	int			error;

	if (setup->worker != NULL)
	{
		argv[6] = "--worker";
		argv[7] = (char *) setup->worker;
		argv[8] = "--";
		argv[9] = (char *) setup->file;
	}
	sigemptyset(&none);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
	error = posix_spawn(&adder->pid, "/proc/self/exe", &files, &attr, argv, environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	return error;
}

/* Pipes in both directions, and the process between them; an errno. */
static int
connect_process(Adder *adder, const AdderSetup *setup)
{
	int			in[2],
				out[2];
	int			error;

	if (pipe2(in, O_CLOEXEC) != 0)
		return errno;
	if (pipe2(out, O_CLOEXEC) != 0)
	{
		error = errno;
		close(in[0]);
		close(in[1]);
		return error;
	}
	adder->to = in[1];
	adder->from = out[0];
	error = spawn(adder, setup, in[0], out[1]);
	close(in[0]);
	close(out[1]);
	if (error == 0 && fcntl(adder->from, F_SETFL, O_NONBLOCK) != 0)
		error = errno;
	return error;
}

static void
tell(Adder *adder, const char *text)
{
	/* a pipe takes all of it at once, or nobody reads it any more */
	if (write(adder->to, text, strlen(text)) < 0)
		log_debug("could not tell the process that adds tables \"%.20s\": %s", text, strerror(errno));
}

void
adder_tell(Adder *adder, const char *word)
{
	char		line[16];

	snprintf(line, sizeof(line), "%s\n", word);
	tell(adder, line);
}

/* What it has to know: this run, what was configured, which tables. */
static void
tell_tables(Adder *adder, const Conf *conf)
{
	char	   *line = mem_print("run %s\ncheck %u\nparent %d\n", conf_get(conf, "walpost.run.id"),
								 adder_check(conf), (int) getpid());

	tell(adder, line);
	free(line);
	if (adder->quiet)
		tell(adder, "quiet\n");
	for (int i = 0; i < adder->tables->n; i++)
	{
		line = mem_print("table %s\n", adder->tables->tables[i].name);
		tell(adder, line);
		free(line);
	}
	tell(adder, "\n");
}

Adder *
adder_start(const AdderSetup *setup, const Conf *conf, const Addition *tables, Err *err)
{
	Adder	   *adder = mem_zero(sizeof(Adder));
	int			error;

	adder->tables = tables;
	adder->quiet = setup->quiet;
	adder->to = adder->from = -1;
	adder->is_new = mem_zero((size_t) tables->n + 1);
	error = connect_process(adder, setup);
	if (error != 0)
	{
		adder_stop(adder);
		err_set(err, ERR_RETRY, "could not start a process that adds tables: %s", strerror(error));
		return NULL;
	}
	tell_tables(adder, conf);
	return adder;
}

void
adder_stop(Adder *adder)
{
	if (adder == NULL)
		return;
	/* there is nothing that it would have to put away */
	if (adder->pid > 0)
	{
		kill(adder->pid, SIGKILL);
		waitpid(adder->pid, NULL, 0);
	}
	if (adder->to >= 0)
		close(adder->to);
	if (adder->from >= 0)
		close(adder->from);
	free(adder->relations);
	free(adder->is_new);
	free(adder);
}

int
adder_fd(const Adder *adder)
{
	return adder->from;
}

/* ---- what it says ---- */

static void
take_relation(Adder *adder, int table, uint32_t oid)
{
	adder->relations = mem_resize(adder->relations, (size_t) (adder->nrelations + 1) * sizeof(AdderRelation));
	adder->relations[adder->nrelations++] = (AdderRelation)
	{
		.oid = oid,.table = table
	};
}

static void
take_rows(Adder *adder, uint32_t oid, uint64_t rows)
{
	for (int i = 0; i < adder->nrelations; i++)
		if (adder->relations[i].oid == oid)
			adder->relations[i].rows = rows;
}

static AdderEvent
take_line(Adder *adder, const char *line, Err *err)
{
	unsigned	first,
				second;
	unsigned long long rows;
	int			at = 0;

	if (strcmp(line, "ready") == 0)
		return ADDER_READY;
	if (sscanf(line, "relation %u %u", &first, &second) == 2 && first < (unsigned) adder->tables->n)
		take_relation(adder, (int) first, second);
	else if (sscanf(line, "new %u", &first) == 1 && first < (unsigned) adder->tables->n)
		adder->is_new[first] = true;
	else if (sscanf(line, "point %X/%X", &first, &second) == 2)
	{
		adder->point = (uint64_t) first << 32 | second;
		return ADDER_POINT;
	}
	else if (sscanf(line, "rows %u %llu", &first, &rows) == 2)
		take_rows(adder, first, rows);
	else if (sscanf(line, "done %llu", &rows) == 1)
	{
		adder->rows = rows;
		return ADDER_DONE;
	}
	else if (sscanf(line, "failed %u %n", &first, &at) == 1 && at > 0)
	{
		err_set(err, first ? ERR_RETRY : ERR_CONFIG, "%s", line + at);
		return ADDER_FAILED;
	}
	return ADDER_WAIT;
}

AdderEvent
adder_next(Adder *adder, Err *err)
{
	for (;;)
	{
		char	   *end = memchr(adder->line, '\n', adder->len);
		ssize_t		n;

		if (end != NULL)
		{
			size_t		len = (size_t) (end - adder->line) + 1;
			char		line[LINE_MAX_BYTES];
			AdderEvent	event;

			memcpy(line, adder->line, len);
			line[len - 1] = '\0';
			adder->len -= len;
			memmove(adder->line, adder->line + len, adder->len);
			if ((event = take_line(adder, line, err)) != ADDER_WAIT)
				return event;
			continue;
		}
		n = read(adder->from, adder->line + adder->len, sizeof(adder->line) - adder->len);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return ADDER_WAIT;
		if (n <= 0)
		{
			err_set(err, ERR_RETRY, "the process that reads them has ended without a word");
			return ADDER_FAILED;
		}
		adder->len += (size_t) n;
	}
}

HeldRelation *
adder_relations(const Adder *adder, int *n)
{
	HeldRelation *relations = mem_zero((size_t) (adder->nrelations + 1) * sizeof(HeldRelation));

	for (int i = 0; i < adder->nrelations; i++)
		relations[i] = (HeldRelation)
	{
		.oid = adder->relations[i].oid,
			.drop_lsn = adder->tables->tables[adder->relations[i].table].drop_lsn
	};
	*n = adder->nrelations;
	return relations;
}

uint64_t
adder_point(const Adder *adder)
{
	return adder->point;
}

bool
adder_is_new(const Adder *adder, int table)
{
	return adder->is_new[table];
}

uint64_t
adder_rows(const Adder *adder)
{
	return adder->rows;
}

uint64_t
adder_table_rows(const Adder *adder, int table)
{
	uint64_t	rows = 0;

	for (int i = 0; i < adder->nrelations; i++)
		if (adder->relations[i].table == table)
			rows += adder->relations[i].rows;
	return rows;
}
