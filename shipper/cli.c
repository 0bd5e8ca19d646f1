/*
 * cli.c
 *	  The command line: one table of subcommands, one of options.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "cli.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "pg.h"
#include "producer.h"

/* ---- tables ----------------------------------------------------------------- */

#define LOGGING " log-level log-format"

static const char run_help[] =
"Runs the connector of a file (Kafka Connect's JSON, with or without the\n"
"{\"name\", \"config\"} wrapper, or .properties) until SIGTERM or SIGINT. With more\n"
"than one file, or with --http, each connector runs in a process of its own.\n";

static const char connect_help[] =
"Stands in for a worker of Kafka Connect with Debezium's PostgreSQL connector:\n"
"settings from a worker's .properties file and from the environment\n"
"(BOOTSTRAP_SERVERS, CONFIG_STORAGE_TOPIC, OFFSET_STORAGE_TOPIC,\n"
"STATUS_STORAGE_TOPIC, CONNECT_*), connectors in the configuration topic, Kafka\n"
"Connect's REST interface on port 8083 (beside it /metrics, /healthz, /readyz).\n";

static const char validate_help[] =
"Prints JSON: every property of the connector with what is declared of it, its\n"
"value, and what is wrong with it. Asks the server, makes nothing there.\n";

static const char check_help[] =
"Looks before you leap: server, role, slot, publication, tables, brokers. Each\n"
"finding is a line (ok, warning or error) that says what to do about it. Makes\n"
"nothing but a temporary slot. Exit status: 0 without errors, 1 with errors, 2 if\n"
"the file itself is wrong.\n";

static const char tail_help[] =
"Prints the events that the connector would publish from now on, one line of JSON\n"
"each ({\"topic\", \"key\", \"value\", \"headers\"}), without Kafka, on a temporary slot\n"
"of its own, until SIGINT.\n";

static const char config_help[] =
"Prints the values in effect, defaults included, and where each comes from;\n"
"secrets are masked. --reference prints the reference of all properties instead.\n";

static const char snapshot_help[] =
"Has the connector that runs with this file publish the rows of a table (--table)\n"
"that are there now, while its stream goes on, and then the table's changes. Needs\n"
"no key and no signal table. A table that is in Kafka already comes once more.\n";

static const char status_help[] =
"Says of each connector who uses its slot, where that stands and how much WAL it\n"
"keeps, and lists orphans: slots of walpost on its server that nobody uses. Exit\n"
"status: 0 if every connector streams, else 1.\n";

static const char slot_list_help[] =
"Lists the logical slots of the server: plugin, database, who uses it, position,\n"
"retained WAL, state. An \"orphan\" is a slot of walpost that nobody uses: it keeps\n"
"WAL for ever until its connector runs again or it is dropped.\n";

static const char slot_drop_help[] =
"Drops the slot of the connector, or the one named. What changes from then on is\n"
"not captured.\n";

static const char slot_takeover_help[] =
"Turns the connector's slot, made with another plugin (pgoutput, decoderbufs), into\n"
"one of walpost at the very same position. Stop its client first. Killed at any\n"
"point, it is completed by running it again.\n";

static const char slot_giveback_help[] =
"The way back to Debezium: turns the connector's slot into one of the plugin that\n"
"plugin.name says, pgoutput mostly, at the very same position. Stop the connector\n"
"first, and not before its snapshot is complete. Killed at any point, it is\n"
"completed by running it again.\n";

static const char signal_help[] =
"Signals the running connector: execute-snapshot, stop-snapshot, pause-snapshot,\n"
"resume-snapshot, add-table or log, with data as Debezium has it, in JSON:\n"
"  walpost signal shop.json execute-snapshot '{\"data-collections\": [\"shop.*\"]}'\n"
"It calls walpost.signal() in the database, so the extension has to be there; the\n"
"connector says in its log what it makes of it.\n";

