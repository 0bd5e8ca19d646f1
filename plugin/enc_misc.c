/*
 * enc_misc.c
 *	  Geometric types, hstore, and the types of PostGIS and pgvector.
 *
 * Shapes carry well-known binary (WKB), little-endian.  Types of extensions
 * are read through their send functions, whose formats are the extensions'
 * public interface; what does not hold together there is an error.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "utils/float.h"
#include "utils/geo_decls.h"

#include "encoders.h"
#include "javahash.h"
#include "json.h"

#define WKB_LITTLE_ENDIAN	1
#define WKB_POINT			1
#define WKB_LINESTRING		2
#define WKB_POLYGON			3

#define EWKB_SRID_FLAG		UINT32_C(0x20000000)

/* ---- well-known binary -------------------------------------------------- */

static inline unsigned char *
wkb_uint32(unsigned char *p, uint32 value)
{
	for (int i = 0; i < 4; i++)
		*p++ = (unsigned char) (value >> (8 * i));
	return p;
}

static inline unsigned char *
wkb_point(unsigned char *p, const Point *point)
{
	const float8 xy[2] = {point->x, point->y};

	for (int i = 0; i < 2; i++)
	{
		uint64		bits;

		memcpy(&bits, &xy[i], sizeof(bits));
		p = wkb_uint32(p, (uint32) bits);
		p = wkb_uint32(p, (uint32) (bits >> 32));
	}
	return p;
}

static inline unsigned char *
wkb_head(unsigned char *p, uint32 type)
{
	*p++ = WKB_LITTLE_ENDIAN;
	return wkb_uint32(p, type);
}

/* A struct Point, as point and the centre of a circle have it. */
static void
put_point(Out *out, const Point *point)
{
	unsigned char wkb[5 + 2 * sizeof(float8)];

	out_literal(out, "{\"x\":");
	json_double(out, point->x);
	out_literal(out, ",\"y\":");
	json_double(out, point->y);
	out_literal(out, ",\"wkb\":");
	wkb_point(wkb_head(wkb, WKB_POINT), point);
	json_base64(out, wkb, sizeof(wkb));
	out_literal(out, ",\"srid\":null}");
}

static inline bool
same_point(const Point *a, const Point *b)
{
	return a->x == b->x && a->y == b->y;
}

/*
 * A struct Geometry of a line or a ring; a ring is closed by repeating the
 * first point where the last one differs.  extensions is a JSON object.
 */
static void
put_shape(Out *out, uint32 type, const Point *points, int n, const char *extensions)
{
	bool		ring = type == WKB_POLYGON;
	bool		close = ring && n >= 2 && !same_point(&points[0], &points[n - 1]);
	size_t		size = 5 + (ring ? 8 : 4) + ((size_t) n + close) * 2 * sizeof(float8);
	unsigned char stack[256];
	unsigned char *wkb = size <= sizeof(stack) ? stack : palloc(size);
	unsigned char *p = wkb_head(wkb, type);

	if (ring)
		p = wkb_uint32(p, 1);
	p = wkb_uint32(p, n + close);
	for (int i = 0; i < n; i++)
		p = wkb_point(p, &points[i]);
	if (close)
		wkb_point(p, &points[0]);

	out_literal(out, "{\"wkb\":");
	json_base64(out, wkb, size);
	out_literal(out, ",\"srid\":null,\"extensions\":");
	out_bytes(out, extensions, strlen(extensions));
	out_byte(out, '}');
}

/* ---- the server's geometric types --------------------------------------- */

void
enc_point(Out *out, Datum value, const Enc *enc)
{
	put_point(out, DatumGetPointP(value));
}

void
enc_lseg(Out *out, Datum value, const Enc *enc)
{
	put_shape(out, WKB_LINESTRING, DatumGetLsegP(value)->p, 2, "{\"type\":\"lseg\"}");
}

