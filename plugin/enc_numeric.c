/*
 * enc_numeric.c
 *	  numeric and money in each decimal.handling.mode.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "utils/cash.h"
#include "utils/float.h"

#include "decimal.h"
#include "encoders.h"
#include "json.h"

/* Scratch words on the stack: enough for 250 digits. */
#define STACK_WORDS		16

/* money has two digits after the point under lc_monetary C. */
#define MONEY_SCALE		2

/* Reads the datum; what the digits point into lives as long as the change. */
static inline void
read_numeric(Decimal *decimal, Datum value)
{
	struct varlena *v = enc_detoast(value);

	decimal_read(decimal, VARDATA_ANY(v), VARSIZE_ANY_EXHDR(v));
}

static inline void
put_unscaled(Out *out, const Decimal *decimal, int scale)
{
	uint64_t	stack[STACK_WORDS];
	size_t		words = decimal_work_words(decimal, scale);
	uint64_t   *work = words <= STACK_WORDS ? stack : palloc(words * sizeof(uint64_t));
	const unsigned char *bytes;
	size_t		len;

	bytes = decimal_unscaled(decimal, scale, work, &len);
	json_base64(out, bytes, len);
}

/* Connect's Decimal; NaN and the infinities have no form there. */
bool
numeric_is_finite(Datum value)
{
	Decimal		decimal;

	read_numeric(&decimal, value);
	return decimal.kind == DECIMAL_FINITE;
}

void
enc_numeric_precise(Out *out, Datum value, const Enc *enc)
{
	Decimal		decimal;

	read_numeric(&decimal, value);
	if (decimal.kind == DECIMAL_FINITE)
		put_unscaled(out, &decimal, enc->a);
	else
		out_literal(out, "null");
}

void
enc_numeric_precise_header(Out *out, Datum value, const Enc *enc)
{
	Decimal		decimal;

	read_numeric(&decimal, value);
	if (decimal.kind == DECIMAL_FINITE)
		decimal_print_java(out, &decimal, enc->a);
	else
		out_literal(out, "null");
}

/* io.debezium.data.VariableScaleDecimal, trailing zeros stripped */
void
enc_numeric_variable(Out *out, Datum value, const Enc *enc)
{
	Decimal		decimal;
	int			scale;

	read_numeric(&decimal, value);
	if (decimal.kind != DECIMAL_FINITE)
	{
		out_literal(out, "null");
		return;
	}
	scale = decimal_minimal_scale(&decimal);
	out_literal(out, "{\"scale\":");
	json_int(out, scale);
	out_literal(out, ",\"value\":");
	put_unscaled(out, &decimal, scale);
	out_byte(out, '}');
}

/* The names are those of SpecialValueDecimal's enum. */
void
enc_numeric_string(Out *out, Datum value, const Enc *enc)
{
	Decimal		decimal;

	read_numeric(&decimal, value);
	switch (decimal.kind)
	{
		case DECIMAL_FINITE:
			out_byte(out, '"');
			decimal_print(out, &decimal);
			out_byte(out, '"');
			break;
		case DECIMAL_NAN:
			out_literal(out, "\"NAN\"");
			break;
		case DECIMAL_INFINITY:
			out_literal(out, "\"POSITIVE_INFINITY\"");
			break;
		case DECIMAL_MINUS_INFINITY:
			out_literal(out, "\"NEGATIVE_INFINITY\"");
			break;
	}
}

/* The number in plain notation, ended by a zero byte. */
static char *
plain_text(const Decimal *decimal)
{
	/* a sign, a leading zero, a point and the end; groups of four digits */
	size_t		room = 4 * (size_t) Max(decimal->weight + 1, 0) + decimal->dscale + 16;
	char	   *str = palloc(room);
	Out			plain = {str, str + room, NULL};

	decimal_print(&plain, decimal);
	*plain.p = '\0';
	return str;
}

static double
numeric_to_double(const Decimal *decimal)
{
	double		value;

	switch (decimal->kind)
	{
		case DECIMAL_NAN:
			return get_float8_nan();
		case DECIMAL_INFINITY:
			return get_float8_infinity();
		case DECIMAL_MINUS_INFINITY:
			return -get_float8_infinity();
		case DECIMAL_FINITE:
			break;
	}
	if (!decimal_to_double(decimal, &value))
		value = strtod(plain_text(decimal), NULL);
	return value;
}

void
enc_numeric_double(Out *out, Datum value, const Enc *enc)
{
	Decimal		decimal;
	uint64_t	whole;
	int			exponent;

	read_numeric(&decimal, value);
	if (decimal.kind == DECIMAL_FINITE && decimal_short(&decimal, &whole, &exponent))
		json_decimal_double(out, decimal.negative, whole, exponent);
	else
		json_double(out, numeric_to_double(&decimal));
}

void
enc_numeric_double_header(Out *out, Datum value, const Enc *enc)
{
	Decimal		decimal;

	read_numeric(&decimal, value);
	enc_float8_header(out, Float8GetDatum(numeric_to_double(&decimal)), enc);
}

/* ---- money: a 64-bit count of hundredths -------------------------------- */

/* The amount at scale digits, halves away from zero. */
static int128
money_at_scale(Cash cash, int digits)
{
	int128		value = cash;

	for (; digits > MONEY_SCALE; digits--)
		value *= 10;
	if (digits < MONEY_SCALE)
	{
		int			divisor = digits == 1 ? 10 : 100;

		value = (value + (value < 0 ? -divisor : divisor) / 2) / divisor;
	}
	return value;
}

void
enc_money_precise(Out *out, Datum value, const Enc *enc)
{
	unsigned char bytes[16];
	size_t		len = decimal_int_bytes(money_at_scale(DatumGetCash(value), enc->a), bytes);

	json_base64(out, bytes, len);
}

/* An integer as a plain number with scale digits after the point. */
static void
put_scaled(Out *out, int128 value, int scale)
{
	char		str[48];
	char	   *p = str + sizeof(str);
	uint128		magnitude = value < 0 ? -(uint128) value : (uint128) value;
	int			digits = 0;

	while (magnitude > 0 || digits <= scale)
	{
		if (digits++ == scale && scale > 0)
			*--p = '.';
		*--p = '0' + (int) (magnitude % 10);
		magnitude /= 10;
	}
	if (value < 0)
		*--p = '-';
	out_bytes(out, p, str + sizeof(str) - p);
}

void
enc_money_precise_header(Out *out, Datum value, const Enc *enc)
{
	put_scaled(out, money_at_scale(DatumGetCash(value), enc->a), enc->a);
}

void
enc_money_string(Out *out, Datum value, const Enc *enc)
{
	out_byte(out, '"');
	put_scaled(out, DatumGetCash(value), MONEY_SCALE);
	out_byte(out, '"');
}

void
enc_money_double(Out *out, Datum value, const Enc *enc)
{
	Cash		cash = DatumGetCash(value);

	if (cash >= -(INT64CONST(1) << 53) && cash <= INT64CONST(1) << 53)
		json_double(out, (double) cash / 100);
	else
	{
		/* one rounding only: through the text */
		char		str[32];
		Out			plain = {str, str + sizeof(str), NULL};

		put_scaled(&plain, cash, MONEY_SCALE);
		*plain.p = '\0';
		json_double(out, strtod(str, NULL));
	}
}
