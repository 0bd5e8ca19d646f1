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
 * Writes a record of the stream, filled from row.  The batch must be open
 * (txn_prepare_record, txn_prepare_unit); it may be closed afterwards.
 */
extern void record_write(Session *session, Stream *stream,
						 const Record *record, const Row *row);

#endif							/* WALPOST_RECORD_H */
