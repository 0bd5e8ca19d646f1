/*
 * snapshotprogress.h
 *	  How far a reader is, for walpost.snapshot_progress.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_SNAPSHOTPROGRESS_H
#define WALPOST_SNAPSHOTPROGRESS_H

#include "postgres_ext.h"
#include "storage/block.h"

/* What is known when a reader begins: its table, and blocks from first up to before end. */
extern void snapshot_progress_begin(Oid relid, BlockNumber first, BlockNumber end);

/* The reader is at that block and has read so many rows. */
extern void snapshot_progress_at(BlockNumber first, BlockNumber block, uint64 rows);

#endif							/* WALPOST_SNAPSHOTPROGRESS_H */