void
enc_box(Out *out, Datum value, const Enc *enc)
{
	const BOX  *box = DatumGetBoxP(value);
	const Point corners[5] = {
		{box->high.x, box->high.y},
		{box->high.x, box->low.y},
		{box->low.x, box->low.y},
		{box->low.x, box->high.y},
		{box->high.x, box->high.y}
	};

	put_shape(out, WKB_POLYGON, corners, 5, "{\"type\":\"box\"}");
}

void
enc_path(Out *out, Datum value, const Enc *enc)
{
	const PATH *path = DatumGetPathP(value);

	put_shape(out, WKB_LINESTRING, path->p, path->npts,
			  path->closed ? "{\"type\":\"path\",\"closed\":\"true\"}" :
			  "{\"type\":\"path\",\"closed\":\"false\"}");
}

void
enc_polygon(Out *out, Datum value, const Enc *enc)
{
	const POLYGON *polygon = DatumGetPolygonP(value);

	put_shape(out, WKB_POLYGON, polygon->p, polygon->npts, "{\"type\":\"polygon\"}");
}

void
enc_circle(Out *out, Datum value, const Enc *enc)
{
	const CIRCLE *circle = DatumGetCircleP(value);

	out_literal(out, "{\"center\":");
	put_point(out, &circle->center);
	out_literal(out, ",\"radius\":");
	json_double(out, circle->radius);
	out_byte(out, '}');
}

void
enc_line(Out *out, Datum value, const Enc *enc)
{
	const LINE *line = DatumGetLineP(value);

	out_literal(out, "{\"a\":");
	json_double(out, line->A);
	out_literal(out, ",\"b\":");
	json_double(out, line->B);
	out_literal(out, ",\"c\":");
	json_double(out, line->C);
	out_byte(out, '}');
}

/* ---- reading what a send function returns ------------------------------- */

/* A message over the bytes; pq_getmsg*() check its bounds. */
static void
open_sent(StringInfo message, Datum value, const Enc *enc)
{
	bytea	   *sent = SendFunctionCall(enc->out_function, value);

	message->data = VARDATA(sent);
	message->len = message->maxlen = VARSIZE(sent) - VARHDRSZ;
	message->cursor = 0;
}

/* ---- hstore ------------------------------------------------------------- */

typedef struct Pair
{
	const char *key;
	const char *value;			/* NULL: null */
	int			keylen;
	int			vallen;
} Pair;

typedef struct Pairs
{
	int			n;
	size_t		bytes;			/* of all keys and values */
	Pair	   *pairs;
	JavaEntry  *order;
} Pairs;

/* hstore_send(): count, then length and bytes of each key and value */
static void
read_hstore(Pairs *pairs, Datum value, const Enc *enc)
{
	StringInfoData message;

	open_sent(&message, value, enc);
	pairs->n = pq_getmsgint(&message, 4);
	if (pairs->n < 0 || pairs->n > message.len / 8)
		elog(ERROR, "hstore value with %d pairs in %d bytes", pairs->n, message.len);
	pairs->bytes = message.len;
	pairs->pairs = palloc(Max(pairs->n, 1) * sizeof(Pair));
	pairs->order = palloc(Max(pairs->n, 1) * sizeof(JavaEntry));
	for (int i = 0; i < pairs->n; i++)
	{
		Pair	   *pair = &pairs->pairs[i];

		pair->keylen = pq_getmsgint(&message, 4);
		pair->key = pq_getmsgbytes(&message, pair->keylen);
		pair->vallen = (int) pq_getmsgint(&message, 4);
		pair->value = pair->vallen < 0 ? NULL : pq_getmsgbytes(&message, pair->vallen);
		pairs->order[i].hash = java_string_hash(pair->key, pair->keylen);
		pairs->order[i].number = i;
	}
	java_hash_order(pairs->order, pairs->n);
}

typedef void (*PutString) (Out *out, const char *str, size_t len);

