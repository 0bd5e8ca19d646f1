/*
 * holdback.h
 *	  One write to the socket for many small transactions, while the server is
 *	  behind.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_HOLDBACK_H
#define WALPOST_HOLDBACK_H

#include "replication/logical.h"
#include "replication/reorderbuffer.h"

/*
 * From now on, until ctx is freed, messages written with holdback_write() may
 * wait for more.  Does nothing outside a walsender.
 */
extern void holdback_install(LogicalDecodingContext *ctx);

/* OutputPluginWrite() of what was prepared. */
extern void holdback_write(LogicalDecodingContext *ctx);

/* txn is about to be replayed: what waits goes out first if that may take long. */
extern void holdback_before(const ReorderBufferTXN *txn);

#endif							/* WALPOST_HOLDBACK_H */
