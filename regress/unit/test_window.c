/*
 * test_window.c
 *	  The window: whose changes hide which rows.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdlib.h>
#include <string.h>

#include "tap.h"
#include "window.h"
#include "wire.h"

#define TABLE	7
#define OTHER	8

static void
snapshot(Window *window, uint32_t xmin, uint32_t xmax, uint32_t n, const uint32_t *hidden)
{
	char		bytes[64];

	for (uint32_t i = 0; i < n; i++)
		wire_put32(bytes + 4 * i, hidden[i]);
	window_snapshot(window, &(FrameControl)
	{
		.xmin = xmin,.xmax = xmax,.hidden = bytes,.nhidden = n
	});
}

static void
change(Window *window, uint32_t xid, uint32_t relid, const char *row)
{
	window_begin(window, xid);
	window_change(window, relid, row, strlen(row));
}

static bool
hides(const Window *window, const char *row)
{
	return window_hides(window, row, strlen(row));
}

static void
test_decided_by_transaction(void)
{
	Window	   *window = window_new(100000);

	change(window, 90, TABLE, "before it was opened");
	window_open(window);
	change(window, 100, TABLE, "shown");
	change(window, 101, TABLE, "hidden");
	change(window, 102, OTHER, "other");
	snapshot(window, 101, 110, 2, (const uint32_t[]) {101, 102});
	change(window, 105, TABLE, "shown and late");
	change(window, 101, TABLE, "hidden and late");
	change(window, 110, TABLE, "younger");
	ok(window_gather(window, TABLE), "rows of the table may be published");
	ok(!hides(window, "before it was opened"), "nothing is noted before the window is open");
	ok(!hides(window, "shown"), "what the query shows hides nothing");
	ok(hides(window, "hidden"), "what it does not show hides a row, though it came before");
	ok(!hides(window, "shown and late"), "what it shows hides nothing, though it came after");
	ok(hides(window, "hidden and late"), "nor does the order matter of what it does not show");
	ok(hides(window, "younger"), "a transaction that began later hides a row");
	ok(!hides(window, "other"), "a row of another table is not this one's");
	ok(window_gather(window, OTHER) && hides(window, "other"), "but it is there for that");

	/* the next query shows 101, not yet 102 */
	snapshot(window, 102, 111, 1, (const uint32_t[]) {102});
	ok(window_gather(window, TABLE), "gathered again");
	ok(!hides(window, "hidden") && !hides(window, "hidden and late") && !hides(window, "younger"),
	   "what the next query shows is forgotten");
	ok(window_gather(window, OTHER) && hides(window, "other"), "what it does not show is kept");
	window_free(window);
}

static void
test_all_rows(void)
{
	Window	   *window = window_new(100000);

	window_open(window);
	window_begin(window, 100);
	window_change_all(window, TABLE);
	snapshot(window, 100, 100, 0, NULL);
	ok(!window_gather(window, TABLE), "TRUNCATE hides all rows");
	ok(window_gather(window, OTHER), "of its table");
	snapshot(window, 101, 101, 0, NULL);
	ok(window_gather(window, TABLE), "until a query shows it");
	window_free(window);
}

static void
test_interrupted(void)
{
	Window	   *window = window_new(100000);

	window_open(window);
	change(window, 100, TABLE, "a");
	window_begin(window, 100);
	window_change(window, TABLE, "b", 1);
	snapshot(window, 100, 101, 1, (const uint32_t[]) {100});
	window_change(window, TABLE, "c", 1);
	ok(window_gather(window, TABLE) && hides(window, "a") && hides(window, "b") && hides(window, "c"),
	   "a transaction that comes again after a lost connection keeps what it had");
	snapshot(window, 101, 101, 0, NULL);
	window_change(window, TABLE, "d", 1);
	ok(window_gather(window, TABLE) && !hides(window, "d"), "what is shown in its middle is forgotten to its end");
	window_free(window);
}

static void
test_numbers_in_a_circle(void)
{
	Window	   *window = window_new(100000);

	window_open(window);
	change(window, UINT32_MAX - 1, TABLE, "old");
	change(window, 5, TABLE, "young");
	snapshot(window, UINT32_MAX, 5, 0, NULL);
	ok(window_gather(window, TABLE) && !hides(window, "old") && hides(window, "young"),
	   "transaction numbers that wrap around");
	window_free(window);
}

static void
test_bound(void)
{
	Window	   *window = window_new(1000);
	char		row[16];

	window_open(window);
	for (int i = 0; i < 1000; i++)
	{
		snprintf(row, sizeof(row), "%d", i);
		change(window, 100 + i, TABLE, row);
	}
	ok(window_overflown(window), "more than it may note is told");
	window_open(window);
	ok(!window_overflown(window), "and forgotten when it is opened anew");
	window_free(window);
}

static void
test_many(void)
{
	Window	   *window = window_new(10000000);
	int			wrong = 0;
	char		row[16];

	window_open(window);
	for (int i = 0; i < 20000; i += 2)
	{
		snprintf(row, sizeof(row), "%d", i);
		change(window, 100 + i, TABLE, row);
	}
	snapshot(window, 100, 100, 0, NULL);
	wrong += !window_gather(window, TABLE);
	for (int i = 0; i < 20000; i++)
	{
		snprintf(row, sizeof(row), "%d", i);
		wrong += hides(window, row) != (i % 2 == 0);
	}
	ok(wrong == 0, "each of many rows is told apart");
	window_free(window);
}

int
main(void)
{
	test_decided_by_transaction();
	test_all_rows();
	test_interrupted();
	test_numbers_in_a_circle();
	test_bound();
	test_many();
	return done_testing();
}
