/*
 * test_frame.c
 *	  The frame reader: what it reads, and that nothing makes it read beyond.
 *
 * Payloads are copied to the very end of a block of their own, so that the
 * address sanitizer sees one byte too many.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdlib.h>

#include "../../shipper/frame.h"
#include "payload.h"
#include "tap.h"

static void
put_header(Payload *to, const char *name, const char *value)
{
	put_u16(to, (uint16_t) strlen(name));
	put(to, name, strlen(name));
	if (value == NULL)
		put_u32(to, WIRE_NULL);
	else
		put_text(to, value);
}

static void
put_hello(Payload *to)
{
	Payload		body = {.len = 0};

	put_u16(&body, WIRE_VERSION);
	put_u32(&body, 150020);
	put_text(&body, "0.1.0");
	put_text(&body, "a=b\n");
	put_frame(to, WIRE_HELLO, &body);
}

static void
put_relation(Payload *to, const char *topic, const Payload *headers)
{
	Payload		body = {.len = 0};

	put_u32(&body, 7);
	put_u8(&body, WIRE_FORMAT_JSON);
	put_u8(&body, WIRE_FORMAT_JSON);
	put_text(&body, topic);
	put_u32(&body, (uint32_t) headers->len);
	put(&body, headers->bytes, headers->len);
	put_text(&body, "");
	put_text(&body, "");
	put_frame(to, WIRE_RELATION, &body);
}

static void
put_begin(Payload *to)
{
	Payload		body = {.len = 0};

	put_u64(&body, 0x1000);
	put_u64(&body, 1234567);
	put_u32(&body, 42);
	put_frame(to, WIRE_BEGIN, &body);
}

static void
put_commit(Payload *to, uint64_t end_lsn)
{
	Payload		body = {.len = 0};

	put_u64(&body, 0x1000);
	put_u64(&body, end_lsn);
	put_u64(&body, 1);
	put_frame(to, WIRE_COMMIT, &body);
}

static void
put_control(Payload *to, char kind)
{
	Payload		body = {.len = 0};

	put_u8(&body, (unsigned char) kind);
	put_u64(&body, 0x2000);
	put_u32(&body, 3);
	put_frame(to, WIRE_CONTROL, &body);
}

static void
put_event(Payload *to, unsigned char flags, const char *key, const char *value,
		  const Payload *headers)
{
	Payload		body = {.len = 0};

	put_u32(&body, 0);
	put_u32(&body, 7);
	put_u8(&body, flags);
	put(&body, "\0\0\0", 3);
	put_u64(&body, 1);
	put_u64(&body, (uint64_t) -1);
	put_u32(&body, (uint32_t) strlen(key));
	put_u32(&body, (uint32_t) strlen(value));
	put_u32(&body, (uint32_t) headers->len);
	put_u32(&body, 16400);
	put(&body, key, strlen(key));
	put(&body, value, strlen(value));
	put(&body, headers->bytes, headers->len);
	put_frame(to, WIRE_EVENT, &body);
}

/* A copy that ends where its memory ends; the caller frees it. */
static FrameReader
reader_of(const Payload *payload, char **memory)
{
	*memory = malloc(payload->len ? payload->len : 1);
	memcpy(*memory, payload->bytes, payload->len);
	return (FrameReader) {
		.p = *memory,.end = *memory + payload->len
	};
}

/* Reads to the end or the first bad frame; counts what was good. */
static FrameResult
read_all(const Payload *payload, int *count, const char **why)
{
	char	   *memory;
	FrameReader reader = reader_of(payload, &memory);
	FrameResult result;
	Frame		frame;

	*count = 0;
	while ((result = frame_next(&reader, &frame)) == FRAME_OK)
		(*count)++;
	*why = reader.why;
	free(memory);
	return result;
}

static bool
text_is(FrameText text, const char *expected)
{
	return text.len == strlen(expected) && memcmp(text.p, expected, text.len) == 0;
}

