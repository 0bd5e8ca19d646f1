/*
 * incremental_keyless.c
 *	  Tables of an incremental snapshot that have no key to go by: the adder reads
 *	  them as a whole (adder.h), in their turn.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <string.h>

#include "incremental_private.h"

#define LOG_MODULE "incremental"

void
inc_keyless_begin(Incremental *inc)
{
	IncTable   *table = &inc->state.tables[0];

	log_info("table %s has no key: it is read as a whole, and changes of it are held meanwhile", table->name);
	inc->adder.begin(inc->adder.arg, table->name);
	table->adding = true;
	inc_notice(inc, NOTICE_IN_PROGRESS, table, NULL);
}

bool
inc_keyless_is_read(Incremental *inc)
{
	IncState   *state = &inc->state;
	bool		ok;
	int			i = 0;

	while (i < state->ntables && !state->tables[i].adding)
		i++;
	if (i == state->ntables)
		return false;
	if (!inc->adder.done(inc->adder.arg, state->tables[i].name, &ok, &state->tables[i].rows))
		return true;
	inc_table_finish(inc, i, !ok ? "SQL_EXCEPTION" : state->tables[i].rows == 0 ? "EMPTY" : "SUCCEEDED");
	return false;
}

bool
inc_keyless_is_handed(const Incremental *inc, const IncTable *table)
{
	bool		ok;
	uint64_t	rows;

	return table->adding ||
		(table->keyless && !inc->adder.done(inc->adder.arg, table->name, &ok, &rows));
}

bool
incremental_hands_over(const Incremental *inc, const char *table)
{
	for (int i = 0; i < inc->state.ntables; i++)
		if (inc->state.tables[i].keyless && strcmp(inc->state.tables[i].name, table) == 0)
			return true;
	return false;
}
