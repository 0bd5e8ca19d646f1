/*
 * test_jsonstr.c
 *	  JSON strings against a plain implementation, by every way of writing
 *	  them that this processor has.
 *
 * The source is included, since only it knows the ways; test_jsonstr_any.c
 * compiles it once more as for a processor without vectors.
 *
 * cc -std=gnu11 -Iplugin regress/unit/test_jsonstr.c
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdio.h>
#include <stdlib.h>

#include "../../plugin/jsonstr.c"
#include "outbuf.h"
#include "tap.h"

static OutBuf buf;

#define is_written(expected, name) \
	is_bytes(buf.start, outbuf_len(&buf), (expected), (name))

/* One character at a time, as the specification says it. */
static size_t
plain_escape(char *to, const char *text, size_t len)
{
	const unsigned char *s = (const unsigned char *) text;
	char	   *p = to;

	for (size_t i = 0; i < len; i++)
	{
		const char *named = s[i] ? strchr("\bb\tt\nn\ff\rr\"\"\\\\", s[i]) : NULL;

		if (s[i] < 0x20 || s[i] == '"' || s[i] == '\\')
		{
			if (named != NULL && s[i] < 0x60 && (s[i] < 0x20 || s[i] == '"' || s[i] == '\\'))
				p += sprintf(p, "\\%c", s[i] < 0x20 ? named[1] : s[i]);
			else
				p += sprintf(p, "\\u%04X", s[i]);
		}
		else if (s[i] >= 0xF0)
		{
			unsigned	c = (s[i] & 7) << 18 | (s[i + 1] & 63) << 12 |
				(s[i + 2] & 63) << 6 | (s[i + 3] & 63);

			p += sprintf(p, "\\u%04X\\u%04X", 0xD800 + ((c - 0x10000) >> 10),
						 0xDC00 + ((c - 0x10000) & 0x3FF));
			i += 3;
		}
		else
			*p++ = text[i];
	}
	return p - to;
}

/* Is a text escaped as by the plain way, without a byte read beyond its end? */
static bool
escapes_plainly(const char *text, size_t len)
{
	static char expected[16384];
	char	   *alone = malloc(len);	/* its end is watched */
	size_t		n = plain_escape(expected, text, len);
	bool		same;

	memcpy(alone, text, len);
	json_escape(outbuf_reset(&buf), alone, len);
	free(alone);
	same = outbuf_len(&buf) == n && (n == 0 || memcmp(buf.start, expected, n) == 0);

	/* and into a buffer that cannot grow */
	outbuf_reset(&buf);
	out_reserve(&buf.out, JSON_STRING_ROOM(len));
	alone = buf.start;
	json_string(&buf.out, text, len);
	return same && buf.start == alone && outbuf_len(&buf) == n + 2 &&
		memcmp(buf.start + 1, expected, n) == 0;
}

static void
test_strings(const char *way)
{
	static const char *const pieces[] = {
		"a", "bc", "defghijk", "\"", "\\", "\n", "\t", "\f", "\b", "\r", "\x01", "\x1a", "\x1f", "\x7f", "/",
		"\xc3\xa9", "\xe6\x97\xa5", "\xf0\x9f\x98\x80", "\xef\xbf\xbd",
		"\"key\":\"value\",", "0123456789012345678901234567890123456789"
	};
	const int	npieces = sizeof(pieces) / sizeof(pieces[0]);
	char		text[2048];
	int			wrong = 0;

	json_string(outbuf_reset(&buf), "", 0);
	is_written("\"\"", "an empty string");
	json_string(outbuf_reset(&buf), "a\"b\\c/\b\f\n\r\t\x01\x1f\x7f<&>", 17);
	is_written("\"a\\\"b\\\\c/\\b\\f\\n\\r\\t\\u0001\\u001F\x7f<&>\"", "escapes");
	json_string(outbuf_reset(&buf), "\xc3\xa9\xf0\x9f\x98\x80", 6);
	is_written("\"\xc3\xa9\\uD83D\\uDE00\"", "only characters outside the BMP are escaped");
	json_escape(outbuf_reset(&buf), "a\0b", 3);
	is_written("a\\u0000b", "a zero byte");
	json_escape(outbuf_reset(&buf), "x\xf0\x9f", 3);
	is_written("x\xf0\x9f", "a character cut off is copied");

	/* each byte that is a character, at each place of a step, after an escape */
	for (int c = 0; c < 0x80; c++)
	{
		for (int place = 1; place < 100; place++)
		{
			memset(text, 'x', 100);
			text[0] = '"';
			text[place] = (char) c;
			wrong += !escapes_plainly(text, 100);
		}
	}
	ok(wrong == 0, "%s: each character at each place", way);
	wrong = 0;
	srand(1);
	for (int i = 0; i < 20000; i++)
	{
		/* few kinds of pieces, so that there are runs of one kind */
		int			kinds = 1 + rand() % npieces;
		int			first = rand() % npieces;
		size_t		len = 0;

		for (int k = rand() % 40; k > 0; k--)
		{
			const char *piece = pieces[(first + rand() % kinds) % npieces];

			memcpy(text + len, piece, strlen(piece));
			len += strlen(piece);
		}
		wrong += !escapes_plainly(text, len);
	}
	ok(wrong == 0, "%s: 20,000 random strings are escaped as by the plain way", way);
}

int
main(void)
{
#ifdef X86_VECTORS
	test_strings("as the processor has it");
	copy_escaping = copy_escaping_plain;
	test_strings("one escape at a time");
	if (has_avx2())
	{
		copy_escaping = copy_escaping_avx2;
		test_strings("AVX2");
	}
#else
	test_strings("without vectors");
#endif
	outbuf_reset(&buf);
	return done_testing();
}