static void
test_good(void)
{
	Payload		headers = {.len = 0};
	Payload		none = {.len = 0};
	Payload		payload = {.len = 0};
	char	   *memory;
	FrameReader reader;
	Frame		frame;
	FrameHeader header;
	FrameText	block;

	put_header(&headers, "name", "value");
	put_header(&headers, "null", NULL);
	put_header(&headers, "", "");
	put_hello(&payload);
	put_relation(&payload, "shop.public.orders", &headers);
	put_begin(&payload);
	put_event(&payload, WIRE_HAS_KEY | WIRE_HAS_VALUE, "{\"id\":1}", "{}", &none);
	put_event(&payload, WIRE_HAS_KEY, "{\"id\":1}", "", &headers);
	put_commit(&payload, 0x1010);
	put_control(&payload, WIRE_CONTROL_MESSAGE);
	reader = reader_of(&payload, &memory);

	ok(frame_next(&reader, &frame) == FRAME_OK && frame.tag == WIRE_HELLO &&
	   frame.hello.wire_version == WIRE_VERSION && frame.hello.server_version == 150020 &&
	   text_is(frame.hello.plugin_version, "0.1.0") && text_is(frame.hello.options, "a=b\n"),
	   "HELLO");
	ok(frame_next(&reader, &frame) == FRAME_OK && frame.tag == WIRE_RELATION &&
	   frame.relation.stream == 7 && frame.relation.key_format == WIRE_FORMAT_JSON &&
	   text_is(frame.relation.topic, "shop.public.orders") &&
	   frame.relation.headers.len == headers.len, "RELATION");

	block = frame.relation.headers;
	ok(frame_header_next(&block, &header) == FRAME_OK && text_is(header.name, "name") &&
	   text_is(header.value, "value"), "a header");
	ok(frame_header_next(&block, &header) == FRAME_OK && text_is(header.name, "null") &&
	   header.value.p == NULL, "a null header");
	ok(frame_header_next(&block, &header) == FRAME_OK && header.name.len == 0 &&
	   header.value.p != NULL && header.value.len == 0, "an empty header is not null");
	ok(frame_header_next(&block, &header) == FRAME_END, "no more headers");

	ok(frame_next(&reader, &frame) == FRAME_OK && frame.tag == WIRE_BEGIN &&
	   frame.begin.commit_lsn == 0x1000 && frame.begin.commit_us == 1234567 &&
	   frame.begin.xid == 42, "BEGIN");
	ok(frame_next(&reader, &frame) == FRAME_OK && frame.tag == WIRE_EVENT &&
	   frame.event.stream == 7 && frame.event.ordinal == 1 && frame.event.timestamp == -1 &&
	   frame.event.key_len == 8 && memcmp(frame.event.key, "{\"id\":1}", 8) == 0 &&
	   frame.event.value_len == 2 && memcmp(frame.event.value, "{}", 2) == 0 &&
	   !frame.event.acknowledged, "EVENT");
	ok(frame_next(&reader, &frame) == FRAME_OK && frame.event.value == NULL &&
	   frame.event.key != NULL && frame.event.headers_len == headers.len, "a tombstone with headers");
	ok(frame_next(&reader, &frame) == FRAME_OK && frame.tag == WIRE_COMMIT &&
	   frame.commit.commit_lsn == 0x1000 && frame.commit.end_lsn == 0x1010 &&
	   frame.commit.nevents == 1, "COMMIT");
	ok(frame_next(&reader, &frame) == FRAME_OK && frame.tag == WIRE_CONTROL &&
	   frame.control.kind == WIRE_CONTROL_MESSAGE && frame.control.lsn == 0x2000 &&
	   frame.control.nevents == 3, "CONTROL");
	ok(frame_next(&reader, &frame) == FRAME_END, "the end");
	free(memory);
}

