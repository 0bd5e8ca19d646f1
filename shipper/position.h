/*
 * position.h
 *	  The position record: how far Kafka is, as a record in the offset topic.
 *
 * Key and value are laid out as Kafka Connect keeps a connector's offset, with
 * the fields that Debezium stores and, beside them, those that say of which
 * server, timeline and slot the position is.  To Debezium it is the end of a
 * commit up to which all is done: it goes on behind it (where it says another
 * LSN of a last change, Debezium looks for that and leaves out what it is).
 *
 * A record of Debezium's is read as well; what it does not say stays 0.  It may
 * be in the middle of a transaction: the change sent last, which is told by the
 * transaction's id, the change's LSN, and how many of those at it were sent.
 *
 * Pure: bytes in, bytes out.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_POSITION_H
#define WALPOST_POSITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

/* Room for the tables that are being added at once: hundreds. */
#define POSITION_ADDING_MAX	32768

typedef struct Position
{
	uint64_t	lsn;			/* Kafka has all that committed before */
	bool		message;		/* and the message that lies there */
	uint64_t	limit;			/* the writer moves the slot no further before
								 * it has written another record; at least lsn */
	uint64_t	last_commit;	/* end LSN of the last transaction with
								 * events; 0: none */

	/* Of a transaction of which Kafka has only a part; open_commit 0: none. */
	uint64_t	open_commit;	/* its commit LSN */
	uint64_t	open_ordinal;	/* the last decoded change of which Kafka has */
	uint32_t	open_record;	/* so many events */

	/* Of a transaction of which Debezium has sent a part; part_xid 0: none. */
	uint32_t	part_xid;
	uint64_t	part_lsn;		/* its changes before it, */
	uint64_t	part_events;	/* and so many at it */

	/* Only read. */
	bool		unfinished;		/* of a snapshot that Debezium did not complete:
								 * no position at all */
	bool		interrupted;	/* Debezium was amidst an incremental snapshot */

	/* Tables that are being added, as addition_print() lists them; "": none. */
	char		adding[POSITION_ADDING_MAX];
	uint64_t	adding_from;	/* their changes from this commit LSN on are
								 * not in Kafka, whatever lsn says; 0: all are */

	/*
	 * Of the initial snapshot while it is not complete: its identifier; "":
	 * it is.
	 */
	char		snapshot[40];

	char		system_id[32];	/* "": not known */
	uint32_t	timeline;		/* 0: not known */
	char		slot[64];		/* "": not known */
	char		spool[320];		/* "host:path" that may hold what is past the
								 * limit; "": no spool may */
	int64_t		written_us;		/* since 1970 */
} Position;

/* The producer's tag of position records. */
#define POSITION_RECORD		0

/* The record's key; the caller frees it. */
extern char *position_key(const char *connector, const char *prefix);

/* The key of a record beside it, which holds something else. */
#define INCREMENTAL_KEY		"incremental"
#define RANGES_KEY			"ranges"
extern char *position_side_key(const char *connector, const char *prefix, const char *what);

/* The record's value as text; the caller frees it. */
extern char *position_print(const Position *position);

/* Reads a value.  False and err (ERR_CONFIG) when it is none. */
extern bool position_parse(const char *value, size_t len, Position *position, Err *err) must_check;

/* True when both say the same of what Kafka has. */
extern bool position_equal(const Position *a, const Position *b);

#endif							/* WALPOST_POSITION_H */
