/*
 * enc_binary.c
 *	  bytea, bit strings, and types that are known by their text alone.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "utils/varbit.h"

#include "encoders.h"
#include "json.h"

typedef void (*PutBytes) (Out *out, const void *bytes, size_t len);

static inline void
put_bytea(Out *out, Datum value, PutBytes put)
{
	struct varlena *v = enc_detoast(value);

	put(out, VARDATA_ANY(v), VARSIZE_ANY_EXHDR(v));
}

void
enc_bytea_base64(Out *out, Datum value, const Enc *enc)
{
	put_bytea(out, value, json_base64);
}

void
enc_bytea_base64url(Out *out, Datum value, const Enc *enc)
{
	put_bytea(out, value, json_base64url);
}

void
enc_bytea_hex(Out *out, Datum value, const Enc *enc)
{
	put_bytea(out, value, json_hex);
}

/* ---- unknown types: the bytes of what the output function prints -------- */

static inline void
put_unknown(Out *out, Datum value, const Enc *enc, PutBytes put)
{
	char	   *str = OutputFunctionCall(enc->out_function, value);

	put(out, str, strlen(str));
}

void
enc_unknown_base64(Out *out, Datum value, const Enc *enc)
{
	put_unknown(out, value, enc, json_base64);
}

void
enc_unknown_base64url(Out *out, Datum value, const Enc *enc)
{
	put_unknown(out, value, enc, json_base64url);
}

void
enc_unknown_hex(Out *out, Datum value, const Enc *enc)
{
	put_unknown(out, value, enc, json_hex);
}

/* ---- bit strings -------------------------------------------------------- */

/* A bit string is a VarBit, whose header has to be aligned. */
static inline VarBit *
read_bits(Datum value)
{
	return DatumGetVarBitP(value);
}

/* bit(1), and varbit(1), which may also be empty */
void
enc_bit_boolean(Out *out, Datum value, const Enc *enc)
{
	VarBit	   *bits = read_bits(value);

	if (VARBITLEN(bits) == 0)
		out_literal(out, "null");
	else if (*VARBITS(bits) & 0x80)
		out_literal(out, "true");
	else
		out_literal(out, "false");
}

/*
 * io.debezium.data.Bits: the string read as a binary number, its bytes from
 * the least significant one on, up to the highest that is not zero.
 */
void
enc_bits(Out *out, Datum value, const Enc *enc)
{
	VarBit	   *bits = read_bits(value);
	const unsigned char *stored = VARBITS(bits);
	int			n = VARBITBYTES(bits);
	int			pad = n * BITS_PER_BYTE - VARBITLEN(bits);
	unsigned char stack[64];
	unsigned char *bytes = n <= (int) sizeof(stack) ? stack : palloc(n);

	/* stored left-aligned, the first bit in the highest place */
	for (int i = 0; i < n; i++)
	{
		unsigned	pair = stored[n - 1 - i] | (i < n - 1 ? stored[n - 2 - i] << 8 : 0);

		bytes[i] = (unsigned char) (pair >> pad);
	}
	while (n > 0 && bytes[n - 1] == 0)
		n--;
	json_base64(out, bytes, n);
}

/* A type whose values never fit the schema that Debezium gives it. */
void
enc_null(Out *out, Datum value, const Enc *enc)
{
	out_literal(out, "null");
}
