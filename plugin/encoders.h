/*
 * encoders.h
 *	  The encoders that typemap.c chooses from.
 *
 * Each is an EncodeFn (enc.h).  Where an encoder has a twin that ends in
 * _header, that one prints the value as Connect's SimpleHeaderConverter does;
 * all others print the same in both places.  "a" and "b" are the Enc's.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_ENCODERS_H
#define WALPOST_ENCODERS_H

#include "compat.h"
#include "enc.h"

/* enc_scalar.c */
extern void enc_bool(Out *out, Datum value, const Enc *enc);
extern void enc_int2(Out *out, Datum value, const Enc *enc);
extern void enc_int4(Out *out, Datum value, const Enc *enc);
extern void enc_int8(Out *out, Datum value, const Enc *enc);
extern void enc_oid(Out *out, Datum value, const Enc *enc);
extern void enc_float4(Out *out, Datum value, const Enc *enc);
extern void enc_float4_header(Out *out, Datum value, const Enc *enc);
extern void enc_float8(Out *out, Datum value, const Enc *enc);
extern void enc_float8_header(Out *out, Datum value, const Enc *enc);
extern void enc_text(Out *out, Datum value, const Enc *enc);
extern void enc_name(Out *out, Datum value, const Enc *enc);
extern void enc_char(Out *out, Datum value, const Enc *enc);
extern void enc_uuid(Out *out, Datum value, const Enc *enc);
extern void enc_jsonb(Out *out, Datum value, const Enc *enc);
extern void enc_xml(Out *out, Datum value, const Enc *enc);
extern void enc_output(Out *out, Datum value, const Enc *enc);
extern void enc_output_header(Out *out, Datum value, const Enc *enc);

/* An enum's labels as JSON strings, sorted by OID; enc_enum's data. */
typedef struct EnumLabel
{
	Oid			oid;
	int			len;
	const char *json;
} EnumLabel;

typedef struct EnumLabels
{
	int			n;
	EnumLabel	labels[FLEXIBLE_ARRAY_MEMBER];
} EnumLabels;

extern void enc_enum(Out *out, Datum value, const Enc *enc);

/* enc_numeric.c; a is the scale, of money the digits */
extern void enc_numeric_precise(Out *out, Datum value, const Enc *enc);
extern void enc_numeric_precise_header(Out *out, Datum value, const Enc *enc);
extern void enc_numeric_variable(Out *out, Datum value, const Enc *enc);
extern void enc_numeric_string(Out *out, Datum value, const Enc *enc);
extern void enc_numeric_double(Out *out, Datum value, const Enc *enc);
extern void enc_numeric_double_header(Out *out, Datum value, const Enc *enc);
extern void enc_money_precise(Out *out, Datum value, const Enc *enc);
extern void enc_money_precise_header(Out *out, Datum value, const Enc *enc);
extern void enc_money_string(Out *out, Datum value, const Enc *enc);
extern void enc_money_double(Out *out, Datum value, const Enc *enc);

/* enc_temporal.c; a is the precision, 0 to 6 */
extern void enc_date_days(Out *out, Datum value, const Enc *enc);
extern void enc_date_iso(Out *out, Datum value, const Enc *enc);
extern void enc_date_structured(Out *out, Datum value, const Enc *enc);
extern void enc_date_header(Out *out, Datum value, const Enc *enc);
extern void enc_time_millis(Out *out, Datum value, const Enc *enc);
extern void enc_time_micros(Out *out, Datum value, const Enc *enc);
extern void enc_time_nanos(Out *out, Datum value, const Enc *enc);
extern void enc_time_iso(Out *out, Datum value, const Enc *enc);
extern void enc_time_structured(Out *out, Datum value, const Enc *enc);
extern void enc_time_header(Out *out, Datum value, const Enc *enc);
extern void enc_timestamp_millis(Out *out, Datum value, const Enc *enc);
extern void enc_timestamp_micros(Out *out, Datum value, const Enc *enc);
extern void enc_timestamp_nanos(Out *out, Datum value, const Enc *enc);
extern void enc_timestamp_iso(Out *out, Datum value, const Enc *enc);
extern void enc_timestamp_structured(Out *out, Datum value, const Enc *enc);
extern void enc_timestamp_header(Out *out, Datum value, const Enc *enc);
extern void enc_timestamptz(Out *out, Datum value, const Enc *enc);
extern void enc_timestamptz_structured(Out *out, Datum value, const Enc *enc);
extern void enc_timetz(Out *out, Datum value, const Enc *enc);
extern void enc_timetz_structured(Out *out, Datum value, const Enc *enc);
extern void enc_interval_micros(Out *out, Datum value, const Enc *enc);
extern void enc_interval_iso(Out *out, Datum value, const Enc *enc);
extern void enc_interval_structured(Out *out, Datum value, const Enc *enc);

