/*
 * test_splice.c
 *	  Values put into events: where they belong, in pieces, and never from
 *	  answers that are none.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdlib.h>

#include "../../shipper/mem.h"
#include "../../shipper/splice.h"
#include "payload.h"
#include "tap.h"

static void
put_splice(Payload *to, char part, uint32_t offset, uint32_t len, uint32_t header)
{
	put_u8(to, (unsigned char) part);
	put_u32(to, offset);
	put_u32(to, len);
	put_u32(to, header);
}

/* An event, whose splices and request (a text) are empty without. */
static void
put_event(Payload *to, const char *key, const char *value, const Payload *headers,
		  const Payload *splices, uint16_t nsplices, const char *request)
{
	Payload		body = {.len = WIRE_EVENT_HEAD};

	memset(body.bytes, 0, WIRE_EVENT_HEAD);
	body.bytes[WIRE_EVENT_FLAGS] = WIRE_HAS_KEY | WIRE_HAS_VALUE | (nsplices > 0 ? WIRE_HAS_SPLICES : 0);
	wire_put32(body.bytes + WIRE_EVENT_KEY_LEN, (uint32_t) strlen(key));
	wire_put32(body.bytes + WIRE_EVENT_VALUE_LEN, (uint32_t) strlen(value));
	wire_put32(body.bytes + WIRE_EVENT_HEADERS_LEN, (uint32_t) headers->len);
	put(&body, key, strlen(key));
	put(&body, value, strlen(value));
	put(&body, headers->bytes, headers->len);
	if (nsplices > 0)
	{
		put_u16(&body, nsplices);
		put(&body, splices->bytes, splices->len);
		put(&body, request, strlen(request));
	}
	put_frame(to, WIRE_EVENT, &body);
}

/*
 * Two events of which values are read anew, around one that lacks nothing: of the
 * first the whole key, two places of the value, and two of one header and one of
 * another.
 */
static void
put_events(Payload *to)
{
	static const Payload none = {.len = 0};
	Payload		headers = {.len = 0};
	Payload		splices = {.len = 0};

	put_u16(&headers, 1);
	put(&headers, "a", 1);
	put_text(&headers, "<x,y>");
	put_u16(&headers, 2);
	put(&headers, "bb", 2);
	put_text(&headers, "z");
	put_splice(&splices, WIRE_PART_KEY, 0, 3, WIRE_NULL);
	put_splice(&splices, WIRE_PART_VALUE, 1, 1, WIRE_NULL);
	put_splice(&splices, WIRE_PART_VALUE, 3, 2, WIRE_NULL);
	put_splice(&splices, WIRE_PART_HEADERS, 8, 1, 3);
	put_splice(&splices, WIRE_PART_HEADERS, 10, 1, 3);
	put_splice(&splices, WIRE_PART_HEADERS, 20, 1, 16);
	put_event(to, "key", "[1,22]", &headers, &splices, 6, "first");
	put_event(to, "k", "between", &none, &none, 0, "");
	splices.len = 0;
	put_splice(&splices, WIRE_PART_VALUE, 0, 1, WIRE_NULL);
	put_event(to, "k", "-", &none, &splices, 1, "second");
}

/* ---- what is called ---- */

static char said[256];

static bool
note(void *arg, char status, FrameText why)
{
	snprintf(said, sizeof(said), "%c %.*s", status, (int) why.len, why.p);
	return arg == NULL;
}

static char asked[256];

static void
ask(void *arg, FrameText request)
{
	snprintf(asked + strlen(asked), sizeof(asked) - strlen(asked), "%.*s;", (int) request.len, request.p);
}

/* The payload in memory of its own size, so that one byte too many is seen. */
static SpliceRun
run_of(const Payload *payload, char **memory)
{
	*memory = mem_copy_len(payload->bytes, payload->len);
	return (SpliceRun) {*memory, *memory + payload->len};
}

static char *
apply(SpliceRun *run, const Payload *answers, void *arg, size_t *len)
{
	char	   *memory = mem_copy_len(answers->bytes, answers->len);
	char	   *made = splice_apply(run, (FrameText) {memory, (uint32_t) answers->len}, note, arg, len);

	free(memory);
	return made;
}

/* "key value header=value ..." of the next event of a payload. */
static void
is_event(FrameReader *reader, const char *expected, const char *name)
{
	char		text[256];
	Frame		frame;
	FrameText	block;
	FrameHeader header;
	int			len;

	if (!ok(frame_next(reader, &frame) == FRAME_OK && frame.tag == WIRE_EVENT, "%s: an event", name))
		return;
	ok(frame.event.splices.p == NULL, "%s: without splices", name);
	len = snprintf(text, sizeof(text), "%.*s %.*s", (int) frame.event.key_len, frame.event.key,
				   (int) frame.event.value_len, frame.event.value);
	block = (FrameText) {frame.event.headers, frame.event.headers_len};
	while (frame_header_next(&block, &header) == FRAME_OK)
		len += snprintf(text + len, sizeof(text) - len, " %.*s=%.*s", (int) header.name.len, header.name.p,
						(int) header.value.len, header.value.p);
	is_bytes(text, (size_t) len, expected, name);
}

/* ---- the tests ---- */

