/*
 * typemap.c
 *	  From a column's type to its schema and encoder: one table of rules.
 *
 * A rule names the server's type (by OID, or by name and extension), what it
 * comes out as, how an array of it behaves, and what stands for a value that
 * is not there.  Rules whose answer depends on a handling mode or on the type
 * modifier have a function that fills the rest in.  Everything else, from
 * domains to types that nobody knows, is in typemap_resolve().
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/dependency.h"
#include "catalog/pg_enum.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "common/md5.h"
#include "datatype/timestamp.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/catcache.h"
#include "utils/date.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#include "civil.h"
#include "encoders.h"
#include "json.h"
#include "typemap.h"
#include "typeschema.h"

/* From 15 on there is a place for the reason of a failure. */
static inline bool
compat_md5(const void *bytes, size_t len, uint8 *digest)
{
#if PG_VERSION_NUM >= 150000
	const char *reason = NULL;

	return pg_md5_binary(bytes, len, digest, &reason);
#else
	return pg_md5_binary(bytes, len, digest);
#endif
}

/* How an array of the type comes out. */
typedef enum Elements
{
	ELEMENTS_OPTIONAL,			/* an array whose elements may be null */
	ELEMENTS_REQUIRED,			/* ... may not */
	ELEMENTS_OMITTED,			/* never captured, unknown types or not */
	ELEMENTS_NULL,				/* the scalar's schema, and always null */
} Elements;

/* What stands for an unchanged TOAST value. */
typedef enum Unavailable
{
	UNAVAILABLE_NULL,
	UNAVAILABLE_TEXT,			/* the placeholder */
	UNAVAILABLE_BINARY,			/* its bytes, by binary.handling.mode */
	UNAVAILABLE_DECIMAL,		/* a string if numbers are strings */
	UNAVAILABLE_HSTORE,			/* a pair of it and it */
	UNAVAILABLE_TEXTS,			/* the arrays: of one placeholder, */
	UNAVAILABLE_BINARIES,
	UNAVAILABLE_UUIDS,			/* of a UUID made from it, */
	UNAVAILABLE_NUMBERS,		/* of its bytes as numbers, */
	UNAVAILABLE_DAYS,			/* of the same, where dates are plain numbers */
} Unavailable;

/* Rule flags */
#define DEFAULTS		0x01	/* a column default goes into the schema */
#define OPTIONAL		0x02	/* the schema is optional in any case */
#define USES_OUTPUT		0x04	/* the encoder calls the output function */
#define USES_SEND		0x08	/* the encoder calls the send function */

typedef struct Request Request;
typedef void (*Resolve) (const Request *request, ColumnType *result);

typedef struct TypeRule
{
	Oid			oid;			/* a type of the server, or */
	const char *name;			/* a type of an extension */
	const char *extension;
	const ConnectSchema *schema;	/* these four where resolve does not set them */
	EncodeFn	json;
	EncodeFn	header;			/* NULL: as json */
	const char *fallback;
	Resolve		resolve;		/* NULL: nothing left to decide */
	int			flags;
	Elements	elements;
	Unavailable unavailable;
	Unavailable array_unavailable;
} TypeRule;

struct Request
{
	Oid			type;
	int32		typmod;
	const TypeModes *modes;
	const TypeRule *rule;
};

/* ---- small JSON texts --------------------------------------------------- */

/*
 * A buffer that never has to grow, for texts whose length is known to be less
 * than room; text_close() ends the text with a zero byte.
 */
static Out
text_open(size_t room)
{
	char	   *text = palloc(room);
	Out			out = {text, text + room, NULL};

	return out;
}

static char *
text_close(Out *out, char *start)
{
	*out->p = '\0';
	return start;
}

/* The JSON string of text; an escape has six bytes at most. */
static char *
quoted(const char *text, size_t len)
{
	Out			out = text_open(6 * len + 64);
	char	   *start = out.p;

	json_string(&out, text, len);
	return text_close(&out, start);
}

/* What encoder prints for a value; short values only. */
static char *
encoded(const Enc *enc, Datum value)
{
	Out			out = text_open(1024);
	char	   *start = out.p;

	enc->encode(&out, value, enc);
	return text_close(&out, start);
}

/* ---- numbers ------------------------------------------------------------ */

static ConnectSchema *
new_schema(const ConnectSchema *model)
{
	ConnectSchema *schema = palloc0(sizeof(ConnectSchema));

	if (model != NULL)
		*schema = *model;
	return schema;
}

static void
add_param(ConnectSchema *schema, const char *name, const char *value)
{
	ConnectParam *params = palloc((schema->nparams + 1) * sizeof(ConnectParam));

	if (schema->nparams > 0)
		memcpy(params, schema->params, schema->nparams * sizeof(ConnectParam));
	params[schema->nparams].name = name;
	params[schema->nparams].value = value;
	schema->params = params;
	schema->nparams++;
}

static ConnectSchema *
decimal_schema(int scale)
{
	ConnectSchema *schema = new_schema(&schema_bytes);

	schema->name = "org.apache.kafka.connect.data.Decimal";
	schema->version = 1;
	add_param(schema, "scale", psprintf("%d", scale));
	return schema;
}

