/*
 * relplan.c
 *	  Compiles a relation: columns, encoders, key, templates.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/pg_publication.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "coldefault.h"
#include "compat.h"
#include "converter.h"
#include "identity.h"
#include "naming.h"
#include "quirks.h"
#include "relbuild.h"
#include "relkey.h"

/* A column's type, texts and schema. */
static void
build_types(Build *build, BuildColumn *column, Form_pg_attribute attr)
{
	const Options *options = build->session->options;
	ConnectSchema *schema = palloc(sizeof(ConnectSchema));
	const char *def = NULL;
	const char *null_text;

	/* of a key column that is left out of rows, Debezium knows the type alone */
	if (column->type.takes_default && column->in_row)
		def = coldefault_json(RelationGetDescr(build->shown), attr->attnum, &column->type,
							  options->types.quirks);

	column->optional = !attr->attnotnull || !column->in_row;
	*schema = *column->type.schema;
	schema->optional = column->optional || column->type.always_optional;
	schema->default_json = def;
	column->schema = schema;

	null_text = def && converter_replaces_null(options, HALF_VALUE) ? def : "null";
	column->absent = column->optional ? null_text : (def ? def : column->type.fallback);
	column->key_absent = column->optional ?
		(def && converter_replaces_null(options, HALF_KEY) ? def : "null") : column->absent;

	column->shape.json = column->type.json;
	column->shape.header = column->type.header;
	column->shape.null_text = null_text;
	column->shape.null_len = strlen(null_text);
	column->shape.unavailable = column->type.unavailable;
	column->shape.unavailable_len = strlen(column->type.unavailable);

	column->key_shape = column->shape;
	column->key_shape.null_text = def && converter_replaces_null(options, HALF_KEY) ? def : "null";
	column->key_shape.null_len = strlen(column->key_shape.null_text);
}

/* Masks and the like, which touch the value and never the key. */
static void
build_rules(Build *build, BuildColumn *column, Form_pg_attribute attr)
{
	RuleTarget	target = {
		.schema = build->schema,
		.table = build->table,
		.column = column->name,
		.type = attr->atttypid,
		.typmod = attr->atttypmod,
		.shape = &column->shape,
		.absent = &column->absent,
	};

	column->field_schema = column->schema;
	if (build->session->column_rules == NULL || !column->in_row)
		return;
	target.serial = coldefault_is_nextval(RelationGetDescr(build->shown), attr->attnum);
	target.field = palloc(sizeof(ConnectSchema));
	*target.field = *column->schema;
	column->field_schema = target.field;
	columnrule_apply(build->session->column_rules, &target);
}

/* Values that are read anew: of the row, and not of the key. */
static void
build_reselect(Build *build, BuildColumn *column, Form_pg_attribute attr)
{
	const Session *session = build->session;

	column->shape.name = column->name;
	column->shape.type = attr->atttypid;
	column->shape.typmod = attr->atttypmod;
	if (session->reselect && column->in_row && !columnrule_is_constant(&column->shape))
		column->shape.reselect =
			reselect_states(session->reselect, build->schema, build->table, column->field,
							&column->shape, column->schema->default_json != NULL);
}

/*
 * Is the attribute published?  A generated one is if the publication lists it
 * (18 and later take those that are stored).
 */
static bool
is_published_column(const Build *build, Form_pg_attribute attr)
{
	if (attr->attisdropped)
		return false;
	if (build->published.columns)
		return bms_is_member(attr->attnum, build->published.columns);
	return attr->attgenerated == '\0';
}

static bool
is_key_name(List *names, const char *name)
{
	ListCell   *lc;

	foreach(lc, names)
		if (strcmp(lfirst(lc), name) == 0)
		return true;
	return false;
}

/* The attribute of desc with that name, from 1. */
static AttrNumber
attribute_by_name(TupleDesc desc, const char *name)
{
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attr = TupleDescAttr(desc, i);

		if (!attr->attisdropped && strcmp(NameStr(attr->attname), name) == 0)
			return attr->attnum;
	}
	elog(ERROR, "column \"%s\" is missing in a partition", name);
}

