/*
 * fuzz_javadate.c
 *	  Moments under patterns: a pattern, then the text that is read under it.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "fuzz.h"
#include "javadate.h"
#include "outbuf.h"

#define NOW INT64_C(1795262400000)

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char	   *pattern = fuzz_text(data, size);
	size_t		len = strlen(pattern);
	const char *text = len < size ? pattern + len + 1 : "";
	int64_t		millis = 0;
	OutBuf		buf = {0};

	/* a pattern of letters may ask for as many digits as it is long, each 200 at most */
	if (javadate_fault(pattern) == NULL && len < 1000)
	{
		if (javadate_parse(pattern, text, NOW, &millis))
			javadate_format(outbuf_reset(&buf), pattern, millis);
		javadate_format(outbuf_reset(&buf), pattern, (int64_t) size * INT64_C(-1000000000000));
		outbuf_reset(&buf);
	}
	free(pattern);
	return 0;
}
