/*
 * notifications.c
 *	  Debezium's notifications (io.debezium.pipeline.notification of 3.7).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "conf_list.h"
#include "log.h"
#include "mem.h"
#include "notifications.h"
#include "runid.h"
#include "wire.h"

#define LOG_MODULE "notification"

/* A record; acknowledged: WIRE_RECEIVER_FLAG. */
typedef struct Record
{
	struct Record *next;
	char	   *body;
} Record;

struct Notifications
{
	Producer   *producer;
	const char *connector;
	int64_t		chunk_size;
	int			topic;			/* -1: no channel "sink" */
	bool		log;
	bool		pieces;			/* those of tables are told of */
	bool		key_schema;
	bool		value_schema;
	Record	   *first;
	Record	  **end;
	LogLimit	limit;
};

static const char *const subjects[] = {
	[NOTICE_INITIAL] = "Initial Snapshot",
	[NOTICE_INCREMENTAL] = "Incremental Snapshot",
};

static const char *const types[NOTICE_TYPES] = {
	[NOTICE_STARTED] = "STARTED",
	[NOTICE_RESOLVED] = "DATA_COLLECTIONS_RESOLVED",
	[NOTICE_PAUSED] = "PAUSED",
	[NOTICE_RESUMED] = "RESUMED",
	[NOTICE_ABORTED] = "ABORTED",
	[NOTICE_SKIPPED] = "SKIPPED",
	[NOTICE_IN_PROGRESS] = "IN_PROGRESS",
	[NOTICE_TABLE_SCAN_COMPLETED] = "TABLE_SCAN_COMPLETED",
	[NOTICE_CHUNK_IN_PROGRESS] = "TABLE_CHUNK_IN_PROGRESS",
	[NOTICE_CHUNK_COMPLETED] = "TABLE_CHUNK_COMPLETED",
	[NOTICE_COMPLETED] = "COMPLETED",
};

/* Fields of additional_data. */
typedef enum Field
{
	FIELD_NONE,
	FIELD_CONNECTOR,
	FIELD_COLLECTIONS,
	FIELD_CURRENT,
	FIELD_SCANNED,
	FIELD_ROWS,
	FIELD_STATUS,
	FIELD_MAXIMUM,
	FIELD_LAST,
	FIELD_EXPECTED,
	FIELD_CHUNK,
	FIELD_CHUNKS
} Field;

static const char *const field_names[] = {
	[FIELD_CONNECTOR] = "connector_name",
	[FIELD_COLLECTIONS] = "data_collections",
	[FIELD_CURRENT] = "current_collection_in_progress",
	[FIELD_SCANNED] = "scanned_collection",
	[FIELD_ROWS] = "total_rows_scanned",
	[FIELD_STATUS] = "status",
	[FIELD_MAXIMUM] = "maximum_key",
	[FIELD_LAST] = "last_processed_key",
	[FIELD_EXPECTED] = "total_rows",
	[FIELD_CHUNK] = "chunk_index",
	[FIELD_CHUNKS] = "total_chunks",
};

#define FIELDS_MAX 8

/*
 * Which fields a notice has, in the order of Java's HashMap of that size.  Where
 * two of them share a bucket (data_collections and status of an initial snapshot,
 * scanned_collection and chunk_index) Debezium's own order is another in each process.  expected: how many rows there
 * are is known; the first row that fits counts.
 */
