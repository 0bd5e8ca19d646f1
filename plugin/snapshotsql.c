/*
 * snapshotsql.c
 *	  walpost.snapshot(): the reader as a set-returning function.
 *
 * It returns a value a call, and so needs a place that takes them one by one:
 * the target list.  In FROM the server gathers them all first.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/pg_lsn.h"

#include "arguments.h"
#include "snapshot.h"

PGDLLEXPORT PG_FUNCTION_INFO_V1(walpost_snapshot);

extern PGDLLEXPORT Datum walpost_snapshot(PG_FUNCTION_ARGS);

/* The function's arguments, in order. */
enum
{
	ARG_RELATION, ARG_OPTIONS, ARG_LSN, ARG_FIRST_BLOCK, ARG_END_BLOCK, ARG_STREAM,
	ARG_FIRST_MARK, ARG_LAST_MARK, ARG_QUERY, ARG_COUNT
};

static const char *const arg_names[ARG_COUNT] = {
	[ARG_RELATION] = "relation",[ARG_OPTIONS] = "options",[ARG_FIRST_BLOCK] = "first_block",
	[ARG_STREAM] = "stream",[ARG_FIRST_MARK] = "first_mark",[ARG_LAST_MARK] = "last_mark"
};

/* All but these may not be null. */
static bool
may_be_null(int arg)
{
	return arg == ARG_LSN || arg == ARG_END_BLOCK || arg == ARG_QUERY;
}

static void
check_nulls(FunctionCallInfo fcinfo)
{
	for (int i = 0; i < ARG_COUNT; i++)
		if (PG_ARGISNULL(i) && !may_be_null(i))
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("argument \"%s\" of walpost.snapshot() must not be null", arg_names[i])));
}

static BlockNumber
block_argument(FunctionCallInfo fcinfo, int arg)
{
	int64		block = PG_GETARG_INT64(arg);

	if (block < 0 || block > MaxBlockNumber)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("block number " INT64_FORMAT " is out of range", block)));
	return (BlockNumber) block;
}

static SnapshotRequest
request(FunctionCallInfo fcinfo)
{
	SnapshotRequest request = {
		.relid = PG_GETARG_OID(ARG_RELATION),
		.options = arguments_options(PG_GETARG_ARRAYTYPE_P(ARG_OPTIONS)),
		.lsn = PG_ARGISNULL(ARG_LSN) ? InvalidXLogRecPtr : PG_GETARG_LSN(ARG_LSN),
		.first = block_argument(fcinfo, ARG_FIRST_BLOCK),
		.end = PG_ARGISNULL(ARG_END_BLOCK) ? InvalidBlockNumber : block_argument(fcinfo, ARG_END_BLOCK),
		.query = PG_ARGISNULL(ARG_QUERY) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(ARG_QUERY)),
		.stream = (uint32) PG_GETARG_INT32(ARG_STREAM),
		.first_mark = text_to_cstring(PG_GETARG_TEXT_PP(ARG_FIRST_MARK)),
		.last_mark = text_to_cstring(PG_GETARG_TEXT_PP(ARG_LAST_MARK)),
	};

	if (request.end < request.first)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the range of blocks ends (%u) before it begins (%u)", request.end, request.first)));
	return request;
}

/* The query is done with it early: LIMIT, a cursor that is closed. */
static void
on_shutdown(Datum arg)
{
	snapshot_end((SnapshotReader *) DatumGetPointer(arg));
}

static void
begin(FunctionCallInfo fcinfo)
{
	FuncCallContext *call = SRF_FIRSTCALL_INIT();
	MemoryContext old = MemoryContextSwitchTo(call->multi_call_memory_ctx);
	SnapshotReader *reader;
	SnapshotRequest what;

	check_nulls(fcinfo);
	what = request(fcinfo);
	reader = snapshot_begin(&what);
	RegisterExprContextCallback(((ReturnSetInfo *) fcinfo->resultinfo)->econtext,
								on_shutdown, PointerGetDatum(reader));
	call->user_fctx = reader;
	MemoryContextSwitchTo(old);
}

Datum
walpost_snapshot(PG_FUNCTION_ARGS)
{
	FuncCallContext *call;
	struct varlena *chunk;

	if (SRF_IS_FIRSTCALL())
		begin(fcinfo);
	call = SRF_PERCALL_SETUP();
	chunk = snapshot_next(call->user_fctx);
	if (chunk != NULL)
		SRF_RETURN_NEXT(call, PointerGetDatum(chunk));

	UnregisterExprContextCallback(((ReturnSetInfo *) fcinfo->resultinfo)->econtext,
								  on_shutdown, PointerGetDatum(call->user_fctx));
	snapshot_end(call->user_fctx);
	SRF_RETURN_DONE(call);
}
