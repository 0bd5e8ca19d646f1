/*
 * naming.h
 *	  Names of topics, schemas and fields as Debezium forms them.
 *
 * All results are allocated in CurrentMemoryContext.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_NAMING_H
#define WALPOST_NAMING_H

#include "options.h"

/*
 * <prefix><delimiter><schema><delimiter><table>, with each UTF-16 unit
 * outside [A-Za-z0-9._-] as "_", cut at 249 characters.
 */
extern char *naming_topic(const Options *options, const char *schema,
						  const char *table);

/* <prefix><delimiter><word>, for topics that belong to no table. */
extern char *naming_service_topic(const Options *options, const char *word);

/* <topic><suffix> under schema.name.adjustment.mode; suffix as ".Value". */
extern char *naming_schema(const Options *options, const char *topic,
						   const char *suffix);

/* May a topic have this name? */
extern bool naming_is_topic(const char *name);

/* A column's name under field.name.adjustment.mode. */
extern char *naming_field(const Options *options, const char *column);

#endif							/* WALPOST_NAMING_H */
