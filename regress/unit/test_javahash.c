/*
 * test_javahash.c
 *	  Hash codes and map order against java.util.HashMap of JDK 17.
 *
 * cc -std=gnu11 -Iplugin regress/unit/test_javahash.c plugin/javahash.c
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "javahash.h"
#include "tap.h"

#define MAX_KEYS	16

static const struct
{
	const char *keys[MAX_KEYS];
	uint32_t	hashes[MAX_KEYS];
	int			order[MAX_KEYS];
	int			n;
}			maps[] = {
	{{"key1", "key2", "key4", "key5"},
		{0x00322db2u, 0x00322db3u, 0x00322db5u, 0x00322db6u}, {0, 1, 3, 2}, 4},
	{{"Aa", "BB", "AaAa", "BBBB", "AaBB", "BBAa"},
		{0x840u, 0x840u, 0x001f0080u, 0x001f0080u, 0x001f0080u, 0x001f0080u},
		{0, 1, 2, 3, 4, 5}, 6},
	{{"\xc3\xa9", "\xc3\xbc", "\xe6\x97\xa5\xe6\x9c\xac", "\xf0\x9f\x98\x80", "x\xf0\x9f\x98\x80y", ""},
		{0xe9u, 0xfcu, 0x000cbde7u, 0x001b0d63u, 0x037d2bfeu, 0}, {5, 4, 3, 0, 2, 1}, 6},
	{{"id", "name", "created_at", "updated_at", "status", "price", "currency", "quantity",
			"sku", "customer", "address", "city", "zip"},
		{0x00000d1bu, 0x00337a8bu, 0x51a3a8eau, 0xee639237u, 0xcacdcff2u, 0x065fb149u, 0x224bf011u,
			0xb368648bu, 0x0001bd1du, 0x24217fdeu, 0xbb979bf4u, 0x002e996bu, 0x0001d721u},
		{12, 7, 10, 11, 2, 3, 5, 1, 6, 0, 8, 4, 9}, 13},
};

static void
test_maps(void)
{
	for (size_t m = 0; m < sizeof(maps) / sizeof(maps[0]); m++)
	{
		JavaEntry	entries[MAX_KEYS];
		bool		hashes = true;
		bool		order = true;

		for (int i = 0; i < maps[m].n; i++)
		{
			entries[i].hash = java_string_hash(maps[m].keys[i], strlen(maps[m].keys[i]));
			entries[i].number = i;
			hashes = hashes && entries[i].hash == maps[m].hashes[i];
		}
		java_hash_order(entries, maps[m].n);
		for (int i = 0; i < maps[m].n; i++)
			order = order && entries[i].number == maps[m].order[i];
		ok(hashes, "String.hashCode(), map %zu", m);
		ok(order, "order, map %zu", m);
	}
}

/* A thousand keys: the table has grown seven times. */
static void
test_large_map(void)
{
	static JavaEntry entries[1000];
	uint64_t	sum = 0;

	for (int i = 0; i < 1000; i++)
	{
		char		key[16];

		snprintf(key, sizeof(key), "key%d", i);
		entries[i].hash = java_string_hash(key, strlen(key));
		entries[i].number = i;
	}
	java_hash_order(entries, 1000);
	for (int i = 0; i < 1000; i++)
		sum = sum * 31 + entries[i].number;
	ok(entries[0].number == 297 && sum == UINT64_C(8414810305263124026),
	   "order of a thousand keys");
}

/* Short.hashCode() is the number itself; more than eight in one bucket. */
static void
test_numbers(void)
{
	static const int keys[] = {1, 2, 3, 17, 33, 50, 100, 1000, 30000, 32767};
	static const int order[] = {8, 0, 3, 4, 1, 5, 2, 6, 7, 9};
	JavaEntry	entries[10];
	bool		same = true;

	for (int i = 0; i < 10; i++)
	{
		entries[i].hash = keys[i];
		entries[i].number = i;
	}
	java_hash_order(entries, 10);
	for (int i = 0; i < 10; i++)
		same = same && entries[i].number == order[i];
	ok(same, "order of numbers");
}

int
main(void)
{
	test_maps();
	test_large_map();
	test_numbers();
	return done_testing();
}
