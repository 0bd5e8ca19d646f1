/*
 * refusalsql.c
 *	  walpost.refusal(): why the rows of a relation cannot become events.
 *
 * The stream says so at the first row, which may be long after the start; who
 * sets a connector up asks before.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "access/table.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/rel.h"

#include "arguments.h"
#include "relplan.h"
#include "settings.h"

PGDLLEXPORT PG_FUNCTION_INFO_V1(walpost_refusal);

extern PGDLLEXPORT Datum walpost_refusal(PG_FUNCTION_ARGS);

static void
write_nothing(LogicalDecodingContext *ctx, XLogRecPtr lsn, TransactionId xid, bool last)
{
}

/* A session that writes nothing; the publication may not be there yet. */
static Session *
make_session(List *options)
{
	LogicalDecodingContext *ctx = palloc0(sizeof(LogicalDecodingContext));
	Session    *session;

	ctx->context = CurrentMemoryContext;
	ctx->out = makeStringInfo();
	ctx->prepare_write = write_nothing;
	ctx->write = write_nothing;
	session = session_create(ctx, options, false);
	session->publications = NIL;
	return session;
}

/*
 * walpost.refusal(regclass, text[]): NULL where new rows become events.  Options
 * that are wrong are errors.
 */
Datum
walpost_refusal(PG_FUNCTION_ARGS)
{
	List	   *options = arguments_options(PG_GETARG_ARRAYTYPE_P(1));
	Relation	relation = table_open(PG_GETARG_OID(0), AccessShareLock);
	int			level = settings_apply();
	Session    *session = make_session(options);
	RelPlan    *plan = relplan_build(session, CurrentMemoryContext, relation, 0, InvalidXLogRecPtr);
	const char *failure = plan->skipped[CHANGE_INSERT] ? NULL : plan->records[RECORD_CREATE].failure;
	text	   *result = failure ? cstring_to_text(failure) : NULL;

	relplan_free(plan);
	AtEOXact_GUC(true, level);
	table_close(relation, AccessShareLock);
	if (result == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(result);
}
