/*
 * snapshot_notice.c
 *	  What an initial snapshot notifies of, in Debezium's words and order.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdio.h>
#include <stdlib.h>

#include "mem.h"
#include "snapshot_private.h"

/* "a.b,a.c"; the caller frees it. */
static char *
joined_names(const SnapshotPlan *plan)
{
	char	   *text = NULL;
	size_t		size = 0;
	FILE	   *out = open_memstream(&text, &size);

	if (out == NULL)
		mem_exhausted();
	for (int i = 0; i < plan->ntables; i++)
		fprintf(out, "%s%s", i > 0 ? "," : "", plan->tables[i].name);
	if (fclose(out) != 0 || text == NULL)
		mem_exhausted();
	return text;
}

void
snapshot_notify(Notifications *notifications, NoticeType type)
{
	notifications_send(notifications, &(Notice)
	{
		.of = NOTICE_INITIAL,.type = type
	});
}

void
snapshot_notify_table(Notifications *notifications, NoticeType type, const SnapshotPlan *plan,
					  const SnapshotTable *table, uint64_t rows)
{
	char	   *names;

	if (notifications == NULL)
		return;
	names = joined_names(plan);
	notifications_send(notifications, &(Notice)
	{
		.of = NOTICE_INITIAL,.type = type,.collections = names,.collection = table ? table->name : NULL,
			.rows = (int64_t) rows,.status = "SUCCEEDED"
	});
	free(names);
}

void
snapshot_notify_task(Notifications *notifications, NoticeType type, const SnapshotPlan *plan,
					 const SnapshotTask *task, uint64_t rows)
{
	char	   *names;

	if (notifications == NULL)
		return;
	names = joined_names(plan);
	notifications_send(notifications, &(Notice)
	{
		.of = NOTICE_INITIAL,.type = type,.collections = names,.collection = task->table->name,
			.rows = (int64_t) rows,.chunk = task->number,.chunks = task->table->ntasks,.status = "SUCCEEDED"
	});
	free(names);
}
