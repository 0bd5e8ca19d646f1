/*
 * typeschema.h
 *	  The Connect schemas that do not depend on a column's modifiers.
 *
 * All are required and have no default (schema.h); names and versions are
 * those of Debezium 3.7 and of Kafka Connect.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_TYPESCHEMA_H
#define WALPOST_TYPESCHEMA_H

#include "schema.h"

extern const ConnectSchema schema_boolean;
extern const ConnectSchema schema_int8;
extern const ConnectSchema schema_int16;
extern const ConnectSchema schema_int32;
extern const ConnectSchema schema_int64;
extern const ConnectSchema schema_float;
extern const ConnectSchema schema_double;
extern const ConnectSchema schema_string;
extern const ConnectSchema schema_bytes;

extern const ConnectSchema schema_uuid;
extern const ConnectSchema schema_json;
extern const ConnectSchema schema_xml;
extern const ConnectSchema schema_ltree;
extern const ConnectSchema schema_tsvector;
extern const ConnectSchema schema_date;
extern const ConnectSchema schema_time;
extern const ConnectSchema schema_micro_time;
extern const ConnectSchema schema_nano_time;
extern const ConnectSchema schema_timestamp;
extern const ConnectSchema schema_micro_timestamp;
extern const ConnectSchema schema_nano_timestamp;
extern const ConnectSchema schema_iso_date;
extern const ConnectSchema schema_iso_time;
extern const ConnectSchema schema_iso_timestamp;
extern const ConnectSchema schema_connect_date;
extern const ConnectSchema schema_connect_time;
extern const ConnectSchema schema_connect_timestamp;
extern const ConnectSchema schema_zoned_time;
extern const ConnectSchema schema_zoned_timestamp;
extern const ConnectSchema schema_micro_duration;
extern const ConnectSchema schema_interval;

extern const ConnectSchema schema_structured_date;
extern const ConnectSchema schema_structured_time;
extern const ConnectSchema schema_structured_timestamp;
extern const ConnectSchema schema_structured_zoned_time;
extern const ConnectSchema schema_structured_zoned_timestamp;
extern const ConnectSchema schema_structured_duration;
extern const ConnectSchema schema_variable_decimal;
extern const ConnectSchema schema_point;
extern const ConnectSchema schema_geometry;
extern const ConnectSchema schema_geography;
extern const ConnectSchema schema_circle;
extern const ConnectSchema schema_line;
extern const ConnectSchema schema_sparsevec;

/* containers */
extern const ConnectSchema schema_hstore_map;
extern const ConnectSchema schema_vector;
extern const ConnectSchema schema_halfvec;
extern const ConnectSchema schema_oidvector;
extern const ConnectSchema schema_int2vector;

#endif							/* WALPOST_TYPESCHEMA_H */
