/*
 * cmd_config.c
 *	  walpost config: the values in effect, or the reference.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "cmd.h"
#include "producer_conf.h"

bool
cmd_config(const CliArgs *args, Err *err)
{
	Conf	   *conf;

	if (args->reference)
	{
		conf_print_reference(stdout);
		producer_conf_print_reference(stdout);
		return true;
	}
	if (args->noperands == 0)
		return err_set(err, ERR_CONFIG, "config: connector file is missing; give one, or --reference");
	conf = cli_load(args, args->operands[0], err);
	if (conf == NULL)
		return false;
	conf_dump(conf, stdout);
	conf_free(conf);
	return true;
}
