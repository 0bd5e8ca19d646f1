/*
 * record.c
 *	  Writes one record, as a frame or as a line of JSON.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "utils/hsearch.h"

#include "converter.h"
#include "json.h"
#include "record.h"
#include "reselect.h"

/* More topics than that are a mistake: each row's own, by a key's value. */
#define STREAMS_MAX 10000

/* A stream that transforms have led to; the key is the hash of what it is. */
typedef struct StreamEntry
{
	uint64		hash;
	Stream	   *stream;
} StreamEntry;

static void
create_streams(Session *session)
{
	HASHCTL		ctl = {.keysize = sizeof(uint64),.entrysize = sizeof(StreamEntry)};

	ctl.hcxt = session->ctx->context;
	session->streams = hash_create("walpost streams", 64, &ctl,
								   HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

static Stream *
make_stream(Session *session, const char *topic, const char *headers, size_t headers_len)
{
	MemoryContext old = MemoryContextSwitchTo(session->ctx->context);
	Stream	   *stream = palloc0(sizeof(Stream));
	char	   *block = palloc(headers_len + 1);

	memcpy(block, headers, headers_len);
	stream->number = session->next_stream++;
	stream->topic = pstrdup(topic);
	stream->headers = block;
	stream->headers_len = headers_len;
	MemoryContextSwitchTo(old);
	return stream;
}

static bool
is_stream(const Stream *stream, const char *topic, const char *headers, size_t headers_len)
{
	return strcmp(stream->topic, topic) == 0 && stream->headers_len == headers_len &&
		memcmp(stream->headers, headers, headers_len) == 0;
}

static Stream *
add_stream(Session *session, uint64 hash, const char *topic, const char *headers, size_t headers_len)
{
	StreamEntry *entry;

	if (hash_get_num_entries(session->streams) >= STREAMS_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
				 errmsg("transforms lead to more than %d topics", STREAMS_MAX),
				 errdetail("The next one is \"%s\".", topic),
				 errhint("Let rows be routed by a field that has few values.")));
	entry = hash_search(session->streams, &hash, HASH_ENTER, NULL);
	entry->stream = make_stream(session, topic, headers, headers_len);
	return entry->stream;
}

Stream *
record_stream(Session *session, const char *topic, const char *headers, size_t headers_len)
{
	uint64		hash = hash_bytes_extended((const unsigned char *) topic, strlen(topic),
										   hash_bytes((const unsigned char *) headers, headers_len));

	if (session->streams == NULL)
		create_streams(session);
	for (;; hash++)
	{
		StreamEntry *entry = hash_search(session->streams, &hash, HASH_FIND, NULL);

		if (entry == NULL)
			return add_stream(session, hash, topic, headers, headers_len);
		if (is_stream(entry->stream, topic, headers, headers_len))
			return entry->stream;
	}
}

static void
write_relation(Session *session, Stream *stream)
{
	Out		   *out = &session->batch.out;
	size_t		start = frame_begin(out, WIRE_RELATION);

	frame_u32(out, stream->number);
	frame_u8(out, WIRE_FORMAT_JSON);
	frame_u8(out, WIRE_FORMAT_JSON);
	frame_text(out, stream->topic, strlen(stream->topic));
	frame_text(out, stream->headers, stream->headers_len);
	frame_text(out, "", 0);
	frame_text(out, "", 0);
	frame_end(out, start);
	stream->announced = session->batches;
}

/* Runs a template for a part (WIRE_PART_*); false if there is none, or it makes a null. */
static bool
write_part(Out *out, char part, const Template *template, const Row *row, uint32 *len)
{
	size_t		start;
	bool		there;

	*len = 0;
	if (template == NULL)
		return false;
	start = out_offset(out);
	/* of what is written bare, places change afterwards */
	if (unlikely(row->splices != NULL))
		splices_begin_part(row->splices, template->form == FORM_JSON ? part : 0, start);
	template_run(template, out, row);
	there = likely(template->form == FORM_JSON) || converter_finish(template, out, start);
	if (unlikely(row->splices != NULL) && template->form != FORM_JSON)
		splices_note_bare(row->splices, template, row, part,
						  converter_bare_form(template), start, out_offset(out), 0);
	*len = (uint32) (out_offset(out) - start);
	return there;
}

/* Runs the key's, which is what an error in the rest of the record shows. */
static bool
write_key(Session *session, const Record *record, const Row *row)
{
	Writing    *writing = &session->writing;

	writing->key = out_offset(&session->batch.out);
	return write_part(&session->batch.out, WIRE_PART_KEY, record->key, row, &writing->key_len);
}

/* A number that a template prints; false: null. */
static bool
read_number(const Template *template, const Row *row, int64 *number)
{
	char		buffer[64];
	StringInfoData text = {.data = buffer,.maxlen = sizeof(buffer)};
	Out			out;

	out_open(&out, &text);
	template_run(template, &out, row);
	out_close(&out);
	*number = strtoll(buffer, NULL, 10);
	return buffer[0] != 'n';
}

/* The record's own time, or else the sender's. */
static int64
record_time(const Record *record, const Row *row)
{
	int64		time;

	if (record->timestamp == NULL || !read_number(record->timestamp, row, &time))
		return -1;
	if (time < 0)
		draft_report(psprintf("a record's timestamp is before 1970: " INT64_FORMAT " ms", time));
	return time;
}

/* The partition that a transform has chosen, with its flag; 0: none. */
static uint32
record_partition(const Record *record, const Row *row)
{
	int64		partition;

	if (record->partition == NULL || !read_number(record->partition, row, &partition))
		return 0;
	if (partition < 0 || partition > WIRE_PARTITION_MAX)
		draft_report(psprintf("a partition is a number from 0 to %d, not " INT64_FORMAT, WIRE_PARTITION_MAX, partition));
	return (uint32) WIRE_HAS_PARTITION << 24 | (uint32) partition;
}

static void
write_event(Session *session, const Record *record, const Row *row)
{
	Out		   *out = &session->batch.out;
	size_t		start = frame_begin(out, WIRE_EVENT);
	size_t		head;
	int64		time = record_time(record, row);
	uint32		partition = record_partition(record, row);
	uint32		value_len,
				headers_len;
	bool		has_key,
				has_value,
				has_splices = false;
	char	   *p;

	if (unlikely(row->splices != NULL))
		splices_begin_record(row->splices);
	out_reserve(out, WIRE_EVENT_HEAD);
	head = out_offset(out);
	memset(out->p, 0, WIRE_EVENT_HEAD);
	out->p += WIRE_EVENT_HEAD;
	has_key = write_key(session, record, row);
	has_value = write_part(out, WIRE_PART_VALUE, record->value, row, &value_len);
	(void) write_part(out, WIRE_PART_HEADERS, record->headers, row, &headers_len);
	if (unlikely(row->splices != NULL) && !session->known)
		has_splices = splices_put(row->splices, out, row);

	p = out_at(out, head);
	wire_put32(p + WIRE_EVENT_STREAM, record->stream->number);
	wire_put32(p + WIRE_EVENT_FLAGS, partition);
	p[WIRE_EVENT_FLAGS] |= (has_key ? WIRE_HAS_KEY : 0) |
		(has_value ? WIRE_HAS_VALUE : 0) | (record->to_all ? WIRE_TO_ALL : 0) |
		(has_splices ? WIRE_HAS_SPLICES : 0) | session->known;
	wire_put64(p + WIRE_EVENT_ORDINAL, session->txn.ordinal);
	wire_put64(p + WIRE_EVENT_TIMESTAMP, (uint64) time);
	wire_put32(p + WIRE_EVENT_KEY_LEN, session->writing.key_len);
	wire_put32(p + WIRE_EVENT_VALUE_LEN, value_len);
	wire_put32(p + WIRE_EVENT_HEADERS_LEN, headers_len);
	wire_put32(p + WIRE_EVENT_RELATION, row->relation);
	frame_end(out, start);
}

/* The bytes of a header block as members of a JSON object. */
static void
write_header_members(Out *out, const char *block, size_t len, bool *first)
{
	const char *end = block + len;

	while (block < end)
	{
		uint16		name_len = wire_get16(block);
		const char *name = block + 2;
		const char *value = name + name_len + 4;
		uint32		value_len = wire_get32(value - 4);

		if (!*first)
			out_byte(out, ',');
		*first = false;
		json_string(out, name, name_len);
		out_byte(out, ':');
		block = value;
		if (value_len == WIRE_NULL)
		{
			out_literal(out, "null");
			continue;
		}
		json_string(out, value, value_len);
		block += value_len;
	}
}

static void
write_line_headers(Out *out, const Record *record, const Row *row)
{
	bool		first = true;

	out_literal(out, ",\"headers\":{");
	if (record->headers)
	{
		StringInfoData block;
		Out			block_out;

		initStringInfo(&block);
		out_open(&block_out, &block);
		template_run(record->headers, &block_out, row);
		out_close(&block_out);
		write_header_members(out, block.data, block.len, &first);
	}
	write_header_members(out, record->stream->headers, record->stream->headers_len, &first);
	out_literal(out, "}}");
}

/* ,"name":number for what a record says of itself */
static void
write_line_number(Out *out, const char *name, int64 number)
{
	out_byte(out, ',');
	json_string(out, name, strlen(name));
	out_byte(out, ':');
	out_reserve(out, 24);
	json_int(out, number);
}

/* A key or value as JSON, whatever it is on the wire. */
static void
write_line_part(Out *out, const Template *template, const Row *row)
{
	if (template)
		template_run(template, out, row);
	else
		out_literal(out, "null");
}

/*
 * For people: {"topic":...,"key":...,"value":...,"headers":{...}}; behind the
 * topic the partition and timestamp of a record that has its own.
 */
static void
write_line(Session *session, const Record *record, const Row *row)
{
	Out		   *out = &session->batch.out;
	Writing    *writing = &session->writing;
	const char *topic = record->stream->topic;
	uint32		partition = record_partition(record, row);
	int64		time = record_time(record, row);

	out_literal(out, "{\"topic\":");
	json_string(out, topic, strlen(topic));
	if (partition)
		write_line_number(out, "partition", partition & WIRE_PARTITION_MAX);
	if (time >= 0)
		write_line_number(out, "timestamp", time);
	out_literal(out, ",\"key\":");
	writing->key = out_offset(out);
	write_line_part(out, record->key, row);
	writing->key_len = (uint32) (out_offset(out) - writing->key);
	out_literal(out, ",\"value\":");
	write_line_part(out, record->value, row);
	write_line_headers(out, record, row);
}

/* From here on the record can be taken back. */
static void
begin_record(Session *session, const Record *record)
{
	session->writing.start = out_offset(&session->batch.out);
	session->writing.key_len = 0;
	session->writing.open = true;
	if (unlikely(record->failure != NULL))
		draft_report(record->failure);
}

/*
 * Several snapshots of one table run at once, and number the topics that rows
 * lead to as they meet them: each batch of theirs says what its numbers mean.
 */
static inline bool
is_announced(const Session *session, const Stream *stream)
{
	return session->reads && session->streams ? stream->announced == session->batches :
		stream->announced != 0;
}

void
record_write(Session *session, const Record *record, const Row *row)
{
	if (session->options->wire == 0)
	{
		begin_record(session, record);
		write_line(session, record, row);
		session->writing.open = false;
		batch_flush(&session->batch);
		return;
	}
	if (unlikely(!is_announced(session, record->stream)))
		write_relation(session, record->stream);
	begin_record(session, record);
	write_event(session, record, row);
	session->writing.open = false;
	batch_end_record(&session->batch);
}
