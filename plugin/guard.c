/*
 * guard.c
 *	  What becomes of a change that cannot be made an event.
 *
 * The encoders hold nothing of the server's but memory when they fail, which
 * goes with the change's context, and so do the server's own output functions:
 * catching the error is enough.  Those of extensions, and row filters, may leave
 * pins and references behind, which a subtransaction takes care of.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "access/xact.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/pg_lsn.h"
#include "utils/rel.h"
#include "utils/resowner.h"

#include "guard.h"
#include "txn.h"

/* A key is shown as far as this. */
#define KEY_SHOWN	1024

/* Errors of these classes are not of one change (errcodes.txt). */
static const char *const not_of_change[] = {
	"08",						/* connection */
	"53",						/* insufficient resources: memory, disk */
	"57",						/* operator intervention: cancelled, shut down */
	"58",						/* system error: reading, writing */
};

/* relation "public.t", or logical message with prefix "x" */
static char *
subject_name(const GuardSubject *subject)
{
	Relation	relation = subject->relation;
	char	   *schema;

	if (relation == NULL)
		return psprintf("logical message with prefix \"%s\"", subject->prefix);
	schema = get_namespace_name(RelationGetNamespace(relation));
	return psprintf("relation \"%s.%s\"", schema ? schema : "", RelationGetRelationName(relation));
}

/* The key of the record that was interrupted, or NULL: it has been written. */
static char *
subject_key(const Session *session)
{
	const Writing *writing = &session->writing;
	const char *key;
	int			len;

	if (!writing->open || writing->key_len == 0)
		return NULL;
	key = out_at(&session->batch.out, writing->key);
	len = pg_mbcliplen(key, writing->key_len, KEY_SHOWN);
	return psprintf("%.*s%s", len, key, len < (int) writing->key_len ? "..." : "");
}

void
guard_context(void *arg)
{
	const GuardSubject *subject = arg;
	const Session *session = subject->session;
	char	   *key = subject_key(session);
	const char *name = subject->relation ?
	RelationGetRelationName(subject->relation) : subject->prefix;

	if (subject->tid != NULL)
		errcontext("walpost, row (%u,%u) of relation \"%s\" in a snapshot, topic %s%s%s",
				   ItemPointerGetBlockNumberNoCheck(subject->tid),
				   ItemPointerGetOffsetNumberNoCheck(subject->tid), name, subject->topic,
				   key ? ", key " : "", key ? key : "");
	else
		errcontext("walpost, change " UINT64_FORMAT " of transaction %u, %s \"%s\" at %X/%X%s%s%s%s",
			   session->txn.ordinal, session->txn.txn ? session->txn.txn->xid : 0,
			   subject->relation ? "relation" : "logical message with prefix", name,
			   (uint32) (subject->lsn >> 32), (uint32) subject->lsn,
			   subject->topic ? ", topic " : "", subject->topic ? subject->topic : "",
			   key ? ", key " : "", key ? key : "");
}

static bool
is_of_change(const Session *session, const ErrorData *error)
{
	const char *state = unpack_sql_state(error->sqlerrcode);

	if (session->batch.flushing || error->elevel > ERROR)
		return false;
	for (int i = 0; i < lengthof(not_of_change); i++)
		if (strncmp(state, not_of_change[i], 2) == 0)
			return false;
	return true;
}

static void
report(const GuardSubject *subject, const ErrorData *error)
{
	const Session *session = subject->session;
	char	   *key = subject_key(session);

	ereport(session->options->failure == FAILURE_WARN ? WARNING : DEBUG1,
			(errcode(error->sqlerrcode),
			 errmsg("left out a %s of %s at %X/%X: %s", subject->tid ? "row" : "change", subject_name(subject),
					(uint32) (subject->lsn >> 32), (uint32) subject->lsn, error->message),
			 errdetail("%s%s.%s%s", key ? "Its key is " : "It has no key that could be shown",
					   key ? key : "",
					   error->detail ? " " : "", error->detail ? error->detail : ""),
			 errhidecontext(true)));
}

/* The change is left out: what the server and the transaction's end see. */
static void
leave_out(const GuardSubject *subject)
{
	Session    *session = subject->session;

	txn_take_back(session);
	if (session->txn.txn != NULL)
		txn_dropped(session, true, subject->lsn);
	else
		batch_flush(&session->batch);
}

void
guard_run(const GuardSubject *subject, bool isolate, void (*write) (void *arg), void *arg)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	ErrorData  *volatile error = NULL;

	subject->session->writing.open = false;
	if (isolate)
	{
		BeginInternalSubTransaction("walpost change");
		MemoryContextSwitchTo(context);
	}
	PG_TRY();
	{
		write(arg);
		if (isolate)
			ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		if (isolate)
			RollbackAndReleaseCurrentSubTransaction();
	}
	PG_END_TRY();
	if (isolate)
	{
		MemoryContextSwitchTo(context);
		CurrentResourceOwner = owner;
	}
	if (error == NULL)
		return;
	if (!is_of_change(subject->session, error))
		ReThrowError(error);
	report(subject, error);
	leave_out(subject);
}
