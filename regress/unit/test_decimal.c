/*
 * test_decimal.c
 *	  Stored numerics against what Java makes of the same numbers.
 *
 * cc -std=gnu11 -Iplugin regress/unit/test_decimal.c plugin/decimal.c
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdint.h>
#include <stdlib.h>

#include "decimal.h"
#include "outbuf.h"
#include "tap.h"

typedef struct DecimalCase
{
	const char *text;
	int			scale;
	const char *unscaled;
	const char *java;
	int			minimal_scale;
	double		value;
} DecimalCase;

#include "decimal_cases.h"

#define MAX_DIGITS	4000

static OutBuf buf;

/*
 * Stores a number in plain notation the way numeric.c does, in the long form
 * or, where it fits, the short one.  One byte in front keeps the digits off
 * any alignment.  Returns the length.
 */
static size_t
store(unsigned char *payload, const char *text, bool short_form)
{
	bool		negative = *text == '-';
	const char *point;
	const char *digits = text + negative;
	int			whole;
	int			fraction;
	int			weight;
	int			n = 0;
	int16_t		stored[MAX_DIGITS / 4 + 3];
	size_t		len = 0;

	point = strchr(digits, '.');
	whole = point ? (int) (point - digits) : (int) strlen(digits);
	fraction = point ? (int) strlen(point + 1) : 0;
	weight = (whole + 3) / 4 - 1;
	for (int at = whole - 4 * (weight + 1); at < whole + fraction; at += 4)
	{
		int			d = 0;

		for (int k = at; k < at + 4; k++)
		{
			int			index = k < whole ? k : k + 1;

			d = d * 10 + (k >= 0 && k < whole + fraction ? digits[index] - '0' : 0);
		}
		if (n == 0 && d == 0)
			weight--;			/* leading zeros are not stored, nor trailing ones */
		else
			stored[n++] = (int16_t) d;
	}
	while (n > 0 && stored[n - 1] == 0)
		n--;
	if (n == 0)
	{
		weight = 0;
		negative = false;
	}
	if (short_form && fraction < 64 && weight >= -64 && weight < 64)
	{
		uint16_t	head = 0x8000 | (negative ? 0x2000 : 0) | fraction << 7 |
			(weight < 0 ? 0x40 : 0) | (weight & 0x3F);

		memcpy(payload, &head, 2);
		len = 2;
	}
	else
	{
		uint16_t	head = (negative ? 0x4000 : 0) | fraction;
		int16_t		w = (int16_t) weight;

		memcpy(payload, &head, 2);
		memcpy(payload + 2, &w, 2);
		len = 4;
	}
	memcpy(payload + len, stored, n * sizeof(int16_t));
	return len + n * sizeof(int16_t);
}

static void
hex_text(char *to, const unsigned char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		sprintf(to + 2 * i, "%02x", bytes[i]);
}

static void
read_text(Decimal *decimal, unsigned char *memory, const char *text, bool short_form)
{
	size_t		len = store(memory + 1, text, short_form);

	decimal_read(decimal, memory + 1, len);
}

static void
test_case(const DecimalCase *c, bool short_form)
{
	unsigned char memory[MAX_DIGITS];
	uint64_t	work[64];
	char		unscaled[256] = "";
	Decimal		decimal;
	const unsigned char *bytes;
	size_t		len;
	double		value;
	bool		passed;

	read_text(&decimal, memory, c->text, short_form);
	bytes = decimal_unscaled(&decimal, c->scale, work, &len);
	hex_text(unscaled, bytes, len);
	passed = strcmp(unscaled, c->unscaled) == 0 &&
		decimal_minimal_scale(&decimal) == c->minimal_scale &&
		(!decimal_to_double(&decimal, &value) || value == c->value);
	decimal_print(outbuf_reset(&buf), &decimal);
	passed = passed && outbuf_len(&buf) == strlen(c->text) &&
		memcmp(buf.start, c->text, outbuf_len(&buf)) == 0;
	decimal_print_java(outbuf_reset(&buf), &decimal, c->scale);
	passed = passed && outbuf_len(&buf) == strlen(c->java) &&
		memcmp(buf.start, c->java, outbuf_len(&buf)) == 0;
	if (!ok(passed, "%s at scale %d, %s form", c->text, c->scale, short_form ? "short" : "long"))
		printf("# unscaled %s, Java text %.*s\n", unscaled, (int) outbuf_len(&buf), buf.start);
}

/* The unscaled bytes by schoolbook arithmetic on bytes. */
static size_t
plain_unscaled(unsigned char *bytes, const char *text)
{
	unsigned char magnitude[2048] = {0};	/* little-endian */
	size_t		n = 1;
	bool		negative = *text == '-';
	size_t		len;

	for (; *text; text++)
	{
		unsigned	carry;

		if (*text < '0')
			continue;
		carry = *text - '0';
		for (size_t i = 0; i < n; i++)
		{
			carry += magnitude[i] * 10;
			magnitude[i] = (unsigned char) carry;
			carry >>= 8;
		}
		if (carry)
			magnitude[n++] = (unsigned char) carry;
	}
	len = n + 1;
	if (negative)
	{
		unsigned	carry = 1;

		for (size_t i = 0; i < len; i++)
		{
			carry += (unsigned char) ~magnitude[i];
			magnitude[i] = (unsigned char) carry;
			carry >>= 8;
		}
	}
	while (len > 1 && ((magnitude[len - 1] == 0 && !(magnitude[len - 2] & 0x80)) ||
					   (magnitude[len - 1] == 0xFF && (magnitude[len - 2] & 0x80))))
		len--;
	for (size_t i = 0; i < len; i++)
		bytes[i] = magnitude[len - 1 - i];
	return len;
}

