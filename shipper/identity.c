/*
 * identity.c
 *	  replica.identity.autoset.values: replica identities set at start.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "identity.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "mem.h"

#define PROPERTY "replica.identity.autoset.values"

void
identity_free(IdentityRule *rules, int nrules)
{
	for (int i = 0; i < nrules; i++)
	{
		pattern_list_free(rules[i].tables);
		free(rules[i].index);
	}
	free(rules);
}

static const struct
{
	const char *word;
	char		identity;
}			words[] = {
	{"DEFAULT", 'd'}, {"FULL", 'f'}, {"NOTHING", 'n'}, {NULL, 0}
};

/* DEFAULT, FULL, NOTHING or INDEX name. */
static bool
read_identity(const char *word, IdentityRule *rule)
{
	for (int i = 0; words[i].word; i++)
		if (strcasecmp(words[i].word, word) == 0)
		{
			rule->identity = words[i].identity;
			return true;
		}
	if (strncasecmp(word, "INDEX ", 6) != 0)
		return false;
	word += 6;
	word += strspn(word, " ");
	rule->identity = 'i';
	rule->index = mem_copy(word);
	return *word != '\0';
}

/* regex:identity; the identity stands behind the last colon. */
static bool
read_rule(char *item, IdentityRule *rule, Err *err)
{
	char	   *colon = strrchr(item, ':');

	if (colon != NULL)
	{
		*colon = '\0';
		if (read_identity(colon + 1 + strspn(colon + 1, " "), rule))
			return pattern_list_compile(PROPERTY, item, &rule->tables, err) &&
				(rule->tables != NULL ||
				 err_set(err, ERR_CONFIG, "bad value for property \"%s\": a table is missing in front of a colon; it takes schema.table:FULL,schema.table:INDEX name",
						 PROPERTY));
		*colon = ':';
	}
	return err_set(err, ERR_CONFIG, "bad value \"%s\" for property \"%s\"; it takes schema.table:DEFAULT, FULL, NOTHING or INDEX name, separated by commas",
				   item, PROPERTY);
}

bool
identity_parse(const char *text, IdentityRule **rules, int *nrules, Err *err)
{
	char	   *copy = mem_copy(text);
	char	   *state;

	*rules = NULL;
	*nrules = 0;
	for (char *item = strtok_r(copy, ",", &state); item; item = strtok_r(NULL, ",", &state))
	{
		IdentityRule *rule;
		size_t		len;

		item += strspn(item, " \t");
		for (len = strlen(item); len > 0 && item[len - 1] == ' '; len--)
			item[len - 1] = '\0';
		if (*item == '\0')
			continue;
		*rules = mem_resize(*rules, (*nrules + 1) * sizeof(IdentityRule));
		rule = &(*rules)[(*nrules)++];
		memset(rule, 0, sizeof(*rule));
		if (!read_rule(item, rule, err))
		{
			identity_free(*rules, *nrules);
			free(copy);
			return false;
		}
	}
	free(copy);
	return true;
}

const IdentityRule *
identity_find(const IdentityRule *rules, int nrules, const char *table)
{
	for (int i = 0; i < nrules; i++)
		if (pattern_list_match(rules[i].tables, table))
			return &rules[i];
	return NULL;
}