static void
put_pairs(Out *out, const Pairs *pairs, PutString put)
{
	out_byte(out, '{');
	for (int i = 0; i < pairs->n; i++)
	{
		const Pair *pair = &pairs->pairs[pairs->order[i].number];

		if (i > 0)
			out_byte(out, ',');
		put(out, pair->key, pair->keylen);
		out_byte(out, ':');
		if (pair->value != NULL)
			put(out, pair->value, pair->vallen);
		else
			out_literal(out, "null");
	}
	out_byte(out, '}');
}

/*
 * A JSON string inside a string: as json_string(), but characters outside the
 * BMP stay raw, since Jackson escapes them only where it writes bytes.
 */
static void
inner_string(Out *out, const char *str, size_t len)
{
	const char *end = str + len;

	out_byte(out, '"');
	while (str < end)
	{
		const char *raw = str;

		while (str < end && (unsigned char) *str >= 0xF0)
			str += Min(4, end - str);
		out_bytes(out, raw, str - raw);
		raw = str;
		while (str < end && (unsigned char) *str < 0xF0)
			str++;
		json_escape(out, raw, str - raw);
	}
	out_byte(out, '"');
}

/* The object as JSON text; *len bytes. */
static char *
hstore_text(Datum value, const Enc *enc, size_t *len)
{
	Pairs		pairs;
	size_t		room;
	char	   *str;
	Out			inner;

	read_hstore(&pairs, value, enc);

	/* six bytes for one, and slack for the wide stores of json_escape() */
	room = 6 * pairs.bytes + 64 * (size_t) pairs.n + 64;
	str = palloc_extended(room, MCXT_ALLOC_HUGE);
	inner.p = str;
	inner.end = str + room;
	inner.owner = NULL;
	put_pairs(&inner, &pairs, inner_string);
	*len = inner.p - str;
	return str;
}

void
enc_hstore_json(Out *out, Datum value, const Enc *enc)
{
	size_t		len;
	char	   *str = hstore_text(value, enc, &len);

	json_string(out, str, len);
	pfree(str);
}

void
enc_hstore_json_header(Out *out, Datum value, const Enc *enc)
{
	size_t		len;
	char	   *str = hstore_text(value, enc, &len);

	header_string(out, str, len);
	pfree(str);
}

void
enc_hstore_map(Out *out, Datum value, const Enc *enc)
{
	Pairs		pairs;

	read_hstore(&pairs, value, enc);
	put_pairs(out, &pairs, json_string);
}

void
enc_hstore_map_header(Out *out, Datum value, const Enc *enc)
{
	Pairs		pairs;

	read_hstore(&pairs, value, enc);
	put_pairs(out, &pairs, header_string);
}

/* ---- PostGIS ------------------------------------------------------------ */

/*
 * geometry_send() gives EWKB, which is kept as it is; the SRID in it, if any,
 * is repeated beside it.
 */
static void
put_ewkb(Out *out, Datum value, const Enc *enc)
{
	StringInfoData message;
	const unsigned char *ewkb;
	uint32		words[2] = {0, 0};

	open_sent(&message, value, enc);
	ewkb = (const unsigned char *) message.data;
	if (message.len >= 9)
	{
		bool		little = ewkb[0] == WKB_LITTLE_ENDIAN;

		for (int i = 0; i < 8; i++)
			words[i / 4] |= (uint32) ewkb[1 + i] << 8 * (little ? i % 4 : 3 - i % 4);
	}
	out_literal(out, "{\"wkb\":");
	json_base64(out, ewkb, message.len);
	out_literal(out, ",\"srid\":");
	if ((words[0] & EWKB_SRID_FLAG) && words[1] != 0)
		json_int(out, (int32) words[1]);
	else
		out_literal(out, "null");
}

void
enc_geometry(Out *out, Datum value, const Enc *enc)
{
	put_ewkb(out, value, enc);
	out_literal(out, ",\"extensions\":null}");
}

void
enc_geography(Out *out, Datum value, const Enc *enc)
{
	put_ewkb(out, value, enc);
	out_byte(out, '}');
}

/* ---- pgvector ----------------------------------------------------------- */