/* enc_binary.c */
extern void enc_bytea_base64(Out *out, Datum value, const Enc *enc);
extern void enc_bytea_base64url(Out *out, Datum value, const Enc *enc);
extern void enc_bytea_hex(Out *out, Datum value, const Enc *enc);
extern void enc_unknown_base64(Out *out, Datum value, const Enc *enc);
extern void enc_unknown_base64url(Out *out, Datum value, const Enc *enc);
extern void enc_unknown_hex(Out *out, Datum value, const Enc *enc);
extern void enc_bit_boolean(Out *out, Datum value, const Enc *enc);
extern void enc_bits(Out *out, Datum value, const Enc *enc);
extern void enc_null(Out *out, Datum value, const Enc *enc);

/* What enc_array must know of its elements; its data.  elem encodes one. */
typedef struct ArrayLayout
{
	int16		typlen;
	bool		typbyval;
	char		typalign;
	bool		required;		/* the schema's elements are not optional */
} ArrayLayout;

/* enc_numeric.c: neither NaN nor an infinity? */
extern bool numeric_is_finite(Datum value);

/* enc_array.c */
extern void enc_array(Out *out, Datum value, const Enc *enc);

/* enc_misc.c; out_function of the last ones is the type's send function */
extern void enc_point(Out *out, Datum value, const Enc *enc);
extern void enc_lseg(Out *out, Datum value, const Enc *enc);
extern void enc_box(Out *out, Datum value, const Enc *enc);
extern void enc_path(Out *out, Datum value, const Enc *enc);
extern void enc_polygon(Out *out, Datum value, const Enc *enc);
extern void enc_circle(Out *out, Datum value, const Enc *enc);
extern void enc_line(Out *out, Datum value, const Enc *enc);
extern void enc_hstore_json(Out *out, Datum value, const Enc *enc);
extern void enc_hstore_json_header(Out *out, Datum value, const Enc *enc);
extern void enc_hstore_map(Out *out, Datum value, const Enc *enc);
extern void enc_hstore_map_header(Out *out, Datum value, const Enc *enc);
extern void enc_geometry(Out *out, Datum value, const Enc *enc);
extern void enc_geography(Out *out, Datum value, const Enc *enc);
extern void enc_vector(Out *out, Datum value, const Enc *enc);
extern void enc_halfvec(Out *out, Datum value, const Enc *enc);
extern void enc_sparsevec(Out *out, Datum value, const Enc *enc);
extern void enc_sparsevec_header(Out *out, Datum value, const Enc *enc);

/*
 * Appends a quoted string as SimpleHeaderConverter does: quote and backslash
 * are escaped, all else is raw.
 */
extern void header_string(Out *out, const char *text, size_t len);

/* A varlena in memory, its header possibly short. */
static inline struct varlena *
enc_detoast(Datum value)
{
	struct varlena *v = (struct varlena *) DatumGetPointer(value);

	if (VARATT_IS_COMPRESSED(v) || VARATT_IS_EXTERNAL(v))
		v = pg_detoast_datum_packed(v);
	return v;
}

#endif							/* WALPOST_ENCODERS_H */