/* What the receiver writes into an event is refused from the wire. */
static void
test_receiver(void)
{
	Payload		none = {.len = 0};
	Payload		payload = {.len = 0};
	char	   *memory;
	FrameReader reader;
	Frame		frame;

	put_event(&payload, WIRE_HAS_KEY, "k", "", &none);
	payload.bytes[WIRE_FRAME_HEAD + WIRE_EVENT_RECEIVER] = 1;
	reader = reader_of(&payload, &memory);
	ok(frame_next(&reader, &frame) == FRAME_BAD, "RECEIVER is the receiver's");
	reader.received = true;
	ok(frame_next(&reader, &frame) == FRAME_OK && !frame.event.acknowledged,
	   "and is read again by it");
	free(memory);

	payload.bytes[WIRE_FRAME_HEAD + WIRE_EVENT_FLAGS] |= (char) WIRE_RECEIVER_FLAG;
	reader = reader_of(&payload, &memory);
	reader.received = true;
	ok(frame_next(&reader, &frame) == FRAME_OK && frame.event.acknowledged,
	   "so is the mark of an acknowledgement");
	free(memory);
}

static void
expect_bad(const Payload *payload, const char *name)
{
	const char *why;
	int			count;
	FrameResult result = read_all(payload, &count, &why);

	ok(result == FRAME_BAD && why != NULL, "%s: %s", name, result == FRAME_BAD ? why : "not refused");
}

static void
test_bad(void)
{
	static const char *const topics[] = {"", ".", "..", "a b", "a/b", "\xc3\xa4"};
	Payload		none = {.len = 0};
	Payload		broken = {.len = 0};
	Payload		payload;
	char		name[WIRE_TOPIC_MAX + 2];

	for (size_t i = 0; i < sizeof(topics) / sizeof(topics[0]); i++)
	{
		payload.len = 0;
		put_relation(&payload, topics[i], &none);
		expect_bad(&payload, "topic name");
	}
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	payload.len = 0;
	put_relation(&payload, name, &none);
	expect_bad(&payload, "long topic name");

	put_header(&broken, "name", "value");
	broken.len--;
	payload.len = 0;
	put_relation(&payload, "t", &broken);
	expect_bad(&payload, "headers of a relation");
	payload.len = 0;
	put_event(&payload, WIRE_HAS_KEY, "k", "", &broken);
	expect_bad(&payload, "headers of an event");

	payload.len = 0;
	put_event(&payload, 0, "k", "", &none);
	expect_bad(&payload, "null key");
	payload.len = 0;
	put_event(&payload, 0, "", "v", &none);
	expect_bad(&payload, "null value");
	payload.len = 0;
	put_event(&payload, 0x40, "", "", &none);
	expect_bad(&payload, "flags");
	payload.len = 0;
	put_commit(&payload, 0xfff);
	expect_bad(&payload, "commit");
	payload.len = 0;
	put_control(&payload, 'x');
	expect_bad(&payload, "control");
	payload.len = 0;
	put_frame(&payload, 'Z', &none);
	expect_bad(&payload, "tag");
	payload.len = 0;
	put_frame(&payload, '\xff', &none);
	expect_bad(&payload, "tag above ASCII");

	payload.len = 0;
	put_begin(&payload);
	put_u8(&payload, 0);
	wire_put32(payload.bytes + 1, 21);
	expect_bad(&payload, "a byte too many");
}

/* Every shorter payload is either cut between two frames, or bad. */
static void
test_truncated(void)
{
	Payload		headers = {.len = 0};
	Payload		payload = {.len = 0};
	size_t		bounds[8];
	size_t		nbounds = 0;
	bool		good = true;

	put_header(&headers, "h", "v");
	bounds[nbounds++] = payload.len;
	put_hello(&payload);
	bounds[nbounds++] = payload.len;
	put_relation(&payload, "t", &headers);
	bounds[nbounds++] = payload.len;
	put_begin(&payload);
	bounds[nbounds++] = payload.len;
	put_event(&payload, WIRE_HAS_KEY | WIRE_HAS_VALUE, "key", "value", &headers);
	bounds[nbounds++] = payload.len;
	put_commit(&payload, 0x2000);
	bounds[nbounds++] = payload.len;

	for (size_t len = 0; len <= bounds[nbounds - 1]; len++)
	{
		const char *why;
		int			count;
		int			whole = 0;
		FrameResult result;

		payload.len = len;
		result = read_all(&payload, &count, &why);
		while ((size_t) whole + 1 < nbounds && bounds[whole + 1] <= len)
			whole++;
		good = good && count == whole &&
			result == (bounds[whole] == len ? FRAME_END : FRAME_BAD);
	}
	ok(good, "a payload cut anywhere");
}

