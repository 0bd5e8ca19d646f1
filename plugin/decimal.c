/*
 * decimal.c
 *	  The stored form of numeric to unscaled bytes, text and doubles.
 *
 * Free of the server, so that it can be unit-tested against a table.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdlib.h>

#include "decimal.h"

/* The header word, as numeric.c has it. */
#define SIGN_MASK			0xC000
#define SIGN_NEGATIVE		0x4000
#define SIGN_SHORT			0x8000
#define SIGN_SPECIAL		0xC000
#define SPECIAL_MASK		0xF000
#define SPECIAL_NAN			0xC000
#define SPECIAL_INFINITY	0xD000
#define LONG_DSCALE_MASK	0x3FFF
#define SHORT_NEGATIVE		0x2000
#define SHORT_DSCALE_MASK	0x1F80
#define SHORT_DSCALE_SHIFT	7
#define SHORT_WEIGHT_SIGN	0x0040
#define SHORT_WEIGHT_MASK	0x003F

#define BASE		10000
#define BASE_DIGITS	4			/* decimal digits in one digit */

/* How many decimal digits one multiply-and-add step takes in: 10^16 < 2^54. */
#define STEP_DIGITS	16

/* A product of two words. */
typedef unsigned __int128 Wide;

static const uint64_t powers[] = {
	1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000,
	10000000000, 100000000000, 1000000000000, 10000000000000,
	100000000000000, 1000000000000000, 10000000000000000
};

static inline unsigned
digit(const Decimal *decimal, int i)
{
	int16_t		d;

	if (i < 0 || i >= decimal->ndigits)
		return 0;
	memcpy(&d, decimal->digits + i * sizeof(d), sizeof(d));
	return (unsigned) d;
}

void
decimal_read(Decimal *decimal, const void *payload, size_t len)
{
	const unsigned char *p = payload;
	uint16_t	head;

	memset(decimal, 0, sizeof(*decimal));
	memcpy(&head, p, sizeof(head));
	p += sizeof(head);
	len -= sizeof(head);
	if ((head & SIGN_MASK) == SIGN_SPECIAL)
	{
		head &= SPECIAL_MASK;
		decimal->kind = head == SPECIAL_NAN ? DECIMAL_NAN :
			head == SPECIAL_INFINITY ? DECIMAL_INFINITY : DECIMAL_MINUS_INFINITY;
		return;
	}
	if (head & SIGN_SHORT)
	{
		decimal->negative = (head & SHORT_NEGATIVE) != 0;
		decimal->dscale = (head & SHORT_DSCALE_MASK) >> SHORT_DSCALE_SHIFT;
		decimal->weight = (head & SHORT_WEIGHT_MASK) |
			((head & SHORT_WEIGHT_SIGN) ? ~SHORT_WEIGHT_MASK : 0);
	}
	else
	{
		int16_t		weight;

		memcpy(&weight, p, sizeof(weight));
		p += sizeof(weight);
		len -= sizeof(weight);
		decimal->negative = (head & SIGN_MASK) == SIGN_NEGATIVE;
		decimal->dscale = head & LONG_DSCALE_MASK;
		decimal->weight = weight;
	}
	decimal->digits = p;
	decimal->ndigits = (int) (len / sizeof(int16_t));
}

/* The power of ten that the last digit counts. */
static inline int
last_exponent(const Decimal *decimal)
{
	return BASE_DIGITS * (decimal->weight - decimal->ndigits + 1);
}

int
decimal_minimal_scale(const Decimal *decimal)
{
	int			exponent = last_exponent(decimal);
	int			n = decimal->ndigits;

	/* numeric.c strips zero digits from the end; do not rely on it */
	while (n > 0 && digit(decimal, n - 1) == 0)
	{
		n--;
		exponent += BASE_DIGITS;
	}
	if (n == 0)
		return 0;
	for (unsigned d = digit(decimal, n - 1); d % 10 == 0; d /= 10)
		exponent++;
	return exponent < 0 ? -exponent : 0;
}

/* ---- the unscaled value ------------------------------------------------- */

size_t
decimal_work_words(const Decimal *decimal, int scale)
{
	int			digits = BASE_DIGITS * (decimal->weight + 1) + scale;

	/* 19 digits need a word at most; one more for the sign, one spare */
	return (digits > 0 ? digits / 19 : 0) + 3;
}

/* words = words * factor + add; returns the new number of words. */
static inline size_t
multiply_add(uint64_t *words, size_t n, uint64_t factor, uint64_t add)
{
	Wide		carry = add;

	for (size_t i = 0; i < n; i++)
	{
		carry += (Wide) words[i] * factor;
		words[i] = (uint64_t) carry;
		carry >>= 64;
	}
	if (carry != 0)
		words[n++] = (uint64_t) carry;
	return n;
}

