/*
 * transform_message.c
 *	  DecodeLogicalDecodingMessageContent: the JSON in a logical message as the
 *	  row of a created record, so that the outbox's router can follow.
 *
 * A message's schema is that of its own content, so records of this class are
 * decided by rows (fork.h): once for each schema.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "fieldvalue.h"
#include "jsonexpand.h"
#include "rowvalue.h"

typedef struct Decode
{
	bool		nulls;
	JsonExpansion expansion;	/* of the message at hand */
} Decode;

static const Setting decode_settings[] = {
	{"fields.null.include", SETTING_BOOL, offsetof(Decode, nulls), false, "false"},
	{NULL}
};

/* What a message is asked with. */
typedef struct ContentQuestion
{
	Decode	   *decode;
	const FieldReader *content;
	const char *complaint;		/* how an error begins */
} ContentQuestion;

static const char *
decode_content(const ContentQuestion *question, const Row *row)
{
	FieldValue	content = field_read(question->content, row);
	char	   *text;
	size_t		len;

	if (content.kind != FIELD_OTHER)
		return "the message has no content";
	text = pnstrdup(content.text, content.len);
	len = rowvalue_decode_base64(text, content.len);
	if (!pg_verify_mbstr(PG_UTF8, text, (int) len, true))
		return "the content of a logical decoding message is not UTF-8";
	if (!json_expand(text, len, NULL, question->decode->nulls, false, &question->decode->expansion))
		return "unable to parse logical decoding message content as a JSON object that a schema fits";
	return NULL;
}

/* The answer is the content's schema. */
static void
ask_content(Out *out, const Row *row, const void *data)
{
	const ContentQuestion *question = data;
	const char *failure = decode_content(question, row);

	if (failure)
		draft_report(psprintf("%s%s", question->complaint, failure));
	schema_print_json(out, question->decode->expansion.schema, NULL);
}

/* One field of the message at hand. */
typedef struct ContentField
{
	const Decode *decode;
	const char *name;
} ContentField;

static void
print_content_field(Out *out, const Row *row, const void *data)
{
	const ContentField *field = data;

	json_expansion_print_field(out, &field->decode->expansion, field->name);
}

/* The content as a struct, with its fields apart. */
static Shape *
content_struct(Draft *draft, const Decode *decode)
{
	MemoryContext old = MemoryContextSwitchTo(draft->context);
	const ConnectSchema *schema = json_schema_copy(decode->expansion.schema);
	ConnectSchema *own = schema_new(CONNECT_STRUCT, schema->optional, schema->name, schema->version);
	Shape	   *content = shape_struct(own);

	for (int i = 0; i < schema->nfields; i++)
	{
		ContentField *field = palloc(sizeof(ContentField));
		Shape	   *shape;

		field->decode = decode;
		field->name = schema->fields[i].name;
		shape = shape_call(print_content_field, field);
		shape->schema = schema->fields[i].schema;
		shape_add(content, field->name, shape);
	}
	MemoryContextSwitchTo(old);
	return content;
}

/* The message without its content, as the envelope of a created row. */
static void
take_content(const TransformStep *step, Draft *draft, const char *answer, size_t len)
{
	const Shape *old = draft->value;
	Shape	   *new = shape_struct(schema_new(CONNECT_STRUCT, false,
											  psprintf("%s.Envelope", old->schema->name), 0));

	for (int i = 0; i < old->nfields; i++)
	{
		const char *name = old->fields[i].name;

		if (strcmp(name, "op") == 0)
			shape_add(new, name, shape_text(old->fields[i].shape->schema, "\"c\""));
		else if (strcmp(name, "message") != 0)
			shape_add(new, name, field_value(draft, old->fields[i].shape, true));
	}
	struct_add(draft, new, "after", content_struct(draft, step->settings));
	draft->key = NULL;
	draft->value = new;
}

static void
decode_apply(const TransformStep *step, Draft *draft)
{
	static const char message_schema[] = "io.debezium.connector.postgresql.MessageValue";
	ContentQuestion *question;
	Shape	   *message;
	Shape	   *content;

	if (draft->value == NULL || draft->value->schema == NULL)
	{
		draft_fail(draft, "its value has no schema; tombstones must not come here");
		return;
	}
	if (draft->value->schema->name == NULL || strcmp(draft->value->schema->name, message_schema) != 0)
		return;
	message = field_find(draft->value, "message");
	content = message ? field_find(message, "content") : NULL;
	if (content == NULL || content->schema->type != CONNECT_BYTES)
	{
		draft_fail(draft, "The content of a logical decoding message is non-binary");
		return;
	}
	question = MemoryContextAlloc(draft->context, sizeof(ContentQuestion));
	question->decode = step->settings;
	question->content = field_reader(draft, content, true);
	question->complaint = MemoryContextStrdup(draft->context, step_failure(step, draft, ""));
	draft_ask(draft, ask_content, question, take_content);
}

const TransformClass message_transforms[] = {
	{"io.debezium.connector.postgresql.transforms.", "DecodeLogicalDecodingMessageContent", false,
	decode_settings, sizeof(Decode), NULL, decode_apply},
	{NULL}
};