/* Zero with this many digits after the point. */
static char *
zero_text(int scale)
{
	return scale > 0 ? psprintf("0.%0*d", scale, 0) : "0";
}

static void
resolve_numeric(const Request *request, ColumnType *result)
{
	bool		constrained = request->typmod >= (int32) VARHDRSZ;
	int			precision = 0;
	int			scale = 0;

	/*
	 * The modifier holds the scale in its low 11 bits, as a signed number from
	 * 15 on (make_numeric_typmod() in numeric.c).  The JDBC driver takes a
	 * negative scale for one around 2,000; it is printed as it is here.
	 */
	if (constrained)
	{
		precision = ((request->typmod - VARHDRSZ) >> 16) & 0xFFFF;
		scale = (((request->typmod - VARHDRSZ) & 0x7FF) ^ 1024) - 1024;
	}
	result->takes_default = constrained;
	result->json.a = result->header.a = scale;
	if (request->modes->decimal == DECIMAL_STRING)
	{
		result->schema = &schema_string;
		result->json.encode = result->header.encode = enc_numeric_string;
		result->fallback = psprintf("\"%s\"", zero_text(scale));
	}
	else if (request->modes->decimal == DECIMAL_DOUBLE)
	{
		result->schema = &schema_double;
		result->json.encode = enc_numeric_double;
		result->header.encode = enc_numeric_double_header;
		result->fallback = "0.0";
	}
	else if (constrained)
	{
		ConnectSchema *schema = decimal_schema(scale);

		add_param(schema, "connect.decimal.precision", psprintf("%d", precision));
		result->schema = schema;
		result->json.encode = enc_numeric_precise;
		result->header.encode = enc_numeric_precise_header;
		result->fallback = "\"AA==\"";
	}
	else
	{
		result->schema = &schema_variable_decimal;
		result->json.encode = result->header.encode = enc_numeric_variable;
		result->fallback = "{\"scale\":0,\"value\":\"AA==\"}";
	}
}

static void
resolve_money(const Request *request, ColumnType *result)
{
	int			digits = request->modes->money_digits;

	result->json.a = result->header.a = digits;
	if (request->modes->decimal == DECIMAL_STRING)
	{
		/*
		 * money.fraction.digits has no say in the value, only in the zero, which
		 * is BigDecimal.toString()'s.
		 */
		result->schema = &schema_string;
		result->json.encode = result->header.encode = enc_money_string;
		result->fallback = digits > 6 ? psprintf("\"0E-%d\"", digits) :
			psprintf("\"%s\"", zero_text(digits));
	}
	else if (request->modes->decimal == DECIMAL_DOUBLE)
	{
		result->schema = &schema_double;
		result->json.encode = result->header.encode = enc_money_double;
		result->fallback = "0.0";
	}
	else
	{
		result->schema = decimal_schema(digits);
		result->json.encode = enc_money_precise;
		result->header.encode = enc_money_precise_header;
		result->fallback = "\"AA==\"";
	}
}

/* ---- dates and times ---------------------------------------------------- */

typedef struct TemporalRule
{
	const ConnectSchema *schema;
	EncodeFn	json;
	EncodeFn	header;			/* NULL: as json */
} TemporalRule;

#define TIME_MODES (TIME_STRUCTURED + 1)

static const TemporalRule date_rules[TIME_MODES] = {
	[TIME_ADAPTIVE] = {&schema_date, enc_date_days},
	[TIME_ADAPTIVE_MICROSECONDS] = {&schema_date, enc_date_days},
	[TIME_CONNECT] = {&schema_connect_date, enc_date_days, enc_date_header},
	[TIME_ISOSTRING] = {&schema_iso_date, enc_date_iso},
	[TIME_MICROSECONDS] = {&schema_date, enc_date_days},
	[TIME_NANOSECONDS] = {&schema_date, enc_date_days},
	[TIME_STRUCTURED] = {&schema_structured_date, enc_date_structured},
};

/* The second index tells whether milliseconds suffice: a precision up to 3. */
static const TemporalRule time_rules[TIME_MODES][2] = {
	[TIME_ADAPTIVE] = {{&schema_micro_time, enc_time_micros},
	{&schema_time, enc_time_millis}},
	[TIME_ADAPTIVE_MICROSECONDS] = {{&schema_micro_time, enc_time_micros},
	{&schema_micro_time, enc_time_micros}},
	[TIME_CONNECT] = {{&schema_connect_time, enc_time_millis, enc_time_header},
	{&schema_connect_time, enc_time_millis, enc_time_header}},
	[TIME_ISOSTRING] = {{&schema_iso_time, enc_time_iso},
	{&schema_iso_time, enc_time_iso}},
	[TIME_MICROSECONDS] = {{&schema_micro_time, enc_time_micros},
	{&schema_micro_time, enc_time_micros}},
	[TIME_NANOSECONDS] = {{&schema_nano_time, enc_time_nanos},
	{&schema_nano_time, enc_time_nanos}},
	[TIME_STRUCTURED] = {{&schema_structured_time, enc_time_structured},
	{&schema_structured_time, enc_time_structured}},
};

