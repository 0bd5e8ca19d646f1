/*
 * pump_adding_asked.c
 *	  Tables that an incremental snapshot has the pump add: asking for one, and
 *	  what has come of it.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "pump_private.h"

static bool
is_added(const Adding *adding, const char *table)
{
	if (addition_find(&adding->tables, table) >= 0)
		return true;
	for (const AddingRequest *request = adding->requests; request != NULL; request = request->next)
		if (addition_find(&request->tables, table) >= 0)
			return true;
	return false;
}

static AddingResult *
find_result(const Adding *adding, const char *table)
{
	for (AddingResult *result = adding->results; result != NULL; result = result->next)
		if (strcmp(result->table, table) == 0)
			return result;
	return NULL;
}

static void
drop_result(Adding *adding, const char *table)
{
	for (AddingResult **at = &adding->results; *at != NULL; at = &(*at)->next)
		if (strcmp((*at)->table, table) == 0)
		{
			AddingResult *result = *at;

			*at = result->next;
			free(result->table);
			free(result);
			return;
		}
}

/* It may ask later than the next addition ends. */
void
pump_adding_keep_results(Pump *pump, bool ok)
{
	Adding	   *adding = &pump->adding;

	for (int i = 0; i < adding->tables.n; i++)
	{
		const char *name = adding->tables.tables[i].name;
		AddingResult *result;

		drop_result(adding, name);
		if (!incremental_hands_over(pump->incremental, name))
			continue;
		result = mem_zero(sizeof(AddingResult));
		result->table = mem_copy(name);
		result->ok = ok;
		result->rows = ok ? adder_table_rows(adding->adder, i) : 0;
		result->next = adding->results;
		adding->results = result;
	}
}

void
pump_adding_forget_results(Pump *pump)
{
	while (pump->adding.results != NULL)
		drop_result(&pump->adding, pump->adding.results->table);
}

void
pump_adding_begin(void *arg, const char *table)
{
	Pump	   *pump = arg;
	Addition	one = {0};

	drop_result(&pump->adding, table);

	/* of what was under way before a restart, the record has told */
	if (is_added(&pump->adding, table))
		return;
	addition_add(&one, table, 0);
	pump_add_tables(pump, &one, NULL, NULL);
	addition_clear(&one);
}

bool
pump_adding_done(void *arg, const char *table, bool *ok, uint64_t *rows)
{
	const Adding *adding = &((const Pump *) arg)->adding;

	const AddingResult *result = find_result(adding, table);

	/* of one that ended in an earlier process nothing is known */
	*ok = result != NULL && result->ok;
	*rows = result != NULL ? result->rows : 0;
	return !is_added(adding, table);
}
