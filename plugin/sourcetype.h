/*
 * sourcetype.h
 *	  A column's type as the JDBC driver and Debezium see it: name, length,
 *	  scale.
 *
 * Follows org.postgresql.jdbc.TypeInfoCache (getPrecision, getScale,
 * getDisplaySize) of pgjdbc 42.7, which Debezium's column model asks.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_SOURCETYPE_H
#define WALPOST_SOURCETYPE_H

#include "schema.h"

/*
 * The type's own name, a domain's too; an integer with nextval() for its
 * default is a serial.
 */
extern const char *sourcetype_name(Oid type, bool serial);

/* Digits, characters or bits; INT_MAX where there is no limit. */
extern int	sourcetype_length(Oid type, int32 typmod);

/* Is it citext, of the extension of that name? */
extern bool sourcetype_is_citext(Oid type);

/* Adds a parameter to a schema of one's own. */
extern void sourcetype_add_param(ConnectSchema *schema, const char *name, const char *value);

/* Adds the parameters __debezium.source.column.*. */
extern void sourcetype_describe(ConnectSchema *schema, Oid type, int32 typmod,
								const char *name, const char *column);

#endif							/* WALPOST_SOURCETYPE_H */
