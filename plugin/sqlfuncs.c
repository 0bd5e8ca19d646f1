/*
 * sqlfuncs.c
 *	  The extension's functions: what the plugin is, takes and would write.
 *
 * They only look: what reads rows of a user's table is in snapshotsql.c.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/execnodes.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/tuplestore.h"

#include "arguments.h"
#include "relplan.h"

PGDLLEXPORT PG_FUNCTION_INFO_V1(walpost_version);
PGDLLEXPORT PG_FUNCTION_INFO_V1(walpost_options);
PGDLLEXPORT PG_FUNCTION_INFO_V1(walpost_describe);

extern PGDLLEXPORT Datum walpost_version(PG_FUNCTION_ARGS);
extern PGDLLEXPORT Datum walpost_options(PG_FUNCTION_ARGS);
extern PGDLLEXPORT Datum walpost_describe(PG_FUNCTION_ARGS);

/* A result that is gathered first: a tuplestore and its row type. */
typedef struct Rows
{
	Tuplestorestate *store;
	TupleDesc	desc;
} Rows;

static void
result_begin(FunctionCallInfo fcinfo, Rows *result)
{
	ReturnSetInfo *info = (ReturnSetInfo *) fcinfo->resultinfo;
	MemoryContext old;

	if (info == NULL || !IsA(info, ReturnSetInfo) ||
		!(info->allowedModes & SFRM_Materialize))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("set-valued function called in context that cannot accept a set")));
	old = MemoryContextSwitchTo(info->econtext->ecxt_per_query_memory);
	if (get_call_result_type(fcinfo, NULL, &result->desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	result->desc = CreateTupleDescCopy(result->desc);
	result->store = tuplestore_begin_heap(true, false, work_mem);
	info->returnMode = SFRM_Materialize;
	info->setResult = result->store;
	info->setDesc = result->desc;
	MemoryContextSwitchTo(old);
}

/* Puts a row of texts, in the order of the result's columns; NULL is NULL. */
static void
result_put(Rows *result, const char **texts)
{
	Datum		values[16];
	bool		nulls[16];

	Assert(result->desc->natts <= lengthof(values));
	for (int i = 0; i < result->desc->natts; i++)
	{
		nulls[i] = texts[i] == NULL;
		values[i] = nulls[i] ? (Datum) 0 : CStringGetTextDatum(texts[i]);
	}
	tuplestore_putvalues(result->store, result->desc, values, nulls);
}

Datum
walpost_version(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(WALPOST_VERSION));
}

static const char *
allowed_values(const OptionRow *row)
{
	StringInfoData buf;

	if (row->kind == OPTION_BOOL)
		return "true, false";
	if (row->kind == OPTION_INT)
		return psprintf("%d to %d", row->min, row->max);
	if (row->kind != OPTION_ENUM)
		return NULL;
	initStringInfo(&buf);
	for (int i = 0; row->allowed[i]; i++)
		appendStringInfo(&buf, "%s%s", i ? ", " : "", row->allowed[i]);
	return buf.data;
}

/* walpost.options(): name, type, default, allowed, description. */
Datum
walpost_options(PG_FUNCTION_ARGS)
{
	static const char *const kinds[] = {
		[OPTION_STRING] = "string", [OPTION_BOOL] = "boolean",
		[OPTION_INT] = "integer", [OPTION_ENUM] = "enum",
		[OPTION_RULE] = "string"
	};
	Rows		result;

	result_begin(fcinfo, &result);
	for (int i = 0; i < option_nrows; i++)
	{
		const OptionRow *row = &option_rows[i];
		const char *texts[] = {
			row->name, kinds[row->kind], row->default_text, allowed_values(row), row->doc
		};

		result_put(&result, texts);
	}
	return (Datum) 0;
}

typedef struct Describe
{
	Rows		result;
	const char *topic;
} Describe;

static const char *
connect_type(const ConnectSchema *schema)
{
	static const char *const names[] = {
		[CONNECT_BOOLEAN] = "boolean", [CONNECT_INT8] = "int8",
		[CONNECT_INT16] = "int16", [CONNECT_INT32] = "int32",
		[CONNECT_INT64] = "int64", [CONNECT_FLOAT] = "float",
		[CONNECT_DOUBLE] = "double", [CONNECT_STRING] = "string",
		[CONNECT_BYTES] = "bytes", [CONNECT_ARRAY] = "array",
		[CONNECT_MAP] = "map", [CONNECT_STRUCT] = "struct"
	};

	if (schema == NULL)
		return NULL;
	return schema->optional ? psprintf("%s, optional", names[schema->type]) :
		names[schema->type];
}

static void
describe_column(void *arg, const DescribedColumn *column)
{
	Describe   *describe = arg;
	const char *texts[] = {
		describe->topic,
		column->name,
		format_type_with_typemod(column->type, column->typmod),
		column->field,
		connect_type(column->schema),
		column->schema ? column->schema->name : NULL,
		column->schema ? column->schema->default_json : NULL,
		column->key_position ? psprintf("%d", column->key_position) : NULL,
		column->reason,
	};

	result_put(&describe->result, texts);
}

/* walpost.describe(regclass, VARIADIC text[]): a row per column. */
Datum
walpost_describe(PG_FUNCTION_ARGS)
{
	Describe	describe = {0};
	Session    *session;
	Relation	relation;

	result_begin(fcinfo, &describe.result);
	session = session_of_columns(arguments_options(PG_GETARG_ARRAYTYPE_P(1)));
	relation = table_open(PG_GETARG_OID(0), AccessShareLock);
	relplan_describe(session, relation, &describe.topic, describe_column, &describe);
	if (describe.topic == NULL)
		ereport(NOTICE,
				(errmsg("relation \"%s\" is not captured", RelationGetRelationName(relation)),
				 errdetail("It is no ordinary or partitioned table, or the include and exclude lists leave it out.")));
	table_close(relation, AccessShareLock);
	return (Datum) 0;
}
