/*
 * txnmeta.h
 *	  Transaction metadata: where in its transaction an event stands, and the
 *	  BEGIN and END records around it (provide.transaction.metadata).
 *
 * Follows io.debezium.pipeline.txmetadata of Debezium 3.7.  Without the
 * property session->meta is NULL, and nothing here is called.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_TXNMETA_H
#define WALPOST_TXNMETA_H

#include "session.h"

/* What a session with the property needs, in CurrentMemoryContext. */
extern TxnMeta *txnmeta_create(Session *session);

/*
 * The counter for schema.table, which lives as long as the session; NULL stands for logical messages.
 */
extern TxnTable *txnmeta_table(TxnMeta *meta, const char *schema, const char *table);

/*
 * Writes BEGIN or END of the transaction at hand into the open batch, which
 * may be closed afterwards; the transaction's own slots are filled.
 */
extern void txnmeta_begin(Session *session);
extern void txnmeta_end(Session *session, XLogRecPtr end_lsn);

/* Counts an event of table at lsn and fills the slots of its block. */
extern void txnmeta_event(Session *session, TxnTable *table, XLogRecPtr lsn);

/* Takes back the last event counted. */
extern void txnmeta_take_back(Session *session, TxnTable *table);

#endif							/* WALPOST_TXNMETA_H */