/* vector_send(): dimensions, unused, floats */
void
enc_vector(Out *out, Datum value, const Enc *enc)
{
	StringInfoData message;
	int			n;

	open_sent(&message, value, enc);
	n = pq_getmsgint(&message, 2);
	pq_getmsgint(&message, 2);
	out_byte(out, '[');
	for (int i = 0; i < n; i++)
	{
		if (i > 0)
			out_byte(out, ',');
		json_float(out, pq_getmsgfloat4(&message));
	}
	out_byte(out, ']');
}

/* IEEE 754 binary16 */
static float
half_to_float(uint16 half)
{
	int			exponent = half >> 10 & 0x1F;
	int			fraction = half & 0x3FF;
	float		value;

	if (exponent == 0x1F)
		value = fraction ? get_float4_nan() : get_float4_infinity();
	else if (exponent == 0)
		value = (float) fraction / (1 << 24);
	else if (exponent >= 25)
		value = (float) ((fraction | 0x400) << (exponent - 25));
	else
		value = (float) (fraction | 0x400) / (1 << (25 - exponent));
	return half & 0x8000 ? -value : value;
}

/* halfvec_send(): dimensions, unused, halves */
void
enc_halfvec(Out *out, Datum value, const Enc *enc)
{
	StringInfoData message;
	int			n;

	open_sent(&message, value, enc);
	n = pq_getmsgint(&message, 2);
	pq_getmsgint(&message, 2);
	out_byte(out, '[');
	for (int i = 0; i < n; i++)
	{
		if (i > 0)
			out_byte(out, ',');
		json_float(out, half_to_float(pq_getmsgint(&message, 2)));
	}
	out_byte(out, ']');
}

/*
 * sparsevec_send(): dimensions, number of elements, unused, indices from 0,
 * floats.  The schema has 16 bits for dimensions and indices; a larger vector
 * has no form in it and is null.
 */
static void
put_sparsevec(Out *out, Datum value, const Enc *enc, bool header)
{
	StringInfoData message;
	int			dimensions;
	int			n;
	JavaEntry  *order;
	int		   *indices;
	float	   *values;

	open_sent(&message, value, enc);
	dimensions = pq_getmsgint(&message, 4);
	n = pq_getmsgint(&message, 4);
	pq_getmsgint(&message, 4);
	if (n < 0 || n > message.len / 8)
		elog(ERROR, "sparsevec value with %d elements in %d bytes", n, message.len);
	if (dimensions > PG_INT16_MAX)
	{
		out_literal(out, "null");
		return;
	}
	order = palloc(Max(n, 1) * sizeof(JavaEntry));
	indices = palloc(Max(n, 1) * sizeof(int));
	values = palloc(Max(n, 1) * sizeof(float));
	for (int i = 0; i < n; i++)
	{
		indices[i] = pq_getmsgint(&message, 4) + 1;
		order[i].hash = indices[i];
		order[i].number = i;
	}
	for (int i = 0; i < n; i++)
		values[i] = pq_getmsgfloat4(&message);
	java_hash_order(order, n);

	out_literal(out, "{\"dimensions\":");
	json_int(out, dimensions);
	out_literal(out, ",\"vector\":");
	out_byte(out, header ? '{' : '[');
	for (int i = 0; i < n; i++)
	{
		if (i > 0)
			out_byte(out, ',');
		if (!header)
			out_byte(out, '[');
		json_int(out, indices[order[i].number]);
		out_byte(out, header ? ':' : ',');
		json_float(out, values[order[i].number]);
		if (!header)
			out_byte(out, ']');
	}
	out_byte(out, header ? '}' : ']');
	out_byte(out, '}');
}

void
enc_sparsevec(Out *out, Datum value, const Enc *enc)
{
	put_sparsevec(out, value, enc, false);
}

void
enc_sparsevec_header(Out *out, Datum value, const Enc *enc)
{
	put_sparsevec(out, value, enc, true);
}
