/*
 * publication.c
 *	  What the publications say of a relation: operations, columns, rows.
 *
 * The rules are those of PostgreSQL's own pgoutput, so that a publication
 * means here what it means to a subscriber.  Membership is asked of the
 * syscache by key instead of reading all publications of a relation.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "catalog/partition.h"
#include "catalog/pg_publication.h"
#include "catalog/pg_publication_rel.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "compat.h"
#include "rowfilter.h"

static Publication *
publication_load(const char *name, uint64 lsn)
{
	Publication *pub = GetPublicationByName(name, true);

	if (pub == NULL && XLogRecPtrIsInvalid(lsn))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("publication \"%s\" does not exist", name),
				 errhint("Create it, or look at option publication.name.")));
	if (pub == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("publication \"%s\" does not exist at the decoded position", name),
				 errdetail("The catalog as of LSN %X/%X lacks it.",
						   (uint32) (lsn >> 32), (uint32) lsn),
				 errhint("A slot sees the catalog as it was when a change was written. Create the publication before the slot; if it exists by now, drop the slot and create it again.")));
	return pub;
}

/* Is the relation listed in the publication, itself or through its schema? */
static bool
publication_lists(const Publication *pub, Oid relid)
{
	if (SearchSysCacheExists2(PUBLICATIONRELMAP,
							  ObjectIdGetDatum(relid),
							  ObjectIdGetDatum(pub->oid)))
		return true;
	return compat_publication_has_schema(pub->oid, get_rel_namespace(relid));
}

/*
 * Is rel published, and as which relation?  *level is 0 for itself, 1 for its
 * parent and so on; ancestors are those of rel, nearest first.
 */
static bool
publication_publishes(const Publication *pub, Oid relid, List *ancestors,
					  Oid *publish_as, int *level)
{
	Oid			top = InvalidOid;
	int			top_level = 0;

	if (pub->alltables)
	{
		if (ancestors != NIL)
			top = llast_oid(ancestors);
		top_level = list_length(ancestors);
	}
	else
	{
		ListCell   *lc;
		int			i = 0;

		foreach(lc, ancestors)
		{
			i++;
			if (publication_lists(pub, lfirst_oid(lc)))
			{
				top = lfirst_oid(lc);
				top_level = i;
			}
		}
	}

	*publish_as = relid;
	*level = 0;
	if (OidIsValid(top) && pub->pubviaroot)
	{
		*publish_as = top;
		*level = top_level;
	}
	return pub->alltables || OidIsValid(top) || publication_lists(pub, relid);
}

/*
 * Finds the publications that decide, and fills in the operations and
 * publish_as.  Operations add up over all of them; rows and columns are those
 * of the publications that publish the top-most ancestor, as in pgoutput.
 */
static List *
publication_members(Relation rel, List *names, uint64 lsn, Published *result)
{
	Oid			relid = RelationGetRelid(rel);
	bool		has_rows = rel->rd_rel->relkind != RELKIND_PARTITIONED_TABLE;
	List	   *ancestors = NIL;
	List	   *members = NIL;
	int			highest = 0;
	ListCell   *lc;

	if (rel->rd_rel->relispartition)
		ancestors = get_partition_ancestors(relid);

	foreach(lc, names)
	{
		Publication *pub = publication_load(lfirst(lc), lsn);
		Oid			publish_as;
		int			level;

		if (!publication_publishes(pub, relid, ancestors, &publish_as, &level))
			continue;
		if (!has_rows && !pub->pubviaroot)
			continue;

		result->kinds[CHANGE_INSERT] |= pub->pubactions.pubinsert;
		result->kinds[CHANGE_UPDATE] |= pub->pubactions.pubupdate;
		result->kinds[CHANGE_DELETE] |= pub->pubactions.pubdelete;
		result->kinds[CHANGE_TRUNCATE] |= pub->pubactions.pubtruncate;

		if (level < highest)
			continue;
		if (level > highest)
			members = NIL;
		highest = level;
		result->publish_as = publish_as;
		members = lappend(members, pub);
	}
	return members;
}