/* Fills one column; leaves its name NULL if it is in neither row nor key. */
static void
build_column(Build *build, BuildColumn *column, Form_pg_attribute attr, bool in_key)
{
	const char *name = NameStr(attr->attname);
	AttrNumber	attnum = attr->attnum;

	if (!is_published_column(build, attr))
		return;
	column->in_row = filter_column(build->session->filter, build->schema,
								   build->table, name);
	if (!column->in_row && !in_key)
		return;
	if (!typemap_resolve(attr->atttypid, attr->atttypmod,
						 &build->session->options->types, &column->type))
		return;

	if (build->session->options->types.quirks)
		quirks_column(attr->atttypid, attr->attnotnull && column->in_row,
					  &build->session->options->types, &column->type);

	if (build->shown != build->leaf)
		attnum = attribute_by_name(RelationGetDescr(build->leaf), name);
	column->name = pstrdup(name);
	column->field = naming_field(build->session->options, column->name);
	column->in_old = build->identity_full || bms_is_member(attnum, build->identity);
	build_types(build, column, attr);
	build_rules(build, column, attr);
	build_reselect(build, column, attr);
	column->shape.index = attnum - 1;
	column->key_shape.index = attnum - 1;
}

static void
build_columns(Build *build, List *key_names)
{
	TupleDesc	desc = RelationGetDescr(build->shown);
	ListCell   *lc;

	build->ncolumns = desc->natts;
	build->columns = palloc0(Max(desc->natts, 1) * sizeof(BuildColumn));
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attr = TupleDescAttr(desc, i);

		build_column(build, &build->columns[i], attr,
					 is_key_name(key_names, NameStr(attr->attname)));
	}

	/* a key column that the publication or the type map leaves out is out */
	foreach(lc, key_names)
	{
		for (int i = 0; i < build->ncolumns; i++)
			if (build->columns[i].name && strcmp(build->columns[i].name, lfirst(lc)) == 0)
				build->key = lappend(build->key, &build->columns[i]);
	}
}

static void
build_records(Build *build, RelPlan *plan)
{
	MemoryContext old = MemoryContextSwitchTo(build->scratch);
	RecordParts parts = relshape_parts(build);

	relrecord_build(build, plan, &parts);
	MemoryContextSwitchTo(old);
}

/* What takes tuples apart and compares their keys. */
static void
build_tuples(Build *build, RelPlan *plan)
{
	TupleDesc	desc = RelationGetDescr(build->leaf);
	ListCell   *lc;
	int			natts = Max(desc->natts, 1);

	for (Side side = SIDE_NEW; side < SIDES; side++)
	{
		plan->tuples[side].values = palloc0(natts * sizeof(Datum));
		plan->tuples[side].nulls = palloc0(natts * sizeof(bool));
	}
	plan->identity_full = build->identity_full;
	plan->toastable = palloc(natts * sizeof(int));
	plan->in_old = palloc0(natts * sizeof(bool));
	for (int i = 0; i < desc->natts; i++)
	{
		plan->in_old[i] = build->identity_full || bms_is_member(i + 1, build->identity);
		if (TupleDescAttr(desc, i)->attlen == -1)
			plan->toastable[plan->ntoastable++] = i;
	}

	plan->identity = identity_attributes(build->leaf, &plan->nidentity);
	plan->key_attributes = palloc(Max(list_length(build->key), 1) * sizeof(int));
	plan->key_in_old = true;
	foreach(lc, build->key)
	{
		BuildColumn *column = lfirst(lc);

		plan->key_attributes[plan->nkey_attributes++] = column->shape.index;
		plan->key_in_old = plan->key_in_old && column->in_old;
	}
}

/* The columns that tell whether an update changed anything. */
static void
build_compared(Build *build, RelPlan *plan)
{
	if (!build->session->options->skip_unchanged || !build->identity_full)
		return;
	plan->compared = palloc(Max(build->ncolumns, 1) * sizeof(ShapeColumn));
	for (int i = 0; i < build->ncolumns; i++)
	{
		BuildColumn *column = &build->columns[i];

		if (column->name != NULL && column->in_row && !columnrule_is_constant(&column->shape))
			plan->compared[plan->ncompared++] = column->shape;
	}
}

