/*
 * json.c
 *	  The JSON writer: numbers, base64 and hexadecimal; strings are jsonstr.c's.
 *
 * Free of the server (but for its shortest digits, which libpgcommon has as
 * well), so that it can be unit-tested.  Every writer reserves its
 * worst case once and then stores through a local pointer.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "json.h"

/*
 * The server's shortest digits (common/shortest_dec.h): text of at most so
 * many bytes, of which the length is returned.
 */
#define SHORTEST_LEN	25

extern int	double_to_shortest_decimal_bufn(double value, char *str);
extern int	float_to_shortest_decimal_bufn(float value, char *str);

static const char lower_hex[] = "0123456789abcdef";

static const char digit_pairs[] =
"00010203040506070809" "10111213141516171819"
"20212223242526272829" "30313233343536373839"
"40414243444546474849" "50515253545556575859"
"60616263646566676869" "70717273747576777879"
"80818283848586878889" "90919293949596979899";

/* ---- integers ----------------------------------------------------------- */

/* Two digits. */
static inline void
put_pair(char *p, unsigned value)
{
	memcpy(p, digit_pairs + value * 2, 2);
}

/* Eight digits, leading zeros included: divisions that do not wait in a row. */
static inline char *
put_eight(char *p, unsigned value)
{
	unsigned	high = value / 10000;
	unsigned	low = value % 10000;

	put_pair(p, high / 100);
	put_pair(p + 2, high % 100);
	put_pair(p + 4, low / 100);
	put_pair(p + 6, low % 100);
	return p + 8;
}

/* Writes a value below 10^8 without leading zeros. */
static inline char *
put_small(char *p, unsigned value)
{
	char	   *end = p + 1 + (value >= 10) + (value >= 100) + (value >= 1000) +
	(value >= 10000) + (value >= 100000) + (value >= 1000000) + (value >= 10000000);

	for (p = end; value >= 100; value /= 100)
		put_pair(p -= 2, value % 100);
	if (value >= 10)
		put_pair(p - 2, value);
	else
		p[-1] = (char) ('0' + value);
	return end;
}

/* Writes value at p; returns the end.  At most 20 bytes. */
static inline char *
put_uint(char *p, uint64_t value)
{
	const uint64_t chunk = 100000000;

	if (value < chunk)
		return put_small(p, (unsigned) value);
	if (value < chunk * chunk)
		p = put_small(p, (unsigned) (value / chunk));
	else
	{
		p = put_small(p, (unsigned) (value / (chunk * chunk)));
		p = put_eight(p, (unsigned) (value / chunk % chunk));
	}
	return put_eight(p, (unsigned) (value % chunk));
}

void
json_uint(Out *out, uint64_t value)
{
	out_reserve(out, 20);
	out->p = put_uint(out->p, value);
}

void
json_int(Out *out, int64_t value)
{
	uint64_t	magnitude = (uint64_t) value;

	out_reserve(out, 20);
	if (value < 0)
	{
		*out->p++ = '-';
		magnitude = -magnitude;
	}
	out->p = put_uint(out->p, magnitude);
}

/* ---- floating point ----------------------------------------------------- */

/* A positive finite number as 0.DIGITS * 10^point, without trailing zeros. */
typedef struct Digits
{
	int			n;
	int			point;
	char		d[SHORTEST_LEN];
} Digits;

/* Takes the digits out of "123.45", "1e+20" or "1.5e-07". */
static void
digits_parse(Digits *digits, const char *str, int len)
{
	bool		fraction = false;

	digits->n = digits->point = 0;
	for (int i = 0; i < len; i++)
	{
		if (str[i] == '.')
			fraction = true;
		else if (str[i] == 'e')
		{
			bool		negative = str[i + 1] == '-';
			int			exponent = 0;

			for (i += 2; i < len; i++)
				exponent = exponent * 10 + (str[i] - '0');
			digits->point += negative ? -exponent : exponent;
		}
		else if (digits->n == 0 && str[i] == '0')
			digits->point -= fraction;
		else
		{
			digits->d[digits->n++] = str[i];

			digits->point += !fraction;
		}
	}
	while (digits->n > 0 && digits->d[digits->n - 1] == '0')
		digits->n--;
}

