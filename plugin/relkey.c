/*
 * relkey.c
 *	  Which columns make a relation's key, and which an old tuple holds.
 *
 * Indexes are opened without a lock, as RelationGetIdentityKeyBitmap() does:
 * the historic snapshot shows them as they were, and later changes are still
 * to be decoded.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/sysattr.h"
#include "catalog/pg_class.h"
#include "catalog/pg_index.h"
#include "catalog/pg_type.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/typcache.h"

#include "compat.h"
#include "relkey.h"

/* The index's key columns in order; NIL if one of them is an expression. */
static List *
index_columns(Relation relation, Oid index_oid)
{
	Relation	index = RelationIdGetRelation(index_oid);
	List	   *columns = NIL;

	if (!RelationIsValid(index))
		return NIL;
	for (int i = 0; i < index->rd_index->indnkeyatts; i++)
	{
		AttrNumber	attnum = index->rd_index->indkey.values[i];

		if (attnum <= 0)
		{
			columns = NIL;
			break;
		}
		columns = lappend(columns,
						  pstrdup(NameStr(TupleDescAttr(RelationGetDescr(relation), attnum - 1)->attname)));
	}
	RelationClose(index);
	return columns;
}

/* Is the index unique and over plain columns?  Its name goes into *name. */
static bool
is_unique_index(Relation relation, Oid index_oid, char **name)
{
	Relation	index = RelationIdGetRelation(index_oid);
	bool		unique;

	if (!RelationIsValid(index))
		return false;
	unique = index->rd_index->indisunique;
	*name = pstrdup(RelationGetRelationName(index));
	RelationClose(index);
	return unique && index_columns(relation, index_oid) != NIL;
}

static List *
first_unique_index(Relation relation)
{
	List	   *indexes = RelationGetIndexList(relation);
	ListCell   *lc;
	Oid			best = InvalidOid;
	char	   *best_name = NULL;

	foreach(lc, indexes)
	{
		char	   *name;

		if (is_unique_index(relation, lfirst_oid(lc), &name) &&
			(best_name == NULL || strcmp(name, best_name) < 0))
		{
			best = lfirst_oid(lc);
			best_name = name;
		}
	}
	return OidIsValid(best) ? index_columns(relation, best) : NIL;
}

static bool
is_subset(List *columns, List *of)
{
	ListCell   *lc;

	foreach(lc, columns)
	{
		ListCell   *other;
		bool		found = false;

		foreach(other, of)
			found = found || strcmp(lfirst(lc), lfirst(other)) == 0;
		if (!found)
			return false;
	}
	return true;
}

List *
relkey_own_columns(Relation relation, bool quirks, const char **source)
{
	List	   *columns = NIL;
	Oid			primary = compat_primary_key(relation);

	if (OidIsValid(primary))
		columns = index_columns(relation, primary);

	if (relation->rd_rel->relreplident == REPLICA_IDENTITY_INDEX && !quirks)
	{
		List	   *identity = index_columns(relation, RelationGetReplicaIndex(relation));

		if (identity != NIL && (columns == NIL || !is_subset(columns, identity)))
		{
			*source = "replica identity index";
			return identity;
		}
	}
	if (columns != NIL)
	{
		*source = "primary key";
		return columns;
	}

	*source = "unique index";
	return first_unique_index(relation);
}

List *
relkey_columns(Relation relation, const Filter *filter,
			   const char *schema, const char *table, bool quirks, const char **source)
{
	List	   *columns = filter_key_columns(filter, schema, table);

	if (columns == NIL)
		return relkey_own_columns(relation, quirks, source);
	*source = "message.key.columns";
	return columns;
}

Bitmapset *
relkey_identity(Relation relation, bool *full)
{
	Bitmapset  *bitmap;
	Bitmapset  *result = NULL;
	int			i = -1;

	*full = relation->rd_rel->relreplident == REPLICA_IDENTITY_FULL;
	if (*full)
		return NULL;

	/* without an identity no old tuple is ever logged */
	RelationGetIndexList(relation);
	if (!OidIsValid(relation->rd_replidindex))
		return NULL;
	bitmap = compat_identity_bitmap(relation);
	while ((i = bms_next_member(bitmap, i)) >= 0)
		result = bms_add_member(result, i + FirstLowInvalidHeapAttributeNumber);
	return result;
}

/* The attributes (numbers from 0) of an index in its order; returns how many. */
static int
attributes_of(Oid index_oid, int *attributes)
{
	Relation	index = OidIsValid(index_oid) ? RelationIdGetRelation(index_oid) : NULL;
	int			n;

	if (!RelationIsValid(index))
		return 0;
	n = index->rd_index->indnkeyatts;
	for (int i = 0; i < n; i++)
		attributes[i] = index->rd_index->indkey.values[i] - 1;
	RelationClose(index);
	return n;
}

int
relkey_order_columns(Relation relation, int *attributes)
{
	int			n = attributes_of(compat_primary_key(relation), attributes);

	if (n == 0 && relation->rd_rel->relreplident == REPLICA_IDENTITY_INDEX)
		n = attributes_of(RelationGetReplicaIndex(relation), attributes);
	return n;
}

Bitmapset *
relkey_primary(Relation relation)
{
	int			attributes[INDEX_MAX_KEYS];
	int			n = attributes_of(compat_primary_key(relation), attributes);
	Bitmapset  *result = NULL;

	for (int i = 0; i < n; i++)
		result = bms_add_member(result, attributes[i] + 1);
	return result;
}

bool
relkey_is_unique(Relation relation, AttrNumber attribute)
{
	ListCell   *lc;
	bool		found = false;

	foreach(lc, RelationGetIndexList(relation))
	{
		Relation	index = RelationIdGetRelation(lfirst_oid(lc));

		if (!RelationIsValid(index))
			continue;
		found = found || (index->rd_index->indisunique && index->rd_index->indisvalid &&
						  index->rd_index->indimmediate && index->rd_index->indnkeyatts == 1 &&
						  index->rd_index->indkey.values[0] == attribute &&
						  heap_attisnull(index->rd_indextuple, Anum_pg_index_indpred, NULL));
		RelationClose(index);
	}
	return found;
}

/* The same of a row type's columns. */
static Oid
inner_domain_of_row(Oid type)
{
	TupleDesc	desc = lookup_rowtype_tupdesc(type, -1);
	Oid			found = InvalidOid;

	for (int i = 0; i < desc->natts && !OidIsValid(found); i++)
	{
		Oid			column = TupleDescAttr(desc, i)->atttypid;

		if (!TupleDescAttr(desc, i)->attisdropped)
			found = get_typtype(column) == TYPTYPE_DOMAIN ? column : relkey_inner_domain(column);
	}
	ReleaseTupleDesc(desc);
	return found;
}

/* Element or subtype of a base type; invalid: it has none. */
static Oid
inner_type(Oid type)
{
	Oid			element = get_element_type(type);

	if (OidIsValid(element))
		return element;
	if (get_typtype(type) == TYPTYPE_RANGE)
		return get_range_subtype(type);
	return compat_multirange_range(type);
}

Oid
relkey_inner_domain(Oid type)
{
	Oid			base = getBaseType(type);
	Oid			inner;

	if (get_typtype(base) == TYPTYPE_COMPOSITE)
		return inner_domain_of_row(base);
	inner = inner_type(base);
	if (!OidIsValid(inner))
		return InvalidOid;
	return get_typtype(inner) == TYPTYPE_DOMAIN ? inner : relkey_inner_domain(inner);
}
