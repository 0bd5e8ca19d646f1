/*
 * enc_array.c
 *	  Arrays, over the encoder of their elements.
 *
 * Connect has no arrays of arrays here, and Debezium prints one null for each
 * element of the first dimension (for text and uuid the default text of a Java
 * object).  So does this encoder for every type: the number of rows and no
 * wrong values.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "access/tupmacs.h"
#include "utils/array.h"

#include "encoders.h"

static void
put_nulls(Out *out, int n)
{
	out_byte(out, '[');
	for (int i = 0; i < n; i++)
	{
		if (i > 0)
			out_byte(out, ',');
		out_literal(out, "null");
	}
	out_byte(out, ']');
}

static bool
element_is_null(const bits8 *nulls, int i)
{
	return nulls != NULL && (nulls[i / BITS_PER_BYTE] & (1 << i % BITS_PER_BYTE)) == 0;
}

static void
put_elements(Out *out, ArrayType *array, int n, const Enc *enc)
{
	const ArrayLayout *layout = enc->data;
	const Enc  *elem = enc->elem;
	EncodeFn	encode = elem->encode;
	const bits8 *nulls = ARR_NULLBITMAP(array);
	char	   *p = ARR_DATA_PTR(array);

	out_byte(out, '[');
	for (int i = 0; i < n; i++)
	{
		if (i > 0)
			out_byte(out, ',');
		if (element_is_null(nulls, i))
		{
			out_literal(out, "null");
			continue;
		}
		encode(out, fetch_att(p, layout->typbyval, layout->typlen), elem);
		p = att_addlength_pointer(p, layout->typlen, p);
		p = (char *) att_align_nominal(p, layout->typalign);
	}
	out_byte(out, ']');
}

void
enc_array(Out *out, Datum value, const Enc *enc)
{
	const ArrayLayout *layout = enc->data;
	ArrayType  *array = DatumGetArrayTypeP(value);
	int			ndim = ARR_NDIM(array);
	int			n = ArrayGetNItems(ndim, ARR_DIMS(array));

	/* where the schema has no room for a null element, the array is null */
	if (layout->required && n > 0 && (ndim > 1 || array_contains_nulls(array)))
		out_literal(out, "null");
	else if (ndim > 1)
		put_nulls(out, ARR_DIMS(array)[0]);
	else
		put_elements(out, array, n, enc);
}
