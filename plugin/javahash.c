/*
 * javahash.c
 *	  Hash codes and iteration order of java.util.HashMap (JDK 8 and later).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdlib.h>

#include "javahash.h"

#define INITIAL_CAPACITY	16
#define TREEIFY_THRESHOLD	8	/* longest bucket that stays a list */
#define TREEIFY_CAPACITY	64	/* below it the table grows instead */

uint32_t
java_string_hash(const char *str, size_t len)
{
	const unsigned char *s = (const unsigned char *) str;
	const unsigned char *end = s + len;
	uint32_t	hash = 0;

	while (s < end)
	{
		unsigned	c = *s++;

		if (c >= 0xF0 && end - s >= 3)
		{
			c = ((c & 7) << 18 | (s[0] & 63) << 12 | (s[1] & 63) << 6 | (s[2] & 63)) - 0x10000;
			s += 3;
			hash = hash * 31 + (0xD800 | c >> 10);
			c = 0xDC00 | (c & 0x3FF);
		}
		else if (c >= 0xE0 && end - s >= 2)
		{
			c = (c & 15) << 12 | (s[0] & 63) << 6 | (s[1] & 63);
			s += 2;
		}
		else if (c >= 0xC0 && end - s >= 1)
			c = (c & 31) << 6 | (*s++ & 63);
		hash = hash * 31 + c;
	}
	return hash;
}

/* The table's size once all are in; hashes are spread already. */
static uint32_t
final_capacity(const JavaEntry *entries, int n)
{
	uint32_t	capacity = INITIAL_CAPACITY;

	for (int i = 0; i < n; i++)
	{
		/* a bucket that grows too long doubles a small table early */
		if (capacity < TREEIFY_CAPACITY)
		{
			int			same = 0;

			for (int j = 0; j < i; j++)
				same += ((entries[j].hash ^ entries[i].hash) & (capacity - 1)) == 0;
			if (same >= TREEIFY_THRESHOLD)
				capacity *= 2;
		}
		if ((uint32_t) i + 1 > capacity / 4 * 3)
			capacity *= 2;
	}
	return capacity;
}

/* By bucket, then by age: a bucket is a list, and splitting it keeps the order. */
static int
entry_compare(const void *a, const void *b)
{
	const JavaEntry *x = a;
	const JavaEntry *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return x->number - y->number;
}

void
java_hash_order(JavaEntry *entries, int n)
{
	uint32_t	capacity;

	for (int i = 0; i < n; i++)
		entries[i].hash ^= entries[i].hash >> 16;
	capacity = final_capacity(entries, n);
	for (int i = 0; i < n; i++)
		entries[i].hash &= capacity - 1;
	qsort(entries, n, sizeof(JavaEntry), entry_compare);
}
