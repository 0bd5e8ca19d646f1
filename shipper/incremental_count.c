/*
 * incremental_count.c
 *	  How many rows an incremental snapshot will read, for those who are notified of it.
 *
 * The server's estimate says it of a whole table that was analyzed.  Else they
 * are counted, as Debezium does, but only where notices tell of it and for no
 * longer than COUNT_TIMEOUT: a snapshot need not know.  The stream goes on meanwhile.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdlib.h>

#include "incremental_private.h"
#include "mem.h"

#define LOG_MODULE "incremental"

#define COUNT_TIMEOUT "5s"

static const char count_sql[] =
"BEGIN READ ONLY;"
"SET LOCAL statement_timeout = '" COUNT_TIMEOUT "';"
"SELECT walpost.count_rows(%s::pg_catalog.regclass, %s);"
"COMMIT";

bool
inc_count_due(const Incremental *inc)
{
	const IncTable *table = &inc->state.tables[0];

	return inc->delivery->notifications != NULL && table->expected == 0 && !table->counted &&
		table->after == NULL;
}

void
inc_count_begin(Incremental *inc)
{
	IncTable   *table = &inc->state.tables[0];
	char	   *name = inc_quote(table->quoted);
	char	   *condition = table->condition ? inc_quote(table->condition) : mem_copy("NULL");
	char	   *sql = mem_print(count_sql, name, condition);

	table->counted = true;
	session_send(inc->session, "count the rows of a table", sql);
	free(sql);
	free(condition);
	free(name);
}

/* The table whose rows are counted; NULL: a signal has done with it meanwhile. */
static IncTable *
counted_table(const Incremental *inc)
{
	return inc->state.ntables > 0 && inc->state.tables[0].counted ? &inc->state.tables[0] : NULL;
}

void
inc_count_take(Incremental *inc, const PGresult *res)
{
	IncTable   *table = counted_table(inc);

	if (table != NULL)
		table->expected = strtoull(PQgetvalue(res, 0, 0), NULL, 10);
}

void
inc_count_give_up(Incremental *inc, const Err *err)
{
	const IncTable *table = counted_table(inc);

	if (table != NULL)
		log_info("how many rows of %s there are is not told: %s", table->name, err->text);
}
