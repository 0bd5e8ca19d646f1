/*
 * newtables.h
 *	  Tables that a connector captures from this start on
 *	  (walpost.snapshot.new.tables): their rows have never been in Kafka.
 *
 * New is what the include and exclude lists take now and did not take when they
 * were remembered (a record beside the position record says how they read), and
 * what a filtered publication does not list yet.  A table that is merely younger
 * than the connector is not: its rows came as changes.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_NEWTABLES_H
#define WALPOST_NEWTABLES_H

#include <stdbool.h>

#include "addition.h"
#include "conf.h"
#include "err.h"
#include "pg.h"
#include "tables.h"

/*
 * Before the publication is prepared: appends the new tables to found, where the
 * slot exists; none unless the property asks for it.  Waits for Kafka.
 */
extern bool newtables_find(const Conf *conf, Addition *found, Err *err) must_check;

/*
 * Those that are not published yet wait until somebody is ready for their
 * changes: takes them off the captured ones.
 */
extern bool newtables_hold_back(const Conf *conf, PGconn *conn, TableList *tables, Err *err) must_check;

/*
 * A snapshot of all that is published was taken: what is left of found waits for
 * its publication.  Waits for Kafka.
 */
extern bool newtables_taken(const Conf *conf, Addition *found, Err *err) must_check;

/* From now on what the lists take is not new.  Waits for Kafka. */
extern bool newtables_remember(const Conf *conf, Err *err) must_check;

#endif							/* WALPOST_NEWTABLES_H */
