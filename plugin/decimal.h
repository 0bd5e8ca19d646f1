/*
 * decimal.h
 *	  The stored form of numeric, read digit by digit.
 *
 * A numeric is stored as a sign, a weight, a display scale and digits of base
 * 10000 (the comment above NumericData in src/backend/utils/adt/numeric.c is
 * the reference; the format has not changed since 9.1, and infinities came
 * with 14).  These functions turn that straight into what Connect's Decimal
 * and Java's BigDecimal print, without the server's NumericVar arithmetic.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_DECIMAL_H
#define WALPOST_DECIMAL_H

#include <stdbool.h>
#include "out.h"

typedef enum DecimalKind
{
	DECIMAL_FINITE, DECIMAL_NAN, DECIMAL_INFINITY, DECIMAL_MINUS_INFINITY
} DecimalKind;

/* The value is digits[0] * 10000^weight + digits[1] * 10000^(weight-1) + ... */
typedef struct Decimal
{
	DecimalKind kind;
	bool		negative;
	int			ndigits;		/* 0: zero */
	int			weight;
	int			dscale;			/* digits printed after the point */
	const unsigned char *digits;	/* int16 in host order, unaligned */
} Decimal;

/*
 * Reads the payload of a numeric datum (what follows the varlena header);
 * digits then points into it.
 */
extern void decimal_read(Decimal *decimal, const void *payload, size_t len);

/* The scale that is left when trailing zeros are stripped; never below 0. */
extern int	decimal_minimal_scale(const Decimal *decimal);

/*
 * The unscaled value, that is value * 10^scale, as the minimal big-endian
 * two's complement that Java's BigInteger.toByteArray() returns.  scale may be
 * negative; digits beyond it are cut (a column's typmod leaves none).
 *
 * work is scratch memory of decimal_work_words() words; the bytes returned,
 * *len of them, lie in it.
 */
extern size_t decimal_work_words(const Decimal *decimal, int scale);
extern const unsigned char *decimal_unscaled(const Decimal *decimal, int scale,
											 uint64_t *work, size_t *len);

/* As decimal_unscaled() for a number that fits; bytes has room for 16. */
extern size_t decimal_int_bytes(__int128 value, unsigned char *bytes);

/* Appends the number in plain notation with dscale digits after the point. */
extern void decimal_print(Out *out, const Decimal *decimal);

/* Appends the number as BigDecimal.toString() prints it at this scale. */
extern void decimal_print_java(Out *out, const Decimal *decimal, int scale);

/*
 * The number's magnitude as *whole * 10^*exponent, if *whole has 15 decimal
 * digits at most and the exponent is between -22 and 22; else false.
 */
extern bool decimal_short(const Decimal *decimal, uint64_t *whole, int *exponent);

/*
 * The nearest double, if it can be had by one exact operation; else false,
 * and the caller reads the printed text.
 */
extern bool decimal_to_double(const Decimal *decimal, double *value);

#endif							/* WALPOST_DECIMAL_H */
