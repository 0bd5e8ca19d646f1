/*
 * conf_reference.c
 *	  CONFIG.md, printed from the property table.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <string.h>

#include "conf_private.h"

static const char intro[] =
"# Configuration reference\n"
"\n"
"Printed by `walpost config --reference` from the program's own table; do not edit.\n"
"`walpost config FILE` prints what is in effect for a connector, and where each value comes from.\n"
"\n"
"## Where values come from\n"
"\n"
"A connector file is JSON as Kafka Connect takes it (flat, or `{\"name\": ..., \"config\": {...}}`; numbers and booleans may be\n"
"unquoted) or a `.properties` text; its content decides which. Under it lie, as defaults, the environment\n"
"(`BOOTSTRAP_SERVERS`, `KEY_CONVERTER`, `VALUE_CONVERTER`, and `CONNECT_X_Y` for `x.y`) and then the worker's file (`--worker FILE`).\n"
"Of a worker's settings, `bootstrap.servers`, `topic.creation.enable`, `config.providers.*`, the converters and `producer.*` (as `producer.override.*`) are taken.\n"
"A connector that names a converter configures it alone; one that does not gets the worker's, with the worker's settings, as in Kafka Connect.\n"
"\n"
"A value may refer to others: `${file:PATH:KEY}` (a key of a `.properties` file), `${file:PATH}` (a whole file without its last newline),\n"
"`${dir:PATH:KEY}` (the file KEY in a directory), `${env:NAME}`. What they yield is never shown, nor is the value of a property that is\n"
"marked as secret or named like one (password, secret, token, jaas, ...). A host or topic that does not exist is named in errors, though: who may register\n"
"connectors by REST can read what providers may. So let the worker bound them: `config.providers`, a list of names, leaves those alone, as in Kafka Connect\n"
"(`config.providers.NAME.class` is one of Kafka's for another name than `file`, `dir`, `directory`, `env`; where the list is not set these four are there, where it is empty none is);\n"
"`config.providers.NAME.param.allowed.paths` and `config.providers.NAME.param.allowlist.pattern` (of `env`) bound what one reads. Where a worker sets any `config.providers*`, connectors cannot.\n"
"\n"
"An unknown name is warned about with the nearest known one; a bad value stops the start with the property, the value and what it takes.\n";

void
conf_put_cell(FILE *out, const char *text)
{
	for (const char *p = text; *p; p++)
	{
		if (*p == '|')
			fputc('\\', out);
		fputc(*p, out);
	}
}

static void
put_name(FILE *out, const ConfKey *key)
{
	fprintf(out, "| `%s%s` | ", key->name, (key->flags & CONF_PREFIX) ? "*" : "");
}

static void
put_default(FILE *out, const ConfKey *key)
{
	if (key->default_text)
		fprintf(out, "`%s`", key->default_text);
	fputs(" | ", out);
}

static void
put_values(FILE *out, const ConfKey *key)
{
	if (key->kind == CONF_ENUM && key->allowed)
		for (int i = 0; key->allowed[i]; i++)
			fprintf(out, "%s`%s`", i ? ", " : "", key->allowed[i]);
	else if (key->kind == CONF_BOOL)
		fputs("`true`, `false`", out);
	else if (key->kind == CONF_INT && key->min == INT64_MIN)
		fputs("integer", out);
	else if (key->kind == CONF_INT && key->max == INT64_MAX)
		fprintf(out, "%lld or more", (long long) key->min);
	else if (key->kind == CONF_INT)
		fprintf(out, "%lld to %lld", (long long) key->min, (long long) key->max);
	else if (key->kind == CONF_LIST)
		fputs("list", out);
	else
		fputs("text", out);
	fputs(" | ", out);
}

static void
put_notes(FILE *out, const ConfKey *key)
{
	conf_put_cell(out, key->doc);
	if (key->flags & CONF_REQUIRED)
		fputs("; **required**", out);
	if (key->flags & CONF_SECRET)
		fputs("; secret", out);
	if (key->flags & CONF_TO_PLUGIN)
		fputs("; plugin", out);
	if (key->flags & CONF_DEPRECATED)
		fputs("; deprecated", out);
	fputs(" |\n", out);
}

static void
print_done(FILE *out)
{
	fputs("\n## What works\n\nThose marked \"plugin\" are sent to the server's plugin, which takes the same names.\n\n"
		  "| property | default | values | meaning |\n|---|---|---|---|\n", out);
	for (int i = 0; i < conf_nkeys; i++)
	{
		const ConfKey *key = &conf_keys[i];

		if (key->standing != CONF_DONE)
			continue;
		put_name(out, key);
		put_default(out, key);
		put_values(out, key);
		put_notes(out, key);
	}
}

static void
print_standing(FILE *out, ConfStanding standing, const char *title, const char *text,
			   const char *heads)
{
	fprintf(out, "\n## %s\n\n%s\n\n%s\n|---|---|---|\n", title, text, heads);
	for (int i = 0; i < conf_nkeys; i++)
	{
		const ConfKey *key = &conf_keys[i];

		if (key->standing != standing)
			continue;
		put_name(out, key);
		put_default(out, key);
		put_notes(out, key);
	}
}

static void
print_refused_values(FILE *out)
{
	fputs("\n## Values that are refused\n\n| property | value | why |\n|---|---|---|\n", out);
	for (const ConfRefusal *row = conf_refusals; row->name; row++)
	{
		fprintf(out, "| `%s` | `%s`%s | ", row->name, row->value,
				strchr(row->value, '*') ? " but those above" : "");
		conf_put_cell(out, row->why);
		fputs(" |\n", out);
	}
}

static void
print_older(FILE *out)
{
	fputs("\n## Older names\n\nThey work, with a warning; beside the present name they have no effect.\n\n"
		  "| older | now |\n|---|---|\n", out);
	for (const ConfAlias *row = conf_aliases; row->old; row++)
		fprintf(out, "| `%s` | `%s` |\n", row->old, row->name);
	for (const ConfOldValue *row = conf_old_values; row->name; row++)
		fprintf(out, "| `%s=%s` | `%s=%s` |\n", row->name, row->old, row->name, row->value);
}

void
conf_print_reference(FILE *out)
{
	fputs(intro, out);
	print_done(out);
	print_standing(out, CONF_REFUSED, "What is refused",
				   "These would change or protect data in a way that this release cannot do; left out, or at the default given here, they do no harm.",
				   "| property | harmless | why |");
	print_refused_values(out);
	print_standing(out, CONF_ACCEPTED, "What has no effect",
				   "Files that hold these run; a value other than the default is warned about.",
				   "| property | default | why |");
	print_older(out);
	conf_print_standing(out);
}
