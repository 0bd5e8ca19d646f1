/*
 * cli.h
 *	  The command line: subcommands, options, help.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_CLI_H
#define WALPOST_CLI_H

#include <stdbool.h>
#include <stdio.h>

#include "conf.h"
#include "err.h"
#include "log.h"

/* --table may be given so often. */
#define CLI_TABLES_MAX	64

/* What stood on the command line; strings are argv's. */
typedef struct CliArgs
{
	const char *worker;			/* --worker */
	const char *http;			/* --http; NULL: none */
	LogLevel	level;			/* --log-level */
	bool		json;			/* --log-format */
	bool		reference;		/* --reference */
	bool		connect;		/* --connect */
	long		limit;			/* --limit; 0 is none */
	const char *tables[CLI_TABLES_MAX + 1]; /* --table, NULL-terminated */
	char	  **operands;
	int			noperands;
} CliArgs;

typedef struct CliCommand
{
	const char *name;			/* one word, or two ("slot list") */
	const char *operands;		/* for the usage line */
	int			min_operands,
				max_operands;	/* -1: any number */
	const char *missing;		/* what to call a missing operand */
	const char *options;		/* names of its options, separated by blanks */
	const char *summary;		/* one line */
	const char *help;			/* more lines, or "" */
	bool		(*run) (const CliArgs *args, Err *err);
} CliCommand;

extern const CliCommand cli_commands[];

/*
 * Finds the command and its arguments.  False and err for a usage error; main
 * then prints CLI_HINT as well.
 */
extern bool cli_parse(int argc, char **argv, const CliCommand **command,
					  CliArgs *args, Err *err) must_check;

#define CLI_HINT "Try \"walpost help\" for more information."

/*
 * The configuration of a connector file over worker file and environment,
 * checked, and the log set up with its name.  NULL and err if it is bad.
 */
extern Conf *cli_load(const CliArgs *args, const char *file, Err *err) must_check;

#endif							/* WALPOST_CLI_H */