/* Which changes count, and which of the resulting events are skipped. */
static void
build_kinds(Build *build, RelPlan *plan)
{
	static const int bits[CHANGE_KINDS] = {
		[CHANGE_INSERT] = OP_CREATE,[CHANGE_UPDATE] = OP_UPDATE,
		[CHANGE_DELETE] = OP_DELETE,[CHANGE_TRUNCATE] = OP_TRUNCATE
	};

	for (int kind = 0; kind < CHANGE_KINDS; kind++)
	{
		plan->published[kind] = build->published.kinds[kind];
		plan->skipped[kind] = (build->session->options->skipped & bits[kind]) != 0;
	}
}

/* Notes a user-defined type and what it is made of, by its syscache hash. */
static void
note_type(RelPlan *plan, Oid type)
{
	if (type < FirstNormalObjectId)
		return;
	if (plan->types == NULL)
		plan->types = palloc(sizeof(uint32));
	else
		plan->types = repalloc(plan->types, (plan->ntypes + 1) * sizeof(uint32));
	plan->types[plan->ntypes++] = GetSysCacheHashValue1(TYPEOID, ObjectIdGetDatum(type));

	if (get_element_type(type) != InvalidOid)
		note_type(plan, get_element_type(type));
	else if (getBaseType(type) != type)
		note_type(plan, getBaseType(type));
}

static void
build_type_notes(Build *build, RelPlan *plan)
{
	TupleDesc	desc = RelationGetDescr(build->shown);

	for (int i = 0; i < desc->natts; i++)
		if (!TupleDescAttr(desc, i)->attisdropped)
			note_type(plan, TupleDescAttr(desc, i)->atttypid);
}

static bool
is_published(const Build *build)
{
	for (int kind = 0; kind < CHANGE_KINDS; kind++)
		if (build->published.kinds[kind])
			return true;
	return false;
}

/* Names of the relation; false if the lists leave it out. */
static bool
build_names(Build *build)
{
	Oid			namespace = RelationGetNamespace(build->shown);

	build->schema = get_namespace_name(namespace);
	build->table = pstrdup(RelationGetRelationName(build->shown));
	if (build->schema == NULL)
		return false;
	if (!filter_table(build->session->filter, namespace, build->schema, build->table) &&
		!signalname_is(build->session->signal_name, build->schema, build->table))
		return false;
	build->topic = naming_topic(build->session->options, build->schema, build->table);
	return true;
}

static void
build_key_and_columns(Build *build)
{
	const char *source;
	List	   *key_names;

	build->identity = relkey_identity(build->leaf, &build->identity_full);
	key_names = relkey_columns(build->shown, build->session->filter,
							   build->schema, build->table,
							   build->session->options->types.quirks, &source);
	build_columns(build, key_names);
}

/* How rows are found again: by their key in events, or by the table's. */
static void
build_row_finder(Build *build, RelPlan *plan)
{
	const Session *session = build->session;
	List	   *names = NIL;
	const char *source;
	ListCell   *lc;

	if (session->splices == NULL || build->key == NIL || plan->signals)
		return;
	if (reselect_by_event_key(session->reselect))
		foreach(lc, build->key)
			names = lappend(names, (void *) ((BuildColumn *) lfirst(lc))->name);
	else
		names = relkey_own_columns(build->shown, session->options->types.quirks, &source);
	plan->reselect = reselect_plan(RelationGetRelid(build->shown), build->leaf, names);
}

/* Does a function that is not the server's print some column? */
static bool
has_foreign(const Build *build)
{
	for (int i = 0; i < build->ncolumns; i++)
		if (build->columns[i].name && build->columns[i].type.foreign)
			return true;
	return false;
}

static void
build_plan(Build *build, RelPlan *plan)
{
	if (!build_names(build))
		return;
	build_key_and_columns(build);
	build_records(build, plan);
	build_tuples(build, plan);
	build_compared(build, plan);
	build_kinds(build, plan);
	build_row_finder(build, plan);
	build_type_notes(build, plan);
	plan->foreign = has_foreign(build);
	plan->filter = build->published.filter;
	if (build->session->meta)
		plan->counter = txnmeta_table(build->session->meta, build->schema, build->table);
	plan->stream.topic = build->topic;
	plan->stream.headers = build->session->headers;
	plan->stream.headers_len = build->session->headers_len;
}

