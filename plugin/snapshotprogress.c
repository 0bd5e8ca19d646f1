/*
 * snapshotprogress.c
 *	  How far a reader is, for walpost.snapshot_progress.
 *
 * An extension has no progress command of its own, but the one that calls the
 * reader has: COPY uses the first few of the twenty numbers that the server
 * keeps for a backend's command, and clears all of them when it begins.  The
 * reader's are behind those, led by a number that no COPY writes there.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "commands/progress.h"
#include "pgstat.h"

#include "compat.h"
#include "snapshotprogress.h"

/* "WPST", which the view asks for. */
#define PROGRESS_MARK	0x57505354

/* Numbers of the backend's command; walpost.snapshot_progress counts from 1. */
enum
{
	PARAM_MARK = 10, PARAM_RELID, PARAM_FIRST_BLOCK, PARAM_BLOCKS_TOTAL,
	PARAM_BLOCKS_DONE, PARAM_ROWS, PARAM_END
};

StaticAssertDecl(PARAM_END <= PGSTAT_NUM_PROGRESS_PARAM, "the server keeps too few numbers");

void
snapshot_progress_begin(Oid relid, BlockNumber first, BlockNumber end)
{
	static const int params[] = {
		PARAM_MARK, PARAM_RELID, PARAM_FIRST_BLOCK, PARAM_BLOCKS_TOTAL, PARAM_BLOCKS_DONE, PARAM_ROWS
	};
	const int64 values[] = {PROGRESS_MARK, relid, first, end > first ? end - first : 0, 0, 0};

	/* a SELECT has no place for them */
	if (compat_in_copy())
		pgstat_progress_update_multi_param(lengthof(params), params, values);
}

void
snapshot_progress_at(BlockNumber first, BlockNumber block, uint64 rows)
{
	static const int params[] = {PARAM_BLOCKS_DONE, PARAM_ROWS};
	const int64 values[] = {block - first, rows};

	if (compat_in_copy())
		pgstat_progress_update_multi_param(lengthof(params), params, values);
}
