/*
 * typeschema.c
 *	  The fixed Connect schemas, as data.
 *
 * One line of the table is one schema; field lists come first.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stddef.h>

#include "typeschema.h"

#define PLAIN(kind) {.type = CONNECT_##kind}
#define OPTIONAL(kind) {.type = CONNECT_##kind, .optional = true}
#define NAMED(kind, text) {.type = CONNECT_##kind, .name = (text), .version = 1}
#define STRUCT(text, number, comment, list) \
	{.type = CONNECT_STRUCT, .name = (text), .version = (number), .doc = (comment), \
	 .fields = (list), .nfields = sizeof(list) / sizeof((list)[0])}

const ConnectSchema schema_boolean = PLAIN(BOOLEAN);
const ConnectSchema schema_int8 = PLAIN(INT8);
const ConnectSchema schema_int16 = PLAIN(INT16);
const ConnectSchema schema_int32 = PLAIN(INT32);
const ConnectSchema schema_int64 = PLAIN(INT64);
const ConnectSchema schema_float = PLAIN(FLOAT);
const ConnectSchema schema_double = PLAIN(DOUBLE);
const ConnectSchema schema_string = PLAIN(STRING);
const ConnectSchema schema_bytes = PLAIN(BYTES);

static const ConnectSchema optional_int8 = OPTIONAL(INT8);
static const ConnectSchema optional_int32 = OPTIONAL(INT32);
static const ConnectSchema optional_int64 = OPTIONAL(INT64);
static const ConnectSchema optional_string = OPTIONAL(STRING);
static const ConnectSchema optional_bytes = OPTIONAL(BYTES);

const ConnectSchema schema_uuid = NAMED(STRING, "io.debezium.data.Uuid");
const ConnectSchema schema_json = NAMED(STRING, "io.debezium.data.Json");
const ConnectSchema schema_xml = NAMED(STRING, "io.debezium.data.Xml");
const ConnectSchema schema_ltree = NAMED(STRING, "io.debezium.data.Ltree");
const ConnectSchema schema_tsvector = NAMED(STRING, "io.debezium.data.Tsvector");
const ConnectSchema schema_date = NAMED(INT32, "io.debezium.time.Date");
const ConnectSchema schema_time = NAMED(INT32, "io.debezium.time.Time");
const ConnectSchema schema_micro_time = NAMED(INT64, "io.debezium.time.MicroTime");
const ConnectSchema schema_nano_time = NAMED(INT64, "io.debezium.time.NanoTime");
const ConnectSchema schema_timestamp = NAMED(INT64, "io.debezium.time.Timestamp");
const ConnectSchema schema_micro_timestamp = NAMED(INT64, "io.debezium.time.MicroTimestamp");
const ConnectSchema schema_nano_timestamp = NAMED(INT64, "io.debezium.time.NanoTimestamp");
const ConnectSchema schema_iso_date = NAMED(STRING, "io.debezium.time.IsoDate");
const ConnectSchema schema_iso_time = NAMED(STRING, "io.debezium.time.IsoTime");
const ConnectSchema schema_iso_timestamp = NAMED(STRING, "io.debezium.time.IsoTimestamp");
const ConnectSchema schema_connect_date = NAMED(INT32, "org.apache.kafka.connect.data.Date");
const ConnectSchema schema_connect_time = NAMED(INT32, "org.apache.kafka.connect.data.Time");
const ConnectSchema schema_connect_timestamp = NAMED(INT64, "org.apache.kafka.connect.data.Timestamp");
const ConnectSchema schema_zoned_time = NAMED(STRING, "io.debezium.time.ZonedTime");
const ConnectSchema schema_zoned_timestamp = NAMED(STRING, "io.debezium.time.ZonedTimestamp");
const ConnectSchema schema_micro_duration = NAMED(INT64, "io.debezium.time.MicroDuration");
const ConnectSchema schema_interval = NAMED(STRING, "io.debezium.time.Interval");

static const ConnectSchema extensions_map = {
	.type = CONNECT_MAP,.optional = true,.keys = &schema_string,.values = &schema_string
};

static const ConnectSchema sparse_map = {
	.type = CONNECT_MAP,.keys = &schema_int16,.values = &schema_double
};

static const ConnectField structured_date_fields[] = {
	{"year", &optional_int32},
	{"month", &optional_int8},
	{"day", &optional_int8},
	{"specialValue", &optional_string},
};

const ConnectSchema schema_structured_date =
STRUCT("io.debezium.time.StructuredDate", 1, NULL, structured_date_fields);

static const ConnectField structured_time_fields[] = {
	{"hour", &optional_int8},
	{"minute", &optional_int8},
	{"second", &optional_int8},
	{"nanos", &optional_int32},
	{"precision", &optional_int32},
};

const ConnectSchema schema_structured_time =
STRUCT("io.debezium.time.StructuredTime", 1, NULL, structured_time_fields);

static const ConnectField structured_timestamp_fields[] = {
	{"year", &optional_int32},
	{"month", &optional_int8},
	{"day", &optional_int8},
	{"hour", &optional_int8},
	{"minute", &optional_int8},
	{"second", &optional_int8},
	{"nanos", &optional_int32},
	{"specialValue", &optional_string},
	{"precision", &optional_int32},
};

const ConnectSchema schema_structured_timestamp =
STRUCT("io.debezium.time.StructuredTimestamp", 1, NULL, structured_timestamp_fields);

static const ConnectField structured_zoned_time_fields[] = {
	{"hour", &optional_int8},
	{"minute", &optional_int8},
	{"second", &optional_int8},
	{"nanos", &optional_int32},
	{"offsetSeconds", &optional_int32},
	{"precision", &optional_int32},
};

const ConnectSchema schema_structured_zoned_time =
STRUCT("io.debezium.time.StructuredZonedTime", 1, NULL, structured_zoned_time_fields);

static const ConnectField structured_zoned_timestamp_fields[] = {
	{"year", &optional_int32},
	{"month", &optional_int8},
	{"day", &optional_int8},
	{"hour", &optional_int8},
	{"minute", &optional_int8},
	{"second", &optional_int8},
	{"nanos", &optional_int32},
	{"offsetSeconds", &optional_int32},
	{"zoneId", &optional_string},
	{"specialValue", &optional_string},
	{"precision", &optional_int32},
};

const ConnectSchema schema_structured_zoned_timestamp =
STRUCT("io.debezium.time.StructuredZonedTimestamp", 1, NULL, structured_zoned_timestamp_fields);

static const ConnectField structured_duration_fields[] = {
	{"years", &optional_int32},
	{"months", &optional_int32},
	{"days", &optional_int32},
	{"hours", &optional_int32},
	{"minutes", &optional_int32},
	{"seconds", &optional_int64},
	{"nanos", &optional_int32},
	{"precision", &optional_int32},
};

const ConnectSchema schema_structured_duration =
STRUCT("io.debezium.time.StructuredDuration", 1, NULL, structured_duration_fields);

static const ConnectField variable_decimal_fields[] = {
	{"scale", &schema_int32},
	{"value", &schema_bytes},
};

const ConnectSchema schema_variable_decimal =
STRUCT("io.debezium.data.VariableScaleDecimal", 1, "Variable scaled decimal", variable_decimal_fields);

static const ConnectField point_fields[] = {
	{"x", &schema_double},
	{"y", &schema_double},
	{"wkb", &optional_bytes},
	{"srid", &optional_int32},
};

const ConnectSchema schema_point =
STRUCT("io.debezium.data.geometry.Point", 1, "Geometry (POINT)", point_fields);

static const ConnectField geometry_fields[] = {
	{"wkb", &schema_bytes},
	{"srid", &optional_int32},
	{"extensions", &extensions_map},
};

const ConnectSchema schema_geometry =
STRUCT("io.debezium.data.geometry.Geometry", 2, "Geometry", geometry_fields);

static const ConnectField geography_fields[] = {
	{"wkb", &schema_bytes},
	{"srid", &optional_int32},
};

const ConnectSchema schema_geography =
STRUCT("io.debezium.data.geometry.Geography", 1, "Geography", geography_fields);

static const ConnectField circle_fields[] = {
	{"center", &schema_point},
	{"radius", &schema_double},
};

const ConnectSchema schema_circle =
STRUCT("io.debezium.data.geometry.Circle", 1, "Geometry (CIRCLE)", circle_fields);

static const ConnectField line_fields[] = {
	{"a", &schema_double},
	{"b", &schema_double},
	{"c", &schema_double},
};

const ConnectSchema schema_line =
STRUCT("io.debezium.data.geometry.Line", 1, "Geometry (LINE)", line_fields);

static const ConnectField sparsevec_fields[] = {
	{"dimensions", &schema_int16},
	{"vector", &sparse_map},
};

const ConnectSchema schema_sparsevec =
STRUCT("io.debezium.data.SparseDoubleVector", 1, "Sparse double vector", sparsevec_fields);

const ConnectSchema schema_hstore_map = {
	.type = CONNECT_MAP,.keys = &schema_string,.values = &optional_string
};

const ConnectSchema schema_vector = {
	.type = CONNECT_ARRAY,.name = "io.debezium.data.DoubleVector",.version = 1,.values = &schema_double
};

const ConnectSchema schema_halfvec = {
	.type = CONNECT_ARRAY,.name = "io.debezium.data.FloatVector",.version = 1,.values = &schema_float
};

const ConnectSchema schema_oidvector = {
	.type = CONNECT_ARRAY,.values = &schema_int64
};

const ConnectSchema schema_int2vector = {
	.type = CONNECT_ARRAY,.values = &schema_int16
};
