/*
 * rowfilter.c
 *	  Row filters of publications: compiled once per relation plan, applied
 *	  to each change.
 *
 * One expression per operation, since publications that differ in their
 * operations may differ in their filters.  What the server checks when a
 * publication is made (built-in immutable functions, columns of the replica
 * identity) is not checked again.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/tupconvert.h"
#include "catalog/pg_publication.h"
#include "catalog/pg_publication_rel.h"
#include "executor/executor.h"
#include "nodes/makefuncs.h"
#include "rewrite/rewriteHandler.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "compat.h"
#include "rowfilter.h"

/* Rows are filtered for CHANGE_INSERT, CHANGE_UPDATE and CHANGE_DELETE. */
#define FILTERED_KINDS 3

/* A decoded tuple on its way to the expression. */
typedef struct FilterRow
{
	TupleTableSlot *decoded;	/* of rel's type */
	TupleTableSlot *mapped;		/* of publish_as's type; NULL if the same */
} FilterRow;

struct RowFilter
{
	ExprState  *exprs[FILTERED_KINDS];	/* NULL: every row passes */
	EState	   *estate;
	AttrMap    *map;			/* from rel to publish_as; NULL if the same */
	TupleDesc	desc;			/* of rel, our own copy */
	FilterRow	old;
	FilterRow	new;
};

/* The expressions that were found for one operation. */
typedef struct Quals
{
	bool		all_rows;		/* a publication without filter */
	List	   *nodes;			/* else: any of these */
} Quals;

/*
 * The filter expression of pub for relation, over the columns of relation;
 * NULL if pub publishes every row.
 */
static Node *
publication_qual(const Publication *pub, Relation relation)
{
	Node	   *node = NULL;

#if HAVE_PUBLICATION_FILTERS
	HeapTuple	tuple;
	Datum		qual;
	bool		no_qual;

	/* publishing everything, or a whole schema, overrides filters */
	if (pub->alltables ||
		compat_publication_has_schema(pub->oid, RelationGetNamespace(relation)))
		return NULL;

	tuple = SearchSysCache2(PUBLICATIONRELMAP,
							ObjectIdGetDatum(RelationGetRelid(relation)),
							ObjectIdGetDatum(pub->oid));
	if (!HeapTupleIsValid(tuple))
		return NULL;
	qual = SysCacheGetAttr(PUBLICATIONRELMAP, tuple,
						   Anum_pg_publication_rel_prqual, &no_qual);
	if (!no_qual)
		node = compat_expand_virtual_columns(stringToNode(TextDatumGetCString(qual)), relation);
	ReleaseSysCache(tuple);
#endif
	return node;
}

static void
collect_quals(List *publications, Relation relation, Quals *quals)
{
	ListCell   *lc;

	foreach(lc, publications)
	{
		Publication *pub = lfirst(lc);
		Node	   *node = publication_qual(pub, relation);
		bool		publishes[FILTERED_KINDS] = {
			[CHANGE_INSERT] = pub->pubactions.pubinsert,
			[CHANGE_UPDATE] = pub->pubactions.pubupdate,
			[CHANGE_DELETE] = pub->pubactions.pubdelete,
		};

		for (int kind = 0; kind < FILTERED_KINDS; kind++)
		{
			if (!publishes[kind])
				continue;
			if (node == NULL)
				quals[kind].all_rows = true;
			else
				quals[kind].nodes = lappend(quals[kind].nodes, node);
		}
	}
}

static void
init_row(FilterRow *row, const RowFilter *filter, TupleDesc mapped)
{
	row->decoded = MakeSingleTupleTableSlot(filter->desc, &TTSOpsHeapTuple);
	if (filter->map)
		row->mapped = MakeSingleTupleTableSlot(mapped, &TTSOpsVirtual);
}

RowFilter *
row_filter_compile(Relation rel, Relation publish_as, List *publications)
{
	Quals		quals[FILTERED_KINDS] = {0};
	RowFilter  *filter = NULL;

	collect_quals(publications, publish_as, quals);

	for (int kind = 0; kind < FILTERED_KINDS; kind++)
	{
		if (quals[kind].all_rows || quals[kind].nodes == NIL)
			continue;
		if (filter == NULL)
		{
			filter = palloc0(sizeof(RowFilter));
			filter->estate = CreateExecutorState();
		}
		filter->exprs[kind] = ExecPrepareExpr(make_orclause(quals[kind].nodes),
											  filter->estate);
	}
	if (filter == NULL)
		return NULL;

	/*
	 * Copies, since the relation's own descriptors go away when it changes;
	 * with their constraints, since these hold the values of columns that
	 * were added after a row was written.
	 */
	filter->desc = CreateTupleDescCopyConstr(RelationGetDescr(rel));
	if (rel != publish_as)
		filter->map = compat_attrmap_by_name(RelationGetDescr(rel),
											 RelationGetDescr(publish_as));
	init_row(&filter->old, filter,
			 CreateTupleDescCopyConstr(RelationGetDescr(publish_as)));
	init_row(&filter->new, filter,
			 CreateTupleDescCopyConstr(RelationGetDescr(publish_as)));
	return filter;
}

