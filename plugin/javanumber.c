/*
 * javanumber.c
 *	  Numbers as Java has them: read from text, narrowed, printed.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include <math.h>

#include "javanumber.h"

/* ---- narrowing ----------------------------------------------------------- */

/* A double as (int) or (long) makes it of one: cut, saturated, NaN is zero. */
static int64
cut_real(double value, int bits)
{
	double		limit = bits <= 32 ? 2147483648.0 : 9223372036854775808.0;

	if (isnan(value))
		return 0;
	if (value >= limit)
		return bits <= 32 ? PG_INT32_MAX : PG_INT64_MAX;
	if (value < -limit)
		return bits <= 32 ? PG_INT32_MIN : PG_INT64_MIN;
	return (int64) value;
}

int64
javanumber_narrow(const JavaNumber *number, int bits)
{
	int64		value = number->whole ? number->integer : cut_real(number->real, bits);

	switch (bits)
	{
		case 8:
			return (int8) value;
		case 16:
			return (int16) value;
		case 32:
			return (int32) value;
		default:
			return value;
	}
}

/* ---- reading ------------------------------------------------------------- */

bool
javanumber_parse(const char *text, int bits, int64 *value)
{
	__int128	limit = (__int128) 1 << (bits - 1);
	bool		negative = *text == '-';
	__int128	number = 0;

	if (*text == '-' || *text == '+')
		text++;
	if (*text == '\0')
		return false;
	for (; *text; text++)
	{
		if (!isdigit((unsigned char) *text))
			return false;
		number = number * 10 + (*text - '0');
		if (number > limit)
			return false;
	}
	if (number == limit && !negative)
		return false;
	*value = (int64) (negative ? -number : number);
	return true;
}

/* Digits with a point, an exponent, a suffix: no more than Java takes. */
static bool
is_decimal(const char *p)
{
	size_t		whole,
				part = 0;

	whole = strspn(p, "0123456789");
	p += whole;
	if (*p == '.')
	{
		part = strspn(p + 1, "0123456789");
		p += 1 + part;
	}
	if (whole + part == 0)
		return false;
	if (*p == 'e' || *p == 'E')
	{
		p++;
		p += *p == '+' || *p == '-';
		whole = strspn(p, "0123456789");
		if (whole == 0)
			return false;
		p += whole;
	}
	p += *p && strchr("fFdD", *p) != NULL;
	return *p == '\0';
}

/* 0x1.8p3: the exponent must be there. */
static bool
is_hexadecimal(const char *p)
{
	size_t		digits;

	if (p[0] != '0' || (p[1] != 'x' && p[1] != 'X'))
		return false;
	p += 2;
	digits = strspn(p, "0123456789abcdefABCDEF");
	p += digits;
	if (*p == '.')
	{
		digits += strspn(p + 1, "0123456789abcdefABCDEF");
		p += 1 + strspn(p + 1, "0123456789abcdefABCDEF");
	}
	if (digits == 0 || (*p != 'p' && *p != 'P'))
		return false;
	p++;
	p += *p == '+' || *p == '-';
	digits = strspn(p, "0123456789");
	p += digits;
	p += *p && strchr("fFdD", *p) != NULL;
	return digits > 0 && *p == '\0';
}

bool
javanumber_parse_real(const char *text, JavaNumber *number)
{
	size_t		len;
	char	   *copy;
	const char *digits;
	bool		ok;

	while (*text && (unsigned char) *text <= ' ')
		text++;
	len = strlen(text);
	while (len > 0 && (unsigned char) text[len - 1] <= ' ')
		len--;
	copy = pnstrdup(text, len);
	digits = copy + (*copy == '-' || *copy == '+');
	ok = strcmp(digits, "NaN") == 0 || strcmp(digits, "Infinity") == 0 ||
		is_decimal(digits) || is_hexadecimal(digits);
	number->whole = false;
	number->real = strtod(copy, NULL);
	number->single = strtof(copy, NULL);
	pfree(copy);
	return ok;
}

/* ---- decimals ------------------------------------------------------------ */

/* Divides the magnitude, most significant byte first, by ten; the remainder. */
static int
divide_by_ten(unsigned char *magnitude, size_t len)
{
	int			rest = 0;

	for (size_t i = 0; i < len; i++)
	{
		int			part = rest * 256 + magnitude[i];

		magnitude[i] = (unsigned char) (part / 10);
		rest = part % 10;
	}
	return rest;
}

/* Two's complement to its magnitude. */
static bool
take_magnitude(unsigned char *to, const unsigned char *bytes, size_t len)
{
	bool		negative = len > 0 && bytes[0] >= 128;
	int			carry = 1;

	memcpy(to, bytes, len);
	if (!negative)
		return false;
	for (size_t i = len; i-- > 0;)
	{
		int			byte = (255 - to[i]) + carry;

		to[i] = (unsigned char) byte;
		carry = byte >> 8;
	}
	return true;
}

/* Decimal digits of a magnitude, which is used up; returns how many. */
static size_t
print_digits(char *to, unsigned char *magnitude, size_t len)
{
	size_t		n = 0;

	for (;;)
	{
		while (len > 0 && *magnitude == 0)
		{
			magnitude++;
			len--;
		}
		if (len == 0)
			break;
		to[n++] = (char) ('0' + divide_by_ten(magnitude, len));
	}
	if (n == 0)
		to[n++] = '0';
	for (size_t i = 0; i < n / 2; i++)
	{
		char		digit = to[i];

		to[i] = to[n - 1 - i];
		to[n - 1 - i] = digit;
	}
	return n;
}

/* Digits with a point in them, or in Java's scientific notation. */
static char *
print_scaled(const char *digits, int n, int scale)
{
	int			exponent = n - 1 - scale;

	if (scale == 0)
		return pstrdup(digits);
	if (scale > 0 && exponent >= 0)
		return psprintf("%.*s.%s", n - scale, digits, digits + n - scale);
	if (scale > 0 && exponent >= -6)
		return psprintf("0.%.*s%s", scale - n, "00000", digits);
	return psprintf("%c%s%s%s", digits[0], n > 1 ? "." : "", digits + 1,
					exponent == 0 ? "" : psprintf("E%+d", exponent));
}

char *
javanumber_decimal_text(const unsigned char *bytes, size_t len, int scale)
{
	unsigned char *magnitude = palloc(len + 1);
	char	   *digits = palloc(len * 5 / 2 + 2);
	bool		negative = take_magnitude(magnitude, bytes, len);
	size_t		n = print_digits(digits, magnitude, len);
	char	   *text;

	digits[n] = '\0';
	text = print_scaled(digits, (int) n, scale);
	return negative ? psprintf("-%s", text) : text;
}

/* The low 64 bits of what is left of the point, as longValue() has them. */
static int64
whole_part(const char *text)
{
	const char *exponent = strchr(text, 'E');
	bool		negative = *text == '-';
	int			zeros = exponent ? (int) strtol(exponent + 1, NULL, 10) : 0;
	uint64		value = 0;

	if (zeros < 0)
		return 0;
	for (text += negative; *text && text != exponent; text++)
	{
		if (*text != '.')
			value = value * 10 + (*text - '0');
		else if (exponent == NULL)
			break;
		else
			zeros -= (int) (exponent - text) - 1;
	}
	for (; zeros > 0 && value != 0; zeros--)
		value *= 10;
	return (int64) (negative ? -value : value);
}

void
javanumber_of_decimal(const char *text, JavaNumber *number)
{
	number->whole = true;
	number->integer = whole_part(text);
	number->real = strtod(text, NULL);
	number->single = strtof(text, NULL);
}
