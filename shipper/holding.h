/*
 * holding.h
 *	  Tables that are being added to the stream: what becomes of their changes.
 *
 * While the rows of a table are on their way to Kafka, those that a snapshot at
 * some point of the WAL shows, the stream goes on.  A change of such a table
 * that committed before the point is in the snapshot already, and one after it
 * must not be in Kafka before the rows.
 *
 *		commit < drop_lsn		dropped: the rows of the snapshot say it
 *		commit < point			goes its way: of a table that Kafka has some of
 *		else					held in memory until the rows are in Kafka
 *
 * A point of 0 is not known yet: what is not dropped is held.  LSNs are those of
 * BEGIN frames, where a commit record starts; a snapshot at L shows those < L.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_HOLDING_H
#define WALPOST_HOLDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Everything is dropped for now. */
#define HOLDING_DROP_ALL	UINT64_MAX

/* A table, or one of its partitions. */
typedef struct HeldRelation
{
	uint32_t	oid;
	uint64_t	drop_lsn;
} HeldRelation;

typedef struct Holding
{
	HeldRelation *relations;	/* ordered by OID; NULL: no table is being added */
	int			n;
	bool		open;			/* their changes go their way, but for drops */
	uint64_t	point;
	uint64_t	events;			/* held at present */
	uint64_t	first_commit;	/* of the transaction of the oldest of these */
	uint64_t	dropped;		/* events, so far */
} Holding;

typedef enum HoldingVerdict
{
	HOLDING_PASS, HOLDING_DROP, HOLDING_HOLD
} HoldingVerdict;

/* Takes relations (malloced, in any order).  See intake_judge_again(). */
extern void holding_set(Holding *holding, HeldRelation *relations, int n);

/* No table is being added any more, and so nothing is held. */
extern void holding_clear(Holding *holding);

/* The relation's, or NULL. */
extern const HeldRelation *holding_find(const Holding *holding, uint32_t oid);

extern HoldingVerdict holding_judge_relation(const Holding *holding, const HeldRelation *relation,
											 uint64_t commit_lsn);

/* What becomes of an event of that relation (0: of none). */
static inline HoldingVerdict
holding_judge(const Holding *holding, uint32_t oid, uint64_t commit_lsn)
{
	const HeldRelation *relation = holding->n > 0 ? holding_find(holding, oid) : NULL;

	return relation == NULL ? HOLDING_PASS : holding_judge_relation(holding, relation, commit_lsn);
}

#endif							/* WALPOST_HOLDING_H */
