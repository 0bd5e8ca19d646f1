/*
 * session.c
 *	  Makes the state of a session from what the client gave.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "access/xact.h"
#include "commands/dbcommands.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/varlena.h"

#include "converter.h"
#include "runid.h"
#include "session.h"

/* A walsender starts decoding outside any transaction. */
static char *
database_name(void)
{
	MemoryContext context = CurrentMemoryContext;
	bool		own = !IsTransactionState();
	char	   *name;

	if (own)
		StartTransactionCommand();
	name = get_database_name(MyDatabaseId);
	name = MemoryContextStrdup(context, name ? name : "");
	if (own)
		CommitTransactionCommand();
	MemoryContextSwitchTo(context);
	return name;
}

static void
check_encoding(void)
{
	if (GetDatabaseEncoding() != PG_UTF8)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("walpost needs a database with encoding UTF8"),
				 errdetail("The encoding of database \"%s\" is %s.",
						   database_name(), GetDatabaseEncodingName()),
				 errhint("Events are JSON, which is UTF-8. Move the data to a database created with ENCODING 'UTF8'.")));
}

/* The headers that every row event carries. */
static void
build_context(Session *session)
{
	const Options *options = session->options;
	const char *run_id = options->run_id ? options->run_id : runid_make();
	StringInfoData buf;
	Out			out;

	initStringInfo(&buf);
	out_open(&out, &buf);
	if (options->extended_headers)
	{
		frame_header(&out, "__debezium.context.connectorLogicalName",
					 options->topic_prefix, strlen(options->topic_prefix));
		frame_header(&out, "__debezium.context.taskId", "0", 1);
		frame_header(&out, "__debezium.context.connectorName", "postgresql", 10);
		frame_header(&out, "__debezium.context.runId", run_id, strlen(run_id));
	}
	out_close(&out);
	session->context = buf.data;
	session->context_len = buf.len;
}

static void
build_headers(Session *session)
{
	Draft	   *draft = draft_new(session, CurrentMemoryContext, session->options->topic_prefix, NULL, NULL);
	const Template *block;

	build_context(session);
	session->headers = session->context;
	session->headers_len = session->context_len;
	if (session->context_len == 0 || converter_leaves_headers(session->options))
		return;
	draft_add_headers(draft, session->context, session->context_len);
	draft_convert_headers(draft);
	if (draft->failure)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("header.converter does not take what row events carry: %s", draft->failure),
				 errhint("Set extended.headers.enabled=false, or another header.converter.")));
	block = template_compile(draft_headers(draft), false);
	session->headers = block->steps[0].lead;
	session->headers_len = block->steps[0].lead_len;
}

static List *
parse_publications(const char *names)
{
	List	   *result;

	if (names == NULL || names[0] == '\0')
		return NIL;
	if (!SplitIdentifierString(pstrdup(names), ',', &result))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid value \"%s\" for option \"%s\"", names, "publication.name"),
				 errhint("It takes publication names separated by commas.")));
	return result;
}

/* Is the item in a list separated by commas? */
static bool
has_item(const char *list, const char *item)
{
	char	   *save = NULL;

	for (char *one = strtok_r(pstrdup(list), ", ", &save); one; one = strtok_r(NULL, ", ", &save))
		if (strcmp(one, item) == 0)
			return true;
	return false;
}

Session *
session_of_columns(List *given)
{
	Session    *session = palloc0(sizeof(Session));

	check_encoding();
	session->options = options_parse(given, true);
	session->filter = filter_compile(session->options);
	session->column_rules = columnrule_compile(session->options);
	session->database = database_name();
	return session;
}

Session *
session_create(LogicalDecodingContext *ctx, List *given, bool creating)
{
	Session    *session = palloc0(sizeof(Session));

	check_encoding();
	session->ctx = ctx;
	session->options = options_parse(given, creating);
	session->filter = filter_compile(session->options);
	session->column_rules = columnrule_compile(session->options);
	session->transforms = transforms_compile(session->options);
	session->reselect = reselect_compile(session->options);
	session->signal_name = signalname_parse(session->options);
	session->signal_source = has_item(session->options->signal_channels, "source");
	session->publications = parse_publications(session->options->publication_names);
	session->database = creating ? "" : database_name();
	session->batch.ctx = ctx;
	initStringInfo(&session->origin_name);
	session->change_context = AllocSetContextCreate(CurrentMemoryContext, "walpost change",
													ALLOCSET_DEFAULT_SIZES);
	build_headers(session);
	return session;
}
