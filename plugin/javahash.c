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

uint32_t
java_bytes_hash(const unsigned char *bytes, size_t len)
{
	uint32_t	hash = 1;

	while (len-- > 0)
		hash = hash * 31 + (uint32_t) (signed char) bytes[len];
	return hash;
}

/* Of the magnitude in words of 32 bits, the first of which are zero and count for nothing. */
uint32_t
java_decimal_hash(const unsigned char *bytes, size_t len, int scale)
{
	int			negative = len > 0 && bytes[0] >= 0x80;
	uint32_t	hash = 0;
	uint32_t	word = 0;
	unsigned	carry = 1;
	size_t		last = len;

	/* -x is the complement plus one: the one goes up to the last byte that is not zero */
	while (negative && last > 0 && bytes[last - 1] == 0)
		last--;
	for (size_t i = 0; i < len; i++)
	{
		unsigned	byte = bytes[i];

		if (negative)
			byte = i >= last ? 0 : (~byte & 0xFF) + (i + 1 == last ? carry : 0);
		word = word << 8 | byte;
		if ((len - 1 - i) % 4 == 0)
			hash = hash * 31 + word;
	}
	return (negative ? 0 - hash : hash) * 31 + (uint32_t) scale;
}

/* ---- MurmurHash3 --------------------------------------------------------- */

#define MURMUR_SEED	9001

typedef struct Murmur
{
	uint64_t	h1,
				h2,
				k1,
				k2,
				c1,
				c2;
} Murmur;

static uint64_t
rotate(uint64_t x, int bits)
{
	return x << bits | x >> (64 - bits);
}

static void
murmur_mix(Murmur *m)
{
	m->k1 = rotate(m->k1 * m->c1, 23) * m->c2;
	m->h1 = (m->h1 ^ m->k1) + m->h2;
	m->h2 = rotate(m->h2, 41);
	m->k2 = rotate(m->k2 * m->c2, 23) * m->c1;
	m->h2 = (m->h2 ^ m->k2) + m->h1;
	m->h1 = m->h1 * 3 + 0x52dce729;
	m->h2 = m->h2 * 3 + 0x38495ab5;
	m->c1 = m->c1 * 5 + 0x7b7d159c;
	m->c2 = m->c2 * 5 + 0x6bce6396;
}

static uint64_t
murmur_final(uint64_t k)
{
	k = (k ^ k >> 33) * UINT64_C(0xff51afd7ed558ccd);
	k = (k ^ k >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
	return k ^ k >> 33;
}

static uint64_t
murmur_block(const unsigned char *bytes)
{
	uint64_t	block = 0;

	for (int i = 7; i >= 0; i--)
		block = block << 8 | bytes[i];
	return block;
}

uint32_t
java_murmur_hash(const unsigned char *bytes, size_t len)
{
	Murmur		m = {
		.h1 = UINT64_C(0x9368e53c2f6af274) ^ MURMUR_SEED,
		.h2 = UINT64_C(0x586dcd208f7cd3fd) ^ MURMUR_SEED,
		.c1 = UINT64_C(0x87c37b91114253d5),
		.c2 = UINT64_C(0x4cf5ad432745937f),
	};
	size_t		rest = len % 16;
	const unsigned char *tail = bytes + (len - rest);

	for (const unsigned char *p = bytes; p < tail; p += 16)
	{
		m.k1 = murmur_block(p);
		m.k2 = murmur_block(p + 8);
		murmur_mix(&m);
	}
	m.k1 = m.k2 = 0;
	/* the rest, byte by byte, each with its sign, as Java shifts it */
	for (size_t i = 0; i < rest; i++)
	{
		uint64_t	byte = (uint64_t) (int64_t) (signed char) tail[i] << (i % 8 * 8);

		if (i < 8)
			m.k1 ^= byte;
		else
			m.k2 ^= byte;
	}
	if (rest > 0)
		murmur_mix(&m);
	m.h2 ^= len;
	m.h1 += m.h2;
	m.h2 += m.h1;
	m.h1 = murmur_final(m.h1);
	m.h2 = murmur_final(m.h2);
	return (uint32_t) ((m.h1 + m.h2) >> 32);
}

/* ---- maps ---------------------------------------------------------------- */

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
