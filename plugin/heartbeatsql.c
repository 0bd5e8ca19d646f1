/*
 * heartbeatsql.c
 *	  walpost.heartbeat(): a heartbeat as it would be written now.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include <time.h>

#include "fmgr.h"
#include "utils/builtins.h"

#include "arguments.h"
#include "heartbeat.h"

PGDLLEXPORT PG_FUNCTION_INFO_V1(walpost_heartbeat);

extern PGDLLEXPORT Datum walpost_heartbeat(PG_FUNCTION_ARGS);

/* walpost.heartbeat(text[]): a line of JSON or frames; NULL where transforms leave it out. */
Datum
walpost_heartbeat(PG_FUNCTION_ARGS)
{
	HeartbeatPlan *plan = heartbeat_plan(arguments_options(PG_GETARG_ARRAYTYPE_P(0)));
	StringInfoData record;
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	initStringInfo(&record);
	appendStringInfoSpaces(&record, VARHDRSZ);
	if (!heartbeat_print(plan, (int64) now.tv_sec * 1000 + now.tv_nsec / 1000000, &record))
		PG_RETURN_NULL();
	SET_VARSIZE(record.data, record.len);
	PG_RETURN_BYTEA_P(record.data);
}
