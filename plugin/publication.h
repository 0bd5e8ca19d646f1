/*
 * publication.h
 *	  What the publications say of a relation: operations, columns, rows.
 *
 * Follows pgoutput (src/backend/replication/pgoutput/pgoutput.c:
 * get_rel_sync_entry, pgoutput_row_filter, pgoutput_column_list_init), with
 * all look-ups in the historic snapshot and none in the row path.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_PUBLICATION_H
#define WALPOST_PUBLICATION_H

#include "access/attmap.h"
#include "access/htup.h"
#include "nodes/bitmapset.h"
#include "nodes/pg_list.h"
#include "utils/relcache.h"

typedef enum ChangeKind
{
	CHANGE_INSERT, CHANGE_UPDATE, CHANGE_DELETE, CHANGE_TRUNCATE
} ChangeKind;
#define CHANGE_KINDS 4

typedef struct RowFilter RowFilter;

/* One relation seen through the publications; lives in the plan's context. */
typedef struct Published
{
	bool		kinds[CHANGE_KINDS];	/* which changes are published; never
										 * the truncation of a partition that
										 * is published as its ancestor */
	Oid			publish_as;		/* the relation itself, or the ancestor when
								 * publish_via_partition_root says so */
	Bitmapset  *columns;		/* attribute numbers of the column list, of
								 * publish_as; NULL: all that are not
								 * generated */
	RowFilter  *filter;			/* NULL: all rows */
} Published;

/*
 * Resolves rel through the named publications (a list of C strings) in
 * CurrentMemoryContext.  An empty list publishes every change of rel as
 * itself, if it is a table that can be published and holds rows.  ereports
 * ERRCODE_UNDEFINED_OBJECT, naming publication, LSN and remedy, for a
 * publication that the historic catalog lacks at lsn, or with lsn invalid the
 * present one.
 */
extern void publication_resolve(Relation rel, List *names, uint64 lsn,
								Published *result);

/* What a row filter makes of a change. */
typedef enum FilterVerdict
{
	FILTER_DROP, FILTER_KEEP, FILTER_TO_INSERT, FILTER_TO_DELETE
} FilterVerdict;

/*
 * Applies the filter to a change of rel.  old may be NULL; either is the
 * tuple as decoded, of rel's own row type.  An update of which only the old
 * (new) row passes becomes a delete (insert), as in pgoutput; *new is then
 * replaced, if needed, by a copy whose unchanged TOAST columns are filled from old.
 * Allocates in the current context, which is reset after the change.
 */
extern FilterVerdict row_filter_apply(RowFilter *filter, Relation rel,
									  ChangeKind kind, HeapTuple old,
									  HeapTuple *new);

/* Frees what a filter holds besides memory (slots' tuple descriptor pins). */
extern void row_filter_free(RowFilter *filter);

/*
 * Registers callback (once per backend) for the invalidations that may change
 * the answer of publication_resolve(); arg is passed on.
 */
extern void publication_on_change(void (*callback) (void));

#endif							/* WALPOST_PUBLICATION_H */
