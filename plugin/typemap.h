/*
 * typemap.h
 *	  Which Connect schema and which encoder a PostgreSQL type gets.
 *
 * One table of rules; TYPES.md is generated from it.  Follows Debezium's
 * PostgreSQL connector 3.7.0.Final ("Data type mappings" of its page).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_TYPEMAP_H
#define WALPOST_TYPEMAP_H

#include "enc.h"
#include "schema.h"

typedef enum DecimalMode
{
	DECIMAL_PRECISE, DECIMAL_STRING, DECIMAL_DOUBLE
} DecimalMode;

typedef enum TimeMode
{
	TIME_ADAPTIVE, TIME_ADAPTIVE_MICROSECONDS, TIME_CONNECT, TIME_ISOSTRING,
	TIME_MICROSECONDS, TIME_NANOSECONDS, TIME_STRUCTURED
} TimeMode;

typedef enum IntervalMode
{
	INTERVAL_NUMERIC, INTERVAL_STRING
} IntervalMode;

typedef enum BinaryMode
{
	BINARY_BYTES, BINARY_BASE64, BINARY_BASE64_URL, BINARY_HEX
} BinaryMode;

typedef enum HstoreMode
{
	HSTORE_JSON, HSTORE_MAP
} HstoreMode;

/* The properties that decide how values look; part of Options. */
typedef struct TypeModes
{
	int			decimal;		/* DecimalMode */
	int			time;			/* TimeMode */
	int			interval;		/* IntervalMode */
	int			binary;			/* BinaryMode */
	int			hstore;			/* HstoreMode */
	int			money_digits;	/* money.fraction.digits, 0 to 18 */
	bool		unknown;		/* include.unknown.datatypes */
	bool		quirks;			/* walpost.debezium.quirks */
	const char *placeholder;	/* unavailable.value.placeholder, decoded */
	int			placeholder_len;
} TypeModes;

/* What a type comes out as, with the JSON texts that stand for no value. */
typedef struct ColumnType
{
	const ConnectSchema *schema;	/* required, no default; the column's plan
									 * copies it and sets those */
	Enc			json;			/* the value in a record */
	Enc			header;			/* the value in a key-change header, as
								 * Connect's SimpleHeaderConverter prints it */
	const char *fallback;		/* JSON: a NOT NULL column that a key tuple
								 * lacks and that has no default */
	const char *unavailable;	/* JSON: an unchanged TOAST value */
	bool		always_optional;	/* optional even when NOT NULL */
	bool		foreign;		/* a function that is not the server's prints
								 * it */
	bool		takes_default;	/* its schema may have a default */
} ColumnType;

/*
 * Resolves a type.  False: the column is left out of schema and value (the
 * type is not mapped and include.unknown.datatypes is off).  Everything is
 * allocated in CurrentMemoryContext; catalogs are read through the syscache,
 * so a historic snapshot or a transaction must be active.  Never raises an
 * error for a type that exists.
 */
extern bool typemap_resolve(Oid type, int32 typmod, const TypeModes *modes,
							ColumnType *result);

/* Does the type belong to the extension of this name? */
extern bool typemap_is_of_extension(Oid type, const char *extension);

#endif							/* WALPOST_TYPEMAP_H */
