/*
 * envelope.h
 *	  Debezium's envelope as shapes: before, after, source, op and times.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_ENVELOPE_H
#define WALPOST_ENVELOPE_H

#include "session.h"

/*
 * The envelope of a row event.  before and after are row shapes, or NULL for
 * null; row_schema is then what their field is (both have the same schema).
 * op is one letter.  schema_name is the envelope's own.
 */
extern Shape *envelope_row(const Session *session, const char *schema_name,
						   const ConnectSchema *row_schema,
						   Shape *before, Shape *after,
						   const char *schema, const char *table, char op);

/*
 * The value of a logical message: op, ts_ms, source, transaction, message.
 * One outside a transaction has no transaction block.
 */
extern Shape *envelope_message(const Session *session, bool transactional);

/* Key and value of BEGIN and END records (provide.transaction.metadata). */
extern Shape *envelope_transaction_key(void);
extern Shape *envelope_transaction_value(bool end);

/* Key and value of a heartbeat. */
extern Shape *envelope_heartbeat_key(const char *topic_prefix);
extern Shape *envelope_heartbeat_value(void);

#endif							/* WALPOST_ENVELOPE_H */