static const TemporalRule timestamp_rules[TIME_MODES][2] = {
	[TIME_ADAPTIVE] = {{&schema_micro_timestamp, enc_timestamp_micros},
	{&schema_timestamp, enc_timestamp_millis}},
	[TIME_ADAPTIVE_MICROSECONDS] = {{&schema_micro_timestamp, enc_timestamp_micros},
	{&schema_timestamp, enc_timestamp_millis}},
	[TIME_CONNECT] = {{&schema_connect_timestamp, enc_timestamp_millis, enc_timestamp_header},
	{&schema_connect_timestamp, enc_timestamp_millis, enc_timestamp_header}},
	[TIME_ISOSTRING] = {{&schema_iso_timestamp, enc_timestamp_iso},
	{&schema_iso_timestamp, enc_timestamp_iso}},
	[TIME_MICROSECONDS] = {{&schema_micro_timestamp, enc_timestamp_micros},
	{&schema_micro_timestamp, enc_timestamp_micros}},
	[TIME_NANOSECONDS] = {{&schema_nano_timestamp, enc_timestamp_nanos},
	{&schema_nano_timestamp, enc_timestamp_nanos}},
	[TIME_STRUCTURED] = {{&schema_structured_timestamp, enc_timestamp_structured},
	{&schema_structured_timestamp, enc_timestamp_structured}},
};

/* Sets schema and encoders, and the epoch as the fall-back. */
static void
apply_temporal(const TemporalRule *rule, int precision, Datum epoch, ColumnType *result)
{
	result->schema = rule->schema;
	result->json.encode = rule->json;
	result->header.encode = rule->header ? rule->header : rule->json;
	result->json.a = result->header.a = precision;
	result->fallback = encoded(&result->json, epoch);
}

/* Declared digits of a second. */
static int
time_precision(const Request *request)
{
	return request->typmod >= 0 ? request->typmod : MAX_TIMESTAMP_PRECISION;
}

static void
resolve_date(const Request *request, ColumnType *result)
{
	apply_temporal(&date_rules[request->modes->time], 0,
				   DateADTGetDatum(-CIVIL_EPOCH_DAYS), result);
}

static void
resolve_time(const Request *request, ColumnType *result)
{
	int			precision = time_precision(request);

	apply_temporal(&time_rules[request->modes->time][precision <= 3], precision,
				   TimeADTGetDatum(0), result);
}

static void
resolve_timestamp(const Request *request, ColumnType *result)
{
	int			precision = time_precision(request);

	apply_temporal(&timestamp_rules[request->modes->time][precision <= 3], precision,
				   TimestampGetDatum(-CIVIL_EPOCH_DAYS * CIVIL_DAY_MICROS), result);
}

static void
resolve_timestamptz(const Request *request, ColumnType *result)
{
	static const TemporalRule zoned = {&schema_zoned_timestamp, enc_timestamptz};
	static const TemporalRule structured =
	{&schema_structured_zoned_timestamp, enc_timestamptz_structured};
	bool		parts = request->modes->time == TIME_STRUCTURED;

	apply_temporal(parts ? &structured : &zoned, time_precision(request),
				   TimestampTzGetDatum(-CIVIL_EPOCH_DAYS * CIVIL_DAY_MICROS), result);
	if (!parts)
		result->fallback = "\"1970-01-01T00:00:00Z\"";	/* at any precision */
}

static void
resolve_timetz(const Request *request, ColumnType *result)
{
	static const TemporalRule zoned = {&schema_zoned_time, enc_timetz};
	static const TemporalRule structured =
	{&schema_structured_zoned_time, enc_timetz_structured};
	TimeTzADT	midnight = {0, 0};

	apply_temporal(request->modes->time == TIME_STRUCTURED ? &structured : &zoned,
				   time_precision(request), TimeTzADTPGetDatum(&midnight), result);
}

static void
resolve_interval(const Request *request, ColumnType *result)
{
	static const TemporalRule numeric = {&schema_micro_duration, enc_interval_micros};
	static const TemporalRule string = {&schema_interval, enc_interval_iso};
	static const TemporalRule structured =
	{&schema_structured_duration, enc_interval_structured};
	Interval	nothing = {0, 0, 0};
	int			precision = MAX_INTERVAL_PRECISION;

	if (request->typmod >= 0 &&
		INTERVAL_PRECISION(request->typmod) != INTERVAL_FULL_PRECISION)
		precision = INTERVAL_PRECISION(request->typmod);
	apply_temporal(request->modes->time == TIME_STRUCTURED ? &structured :
				   request->modes->interval == INTERVAL_STRING ? &string : &numeric,
				   precision, IntervalPGetDatum(&nothing), result);
}

/* ---- bytes and bits ----------------------------------------------------- */

/* by BinaryMode */
static const EncodeFn bytea_encoders[] = {
	[BINARY_BYTES] = enc_bytea_base64,
	[BINARY_BASE64] = enc_bytea_base64,
	[BINARY_BASE64_URL] = enc_bytea_base64url,
	[BINARY_HEX] = enc_bytea_hex,
};