const CliCommand cli_commands[] = {
	{"run", "FILE...", 1, -1, "connector file", "worker http" LOGGING,
	"run the connectors of these files until stopped", run_help, cmd_run},
	{"connect", "[WORKER]", 0, 1, "worker file", LOGGING,
	"stand in for a Kafka Connect worker: REST on port 8083", connect_help, cmd_connect},
	{"check", "FILE", 1, 1, "connector file", "worker connect" LOGGING,
	"check server, role, slot, publication and brokers", check_help, cmd_check},
	{"tail", "FILE", 1, 1, "connector file", "worker limit" LOGGING,
	"print events as they would be published, without Kafka", tail_help, cmd_tail},
	{"config", "[FILE]", 0, 1, "connector file", "worker reference" LOGGING,
	"print the values in effect and where they come from", config_help, cmd_config},
	{"validate", "FILE", 1, 1, "connector file", "worker" LOGGING,
	"print what Kafka Connect's validate call would answer", validate_help, cmd_validate},
	{"status", "FILE...", 1, -1, "connector file", "worker" LOGGING,
	"say who uses the slots, how far, and what nobody does", status_help, cmd_status},
	{"slot list", "FILE", 1, 1, "connector file", "worker" LOGGING,
	"list the server's slots, what they retain, and orphans", slot_list_help, cmd_slot_list},
	{"slot create", "FILE", 1, 1, "connector file", "worker" LOGGING,
	"make publication and slot, and no more", "", cmd_slot_create},
	{"slot drop", "FILE [SLOT]", 1, 2, "connector file", "worker" LOGGING,
	"drop the connector's slot, or another", slot_drop_help, cmd_slot_drop},
	{"slot takeover", "FILE", 1, 1, "connector file", "worker" LOGGING,
	"make another plugin's slot ours at its very position", slot_takeover_help, cmd_slot_takeover},
	{"slot giveback", "FILE", 1, 1, "connector file", "worker" LOGGING,
	"make it one of plugin.name again, for Debezium", slot_giveback_help, cmd_slot_giveback},
	{"signal", "FILE TYPE [DATA]", 2, 3, "connector file or type", "worker" LOGGING,
	"signal the connector that runs: snapshots, log", signal_help, cmd_signal},
	{"snapshot", "FILE", 1, 1, "connector file", "worker table" LOGGING,
	"add tables, rows and all, to a connector that runs", snapshot_help, cmd_snapshot},
	{"add", "FILE", 1, 1, "connector file", "worker" LOGGING, "", "Started by a connector to which tables are added; not for people.\n", cmd_add},
	{"version", "", 0, 0, "", "", "print the version", "", cmd_version},
	{"help", "[COMMAND]", 0, 2, "", "", "print this, or more about a command", "", cmd_help},
	{NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, NULL}
};

typedef struct CliOption
{
	const char *name;
	const char *value;			/* for help; NULL: takes none */
	const char *help;
	bool		(*take) (CliArgs *args, const char *value);
	const char *expected;		/* when take() says no */
} CliOption;

static bool
take_worker(CliArgs *args, const char *value)
{
	args->worker = value;
	return value[0] != '\0';
}

static bool
take_http(CliArgs *args, const char *value)
{
	args->http = value;
	return value[0] != '\0';
}

static bool
take_reference(CliArgs *args, const char *value)
{
	args->reference = true;
	return true;
}

static bool
take_connect(CliArgs *args, const char *value)
{
	args->connect = true;
	return true;
}

static bool
take_limit(CliArgs *args, const char *value)
{
	char	   *end;

	errno = 0;
	args->limit = strtol(value, &end, 10);
	return errno == 0 && end != value && *end == '\0' && args->limit > 0;
}

static bool
take_table(CliArgs *args, const char *value)
{
	int			n = 0;

	while (args->tables[n] != NULL)
		n++;
	if (n == CLI_TABLES_MAX || strchr(value, '.') == NULL || strchr(value, '\n') != NULL)
		return false;
	args->tables[n] = value;
	return true;
}

static bool
take_level(CliArgs *args, const char *value)
{
	static const char *const names[] = {"error", "warn", "info", "debug", "trace"};

	for (int i = 0; i < 5; i++)
		if (strcmp(names[i], value) == 0)
		{
			args->level = (LogLevel) i;
			return true;
		}
	return false;
}

static bool
take_format(CliArgs *args, const char *value)
{
	args->json = strcmp(value, "json") == 0;
	return args->json || strcmp(value, "text") == 0;
}

static const CliOption options[] = {
	{"connect", NULL, "look as \"walpost connect\" would: it takes over other plugins' slots", take_connect, ""},
	{"worker", "FILE", "a Kafka Connect worker's settings: brokers, converters, producer.*", take_worker, "a file"},
	{"http", "[HOST:]PORT", "serve /metrics, /healthz and /readyz there", take_http, "a port, or a host and a port"},
	{"limit", "N", "end after N events", take_limit, "a positive integer"},
	{"reference", NULL, "print the reference of all properties (CONFIG.md)", take_reference, ""},
	{"table", "SCHEMA.TABLE", "a table to add; may be given several times", take_table, "schema.table, up to 64 times"},
	{"log-level", "LEVEL", "error, warn, info (default), debug or trace", take_level, "error, warn, info, debug or trace"},
	{"log-format", "FORMAT", "text (default) or json", take_format, "text or json"},
	{NULL, NULL, NULL, NULL, NULL}
};