/* The magnitude of value * 10^scale in little-endian words. */
static size_t
unscaled_words(const Decimal *decimal, int scale, uint64_t *words)
{
	int			shift = last_exponent(decimal) + scale;
	int			ndigits = decimal->ndigits;
	size_t		n = 0;
	int			i = 0;
	int			cut = 0;

	if (shift < 0)				/* the last digits lie beyond the scale */
	{
		ndigits -= -shift / BASE_DIGITS;
		cut = -shift % BASE_DIGITS;
		shift = 0;
		if (ndigits <= 0)
			return 0;
		ndigits -= cut > 0;
	}
	while (i < ndigits)
	{
		uint64_t	factor = BASE;
		uint64_t	add = digit(decimal, i++);

		for (int k = 1; k < STEP_DIGITS / BASE_DIGITS && i < ndigits; k++)
		{
			factor *= BASE;
			add = add * BASE + digit(decimal, i++);
		}
		n = multiply_add(words, n, factor, add);
	}
	if (cut > 0)
		n = multiply_add(words, n, powers[BASE_DIGITS - cut],
						 digit(decimal, ndigits) / powers[cut]);
	for (; shift > 0 && n > 0; shift -= STEP_DIGITS)
		n = multiply_add(words, n, powers[shift < STEP_DIGITS ? shift : STEP_DIGITS], 0);
	return n;
}

/* Big-endian two's complement of a value of one word. */
static inline size_t
put_word(int64_t value, unsigned char *bytes)
{
	uint64_t	bits = (uint64_t) (value ^ (value >> 63));
	int			len = bits ? (64 - __builtin_clzll(bits)) / 8 + 1 : 1;

	for (int i = 0; i < len; i++)
		bytes[i] = (unsigned char) (value >> (8 * (len - 1 - i)));
	return len;
}

const unsigned char *
decimal_unscaled(const Decimal *decimal, int scale, uint64_t *work, size_t *len)
{
	size_t		n = unscaled_words(decimal, scale, work);
	unsigned char *bytes = (unsigned char *) work;
	size_t		size;

	if (n <= 1 && (n == 0 || work[0] <= INT64_MAX))
	{
		int64_t		value = n == 0 ? 0 : (int64_t) work[0];

		*len = put_word(decimal->negative ? -value : value, bytes);
		return bytes;
	}

	/* two's complement with a word to spare for the sign, then turned round */
	work[n++] = 0;
	if (decimal->negative)
	{
		Wide		carry = 1;

		for (size_t i = 0; i < n; i++)
		{
			carry += ~work[i];
			work[i] = (uint64_t) carry;
			carry >>= 64;
		}
	}
	for (size_t i = 0, j = n - 1; i <= j; i++, j--)
	{
		uint64_t	low = work[i];

		work[i] = work[j];
		work[j] = low;
	}
	for (size_t i = 0; i < n; i++)
	{
		uint64_t	word = work[i];

		for (int k = 7; k >= 0; k--, word >>= 8)
			bytes[i * 8 + k] = (unsigned char) word;
	}

	/* drop the bytes that only repeat the sign */
	size = n * 8;
	while (size > 1 &&
		   ((bytes[0] == 0x00 && !(bytes[1] & 0x80)) ||
			(bytes[0] == 0xFF && (bytes[1] & 0x80))))
	{
		bytes++;
		size--;
	}
	*len = size;
	return bytes;
}

size_t
decimal_int_bytes(__int128 value, unsigned char *bytes)
{
	size_t		len = 16;

	if (value >= INT64_MIN && value <= INT64_MAX)
		return put_word((int64_t) value, bytes);
	while (len > 9 && value >= -((__int128) 1 << (8 * (len - 1) - 1)) &&
		   value < (__int128) 1 << (8 * (len - 1) - 1))
		len--;
	for (size_t i = 0; i < len; i++)
		bytes[i] = (unsigned char) (value >> (8 * (len - 1 - i)));
	return len;
}

/* ---- text --------------------------------------------------------------- */

static inline char *
put_four(char *p, unsigned d)
{
	p[0] = '0' + d / 1000;
	p[1] = '0' + d / 100 % 10;
	p[2] = '0' + d / 10 % 10;
	p[3] = '0' + d % 10;
	return p + 4;
}

/*
 * Writes the integer part without leading zeros (nothing for zero) and then
 * fraction digits after the point (0 or more), the point left out.
 */
static char *
put_coefficient(char *p, const Decimal *decimal, int fraction, char **point)
{
	char	   *start = p;
	int			i;

	for (i = 0; i <= decimal->weight; i++)
	{
		p = put_four(p, digit(decimal, i));
		if (i == 0)
		{
			char	   *nonzero = start;

			while (nonzero < p && *nonzero == '0')
				nonzero++;
			memmove(start, nonzero, p - nonzero);
			p -= nonzero - start;
		}
	}
	*point = p;
	for (i = decimal->weight + 1; fraction > 0; i++, fraction -= BASE_DIGITS)
		p = put_four(p, digit(decimal, i));
	return p + (fraction < 0 ? fraction : 0);
}