static const EncodeFn unknown_encoders[] = {
	[BINARY_BYTES] = enc_unknown_base64,
	[BINARY_BASE64] = enc_unknown_base64,
	[BINARY_BASE64_URL] = enc_unknown_base64url,
	[BINARY_HEX] = enc_unknown_hex,
};

static const ConnectSchema *
binary_schema(const TypeModes *modes)
{
	return modes->binary == BINARY_BYTES ? &schema_bytes : &schema_string;
}

static void
resolve_bytea(const Request *request, ColumnType *result)
{
	result->schema = binary_schema(request->modes);
	result->json.encode = result->header.encode = bytea_encoders[request->modes->binary];
}

static void
resolve_unknown(const Request *request, ColumnType *result)
{
	result->schema = binary_schema(request->modes);
	result->json.encode = result->header.encode = unknown_encoders[request->modes->binary];
}

/* One bit is a boolean; a varbit without a length has the largest there is. */
static void
resolve_bit(const Request *request, ColumnType *result)
{
	int			length = request->typmod > 0 ? request->typmod : PG_INT32_MAX;

	if (length == 1)
	{
		result->schema = &schema_boolean;
		result->json.encode = result->header.encode = enc_bit_boolean;
		result->fallback = "false";
	}
	else
	{
		ConnectSchema *schema = new_schema(&schema_bytes);

		schema->name = "io.debezium.data.Bits";
		schema->version = 1;
		add_param(schema, "length", psprintf("%d", length));
		result->schema = schema;
		result->json.encode = result->header.encode = enc_bits;
		result->fallback = "\"\"";
	}
}

static void
resolve_hstore(const Request *request, ColumnType *result)
{
	if (request->modes->hstore == HSTORE_MAP)
	{
		result->schema = &schema_hstore_map;
		result->json.encode = enc_hstore_map;
		result->header.encode = enc_hstore_map_header;
		result->fallback = "{}";
	}
	else
	{
		result->schema = &schema_json;
		result->json.encode = enc_hstore_json;
		result->header.encode = enc_hstore_json_header;
		result->fallback = "\"{}\"";
	}
}

/* ---- enums -------------------------------------------------------------- */

static int
sort_order_compare(const void *a, const void *b)
{
	float4		x = ((Form_pg_enum) GETSTRUCT(*(HeapTuple *) a))->enumsortorder;
	float4		y = ((Form_pg_enum) GETSTRUCT(*(HeapTuple *) b))->enumsortorder;

	return x < y ? -1 : x > y;
}

static int
label_oid_compare(const void *a, const void *b)
{
	Oid			x = ((const EnumLabel *) a)->oid;
	Oid			y = ((const EnumLabel *) b)->oid;

	return x < y ? -1 : x > y;
}

/*
 * The labels become JSON here, so a plan is out of date when pg_enum changes:
 * whoever caches it listens to ENUMOID besides TYPEOID.
 */
static void
resolve_enum(const Request *request, ColumnType *result)
{
	CatCList   *list = SearchSysCacheList1(ENUMTYPOIDNAME, ObjectIdGetDatum(request->type));
	int			n = list->n_members;
	HeapTuple  *tuples = palloc(Max(n, 1) * sizeof(HeapTuple));
	EnumLabels *labels = palloc(offsetof(EnumLabels, labels) + n * sizeof(EnumLabel));
	ConnectSchema *schema = new_schema(&schema_string);
	StringInfoData allowed;

	for (int i = 0; i < n; i++)
		tuples[i] = &list->members[i]->tuple;
	qsort(tuples, n, sizeof(HeapTuple), sort_order_compare);
	initStringInfo(&allowed);
	labels->n = n;
	for (int i = 0; i < n; i++)
	{
		Form_pg_enum form = (Form_pg_enum) GETSTRUCT(tuples[i]);
		EnumLabel  *label = &labels->labels[i];

		appendStringInfo(&allowed, "%s%s", i > 0 ? "," : "", NameStr(form->enumlabel));
		label->oid = form->oid;
		label->json = quoted(NameStr(form->enumlabel), strlen(NameStr(form->enumlabel)));
		label->len = strlen(label->json);
	}
	ReleaseCatCacheList(list);
	qsort(labels->labels, n, sizeof(EnumLabel), label_oid_compare);

	schema->name = "io.debezium.data.Enum";
	schema->version = 1;
	add_param(schema, "allowed", allowed.data);
	result->schema = schema;
	result->json.data = labels;
}

/* ---- the table ---------------------------------------------------------- */

/* A type whose array is that of plain text types */
#define TEXT_ARRAY ELEMENTS_OPTIONAL, UNAVAILABLE_TEXT, UNAVAILABLE_TEXTS

static void resolve_vector(const Request *request, ColumnType *result);

#define LINE_FALLBACK(extensions) \
	"{\"wkb\":\"AQIAAAACAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAPA/AAAAAAAAAAA=\"," \
	"\"srid\":null,\"extensions\":" extensions "}"
