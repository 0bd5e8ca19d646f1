/*
 * enc_scalar.c
 *	  Booleans, integers, floats, and everything that is a string.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include <math.h>

#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/uuid.h"

#include "encoders.h"
#include "json.h"

void
enc_bool(Out *out, Datum value, const Enc *enc)
{
	if (DatumGetBool(value))
		out_literal(out, "true");
	else
		out_literal(out, "false");
}

void
enc_int2(Out *out, Datum value, const Enc *enc)
{
	json_int(out, DatumGetInt16(value));
}

void
enc_int4(Out *out, Datum value, const Enc *enc)
{
	json_int(out, DatumGetInt32(value));
}

void
enc_int8(Out *out, Datum value, const Enc *enc)
{
	json_int(out, DatumGetInt64(value));
}

void
enc_oid(Out *out, Datum value, const Enc *enc)
{
	json_uint(out, DatumGetObjectId(value));
}

void
enc_float4(Out *out, Datum value, const Enc *enc)
{
	json_float(out, DatumGetFloat4(value));
}

void
enc_float8(Out *out, Datum value, const Enc *enc)
{
	json_double(out, DatumGetFloat8(value));
}

/* In a header NaN and the infinities are not quoted. */
static bool
put_nonfinite(Out *out, double value)
{
	if (isnan(value))
		out_literal(out, "NaN");
	else if (!isinf(value))
		return false;
	else if (value > 0)
		out_literal(out, "Infinity");
	else
		out_literal(out, "-Infinity");
	return true;
}

void
enc_float4_header(Out *out, Datum value, const Enc *enc)
{
	if (!put_nonfinite(out, DatumGetFloat4(value)))
		json_float(out, DatumGetFloat4(value));
}

void
enc_float8_header(Out *out, Datum value, const Enc *enc)
{
	if (!put_nonfinite(out, DatumGetFloat8(value)))
		json_double(out, DatumGetFloat8(value));
}

/* ---- strings ------------------------------------------------------------ */

/* text and all types stored as text: varchar, bpchar, citext, json */
void
enc_text(Out *out, Datum value, const Enc *enc)
{
	struct varlena *str = enc_detoast(value);

	json_string(out, VARDATA_ANY(str), VARSIZE_ANY_EXHDR(str));
}

/*
 * The real value.  Debezium's stream has null here (or "" in a NOT NULL
 * column) where its snapshot has the value: the name is what a reader wants,
 * and a streamed row must equal the row of a snapshot.
 */
void
enc_name(Out *out, Datum value, const Enc *enc)
{
	const char *name = NameStr(*DatumGetName(value));

	json_string(out, name, strnlen(name, NAMEDATALEN));
}

/*
 * "char".  A byte that is no ASCII is printed in octal, as the server does
 * from version 16 on: alone it is not valid UTF-8.
 */
void
enc_char(Out *out, Datum value, const Enc *enc)
{
	char		c = DatumGetChar(value);

	if (IS_HIGHBIT_SET(c))
	{
		char		octal[4];

		octal[0] = '\\';
		octal[1] = '0' + (((unsigned char) c >> 6) & 7);
		octal[2] = '0' + (((unsigned char) c >> 3) & 7);
		octal[3] = '0' + ((unsigned char) c & 7);
		json_string(out, octal, sizeof(octal));
	}
	else
		json_string(out, &c, c != '\0');
}

void
enc_uuid(Out *out, Datum value, const Enc *enc)
{
	static const char hex[] = "0123456789abcdef";
	const unsigned char *bytes = DatumGetUUIDP(value)->data;
	char	   *p;

	out_reserve(out, 2 * UUID_LEN + 4 + 2);
	p = out->p;
	*p++ = '"';
	for (int i = 0; i < UUID_LEN; i++)
	{
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*p++ = '-';
		*p++ = hex[bytes[i] >> 4];
		*p++ = hex[bytes[i] & 15];
	}
	*p++ = '"';
	out->p = p;
}

void
enc_jsonb(Out *out, Datum value, const Enc *enc)
{
	Jsonb	   *jsonb = DatumGetJsonbP(value);
	char	   *str = JsonbToCString(NULL, &jsonb->root, VARSIZE(jsonb));

	json_string(out, str, strlen(str));
}

/*
 * xml is stored as it was typed; only a declaration in front of it is printed
 * otherwise than it is stored (xml_out drops the encoding).
 */
void
enc_xml(Out *out, Datum value, const Enc *enc)
{
	struct varlena *str = enc_detoast(value);
	size_t		len = VARSIZE_ANY_EXHDR(str);

	if (len >= 5 && memcmp(VARDATA_ANY(str), "<?xml", 5) == 0)
		enc_output(out, PointerGetDatum(str), enc);
	else
		json_string(out, VARDATA_ANY(str), len);
}

static int
label_compare(const void *key, const void *label)
{
	Oid			a = *(const Oid *) key;
	Oid			b = ((const EnumLabel *) label)->oid;

	return a < b ? -1 : a > b;
}

void
enc_enum(Out *out, Datum value, const Enc *enc)
{
	const EnumLabels *labels = enc->data;
	Oid			oid = DatumGetObjectId(value);
	const EnumLabel *label = bsearch(&oid, labels->labels, labels->n,
									 sizeof(EnumLabel), label_compare);

	if (label != NULL)
		out_bytes(out, label->json, label->len);
	else						/* added since the plan was made */
		enc_output(out, value, enc);
}

/* Whatever the type's output function prints. */
void
enc_output(Out *out, Datum value, const Enc *enc)
{
	char	   *str = OutputFunctionCall(enc->out_function, value);

	json_string(out, str, strlen(str));
}

void
enc_output_header(Out *out, Datum value, const Enc *enc)
{
	char	   *str = OutputFunctionCall(enc->out_function, value);

	header_string(out, str, strlen(str));
}

void
header_string(Out *out, const char *str, size_t len)
{
	const char *end = str + len;
	char	   *p;

	out_reserve(out, 2 * len + 2);
	p = out->p;
	*p++ = '"';
	for (; str < end; str++)
	{
		if (*str == '"' || *str == '\\')
			*p++ = '\\';
		*p++ = *str;
	}
	*p++ = '"';
	out->p = p;
}
