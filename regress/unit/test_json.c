/*
 * test_json.c
 *	  The JSON writer's numbers and bytes against plain implementations and Java's print.
 *
 * cc -std=gnu11 -Iplugin -I$(pg_config --includedir-server) \
 *	  regress/unit/test_json.c plugin/json.c -L$(pg_config --pkglibdir) -lpgcommon -lpgport
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "json.h"
#include "outbuf.h"
#include "tap.h"

static OutBuf buf;

#define is_written(expected, name) \
	is_bytes(buf.start, outbuf_len(&buf), (expected), (name))

/* ---- numbers ------------------------------------------------------------ */

static void
test_integers(void)
{
	static const int64_t edges[] = {
		0, 9, 10, 99, 100, 999, 1000, -1, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN
	};
	int			wrong = 0;
	char		text[32];

	for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++)
	{
		json_int(outbuf_reset(&buf), edges[i]);
		snprintf(text, sizeof(text), "%lld", (long long) edges[i]);
		is_written(text, text);
	}
	json_uint(outbuf_reset(&buf), UINT64_MAX);
	is_written("18446744073709551615", "the largest unsigned number");
	for (int i = 0; i < 100000; i++)
	{
		uint64_t	value = ((uint64_t) rand() << 40 ^ (uint64_t) rand() << 20 ^ rand()) >> rand() % 64;

		json_uint(outbuf_reset(&buf), value);
		snprintf(text, sizeof(text), "%llu", (unsigned long long) value);
		wrong += outbuf_len(&buf) != strlen(text) || memcmp(buf.start, text, strlen(text)) != 0;
	}
	ok(wrong == 0, "100,000 random integers");
}

/* Printed by JDK 17, but for those that it prints longer than need be. */
static const struct
{
	double		value;
	const char *text;
}			doubles[] = {
	{0.0, "0.0"}, {-0.0, "-0.0"}, {1, "1.0"}, {-1.5, "-1.5"}, {4.4, "4.4"},
	{0.1, "0.1"}, {0.3, "0.3"}, {2.0 / 3, "0.6666666666666666"}, {4.35, "4.35"},
	{100, "100.0"}, {123456, "123456.0"}, {1234567.5, "1234567.5"},
	{1e7, "1.0E7"}, {9999999.999, "9999999.999"}, {9999999, "9999999.0"},
	{0.001, "0.001"}, {0.00099999, "9.9999E-4"}, {5e-4, "5.0E-4"}, {1e-5, "1.0E-5"},
	{1e-7, "1.0E-7"}, {1e10, "1.0E10"}, {1e15, "1.0E15"}, {1e16, "1.0E16"},
	{1e20, "1.0E20"}, {1e21, "1.0E21"}, {1e22, "1.0E22"}, {1e23, "1.0E23"},
	{2e23, "2.0E23"}, {8.41e21, "8.41E21"},
	{123456789.125, "1.23456789125E8"}, {9007199254740993.0, "9.007199254740992E15"},
	{4.503599627370497e15, "4.503599627370497E15"}, {9.5367431640625e-7, "9.5367431640625E-7"},
	{2.2250738585072014e-308, "2.2250738585072014E-308"}, {5e-324, "4.9E-324"},
	{1.7976931348623157e308, "1.7976931348623157E308"}, {1e100, "1.0E100"},
	{NAN, "\"NaN\""}, {INFINITY, "\"Infinity\""}, {-INFINITY, "\"-Infinity\""},
};

static const struct
{
	float		value;
	const char *text;
}			floats[] = {
	{3.3f, "3.3"}, {0.1f, "0.1"}, {10, "10.0"}, {-0.0f, "-0.0"}, {1e20f, "1.0E20"},
	{16777216, "1.6777216E7"}, {33554432, "3.3554432E7"}, {1e10f, "1.0E10"}, {1e-5f, "1.0E-5"},
	{9999999, "9999999.0"}, {1e7f, "1.0E7"}, {2097152.2f, "2097152.2"}, {123456.7f, "123456.7"},
	{0.3330078125f, "0.3330078"}, {9.999999e9f, "9.999999E9"}, {1.4e-45f, "1.4E-45"},
	{3.4028235e38f, "3.4028235E38"}, {NAN, "\"NaN\""}, {-INFINITY, "\"-Infinity\""},
};

/* The fewest significant digits that read back. */
static int
fewest_digits(double value, bool single)
{
	char		text[40];
	int			n = 1;

	for (;; n++)
	{
		snprintf(text, sizeof(text), "%.*e", n - 1, value);
		if (single ? strtof(text, NULL) == (float) value : strtod(text, NULL) == value)
			return n;
	}
}

static int
count_digits(const char *text, size_t len)
{
	int			n = 0;
	int			zeros = 0;

	for (size_t i = 0; i < len && text[i] != 'E'; i++)
	{
		if (text[i] < '0' || text[i] > '9' || (n == 0 && text[i] == '0'))
			continue;
		n++;
		zeros = text[i] == '0' ? zeros + 1 : 0;
	}
	return n - zeros;
}

/* Reads back, and with no more digits than need be. */
static bool
is_shortest(double value, bool single)
{
	char		text[64];
	size_t		len;
	double		read;

	if (single)
		json_float(outbuf_reset(&buf), (float) value);
	else
		json_double(outbuf_reset(&buf), value);
	len = outbuf_len(&buf);
	memcpy(text, buf.start, len);
	text[len] = '\0';
	read = single ? strtof(text, NULL) : strtod(text, NULL);
	if (read != value || memchr(text, '.', len) == NULL)
		return false;
	/* a shortest form need not be the one printf() rounds to: fewer is fine */
	return count_digits(text, len) <= fewest_digits(value, single) || fabs(value) < 1e-300;
}

