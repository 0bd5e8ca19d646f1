/*
 * record.h
 *	  Writes one record, as a frame or as a line of JSON.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_RECORD_H
#define WALPOST_RECORD_H

#include "session.h"

/*
 * Writes a record, filled from row, to its stream.  ereports where a transform
 * cannot take it.  The batch must be open
 * (txn_prepare_record, txn_prepare_unit); it may be closed afterwards.
 */
extern void record_write(Session *session, const Record *record, const Row *row);

/*
 * The session's stream for a topic and a header block, which are copied.  It
 * stays as long as the session and keeps its number.
 */
extern Stream *record_stream(Session *session, const char *topic,
							 const char *headers, size_t headers_len);

#endif							/* WALPOST_RECORD_H */
