/*
 * draft.c
 *	  Builds drafts of records and compiles them.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "converter.h"
#include "fork.h"
#include "naming.h"
#include "record.h"

Draft *
draft_new(Session *session, MemoryContext context, const char *topic, Shape *key, Shape *value)
{
	Draft	   *draft = palloc0(sizeof(Draft));

	draft->session = session;
	draft->context = context;
	draft->topic = topic;
	draft->key = key;
	draft->value = value;
	draft->fresh = true;
	return draft;
}

void
draft_add_header(Draft *draft, const char *name, Shape *block)
{
	DraftHeader *header = palloc0(sizeof(DraftHeader));

	header->name = name;
	header->block = block;
	draft->headers = lappend(draft->headers, header);
}

void
draft_add_value(Draft *draft, const char *name, Shape *field)
{
	draft_add_header(draft, name, field_header(draft, name, field));
	((DraftHeader *) llast(draft->headers))->field = field;
}

void
draft_add_shared(Draft *draft, const char *name, Shape *field)
{
	draft_add_value(draft, name, field);
	if (draft->fresh)
		draft->shared = lappend(draft->shared, llast(draft->headers));
}

void
draft_add_headers(Draft *draft, const char *block, size_t len)
{
	const char *end = block + len;

	while (block < end)
	{
		uint16		name_len = wire_get16(block);
		char	   *name = pnstrdup(block + 2, name_len);
		const char *value = block + 2 + name_len + 4;
		uint32		value_len = wire_get32(value - 4);

		draft_add_value(draft, name, field_string(pnstrdup(value, value_len), false));
		block = value + value_len;
	}
}

Shape	  **
draft_half(Draft *draft, Half half)
{
	return half == HALF_KEY ? &draft->key : &draft->value;
}

void
draft_fail(Draft *draft, const char *format,...)
{
	StringInfoData text;

	if (draft->failure)
		return;
	initStringInfo(&text);
	for (;;)
	{
		va_list		args;
		int			needed;

		va_start(args, format);
		needed = appendStringInfoVA(&text, format, args);
		va_end(args);
		if (needed == 0)
			break;
		enlargeStringInfo(&text, needed);
	}
	draft->failure = text.data;
}

void
draft_ask(Draft *draft, CallFn ask, const void *data,
		  void (*resume) (const TransformStep *step, Draft *draft, const char *answer, size_t len))
{
	draft->question = (Question) {.ask = {ask, data},.resume = resume};
}

void
draft_report(const char *failure)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATA_EXCEPTION),
			 errmsg("%s", failure),
			 errhint("Keep such records from the transform with a predicate, or change its options.")));
}

/* ---- header.converter ---------------------------------------------------- */

/* A header that some rows have. */
typedef struct ConditionalHeader
{
	Condition	condition;
	const Template *block;
} ConditionalHeader;

static void
write_if_there(Out *out, const Row *row, const void *data)
{
	const ConditionalHeader *header = data;

	if (header->condition.holds(row, header->condition.data))
		template_run(header->block, out, row);
}

static Shape *
conditional(const Condition *condition, const Shape *block)
{
	ConditionalHeader *header = palloc(sizeof(ConditionalHeader));

	header->condition = *condition;
	header->block = template_compile(block, false);
	return shape_call(write_if_there, header);
}

/* What is no field stays: a null, and headers that somebody has brought along. */
static DraftHeader *
converted(Draft *draft, const DraftHeader *header)
{
	DraftHeader *copy = palloc(sizeof(DraftHeader));
	const char *failure = NULL;

	*copy = *header;
	if (header->field == NULL)
		return copy;
	copy->block = converter_header(draft->session->options, header->name, header->field, &failure);
	if (failure)
		draft_fail(draft, "header \"%s\" of a record of topic \"%s\": %s", header->name, draft->topic, failure);
	else if (header->condition)
		copy->block = conditional(header->condition, copy->block);
	return failure ? NULL : copy;
}

