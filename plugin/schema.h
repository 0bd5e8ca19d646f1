/*
 * schema.h
 *	  Connect schemas as a tree: what a field is, apart from where its value
 *	  comes from.
 *
 * The same tree prints as the "schema" block of Kafka's JsonConverter (here)
 * and as an Avro schema.  Trees live in the memory context of the relation
 * plan that they belong to and are never changed once built.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_SCHEMA_H
#define WALPOST_SCHEMA_H

#include <stdbool.h>
#include "out.h"

typedef enum ConnectType
{
	CONNECT_BOOLEAN,
	CONNECT_INT8,
	CONNECT_INT16,
	CONNECT_INT32,
	CONNECT_INT64,
	CONNECT_FLOAT,
	CONNECT_DOUBLE,
	CONNECT_STRING,
	CONNECT_BYTES,
	CONNECT_ARRAY,
	CONNECT_MAP,
	CONNECT_STRUCT,
} ConnectType;

typedef struct ConnectParam
{
	const char *name;
	const char *value;
} ConnectParam;

typedef struct ConnectSchema ConnectSchema;

typedef struct ConnectField
{
	const char *name;
	const ConnectSchema *schema;
} ConnectField;

struct ConnectSchema
{
	ConnectType type;
	bool		optional;
	const char *name;			/* NULL: no name */
	int			version;		/* 0: none */
	const char *doc;			/* NULL: none */
	const ConnectParam *params;
	int			nparams;
	const char *default_json;	/* the default as JSON text; NULL: none */
	const ConnectSchema *keys;	/* of a map */
	const ConnectSchema *values;	/* of a map, or the items of an array */
	const ConnectField *fields; /* of a struct */
	int			nfields;
};

/*
 * Appends the schema as Kafka's JsonConverter prints it: members in the order
 * type, items | keys, values | fields, optional, name, version, doc,
 * parameters, default, field.  field is the name of the member of a struct
 * that this is the schema of, NULL at the top.
 */
extern void schema_print_json(Out *out, const ConnectSchema *schema,
							  const char *field);

#endif							/* WALPOST_SCHEMA_H */
