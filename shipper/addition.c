/*
 * addition.c
 *	  Tables that are added to a connector: a list of them.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "addition.h"
#include "log.h"
#include "mem.h"

#define NAMES_SHOWN		5

/* What a line of addition_print() takes at most, besides the name. */
#define LINE_AROUND		(sizeof("FFFFFFFF/FFFFFFFF \n") - 1)

/* A table of that name, and whatever has its rows. */
static const char relations_sql[] =
"SELECT r.oid FROM pg_catalog.pg_class c"
" JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
" CROSS JOIN LATERAL (SELECT c.oid UNION SELECT p.relid::pg_catalog.oid FROM pg_catalog.pg_partition_tree(c.oid) p) r (oid)"
" WHERE n.nspname || '.' || c.relname = $1 AND c.relkind IN ('r', 'p')";

bool
addition_add(Addition *addition, const char *name, uint64_t drop_lsn)
{
	if (addition_find(addition, name) >= 0)
		return false;
	addition->tables = mem_resize(addition->tables, (size_t) (addition->n + 1) * sizeof(AddedTable));
	addition->tables[addition->n++] = (AddedTable)
	{
		.name = mem_copy(name),.drop_lsn = drop_lsn
	};
	return true;
}

void
addition_clear(Addition *addition)
{
	for (int i = 0; i < addition->n; i++)
		free(addition->tables[i].name);
	free(addition->tables);
	*addition = (Addition)
	{
		0
	};
}

int
addition_find(const Addition *addition, const char *name)
{
	for (int i = 0; i < addition->n; i++)
		if (strcmp(addition->tables[i].name, name) == 0)
			return i;
	return -1;
}

char *
addition_names(const Addition *addition)
{
	char	   *text = mem_copy("");

	for (int i = 0; i < addition->n && i < NAMES_SHOWN; i++)
	{
		char	   *longer = mem_print("%s%s%s", text, i ? ", " : "", addition->tables[i].name);

		free(text);
		text = longer;
	}
	if (addition->n > NAMES_SHOWN)
	{
		char	   *longer = mem_print("%s and %d more", text, addition->n - NAMES_SHOWN);

		free(text);
		text = longer;
	}
	return text;
}

int
addition_print(const Addition *addition, char text[POSITION_ADDING_MAX])
{
	size_t		len = 0;
	size_t		taken = 0;

	text[0] = '\0';
	for (int i = 0; i < addition->n; i++)
	{
		const AddedTable *table = &addition->tables[i];

		taken += LINE_AROUND + strlen(table->name);
		if (taken >= POSITION_ADDING_MAX)
			return i;
		len += (size_t) snprintf(text + len, POSITION_ADDING_MAX - len, LSN_FMT " %s\n",
								 LSN_ARGS(table->drop_lsn), table->name);
	}
	return addition->n;
}

bool
addition_parse(const char *text, Addition *addition)
{
	while (*text != '\0')
	{
		const char *end = strchr(text, '\n');
		unsigned	high,
					low;
		int			at = 0;
		char	   *name;

		if (end == NULL || sscanf(text, "%X/%X %n", &high, &low, &at) != 2 || at == 0 || text + at >= end)
			return false;
		name = mem_copy_len(text + at, (size_t) (end - text - at));
		addition_add(addition, name, (uint64_t) high << 32 | low);
		free(name);
		text = end + 1;
	}
	return true;
}

bool
addition_relations(const Addition *addition, PGconn *conn, HeldRelation **relations, int *n, Err *err)
{
	*relations = NULL;
	*n = 0;
	for (int i = 0; i < addition->n; i++)
	{
		const char *params[] = {addition->tables[i].name};
		PGresult   *res = pg_query_params(conn, PGRES_TUPLES_OK, "look up a table that is being added",
										  relations_sql, 1, params, err);

		if (res == NULL)
		{
			free(*relations);
			return false;
		}
		*relations = mem_resize(*relations, (size_t) (*n + PQntuples(res) + 1) * sizeof(HeldRelation));
		for (int row = 0; row < PQntuples(res); row++)
			(*relations)[(*n)++] = (HeldRelation)
		{
			.oid = (uint32_t) strtoul(PQgetvalue(res, row, 0), NULL, 10),
				.drop_lsn = addition->tables[i].drop_lsn
		};
		PQclear(res);
	}
	return true;
}