/* Reads digits as a number again, with the n digits given. */
static double
digits_value(const char *d, int n, int point, bool single)
{
	char		str[48];

	snprintf(str, sizeof(str), "0.%.*se%d", n, d, point);
	return single ? strtof(str, NULL) : strtod(str, NULL);
}

/*
 * Drops the last digit if what is left, rounded down or up, still reads back
 * as value.  The server's routine never returns a number that lies exactly
 * between two doubles, though such a one reads back when the mantissa is
 * even; only large integers can be represented so.
 */
static void
digits_shorten(Digits *digits, double value, bool single)
{
	while (digits->n > 1)
	{
		char		up[SHORTEST_LEN];
		int			n = digits->n - 1;
		int			i = n - 1;
		int			point = digits->point;

		if (digits_value(digits->d, n, digits->point, single) == value)
		{
			digits->n = n;
			continue;
		}
		memcpy(up, digits->d, n);
		while (i >= 0 && up[i] == '9')
			i--;
		if (i < 0)				/* 99..9 becomes 1 */
		{
			up[0] = '1';
			point++;
		}
		else
			up[i]++;
		n = i < 0 ? 1 : i + 1;
		if (digits_value(up, n, point, single) != value)
			return;
		digits->point = point;
		memcpy(digits->d, up, n);
		digits->n = n;
	}
}

static inline bool
even_double(double value)
{
	uint64_t	bits;

	memcpy(&bits, &value, sizeof(bits));
	return (bits & 1) == 0;
}

static inline bool
even_float(float value)
{
	uint32_t	bits;

	memcpy(&bits, &value, sizeof(bits));
	return (bits & 1) == 0;
}

/* Java's Double.toString() and Float.toString(). */
static void
put_digits(Out *out, const Digits *digits)
{
	const char *d = digits->d;
	int			n = digits->n;
	int			point = digits->point;
	char	   *p;

	out_reserve(out, 48);
	p = out->p;
	if (point > -3 && point <= 0)	/* 0.001 <= value < 1 */
	{
		memcpy(p, "0.00", 4);
		p += 2 - point;
		memcpy(p, d, n);
		p += n;
	}
	else if (point > 0 && point <= 7)
	{
		int			whole = n < point ? n : point;

		memcpy(p, d, whole);
		memset(p + whole, '0', point - whole);
		p += point;
		*p++ = '.';
		if (n > point)
		{
			memcpy(p, d + point, n - point);
			p += n - point;
		}
		else
			*p++ = '0';
	}
	else
	{
		*p++ = d[0];
		*p++ = '.';
		if (n > 1)
		{
			memcpy(p, d + 1, n - 1);
			p += n - 1;
		}
		else
			*p++ = '0';
		*p++ = 'E';
		if (--point < 0)
		{
			*p++ = '-';
			point = -point;
		}
		p = put_uint(p, point);
	}
	out->p = p;
}

/* Small whole numbers, most of what columns hold, need no shortest digits. */
static inline bool
put_whole(Out *out, double value)
{
	int			whole = (int) value;

	if (whole != value)
		return false;
	out_reserve(out, 12);
	out->p = put_uint(out->p, whole);
	*out->p++ = '.';
	*out->p++ = '0';
	return true;
}

/* Puts the sign; true if that and the rest is done (NaN, infinities). */
static bool
put_special(Out *out, double *value)
{
	if (isnan(*value))
	{
		out_literal(out, "\"NaN\"");
		return true;
	}
	if (isinf(*value))
	{
		if (*value > 0)
			out_literal(out, "\"Infinity\"");
		else
			out_literal(out, "\"-Infinity\"");
		return true;
	}
	if (signbit(*value))
	{
		out_byte(out, '-');
		*value = -*value;
	}
	return false;
}

/*
 * Java never prints fewer than two digits, and takes the closer one of two
 * digits where one would do: seen only in the smallest subnormal numbers.
 */
static void
digits_two(Digits *digits, double value)
{
	char		str[16];

	snprintf(str, sizeof(str), "%.1e", value);
	digits_parse(digits, str, (int) strlen(str));
}

