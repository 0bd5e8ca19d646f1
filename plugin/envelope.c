/*
 * envelope.c
 *	  Debezium's envelope as shapes: before, after, source, op and times.
 *
 * Field order, names and versions follow Debezium 3.7 (the "Data change
 * events" of its PostgreSQL connector's page; io.debezium.data.Envelope,
 * io.debezium.connector.postgresql.PostgresSourceInfoStructMaker).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "converter.h"
#include "envelope.h"
#include "naming.h"
#include "typerule.h"

static const ConnectSchema *
plain(ConnectType type, bool optional)
{
	return schema_new(type, optional, NULL, 0);
}

static Shape *
quoted(bool optional, const char *text)
{
	return shape_text(plain(CONNECT_STRING, optional), typetext_quoted(text, strlen(text)));
}

static Shape *
int64_slot(bool optional, Slot slot)
{
	return shape_slot(plain(CONNECT_INT64, optional), slot);
}

/*
 * source.snapshot: unset in the stream, so its default prints, if defaults do.
 * A row that a snapshot reads says where in it it is.
 */
static Shape *
source_snapshot(const Session *session)
{
	static const ConnectParam allowed = {
		"allowed",
		"true,first,first_in_data_collection,last_in_data_collection,last,false,incremental"
	};
	ConnectSchema *schema = schema_new(CONNECT_STRING, true, "io.debezium.data.Enum", 1);

	schema->params = &allowed;
	schema->nparams = 1;
	schema->default_json = "\"false\"";
	if (session->reads)
		return shape_slot(schema, SLOT_SNAPSHOT);
	return shape_null(schema, converter_replaces_null(session->options, HALF_VALUE) ? "\"false\"" : "null");
}

/* source.sequence: JSON within a string, the last commit's LSN and this one. */
static Shape *
source_sequence(void)
{
	Shape	   *shape = shape_concat(plain(CONNECT_STRING, true));

	shape_add(shape, NULL, shape_text(NULL, "\"["));
	shape_add(shape, NULL, shape_slot(NULL, SLOT_LAST_COMMIT));
	shape_add(shape, NULL, shape_text(NULL, ",\\\""));
	shape_add(shape, NULL, shape_slot(NULL, SLOT_LSN));
	shape_add(shape, NULL, shape_text(NULL, "\\\"]\""));
	return shape;
}

static Shape *
envelope_source(const Session *session, const char *schema, const char *table)
{
	Shape	   *source;

	source = shape_struct(schema_new(CONNECT_STRUCT, false,
									 "io.debezium.connector.postgresql.Source", 1));
	shape_add(source, "version", quoted(false, WALPOST_VERSION));
	shape_add(source, "connector", quoted(false, "postgresql"));
	shape_add(source, "name", quoted(false, session->options->topic_prefix));
	shape_add(source, "ts_ms", int64_slot(false, SLOT_COMMIT_MS));
	shape_add(source, "snapshot", source_snapshot(session));
	shape_add(source, "db", quoted(false, session->database));
	shape_add(source, "sequence", source_sequence());
	shape_add(source, "ts_us", int64_slot(true, SLOT_COMMIT_US));
	shape_add(source, "ts_ns", int64_slot(true, SLOT_COMMIT_NS));
	shape_add(source, "schema", quoted(false, schema));
	shape_add(source, "table", quoted(false, table));
	shape_add(source, "txId", int64_slot(true, SLOT_XID));
	shape_add(source, "lsn", session->incremental ?
			  shape_text(plain(CONNECT_INT64, true), "null") : int64_slot(true, SLOT_LSN));
	shape_add(source, "xmin", session->options->xmin_interval > 0 ?
			  int64_slot(true, SLOT_XMIN) : shape_text(plain(CONNECT_INT64, true), "null"));
	shape_add(source, "origin", shape_slot(plain(CONNECT_STRING, true), SLOT_ORIGIN));
	shape_add(source, "origin_lsn", int64_slot(true, SLOT_ORIGIN_LSN));
	return source;
}

/* transaction: the event's place in it, or null. */
static Shape *
envelope_transaction(const Session *session, bool transactional)
{
	Shape	   *block = shape_struct(schema_new(CONNECT_STRUCT, true, "event.block", 1));

	shape_add(block, "id", shape_slot(plain(CONNECT_STRING, false), SLOT_TXN_ID));
	shape_add(block, "total_order", int64_slot(false, SLOT_TXN_TOTAL));
	shape_add(block, "data_collection_order", int64_slot(false, SLOT_TXN_ORDER));
	return session->meta && transactional ? block : shape_text(shape_schema(block), "null");
}

