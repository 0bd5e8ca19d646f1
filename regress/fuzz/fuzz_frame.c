/*
 * fuzz_frame.c
 *	  The reader of frames, on any bytes: it stays within them, and what was
 *	  received before reads as it did.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "frame.h"
#include "fuzz.h"
#include "wire.h"

static uint64_t sum;

/* Touches bytes, all of which must be there. */
static void
touch(const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		sum += (unsigned char) p[i];
}

static void
touch_headers(FrameText block)
{
	FrameHeader header;

	while (block.len > 0)
	{
		fuzz_claim(frame_header_next(&block, &header) == FRAME_OK);
		touch(header.name.p, header.name.len);
		if (header.value.p != NULL)
			touch(header.value.p, header.value.len);
	}
	fuzz_claim(frame_header_next(&block, &header) == FRAME_END);
}

static void
touch_event(FrameEvent *event)
{
	fuzz_claim(event->key != NULL || event->key_len == 0);
	fuzz_claim(event->value != NULL || event->value_len == 0);
	if (event->key != NULL)
		touch(event->key, event->key_len);
	if (event->value != NULL)
		touch(event->value, event->value_len);
	touch_headers((FrameText) {event->headers, event->headers_len});
	if (event->splices.p != NULL)
	{
		fuzz_claim(event->splices.len == event->nsplices * WIRE_SPLICE && event->nsplices > 0);
		touch(event->splices.p, event->splices.len);
		touch(event->request.p, event->request.len);
	}
}

static void
touch_frame(Frame *frame)
{
	switch (frame->tag)
	{
		case WIRE_HELLO:
			touch(frame->hello.plugin_version.p, frame->hello.plugin_version.len);
			touch(frame->hello.options.p, frame->hello.options.len);
			break;
		case WIRE_RELATION:
			fuzz_claim(frame->relation.topic.len >= 1 && frame->relation.topic.len <= WIRE_TOPIC_MAX);
			touch(frame->relation.topic.p, frame->relation.topic.len);
			touch(frame->relation.key_schema.p, frame->relation.key_schema.len);
			touch(frame->relation.value_schema.p, frame->relation.value_schema.len);
			touch_headers(frame->relation.headers);
			break;
		case WIRE_EVENT:
			touch_event(&frame->event);
			break;
		case WIRE_COMMIT:
			fuzz_claim(frame->commit.end_lsn >= frame->commit.commit_lsn);
			break;
		case WIRE_IDENTITY:
			touch(frame->identity.bytes.p, frame->identity.bytes.len);
			break;
		default:
			fuzz_claim(frame->tag == WIRE_BEGIN || frame->tag == WIRE_CONTROL);
			break;
	}
}

/* Reads all frames; marks events as the shipper does.  Returns their number. */
static int
read_all(char *payload, size_t size, bool received, FrameResult *result)
{
	FrameReader reader = {.p = payload,.end = payload + size,.received = received};
	Frame		frame;
	int			n = 0;

	for (;;)
	{
		char	   *at = reader.p;

		*result = frame_next(&reader, &frame);
		if (*result != FRAME_OK)
		{
			fuzz_claim(reader.p == at && (*result == FRAME_END || reader.why != NULL));
			return n;
		}
		fuzz_claim(reader.p > at && reader.p <= reader.end);
		touch_frame(&frame);
		n++;
		if (frame.tag != WIRE_EVENT)
			continue;
		fuzz_claim(frame.event.acknowledged == (received && n % 2 == 0));
		wire_put32(frame.event.body + WIRE_EVENT_RECEIVER, (uint32_t) n);
		if (n % 2 == 0)
			frame.event.body[WIRE_EVENT_FLAGS] |= (char) WIRE_RECEIVER_FLAG;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char	   *payload = malloc(size + (size == 0));
	FrameResult first;
	FrameResult again;
	int			n;

	if (payload == NULL)
		abort();
	if (size > 0)
		memcpy(payload, data, size);
	n = read_all(payload, size, false, &first);

	/* the frame that was bad may have been so for claiming to be received */
	fuzz_claim(first == FRAME_BAD || (read_all(payload, size, true, &again) == n && again == first));
	free(payload);
	return 0;
}