static void
random_number(char *text, int *fraction)
{
	int			whole = 1 + rand() % (rand() % 10 ? 20 : 1500);
	int			i = 0;

	*fraction = rand() % 3 ? rand() % 12 : rand() % 1000;
	if (rand() % 2)
		text[i++] = '-';
	for (int k = 0; k < whole; k++)
		text[i++] = '0' + (k == 0 && whole > 1 ? 1 + rand() % 9 : rand() % 4 ? rand() % 10 : 0);
	if (*fraction > 0)
		text[i++] = '.';
	for (int k = 0; k < *fraction; k++)
		text[i++] = '0' + (rand() % 4 ? rand() % 10 : 0);
	text[i] = '\0';
	if (strspn(text, "-0.") == (size_t) i && text[0] == '-')
		memmove(text, text + 1, i);
}

static void
test_random(void)
{
	int			wrong = 0;
	int			doubles = 0;

	srand(2);
	for (int i = 0; i < 20000; i++)
	{
		static unsigned char memory[2 * MAX_DIGITS];
		static uint64_t work[512];
		static unsigned char expected[2048];
		char		text[MAX_DIGITS];
		int			fraction;
		Decimal		decimal;
		size_t		len;
		size_t		words;
		size_t		expected_len;
		const unsigned char *bytes;
		double		value;
		uint64_t	whole;
		int			exponent;

		random_number(text, &fraction);
		read_text(&decimal, memory, text, i % 2);
		words = decimal_work_words(&decimal, fraction);
		work[words] = 0xA5A5A5A5;
		bytes = decimal_unscaled(&decimal, fraction, work, &len);
		expected_len = plain_unscaled(expected, text);
		wrong += len != expected_len || memcmp(bytes, expected, len) != 0 ||
			work[words] != 0xA5A5A5A5;
		decimal_print(outbuf_reset(&buf), &decimal);
		wrong += outbuf_len(&buf) != strlen(text) || memcmp(buf.start, text, strlen(text)) != 0;
		if (decimal_to_double(&decimal, &value))
		{
			doubles++;
			wrong += value != strtod(text, NULL);
		}
		if (decimal_short(&decimal, &whole, &exponent))
		{
			snprintf(text, sizeof(text), "%s%llue%d", decimal.negative ? "-" : "",
					 (unsigned long long) whole, exponent);
			wrong += !decimal_to_double(&decimal, &value) || value != strtod(text, NULL);
		}
	}
	ok(wrong == 0, "20,000 random numbers have the bytes and the text of schoolbook arithmetic");
	ok(doubles > 1000, "many of them are doubles by one operation");
}

static void
test_special(void)
{
	static const uint16_t heads[] = {0xC000, 0xD000, 0xF000};
	static const DecimalKind kinds[] = {DECIMAL_NAN, DECIMAL_INFINITY, DECIMAL_MINUS_INFINITY};
	Decimal		decimal;

	for (int i = 0; i < 3; i++)
	{
		decimal_read(&decimal, &heads[i], sizeof(heads[i]));
		ok(decimal.kind == kinds[i], "special value %04x", heads[i]);
	}
}

static void
test_integers(void)
{
	int			wrong = 0;

	for (int bits = 0; bits < 127; bits++)
	{
		__int128	edges[] = {((__int128) 1 << bits) - 1, (__int128) 1 << bits,
			-((__int128) 1 << bits), -((__int128) 1 << bits) - 1};

		for (int i = 0; i < 4; i++)
		{
			unsigned char bytes[16];
			size_t		len = decimal_int_bytes(edges[i], bytes);
			__int128	read = (bytes[0] & 0x80) ? -1 : 0;

			for (size_t k = 0; k < len; k++)
				read = (__int128) ((unsigned __int128) read << 8 | bytes[k]);
			wrong += read != edges[i];
			wrong += len > 1 && ((bytes[0] == 0 && !(bytes[1] & 0x80)) ||
								 (bytes[0] == 0xFF && (bytes[1] & 0x80)));
		}
	}
	ok(wrong == 0, "integers at every power of two: minimal bytes that read back");
}

int
main(void)
{
	for (size_t i = 0; i < sizeof(decimal_cases) / sizeof(decimal_cases[0]); i++)
	{
		test_case(&decimal_cases[i], false);
		test_case(&decimal_cases[i], true);
	}
	test_random();
	test_special();
	test_integers();
	outbuf_reset(&buf);
	return done_testing();
}
