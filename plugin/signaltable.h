/*
 * signaltable.h
 *	  Tables whose inserted rows are signals: the one that signal.data.collection
 *	  names, and the extension's own behind walpost.signal().
 *
 * Found out once per relation, when its plan is built.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_SIGNALTABLE_H
#define WALPOST_SIGNALTABLE_H

#include "nodes/bitmapset.h"
#include "replication/reorderbuffer.h"
#include "utils/relcache.h"

#include "options.h"

typedef struct Session Session;
typedef struct SignalTable SignalTable;

/* The table that the options name; NULL: none. */
typedef struct SignalName SignalName;

/*
 * Reads signal.data.collection in CurrentMemoryContext.  ereports a name that is
 * not schema.table.
 */
extern SignalName *signalname_parse(const Options *options);
extern bool signalname_is(const SignalName *name, const char *schema, const char *table);

/*
 * Is this the extension's own table?  Its name alone does not say so: whoever
 * may create a schema could have made it.
 */
extern bool signaltable_is_own(Relation relation);

/* For that one, in CurrentMemoryContext. */
extern SignalTable *signaltable_build_own(Relation relation);

/*
 * The same for the table that the session's options name, and NULL for others.
 * Its columns are those of the row: not generated (or as published lists them,
 * if it is not NULL), not left out.  There must be three that are texts in an
 * event, as in Debezium, else the server's log says so and it is NULL.
 */
extern SignalTable *signaltable_build(Session *session, Relation relation,
									  const Bitmapset *published);

/* Writes the signal that a change is, if it is an insert and there are frames. */
extern void signaltable_write(Session *session, const SignalTable *table, Relation relation,
							  ReorderBufferChange *change);

#endif							/* WALPOST_SIGNALTABLE_H */
