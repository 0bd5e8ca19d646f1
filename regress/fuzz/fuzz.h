/*
 * fuzz.h
 *	  What the fuzz targets share.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_FUZZ_H
#define WALPOST_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is left of an input. */
typedef struct FuzzInput
{
	const uint8_t *p;
	const uint8_t *end;
} FuzzInput;

/* The next byte, 0 behind the end. */
__attribute__((unused))
static uint8_t
fuzz_byte(FuzzInput *input)
{
	return input->p < input->end ? *input->p++ : 0;
}

/*
 * A copy of bytes, with a NUL behind them: of just that size, so that reading
 * on is noticed.  Caller frees.
 */
__attribute__((unused))
static char *
fuzz_text(const uint8_t *data, size_t size)
{
	char	   *text = malloc(size + 1);

	if (text == NULL)
		abort();
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

/* What must hold for every input. */
#define fuzz_claim(what) \
	do { \
		if (!(what)) \
		{ \
			fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #what); \
			abort(); \
		} \
	} while (0)

extern int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif							/* WALPOST_FUZZ_H */
