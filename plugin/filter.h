/*
 * filter.h
 *	  Which relations, columns and messages the connector captures: the
 *	  include and exclude lists, asked once per relation plan.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_FILTER_H
#define WALPOST_FILTER_H

#include "options.h"
#include "utils/relcache.h"

typedef struct Filter Filter;

/* Compiles the lists of options in CurrentMemoryContext; ereports bad patterns. */
extern Filter *filter_compile(const Options *options);

/* Is the table captured at all? */
extern bool filter_table(const Filter *filter, Oid namespace, const char *schema,
						 const char *table);

/* Is the column part of the row? */
extern bool filter_column(const Filter *filter, const char *schema,
						  const char *table, const char *column);

/* Is a logical message of this prefix an event? */
extern bool filter_message(const Filter *filter, const char *prefix);

/* May walpost.publish() write to the topic? */
extern bool filter_publication(const Filter *filter, const char *topic);

/*
 * The columns that message.key.columns names for the table (a list of C
 * strings, in order), or NIL.
 */
extern List *filter_key_columns(const Filter *filter, const char *schema,
								const char *table);

#endif							/* WALPOST_FILTER_H */