#define ZERO_POINT \
	"{\"x\":0.0,\"y\":0.0,\"wkb\":\"AQEAAAAAAAAAAAAAAAAAAAAAAAAA\",\"srid\":null}"

static const TypeRule rules[] = {
	{BOOLOID, NULL, NULL, &schema_boolean, enc_bool, NULL, "false", NULL, DEFAULTS},
	{INT2OID, NULL, NULL, &schema_int16, enc_int2, NULL, "0", NULL, DEFAULTS},
	{INT4OID, NULL, NULL, &schema_int32, enc_int4, NULL, "0", NULL, DEFAULTS,
	ELEMENTS_OPTIONAL, UNAVAILABLE_NULL, UNAVAILABLE_NUMBERS},
	{INT8OID, NULL, NULL, &schema_int64, enc_int8, NULL, "0", NULL, DEFAULTS,
	ELEMENTS_OPTIONAL, UNAVAILABLE_NULL, UNAVAILABLE_NUMBERS},
	{OIDOID, NULL, NULL, &schema_int64, enc_oid, NULL, "0"},
	{FLOAT4OID, NULL, NULL, &schema_float, enc_float4, enc_float4_header, "0.0", NULL, DEFAULTS},
	{FLOAT8OID, NULL, NULL, &schema_double, enc_float8, enc_float8_header, "0.0", NULL, DEFAULTS},
	{NUMERICOID, .resolve = resolve_numeric, .unavailable = UNAVAILABLE_DECIMAL},
	{CASHOID, .resolve = resolve_money, .elements = ELEMENTS_OMITTED},

	{TEXTOID, NULL, NULL, &schema_string, enc_text, enc_output_header, "\"\"", NULL,
	DEFAULTS | USES_OUTPUT, TEXT_ARRAY},
	{VARCHAROID, NULL, NULL, &schema_string, enc_text, enc_output_header, "\"\"", NULL,
	DEFAULTS | USES_OUTPUT, TEXT_ARRAY},
	{BPCHAROID, NULL, NULL, &schema_string, enc_text, enc_output_header, "\"\"", NULL,
	DEFAULTS | USES_OUTPUT, TEXT_ARRAY},
	{CHAROID, NULL, NULL, &schema_string, enc_char, enc_output_header, "\"\"", NULL, USES_OUTPUT},
	{NAMEOID, NULL, NULL, &schema_string, enc_name, enc_output_header, "\"\"", NULL,
	USES_OUTPUT, ELEMENTS_OMITTED},
	{UUIDOID, NULL, NULL, &schema_uuid, enc_uuid, NULL, "\"\"", NULL, DEFAULTS,
	ELEMENTS_OPTIONAL, UNAVAILABLE_NULL, UNAVAILABLE_UUIDS},
	{JSONOID, NULL, NULL, &schema_json, enc_text, enc_output_header, "\"\"", NULL,
	DEFAULTS | USES_OUTPUT, TEXT_ARRAY},
	{JSONBOID, NULL, NULL, &schema_json, enc_jsonb, enc_output_header, "\"\"", NULL,
	DEFAULTS | USES_OUTPUT, TEXT_ARRAY},
	{XMLOID, NULL, NULL, &schema_xml, enc_xml, enc_output_header, "\"\"", NULL,
	DEFAULTS | USES_OUTPUT, ELEMENTS_OMITTED, UNAVAILABLE_TEXT},
	{TSVECTOROID, NULL, NULL, &schema_tsvector, enc_output, enc_output_header, "\"\"", NULL,
	USES_OUTPUT, ELEMENTS_REQUIRED, UNAVAILABLE_TEXT},
	{REFCURSOROID, NULL, NULL, &schema_string, enc_text, enc_output_header, "\"\"", NULL,
	USES_OUTPUT, ELEMENTS_OMITTED, UNAVAILABLE_TEXT},
	{INETOID, NULL, NULL, &schema_string, enc_output, enc_output_header, "\"\"", NULL, USES_OUTPUT},
	{CIDROID, NULL, NULL, &schema_string, enc_output, enc_output_header, "\"\"", NULL, USES_OUTPUT},
	{MACADDROID, NULL, NULL, &schema_string, enc_output, enc_output_header, "\"\"", NULL, USES_OUTPUT},
	{MACADDR8OID, NULL, NULL, &schema_string, enc_output, enc_output_header, "\"\"", NULL, USES_OUTPUT},
	{INT4RANGEOID, NULL, NULL, &schema_string, enc_output, enc_output_header, "\"\"", NULL, USES_OUTPUT},
	{INT8RANGEOID, NULL, NULL, &schema_string, enc_output, enc_output_header, "\"\"", NULL, USES_OUTPUT},
	{NUMRANGEOID, NULL, NULL, &schema_string, enc_output, enc_output_header, "\"\"", NULL,
	USES_OUTPUT, ELEMENTS_OPTIONAL, UNAVAILABLE_TEXT},
	{TSRANGEOID, NULL, NULL, &schema_string, enc_output, enc_output_header, "\"\"", NULL, USES_OUTPUT},
	{TSTZRANGEOID, NULL, NULL, &schema_string, enc_output, enc_output_header, "\"\"", NULL, USES_OUTPUT},
	{DATERANGEOID, NULL, NULL, &schema_string, enc_output, enc_output_header, "\"\"", NULL, USES_OUTPUT},

	{DATEOID, .resolve = resolve_date, .flags = DEFAULTS, .array_unavailable = UNAVAILABLE_DAYS},
	{TIMEOID, .resolve = resolve_time, .flags = DEFAULTS},
	{TIMETZOID, .resolve = resolve_timetz},
	{TIMESTAMPOID, .resolve = resolve_timestamp, .flags = DEFAULTS},
	{TIMESTAMPTZOID, .resolve = resolve_timestamptz, .flags = DEFAULTS},
	{INTERVALOID, .resolve = resolve_interval, .flags = DEFAULTS, .elements = ELEMENTS_OMITTED},

	{BYTEAOID, NULL, NULL, NULL, NULL, NULL, "\"\"", resolve_bytea, 0,
	ELEMENTS_OPTIONAL, UNAVAILABLE_BINARY, UNAVAILABLE_BINARIES},
	{BITOID, .resolve = resolve_bit, .flags = DEFAULTS, .elements = ELEMENTS_NULL},
	{VARBITOID, .resolve = resolve_bit, .flags = DEFAULTS, .elements = ELEMENTS_OMITTED},

	{POINTOID, NULL, NULL, &schema_point, enc_point, NULL, ZERO_POINT, NULL,
	0, ELEMENTS_OMITTED},
	{LSEGOID, NULL, NULL, &schema_geometry, enc_lseg, NULL,
	LINE_FALLBACK("{\"type\":\"lseg\"}"), NULL, OPTIONAL, ELEMENTS_OMITTED},
	{PATHOID, NULL, NULL, &schema_geometry, enc_path, NULL,
	LINE_FALLBACK("{\"type\":\"path\"}"), NULL, OPTIONAL, ELEMENTS_OMITTED},
	{BOXOID, NULL, NULL, &schema_geometry, enc_box, NULL,
		"{\"wkb\":\"AQMAAAABAAAABQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAPA/"
		"AAAAAAAA8D8AAAAAAADwPwAAAAAAAPA/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\","
		"\"srid\":null,\"extensions\":{\"type\":\"box\"}}",
	NULL, OPTIONAL, ELEMENTS_OMITTED},
	{POLYGONOID, NULL, NULL, &schema_geometry, enc_polygon, NULL,
		"{\"wkb\":\"AQMAAAABAAAABAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAPA/"
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAPA/AAAAAAAAAAAAAAAAAAAAAA==\","
		"\"srid\":null,\"extensions\":{\"type\":\"polygon\"}}",
	NULL, OPTIONAL, ELEMENTS_OMITTED},
	{CIRCLEOID, NULL, NULL, &schema_circle, enc_circle, NULL,
	"{\"center\":" ZERO_POINT ",\"radius\":0.0}", NULL, OPTIONAL, ELEMENTS_OMITTED},
	{LINEOID, NULL, NULL, &schema_line, enc_line, NULL,
	"{\"a\":0.0,\"b\":1.0,\"c\":0.0}", NULL, OPTIONAL, ELEMENTS_OMITTED},

	{OIDVECTOROID, NULL, NULL, &schema_oidvector, NULL, NULL, "[]", resolve_vector, 0, ELEMENTS_REQUIRED},
	{INT2VECTOROID, NULL, NULL, &schema_int2vector, NULL, NULL, "[]", resolve_vector, 0, ELEMENTS_REQUIRED},

	{InvalidOid, "citext", "citext", &schema_string, enc_text, enc_output_header, "\"\"", NULL,
	USES_OUTPUT, ELEMENTS_OPTIONAL, UNAVAILABLE_TEXT},
	{InvalidOid, "hstore", "hstore", NULL, NULL, NULL, NULL, resolve_hstore,
	USES_SEND, ELEMENTS_OPTIONAL, UNAVAILABLE_HSTORE},
	{InvalidOid, "ltree", "ltree", &schema_ltree, enc_output, enc_output_header, "\"\"", NULL,
	USES_OUTPUT, ELEMENTS_OPTIONAL, UNAVAILABLE_TEXT},
	{InvalidOid, "isbn", "isn", &schema_string, enc_output, enc_output_header, "\"\"", NULL,
	USES_OUTPUT, ELEMENTS_REQUIRED},
	{InvalidOid, "geometry", "postgis", &schema_geometry, enc_geometry, NULL,
		"{\"wkb\":\"AQcAAAAAAAAA\",\"srid\":null,\"extensions\":null}", NULL,
	USES_SEND | OPTIONAL},
	{InvalidOid, "geography", "postgis", &schema_geography, enc_geography, NULL,
		"{\"wkb\":\"AQcAAAAAAAAA\",\"srid\":null}", NULL,
	USES_SEND | OPTIONAL},
	{InvalidOid, "vector", "vector", &schema_vector, enc_vector, NULL, "[]", NULL,
	USES_SEND, ELEMENTS_REQUIRED},
	{InvalidOid, "halfvec", "vector", &schema_halfvec, enc_halfvec, NULL, "[]", NULL,
	USES_SEND, ELEMENTS_REQUIRED},
	{InvalidOid, "sparsevec", "vector", &schema_sparsevec, enc_sparsevec, enc_sparsevec_header,
		"{\"dimensions\":0,\"vector\":[]}", NULL,
	USES_SEND, ELEMENTS_REQUIRED},
};