/* Room that put_coefficient() needs, with what a sign and a point add. */
static inline size_t
coefficient_room(const Decimal *decimal, int fraction)
{
	return (decimal->weight >= 0 ? BASE_DIGITS * (decimal->weight + 1) : 0) +
		(fraction > 0 ? fraction : 0) + 2 * BASE_DIGITS;
}

void
decimal_print(Out *out, const Decimal *decimal)
{
	char	   *p;
	char	   *point;
	char	   *end;

	out_reserve(out, coefficient_room(decimal, decimal->dscale));
	p = out->p;
	if (decimal->negative)
		*p++ = '-';
	end = put_coefficient(p, decimal, decimal->dscale, &point);
	if (point == p)				/* no integer part */
	{
		memmove(p + 1, p, end - p);
		*p = '0';
		point++;
		end++;
	}
	if (decimal->dscale > 0)
	{
		memmove(point + 1, point, end - point);
		*point = '.';
		end++;
	}
	out->p = end;
}

/* The digits of the unscaled value; at least one.  Returns their number. */
static int
put_unscaled_digits(Out *out, const Decimal *decimal, int scale)
{
	char	   *start;
	char	   *point;
	char	   *end;
	char	   *nonzero;

	out_reserve(out, coefficient_room(decimal, scale));
	start = out->p;
	end = put_coefficient(start, decimal, scale > 0 ? scale : 0, &point);
	if (scale < 0)
		end += end - start < -scale ? start - end : scale;
	for (nonzero = start; nonzero < end && *nonzero == '0';)
		nonzero++;
	memmove(start, nonzero, end - nonzero);
	end -= nonzero - start;
	if (end == start)
		*end++ = '0';
	out->p = end;
	return (int) (end - start);
}

/* Inserts len bytes at back bytes before the end. */
static void
insert(Out *out, int back, const char *str, int len)
{
	out_reserve(out, len);
	memmove(out->p - back + len, out->p - back, back);
	memcpy(out->p - back, str, len);
	out->p += len;
}

/* E+12 or E-7; BigDecimal leaves an exponent of zero out. */
static void
put_exponent(Out *out, int exponent)
{
	char		str[12];
	int			at = sizeof(str);

	if (exponent == 0)
		return;
	for (unsigned rest = abs(exponent); rest > 0; rest /= 10)
		str[--at] = '0' + rest % 10;
	str[--at] = exponent < 0 ? '-' : '+';
	str[--at] = 'E';
	out_bytes(out, str + at, sizeof(str) - at);
}

void
decimal_print_java(Out *out, const Decimal *decimal, int scale)
{
	int			n;
	int			exponent;

	if (decimal->negative)
		out_byte(out, '-');
	n = put_unscaled_digits(out, decimal, scale);
	exponent = n - 1 - scale;
	if (scale == 0)
		return;
	if (scale > 0 && exponent >= -6)
	{
		if (scale >= n)
			insert(out, n, "0.00000000", 2 + scale - n);
		else
			insert(out, scale, ".", 1);
		return;
	}
	if (n > 1)
		insert(out, n - 1, ".", 1);
	put_exponent(out, exponent);
}

/* ---- doubles ------------------------------------------------------------ */

/*
 * Up to four digits as a whole number that counts the power of ten returned
 * in *exponent; false if there are more, or the exponent is beyond 22.
 */
static inline bool
read_whole(const Decimal *decimal, uint64_t *whole, int *exponent)
{
	*whole = 0;
	*exponent = decimal->ndigits > 0 ? last_exponent(decimal) : 0;
	if (decimal->ndigits > STEP_DIGITS / BASE_DIGITS || *exponent < -22 || *exponent > 22)
		return false;
	for (int i = 0; i < decimal->ndigits; i++)
		*whole = *whole * BASE + digit(decimal, i);
	return true;
}

bool
decimal_short(const Decimal *decimal, uint64_t *whole, int *exponent)
{
	return read_whole(decimal, whole, exponent) && *whole < powers[15];
}

bool
decimal_to_double(const Decimal *decimal, double *value)
{
	static const double exact[] = {
		1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12,
		1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22
	};
	uint64_t	whole;
	int			exponent;
	double		d;

	if (!read_whole(decimal, &whole, &exponent) || whole > UINT64_C(1) << 53)
		return false;

	/* Both operands are exact, so the result is rounded once, correctly. */
	d = exponent < 0 ? (double) whole / exact[-exponent] : (double) whole * exact[exponent];
	*value = decimal->negative ? -d : d;
	return true;
}