static void
test_floating_point(void)
{
	int			wrong = 0;

	for (size_t i = 0; i < sizeof(doubles) / sizeof(doubles[0]); i++)
	{
		json_double(outbuf_reset(&buf), doubles[i].value);
		is_written(doubles[i].text, doubles[i].text);
	}
	for (size_t i = 0; i < sizeof(floats) / sizeof(floats[0]); i++)
	{
		json_float(outbuf_reset(&buf), floats[i].value);
		is_written(floats[i].text, floats[i].text);
	}
	for (int i = 0; i < 100000; i++)
	{
		union
		{
			uint64_t	bits;
			double		value;
		}			d;

		d.bits = (uint64_t) rand() << 42 ^ (uint64_t) rand() << 21 ^ rand();
		if (i % 2)				/* whole numbers, large ones too */
			d.value = (double) (d.bits >> rand() % 60);
		if (isfinite(d.value) && d.value != 0)
			wrong += !is_shortest(d.value, false);
	}
	ok(wrong == 0, "100,000 random doubles read back from their shortest form");
	wrong = 0;
	for (int i = 0; i < 100000; i++)
	{
		union
		{
			uint32_t	bits;
			float		value;
		}			f;

		f.bits = (uint32_t) rand() << 12 ^ rand();
		if (i % 2)
			f.value = (float) (f.bits >> rand() % 30);
		if (isfinite(f.value) && fabsf(f.value) > 1e-37f)
			wrong += !is_shortest(f.value, true);
	}
	ok(wrong == 0, "100,000 random floats read back from their shortest form");
}

/* What json_double() prints for a decimal, its double being known. */
static bool
prints_as_double(bool negative, uint64_t value, int exponent)
{
	char		text[64];
	char	   *expected;
	size_t		len;
	bool		same;

	snprintf(text, sizeof(text), "%s%llue%d", negative ? "-" : "", (unsigned long long) value, exponent);
	json_double(outbuf_reset(&buf), strtod(text, NULL));
	len = outbuf_len(&buf);
	expected = memcpy(malloc(len), buf.start, len);
	json_decimal_double(outbuf_reset(&buf), negative, value, exponent);
	same = outbuf_len(&buf) == len && memcmp(buf.start, expected, len) == 0;
	if (!same)
		printf("# %s: %.*s\n", text, (int) outbuf_len(&buf), buf.start);
	free(expected);
	return same;
}

static void
test_decimals(void)
{
	int			wrong = !prints_as_double(false, 0, 0) + !prints_as_double(false, 0, -5);

	for (int exponent = -22; exponent <= 22; exponent++)
	{
		for (uint64_t power = 1; power < UINT64_C(1000000000000000); power *= 10)
		{
			wrong += !prints_as_double(true, power, exponent);
			wrong += !prints_as_double(false, power * 10 - 1, exponent);
		}
	}
	for (int i = 0; i < 100000; i++)
	{
		uint64_t	value = ((uint64_t) rand() << 31 | rand()) % UINT64_C(1000000000000000) + 1;

		for (int cut = rand() % 15; cut > 0 && value >= 10; cut--)
			value /= 10;
		wrong += !prints_as_double(rand() % 2, value, rand() % 45 - 22);
	}
	ok(wrong == 0, "100,000 random decimals are printed as the doubles nearest to them");
}

/* ---- bytes -------------------------------------------------------------- */

static void
test_bytes(void)
{
	static const char *const base64[] = {
		"\"\"", "\"AA==\"", "\"AAE=\"", "\"AAEC\"", "\"AAECAw==\"", "\"AAECAwQ=\"",
		"\"AAECAwQF\"", "\"AAECAwQFBg==\"", "\"AAECAwQFBgc=\"", "\"AAECAwQFBgcI\"",
		"\"AAECAwQFBgcICQ==\"", "\"AAECAwQFBgcICQo=\"", "\"AAECAwQFBgcICQoL\"",
		"\"AAECAwQFBgcICQoLDA==\"", "\"AAECAwQFBgcICQoLDA0=\""
	};
	unsigned char bytes[256];

	for (int i = 0; i < 256; i++)
		bytes[i] = (unsigned char) i;
	for (size_t i = 0; i < sizeof(base64) / sizeof(base64[0]); i++)
	{
		json_base64(outbuf_reset(&buf), bytes, i);
		is_written(base64[i], base64[i]);
	}
	json_base64(outbuf_reset(&buf), "\xff\xfe\x00\xfb\xff\xbf\xff\xff\xfe", 9);
	is_written("\"//4A+/+////+\"", "the standard alphabet");
	json_base64url(outbuf_reset(&buf), "\xff\xfe\x00\xfb\xff\xbf\xff\xff\xfe\x01", 10);
	is_written("\"__4A-_-____-AQ==\"", "the URL-safe alphabet, padded");
	json_hex(outbuf_reset(&buf), "\xff\xfe\x00\x0a", 4);
	is_written("\"fffe000a\"", "hexadecimal");
}

int
main(void)
{
	test_integers();
	test_floating_point();
	test_decimals();
	test_bytes();
	outbuf_reset(&buf);
	return done_testing();
}
