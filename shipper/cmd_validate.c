/*
 * cmd_validate.c
 *	  walpost validate: what Kafka Connect's validate call answers, as JSON.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "cmd.h"
#include "jsontext.h"
#include "mem.h"
#include "pg.h"
#include "validate.h"

static void
take_given(const char *name, const char *value, void *arg)
{
	json_object_set_new(arg, name, json_text(value));
}

/* The file's own properties, without what the worker adds. */
static json_t *
read_given(const char *file, Err *err)
{
	Conf	   *conf = conf_new();
	json_t	   *given = NULL;

	if (conf_read_file(conf, file, err))
	{
		given = json_object();
		conf_each(conf, "", take_given, given);
	}
	conf_free(conf);
	return given;
}

/* The same with the worker's defaults under it. */
static json_t *
read_all(const CliArgs *args, Err *err)
{
	Conf	   *conf = conf_new();
	json_t	   *all = NULL;

	conf_read_environment(conf);
	if ((args->worker == NULL || conf_read_worker(conf, args->worker, err)) &&
		conf_read_file(conf, args->operands[0], err))
	{
		all = json_object();
		conf_each_own(conf, take_given, all);
	}
	conf_free(conf);
	return all;
}

/* The property that a message of conf_check() is about. */
static char *
property_in(const char *text)
{
	static const char mark[] = "property \"";
	const char *at = strstr(text, mark);
	const char *begin = at ? at + strlen(mark) - 1 : NULL;
	const char *end = begin ? strchr(begin + 1, '"') : NULL;

	return end ? mem_copy_len(begin + 1, end - begin - 1) : mem_copy("connector.class");
}

static void
add_conf_error(json_t *errors, const Err *err)
{
	char	   *name = property_in(err->text);

	validate_add(errors, name, err->text);
	free(name);
}

typedef struct Findings
{
	Preflight	pf;
	json_t	   *errors;
} Findings;

static void
on_finding(FindingLevel level, const char *text, void *arg)
{
	Findings   *findings = arg;

	if (level == FINDING_ERROR)
		validate_add(findings->errors, findings->pf.property ? findings->pf.property : "database.user", text);
}

/* The server lets it in, and has what it needs. */
static void
check_server(const Conf *conf, json_t *errors)
{
	Findings	findings = {.pf = {.conf = conf,.go_on = true,.report = on_finding},.errors = errors};
	Preflight  *pf = &findings.pf;
	Err			err;
	char	   *text;

	pf->arg = &findings;
	pf->conn = pg_connect(conf, false, &err);
	if (pf->conn != NULL && check_rights(pf, &err))
	{
		PQfinish(pf->conn);
		return;
	}
	text = mem_print("Error while validating connector config: %s", err.text);
	validate_add(errors, "database.hostname", text);
	free(text);
	PQfinish(pf->conn);
}

/* Each step only where the one before had nothing to say. */
static void
look(const CliArgs *args, json_t *errors)
{
	CliArgs		connect = *args;
	json_t	   *all;
	Conf	   *conf;
	Err			err;

	all = read_all(args, &err);
	if (all == NULL)
	{
		add_conf_error(errors, &err);
		return;
	}
	validate_values(all, errors);
	json_decref(all);
	if (validate_count(errors) > 0)
		return;
	/* walpost connect, whose call this answers, takes slots over */
	connect.connect = true;
	conf = cli_load(&connect, args->operands[0], &err);
	if (conf == NULL)
		add_conf_error(errors, &err);
	else
		check_server(conf, errors);
	conf_free(conf);
}

bool
cmd_validate(const CliArgs *args, Err *err)
{
	json_t	   *given = read_given(args->operands[0], err);
	json_t	   *errors;
	char	   *text;

	if (given == NULL)
		return false;
	errors = json_object();
	look(args, errors);
	text = json_print(validate_answer(given, errors));
	puts(text);
	free(text);
	json_decref(errors);
	json_decref(given);
	return true;
}
