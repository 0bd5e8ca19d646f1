/*
 * adder.h
 *	  The process that reads the rows of tables which are added to a connector
 *	  that streams.
 *
 * Making a slot and taking locks may take long, and librdkafka's memory is
 * bounded for the stream: so it is a process of its own, with connections and a
 * producer of its own.  It is told by lines when to go on:
 *
 *		connector					its adder
 *		what to add				->
 *								<-	relation INDEX OID ...; ready
 *		hold					->	(publication, slot)
 *								<-	new INDEX ...; point X/X
 *		go						->	(rows)
 *								<-	rows OID ROWS ...; done ROWS
 *		any time				<-	failed 0|1 TEXT (1: again it may go well)
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_ADDER_H
#define WALPOST_ADDER_H

#include <stdbool.h>
#include <stdint.h>

#include "addition.h"
#include "conf.h"
#include "err.h"
#include "holding.h"

/* How a connector's process can be started again on what it was started on. */
typedef struct AdderSetup
{
	const char *file;			/* connector file */
	const char *worker;			/* --worker, or NULL */
	bool		quiet;			/* it sends no notifications */
} AdderSetup;

typedef struct Adder Adder;

typedef enum AdderEvent
{
	ADDER_WAIT,					/* nothing until adder_fd() is readable */
	ADDER_READY,				/* adder_relations() and adder_is_new() are known; it
								 * waits for "hold" */
	ADDER_POINT,				/* adder_point() is; it waits for "go" */
	ADDER_DONE,					/* adder_rows() are in Kafka */
	ADDER_FAILED				/* err says why */
} AdderEvent;

/* Starts it; borrows all but conf until adder_stop().  NULL and err. */
extern Adder *adder_start(const AdderSetup *setup, const Conf *conf, const Addition *tables,
						  Err *err) must_check;

/* Ends it, whatever it does; adder may be NULL. */
extern void adder_stop(Adder *adder);

extern int	adder_fd(const Adder *adder);

/* Reads what it says. */
extern AdderEvent adder_next(Adder *adder, Err *err);

/* "hold" or "go"; that it has died is told by adder_next(). */
extern void adder_tell(Adder *adder, const char *word);

/* After ADDER_READY: OIDs, and what drop_lsn their tables have now; the caller frees it. */
extern HeldRelation *adder_relations(const Adder *adder, int *n);

/* After ADDER_POINT. */
extern uint64_t adder_point(const Adder *adder);

/* After ADDER_READY: true when the table is to be published now. */
extern bool adder_is_new(const Adder *adder, int table);

/* After ADDER_DONE: of all tables, and of one. */
extern uint64_t adder_rows(const Adder *adder);
extern uint64_t adder_table_rows(const Adder *adder, int table);

/* ---- the other side (cmd_add.c) ---- */

/*
 * A number that changes with whatever decides what events are and where they go:
 * a file that was changed since the connector started must not be used.
 */
extern uint32_t adder_check(const Conf *conf);

#endif							/* WALPOST_ADDER_H */
