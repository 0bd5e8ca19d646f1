/*
 * javahash.h
 *	  Hash codes of Java's values, and the order in which a java.util.HashMap
 *	  hands out what was put into it.
 *
 * Connect maps are HashMaps, so an hstore, a sparse vector and the counters of
 * a transaction's tables come out in this order.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_JAVAHASH_H
#define WALPOST_JAVAHASH_H

#include <stddef.h>
#include <stdint.h>

/* String.hashCode() of UTF-8 text: over its UTF-16 units. */
extern uint32_t java_string_hash(const char *text, size_t len);

/* Long.hashCode() */
static inline uint32_t
java_long_hash(int64_t value)
{
	return (uint32_t) ((uint64_t) value ^ (uint64_t) value >> 32);
}

/* Hash codes of a ByteBuffer with these bytes, */
extern uint32_t java_bytes_hash(const unsigned char *bytes, size_t len);

/* and of a BigDecimal with this scale and big-endian two's complement. */
extern uint32_t java_decimal_hash(const unsigned char *bytes, size_t len, int scale);

/* Debezium's MurmurHash3.hash(byte[]), which it uses for strings in UTF-8, too. */
extern uint32_t java_murmur_hash(const unsigned char *bytes, size_t len);

/* One key of a map. */
typedef struct JavaEntry
{
	uint32_t	hash;			/* of the key; overwritten */
	int			number;			/* when it was put in: 0, 1, 2, ... */
} JavaEntry;

/*
 * Sorts entries, given in the order in which n different keys were put into a
 * default HashMap, into the order in which it iterates over them.
 */
extern void java_hash_order(JavaEntry *entries, int n);

#endif							/* WALPOST_JAVAHASH_H */
