/*
 * test_snapshot_done.c
 *	  Blocks that are done: joined, the gaps between them, written and read again.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "snapshot_done.h"
#include "tap.h"

/* "0-3 7-" */
static const char *
gaps(const SnapshotDone *done, uint32_t oid)
{
	static char text[256];
	const DoneTable *table = snapshot_done_find(done, oid);
	int64_t		first,
				end;
	size_t		len = 0;

	text[0] = '\0';
	for (int64_t from = 0; snapshot_done_gap(table, from, &first, &end); from = end)
	{
		len += snprintf(text + len, sizeof(text) - len, "%s%lld-", len ? " " : "", (long long) first);
		if (end == DONE_NO_END)
			break;
		len += snprintf(text + len, sizeof(text) - len, "%lld", (long long) end);
	}
	return text;
}

static void
test_gaps(void)
{
	SnapshotDone done = {.n = 0};

	ok(strcmp(gaps(&done, 5), "0-") == 0, "of a table that is not there all is a gap");
	snapshot_done_add(&done, 5, 50, 10, 20, 7);
	ok(strcmp(gaps(&done, 5), "0-10 20-") == 0, "before and behind a stretch");
	snapshot_done_add(&done, 5, 50, 30, 40, 1);
	snapshot_done_add(&done, 5, 50, 0, 5, 1);
	ok(strcmp(gaps(&done, 5), "5-10 20-30 40-") == 0, "between stretches");
	snapshot_done_add(&done, 5, 50, 20, 30, 1);
	ok(snapshot_done_find(&done, 5)->n == 2 && strcmp(gaps(&done, 5), "5-10 40-") == 0, "three are joined");
	snapshot_done_add(&done, 5, 50, 5, 10, 1);
	snapshot_done_add(&done, 5, 50, 40, DONE_NO_END, 1);
	ok(snapshot_done_find(&done, 5)->n == 1 && gaps(&done, 5)[0] == '\0', "none is left");
	ok(snapshot_done_find(&done, 5)->rows == 12, "rows are summed");
	snapshot_done_clear(&done);
	ok(snapshot_done_find(&done, 5) == NULL, "cleared");
}

static void
test_tables(void)
{
	SnapshotDone done = {.n = 0};

	for (uint32_t i = 100; i > 0; i--)
		snapshot_done_add(&done, i * 7 % 101, i, 0, i, i);
	ok(done.n == 100, "a table is there once");
	for (int i = 1; i < done.n; i++)
		if (done.tables[i].oid <= done.tables[i - 1].oid)
			ok(false, "table %d is in order", i);
	snapshot_done_forget(snapshot_done_find(&done, 7), 2);
	ok(strcmp(gaps(&done, 7), "0-") == 0 && snapshot_done_find(&done, 7)->loose &&
	   snapshot_done_find(&done, 7)->rows == 0, "nothing of a table is done, but Kafka has rows");
	snapshot_done_clear(&done);
}

static void
test_text(void)
{
	static const char expected[] =
	"{\"id\":\"x\",\"loose\":true,\"tables\":[[3,4,0,1],[5,50,9,0,10,20,30,-1]]}";
	SnapshotDone done = {.id = "x",.loose = true};
	SnapshotDone again = {.n = 0};
	char	   *text;
	char	   *other;
	Err			err;

	snapshot_done_add(&done, 5, 50, 30, DONE_NO_END, 4);
	snapshot_done_add(&done, 5, 50, 10, 20, 5);
	snapshot_done_loosen(&done, 3, 4);
	text = snapshot_done_print(&done);
	is_bytes(text, strlen(text), expected, "as text");
	ok(snapshot_done_parse(text, &again, &err), "which can be read");
	other = snapshot_done_print(&again);
	is_bytes(other, strlen(other), expected, "and is the same");
	free(text);
	free(other);
	snapshot_done_clear(&done);
	snapshot_done_clear(&again);
}

static void
test_garbage(void)
{
	static const char *const bad[] = {
		"", "[]", "{}", "{\"id\":\"x\"}", "{\"tables\":[]}", "{\"id\":7,\"tables\":[]}",
		"{\"id\":\"0123456789012345678901234567890123456789\",\"tables\":[]}",
		"{\"id\":\"x\",\"tables\":[5]}", "{\"id\":\"x\",\"tables\":[[0,1,1,0]]}",
		"{\"id\":\"x\",\"tables\":[[1,1,1]]}", "{\"id\":\"x\",\"tables\":[[1,1,1,2]]}",
		"{\"id\":\"x\",\"tables\":[[1,1,-1,0]]}", "{\"id\":\"x\",\"tables\":[[1,1,1,0,5]]}",
		"{\"id\":\"x\",\"tables\":[[1,1,1,0,5,5]]}", "{\"id\":\"x\",\"tables\":[[1,1,1,0,5,\"6\"]]}",
		"{\"id\":\"x\",\"tables\":[[1,1,1,0,5,9,7,11]]}", "{\"id\":\"x\",\"tables\":[[1,1,1,0,5,-1,7,11]]}",
		"{\"id\":\"x\",\"tables\":[[1,1,1,0],[1,1,1,0]]}", "{\"id\":\"x\",\"tables\":[[4294967296,1,1,0]]}",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
	{
		SnapshotDone done = {.n = 0};
		Err			err;

		ok(!snapshot_done_parse(bad[i], &done, &err), bad[i][0] ? bad[i] : "nothing");
		snapshot_done_clear(&done);
	}
}

int
main(void)
{
	test_gaps();
	test_tables();
	test_text();
	test_garbage();
	return done_testing();
}
