/*
 * publish.c
 *	  Records that walpost.publish() writes into the WAL.
 *
 * Key, payload and headers come out as they were given: no converter, no
 * transform and no schema touches them.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "draft.h"
#include "json.h"
#include "naming.h"
#include "publish.h"
#include "record.h"
#include "rowheader.h"
#include "txn.h"

/* Bytes of a message; not terminated. */
typedef struct Piece
{
	const char *bytes;
	size_t		len;
} Piece;

/* The message at hand, as its templates see it. */
typedef struct Published
{
	Piece		key;
	Piece		payload;
	Piece		headers;
} Published;

struct PublishPlan
{
	Published publication;
	const Template *key;
	const Template *payload;
	const Template *headers;
	bool		for_people;		/* lines of JSON instead of frames */
};

/* ---- templates ----------------------------------------------------------- */

static void
print_piece(Out *out, const PublishPlan *plan, const Piece *piece)
{
	if (!plan->for_people)
		out_bytes(out, piece->bytes, piece->len);
	else if (pg_verify_mbstr(PG_UTF8, piece->bytes, (int) piece->len, true))
		json_string(out, piece->bytes, piece->len);
	else
		json_base64(out, piece->bytes, piece->len);
}

static void
print_key(Out *out, const Row *row, const void *data)
{
	const PublishPlan *plan = data;

	print_piece(out, plan, &plan->publication.key);
}

static void
print_payload(Out *out, const Row *row, const void *data)
{
	const PublishPlan *plan = data;

	print_piece(out, plan, &plan->publication.payload);
}

static void
print_headers(Out *out, const Row *row, const void *data)
{
	const PublishPlan *plan = data;

	out_bytes(out, plan->publication.headers.bytes, plan->publication.headers.len);
}

/* Its own headers, then where it is, as in any other record. */
static const Template *
headers_template(Session *session, PublishPlan *plan)
{
	Draft	   *draft = draft_new(session, session->ctx->context, "", NULL, NULL);

	draft_add_header(draft, "", shape_call(print_headers, plan));
	if (session->options->position_headers)
		rowheader_add_position(draft, &session->txn.ordinal, 0);
	draft_convert_headers(draft);
	if (draft->failure)
		draft_report(draft->failure);
	return template_compile(draft_headers(draft), false);
}

static PublishPlan *
build_plan(Session *session)
{
	MemoryContext old = MemoryContextSwitchTo(session->ctx->context);
	PublishPlan *plan = palloc0(sizeof(PublishPlan));

	plan->for_people = session->options->wire == 0;
	plan->key = template_compile(shape_call(print_key, plan), false);
	plan->payload = template_compile(shape_call(print_payload, plan), false);
	plan->headers = headers_template(session, plan);
	MemoryContextSwitchTo(old);
	return plan;
}

/* ---- messages ------------------------------------------------------------ */

/* Takes bytes off the front of what is left; false: there are not so many. */
static bool
take_bytes(Piece *rest, size_t len, Piece *piece)
{
	if (len > rest->len)
		return false;
	*piece = (Piece) {rest->bytes, len};
	*rest = (Piece) {rest->bytes + len, rest->len - len};
	return true;
}

static bool
take_text(Piece *rest, Piece *text)
{
	Piece		head;

	return take_bytes(rest, 4, &head) && take_bytes(rest, wire_get32(head.bytes), text);
}

static bool
is_header_block(Piece rest)
{
	Piece		head,
				piece;

	while (rest.len > 0)
	{
		uint32		len;

		if (!take_bytes(&rest, 2, &head) || !take_bytes(&rest, wire_get16(head.bytes), &piece) ||
			!take_bytes(&rest, 4, &head))
			return false;
		len = wire_get32(head.bytes);
		if (len != WIRE_NULL && !take_bytes(&rest, len, &piece))
			return false;
	}
	return true;
}

/* Reads a message; false: it is none. */
static bool
read_message(Piece rest, uint8 *flags, Piece *topic, Published *publication)
{
	Piece		head;

	if (!take_bytes(&rest, 1, &head) || !take_text(&rest, topic) ||
		!take_text(&rest, &publication->key) || !take_text(&rest, &publication->payload) ||
		!is_header_block(rest))
		return false;
	*flags = (uint8) head.bytes[0];
	publication->headers = rest;
	return (*flags & ~(PUBLISH_HAS_KEY | PUBLISH_HAS_PAYLOAD)) == 0;
}

/* The topic of a message that may be published; NULL: it is left out. */
static const char *
allowed_topic(Session *session, Piece topic)
{
	const char *name;

	if (memchr(topic.bytes, '\0', topic.len) != NULL)
		return NULL;
	name = pnstrdup(topic.bytes, topic.len);
	return naming_is_topic(name) && filter_publication(session->filter, name) ? name : NULL;
}

void
publish_take(Session *session, bool transactional, XLogRecPtr lsn, const char *content, size_t len)
{
	Row			row = {.slots = session->slots};
	Record		record = {0};
	PublishPlan *plan;
	Piece		topic;
	const char *name = NULL;
	uint8		flags;

	if (session->publish == NULL)
		session->publish = build_plan(session);
	plan = session->publish;
	if (transactional && read_message((Piece) {content, len}, &flags, &topic, &plan->publication))
		name = allowed_topic(session, topic);
	if (name == NULL)
	{
		if (transactional)
			txn_dropped(session, true, lsn);
		else
			txn_set_last_commit(session, lsn);
		return;
	}
	record.stream = record_stream(session, name, "", 0);
	record.key = flags & PUBLISH_HAS_KEY ? plan->key : NULL;
	record.value = flags & PUBLISH_HAS_PAYLOAD ? plan->payload : NULL;
	record.headers = plan->headers;
	txn_set_lsn(session, lsn);
	txn_prepare_record(session);
	record_write(session, &record, &row);
}
