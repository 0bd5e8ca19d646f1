/*
 * txnmeta.c
 *	  Transaction metadata: the blocks of events, BEGIN and END.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "replication/origin.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"

#include "compat.h"
#include "envelope.h"
#include "fork.h"
#include "javahash.h"
#include "json.h"
#include "naming.h"
#include "record.h"
#include "rowheader.h"
#include "txnmeta.h"

/* "schema.table" with its zero byte, or what a message counts under. */
#define NAME_SIZE (2 * NAMEDATALEN)

/*
 * Debezium counts each message under the print of a Java object, which is
 * never the same twice; this is what stays of it.
 */
#define MESSAGES "io.debezium.connector.postgresql.LogicalDecodingMessageMonitor$LogicalDecodingMessageId"

struct TxnTable
{
	char		name[NAME_SIZE];	/* hash key */
	uint64		transaction;	/* that count belongs to */
	uint64		count;
};

struct TxnMeta
{
	Record		begin;
	Record		end;
	HTAB	   *tables;
	uint64		transaction;	/* number of the one at hand, from 1 */
	uint64		count;			/* of its events */
	TxnTable  **touched;		/* its tables, in order of their first event */
	int			ntouched;
	int			max_touched;
	char		id[48];			/* the texts behind the slots */
	char		total[24];
	char		order[24];
};

static void
build_record(Session *session, Record *record, bool end)
{
	Draft	   *draft = draft_new(session, session->ctx->context,
								  naming_service_topic(session->options, session->options->topic_transaction),
								  envelope_transaction_key(), envelope_transaction_value(end));

	if (session->options->position_headers)
		rowheader_add_position(draft, end ? &session->txn.ordinal : &rowheader_before_changes, 0);
	draft_make(draft, record);
}

TxnMeta *
txnmeta_create(Session *session)
{
	TxnMeta    *meta = palloc0(sizeof(TxnMeta));
	HASHCTL		ctl = {.keysize = NAME_SIZE,.entrysize = sizeof(TxnTable),.hcxt = CurrentMemoryContext};

	StaticAssertStmt(sizeof(MESSAGES) <= NAME_SIZE, "the messages' name fits");
	build_record(session, &meta->begin, false);
	build_record(session, &meta->end, true);
	meta->tables = hash_create("walpost transaction tables", 64, &ctl,
							   HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
	meta->max_touched = 16;
	meta->touched = palloc(meta->max_touched * sizeof(TxnTable *));
	return meta;
}

TxnTable *
txnmeta_table(TxnMeta *meta, const char *schema, const char *table)
{
	char		name[NAME_SIZE];
	bool		found;
	TxnTable   *entry;

	if (schema == NULL)
		strlcpy(name, MESSAGES, NAME_SIZE);
	else
		snprintf(name, NAME_SIZE, "%s.%s", schema, table);
	entry = hash_search(meta->tables, name, HASH_ENTER, &found);
	if (!found)
		entry->transaction = 0;
	return entry;
}

/* ---- slots --------------------------------------------------------------- */

static void
set_slot(Session *session, Slot slot, const char *text, size_t len)
{
	session->slots[slot].text = text;

	session->slots[slot].len = (uint32) len;
}

static void
set_count(Session *session, Slot slot, char *buffer, uint64 count)
{
	Out			out = {buffer, buffer + 24, NULL};

	json_uint(&out, count);
	set_slot(session, slot, buffer, out.p - buffer);
}

/* "xid:lsn", the LSN being that of the very record. */
static void
set_id(Session *session, XLogRecPtr lsn)
{
	char	   *buffer = session->meta->id;
	Out			out = {buffer, buffer + sizeof(session->meta->id), NULL};

	out_byte(&out, '"');
	out_bytes(&out, session->slots[SLOT_XID].text, session->slots[SLOT_XID].len);
	out_byte(&out, ':');
	json_uint(&out, lsn);
	out_byte(&out, '"');
	set_slot(session, SLOT_TXN_ID, buffer, out.p - buffer);
}

/* ---- counting ------------------------------------------------------------ */

static void
touch(TxnMeta *meta, TxnTable *table)
{
	table->transaction = meta->transaction;
	table->count = 0;
	if (meta->ntouched == meta->max_touched)
	{
		meta->max_touched *= 2;
		meta->touched = repalloc(meta->touched, meta->max_touched * sizeof(TxnTable *));
	}
	meta->touched[meta->ntouched++] = table;
}

void
txnmeta_event(Session *session, TxnTable *table, XLogRecPtr lsn)
{
	TxnMeta    *meta = session->meta;

	if (table->transaction != meta->transaction)
		touch(meta, table);
	set_id(session, lsn);
	set_count(session, SLOT_TXN_TOTAL, meta->total, ++meta->count);
	set_count(session, SLOT_TXN_ORDER, meta->order, ++table->count);
}

void
txnmeta_take_back(Session *session, TxnTable *table)
{
	session->meta->count--;
	table->count--;
}

/* ---- BEGIN and END ------------------------------------------------------- */

static void
put_record(Session *session, const Record *record)
{
	Row			row = {.slots = session->slots};

	record = record_for(record, &row);
	if (record->dropped)
		return;
	session->txn.events++;
	record_write(session, record, &row);
}

/*
 * With an origin the server sends BEGIN before it has a position to go with
 * it, so Debezium sees none.
 */
void
txnmeta_begin(Session *session)
{
	TxnMeta    *meta = session->meta;
	ReorderBufferTXN *txn = session->txn.txn;

	meta->transaction++;
	meta->count = 0;
	meta->ntouched = 0;
	set_id(session, txn->origin_id == InvalidRepOriginId ?
		   session->txn.change_lsn : InvalidXLogRecPtr);
	put_record(session, &meta->begin);
}

/* [{"data_collection":"public.a","event_count":1},...], as a HashMap has them */
static void
print_tables(const TxnMeta *meta, StringInfo buf)
{
	JavaEntry  *entries = palloc(Max(meta->ntouched, 1) * sizeof(JavaEntry));
	Out			out;

	for (int i = 0; i < meta->ntouched; i++)
	{
		const char *name = meta->touched[i]->name;

		entries[i].hash = java_string_hash(name, strlen(name));
		entries[i].number = i;
	}
	java_hash_order(entries, meta->ntouched);

	out_open(&out, buf);
	out_byte(&out, '[');
	for (int i = 0; i < meta->ntouched; i++)
	{
		const TxnTable *table = meta->touched[entries[i].number];

		if (i > 0)
			out_byte(&out, ',');
		out_literal(&out, "{\"data_collection\":");
		json_string(&out, table->name, strlen(table->name));
		out_literal(&out, ",\"event_count\":");
		out_reserve(&out, 24);
		json_uint(&out, table->count);
		out_byte(&out, '}');
	}
	out_byte(&out, ']');
	out_close(&out);
}

void
txnmeta_end(Session *session, XLogRecPtr end_lsn)
{
	TxnMeta    *meta = session->meta;
	MemoryContext old = MemoryContextSwitchTo(session->change_context);
	StringInfoData tables;

	initStringInfo(&tables);
	print_tables(meta, &tables);
	set_slot(session, SLOT_TXN_TABLES, tables.data, tables.len);
	set_id(session, end_lsn);
	set_count(session, SLOT_TXN_TOTAL, meta->total, meta->count);
	put_record(session, &meta->end);
	MemoryContextSwitchTo(old);
	MemoryContextReset(session->change_context);
}
