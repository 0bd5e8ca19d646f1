/*
 * snapshot.h
 *	  The initial snapshot: every row that exists, then a slot that begins there.
 *
 * The rows are those that a temporary slot's exported snapshot shows; the slot
 * becomes the permanent one when Kafka has them all, and a position record says
 * so.  Interrupted before, it leaves nothing behind on the server, and the next
 * start begins again.
 *
 * With exactly-once all rows and that record are one Kafka transaction, which an
 * interrupted snapshot does not commit.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_SNAPSHOT_H
#define WALPOST_SNAPSHOT_H

#include <stdbool.h>
#include <stdint.h>

#include "conf.h"
#include "err.h"
#include "pg.h"

/* What snapshot.mode asks for. */
typedef struct SnapshotMode
{
	bool		data;			/* rows, where Kafka has no position record, */
	bool		always;			/* at every start, */
	bool		again;			/* and where what follows the record is lost */
	bool		stream;			/* changes */
} SnapshotMode;

extern SnapshotMode snapshot_mode(const Conf *conf);

/* False and err when it asks for nothing at all. */
extern bool snapshot_mode_check(const Conf *conf, Err *err) must_check;

/*
 * Does Kafka have a part of a snapshot only, with which a start would go on?
 * Waits for Kafka, for a while: false and err.
 */
extern bool snapshot_unfinished(const Conf *conf, bool *unfinished, Err *err) must_check;

/* What a stream found that could not begin: a snapshot may be due. */
typedef struct SnapshotNeed
{
	bool		suspected;
	bool		gap;			/* the slot is past the position record; else
								 * there was none */
	uint64_t	lsn;			/* of that record */
} SnapshotNeed;

/*
 * Takes a snapshot if slot, record and mode ask for one (*taken): where there is
 * no slot it makes it, unless the mode has no stream, and one that exists is
 * moved on to its point.  The publication is there.  Waits for Kafka, until
 * *stop.  False and err when that failed, ERR_RETRY when the same from the
 * beginning may go well, ERR_NONE when stopped.
 */
extern bool snapshot_take(const Conf *conf, bool slot_exists, const SnapshotNeed *need,
						  const volatile bool *stop, bool *taken, Err *err) must_check;

/* Some tables, for a connector that streams. */
typedef struct SnapshotPart
{
	const char *const *tables;	/* schema.table; each of them is captured */
	int			ntables;

	/*
	 * The snapshot is one at lsn: called before the first row.  False and err
	 * when there is to be none.
	 */
	bool		(*ready) (void *arg, uint64_t lsn, Err *err);

	/* Kafka has so many rows of a relation, which may be a partition: at the end. */
	void		(*counted) (void *arg, uint32_t oid, uint64_t rows);
	void	   *arg;
} SnapshotPart;

/*
 * The rows of these tables, and no slot; conf has no Kafka transactions.  *rows is how many Kafka has got.  False
 * and err as snapshot_take().
 */
extern bool snapshot_run_part(const Conf *conf, const SnapshotPart *part, const volatile bool *stop,
							  uint64_t *rows, Err *err) must_check;

#endif							/* WALPOST_SNAPSHOT_H */
