/*
 * conf_standing.c
 *	  The part of CONFIG.md that goes through the properties as Debezium declares
 *	  them, and says of each where it stands here.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <string.h>

#include "conf_private.h"
#include "validate.h"

static const char *const standings[] = {
	[CONF_DONE] = "done",
	[CONF_ACCEPTED] = "accepted, no effect",
	[CONF_REFUSED] = "refused",
};

/* Why, or what instead: of what works, the reference tells. */
static void
put_remark(FILE *out, const char *name, const ConfKey *key)
{
	const char *between = "";

	/* the name that counts now, for one that is older */
	if (!(key->flags & CONF_PREFIX) && strcmp(key->name, name) != 0)
	{
		fprintf(out, "as `%s`", key->name);
		between = "; ";
	}
	if (key->standing != CONF_DONE)
	{
		fputs(between, out);
		conf_put_cell(out, key->doc);
		between = "; ";
	}
	for (const ConfRefusal *row = conf_refusals; row->name; row++)
	{
		if (strcmp(row->name, key->name) != 0)
			continue;
		fprintf(out, "%s%s`%s` is refused: ", between, strchr(row->value, '*') ? "any other " : "", row->value);
		conf_put_cell(out, row->why);
		between = "; ";
	}
}

void
conf_print_standing(FILE *out)
{
	const ValidateKey *keys = validate_keys();
	int			n = 0;

	while (keys[n].name != NULL)
		n++;
	fprintf(out, "\n## Each of Debezium's properties\n\nAll %d that Debezium's PostgreSQL connector 3.7 and Kafka Connect 4.3 declare, in their order. What is refused says what to use instead;\n"
			"at Debezium's default it is no error.\n\n| property | standing | |\n|---|---|---|\n", n);
	for (const ValidateKey *row = keys; row->name; row++)
	{
		fprintf(out, "| `%s` | %s | ", row->name, standings[row->own->standing]);
		put_remark(out, row->name, row->own);
		fputs(" |\n", out);
	}
}
