/*
 * watermark.h
 *	  Logical messages that tell a client of its own where the log is.
 *
 * Anybody may write logical messages, so only those count that begin with what
 * the client gave as walpost.window.key; the rest are left out, as is whatever
 * else has their prefix.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_WATERMARK_H
#define WALPOST_WATERMARK_H

#include "session.h"

/* Takes such a message: opens or closes the window, and passes the nonce on. */
extern void watermark_take(Session *session, bool transactional, XLogRecPtr lsn,
						   const char *content, size_t len);

#endif							/* WALPOST_WATERMARK_H */