/* Random damage: no verdict expected, only that the sanitizer stays silent. */
static void
test_damaged(void)
{
	Payload		headers = {.len = 0};
	Payload		original = {.len = 0};
	long		frames = 0;

	srandom(1);
	put_header(&headers, "h", "v");
	put_hello(&original);
	put_relation(&original, "t", &headers);
	put_begin(&original);
	put_event(&original, WIRE_HAS_KEY | WIRE_HAS_VALUE, "key", "value", &headers);
	put_commit(&original, 0x2000);
	put_control(&original, WIRE_CONTROL_MESSAGE);

	for (int round = 0; round < 200000; round++)
	{
		Payload		payload = original;
		const char *why;
		int			count;

		for (long n = random() % 4; n >= 0; n--)
			payload.bytes[random() % payload.len] = (char) random();
		read_all(&payload, &count, &why);
		frames += count;
	}
	ok(frames > 0 && frames < 200000 * 6, "200000 damaged payloads, %ld frames in them", frames);
}

/* What a snapshot beside the stream needs. */
static void
test_snapshot(void)
{
	Payload		body = {.len = 0};
	Payload		payload = {.len = 0};
	FrameReader reader;
	Frame		frame;
	char	   *memory;

	put_u8(&body, WIRE_CONTROL_SNAPSHOT);
	put_u64(&body, 0);
	put_u32(&body, 100);
	put_u32(&body, 110);
	put_u32(&body, 2);
	put_u32(&body, 101);
	put_u32(&body, 103);
	put_u32(&body, 3);
	put(&body, "{9}", 3);
	put_frame(&payload, WIRE_CONTROL, &body);
	body.len = 0;
	put_u8(&body, WIRE_CONTROL_CHUNK);
	put_u64(&body, 0);
	put_u32(&body, 3);
	put(&body, "{5}", 3);
	put_u64(&body, 5);
	put_u8(&body, 1);
	put_frame(&payload, WIRE_CONTROL, &body);
	body.len = 0;
	put_u8(&body, WIRE_CONTROL_FILTERED);
	put_u64(&body, 0);
	put_u64(&body, 7);
	put_frame(&payload, WIRE_CONTROL, &body);
	body.len = 0;
	put_u32(&body, 16384);
	put_u8(&body, WIRE_IDENTITY_ROW);
	put(&body, "key", 3);
	put_frame(&payload, WIRE_IDENTITY, &body);
	body.len = 0;
	put_u32(&body, 16384);
	put_u8(&body, WIRE_IDENTITY_ALL);
	put(&body, "key", 3);
	put_frame(&payload, WIRE_IDENTITY, &body);

	reader = reader_of(&payload, &memory);
	ok(frame_next(&reader, &frame) == FRAME_OK && frame.control.kind == WIRE_CONTROL_SNAPSHOT &&
	   frame.control.xmin == 100 && frame.control.xmax == 110 && frame.control.nhidden == 2 &&
	   wire_get32(frame.control.hidden + 4) == 103 && frame.control.text.len == 3, "CONTROL of a snapshot");
	ok(frame_next(&reader, &frame) == FRAME_OK && frame.control.kind == WIRE_CONTROL_CHUNK &&
	   frame.control.rows == 5 && frame.control.more && memcmp(frame.control.text.p, "{5}", 3) == 0,
	   "CONTROL of a chunk");
	ok(frame_next(&reader, &frame) == FRAME_OK && frame.control.kind == WIRE_CONTROL_FILTERED &&
	   frame.control.rows == 7, "CONTROL of filtered changes");
	ok(frame_next(&reader, &frame) == FRAME_OK && frame.tag == WIRE_IDENTITY &&
	   frame.identity.relid == 16384 && frame.identity.bytes.len == 3, "IDENTITY");
	ok(frame_next(&reader, &frame) == FRAME_BAD, "IDENTITY of all rows that names one");
	free(memory);
}

int
main(void)
{
	test_good();
	test_snapshot();
	test_receiver();
	test_bad();
	test_truncated();
	test_damaged();
	return done_testing();
}
