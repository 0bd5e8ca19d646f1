/*
 * snapshotcheck.c
 *	  May this table be read for a snapshot, by this role?
 *
 * The reader asks the table access method for rows, with no executor in
 * between that would check anything.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "catalog/partition.h"
#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/rls.h"

#include "compat.h"
#include "snapshotcheck.h"

/* Relations without rows that a stream could have. */
static const struct
{
	char		kind;
	const char *detail;
	const char *hint;
}			refused_kinds[] = {

	{RELKIND_PARTITIONED_TABLE, "It is a partitioned table, whose rows are in its partitions.",
	"Read its partitions: SELECT relid FROM pg_partition_tree('...') WHERE isleaf."},
	{RELKIND_VIEW, "It is a view.", "Read the tables that it shows."},
	{RELKIND_MATVIEW, "It is a materialized view, whose changes are in no stream.",
	"Read the tables that it is made from."},
	{RELKIND_FOREIGN_TABLE, "It is a foreign table, whose changes are in no stream of this server.",
	"Take the snapshot on the server that has its rows."},
};

static void
check_kind(Relation relation)
{
	const char *detail = "It is no table.";
	const char *hint = "Name a table.";

	if (relation->rd_rel->relkind == RELKIND_RELATION)
		return;
	for (int i = 0; i < lengthof(refused_kinds); i++)
		if (refused_kinds[i].kind == relation->rd_rel->relkind)
		{
			detail = refused_kinds[i].detail;
			hint = refused_kinds[i].hint;
		}
	ereport(ERROR,
			(errcode(ERRCODE_WRONG_OBJECT_TYPE),
			 errmsg("could not take a snapshot of relation \"%s\"", RelationGetRelationName(relation)),
			 errdetail_internal("%s", detail),
			 errhint("%s", hint)));
}

static void
check_persistence(Relation relation)
{
	bool		temporary = relation->rd_rel->relpersistence == RELPERSISTENCE_TEMP;

	if (relation->rd_rel->relpersistence == RELPERSISTENCE_PERMANENT)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_WRONG_OBJECT_TYPE),
			 errmsg("could not take a snapshot of relation \"%s\"", RelationGetRelationName(relation)),
			 errdetail("It is %s, whose changes are in no stream.",
					   temporary ? "a temporary table" : "an unlogged table"),
			 temporary ? errhint("Leave it out.") :
			 errhint("ALTER TABLE ... SET LOGGED makes a table of it that has them, or leave it out.")));
}

/* SELECT on the table, or on each of its columns? */
static bool
may_select(Oid relid)
{
	return pg_class_aclcheck(relid, GetUserId(), ACL_SELECT) == ACLCHECK_OK ||
		pg_attribute_aclcheck_all(relid, GetUserId(), ACL_SELECT, ACLMASK_ALL) == ACLCHECK_OK;
}

static bool
has_hidden_rows(Oid relid)
{
	return check_enable_rls(relid, InvalidOid, true) == RLS_ENABLED;
}

/* What a query on an ancestor may show needs no privilege on the partition. */
static bool
may_read_through_ancestor(Oid relid)
{
	ListCell   *lc;

	if (!get_rel_relispartition(relid))
		return false;
	foreach(lc, get_partition_ancestors(relid))
		if (may_select(lfirst_oid(lc)) && !has_hidden_rows(lfirst_oid(lc)))
		return true;
	return false;
}

static void
check_role(Relation relation)
{
	Oid			relid = RelationGetRelid(relation);
	const char *role = GetUserNameFromId(GetUserId(), false);
	const char *name = quote_qualified_identifier(get_namespace_name(RelationGetNamespace(relation)),
												  RelationGetRelationName(relation));

	if ((may_select(relid) && !has_hidden_rows(relid)) || may_read_through_ancestor(relid))
		return;
	if (!may_select(relid))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("could not take a snapshot of relation \"%s\"", RelationGetRelationName(relation)),
				 errdetail("Role \"%s\" may not read all of it.", role),
				 errhint("GRANT SELECT ON %s TO %s, or leave the table out.", name, quote_identifier(role))));
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("could not take a snapshot of relation \"%s\"", RelationGetRelationName(relation)),
			 errdetail("Row level security hides rows of it from role \"%s\", and the stream would show them.", role),
			 errhint("ALTER ROLE %s BYPASSRLS, or leave the table out.", quote_identifier(role))));
}

void
snapshot_check_table(Relation relation)
{
	check_kind(relation);
	check_persistence(relation);
	check_role(relation);
}

void
snapshot_check_plan(Relation relation, const RelPlan *plan)
{
	if (plan->stream.topic != NULL)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("could not take a snapshot of relation \"%s\"", RelationGetRelationName(relation)),
			 errdetail("It is not captured: publications or the include and exclude lists leave it out."),
			 errhint("Look at options publication.name, schema.include.list, table.include.list and their counterparts.")));
}
