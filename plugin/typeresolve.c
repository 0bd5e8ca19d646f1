/*
 * typeresolve.c
 *	  Schemas and encoders that depend on a handling mode or a type modifier.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_enum.h"
#include "catalog/pg_type.h"
#include "datatype/timestamp.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/catcache.h"
#include "utils/date.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "civil.h"
#include "encoders.h"
#include "typerule.h"
#include "typeschema.h"

/* ---- numbers ------------------------------------------------------------ */

ConnectSchema *
typerule_new_schema(const ConnectSchema *model)
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
	ConnectSchema *schema = typerule_new_schema(&schema_bytes);

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

void
resolve_numeric(const Request *request, ColumnType *result)
{
	bool		constrained = request->typmod >= (int32) VARHDRSZ;
	int			precision = 0;
	int			scale = 0;

	/*
	 * The modifier holds the scale in its low 11 bits, as a signed number
	 * from 15 on (make_numeric_typmod() in numeric.c).  The JDBC driver takes
	 * a negative scale for one around 2,000; it is printed as it is here,
	 * unless quirks are wanted.
	 */
	if (constrained)
	{
		precision = ((request->typmod - VARHDRSZ) >> 16) & 0xFFFF;
		scale = (request->typmod - VARHDRSZ) & 0x7FF;
		if (!request->modes->quirks)
			scale = (scale ^ 1024) - 1024;
	}
	result->takes_default = constrained || request->modes->decimal != DECIMAL_PRECISE;
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

void
resolve_money(const Request *request, ColumnType *result)
{
	int			digits = request->modes->money_digits;

	result->json.a = result->header.a = digits;
	if (request->modes->decimal == DECIMAL_STRING)
	{
		/*
		 * money.fraction.digits has no say in the value, only in the zero,
		 * which is BigDecimal.toString()'s.
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
	result->fallback = typetext_encoded(&result->json, epoch);
	if (rule->schema->type == CONNECT_STRUCT)
		result->takes_default = false;	/* Connect has trouble with those */
}

/* Declared digits of a second. */
static int
time_precision(const Request *request)
{
	return request->typmod >= 0 ? request->typmod : MAX_TIMESTAMP_PRECISION;
}

void
resolve_date(const Request *request, ColumnType *result)
{
	apply_temporal(&date_rules[request->modes->time], 0,
				   DateADTGetDatum(-CIVIL_EPOCH_DAYS), result);
}

void
resolve_time(const Request *request, ColumnType *result)
{
	int			precision = time_precision(request);

	apply_temporal(&time_rules[request->modes->time][precision <= 3], precision,
				   TimeADTGetDatum(0), result);
}

void
resolve_timestamp(const Request *request, ColumnType *result)
{
	int			precision = time_precision(request);

	apply_temporal(&timestamp_rules[request->modes->time][precision <= 3], precision,
				   TimestampGetDatum(-CIVIL_EPOCH_DAYS * CIVIL_DAY_MICROS), result);
}

void
resolve_timestamptz(const Request *request, ColumnType *result)
{
	static const TemporalRule zoned = {&schema_zoned_timestamp, enc_timestamptz};
	static const TemporalRule structured =
	{&schema_structured_zoned_timestamp, enc_timestamptz_structured};
	bool		parts = request->modes->time == TIME_STRUCTURED;

	apply_temporal(parts ? &structured : &zoned, time_precision(request),
				   TimestampTzGetDatum(-CIVIL_EPOCH_DAYS * CIVIL_DAY_MICROS), result);
	/* at any precision, and at no place */
	if (parts)
		result->fallback = psprintf("{\"year\":1970,\"month\":1,\"day\":1,"
									"\"hour\":0,\"minute\":0,\"second\":0,\"nanos\":0,"
									"\"offsetSeconds\":0,\"zoneId\":null,"
									"\"specialValue\":null,\"precision\":%d}",
									result->json.a);
	else
		result->fallback = "\"1970-01-01T00:00:00Z\"";
}

void
resolve_timetz(const Request *request, ColumnType *result)
{
	static const TemporalRule zoned = {&schema_zoned_time, enc_timetz};
	static const TemporalRule structured =
	{&schema_structured_zoned_time, enc_timetz_structured};
	TimeTzADT	midnight = {0, 0};

	apply_temporal(request->modes->time == TIME_STRUCTURED ? &structured : &zoned,
				   time_precision(request), TimeTzADTPGetDatum(&midnight), result);
}

void
resolve_interval(const Request *request, ColumnType *result)
{
	static const TemporalRule numeric = {&schema_micro_duration, enc_interval_micros};
	static const TemporalRule string = {&schema_interval, enc_interval_iso};
	static const TemporalRule structured =
	{&schema_structured_duration, enc_interval_structured};
	Interval	nothing = {0, 0, 0};
	int			precision = MAX_INTERVAL_PRECISION;

	/* fields without a precision have one of 65535, which Debezium prints, too */
	if (request->typmod >= 0)
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

void
resolve_bytea(const Request *request, ColumnType *result)
{
	result->schema = binary_schema(request->modes);
	result->json.encode = result->header.encode = bytea_encoders[request->modes->binary];
}

void
resolve_unknown(const Request *request, ColumnType *result)
{
	result->schema = binary_schema(request->modes);
	result->json.encode = result->header.encode = unknown_encoders[request->modes->binary];
}

/* One bit is a boolean; a varbit without a length has the largest there is. */
void
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
		ConnectSchema *schema = typerule_new_schema(&schema_bytes);

		schema->name = "io.debezium.data.Bits";
		schema->version = 1;
		add_param(schema, "length", psprintf("%d", length));
		result->schema = schema;
		result->json.encode = result->header.encode = enc_bits;
		result->fallback = "\"\"";
	}
}

void
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
void
resolve_enum(const Request *request, ColumnType *result)
{
	CatCList   *list = SearchSysCacheList1(ENUMTYPOIDNAME, ObjectIdGetDatum(request->type));
	int			n = list->n_members;
	HeapTuple  *tuples = palloc(Max(n, 1) * sizeof(HeapTuple));
	EnumLabels *labels = palloc(offsetof(EnumLabels, labels) + n * sizeof(EnumLabel));
	ConnectSchema *schema = typerule_new_schema(&schema_string);
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
		label->json = typetext_quoted(NameStr(form->enumlabel), strlen(NameStr(form->enumlabel)));
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

/* oidvector and int2vector: arrays under names of their own */
void
resolve_vector(const Request *request, ColumnType *result)
{
	bool		oids = request->type == OIDVECTOROID;
	Enc			element = {oids ? enc_oid : enc_int2};

	typerule_set_elements(result, oids ? OIDOID : INT2OID, &element, &element, true);
}