void
row_filter_free(RowFilter *filter)
{
	if (filter == NULL)
		return;
	ExecDropSingleTupleTableSlot(filter->old.decoded);
	ExecDropSingleTupleTableSlot(filter->new.decoded);
	if (filter->map)
	{
		ExecDropSingleTupleTableSlot(filter->old.mapped);
		ExecDropSingleTupleTableSlot(filter->new.mapped);
	}
	FreeExecutorState(filter->estate);
	filter->estate = NULL;
}

/* Does the tuple pass?  A filter that gives NULL says no, as WHERE does. */
static bool
row_passes(const RowFilter *filter, const FilterRow *row, ExprState *expr,
		   HeapTuple tuple)
{
	ExprContext *econtext = GetPerTupleExprContext(filter->estate);
	Datum		result;
	bool		isnull;

	ResetExprContext(econtext);
	econtext->ecxt_scantuple = ExecStoreHeapTuple(tuple, row->decoded, false);
	if (filter->map)
		econtext->ecxt_scantuple = execute_attr_map_slot(filter->map, row->decoded,
														 row->mapped);
	result = ExecEvalExprSwitchContext(expr, econtext, &isnull);
	return !isnull && DatumGetBool(result);
}

/*
 * new with those columns taken from old that are TOASTed, did not change and
 * are thus in the WAL as part of old only (if at all); new itself if there
 * are none.
 */
static HeapTuple
fill_from_old(TupleDesc desc, HeapTuple old, HeapTuple new)
{
	Datum	   *old_values;
	Datum	   *values;
	bool	   *old_isnull;
	bool	   *isnull;
	bool		filled = false;
	HeapTuple	result;

	if (!HeapTupleHasExternal(new))
		return new;

	old_values = palloc(desc->natts * sizeof(Datum));
	values = palloc(desc->natts * sizeof(Datum));
	old_isnull = palloc(desc->natts * sizeof(bool));
	isnull = palloc(desc->natts * sizeof(bool));
	heap_deform_tuple(old, desc, old_values, old_isnull);
	heap_deform_tuple(new, desc, values, isnull);

	for (int i = 0; i < desc->natts; i++)
	{
		/* values that are in the WAL were made VARTAG_INDIRECT by the server */
		if (isnull[i] || old_isnull[i] ||
			TupleDescAttr(desc, i)->attlen != -1 ||
			!VARATT_IS_EXTERNAL_ONDISK(DatumGetPointer(values[i])) ||
			VARATT_IS_EXTERNAL_ONDISK(DatumGetPointer(old_values[i])))
			continue;
		values[i] = old_values[i];
		filled = true;
	}
	if (!filled)
		return new;

	result = heap_form_tuple(desc, values, isnull);
	result->t_self = new->t_self;
	result->t_tableOid = new->t_tableOid;
	return result;
}

FilterVerdict
row_filter_apply(RowFilter *filter, Relation rel, ChangeKind kind,
				 HeapTuple old, HeapTuple *new)
{
	ExprState  *expr;
	HeapTuple	filled;
	bool		old_passes;
	bool		new_passes;

	if (filter == NULL || kind >= FILTERED_KINDS || filter->exprs[kind] == NULL)
		return FILTER_KEEP;
	expr = filter->exprs[kind];

	if (kind == CHANGE_DELETE)
		return old && row_passes(filter, &filter->old, expr, old) ? FILTER_KEEP : FILTER_DROP;

	/*
	 * An insert, or an update that left the identity as it was, which holds
	 * all columns of the filter.
	 */
	if (old == NULL)
		return row_passes(filter, &filter->new, expr, *new) ? FILTER_KEEP : FILTER_DROP;

	filled = fill_from_old(filter->desc, old, *new);
	old_passes = row_passes(filter, &filter->old, expr, old);
	new_passes = row_passes(filter, &filter->new, expr, filled);
	if (old_passes && new_passes)
		return FILTER_KEEP;
	if (old_passes)
		return FILTER_TO_DELETE;
	if (!new_passes)
		return FILTER_DROP;
	*new = filled;
	return FILTER_TO_INSERT;
}
