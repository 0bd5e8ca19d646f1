/*
 * frame.c
 *	  The bounds-checked reader of frames.  Pure: no allocation, no I/O.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <string.h>

#include "frame.h"
#include "wire.h"

/* The unread rest of a frame's body. */
typedef struct Body
{
	char	   *p;
	char	   *end;
} Body;

typedef const char *(*ReadFn) (Body *body, Frame *frame, bool received);

static inline size_t
body_left(const Body *body)
{
	return (size_t) (body->end - body->p);
}

/* Takes n bytes, or NULL when there are not so many. */
static inline char *
body_take(Body *body, size_t n)
{
	char	   *p = body->p;

	if (body_left(body) < n)
		return NULL;
	body->p += n;
	return p;
}

/* A u32 length and as many bytes. */
static bool
body_text(Body *body, FrameText *text)
{
	const char *p = body_take(body, 4);

	if (p == NULL)
		return false;
	text->len = wire_get32(p);
	text->p = body_take(body, text->len);
	return text->p != NULL;
}

FrameResult
frame_header_next(FrameText *block, FrameHeader *header)
{
	/* the block is only read: the cast does not let a const be written */
	Body		body = {(char *) block->p, (char *) block->p + block->len};
	const char *p;

	if (block->len == 0)
		return FRAME_END;

	if ((p = body_take(&body, 2)) == NULL)
		return FRAME_BAD;
	header->name.len = wire_get16(p);
	if ((header->name.p = body_take(&body, header->name.len)) == NULL)
		return FRAME_BAD;

	if ((p = body_take(&body, 4)) == NULL)
		return FRAME_BAD;
	header->value.len = wire_get32(p);
	header->value.p = NULL;
	if (header->value.len == WIRE_NULL)
		header->value.len = 0;
	else if ((header->value.p = body_take(&body, header->value.len)) == NULL)
		return FRAME_BAD;

	block->p = body.p;
	block->len = (uint32_t) body_left(&body);
	return FRAME_OK;
}

static bool
headers_valid(FrameText block)
{
	FrameHeader header;
	FrameResult result;

	while ((result = frame_header_next(&block, &header)) == FRAME_OK)
		;
	return result == FRAME_END;
}

