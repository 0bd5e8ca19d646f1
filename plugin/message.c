/*
 * message.c
 *	  Logical messages (pg_logical_emit_message) as events.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "envelope.h"
#include "fork.h"
#include "json.h"
#include "message.h"
#include "naming.h"
#include "record.h"
#include "rowheader.h"
#include "txn.h"
#include "txnmeta.h"

/* All messages share one record, but for the transaction that they name. */
struct MessagePlan
{
	Record		record[2];		/* outside and inside a transaction */
	TxnTable   *counter;		/* NULL: no transaction metadata */
};

static Shape *
key_shape(void)
{
	Shape	   *key = shape_struct(schema_new(CONNECT_STRUCT, false,
											  "io.debezium.connector.postgresql.MessageKey", 1));

	shape_add(key, "prefix", shape_slot(schema_new(CONNECT_STRING, true, NULL, 0),
										SLOT_MESSAGE_PREFIX));
	return key;
}

/* The record of messages outside or inside a transaction. */
static void
build_record(Session *session, MessagePlan *plan, bool transactional)
{
	Draft	   *draft = draft_new(session, session->ctx->context,
								  naming_service_topic(session->options, "message"),
								  key_shape(), envelope_message(session, transactional));

	if (session->options->position_headers)
		rowheader_add_position(draft, &session->txn.ordinal, 0);
	draft_make(draft, &plan->record[transactional]);
}

static MessagePlan *
build_plan(Session *session)
{
	MemoryContext old = MemoryContextSwitchTo(session->ctx->context);
	MessagePlan *plan = palloc0(sizeof(MessagePlan));

	for (int transactional = 0; transactional < 2; transactional++)
		build_record(session, plan, transactional);
	if (session->meta)
		plan->counter = txnmeta_table(session->meta, NULL, NULL);
	MemoryContextSwitchTo(old);
	return plan;
}

/* Content under binary.handling.mode. */
static void
write_content(Out *out, int mode, const char *content, size_t len)
{
	static void (*const writers[]) (Out *, const void *, size_t) = {
		[BINARY_BYTES] = json_base64,
		[BINARY_BASE64] = json_base64,
		[BINARY_BASE64_URL] = json_base64url,
		[BINARY_HEX] = json_hex,
	};

	writers[mode] (out, content, len);
}

static void
fill_slots(Session *session, const char *prefix, const char *content, size_t len)
{
	StringInfo	texts[2] = {makeStringInfo(), makeStringInfo()};
	Out			out;

	out_open(&out, texts[0]);
	json_string(&out, prefix, strlen(prefix));
	out_close(&out);
	out_open(&out, texts[1]);
	write_content(&out, session->options->types.binary, content, len);
	out_close(&out);
	session->slots[SLOT_MESSAGE_PREFIX] = (SlotText)
	{
		texts[0]->data, texts[0]->len
	};
	session->slots[SLOT_MESSAGE_CONTENT] = (SlotText)
	{
		texts[1]->data, texts[1]->len
	};
}

void
message_write(Session *session, bool transactional, XLogRecPtr lsn,
			  XLogRecPtr end_lsn, const char *prefix, const char *content, size_t len)
{
	Row			row = {.slots = session->slots};
	const Record *record;

	if (!filter_message(session->filter, prefix))
	{
		if (transactional)
			txn_dropped(session, true, lsn);
		else
			txn_set_last_commit(session, lsn);
		return;
	}
	if (session->messages == NULL)
		session->messages = build_plan(session);

	txn_set_lsn(session, lsn);
	fill_slots(session, prefix, content, len);
	record = record_for(&session->messages->record[transactional], &row);
	if (record->dropped)
	{
		if (transactional)
			txn_drop_event(session, session->messages->counter);
		else
			txn_set_last_commit(session, lsn);
		return;
	}
	if (transactional)
		txn_prepare_event(session, session->messages->counter);
	else
	{
		/* Debezium takes such a message for a commit of its own */
		txn_set_last_commit(session, lsn);
		txn_prepare_unit(session, end_lsn, 1);
	}
	record_write(session, record, &row);
	if (!transactional)
		batch_flush(&session->batch);
}
