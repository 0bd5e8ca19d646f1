/*
 * plugin.c
 *	  The output plugin: its callbacks, each of which delegates.
 *
 * Reading order: plugin.c, then txn.c (what a transaction is), relcache.c and
 * relplan.c (what a relation is), change.c (what a change becomes), record.c
 * and frame.c (how it is written).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "replication/origin.h"
#include "replication/output_plugin.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "change.h"
#include "compat.h"
#include "guard.h"
#include "heartbeat.h"
#include "holdback.h"
#include "identity.h"
#include "message.h"
#include "publish.h"
#include "relcache.h"
#include "resume.h"
#include "settings.h"
#include "txn.h"
#include "txnmeta.h"
#include "watermark.h"

PG_MODULE_MAGIC;

extern PGDLLEXPORT void _PG_output_plugin_init(OutputPluginCallbacks *callbacks);

/* Is a change replicated from elsewhere? */
static bool
on_filter_by_origin(LogicalDecodingContext *ctx, RepOriginId origin)
{
	return origin != InvalidRepOriginId;
}

static void
on_startup(LogicalDecodingContext *ctx, OutputPluginOptions *opt, bool is_init)
{
	MemoryContext old = MemoryContextSwitchTo(ctx->context);
	Session    *session = session_create(ctx, ctx->output_plugin_options, is_init);
	const Options *options = session->options;

	session->relations = relcache_create();
	/* a line of JSON is for people, whom nobody reads anything anew */
	if (options->wire && session->reselect)
		session->splices = splices_create();
	if (options->transaction_metadata)
		session->meta = txnmeta_create(session);
	txn_resume(session);
	resume_parse(&session->resume, options->resume);
	session->window = options->wire && options->window_open;
	if (!is_init)
	{
		session->guc_level = settings_apply();
		heartbeat_announce(options, ctx->output_plugin_options);
		holdback_install(ctx);
	}

	/* the server asks for each change, so only where the answer is not always no */
	if (options->origin == 1)
		ctx->callbacks.filter_by_origin_cb = on_filter_by_origin;

	opt->output_type = options->wire ?
		OUTPUT_PLUGIN_BINARY_OUTPUT : OUTPUT_PLUGIN_TEXTUAL_OUTPUT;
	ctx->output_plugin_private = session;
	MemoryContextSwitchTo(old);
}

static void
on_shutdown(LogicalDecodingContext *ctx)
{
	Session    *session = ctx->output_plugin_private;

	if (session && session->guc_level > 0)
		AtEOXact_GUC(true, session->guc_level);
}

static void
on_begin(LogicalDecodingContext *ctx, ReorderBufferTXN *txn)
{
	txn_start(ctx->output_plugin_private, txn);
}

/* The arguments of change_write(), for guard_run(). */
typedef struct ChangeArgs
{
	Session    *session;
	RelPlan    *plan;
	Relation	relation;
	ReorderBufferChange *decoded;
} ChangeArgs;

static void
write_change(void *arg)
{
	ChangeArgs *args = arg;

	change_write(args->session, args->plan, args->relation, args->decoded);
}

static void
write_guarded(const GuardSubject *subject, RelPlan *plan, ReorderBufferChange *decoded)
{
	ChangeArgs	args = {subject->session, plan, subject->relation, decoded};

	guard_run(subject, plan->foreign || plan->filter, write_change, &args);
}

static void
on_change(LogicalDecodingContext *ctx, ReorderBufferTXN *txn, Relation relation,
		  ReorderBufferChange *decoded)
{
	Session    *session = ctx->output_plugin_private;
	MemoryContext old = MemoryContextSwitchTo(session->change_context);
	GuardSubject subject = {.session = session,.relation = relation,.lsn = decoded->lsn};
	ErrorContextCallback context = {
		.previous = error_context_stack,.callback = guard_context,.arg = &subject
	};
	RelPlan    *plan;

	/* a run of filtered changes meets no other place to be cancelled at */
	CHECK_FOR_INTERRUPTS();
	error_context_stack = &context;
	session->txn.ordinal++;
	resume_change(session, decoded->lsn);
	plan = relcache_get(session, relation, decoded->lsn);
	subject.topic = plan->stream.topic;
	if (unlikely(plan->signals != NULL) && !session->known)
		signaltable_write(session, plan->signals, relation, decoded);
	if (likely(session->options->failure == FAILURE_FAIL))
		change_write(session, plan, relation, decoded);
	else
		write_guarded(&subject, plan, decoded);
	error_context_stack = context.previous;
	MemoryContextSwitchTo(old);
	MemoryContextReset(session->change_context);
}

