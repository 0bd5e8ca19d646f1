/*
 * fuzz_signal.c
 *	  Signals as channels bring them: a document; or id, type and data, with a
 *	  NUL between them.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "fuzz.h"
#include "signals.h"

/* A signal holds what its kind says; an error is one line of text. */
static void
claim(Signal *signal, const Err *err)
{
	if (signal == NULL)
	{
		fuzz_claim(err->kind == ERR_DATA && err->text[0] != '\0');
		return;
	}
	fuzz_claim(signal->id != NULL);
	fuzz_claim(signal->kind != SIGNAL_LOG || signal->message[0] != '\0');
	fuzz_claim(signal->kind != SIGNAL_EXECUTE || signal->ncollections > 0);
	for (int i = 0; i < signal->ncollections; i++)
		signal_selects(signal, i, "public.orders");
	signal_filter(signal, "public.orders");
	signal_free(signal);
}

/* The bytes up to the next NUL, or all that are left. */
static FrameText
take(const uint8_t **data, size_t *size)
{
	const uint8_t *end = memchr(*data, '\0', *size);
	size_t		len = end ? (size_t) (end - *data) : *size;
	FrameText	text = {(const char *) *data, (uint32_t) len};

	*data += len + (end != NULL);
	*size -= len + (end != NULL);
	return text;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SignalText	text = {.channel = SIGNAL_FROM_SOURCE};
	Err			err = {0};

	claim(signal_read_document(SIGNAL_FROM_KAFKA, (const char *) data, size, &err), &err);
	text.id = take(&data, &size);
	text.type = take(&data, &size);
	text.data = take(&data, &size);
	claim(signal_read(&text, &err), &err);
	return 0;
}
