/*
 * splice.c
 *	  Puts values that were read anew into the events that wait for them.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "splice.h"
#include "wire.h"

/* A part of an event while it is copied. */
typedef struct Part
{
	char		kind;			/* WIRE_PART_* */
	const char *from;
	uint32_t	len;
} Part;

/* What is made, and what it is made of. */
typedef struct Splicing
{
	char	   *out;			/* next byte to write */
	FrameText	answers;		/* that are left */
	SpliceNote	note;
	void	   *arg;
	bool		failed;
} Splicing;

bool
splice_wanted(const SpliceRun *run)
{
	FrameReader reader = {.p = run->p,.end = run->end};
	Frame		frame;

	while (frame_next(&reader, &frame) == FRAME_OK)
		if (frame.tag == WIRE_EVENT && frame.event.splices.p != NULL)
			return true;
	return false;
}

size_t
splice_requests(const SpliceRun *run, size_t max, void (*each) (void *arg, FrameText request),
				void *arg)
{
	FrameReader reader = {.p = run->p,.end = run->end};
	Frame		frame;
	size_t		n = 0;

	while (n < max && frame_next(&reader, &frame) == FRAME_OK)
	{
		if (frame.tag != WIRE_EVENT || frame.event.splices.p == NULL)
			continue;
		each(arg, frame.event.request);
		n++;
	}
	return n;
}

/* ---- answers --------------------------------------------------------------- */

/* Takes a text off; false: there is none. */
static bool
take_text(FrameText *bytes, FrameText *text)
{
	uint32_t	len;

	if (bytes->len < 4)
		return false;
	len = wire_get32(bytes->p);
	bytes->p += 4;
	bytes->len -= 4;
	text->p = NULL;
	text->len = 0;
	if (len == WIRE_NULL)
		return true;
	if (len > bytes->len)
		return false;
	text->p = bytes->p;
	text->len = len;
	bytes->p += len;
	bytes->len -= len;
	return true;
}

/* How many bytes of answers are the next one; 0: they are none. */
static uint32_t
answer_length(FrameText answers, uint32_t nsplices)
{
	FrameText	rest = {answers.p + 1, answers.len - 1};
	FrameText	text;
	uint32_t	n = answers.p[0] == WIRE_FOUND ? nsplices : 1;

	if (answers.p[0] != WIRE_FOUND && answers.p[0] != WIRE_MISSING && answers.p[0] != WIRE_ERROR)
		return 0;
	for (uint32_t i = 0; i < n; i++)
		if (!take_text(&rest, &text))
			return 0;
	return answers.len - rest.len;
}

/* ---- events ---------------------------------------------------------------- */

static void
put(Splicing *splicing, const void *bytes, size_t len)
{
	if (len > 0)
		memcpy(splicing->out, bytes, len);
	splicing->out += len;
}

/*
 * Copies a part with the new values in it; *splice and *values move on.  Returns its
 * length.  A header's length, which is behind the splice before and so is copied as
 * it is, grows with the values in it.
 */
static uint32_t
copy_part(Splicing *splicing, const Part *part, const char **splice, const char *end,
		  FrameText *values)
{
	char	   *start = splicing->out;
	uint32_t	done = 0;		/* bytes of it that are copied */
	uint32_t	header = WIRE_NULL;
	char	   *length = NULL;	/* of that header, in what is made */

	for (; *splice < end && **splice == part->kind; *splice += WIRE_SPLICE)
	{
		uint32_t	offset = wire_get32(*splice + 1);
		uint32_t	old = wire_get32(*splice + 5);
		uint32_t	at = wire_get32(*splice + 9);
		FrameText	value;

		if (at != WIRE_NULL && at != header)
		{
			header = at;
			length = splicing->out + (at - done);
		}
		put(splicing, part->from + done, offset - done);
		/* answer_length() has found them all */
		(void) take_text(values, &value);
		if (value.p == NULL)
			value = (FrameText) {part->from + offset, old};
		put(splicing, value.p, value.len);
		done = offset + old;
		if (at != WIRE_NULL)
			wire_put32(length, wire_get32(length) + value.len - old);
	}
	put(splicing, part->from + done, part->len - done);
	return (uint32_t) (splicing->out - start);
}

/* Without its splices; values are as many texts, or none. */
static void
put_event(Splicing *splicing, const FrameEvent *event, FrameText values)
{
	char	   *frame = splicing->out;
	char	   *body = frame + WIRE_FRAME_HEAD;
	const char *splice = event->splices.p;
	const char *end = splice + (values.p != NULL ? event->splices.len : 0);
	Part		key = {WIRE_PART_KEY, event->key, event->key_len};
	Part		value = {WIRE_PART_VALUE, event->value, event->value_len};
	Part		headers = {WIRE_PART_HEADERS, event->headers, event->headers_len};

	frame[0] = WIRE_EVENT;
	splicing->out = body;
	put(splicing, event->body, WIRE_EVENT_HEAD);
	body[WIRE_EVENT_FLAGS] &= (char) ~WIRE_HAS_SPLICES;
	wire_put32(body + WIRE_EVENT_KEY_LEN, copy_part(splicing, &key, &splice, end, &values));
	wire_put32(body + WIRE_EVENT_VALUE_LEN, copy_part(splicing, &value, &splice, end, &values));
	wire_put32(body + WIRE_EVENT_HEADERS_LEN, copy_part(splicing, &headers, &splice, end, &values));
	wire_put32(frame + 1, (uint32_t) (splicing->out - body));
}

/* False: there is no answer for it. */
static bool
answer_event(Splicing *splicing, const FrameEvent *event)
{
	FrameText	answer = splicing->answers;
	FrameText	rest,
				why;

	if (answer.len == 0)
		return false;
	answer.len = answer_length(answer, event->nsplices);
	if (answer.len == 0)
	{
		splicing->failed = true;
		return false;
	}
	splicing->answers.p += answer.len;
	splicing->answers.len -= answer.len;
	rest = (FrameText) {answer.p + 1, answer.len - 1};
	if (answer.p[0] == WIRE_FOUND)
	{
		put_event(splicing, event, rest);
		return true;
	}
	(void) take_text(&rest, &why);
	put_event(splicing, event, (FrameText) {NULL, 0});
	splicing->failed = !splicing->note(splicing->arg, answer.p[0], why);
	return !splicing->failed;
}

char *
splice_apply(SpliceRun *run, FrameText answers, SpliceNote note, void *arg, size_t *len)
{
	char	   *buffer = mem_resize(NULL, (size_t) (run->end - run->p) + answers.len + 1);
	Splicing	splicing = {.out = buffer,.answers = answers,.note = note,.arg = arg};
	FrameReader reader = {.p = run->p,.end = run->end};

	for (;;)
	{
		char	   *start = reader.p;
		Frame		frame;
		bool		read = frame_next(&reader, &frame) == FRAME_OK;

		if (read && frame.tag == WIRE_EVENT && frame.event.splices.p != NULL)
		{
			if (answer_event(&splicing, &frame.event))
				continue;
			reader.p = start;
			break;
		}
		/* whoever takes the frames finds what is wrong with one */
		if (!read)
			reader.p = run->end;
		put(&splicing, start, (size_t) (reader.p - start));
		if (!read)
			break;
	}
	/* more answers than were asked for, or not one */
	if (splicing.failed || splicing.answers.len > 0 || splicing.out == buffer)
	{
		free(buffer);
		return NULL;
	}
	run->p = reader.p;
	*len = (size_t) (splicing.out - buffer);
	return mem_resize(buffer, *len);
}