static const TypeRule enum_rule = {
	.json = enc_enum, .header = enc_output_header, .fallback = "\"\"",
	.resolve = resolve_enum, .flags = DEFAULTS | USES_OUTPUT,
	.elements = ELEMENTS_REQUIRED, .unavailable = UNAVAILABLE_TEXT
};

static const TypeRule unknown_rule = {
	.fallback = "\"\"", .resolve = resolve_unknown, .flags = USES_OUTPUT,
	.elements = ELEMENTS_REQUIRED, .unavailable = UNAVAILABLE_BINARY
};

/* ---- finding the rule --------------------------------------------------- */

/*
 * True if the type belongs to the extension of this name.  Names alone would
 * let a type of one's own called "vector" be read as what it is not.
 */
static bool
is_of_extension(Oid type, const char *extension)
{
	Oid			owner = getExtensionOfObject(TypeRelationId, type);
	char	   *name = OidIsValid(owner) ? get_extension_name(owner) : NULL;

	return name != NULL && strcmp(name, extension) == 0;
}

/* The rule of a type that is neither a domain nor an array; never NULL. */
static const TypeRule *
find_rule(Oid type)
{
	HeapTuple	tuple;
	Form_pg_type form;
	const TypeRule *found = &unknown_rule;

	for (int i = 0; i < lengthof(rules); i++)
	{
		if (rules[i].oid == type)
			return &rules[i];
	}
	tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for type %u", type);
	form = (Form_pg_type) GETSTRUCT(tuple);
	if (form->typtype == TYPTYPE_ENUM)
		found = &enum_rule;
	for (int i = 0; i < lengthof(rules) && found == &unknown_rule; i++)
	{
		if (rules[i].name != NULL && strcmp(rules[i].name, NameStr(form->typname)) == 0 &&
			is_of_extension(type, rules[i].extension))
			found = &rules[i];
	}
	ReleaseSysCache(tuple);
	return found;
}

