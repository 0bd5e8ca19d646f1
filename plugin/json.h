/*
 * json.h
 *	  An append-only JSON writer with the bytes of Kafka's JsonConverter.
 *	  Strings are in jsonstr.c, all else in json.c.
 *
 * Jackson's habits: no spaces, UTF-8 raw but for quote, backslash and control
 * characters (short escapes, else \u00XX with upper-case digits) and for
 * characters outside the BMP, which are written as two \uXXXX escapes.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_JSON_H
#define WALPOST_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include "out.h"

/*
 * Appends a quoted, escaped string; text is valid UTF-8.  A buffer that cannot
 * grow needs room for JSON_STRING_ROOM() bytes, since the stores are wide.
 */
#define JSON_STRING_ROOM(len) (6 * (size_t) (len) + 66)
extern void json_string(Out *out, const char *text, size_t len);

/* Appends what json_string() puts between the quotes. */
extern void json_escape(Out *out, const char *text, size_t len);

/* Append a number in decimal; at most 20 bytes. */
extern void json_int(Out *out, int64_t value);
extern void json_uint(Out *out, uint64_t value);

/*
 * Append a floating point number with the layout of Java's toString (decimal
 * for 1e-3 <= |x| < 1e7, else d.dE±n; at least one fraction digit) and the
 * shortest digits that read back.  NaN and infinities are quoted strings.
 */
extern void json_double(Out *out, double value);
extern void json_float(Out *out, float value);

/*
 * Appends what json_double() prints for the double nearest to value *
 * 10^exponent.  value has 15 digits at most and the exponent is between -22
 * and 22: so few digits are the shortest ones that read back, and the double
 * need not be known.
 */
extern void json_decimal_double(Out *out, bool negative, uint64_t value, int exponent);

/* Append a quoted string of standard base64 with padding. */
extern void json_base64(Out *out, const void *bytes, size_t len);

/* As json_base64() with the URL-safe alphabet, padding kept. */
extern void json_base64url(Out *out, const void *bytes, size_t len);

/* Appends a quoted string of lower-case hexadecimal digits. */
extern void json_hex(Out *out, const void *bytes, size_t len);

#endif							/* WALPOST_JSON_H */
