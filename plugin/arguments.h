/*
 * arguments.h
 *	  Options as the SQL functions take them.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_ARGUMENTS_H
#define WALPOST_ARGUMENTS_H

#include "nodes/pg_list.h"
#include "utils/array.h"

/*
 * An array of name, value, ... as the DefElems that a client of the stream
 * gives.  ereports for an odd number of them and for nulls.
 */
extern List *arguments_options(ArrayType *array);

#endif							/* WALPOST_ARGUMENTS_H */