/* ---- parsing ----------------------------------------------------------------- */

static bool
has_word(const char *words, const char *word)
{
	size_t		len = strlen(word);

	for (const char *p = strstr(words, word); p; p = strstr(p + 1, word))
		if ((p == words || p[-1] == ' ') && (p[len] == ' ' || p[len] == '\0'))
			return true;
	return false;
}

/* The command that argv[1] (and argv[2]) names; *words is how many it took. */
static const CliCommand *
find_command(int argc, char **argv, int *words)
{
	for (const CliCommand *command = cli_commands; command->name; command++)
	{
		size_t		len = strlen(argv[1]);

		*words = 1;
		if (strcmp(command->name, argv[1]) == 0)
			return command;
		*words = 2;
		if (argc > 2 && strncmp(command->name, argv[1], len) == 0 &&
			command->name[len] == ' ' && strcmp(command->name + len + 1, argv[2]) == 0)
			return command;
	}
	return NULL;
}

static bool
unknown_command(int argc, char **argv, Err *err)
{
	size_t		len = strlen(argv[1]);
	char		verbs[128] = "";

	for (const CliCommand *command = cli_commands; command->name; command++)
		if (strncmp(command->name, argv[1], len) == 0 && command->name[len] == ' ')
			snprintf(verbs + strlen(verbs), sizeof(verbs) - strlen(verbs), "%s%s",
					 verbs[0] ? ", " : "", command->name + len + 1);
	if (verbs[0] && argc > 2)
		return err_set(err, ERR_CONFIG, "unknown command \"%s %s\"; after \"%s\" comes one of %s",
					   argv[1], argv[2], argv[1], verbs);
	if (verbs[0])
		return err_set(err, ERR_CONFIG, "command \"%s\" is incomplete; after it comes one of %s",
					   argv[1], verbs);
	return err_set(err, ERR_CONFIG, "unknown command \"%s\"", argv[1]);
}

/* --name VALUE, --name=VALUE or --name at argv[*i]. */
static bool
parse_option(const CliCommand *command, int argc, char **argv, int *i,
			 CliArgs *args, Err *err)
{
	const char *name = argv[*i] + 2;
	size_t		len = strcspn(name, "=");
	const char *value = name[len] == '=' ? name + len + 1 : NULL;
	const CliOption *option = options;

	while (option->name && (strlen(option->name) != len || strncmp(option->name, name, len) != 0))
		option++;
	if (option->name == NULL || !has_word(command->options, option->name))
		return err_set(err, ERR_CONFIG, "%s: unknown option \"--%.*s\"", command->name, (int) len, name);
	if (option->value == NULL && value)
		return err_set(err, ERR_CONFIG, "%s: option \"--%s\" takes no value", command->name, option->name);
	if (option->value && value == NULL)
	{
		if (*i + 1 >= argc)
			return err_set(err, ERR_CONFIG, "%s: option \"--%s\" needs a value: %s",
						   command->name, option->name, option->expected);
		value = argv[++*i];
	}
	if (!option->take(args, value))
		return err_set(err, ERR_CONFIG, "%s: bad value \"%s\" for option \"--%s\"; it takes %s",
					   command->name, value, option->name, option->expected);
	return true;
}

static bool
check_operands(const CliCommand *command, const CliArgs *args, Err *err)
{
	if (args->noperands < command->min_operands)
		return err_set(err, ERR_CONFIG, "%s: %s is missing", command->name, command->missing);
	if (command->max_operands >= 0 && args->noperands > command->max_operands)
		return err_set(err, ERR_CONFIG, "%s: one argument too many: \"%s\"", command->name,
					   args->operands[command->max_operands]);
	return true;
}

/* "walpost COMMAND --help" is "walpost help COMMAND". */
static const CliCommand *
help_about(int words, char **argv, CliArgs *args)
{
	const CliCommand *command = cli_commands;

	while (strcmp(command->name, "help") != 0)
		command++;
	args->operands = argv + 1;
	args->noperands = words;
	return command;
}

