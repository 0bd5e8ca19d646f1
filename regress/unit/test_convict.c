/*
 * test_convict.c
 *	  Places of refused records: found again, bounded, forgotten in time.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "convict.h"
#include "tap.h"

static void
add(Convicts *convicts, uint64_t lsn, uint64_t ordinal, uint32_t record)
{
	EventPlace	place = {lsn, ordinal, record};
	Convict		convict = {.place = place};

	convicts_add(convicts, &convict);
}

static bool
has(const Convicts *convicts, uint64_t lsn, uint64_t ordinal, uint32_t record)
{
	EventPlace	place = {lsn, ordinal, record};

	return convicts_find(convicts, &place) != NULL;
}

static void
test_find(void)
{
	Convicts	convicts = {0};

	ok(!has(&convicts, 100, 1, 1), "there are none at first");
	add(&convicts, 200, 5, 1);
	add(&convicts, 100, 9, 2);
	add(&convicts, 200, 4, 3);
	ok(convicts.n == 3 && has(&convicts, 200, 5, 1) && has(&convicts, 100, 9, 2) && has(&convicts, 200, 4, 3),
	   "they are found, in whatever order they came");
	ok(!has(&convicts, 200, 5, 2) && !has(&convicts, 200, 9, 2) && !has(&convicts, 101, 9, 2),
	   "and their neighbours are not");
	convicts_free(&convicts);
}

static void
test_settle(void)
{
	Convicts	convicts = {0};
	Position	position = {.lsn = 150};

	add(&convicts, 100, 1, 1);
	add(&convicts, 150, 1, 1);
	add(&convicts, 200, 3, 1);
	add(&convicts, 200, 3, 2);
	add(&convicts, 200, 4, 1);
	ok(convicts_settle(&convicts, &position) == 1 && has(&convicts, 150, 1, 1),
	   "a transaction that committed before the position is settled, one there is not");
	position.message = true;
	ok(convicts_settle(&convicts, &position) == 1 && !has(&convicts, 150, 1, 1),
	   "but a message that lies there is");
	position.open_commit = 200;
	position.open_ordinal = 3;
	position.open_record = 1;
	ok(convicts_settle(&convicts, &position) == 1 && has(&convicts, 200, 3, 2),
	   "of an open transaction what Kafka has of it is");
	position = (Position)
	{
		.lsn = 201
	};
	ok(convicts_settle(&convicts, &position) == 2 && convicts.n == 0, "in the end all are");
	ok(convicts_settle(&convicts, &position) == 0, "of none none is");
	convicts_free(&convicts);
}

static void
test_crowded(void)
{
	Convicts	convicts = {0};
	Position	position = {.lsn = 200};

	for (int i = 0; i < CONVICTS_MAX; i++)
		add(&convicts, 100, 10 + i, 1);
	ok(!convicts.crowded, "so many find room");
	add(&convicts, 150, 1, 1);
	ok(convicts.crowded && convicts.n == CONVICTS_MAX && !has(&convicts, 150, 1, 1),
	   "one that is behind them all does not");
	add(&convicts, 100, 5, 1);
	ok(convicts.n == CONVICTS_MAX && has(&convicts, 100, 5, 1) && has(&convicts, 100, 10, 1),
	   "one in front takes a place");
	ok(!has(&convicts, 100, 10 + CONVICTS_MAX - 1, 1), "which is that of the last");
	convicts_settle(&convicts, &position);
	ok(convicts.n == 0 && !convicts.crowded, "all that is over once they are settled");
	convicts_free(&convicts);
}

int
main(void)
{
	test_find();
	test_settle();
	test_crowded();
	return done_testing();
}