void
draft_convert_headers(Draft *draft)
{
	MemoryContext old;
	List	   *headers = NIL;
	ListCell   *lc;

	if (converter_leaves_headers(draft->session->options))
		return;
	old = MemoryContextSwitchTo(draft->context);
	foreach(lc, draft->headers)
	{
		DraftHeader *header = converted(draft, lfirst(lc));

		if (header)
			headers = lappend(headers, header);
	}
	draft->headers = headers;
	MemoryContextSwitchTo(old);
}

/* ---- compiling ----------------------------------------------------------- */

/* What Kafka takes as a topic. */
static void
check_topic(Draft *draft)
{
	const char *topic = draft->topic;

	if (!naming_is_topic(topic))
		draft_fail(draft, "transforms lead to \"%s\", which cannot be a topic: it takes 1 to %d letters, digits, dots, hyphens and underscores",
				   topic, WIRE_TOPIC_MAX);
}

/* How many headers at the end are the same in each record. */
static int
constant_headers(const Draft *draft)
{
	int			n = 0;

	for (int i = list_length(draft->headers) - 1; i >= 0; i--, n++)
	{
		const DraftHeader *header = list_nth(draft->headers, i);

		if (!shape_is_constant(header->block))
			break;
	}
	return n;
}

/* Headers from one up to another, side by side. */
static Shape *
join_headers(const Draft *draft, int from, int to)
{
	Shape	   *block = shape_concat(NULL);

	for (int i = from; i < to; i++)
		shape_add(block, NULL, ((DraftHeader *) list_nth(draft->headers, i))->block);
	return from < to ? block : NULL;
}

Shape *
draft_headers(const Draft *draft)
{
	return join_headers(draft, 0, list_length(draft->headers));
}

/*
 * Headers that are the same in each record go to the stream, which announces
 * them once; they come last in a record, so it is those at the end.
 */
static void
finish_headers(const Draft *draft, Record *record)
{
	int			n = list_length(draft->headers);
	int			own = n - constant_headers(draft);
	const Shape *before = join_headers(draft, 0, own);
	const Shape *after = join_headers(draft, own, n);
	const Template *constant = after ? template_compile(after, false) : NULL;

	record->headers = before ? template_compile(before, false) : NULL;
	record->stream = record_stream(draft->session, draft->topic,
								   constant ? constant->steps[0].lead : "",
								   constant ? constant->steps[0].lead_len : 0);
}

/* Key and value, as far as there are any and their converters take them. */
static void
compile_halves(Draft *draft, Record *record)
{
	const Options *options = draft->session->options;
	const char *failure = NULL;

	if (!draft->failure && draft->key)
		record->key = converter_compile(options, HALF_KEY, draft->key, &failure);
	if (!draft->failure && draft->value)
		record->value = converter_compile(options, HALF_VALUE, draft->value, &failure);
	if (failure)
		draft_fail(draft, "a record of topic \"%s\": %s", draft->topic, failure);
}

static void
finish(const Draft *finished, Record *record)
{
	MemoryContext old = MemoryContextSwitchTo(finished->context);
	Draft		draft = *finished;

	memset(record, 0, sizeof(Record));
	if (draft.question.ask.append)
	{
		record->fork = fork_new(finished);
		MemoryContextSwitchTo(old);
		return;
	}
	record->dropped = draft.dropped;
	record->to_all = draft.to_all;
	if (!draft.dropped)
	{
		check_topic(&draft);
		compile_halves(&draft, record);
		draft_convert_headers(&draft);
		if (draft.failure)
		{
			record->failure = pstrdup(draft.failure);
			draft.topic = finished->session->options->topic_prefix;
			draft.headers = NIL;
			draft.timestamp = draft.partition = NULL;
		}
		record->timestamp = draft.timestamp ? template_compile(draft.timestamp, false) : NULL;
		record->partition = draft.partition ? template_compile(draft.partition, false) : NULL;
		finish_headers(&draft, record);
	}
	MemoryContextSwitchTo(old);
}

void
draft_make(Draft *draft, Record *record)
{
	transforms_apply(draft->session->transforms, draft);
	finish(draft, record);
}

void
draft_resume(Draft *draft, const char *answer, size_t len, Record *record)
{
	transforms_resume(draft->session->transforms, draft, answer, len);
	finish(draft, record);
}