bool
cli_parse(int argc, char **argv, const CliCommand **command, CliArgs *args, Err *err)
{
	int			words;
	bool		only_operands = false;

	memset(args, 0, sizeof(*args));
	args->level = LOG_INFO;
	if (argc < 2)
		return err_set(err, ERR_CONFIG, "a command is missing");
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		argv[1] = "help";
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0)
		argv[1] = "version";
	*command = find_command(argc, argv, &words);
	if (*command == NULL)
		return unknown_command(argc, argv, err);

	/* operands are gathered at the front, behind the command's words */
	args->operands = argv + 1 + words;
	for (int i = 1 + words; i < argc; i++)
	{
		if (!only_operands && strcmp(argv[i], "--") == 0)
			only_operands = true;
		else if (!only_operands && (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0))
		{
			*command = help_about(words, argv, args);
			return true;
		}
		else if (!only_operands && strncmp(argv[i], "--", 2) == 0)
		{
			if (!parse_option(*command, argc, argv, &i, args, err))
				return false;
		}
		else if (!only_operands && argv[i][0] == '-' && argv[i][1] != '\0')
			return err_set(err, ERR_CONFIG, "%s: unknown option \"%s\"", (*command)->name, argv[i]);
		else
			args->operands[args->noperands++] = argv[i];
	}
	return check_operands(*command, args, err);
}

/* ---- help and version --------------------------------------------------------- */

static void
print_overview(void)
{
	printf("walpost carries the committed changes of a PostgreSQL database to Apache Kafka\n"
		   "as Debezium's change events.\n"
		   "\n"
		   "Usage: walpost COMMAND [OPTION]... [ARGUMENT]...\n"
		   "\n"
		   "Commands:\n");
	for (const CliCommand *command = cli_commands; command->name; command++)
	{
		char		usage[64];

		/* not for people */
		if (command->summary[0] == '\0')
			continue;
		snprintf(usage, sizeof(usage), "%s %s", command->name, command->operands);
		printf("  %-24s%s\n", usage, command->summary);
	}
	printf("\n"
		   "\"walpost help COMMAND\" tells more. A FILE is a connector file: Kafka Connect's\n"
		   "JSON or .properties; \"walpost config --reference\" lists its properties.\n"
		   "\n"
		   "Exit status: 0 when stopped by a signal or done, 2 when something must be\n"
		   "configured otherwise, 1 for all other errors.\n");
}

static void
print_command(const CliCommand *command)
{
	bool		any = false;

	printf("Usage: walpost %s%s%s%s\n\n%s%s", command->name,
		   command->options[0] ? " [OPTION]..." : "",
		   command->operands[0] ? " " : "", command->operands,
		   command->help[0] ? command->help : command->summary,
		   command->help[0] ? "" : "\n");
	for (const CliOption *option = options; option->name; option++)
	{
		char		usage[64];

		if (!has_word(command->options, option->name))
			continue;
		snprintf(usage, sizeof(usage), "--%s%s%s", option->name,
				 option->value ? " " : "", option->value ? option->value : "");
		printf("%s  %-24s%s\n", any ? "" : "\nOptions:\n", usage, option->help);
		any = true;
	}
}

bool
cmd_help(const CliArgs *args, Err *err)
{
	char	   *argv[] = {NULL, NULL, NULL, NULL};
	const CliCommand *command;
	int			words;

	if (args->noperands == 0)
	{
		print_overview();
		return true;
	}
	for (int i = 0; i < args->noperands && i < 2; i++)
		argv[1 + i] = args->operands[i];
	command = find_command(1 + args->noperands, argv, &words);
	if (command == NULL || words != args->noperands)
		return unknown_command(1 + args->noperands, argv, err);
	print_command(command);
	return true;
}

bool
cmd_version(const CliArgs *args, Err *err)
{
	printf("walpost " WALPOST_VERSION " (libpq %s, librdkafka %s)\n",
		   pg_library(), producer_library());
	return true;
}

/* ---- the configuration ---------------------------------------------------------- */

Conf *
cli_load(const CliArgs *args, const char *file, Err *err)
{
	Conf	   *conf = conf_new();

	conf_read_environment(conf);
	if (args->connect)
		conf_set(conf, "walpost.slot.takeover", "true", "walpost connect");
	if ((args->worker == NULL || conf_read_worker(conf, args->worker, err)) &&
		conf_read_file(conf, file, err) &&
		conf_check(conf, err))
	{
		log_setup(args->level, args->json, conf_get(conf, "name"));
		return conf;
	}
	conf_free(conf);
	return NULL;
}
