/*
 * refusalsql.c
 *	  walpost.refusal(): why changes of a relation cannot become events.
 *
 * The stream says so at the first one, which may be long after the start; who
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

/* The letter of each kind of change, and what it becomes: first to last. */
static const struct
{
	char		op;
	ChangeKind	change;
	RecordKind	first;
	RecordKind	last;
}			changes[] = {
	{'c', CHANGE_INSERT, RECORD_CREATE, RECORD_CREATE},
	{'u', CHANGE_UPDATE, RECORD_UPDATE, RECORD_UPDATE_OLD},
	{'d', CHANGE_DELETE, RECORD_DELETE, RECORD_TOMBSTONE}
};

/* Which kind an operation's letter names. */
static int
change_of(const text *op)
{
	for (int i = 0; i < lengthof(changes); i++)
		if (VARSIZE_ANY_EXHDR(op) == 1 && VARDATA_ANY(op)[0] == changes[i].op)
			return i;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid operation \"%s\"", text_to_cstring(op)),
			 errhint("It takes c, u or d.")));
}

/* Does such a change become such a record?  Of rows that keep their key. */
static bool
is_written(const Session *session, const RelPlan *plan, RecordKind kind)
{
	if (kind == RECORD_TOMBSTONE)
		return session->options->tombstones;

	/* old rows are there as a whole, or when the key has changed */
	return kind != (plan->identity_full ? RECORD_UPDATE : RECORD_UPDATE_OLD);
}

/* Without an identity the server refuses to update and delete what is published. */
static bool
is_possible(Relation relation, ChangeKind change)
{
	return change == CHANGE_INSERT || relation->rd_rel->relreplident == REPLICA_IDENTITY_FULL ||
		OidIsValid(RelationGetReplicaIndex(relation));
}

static const char *
find_failure(const Session *session, const RelPlan *plan, int change)
{
	for (RecordKind kind = changes[change].first; kind <= changes[change].last; kind++)
		if (plan->records[kind].failure && is_written(session, plan, kind))
			return plan->records[kind].failure;
	return NULL;
}

/*
 * walpost.refusal(regclass, text[], text): NULL where changes of that operation become
 * events.  Options that are wrong are errors.
 */
Datum
walpost_refusal(PG_FUNCTION_ARGS)
{
	List	   *options = arguments_options(PG_GETARG_ARRAYTYPE_P(1));
	int			change = change_of(PG_GETARG_TEXT_PP(2));
	Relation	relation = table_open(PG_GETARG_OID(0), AccessShareLock);
	int			level = settings_apply();
	Session    *session = make_session(options);
	RelPlan    *plan = relplan_build(session, CurrentMemoryContext, relation, 0, InvalidXLogRecPtr);
	text	   *result = NULL;

	if (!plan->skipped[changes[change].change] && is_possible(relation, changes[change].change))
	{
		const char *failure = find_failure(session, plan, change);

		result = failure ? cstring_to_text(failure) : NULL;
	}
	relplan_free(plan);
	AtEOXact_GUC(true, level);
	table_close(relation, AccessShareLock);
	if (result == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(result);
}