/* Kafka's rule: [a-zA-Z0-9._-], not "." nor "..". */
static bool
topic_valid(FrameText topic)
{
	if (topic.len == 0 || topic.len > WIRE_TOPIC_MAX)
		return false;
	for (uint32_t i = 0; i < topic.len; i++)
	{
		char		c = topic.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			  (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-'))
			return false;
	}
	return !(topic.p[0] == '.' &&
			 (topic.len == 1 || (topic.len == 2 && topic.p[1] == '.')));
}

static const char *
read_hello(Body *body, Frame *frame, bool received)
{
	FrameHello *hello = &frame->hello;
	const char *p = body_take(body, 6);

	if (p == NULL)
		return "a HELLO frame that is cut off";
	hello->wire_version = wire_get16(p);
	hello->server_version = wire_get32(p + 2);

	/* what another version puts behind is its own */
	if (hello->wire_version != WIRE_VERSION)
	{
		hello->plugin_version = hello->options = (FrameText)
		{
			p, 0
		};
		body->p = body->end;
		return NULL;
	}
	if (!body_text(body, &hello->plugin_version) || !body_text(body, &hello->options))
		return "a HELLO frame that is cut off";
	return NULL;
}

static const char *
read_relation(Body *body, Frame *frame, bool received)
{
	FrameRelation *relation = &frame->relation;
	const char *p = body_take(body, 6);

	if (p == NULL)
		return "a RELATION frame that is cut off";
	relation->stream = wire_get32(p);
	relation->key_format = p[4];
	relation->value_format = p[5];
	if (!body_text(body, &relation->topic) ||
		!body_text(body, &relation->headers) ||
		!body_text(body, &relation->key_schema) ||
		!body_text(body, &relation->value_schema))
		return "a RELATION frame that is cut off";
	if (!topic_valid(relation->topic))
		return "a RELATION frame with a topic name that Kafka does not take";
	if (!headers_valid(relation->headers))
		return "a RELATION frame with a broken header block";
	return NULL;
}

static const char *
read_begin(Body *body, Frame *frame, bool received)
{
	const char *p = body_take(body, 20);

	if (p == NULL)
		return "a BEGIN frame that is cut off";
	frame->begin.commit_lsn = wire_get64(p);
	frame->begin.commit_us = (int64_t) wire_get64(p + 8);
	frame->begin.xid = wire_get32(p + 16);
	return NULL;
}

static const char *
read_commit(Body *body, Frame *frame, bool received)
{
	const char *p = body_take(body, 24);

	if (p == NULL)
		return "a COMMIT frame that is cut off";
	frame->commit.commit_lsn = wire_get64(p);
	frame->commit.end_lsn = wire_get64(p + 8);
	frame->commit.nevents = wire_get64(p + 16);
	if (frame->commit.end_lsn < frame->commit.commit_lsn)
		return "a COMMIT frame that ends before it begins";
	return NULL;
}

/* The same, or a null. */
static bool
body_text_or_null(Body *body, FrameText *text)
{
	if (body_left(body) >= 4 && wire_get32(body->p) == WIRE_NULL)
	{
		body->p += 4;
		*text = (FrameText)
		{
			NULL, 0
		};
		return true;
	}
	return body_text(body, text) && text->len <= WIRE_SIGNAL_MAX;
}

static bool
control_signal(Body *body, FrameControl *control)
{
	const char *p = body_take(body, 8);

	if (p == NULL)
		return false;
	control->ordinal = wire_get64(p);
	return body_text_or_null(body, &control->id) &&
		body_text_or_null(body, &control->type) && body_text_or_null(body, &control->data);
}

static bool
control_message(Body *body, FrameControl *control)
{
	const char *p = body_take(body, 4);

	if (p != NULL)
		control->nevents = wire_get32(p);
	return p != NULL;
}

static bool
control_watermark(Body *body, FrameControl *control)
{
	return body_text(body, &control->text);
}

static bool
control_snapshot(Body *body, FrameControl *control)
{
	const char *p = body_take(body, 12);

	if (p == NULL)
		return false;
	control->xmin = wire_get32(p);
	control->xmax = wire_get32(p + 4);
	control->nhidden = wire_get32(p + 8);
	control->hidden = body_take(body, (size_t) control->nhidden * 4);
	return control->hidden != NULL && body_text(body, &control->text);
}

static bool
control_chunk(Body *body, FrameControl *control)
{
	const char *p;

	if (!body_text(body, &control->text) || (p = body_take(body, 9)) == NULL)
		return false;
	control->rows = wire_get64(p);
	control->more = p[8] != 0;
	return true;
}

static bool
control_filtered(Body *body, FrameControl *control)
{
	const char *p = body_take(body, 8);

	if (p != NULL)
		control->rows = wire_get64(p);
	return p != NULL;
}

static const char *
read_control(Body *body, Frame *frame, bool received)
{
	static const struct
	{
		char		kind;
		bool		(*read) (Body *body, FrameControl *control);
	}			kinds[] = {
		{WIRE_CONTROL_MESSAGE, control_message},
		{WIRE_CONTROL_SIGNAL, control_signal},
		{WIRE_CONTROL_WATERMARK, control_watermark},
		{WIRE_CONTROL_SNAPSHOT, control_snapshot},
		{WIRE_CONTROL_CHUNK, control_chunk},
		{WIRE_CONTROL_FILTERED, control_filtered},
	};
	const char *p = body_take(body, 9);

	if (p == NULL)
		return "a CONTROL frame that is cut off";
	memset(&frame->control, 0, sizeof(frame->control));
	frame->control.kind = p[0];
	frame->control.lsn = wire_get64(p + 1);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].kind == frame->control.kind)
			return kinds[i].read(body, &frame->control) ? NULL : "a CONTROL frame that is cut off";
	return "a CONTROL frame of unknown kind";
}

