/*
 * sidequery.h
 *	  A statement that is run now and then, on an ordinary connection of its
 *	  own, from within the loop: nothing ever waits for it.
 *
 * The connection is made by the first run and kept; a run that fails, or finds
 * it broken, is logged, and the next one makes a new one.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_SIDEQUERY_H
#define WALPOST_SIDEQUERY_H

#include "conf.h"
#include "loop.h"

typedef struct SideQuery SideQuery;

/* A row of the result; values are NULL where SQL says so. */
typedef void (*SideRow) (void *arg, const char *const *values, int n);

/*
 * Everything is borrowed; what names the statement in messages.  row may be
 * NULL, if nobody wants what comes back.
 */
extern SideQuery *sidequery_new(const Conf *conf, Loop *loop, const char *what,
								const char *statement, SideRow row, void *arg);
extern void sidequery_free(SideQuery *query);

/* Runs the statement once more, unless the run before still goes on. */
extern void sidequery_run(SideQuery *query);

#endif							/* WALPOST_SIDEQUERY_H */
