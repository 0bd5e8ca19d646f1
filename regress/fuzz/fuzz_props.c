/*
 * fuzz_props.c
 *	  The reader of .properties texts.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "fuzz.h"
#include "props.h"

static void
take(const char *name, const char *value, void *arg)
{
	size_t	   *taken = arg;

	*taken += strlen(name) + strlen(value);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char	   *text = fuzz_text(data, size);
	size_t		taken = 0;
	Err			err = {0};

	/* in Latin-1 a byte becomes two at most */
	if (!props_parse("file", "fuzz", text, take, &taken, &err))
		fuzz_claim(err.kind == ERR_CONFIG && err.text[0] != '\0');
	fuzz_claim(taken <= 2 * strlen(text));
	free(text);
	return 0;
}