static const char *
read_identity(Body *body, Frame *frame, bool received)
{
	FrameIdentity *identity = &frame->identity;
	const char *p = body_take(body, 5);

	if (p == NULL)
		return "an IDENTITY frame that is cut off";
	identity->relid = wire_get32(p);
	identity->kind = p[4];
	identity->bytes.len = (uint32_t) body_left(body);
	identity->bytes.p = body_take(body, identity->bytes.len);
	if (identity->kind != WIRE_IDENTITY_ROW &&
		(identity->kind != WIRE_IDENTITY_ALL || identity->bytes.len != 0))
		return "an IDENTITY frame of unknown kind";
	return NULL;
}

/* Is it within the part, behind the one before, and behind its header's length? */
static bool
splice_valid(const FrameEvent *event, const char *splice, const char *before)
{
	const uint32_t lengths[] = {event->key_len, event->value_len, event->headers_len};
	static const char parts[] = {WIRE_PART_KEY, WIRE_PART_VALUE, WIRE_PART_HEADERS};
	const char *part = memchr(parts, splice[0], sizeof(parts));
	uint64_t	offset = wire_get32(splice + 1);
	uint64_t	header = wire_get32(splice + 9);
	uint64_t	least = 0;

	if (part == NULL || offset + wire_get32(splice + 5) > lengths[part - parts])
		return false;
	if (before != NULL && before[0] == splice[0])
		least = (uint64_t) wire_get32(before + 1) + wire_get32(before + 5);
	else if (before != NULL && (const char *) memchr(parts, before[0], sizeof(parts)) > part)
		return false;
	if (offset < least)
		return false;
	if (header == WIRE_NULL)
		return splice[0] != WIRE_PART_HEADERS;
	if (splice[0] != WIRE_PART_HEADERS || header + 4 > offset)
		return false;
	return header >= least || (before[0] == splice[0] && header == wire_get32(before + 9));
}

/* What is behind the headers, to the end of the frame. */
static bool
read_splices(Body *body, FrameEvent *event)
{
	const char *p = body_take(body, 2);
	const char *before = NULL;

	if (p == NULL)
		return false;
	event->nsplices = wire_get16(p);
	event->splices.len = event->nsplices * WIRE_SPLICE;
	event->splices.p = body_take(body, event->splices.len);
	if (event->nsplices == 0 || event->splices.p == NULL)
		return false;
	for (p = event->splices.p; p < event->splices.p + event->splices.len; p += WIRE_SPLICE)
	{
		if (!splice_valid(event, p, before))
			return false;
		before = p;
	}
	event->request.len = (uint32_t) body_left(body);
	event->request.p = body_take(body, event->request.len);
	return true;
}

