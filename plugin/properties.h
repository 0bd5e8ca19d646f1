/*
 * properties.h
 *	  Text in the format of java.util.Properties.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_PROPERTIES_H
#define WALPOST_PROPERTIES_H

#include "lib/stringinfo.h"

/*
 * Calls take(arg, name, value) for each entry of text, in order; the strings
 * are the callee's to read until it returns.  Reads what
 * java.util.Properties.load() reads: comments, "=", ":" or blanks between
 * name and value, continued lines, \t \n \r \f \\ and \uXXXX.
 */
extern void properties_parse(const char *text,
							 void (*take) (void *arg, const char *name, const char *value),
							 void *arg);

/* Appends one "name=value" line, escaped. */
extern void properties_append(StringInfo buf, const char *name, const char *value);

#endif							/* WALPOST_PROPERTIES_H */