/* ---- values that are not there ------------------------------------------ */

/* {"<placeholder>":"<placeholder>"}, in json mode as the text of a string */
static char *
unavailable_hstore(const TypeModes *modes)
{
	char	   *name = quoted(modes->placeholder, modes->placeholder_len);
	char	   *object = psprintf("{%s:%s}", name, name);

	return modes->hstore == HSTORE_MAP ? object : quoted(object, strlen(object));
}

static char *
unavailable_binary(const TypeModes *modes)
{
	Out			out;
	char	   *start;

	/* Debezium's converters know the marker in these two modes only */
	if (modes->binary == BINARY_HEX)
		return quoted(modes->placeholder, modes->placeholder_len);
	if (modes->binary != BINARY_BYTES)
		return "null";
	out = text_open(2 * modes->placeholder_len + 16);
	start = out.p;
	json_base64(&out, modes->placeholder, modes->placeholder_len);
	return text_close(&out, start);
}

/*
 * java.util.UUID.nameUUIDFromBytes(): version 3, of the MD5 of the bytes; null
 * where a server's cryptographic library refuses to compute that.
 */
static char *
unavailable_uuids(const TypeModes *modes)
{
	pg_uuid_t	uuid;
	Enc			enc = {enc_uuid};

	if (!compat_md5(modes->placeholder, modes->placeholder_len, uuid.data))
		return "null";
	uuid.data[6] = (uuid.data[6] & 0x0F) | 0x30;
	uuid.data[8] = (uuid.data[8] & 0x3F) | 0x80;
	return psprintf("[%s]", encoded(&enc, UUIDPGetDatum(&uuid)));
}

static char *
unavailable_numbers(const TypeModes *modes)
{
	StringInfoData text;

	initStringInfo(&text);
	for (int i = 0; i < modes->placeholder_len; i++)
		appendStringInfo(&text, "%c%d", i == 0 ? '[' : ',', (signed char) modes->placeholder[i]);
	appendStringInfoString(&text, modes->placeholder_len == 0 ? "[]" : "]");
	return text.data;
}

static const char *
unavailable_json(Unavailable kind, const TypeModes *modes)
{
	switch (kind)
	{
		case UNAVAILABLE_NULL:
			break;
		case UNAVAILABLE_TEXT:
			return quoted(modes->placeholder, modes->placeholder_len);
		case UNAVAILABLE_BINARY:
			return unavailable_binary(modes);
		case UNAVAILABLE_DECIMAL:
			if (modes->decimal != DECIMAL_STRING)
				break;
			return quoted(modes->placeholder, modes->placeholder_len);
		case UNAVAILABLE_HSTORE:
			return unavailable_hstore(modes);
		case UNAVAILABLE_TEXTS:
			return psprintf("[%s]", quoted(modes->placeholder, modes->placeholder_len));
		case UNAVAILABLE_BINARIES:
			if (modes->binary != BINARY_BYTES)
				break;
			return psprintf("[%s]", unavailable_binary(modes));
		case UNAVAILABLE_UUIDS:
			return unavailable_uuids(modes);
		case UNAVAILABLE_DAYS:
			if (date_rules[modes->time].schema != &schema_date)
				break;
			return unavailable_numbers(modes);
		case UNAVAILABLE_NUMBERS:
			return unavailable_numbers(modes);
	}
	return "null";
}

