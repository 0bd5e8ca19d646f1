/*
 * props.h
 *	  Files, and text in the format of java.util.Properties.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_PROPS_H
#define WALPOST_PROPS_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"

/*
 * The content of a file, NUL-terminated, to be freed by the caller; "what"
 * names it in messages ("connector file").  NULL and err (ERR_CONFIG) if it
 * cannot be read, is larger than 1 MiB or holds a NUL byte.
 */
extern char *props_read_file(const char *what, const char *path, Err *err) must_check;

/*
 * Calls take(name, value, arg) for each entry of text, in order; the strings
 * are the callee's to read until it returns.  Reads what Properties.load()
 * reads: comments, "=", ":" or blanks between name and value, continued lines,
 * \t \n \r \f \\ \uXXXX.  Text that is no UTF-8 is taken for Latin-1, Java's
 * encoding of such files.  False and err (whose text begins with what and
 * path) for a malformed \u escape; entries before it have been given.
 */
extern bool props_parse(const char *what, const char *path, const char *text,
						void (*take) (const char *name, const char *value, void *arg),
						void *arg, Err *err) must_check;

#endif							/* WALPOST_PROPS_H */
