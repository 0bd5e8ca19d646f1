/*
 * main.c
 *	  The program: find the command, run it, turn its Err into an exit status.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdio.h>

#include "cli.h"
#include "counters.h"

#define LOG_MODULE "main"

int
main(int argc, char **argv)
{
	const CliCommand *command;
	CliArgs		args;
	Err			err = {0};

	if (!cli_parse(argc, argv, &command, &args, &err))
	{
		fprintf(stderr, "walpost: %s\n%s\n", err.text, CLI_HINT);
		return err_exit_status(&err);
	}

	log_setup(args.level, args.json, NULL);
	if (!command->run(&args, &err) && err.kind != ERR_NONE)
	{
		counter_set_text(COUNTER_TEXT_REASON, err.text);
		if (args.json)
			log_error("%s", err.text);
		else
			fprintf(stderr, "walpost: %s\n", err.text);
		return err_exit_status(&err);
	}
	if (fflush(stdout) != 0)
	{
		perror("walpost: could not write to standard output");
		return 1;
	}
	return 0;
}
