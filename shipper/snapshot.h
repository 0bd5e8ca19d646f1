/*
 * snapshot.h
 *	  The initial snapshot: every row that exists, then a slot that begins there.
 *
 * The rows are those that a temporary slot's exported snapshot shows; the slot
 * becomes the permanent one when Kafka has them all.  Interrupted anywhere, it
 * leaves nothing behind on the server, and the next start begins again.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_SNAPSHOT_H
#define WALPOST_SNAPSHOT_H

#include <stdbool.h>

#include "conf.h"
#include "err.h"
#include "pg.h"

/* True when snapshot.mode asks for rows where there is no slot yet. */
extern bool snapshot_wanted(const Conf *conf);

/* True when it asks for nothing else. */
extern bool snapshot_is_all(const Conf *conf);

/* False and err when the database lacks the function that reads a snapshot. */
extern bool snapshot_check_function(PGconn *conn, Err *err) must_check;

/*
 * Decides on a start without a slot: *due when a snapshot is to be taken.  A
 * position record in Kafka means that there was a slot: then only the mode
 * when_needed takes a new one.  Waits for Kafka, until *stop.  False and err,
 * of the kind ERR_NONE when stopped.
 */
extern bool snapshot_decide(const Conf *conf, const volatile bool *stop, bool *due,
							Err *err) must_check;

/*
 * Takes it, and makes the slot unless snapshot_is_all().  The publication is
 * there.  False and err when that failed, ERR_RETRY when the same from the
 * beginning may go well, ERR_NONE when stopped.
 */
extern bool snapshot_run(const Conf *conf, const volatile bool *stop, Err *err) must_check;

#endif							/* WALPOST_SNAPSHOT_H */
