/*
 * fuzz_pattern.c
 *	  Lists of regular expressions: the list, a NUL, and what is looked up.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "fuzz.h"
#include "pattern.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char	   *list = fuzz_text(data, size);
	size_t		len = strlen(list);
	const char *subject = len < size ? list + len + 1 : "public.orders";
	PatternList *patterns;
	Err			err = {0};

	if (!pattern_list_compile("table.include.list", list, &patterns, &err))
		fuzz_claim(patterns == NULL && err.kind == ERR_CONFIG && err.text[0] != '\0');
	else if (patterns != NULL)
	{
		bool		match = pattern_list_match(patterns, subject);

		fuzz_claim(pattern_included(patterns, NULL, subject) == match);
		fuzz_claim(!pattern_included(patterns, patterns, subject));
	}
	pattern_list_free(patterns);
	free(list);
	return 0;
}
