/*
 * test_props.c
 *	  The reader of .properties texts, by what Properties.load() makes of them.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdlib.h>
#include <unistd.h>

#include "props.h"
#include "tap.h"

/* What was taken, as name<value> for each entry. */
static char taken[65536];
static size_t taken_len;

static void
take(const char *name, const char *value, void *arg)
{
	size_t		room = sizeof(taken) - taken_len;

	taken_len += snprintf(taken + taken_len, room, "%s<%s>", name, value);
}

static bool
parse(const char *text, Err *err)
{
	taken_len = 0;
	taken[0] = '\0';
	return props_parse("file", "x", text, take, NULL, err);
}

static void
reads(const char *text, const char *expected, const char *name)
{
	Err			err = {0};

	if (!parse(text, &err))
		printf("# %s\n", err.text);
	is_bytes(taken, taken_len, expected, name);
}

static void
test_forms(void)
{
	reads("", "", "nothing");
	reads("# a=1\n  ! b=2\n\n", "", "comments");
	reads("a=1", "a<1>", "no line end");
	reads("a=1\r\nb=2\rc=3\n", "a<1>b<2>c<3>", "all line ends");
	reads("a 1\nb:2\nc\t=\t3\nk = = 4\ne: :5", "a<1>b<2>c<3>k<= 4>e<:5>", "separators");
	reads("a\nb=\n c = d e \n", "a<>b<>c<d e >", "empty values, blanks behind");
	reads("=1\n:2", "<1><2>", "empty names");
	reads("a=1\na=2", "a<1>a<2>", "repeated names come in order");
	reads("a\\=b\\:c\\ d=1", "a=b:c d<1>", "separators in a name");
	reads("a=1 # no comment", "a<1 # no comment>", "no comments behind values");
}

static void
test_continuation(void)
{
	reads("a=1\\\n   2\\\r\n\t3", "a<123>", "a value goes on");
	reads("a\\\n b=1", "ab<1>", "a name goes on");
	reads("a=1\\\\\nb=2", "a<1\\>b<2>", "an escaped backslash ends the line");
	reads("a=1\\\n\nb=2", "a<1>b<2>", "an empty line ends it");
	reads("# c\\\na=1", "a<1>", "a comment does not go on");
	reads("a=1\\", "a<1>", "a backslash at the very end");
}

static void
test_escapes(void)
{
	reads("a=\\t\\n\\r\\f\\\\\\q\\\"", "a<\t\n\r\f\\q\">", "letters");
	reads("a=\\u0041\\u00e4\\u20AC", "a<A\xc3\xa4\xe2\x82\xac>", "\\u");
	reads("\\u0061=\\ud83d\\ude00", "a<\xf0\x9f\x98\x80>", "a pair of surrogates");
	reads("a=\xc3\xa4", "a<\xc3\xa4>", "UTF-8 as it is");
	reads("a=\xe4\xff", "a<\xc3\xa4\xc3\xbf>", "Latin-1 otherwise");
	reads("\xef\xbb\xbf" "a=1", "a<1>", "a byte order mark");
}

static void
refuses(const char *text, const char *where, const char *name)
{
	Err			err = {0};

	ok(!parse(text, &err) && err.kind == ERR_CONFIG && strstr(err.text, where) != NULL,
	   "%s: %s", name, err.text);
}

static void
test_refused(void)
{
	refuses("a=\\u12", "file \"x\", line 1:", "half a \\u");
	refuses("a=1\nb=\\u12g4", "line 2:", "no digit");
	refuses("a=\\ud83d", "line 1:", "half a pair");
	refuses("a=\\ud83d\\u0041", "line 1:", "a pair with another half");
	refuses("a=\\ude00", "line 1:", "the second half alone");
	refuses("a=\\u0000", "line 1:", "zero");
}

/* Any text is read or refused, and never written or read out of bounds. */
static void
test_random(void)
{
	static const char alphabet[] = "ab=: \t\n\r\\u0d8#!\xc3\xa4";
	char		text[64];
	int			passed = 0;

	srand(1);
	for (int i = 0; i < 200000; i++)
	{
		int			len = rand() % (int) sizeof(text);

		for (int j = 0; j < len; j++)
			text[j] = alphabet[rand() % (sizeof(alphabet) - 1)];
		text[len < (int) sizeof(text) ? len : len - 1] = '\0';
		passed += parse(text, NULL);
	}
	ok(passed > 100000, "random texts: %d of 200000 are read", passed);
}

int
main(void)
{
	test_forms();
	test_continuation();
	test_escapes();
	test_refused();
	test_random();
	return done_testing();
}