static const char *
read_event(Body *body, Frame *frame, bool received)
{
	FrameEvent *event = &frame->event;
	char	   *p = body_take(body, WIRE_EVENT_HEAD);
	FrameText	block;
	unsigned char flags;

	if (p == NULL)
		return "an EVENT frame that is cut off";
	flags = (unsigned char) p[WIRE_EVENT_FLAGS];
	if (!received &&
		(wire_get32(p + WIRE_EVENT_RECEIVER) != 0 || (flags & WIRE_RECEIVER_FLAG) != 0))
		return "an EVENT frame that claims to have been received before";
	if ((flags & ~(WIRE_HAS_KEY | WIRE_HAS_VALUE | WIRE_TO_ALL | WIRE_HAS_PARTITION | WIRE_KNOWN |
				   WIRE_HAS_SPLICES | WIRE_RECEIVER_FLAG)) != 0)
		return "an EVENT frame with unknown flags";
	if ((flags & WIRE_HAS_PARTITION) == 0 &&
		(wire_get32(p + WIRE_EVENT_FLAGS) & WIRE_PARTITION_MAX) != 0)
		return "an EVENT frame with a partition and no flag for it";

	event->body = p;
	event->known = (flags & WIRE_KNOWN) != 0;
	event->acknowledged = (flags & WIRE_RECEIVER_FLAG) != 0;
	event->stream = wire_get32(p + WIRE_EVENT_STREAM);
	event->ordinal = wire_get64(p + WIRE_EVENT_ORDINAL);
	event->timestamp = (int64_t) wire_get64(p + WIRE_EVENT_TIMESTAMP);
	event->key_len = wire_get32(p + WIRE_EVENT_KEY_LEN);
	event->value_len = wire_get32(p + WIRE_EVENT_VALUE_LEN);
	event->headers_len = wire_get32(p + WIRE_EVENT_HEADERS_LEN);
	event->relation = wire_get32(p + WIRE_EVENT_RELATION);

	event->key = body_take(body, event->key_len);
	event->value = event->key ? body_take(body, event->value_len) : NULL;
	event->headers = event->value ? body_take(body, event->headers_len) : NULL;
	if (event->headers == NULL)
		return "an EVENT frame that is cut off";

	if ((flags & WIRE_HAS_KEY) == 0)
	{
		if (event->key_len != 0)
			return "an EVENT frame with bytes for a null key";
		event->key = NULL;
	}
	if ((flags & WIRE_HAS_VALUE) == 0)
	{
		if (event->value_len != 0)
			return "an EVENT frame with bytes for a null value";
		event->value = NULL;
	}
	event->splices.p = NULL;
	if ((flags & WIRE_HAS_SPLICES) != 0 && !read_splices(body, event))
		return "an EVENT frame with broken splices";
	block.p = event->headers;
	block.len = event->headers_len;
	if (block.len != 0 && !headers_valid(block))
		return "an EVENT frame with a broken header block";
	return NULL;
}

static ReadFn
frame_read_fn(char tag)
{
	static const ReadFn readers[] = {
		[WIRE_BEGIN - 'A'] = read_begin,
		[WIRE_COMMIT - 'A'] = read_commit,
		[WIRE_EVENT - 'A'] = read_event,
		[WIRE_HELLO - 'A'] = read_hello,
		[WIRE_IDENTITY - 'A'] = read_identity,
		[WIRE_CONTROL - 'A'] = read_control,
		[WIRE_RELATION - 'A'] = read_relation,
	};

	if (tag < 'A' || (size_t) (tag - 'A') >= sizeof(readers) / sizeof(readers[0]))
		return NULL;
	return readers[tag - 'A'];
}

FrameResult
frame_next(FrameReader *reader, Frame *frame)
{
	Body		rest = {reader->p, reader->end};
	Body		body;
	const char *head;
	uint32_t	len;
	ReadFn		read;

	if (reader->p == reader->end)
		return FRAME_END;

	if ((head = body_take(&rest, WIRE_FRAME_HEAD)) == NULL)
	{
		reader->why = "a frame that is cut off";
		return FRAME_BAD;
	}
	len = wire_get32(head + 1);
	body.p = body_take(&rest, len);
	if (body.p == NULL)
	{
		reader->why = "a frame longer than its payload";
		return FRAME_BAD;
	}
	body.end = body.p + len;

	if ((read = frame_read_fn(head[0])) == NULL)
	{
		reader->why = "a frame with an unknown tag";
		return FRAME_BAD;
	}
	frame->tag = head[0];
	if ((reader->why = read(&body, frame, reader->received)) != NULL)
		return FRAME_BAD;
	if (body.p != body.end)
	{
		reader->why = "a frame with more bytes than its kind has";
		return FRAME_BAD;
	}
	reader->p = rest.p;
	return FRAME_OK;
}