static const struct Layout
{
	NoticeOf	of;
	NoticeType	type;
	bool		expected;
	Field		fields[FIELDS_MAX];
}			layouts[] =
{
	{NOTICE_INITIAL, NOTICE_RESOLVED, false, {FIELD_CONNECTOR, FIELD_COLLECTIONS}},
	{NOTICE_INITIAL, NOTICE_IN_PROGRESS, false, {FIELD_CURRENT, FIELD_CONNECTOR, FIELD_COLLECTIONS}},
	{NOTICE_INITIAL, NOTICE_TABLE_SCAN_COMPLETED, false,
	{FIELD_SCANNED, FIELD_CONNECTOR, FIELD_ROWS, FIELD_COLLECTIONS, FIELD_STATUS}},
	{NOTICE_INITIAL, NOTICE_CHUNK_IN_PROGRESS, false,
	{FIELD_CURRENT, FIELD_CHUNK, FIELD_CONNECTOR, FIELD_CHUNKS, FIELD_ROWS}},
	{NOTICE_INITIAL, NOTICE_CHUNK_COMPLETED, false,
	{FIELD_SCANNED, FIELD_CHUNK, FIELD_CONNECTOR, FIELD_CHUNKS, FIELD_COLLECTIONS, FIELD_STATUS}},
	{NOTICE_INCREMENTAL, NOTICE_STARTED, false, {FIELD_CONNECTOR, FIELD_COLLECTIONS}},
	{NOTICE_INCREMENTAL, NOTICE_RESOLVED, false, {FIELD_CONNECTOR, FIELD_COLLECTIONS}},
	{NOTICE_INCREMENTAL, NOTICE_PAUSED, false, {FIELD_CONNECTOR, FIELD_COLLECTIONS}},
	{NOTICE_INCREMENTAL, NOTICE_RESUMED, false, {FIELD_CONNECTOR, FIELD_COLLECTIONS}},
	{NOTICE_INCREMENTAL, NOTICE_ABORTED, false, {FIELD_CONNECTOR, FIELD_COLLECTIONS}},
	{NOTICE_INCREMENTAL, NOTICE_IN_PROGRESS, true,
	{FIELD_CHUNK, FIELD_LAST, FIELD_EXPECTED, FIELD_CURRENT, FIELD_CONNECTOR, FIELD_CHUNKS, FIELD_MAXIMUM, FIELD_COLLECTIONS}},
	{NOTICE_INCREMENTAL, NOTICE_IN_PROGRESS, false,
	{FIELD_CURRENT, FIELD_CONNECTOR, FIELD_MAXIMUM, FIELD_COLLECTIONS, FIELD_LAST}},
	{NOTICE_INCREMENTAL, NOTICE_TABLE_SCAN_COMPLETED, true,
	{FIELD_SCANNED, FIELD_CONNECTOR, FIELD_ROWS, FIELD_EXPECTED, FIELD_COLLECTIONS, FIELD_STATUS}},
	{NOTICE_INCREMENTAL, NOTICE_TABLE_SCAN_COMPLETED, false,
	{FIELD_SCANNED, FIELD_CONNECTOR, FIELD_ROWS, FIELD_COLLECTIONS, FIELD_STATUS}},
};

static const Field plain_layout[FIELDS_MAX] = {FIELD_CONNECTOR};

/* ---- what a notice says ------------------------------------------------------ */

static const Field *
layout_of(const Notice *notice)
{
	for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++)
		if (layouts[i].of == notice->of && layouts[i].type == notice->type &&
			(!layouts[i].expected || notice->expected > 0))
			return layouts[i].fields;
	return plain_layout;
}

static json_t *
number(int64_t n)
{
	return json_sprintf("%lld", (long long) n);
}

/* So many chunks are that many rows, by the size that is configured. */
static json_t *
chunks(const Notifications *notifications, int64_t rows)
{
	return number((rows + notifications->chunk_size - 1) / notifications->chunk_size);
}

/* The text of a field; NULL where the notice does not say it. */
static json_t *
field_value(const Notifications *notifications, const Notice *notice, Field field)
{
	switch (field)
	{
		case FIELD_CONNECTOR:
			return json_string(notifications->connector);
		case FIELD_COLLECTIONS:
			return notice->collections ? json_string(notice->collections) : NULL;
		case FIELD_CURRENT:
		case FIELD_SCANNED:
			return json_string(notice->collection);
		case FIELD_ROWS:
			return notice->rows < 0 ? NULL : number(notice->rows);
		case FIELD_EXPECTED:
			return number(notice->expected);
		case FIELD_CHUNK:
			return notice->of == NOTICE_INITIAL ? number(notice->chunk) :
				chunks(notifications, notice->rows < 0 ? 0 : notice->rows);
		case FIELD_CHUNKS:
			return notice->of == NOTICE_INITIAL ? number(notice->chunks) : chunks(notifications, notice->expected);
		case FIELD_STATUS:
			return json_string(notice->status);
		case FIELD_MAXIMUM:
			/* with these quotation marks, in Debezium */
			return json_string(notice->maximum_key ? notice->maximum_key : "\"<null>\"");
		case FIELD_LAST:
			return json_string(notice->last_key ? notice->last_key : "");
		default:
			return NULL;
	}
}

