/*
 * publish.h
 *	  Records that walpost.publish() writes into the WAL, without a table: a
 *	  transactional logical message that is a record of a topic of its own.
 *
 * The message's content is: u8 flags, text topic, text key, text payload, and
 * a header block up to the end; "text" is u32 length + bytes, as in wire.h.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_PUBLISH_H
#define WALPOST_PUBLISH_H

#include "session.h"

#define PUBLISH_PREFIX		"walpost.publish"

/* Flags of a message. */
#define PUBLISH_HAS_KEY		0x01
#define PUBLISH_HAS_PAYLOAD	0x02	/* else a tombstone */

/*
 * Writes the record, if walpost.publish.topic.include.list allows its topic.
 * Anyone may be able to write such a message, so what is none, or stands
 * outside a transaction, is left out without an error.
 */
extern void publish_take(Session *session, bool transactional, XLogRecPtr lsn,
						 const char *content, size_t len);

#endif							/* WALPOST_PUBLISH_H */
