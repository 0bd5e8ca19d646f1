/*
 * incremental_notice.c
 *	  What an incremental snapshot tells by notifications.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdio.h>
#include <stdlib.h>

#include "incremental_private.h"
#include "mem.h"

/* All tables that are still to be read, "a.b,a.c"; the caller frees it. */
static char *
collections(const IncState *state)
{
	char	   *text = NULL;
	size_t		size = 0;
	FILE	   *out = open_memstream(&text, &size);

	if (out == NULL)
		mem_exhausted();
	for (int i = 0; i < state->ntables; i++)
		fprintf(out, "%s%s", i ? "," : "", state->tables[i].name);
	if (fclose(out) != 0 || text == NULL)
		mem_exhausted();
	return text;
}

void
inc_notice(Incremental *inc, NoticeType type, const IncTable *table, const char *status)
{
	char	   *all;
	char	   *maximum;
	char	   *last;

	if (inc->delivery->notifications == NULL)
		return;
	all = collections(&inc->state);
	maximum = table != NULL && table->up_to != NULL ? inc_key_list(table->up_to) : NULL;
	last = table != NULL && table->after != NULL ? inc_key_list(table->after) : NULL;
	notifications_send(inc->delivery->notifications, &(Notice)
	{
		.of = NOTICE_INCREMENTAL,
			.type = type,
			.id = table != NULL ? table->id : inc->state.ntables > 0 ? inc->state.tables[0].id : NULL,
			.collections = all,
			.collection = table != NULL ? table->name : NULL,
			.maximum_key = maximum,
			.last_key = last,
			.rows = table != NULL ? (int64_t) table->rows : -1,
			.expected = table != NULL ? (int64_t) table->expected : 0,
			.status = status,
	});
	free(all);
	free(maximum);
	free(last);
}