static json_t *
additional_data(const Notifications *notifications, const Notice *notice)
{
	const Field *fields = layout_of(notice);
	json_t	   *data = json_object();

	for (int i = 0; i < FIELDS_MAX && fields[i] != FIELD_NONE; i++)
	{
		json_t	   *value = field_value(notifications, notice, fields[i]);

		if (value != NULL)
			json_object_set_new(data, field_names[fields[i]], value);
	}
	return data;
}

/* The payload; id is that of the signal, or made. */
static json_t *
payload(const Notifications *notifications, const Notice *notice, const char *id)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return json_pack("{s:s, s:s, s:s, s:o, s:I}", "id", id, "type", types[notice->type],
					 "aggregate_type", subjects[notice->of],
					 "additional_data", additional_data(notifications, notice),
					 "timestamp", (json_int_t) now.tv_sec * 1000 + now.tv_nsec / 1000000);
}

/* ---- the record ------------------------------------------------------------------ */

#define FIELD_SCHEMA(type, name) "{\"type\":\"" type "\",\"optional\":false,\"field\":\"" name "\"}"
#define STRUCT_SCHEMA(fields, name) \
	"{\"schema\":{\"type\":\"struct\",\"fields\":[" fields "],\"optional\":false," \
	"\"name\":\"io.debezium.connector.common." name "\",\"version\":1},\"payload\":"

static const char key_schema[] = STRUCT_SCHEMA(FIELD_SCHEMA("string", "id"), "NotificationKey");
static const char value_schema[] =
STRUCT_SCHEMA(FIELD_SCHEMA("string", "id") "," FIELD_SCHEMA("string", "type") ","
			  FIELD_SCHEMA("string", "aggregate_type") ","
			  "{\"type\":\"map\",\"keys\":{\"type\":\"string\",\"optional\":false},"
			  "\"values\":{\"type\":\"string\",\"optional\":false},"
			  "\"optional\":true,\"field\":\"additional_data\"},"
			  FIELD_SCHEMA("int64", "timestamp"), "Notification");

/* Takes over value. */
static char *
print(json_t *value, const char *schema)
{
	char	   *text = json_dumps(value, JSON_COMPACT);
	char	   *whole;

	json_decref(value);
	if (text == NULL)
		mem_exhausted();
	if (schema == NULL)
		return text;
	whole = mem_print("%s%s}", schema, text);
	free(text);
	return whole;
}

static bool
is_pending(const Record *record)
{
	return (record->body[WIRE_EVENT_FLAGS] & WIRE_RECEIVER_FLAG) == 0;
}

/* The records that Kafka has, or does not take, are done with. */
static void
drop_done(Notifications *notifications)
{
	Record	  **link = &notifications->first;

	while (*link != NULL)
	{
		Record	   *record = *link;

		if (is_pending(record))
		{
			link = &record->next;
			continue;
		}
		*link = record->next;
		free(record->body);
		free(record);
	}
	notifications->end = link;
}

static char *
make_body(const char *key, const char *value)
{
	size_t		key_len = strlen(key);
	size_t		value_len = strlen(value);
	char	   *body = mem_zero(WIRE_EVENT_HEAD + key_len + value_len);

	memcpy(body + WIRE_EVENT_HEAD, key, key_len);
	memcpy(body + WIRE_EVENT_HEAD + key_len, value, value_len);
	wire_put32(body + WIRE_EVENT_KEY_LEN, (uint32_t) key_len);
	wire_put32(body + WIRE_EVENT_VALUE_LEN, (uint32_t) value_len);
	wire_put64(body + WIRE_EVENT_TIMESTAMP, (uint64_t) -1);
	body[WIRE_EVENT_FLAGS] = WIRE_HAS_KEY | WIRE_HAS_VALUE;
	return body;
}

