/*
 * javanumber.h
 *	  Numbers as Java has them: read from text, narrowed, printed.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_JAVANUMBER_H
#define WALPOST_JAVANUMBER_H

/* A java.lang.Number; of a whole one the low 64 bits. */
typedef struct JavaNumber
{
	bool		whole;
	int64		integer;		/* if whole */
	double		real;			/* the nearest, whole or not */
	float		single;			/* the nearest */
} JavaNumber;

/* Number.byteValue(), shortValue(), intValue(), longValue(). */
extern int64 javanumber_narrow(const JavaNumber *number, int bits);

/* Byte.parseByte() and its kin; false if text is no number of so many bits. */
extern bool javanumber_parse(const char *text, int bits, int64 *value);

/* Double.parseDouble() and Float.parseFloat(); false if text is no number. */
extern bool javanumber_parse_real(const char *text, JavaNumber *number);

/*
 * BigDecimal.toString() of an unscaled value, the bytes of which are those of
 * BigInteger.toByteArray().  In CurrentMemoryContext.
 */
extern char *javanumber_decimal_text(const unsigned char *bytes, size_t len, int scale);

/* What such a text is as a number. */
extern void javanumber_of_decimal(const char *text, JavaNumber *number);

#endif							/* WALPOST_JAVANUMBER_H */
