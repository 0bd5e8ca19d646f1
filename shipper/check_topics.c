/*
 * check_topics.c
 *	  walpost check: the topics that the captured tables go to.
 *
 * Only the plugin knows how a table's topic is named, and the extension's
 * describe() says it; nothing is made, on either side.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check_topics.h"
#include "extension.h"
#include "mem.h"
#include "pg.h"
#include "topicgroups.h"

/* So many topics are named in a finding. */
#define NAMES_SHOWN 5

/* Can this role ask? */
static const char may_ask_sql[] =
"SELECT pg_catalog.has_schema_privilege(p.pronamespace, 'USAGE')"
" AND pg_catalog.has_function_privilege(p.oid, 'EXECUTE'),"
" pg_catalog.quote_ident(current_user)"
" FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) p.pronamespace"
" WHERE n.nspname OPERATOR(pg_catalog.=) 'walpost' AND p.proname OPERATOR(pg_catalog.=) 'describe'";

static const char topic_sql[] =
"SELECT topic FROM walpost.describe($1::pg_catalog.regclass, 'walpost.properties', $2) LIMIT 1";

static bool
may_ask(Preflight *pf, bool *may, Err *err)
{
	PGresult   *res;

	*may = false;
	if (!extension_there(pf->conn, err))
	{
		preflight_report(pf, FINDING_WARNING, "the topics were not looked at: %.900s", err->text);
		return PQstatus(pf->conn) == CONNECTION_OK;
	}
	res = pg_query(pf->conn, PGRES_TUPLES_OK, "ask for privileges", may_ask_sql, err);
	if (res == NULL)
		return false;
	if (PQgetvalue(res, 0, 0)[0] != 't')
		preflight_report(pf, FINDING_WARNING, "the topics were not looked at, since role %s may not call walpost.describe(); run GRANT pg_monitor TO %s",
						 PQgetvalue(res, 0, 1), PQgetvalue(res, 0, 1));
	else
		*may = true;
	PQclear(res);
	return true;
}

static bool
holds(const TopicNames *names, const char *name)
{
	for (int i = 0; i < names->n; i++)
	{
		if (strcmp(names->names[i], name) == 0)
			return true;
	}
	return false;
}

static void
add_topic(TopicNames *names, const char *name)
{
	if (holds(names, name))
		return;
	names->names = mem_resize(names->names, (names->n + 1) * sizeof(char *));
	names->names[names->n++] = mem_copy(name);
}

bool
check_topics_read(Preflight *pf, const TableList *tables, TopicNames *names, Err *err)
{
	char	   *properties;
	bool		may;

	if (!may_ask(pf, &may, err))
		return false;
	if (!may)
		return true;
	properties = conf_plugin_properties(pf->conf);
	for (int i = 0; i < tables->n; i++)
	{
		const Table *table = &tables->tables[i];
		const char *params[] = {table->quoted, properties};
		PGresult   *res;

		if (!table->captured)
			continue;
		res = pg_query_params(pf->conn, PGRES_TUPLES_OK, "ask for a table's topic", topic_sql,
							  2, params, err);
		if (res == NULL && PQstatus(pf->conn) != CONNECTION_OK)
			break;
		if (res == NULL)
			preflight_report(pf, FINDING_ERROR, "table \"%s\" has no topic: %s", table->name, err->text);
		else if (PQntuples(res) > 0 && !PQgetisnull(res, 0, 0))
			add_topic(names, PQgetvalue(res, 0, 0));
		PQclear(res);
	}
	free(properties);
	return PQstatus(pf->conn) == CONNECTION_OK;
}

void
check_topics_free(TopicNames *names)
{
	for (int i = 0; i < names->n; i++)
		free(names->names[i]);
	free(names->names);
}

/* What the brokers have of them. */
typedef struct Search
{
	const TopicNames *names;
	bool	   *found;
} Search;

static void
on_topic(const char *name, int partitions, void *arg)
{
	Search	   *search = arg;

	for (int i = 0; i < search->names->n; i++)
	{
		if (strcmp(search->names->names[i], name) == 0)
			search->found[i] = true;
	}
}

/* The first few of those that are missing. */
static char *
missing_names(const Search *search, int missing)
{
	char	   *text = mem_copy("");
	int			shown = 0;

	for (int i = 0; i < search->names->n && shown < NAMES_SHOWN; i++)
	{
		char	   *more;

		if (search->found[i])
			continue;
		more = mem_print("%s%s\"%s\"", text, shown++ > 0 ? ", " : "", search->names->names[i]);
		free(text);
		text = more;
	}
	if (missing > shown)
	{
		char	   *more = mem_print("%s and %d more", text, missing - shown);

		free(text);
		text = more;
	}
	return text;
}

/* What wants the most replicas of those that are missing. */
static const TopicMaking *
most_replicas(const TopicGroups *groups, const Search *search)
{
	const TopicMaking *most = NULL;

	for (int i = 0; i < search->names->n; i++)
	{
		const TopicMaking *making = topicgroups_for(groups, search->names->names[i]);

		if (!search->found[i] && (most == NULL || making->replicas > most->replicas))
			most = making;
	}
	return most;
}

static void
report_making(Preflight *pf, const TopicMaking *most, const char *names, int brokers)
{
	if (most->replicas > brokers)
		preflight_report(pf, FINDING_ERROR, "topics %s do not exist, and not all can be made with topic.creation.%s.replication.factor=%d on %d broker%s; lower it, or set -1 for the brokers' default",
						 names, most->group, most->replicas, brokers, brokers == 1 ? "" : "s");
	else
		preflight_report(pf, FINDING_OK, "the first event of each will create topics %s, with topic.creation.*",
						 names);
}

static void
report_missing(Preflight *pf, const Search *search, const char *names, int brokers)
{
	Err			err = {0};
	TopicGroups *groups;

	if (!conf_get_bool(pf->conf, "topic.creation.enable"))
	{
		preflight_report(pf, FINDING_WARNING, "topics %s do not exist, and topic.creation.enable is false: create them, or have the brokers do it (auto.create.topics.enable)",
						 names);
		return;
	}
	groups = topicgroups_new(pf->conf, &err);
	if (groups == NULL)
		preflight_report(pf, FINDING_ERROR, "%s", err.text);
	else
		report_making(pf, most_replicas(groups, search), names, brokers);
	topicgroups_free(groups);
}

void
check_topics_report(Preflight *pf, const TopicNames *names, const Producer *producer, int timeout_ms)
{
	Search		search = {.names = names};
	int			missing = 0;
	int			brokers;

	if (names->n == 0)
		return;
	search.found = mem_zero(names->n * sizeof(bool));
	brokers = producer_list_topics(producer, timeout_ms, on_topic, &search);
	for (int i = 0; i < names->n; i++)
		missing += !search.found[i];
	if (brokers > 0)
	{
		preflight_report(pf, FINDING_OK, "%d of %d topics exist", names->n - missing, names->n);
		if (missing > 0)
		{
			char	   *text = missing_names(&search, missing);

			report_missing(pf, &search, text, brokers);
			free(text);
		}
	}
	free(search.found);
}