static void
queue(Notifications *notifications, Record *record)
{
	FrameEvent	event = {.body = record->body};

	producer_add(notifications->producer, notifications->topic, &event, NULL);
}

static void
send_record(Notifications *notifications, const char *id, json_t *value)
{
	Record	   *record = mem_zero(sizeof(Record));
	char	   *key = print(json_pack("{s:s}", "id", id), notifications->key_schema ? key_schema : NULL);
	char	   *text = print(json_incref(value), notifications->value_schema ? value_schema : NULL);

	record->body = make_body(key, text);
	free(key);
	free(text);
	drop_done(notifications);
	*notifications->end = record;
	notifications->end = &record->next;
	queue(notifications, record);
}

static void
write_line(json_t *value)
{
	char	   *text = print(json_incref(value), NULL);

	log_info("%s", text);
	free(text);
}

void
notifications_send(Notifications *notifications, const Notice *notice)
{
	char		made[RUNID_SIZE] = "";
	const char *id = notice->id;
	json_t	   *value;
	Err			err;

	if (notifications == NULL ||
		(!notifications->pieces && (notice->type == NOTICE_CHUNK_IN_PROGRESS || notice->type == NOTICE_CHUNK_COMPLETED)))
		return;
	if (id == NULL)
	{
		if (!runid_make(made, &err))
			log_warn("%s", err.text);
		id = made;
	}
	value = payload(notifications, notice, id);
	if (value == NULL)
		mem_exhausted();
	if (notifications->log)
		write_line(value);
	if (notifications->topic >= 0)
		send_record(notifications, id, value);
	json_decref(value);
}

/* ---- the whole ------------------------------------------------------------------ */

Notifications *
notifications_new(const Conf *conf, Producer *producer, Topics *topics)
{
	const char *channels = conf_get(conf, "notification.enabled.channels");
	bool		sink = conf_list_has(channels, "sink");
	bool		log = conf_list_has(channels, "log");
	Notifications *notifications;

	if (!sink && !log)
		return NULL;
	notifications = mem_zero(sizeof(Notifications));
	notifications->producer = producer;
	notifications->connector = conf_get(conf, "topic.prefix");
	notifications->chunk_size = conf_get_int(conf, "incremental.snapshot.chunk.size");
	notifications->topic = sink ? topics_named(topics, conf_get(conf, "notification.sink.topic.name")) : -1;
	notifications->log = log;
	notifications->pieces = conf_get_int(conf, "snapshot.max.threads") > 1 ||
		conf_get_int(conf, "snapshot.max.threads.multiplier") > 1;
	notifications->key_schema = conf_get_bool(conf, "key.converter.schemas.enable");
	notifications->value_schema = conf_get_bool(conf, "value.converter.schemas.enable");
	notifications->end = &notifications->first;
	return notifications;
}

void
notifications_free(Notifications *notifications)
{
	if (notifications == NULL)
		return;
	while (notifications->first != NULL)
	{
		Record	   *record = notifications->first;

		notifications->first = record->next;
		free(record->body);
		free(record);
	}
	free(notifications);
}

bool
notifications_pending(const Notifications *notifications)
{
	if (notifications == NULL)
		return false;
	for (const Record *record = notifications->first; record != NULL; record = record->next)
		if (is_pending(record))
			return true;
	return false;
}

void
notifications_resend(Notifications *notifications)
{
	if (notifications == NULL)
		return;
	for (Record *record = notifications->first; record != NULL; record = record->next)
		if (is_pending(record))
			queue(notifications, record);
}

bool
notifications_refused(Notifications *notifications, const ProducerRefusal *refusal)
{
	if (notifications == NULL)
		return false;
	for (Record *record = notifications->first; record != NULL; record = record->next)
	{
		if (record->body != refusal->event.body)
			continue;
		record->body[WIRE_EVENT_FLAGS] |= (char) WIRE_RECEIVER_FLAG;
		if (log_limit_pass(&notifications->limit))
			log_warn("could not write a notification to topic \"%s\": %s; %s",
					 producer_topic_name(notifications->producer, notifications->topic),
					 refusal->text, refusal->remedy);
		return true;
	}
	return false;
}