/* Do rows decide something?  Then the shapes stay. */
static bool
has_fork(const RelPlan *plan)
{
	for (RecordKind kind = 0; kind < RECORD_KINDS; kind++)
		if (plan->records[kind].fork)
			return true;
	return false;
}

static bool
is_named_for_signals(const Build *build)
{
	const char *schema = get_namespace_name(RelationGetNamespace(build->leaf));

	return build->session->signal_source && schema &&
		signalname_is(build->session->signal_name, schema, RelationGetRelationName(build->leaf));
}

static void
build_published(Build *build, RelPlan *plan)
{
	Oid			shown = build->published.publish_as;

	if (!is_published(build))
		return;
	if (shown != RelationGetRelid(build->leaf))
		build->shown = RelationIdGetRelation(shown);
	plan->shown = shown;
	memcpy(plan->sent, build->published.kinds, sizeof(plan->sent));
	if (!RelationIsValid(build->shown))
		elog(ERROR, "could not open partition root %u", shown);
	build_plan(build, plan);
	if (build->shown != build->leaf)
		RelationClose(build->shown);
}

RelPlan *
relplan_build(Session *session, MemoryContext parent, Relation relation,
			  uint32 stream, XLogRecPtr lsn)
{
	MemoryContext context = AllocSetContextCreate(parent, "walpost relation",
												  ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	RelPlan    *plan = palloc0(sizeof(RelPlan));
	Build		build = {.session = session,.leaf = relation,.shown = relation};

	plan->context = context;
	plan->shown = RelationGetRelid(relation);
	plan->stream.number = stream;
	build.context = context;
	build.scratch = AllocSetContextCreate(context, "walpost relation build",
										  ALLOCSET_DEFAULT_SIZES);
	if (is_publishable_relation(relation) && signaltable_is_own(relation))
		plan->signals = signaltable_build_own(relation);
	else if (is_publishable_relation(relation))
	{
		publication_resolve(relation, session->publications, lsn, &build.published);
		if (is_named_for_signals(&build))
			plan->signals = signaltable_build(session, relation, build.published.columns);
		build_published(&build, plan);
	}
	MemoryContextSwitchTo(old);
	if (!has_fork(plan))
		MemoryContextDelete(build.scratch);
	return plan;
}

void
relplan_free(RelPlan *plan)
{
	if (plan->filter)
		row_filter_free(plan->filter);
	MemoryContextDelete(plan->context);
}

/* Why a column of this type is left out: would it come out as bytes? */
static const char *
unknown_reason(Session *session, Form_pg_attribute attr)
{
	TypeModes	modes = session->options->types;
	ColumnType	type;

	modes.unknown = true;
	return typemap_resolve(attr->atttypid, attr->atttypmod, &modes, &type) ?
		"type without a mapping; include.unknown.datatypes=true includes it" :
		"type without a mapping, never included";
}

void
relplan_describe(Session *session, Relation relation, const char **topic,
				 void (*each) (void *arg, const DescribedColumn *column), void *arg)
{
	Build		build = {.session = session,.leaf = relation,.shown = relation};
	TupleDesc	desc = RelationGetDescr(relation);

	*topic = NULL;
	if (!is_publishable_relation(relation) || signaltable_is_own(relation) || !build_names(&build))
		return;
	*topic = build.topic;
	build_key_and_columns(&build);
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attr = TupleDescAttr(desc, i);
		BuildColumn *column = &build.columns[i];
		DescribedColumn described = {
			.name = NameStr(attr->attname),
			.field = column->name && column->in_row ? column->field : NULL,
			.type = attr->atttypid,
			.typmod = attr->atttypmod,
			.schema = column->schema,
			.shape = &column->shape,
		};
		ListCell   *lc;

		if (attr->attisdropped)
			continue;
		foreach(lc, build.key)
			if (lfirst(lc) == column)
			described.key_position = foreach_current_index(lc) + 1;
		if (attr->attgenerated != '\0')
			described.reason = "generated columns are not published";
		else if (column->name == NULL && !column->in_row)
			described.reason = "left out by column.include.list or column.exclude.list";
		else if (column->name == NULL)
			described.reason = unknown_reason(session, attr);
		else if (!column->in_row)
			described.reason = "in the key only";
		each(arg, &described);
	}
}
