/*
 * test_schema.c
 *	  Connect schemas as JsonConverter prints them.
 *
 * cc -std=gnu11 -Iplugin -I$(pg_config --includedir-server) \
 *	  regress/unit/test_schema.c plugin/schema.c plugin/typeschema.c \
 *	  plugin/json.c plugin/jsonstr.c -L$(pg_config --pkglibdir) -lpgcommon -lpgport
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "outbuf.h"
#include "schema.h"
#include "tap.h"
#include "typeschema.h"

static OutBuf buf;

static void
check(const ConnectSchema *schema, const char *field, const char *expected, const char *name)
{
	schema_print_json(outbuf_reset(&buf), schema, field);
	is_bytes(buf.start, outbuf_len(&buf), expected, name);
}

int
main(void)
{
	static const ConnectParam params[] = {{"scale", "2"}, {"connect.decimal.precision", "6"}};
	static const ConnectSchema decimal = {
		.type = CONNECT_BYTES, .optional = true, .name = "org.apache.kafka.connect.data.Decimal",
		.version = 1, .params = params, .nparams = 2, .default_json = "\"AJY=\""
	};
	static const ConnectSchema array = {
		.type = CONNECT_ARRAY, .values = &decimal, .doc = "say \"hi\""
	};

	check(&schema_int32, NULL, "{\"type\":\"int32\",\"optional\":false}", "a plain type");
	check(&schema_boolean, "b", "{\"type\":\"boolean\",\"optional\":false,\"field\":\"b\"}",
		  "the field comes last");
	check(&decimal, "n\"n",
		  "{\"type\":\"bytes\",\"optional\":true,\"name\":\"org.apache.kafka.connect.data.Decimal\","
		  "\"version\":1,\"parameters\":{\"scale\":\"2\",\"connect.decimal.precision\":\"6\"},"
		  "\"default\":\"AJY=\",\"field\":\"n\\\"n\"}", "parameters, default, an odd name");
	check(&array, NULL,
		  "{\"type\":\"array\",\"items\":{\"type\":\"bytes\",\"optional\":true,"
		  "\"name\":\"org.apache.kafka.connect.data.Decimal\",\"version\":1,"
		  "\"parameters\":{\"scale\":\"2\",\"connect.decimal.precision\":\"6\"},"
		  "\"default\":\"AJY=\"},\"optional\":false,\"doc\":\"say \\\"hi\\\"\"}", "an array");
	check(&schema_hstore_map, "hs",
		  "{\"type\":\"map\",\"keys\":{\"type\":\"string\",\"optional\":false},"
		  "\"values\":{\"type\":\"string\",\"optional\":true},\"optional\":false,\"field\":\"hs\"}", "a map");
	check(&schema_circle, "ci",
		  "{\"type\":\"struct\",\"fields\":[{\"type\":\"struct\",\"fields\":["
		  "{\"type\":\"double\",\"optional\":false,\"field\":\"x\"},"
		  "{\"type\":\"double\",\"optional\":false,\"field\":\"y\"},"
		  "{\"type\":\"bytes\",\"optional\":true,\"field\":\"wkb\"},"
		  "{\"type\":\"int32\",\"optional\":true,\"field\":\"srid\"}],\"optional\":false,"
		  "\"name\":\"io.debezium.data.geometry.Point\",\"version\":1,\"doc\":\"Geometry (POINT)\","
		  "\"field\":\"center\"},{\"type\":\"double\",\"optional\":false,\"field\":\"radius\"}],"
		  "\"optional\":false,\"name\":\"io.debezium.data.geometry.Circle\",\"version\":1,"
		  "\"doc\":\"Geometry (CIRCLE)\",\"field\":\"ci\"}", "a struct in a struct");
	outbuf_reset(&buf);
	return done_testing();
}
