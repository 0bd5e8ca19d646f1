/*
 * slot.h
 *	  The replication slot and the publication: set up, inspect, drop.
 *
 * Everything here runs on ordinary blocking connections before the stream
 * begins, or from the command line.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_SLOT_H
#define WALPOST_SLOT_H

#include <stdbool.h>
#include <stdint.h>

#include "conf.h"
#include "err.h"
#include "pg.h"

/* The plugin that every slot of ours decodes with. */
#define SLOT_PLUGIN "walpost"

/*
 * Makes ready what the stream needs, in this order: pre-flight checks of the
 * server and the role, database.initial.statements, the publication (committed
 * before the slot, since the slot's catalog must know it), the slot.  An active
 * slot is waited for quietly (this process is then its hot standby) until
 * *stop becomes true; stop may be NULL.  ERR_RETRY when the server went away.
 */
extern bool slot_prepare(const Conf *conf, const volatile bool *stop, Err *err) must_check;

/* Drops the slot (slot.drop.on.stop); no error when there is none. */
extern bool slot_drop(const Conf *conf, const char *name, Err *err) must_check;

#endif							/* WALPOST_SLOT_H */
