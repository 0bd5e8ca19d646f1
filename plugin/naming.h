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
 * outside [A-Za-z0-9._-] as "_", cut at 249 characters; or as the naming
 * strategy has it.  ereports a topic.replacement that leads to no topic.
 */
extern char *naming_topic(const Options *options, const char *schema,
						  const char *table);

/*
 * Compiles what a Regex strategy needs; NULL of another strategy.  ereports
 * what of topic.regex, topic.replacement and the key's options is missing or bad.
 */
extern TopicRouter *naming_router(const Options *options);

/* The field that keys get so that tables which share a topic differ; NULL: none. */
extern const char *naming_key_field(const Options *options);

/* Its value for a table's rows. */
extern const char *naming_key_value(const Options *options, const char *schema,
									const char *table);

/* <prefix><delimiter><word>, for topics that belong to no table. */
extern char *naming_service_topic(const Options *options, const char *word);

/* topic.heartbeat.name, or <topic.heartbeat.prefix><delimiter><prefix>. */
extern char *naming_heartbeat_topic(const Options *options);

/* <topic><suffix> under schema.name.adjustment.mode; suffix as ".Value". */
extern char *naming_schema(const Options *options, const char *topic,
						   const char *suffix);

/* May a topic have this name? */
extern bool naming_is_topic(const char *name);

/* A column's name under field.name.adjustment.mode. */
extern char *naming_field(const Options *options, const char *column);

#endif							/* WALPOST_NAMING_H */
