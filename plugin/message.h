/*
 * message.h
 *	  Logical messages (pg_logical_emit_message) as events.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_MESSAGE_H
#define WALPOST_MESSAGE_H

#include "session.h"

/*
 * Writes the event of a message; lsn is its start, end_lsn the end of its WAL
 * record, which is what a message outside a transaction acknowledges.
 * Allocates in the current context, which the caller resets.
 */
extern void message_write(Session *session, bool transactional,
						  XLogRecPtr lsn, XLogRecPtr end_lsn,
						  const char *prefix, const char *content, size_t len);

#endif							/* WALPOST_MESSAGE_H */