/*
 * The columns that one publication publishes of relation, or NULL for all
 * that are not generated.
 */
static Bitmapset *
publication_columns(const Publication *pub, Relation relation)
{
	TupleDesc	desc = RelationGetDescr(relation);
	Bitmapset  *usual = NULL;
	Bitmapset  *columns = NULL;

	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);

		if (att->attisdropped)
			continue;
		if (!att->attgenerated)
			usual = bms_add_member(usual, att->attnum);
		if (!att->attgenerated || compat_publishes_generated(pub, att))
			columns = bms_add_member(columns, att->attnum);
	}

#if HAVE_PUBLICATION_FILTERS
	if (!pub->alltables)
	{
		HeapTuple	tuple;
		Datum		list;
		bool		no_list;

		tuple = SearchSysCache2(PUBLICATIONRELMAP,
								ObjectIdGetDatum(RelationGetRelid(relation)),
								ObjectIdGetDatum(pub->oid));
		if (HeapTupleIsValid(tuple))
		{
			list = SysCacheGetAttr(PUBLICATIONRELMAP, tuple,
								   Anum_pg_publication_rel_prattrs, &no_list);
			if (!no_list)
				columns = pub_collist_to_bitmapset(NULL, list, CurrentMemoryContext);
			ReleaseSysCache(tuple);
		}
	}
#endif

	return bms_equal(columns, usual) ? NULL : columns;
}

/* The columns on which all publications agree, or NULL for all. */
static Bitmapset *
combine_columns(List *publications, Relation relation)
{
	Publication *first = linitial(publications);
	Bitmapset  *columns = publication_columns(first, relation);
	ListCell   *lc;

	foreach(lc, publications)
	{
		Publication *pub = lfirst(lc);

		if (!bms_equal(columns, publication_columns(pub, relation)))
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("publications \"%s\" and \"%s\" have different column lists for table \"%s.%s\"",
							first->name, pub->name,
							get_namespace_name(RelationGetNamespace(relation)),
							RelationGetRelationName(relation)),
					 errhint("Give the table the same column list in both, or name one of them only.")));
	}
	return columns;
}

void
publication_resolve(Relation rel, List *names, uint64 lsn, Published *result)
{
	Relation	target = rel;
	List	   *members;

	memset(result, 0, sizeof(*result));
	result->publish_as = RelationGetRelid(rel);
	if (!is_publishable_relation(rel))
		return;

	if (names == NIL)
	{
		/* a partitioned table is nothing but its partitions */
		bool		has_rows = rel->rd_rel->relkind != RELKIND_PARTITIONED_TABLE;

		for (int kind = 0; kind < CHANGE_KINDS; kind++)
			result->kinds[kind] = has_rows;
		return;
	}

	members = publication_members(rel, names, lsn, result);
	if (members == NIL)
		return;

	if (result->publish_as != RelationGetRelid(rel))
	{
		/* truncating a partition does not truncate what it is published as */
		result->kinds[CHANGE_TRUNCATE] = false;
		target = RelationIdGetRelation(result->publish_as);
		if (!RelationIsValid(target))
			elog(ERROR, "could not open relation with OID %u", result->publish_as);
	}

	result->columns = combine_columns(members, target);
	result->filter = row_filter_compile(rel, target, members);

	if (target != rel)
		RelationClose(target);
}

static void (*on_change) (void);

static void
publication_changed(Datum arg, int cacheid, uint32 hashvalue)
{
	on_change();
}

void
publication_on_change(void (*callback) (void))
{
	bool		registered = on_change != NULL;

	on_change = callback;
	if (registered)
		return;
	CacheRegisterSyscacheCallback(PUBLICATIONOID, publication_changed, (Datum) 0);
	CacheRegisterSyscacheCallback(PUBLICATIONRELMAP, publication_changed, (Datum) 0);
#if HAVE_PUBLICATION_FILTERS
	CacheRegisterSyscacheCallback(PUBLICATIONNAMESPACEMAP, publication_changed, (Datum) 0);
#endif
}