static Shape *
row_or_null(const ConnectSchema *row_schema, Shape *row)
{
	return row ? row : shape_text(row_schema, "null");
}

Shape *
envelope_row(const Session *session, const char *schema_name,
			 const ConnectSchema *row_schema, Shape *before, Shape *after,
			 const char *schema, const char *table, char op)
{
	Shape	   *envelope;

	envelope = shape_struct(schema_new(CONNECT_STRUCT, false, schema_name, 2));
	shape_add(envelope, "before", row_or_null(row_schema, before));
	shape_add(envelope, "after", row_or_null(row_schema, after));
	shape_add(envelope, "source", envelope_source(session, schema, table));
	shape_add(envelope, "transaction", envelope_transaction(session, true));
	shape_add(envelope, "op", shape_text(plain(CONNECT_STRING, false),
										 psprintf("\"%c\"", op)));
	shape_add(envelope, "ts_ms", int64_slot(true, SLOT_NOW_MS));
	shape_add(envelope, "ts_us", int64_slot(true, SLOT_NOW_US));
	shape_add(envelope, "ts_ns", int64_slot(true, SLOT_NOW_NS));
	return envelope;
}

Shape *
envelope_message(const Session *session, bool transactional)
{
	Shape	   *envelope;
	Shape	   *message;
	bool		bytes = session->options->types.binary == BINARY_BYTES;

	message = shape_struct(schema_new(CONNECT_STRUCT, false,
									  "io.debezium.connector.postgresql.Message", 1));
	shape_add(message, "prefix", shape_slot(plain(CONNECT_STRING, true), SLOT_MESSAGE_PREFIX));
	shape_add(message, "content",
			  shape_slot(plain(bytes ? CONNECT_BYTES : CONNECT_STRING, true),
						 SLOT_MESSAGE_CONTENT));

	envelope = shape_struct(schema_new(CONNECT_STRUCT, false,
									   "io.debezium.connector.postgresql.MessageValue", 1));
	shape_add(envelope, "op", shape_text(plain(CONNECT_STRING, false), "\"m\""));
	shape_add(envelope, "ts_ms", int64_slot(true, SLOT_NOW_MS));
	shape_add(envelope, "source", envelope_source(session, "", ""));
	shape_add(envelope, "transaction", envelope_transaction(session, transactional));
	shape_add(envelope, "message", message);
	return envelope;
}

Shape *
envelope_transaction_key(void)
{
	Shape	   *key = shape_struct(schema_new(CONNECT_STRUCT, false,
											  "io.debezium.connector.common.TransactionMetadataKey", 1));

	shape_add(key, "id", shape_slot(plain(CONNECT_STRING, false), SLOT_TXN_ID));
	return key;
}

Shape *
envelope_transaction_value(bool end)
{
	Shape	   *value = shape_struct(schema_new(CONNECT_STRUCT, false,
												"io.debezium.connector.common.TransactionMetadataValue", 1));
	Shape	   *collection = shape_struct(schema_new(CONNECT_STRUCT, true, "event.collection", 1));
	ConnectSchema *collections = schema_new(CONNECT_ARRAY, true, NULL, 0);

	shape_add(collection, "data_collection", quoted(false, ""));
	shape_add(collection, "event_count", shape_text(plain(CONNECT_INT64, false), "0"));
	collections->values = shape_schema(collection);

	shape_add(value, "status", quoted(false, end ? "END" : "BEGIN"));
	shape_add(value, "id", shape_slot(plain(CONNECT_STRING, false), SLOT_TXN_ID));
	shape_add(value, "event_count", end ? int64_slot(true, SLOT_TXN_TOTAL) :
			  shape_text(plain(CONNECT_INT64, true), "null"));
	shape_add(value, "data_collections", end ? shape_slot(collections, SLOT_TXN_TABLES) :
			  shape_text(collections, "null"));
	shape_add(value, "ts_ms", int64_slot(false, SLOT_COMMIT_MS));
	return value;
}

Shape *
envelope_heartbeat_key(const char *topic_prefix)
{
	Shape	   *key = shape_struct(schema_new(CONNECT_STRUCT, false,
											  "io.debezium.connector.common.ServerNameKey", 1));

	shape_add(key, "serverName", quoted(false, topic_prefix));
	return key;
}

Shape *
envelope_heartbeat_value(void)
{
	Shape	   *value = shape_struct(schema_new(CONNECT_STRUCT, false,
												"io.debezium.connector.common.Heartbeat", 1));

	shape_add(value, "ts_ms", int64_slot(false, SLOT_NOW_MS));
	return value;
}
