/*
 * txn.h
 *	  The transaction being written: lazy BEGIN, COMMIT, signs of life.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_TXN_H
#define WALPOST_TXN_H

#include "access/transam.h"

#include "session.h"
#include "txnmeta.h"

/* The server begins to replay txn; nothing is written yet. */
extern void txn_start(Session *session, ReorderBufferTXN *txn);

/*
 * Fills the slots that tell of the transaction and of the time, which else the
 * first record does.
 */
extern void txn_describe(Session *session);

/*
 * Called before each record of the transaction: opens the batch, writes what
 * has to come first (HELLO, BEGIN) and fills the slots.
 */
extern void txn_prepare_record(Session *session);

/*
 * The same before a record that is an event (all but tombstones), which
 * counts for table in the transaction's metadata; table is NULL without them.
 */
extern void txn_prepare_event(Session *session, TxnTable *table);

/*
 * Called before a frame of the transaction that is no record: opens the batch,
 * and writes HELLO and BEGIN if they have to come first.
 */
extern void txn_prepare_signal(Session *session);

/*
 * What comes in place of txn_prepare_event() for an event that a transform
 * drops: it counts in the transaction's metadata, as in Debezium, and is not
 * written.
 */
extern void txn_drop_event(Session *session, TxnTable *table);

/*
 * Takes back the record that an error interrupted, bytes and counts, if there
 * is one; all records before it stay.
 */
extern void txn_take_back(Session *session);

/*
 * Counts a change at lsn that gives no event, so that the server stays in
 * touch.  sent: pgoutput would have sent it, so that its transaction is the
 * last one that source.sequence names, and with transaction metadata has a
 * BEGIN and an END.
 */
extern void txn_dropped(Session *session, bool sent, XLogRecPtr lsn);

/* The commit: COMMIT and the batch go out; an empty transaction sends nothing. */
extern void txn_commit(Session *session, ReorderBufferTXN *txn, XLogRecPtr commit_lsn);

/*
 * Opens the batch for a record outside any transaction, a unit that may be
 * acknowledged up to end_lsn and has n records.
 */
extern void txn_prepare_unit(Session *session, XLogRecPtr end_lsn, uint32 n);

/*
 * Opens the batch for a frame outside any transaction, which is no unit either.
 */
extern void txn_prepare_control(Session *session);

/*
 * What all rows of a snapshot say: it was taken at lsn, and transaction xid
 * reads it (invalid: one without a number).
 */
extern void txn_read(Session *session, XLogRecPtr lsn, FullTransactionId xid);

/* Sets SLOT_LSN: the position of the change at hand. */
extern void txn_set_lsn(Session *session, XLogRecPtr lsn);

/* Sets SLOT_LAST_COMMIT and what it remembers. */
extern void txn_set_last_commit(Session *session, XLogRecPtr lsn);

/* The same, from what the client says that it has; ereports if that is no LSN. */
extern void txn_resume(Session *session);

#endif							/* WALPOST_TXN_H */