void
json_double(Out *out, double value)
{
	char		str[SHORTEST_LEN];
	Digits		digits;

	if (put_special(out, &value) || (value < 1e7 && put_whole(out, value)))
		return;
	digits_parse(&digits, str, double_to_shortest_decimal_bufn(value, str));
	if (value >= 1e15 && value <= 1e41 && even_double(value))
		digits_shorten(&digits, value, false);
	else if (digits.n == 1 && value < 1e-300)
		digits_two(&digits, value);
	put_digits(out, &digits);
}

void
json_decimal_double(Out *out, bool negative, uint64_t value, int exponent)
{
	Digits		digits;

	if (value == 0)
	{
		out_literal(out, "0.0");
		return;
	}
	if (negative)
		out_byte(out, '-');
	for (; value % 10 == 0; value /= 10)
		exponent++;
	digits.n = (int) (put_uint(digits.d, value) - digits.d);
	digits.point = digits.n + exponent;
	put_digits(out, &digits);
}

void
json_float(Out *out, float value)
{
	char		str[SHORTEST_LEN];
	Digits		digits;
	double		wide = value;

	if (put_special(out, &wide) || (wide < 1e7 && put_whole(out, wide)))
		return;
	digits_parse(&digits, str, float_to_shortest_decimal_bufn((float) wide, str));
	if (wide >= 1e6 && wide <= 1e21 && even_float((float) wide))
		digits_shorten(&digits, wide, true);
	else if (digits.n == 1 && wide < 1e-37)
		digits_two(&digits, wide);
	put_digits(out, &digits);
}

/* ---- bytes -------------------------------------------------------------- */

static const char base64_standard[] =
"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char base64_url[] =
"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static inline void
put_base64(Out *out, const unsigned char *s, size_t len, const char *alphabet)
{
	const unsigned char *end = s + len;
	char	   *p;

	out_reserve(out, (len + 2) / 3 * 4 + 2);
	p = out->p;
	*p++ = '"';
	/* six bytes a turn out of one load of eight */
	while (end - s >= 8)
	{
		uint64_t	v;

		memcpy(&v, s, 8);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
		v = __builtin_bswap64(v);
#endif
		p[0] = alphabet[v >> 58];
		p[1] = alphabet[v >> 52 & 63];
		p[2] = alphabet[v >> 46 & 63];
		p[3] = alphabet[v >> 40 & 63];
		p[4] = alphabet[v >> 34 & 63];
		p[5] = alphabet[v >> 28 & 63];
		p[6] = alphabet[v >> 22 & 63];
		p[7] = alphabet[v >> 16 & 63];
		s += 6;
		p += 8;
	}
	while (end - s >= 3)
	{
		unsigned	v = s[0] << 16 | s[1] << 8 | s[2];

		p[0] = alphabet[v >> 18];
		p[1] = alphabet[v >> 12 & 63];
		p[2] = alphabet[v >> 6 & 63];
		p[3] = alphabet[v & 63];
		s += 3;
		p += 4;
	}
	if (s < end)
	{
		unsigned	v = s[0] << 16 | (end - s > 1 ? s[1] << 8 : 0);

		p[0] = alphabet[v >> 18];
		p[1] = alphabet[v >> 12 & 63];
		p[2] = end - s > 1 ? alphabet[v >> 6 & 63] : '=';
		p[3] = '=';
		p += 4;
	}
	*p++ = '"';
	out->p = p;
}

void
json_base64(Out *out, const void *bytes, size_t len)
{
	put_base64(out, bytes, len, base64_standard);
}

void
json_base64url(Out *out, const void *bytes, size_t len)
{
	put_base64(out, bytes, len, base64_url);
}

void
json_hex(Out *out, const void *bytes, size_t len)
{
	const unsigned char *s = bytes;
	char	   *p;

	out_reserve(out, len * 2 + 2);
	p = out->p;
	*p++ = '"';
	for (size_t i = 0; i < len; i++)
	{
		*p++ = lower_hex[s[i] >> 4];
		*p++ = lower_hex[s[i] & 15];
	}
	*p++ = '"';
	out->p = p;
}
