/*
 * jsonexpand.h
 *	  JSON text as a Connect struct: what its schema is, and how it prints.
 *
 * Follows io.debezium.transforms.outbox.JsonSchemaData of Debezium 3.7.  What
 * that fails with leaves the text as it is.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_JSONEXPAND_H
#define WALPOST_JSONEXPAND_H

#include "jsontree.h"
#include "schema.h"

typedef struct JsonExpansion
{
	JsonNode   *tree;
	const ConnectSchema *schema;
} JsonExpansion;

/*
 * Expands a text whose struct is to be named name; nulls: a null becomes an
 * optional bytes field instead of none; empty_arrays: an empty array one of
 * optional strings.  False if the text is no object, or has values that no
 * schema fits.  Allocates in CurrentMemoryContext.
 */
extern bool json_expand(const char *text, size_t len, const char *name, bool nulls,
						bool empty_arrays, JsonExpansion *expansion);

/* Appends it as JsonConverter would. */
extern void json_expansion_print(Out *out, const JsonExpansion *expansion);

/* Appends one of its fields; null if the object lacks it. */
extern void json_expansion_print_field(Out *out, const JsonExpansion *expansion, const char *name);

/* A copy of a schema without parameters, in CurrentMemoryContext. */
extern ConnectSchema *json_schema_copy(const ConnectSchema *schema);

#endif							/* WALPOST_JSONEXPAND_H */
