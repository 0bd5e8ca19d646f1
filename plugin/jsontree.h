/*
 * jsontree.h
 *	  A reader of JSON, as strict as Jackson's tree reader is.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_JSONTREE_H
#define WALPOST_JSONTREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum JsonKind
{
	JSON_NULL,
	JSON_BOOL,
	JSON_INT,					/* 32 bits, as Java's int */
	JSON_LONG,
	JSON_BIG,					/* an integer that is none of both */
	JSON_DOUBLE,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT
} JsonKind;

typedef struct JsonNode JsonNode;

struct JsonNode
{
	JsonKind	kind;
	int64_t		integer;		/* JSON_INT, JSON_LONG; JSON_BOOL: 0 or 1 */
	double		number;			/* JSON_DOUBLE */
	const char *text;			/* JSON_STRING: decoded, may hold zero bytes */
	size_t		len;
	const char **names;			/* of an object's members, terminated */
	JsonNode  **items;			/* of an array or object */
	int			nitems;
};

/*
 * Reads the value that text begins with; what stands behind it is ignored.
 * NULL if that is none.  Of members with one name the last value counts, at the
 * first one's place.  Names with zero bytes and halves of surrogate pairs, which
 * Jackson reads and cannot write, are refused.  Memory is palloc's.
 */
extern JsonNode *json_read(const char *text, size_t len);

/*
 * The member of an object, or NULL; *place is where to look first, and is moved
 * behind it: 0 before the first of several calls.
 */
extern JsonNode *json_member(const JsonNode *object, const char *name, int *place);

#endif							/* WALPOST_JSONTREE_H */