/* ---- putting it together ------------------------------------------------ */

/* The type's output or send function, in the current context. */
static FmgrInfo *
type_function(Oid type, bool send)
{
	FmgrInfo   *function = palloc(sizeof(FmgrInfo));
	Oid			oid;
	bool		varlena;

	if (send)
		getTypeBinaryOutputInfo(type, &oid, &varlena);
	else
		getTypeOutputInfo(type, &oid, &varlena);
	fmgr_info(oid, function);
	return function;
}

static void
apply_rule(const TypeRule *rule, Oid type, int32 typmod, const TypeModes *modes,
		   ColumnType *result)
{
	Request		request = {type, typmod, modes, rule};

	memset(result, 0, sizeof(*result));
	result->schema = rule->schema;
	result->json.encode = rule->json;
	result->header.encode = rule->header ? rule->header : rule->json;
	result->fallback = rule->fallback;
	result->always_optional = (rule->flags & OPTIONAL) != 0;
	result->takes_default = (rule->flags & DEFAULTS) != 0;
	result->unavailable = unavailable_json(rule->unavailable, modes);
	if (rule->flags & (USES_OUTPUT | USES_SEND))
		result->json.out_function = result->header.out_function =
			type_function(type, (rule->flags & USES_SEND) != 0);
	if (rule->resolve != NULL)
		rule->resolve(&request, result);
}

/* Lets an array's encoders go over the elements' ones. */
static void
set_elements(ColumnType *result, Oid element_type, const Enc *json, const Enc *header,
			 bool required)
{
	ArrayLayout *layout = palloc(sizeof(ArrayLayout));
	Enc		   *elements = palloc(2 * sizeof(Enc));

	get_typlenbyvalalign(element_type, &layout->typlen, &layout->typbyval, &layout->typalign);
	layout->required = required;
	elements[0] = *json;
	elements[1] = *header;
	result->json.encode = result->header.encode = enc_array;
	result->json.data = result->header.data = layout;
	result->json.elem = &elements[0];
	result->header.elem = &elements[1];
}

/* oidvector and int2vector: arrays under names of their own */
static void
resolve_vector(const Request *request, ColumnType *result)
{
	bool		oids = request->type == OIDVECTOROID;
	Enc			element = {oids ? enc_oid : enc_int2};

	set_elements(result, oids ? OIDOID : INT2OID, &element, &element, true);
}

/* An array of element_type, the modifier being that of the elements. */
static bool
resolve_array(Oid element_type, int32 typmod, const TypeModes *modes, ColumnType *result)
{
	bool		domain = get_typtype(element_type) == TYPTYPE_DOMAIN;
	const TypeRule *rule = domain ? &unknown_rule : find_rule(element_type);
	ColumnType	element;
	ConnectSchema *items;
	ConnectSchema *schema;

	if (rule->elements == ELEMENTS_OMITTED || (rule == &unknown_rule && !modes->unknown))
		return false;
	apply_rule(rule, element_type, typmod, modes, &element);
	memset(result, 0, sizeof(*result));
	if (rule->elements == ELEMENTS_NULL)
	{
		/* Debezium gives an array of bits the schema of the bits, and no value */
		result->schema = element.schema;
		result->json.encode = result->header.encode = enc_null;
		result->fallback = result->unavailable = "null";
		result->always_optional = true;
		return true;
	}
	items = new_schema(element.schema);
	items->optional = rule->elements == ELEMENTS_OPTIONAL;
	schema = new_schema(NULL);
	schema->type = CONNECT_ARRAY;
	schema->values = items;
	result->schema = schema;
	result->fallback = "[]";
	result->unavailable = unavailable_json(rule->array_unavailable, modes);
	set_elements(result, element_type, &element.json, &element.header,
				 rule->elements == ELEMENTS_REQUIRED);
	return true;
}

bool
typemap_resolve(Oid type, int32 typmod, const TypeModes *modes, ColumnType *result)
{
	Oid			base = getBaseTypeAndTypmod(type, &typmod);
	Oid			element = InvalidOid;
	const TypeRule *rule;

	if (base != OIDVECTOROID && base != INT2VECTOROID)
		element = get_element_type(base);
	if (OidIsValid(element))
		return resolve_array(element, typmod, modes, result);

	rule = find_rule(base);
	if (rule == &unknown_rule && !modes->unknown)
		return false;
	apply_rule(rule, base, typmod, modes, result);
	if (base != type)
		result->takes_default = false;	/* Debezium reads no default of a domain */
	return true;
}