static void
on_truncate(LogicalDecodingContext *ctx, ReorderBufferTXN *txn, int nrelations,
			Relation relations[], ReorderBufferChange *decoded)
{
	Session    *session = ctx->output_plugin_private;
	MemoryContext old = MemoryContextSwitchTo(session->change_context);

	for (int i = 0; i < nrelations; i++)
	{
		RelPlan    *plan = relcache_get(session, relations[i], decoded->lsn);

		session->txn.ordinal++;
		resume_change(session, decoded->lsn);
		if (session->window && plan->stream.topic != NULL)
			identity_write_all(session, RelationGetRelid(relations[i]));
		if (plan->published[CHANGE_TRUNCATE] && !plan->skipped[CHANGE_TRUNCATE])
			change_write_truncate(session, plan, decoded->lsn);
		else
			txn_dropped(session, plan->sent[CHANGE_TRUNCATE], decoded->lsn);
	}
	MemoryContextSwitchTo(old);
	MemoryContextReset(session->change_context);
}

/* The arguments of message_write(), for guard_run(). */
typedef struct MessageArgs
{
	const GuardSubject *subject;
	bool		transactional;
	XLogRecPtr	end_lsn;
	Size		len;
	const char *content;
} MessageArgs;

/*
 * The prefixes of the project's own messages, which steer or publish.  None of
 * them, nor any other that begins with "walpost.", is an event.
 */
static const struct
{
	const char *prefix;
	void		(*take) (Session *session, bool transactional, XLogRecPtr lsn,
						 const char *content, size_t len);
}			own_messages[] = {
	{WIRE_WATERMARK_PREFIX, watermark_take},
	{PUBLISH_PREFIX, publish_take},
};

static void
write_message(void *arg)
{
	MessageArgs *args = arg;
	const GuardSubject *subject = args->subject;

	for (int i = 0; i < lengthof(own_messages); i++)
	{
		if (strcmp(subject->prefix, own_messages[i].prefix) != 0)
			continue;
		own_messages[i].take(subject->session, args->transactional, subject->lsn,
							 args->content, args->len);
		return;
	}
	message_write(subject->session, args->transactional, subject->lsn, args->end_lsn,
				  subject->prefix, args->content, args->len);
}

static void
on_message(LogicalDecodingContext *ctx, ReorderBufferTXN *txn, XLogRecPtr lsn,
		   bool transactional, const char *prefix, Size len, const char *content)
{
	Session    *session = ctx->output_plugin_private;
	MemoryContext old = MemoryContextSwitchTo(session->change_context);
	GuardSubject subject = {.session = session,.prefix = prefix,.lsn = lsn};
	MessageArgs args = {&subject, transactional, ctx->reader->EndRecPtr, len, content};
	ErrorContextCallback context = {
		.previous = error_context_stack,.callback = guard_context,.arg = &subject
	};

	error_context_stack = &context;
	if (transactional)
	{
		session->txn.ordinal++;
		resume_change(session, lsn);
	}
	if (session->options->failure == FAILURE_FAIL)
		write_message(&args);
	else
		guard_run(&subject, false, write_message, &args);
	error_context_stack = context.previous;
	MemoryContextSwitchTo(old);
	MemoryContextReset(session->change_context);
}

static void
on_commit(LogicalDecodingContext *ctx, ReorderBufferTXN *txn, XLogRecPtr commit_lsn)
{
	txn_commit(ctx->output_plugin_private, txn, commit_lsn);
}

void
_PG_output_plugin_init(OutputPluginCallbacks *callbacks)
{
	callbacks->startup_cb = on_startup;
	callbacks->begin_cb = on_begin;
	callbacks->change_cb = on_change;
	callbacks->truncate_cb = on_truncate;
	callbacks->message_cb = on_message;
	callbacks->commit_cb = on_commit;
	callbacks->shutdown_cb = on_shutdown;
}
