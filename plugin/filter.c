/*
 * filter.c
 *	  Which relations, columns and messages the connector captures.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_namespace.h"
#include "utils/builtins.h"

#include "filter.h"
#include "pattern.h"

/* One "regex:column,column" of message.key.columns. */
typedef struct KeyRule
{
	PatternList *tables;
	List	   *columns;
} KeyRule;

struct Filter
{
	bool		ignore_builtin;
	PatternList *schema_include,
			   *schema_exclude;
	PatternList *table_include,
			   *table_exclude;
	PatternList *column_include,
			   *column_exclude;
	PatternList *publish_include;	/* NULL: no topic */
	PatternList *message_include,
			   *message_exclude;
	List	   *key_rules;
};

static char *
trim(char *s)
{
	char	   *end;

	while (isspace((unsigned char) *s))
		s++;
	for (end = s + strlen(s); end > s && isspace((unsigned char) end[-1]); end--)
		;
	*end = '\0';
	return s;
}

static KeyRule *
parse_key_rule(char *item)
{
	KeyRule    *rule = palloc0(sizeof(KeyRule));
	char	   *colon = strrchr(item, ':');
	char	   *save = NULL;

	if (colon == NULL || colon == item)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid value \"%s\" for option \"%s\"", item, "message.key.columns"),
				 errhint("It takes table regex:column,column, several separated by semicolons.")));
	*colon = '\0';
	rule->tables = pattern_list_compile("message.key.columns", trim(item));
	for (char *column = strtok_r(colon + 1, ",", &save); column;
		 column = strtok_r(NULL, ",", &save))
		rule->columns = lappend(rule->columns, trim(column));
	return rule;
}

static List *
parse_key_rules(const char *text)
{
	List	   *rules = NIL;
	char	   *save = NULL;

	if (text == NULL)
		return NIL;
	for (char *item = strtok_r(pstrdup(text), ";", &save); item;
		 item = strtok_r(NULL, ";", &save))
	{
		item = trim(item);
		if (*item != '\0')
			rules = lappend(rules, parse_key_rule(item));
	}
	return rules;
}

Filter *
filter_compile(const Options *options)
{
	Filter	   *filter = palloc0(sizeof(Filter));

	filter->ignore_builtin = options->ignore_builtin;
	filter->schema_include = pattern_list_compile("schema.include.list", options->schema_include);
	filter->schema_exclude = pattern_list_compile("schema.exclude.list", options->schema_exclude);
	filter->table_include = pattern_list_compile("table.include.list", options->table_include);
	filter->table_exclude = pattern_list_compile("table.exclude.list", options->table_exclude);
	filter->column_include = pattern_list_compile("column.include.list", options->column_include);
	filter->column_exclude = pattern_list_compile("column.exclude.list", options->column_exclude);
	filter->publish_include = pattern_list_compile("walpost.publish.topic.include.list", options->publish_include);
	filter->message_include = pattern_list_compile("message.prefix.include.list", options->message_include);
	filter->message_exclude = pattern_list_compile("message.prefix.exclude.list", options->message_exclude);
	filter->key_rules = parse_key_rules(options->message_key_columns);
	return filter;
}

static bool
is_builtin(Oid namespace, const char *schema, const char *table)
{
	return namespace == PG_CATALOG_NAMESPACE ||
		strcmp(schema, "information_schema") == 0 ||
		strncmp(schema, "pg_temp_", 8) == 0 ||
		strcmp(table, "spatial_ref_sys") == 0;
}

bool
filter_table(const Filter *filter, Oid namespace, const char *schema,
			 const char *table)
{
	if (filter->ignore_builtin && is_builtin(namespace, schema, table))
		return false;
	return pattern_included(filter->schema_include, filter->schema_exclude, schema) &&
		pattern_included(filter->table_include, filter->table_exclude,
						 psprintf("%s.%s", schema, table));
}

bool
filter_column(const Filter *filter, const char *schema, const char *table,
			  const char *column)
{
	if (filter->column_include == NULL && filter->column_exclude == NULL)
		return true;
	return pattern_included(filter->column_include, filter->column_exclude,
							psprintf("%s.%s.%s", schema, table, column));
}

bool
filter_message(const Filter *filter, const char *prefix)
{
	/* the project's own messages steer, they are never events */
	if (strncmp(prefix, "walpost.", 8) == 0)
		return false;
	return pattern_included(filter->message_include, filter->message_exclude, prefix);
}

bool
filter_publication(const Filter *filter, const char *topic)
{
	return filter->publish_include != NULL && pattern_list_match(filter->publish_include, topic);
}

List *
filter_key_columns(const Filter *filter, const char *schema, const char *table)
{
	char	   *name = psprintf("%s.%s", schema, table);
	ListCell   *lc;

	foreach(lc, filter->key_rules)
	{
		KeyRule    *rule = lfirst(lc);

		if (pattern_list_match(rule->tables, name))
			return rule->columns;
	}
	return NIL;
}