static void
put_first_answer(Payload *to)
{
	put_u8(to, WIRE_FOUND);
	put_text(to, "a longer key");
	put_u32(to, WIRE_NULL);
	put_text(to, "");
	put_text(to, "xxx");
	put_text(to, "yyyy");
	put_text(to, "zz");
}

static void
test_found(void)
{
	Payload		payload = {.len = 0};
	Payload		answers = {.len = 0};
	char	   *memory;
	SpliceRun	run;
	FrameReader reader = {0};
	char	   *made;
	size_t		len;

	put_events(&payload);
	run = run_of(&payload, &memory);
	ok(splice_wanted(&run), "values are wanted");
	asked[0] = '\0';
	ok(splice_requests(&run, 1, ask, NULL) == 1 && strcmp(asked, "first;") == 0, "the first request");
	ok(splice_requests(&run, 9, ask, NULL) == 2 && strcmp(asked, "first;first;second;") == 0, "all of them");

	put_first_answer(&answers);
	made = apply(&run, &answers, NULL, &len);
	if (ok(made != NULL, "an answer to the first alone"))
	{
		reader = (FrameReader) {.p = made,.end = made + len};
		is_event(&reader, "a longer key [1,] a=<xxx,yyyy> bb=zz", "with its values");
		is_event(&reader, "k between", "what lacks nothing");
		ok(reader.p == reader.end, "the next one that lacks some is not there");
	}
	free(made);

	asked[0] = '\0';
	ok(splice_requests(&run, 9, ask, NULL) == 1 && strcmp(asked, "second;") == 0, "the rest asks for the second");
	answers.len = 0;
	put_u8(&answers, WIRE_MISSING);
	put_text(&answers, "gone");
	made = apply(&run, &answers, NULL, &len);
	if (ok(made != NULL && run.p == run.end, "a row that is gone"))
	{
		reader = (FrameReader) {.p = made,.end = made + len};
		is_event(&reader, "k -", "its event is as it was");
		ok(strcmp(said, "n gone") == 0, "and that is told");
	}
	free(made);
	free(memory);
}

static void
is_refused(const Payload *answers, void *arg, const char *name)
{
	Payload		payload = {.len = 0};
	char	   *memory;
	SpliceRun	run;
	size_t		len;
	char	   *made;

	put_events(&payload);
	run = run_of(&payload, &memory);
	made = apply(&run, answers, arg, &len);
	ok(made == NULL, "%s", name);
	free(made);
	free(memory);
}

static void
test_refused(void)
{
	Payload		answers = {.len = 0};
	Payload		all = {.len = 0};

	is_refused(&answers, NULL, "no answer");
	put_first_answer(&all);
	for (size_t len = 1; len < all.len; len++)
	{
		Payload		cut = all;

		cut.len = len;
		is_refused(&cut, NULL, "an answer that is cut off");
	}
	put_u8(&answers, 'x');
	put_text(&answers, "");
	is_refused(&answers, NULL, "an answer of another kind");
	put_u8(&all, WIRE_ERROR);
	put_text(&all, "why");
	is_refused(&all, &all, "an error that is not to be borne");
	put_u8(&all, WIRE_ERROR);
	put_text(&all, "why");
	is_refused(&all, NULL, "more answers than there were requests");
}

/* Places that are not in their parts, or not in order, are none of the plugin's. */
static void
test_places(void)
{
	static const struct
	{
		char		part;
		uint32_t	offset,
					len,
					header;
		const char *name;
	}			bad[] = {
		{WIRE_PART_VALUE, 5, 2, WIRE_NULL, "behind the value"},
		{WIRE_PART_VALUE, UINT32_MAX, 2, WIRE_NULL, "far behind it"},
		{WIRE_PART_VALUE, 0, 1, 0, "a header's length in a value"},
		{WIRE_PART_HEADERS, 8, 1, WIRE_NULL, "a header without its length"},
		{WIRE_PART_HEADERS, 8, 1, 5, "a length within the value"},
		{'x', 0, 1, WIRE_NULL, "another part"},
	};
	Payload		headers = {.len = 0};

	put_u16(&headers, 1);
	put(&headers, "a", 1);
	put_text(&headers, "<x,y>");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
	{
		Payload		payload = {.len = 0};
		Payload		splices = {.len = 0};
		FrameReader reader;
		Frame		frame;

		put_splice(&splices, bad[i].part, bad[i].offset, bad[i].len, bad[i].header);
		put_event(&payload, "k", "[1,22]", &headers, &splices, 1, "");
		reader = (FrameReader) {.p = payload.bytes,.end = payload.bytes + payload.len};
		ok(frame_next(&reader, &frame) == FRAME_BAD, "%s", bad[i].name);
	}
	for (int twice = 0; twice < 2; twice++)
	{
		Payload		payload = {.len = 0};
		Payload		splices = {.len = 0};
		FrameReader reader;
		Frame		frame;

		put_splice(&splices, WIRE_PART_VALUE, 2, 2, WIRE_NULL);
		put_splice(&splices, twice ? WIRE_PART_VALUE : WIRE_PART_KEY, 0, 1, WIRE_NULL);
		put_event(&payload, "k", "[1,22]", &headers, &splices, 2, "");
		reader = (FrameReader) {.p = payload.bytes,.end = payload.bytes + payload.len};
		ok(frame_next(&reader, &frame) == FRAME_BAD, "out of order");
	}
}

int
main(void)
{
	test_found();
	test_refused();
	test_places();
	return done_testing();
}
