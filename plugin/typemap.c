/*
 * typemap.c
 *	  From a column's type to its schema and encoder: one table of rules.
 *
 * A rule names the server's type (by OID, or by name and extension), what it
 * comes out as, how an array of it behaves, and what stands for a value that
 * is not there.  Rules whose answer depends on a handling mode or on the type
 * modifier name a function of typeresolve.c.  Domains, arrays and types that
 * nobody knows are dealt with in typemap_resolve().
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/dependency.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "encoders.h"
#include "quirks.h"
#include "typerule.h"
#include "typeschema.h"

/* A type whose array is that of plain text types */
#define TEXT_ARRAY ELEMENTS_OPTIONAL, UNAVAILABLE_TEXT, UNAVAILABLE_TEXTS

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
	{NUMERICOID,.resolve = resolve_numeric,.unavailable = UNAVAILABLE_DECIMAL},
	{CASHOID,.resolve = resolve_money,.elements = ELEMENTS_OMITTED},

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

	{DATEOID,.resolve = resolve_date,.flags = DEFAULTS,.array_unavailable = UNAVAILABLE_DAYS},
	{TIMEOID,.resolve = resolve_time,.flags = DEFAULTS},
	{TIMETZOID,.resolve = resolve_timetz},
	{TIMESTAMPOID,.resolve = resolve_timestamp,.flags = DEFAULTS},
	{TIMESTAMPTZOID,.resolve = resolve_timestamptz,.flags = DEFAULTS},
	{INTERVALOID,.resolve = resolve_interval,.flags = DEFAULTS,.elements = ELEMENTS_OMITTED},

	{BYTEAOID, NULL, NULL, NULL, NULL, NULL, "\"\"", resolve_bytea, 0,
	ELEMENTS_OPTIONAL, UNAVAILABLE_BINARY, UNAVAILABLE_BINARIES},
	{BITOID,.resolve = resolve_bit,.flags = DEFAULTS,.elements = ELEMENTS_NULL},
	{VARBITOID,.resolve = resolve_bit,.flags = DEFAULTS,.elements = ELEMENTS_OMITTED},

	{POINTOID, NULL, NULL, &schema_point, enc_point, NULL, ZERO_POINT, NULL,
	0, ELEMENTS_OMITTED},
	{LSEGOID, NULL, NULL, &schema_geometry, enc_lseg, NULL,
	LINE_FALLBACK("{\"type\":\"lseg\"}"), NULL, OPTIONAL, ELEMENTS_OPTIONAL},
	{PATHOID, NULL, NULL, &schema_geometry, enc_path, NULL,
	LINE_FALLBACK("{\"type\":\"path\"}"), NULL, OPTIONAL, ELEMENTS_OPTIONAL},
	{BOXOID, NULL, NULL, &schema_geometry, enc_box, NULL,
		"{\"wkb\":\"AQMAAAABAAAABQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAPA/"
		"AAAAAAAA8D8AAAAAAADwPwAAAAAAAPA/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\","
		"\"srid\":null,\"extensions\":{\"type\":\"box\"}}",
	NULL, OPTIONAL, ELEMENTS_OPTIONAL},
	{POLYGONOID, NULL, NULL, &schema_geometry, enc_polygon, NULL,
		"{\"wkb\":\"AQMAAAABAAAABAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAADwPwAAAAAAAAAA"
		"AAAAAAAAAAAAAAAAAADwPwAAAAAAAAAAAAAAAAAAAAA=\","
		"\"srid\":null,\"extensions\":{\"type\":\"polygon\"}}",
	NULL, OPTIONAL, ELEMENTS_OPTIONAL},
	{CIRCLEOID, NULL, NULL, &schema_circle, enc_circle, NULL,
	"{\"center\":" ZERO_POINT ",\"radius\":0.0}", NULL, OPTIONAL, ELEMENTS_OPTIONAL},
	{LINEOID, NULL, NULL, &schema_line, enc_line, NULL,
	"{\"a\":0.0,\"b\":1.0,\"c\":0.0}", NULL, OPTIONAL, ELEMENTS_OPTIONAL},

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
	USES_SEND},
	{InvalidOid, "vector", "vector", &schema_vector, enc_vector, NULL, "[]", NULL,
	USES_SEND, ELEMENTS_REQUIRED},
	{InvalidOid, "halfvec", "vector", &schema_halfvec, enc_halfvec, NULL, "[]", NULL,
	USES_SEND, ELEMENTS_REQUIRED},
	{InvalidOid, "sparsevec", "vector", &schema_sparsevec, enc_sparsevec, enc_sparsevec_header,
		"{\"dimensions\":0,\"vector\":[]}", NULL,
	USES_SEND, ELEMENTS_REQUIRED},
};

static const TypeRule enum_rule = {
	.json = enc_enum,.header = enc_output_header,.fallback = "\"\"",
	.resolve = resolve_enum,.flags = DEFAULTS | USES_OUTPUT,
	.elements = ELEMENTS_REQUIRED,.unavailable = UNAVAILABLE_TEXT
};

static const TypeRule unknown_rule = {
	.fallback = "\"\"",.resolve = resolve_unknown,.flags = USES_OUTPUT,
	.elements = ELEMENTS_REQUIRED,.unavailable = UNAVAILABLE_BINARY
};

/* ---- finding the rule --------------------------------------------------- */

/*
 * True if the type belongs to the extension of this name.  Names alone would
 * let a type of one's own called "vector" be read as what it is not.
 */
bool
typemap_is_of_extension(Oid type, const char *extension)
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
			typemap_is_of_extension(type, rules[i].extension))
			found = &rules[i];
	}
	ReleaseSysCache(tuple);
	return found;
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
	result->unavailable = typetext_unavailable(rule->unavailable, modes);
	if (rule->flags & (USES_OUTPUT | USES_SEND))
	{
		result->json.out_function = result->header.out_function =
			type_function(type, (rule->flags & USES_SEND) != 0);
		result->foreign = type >= FirstNormalObjectId;
	}
	if (rule->resolve != NULL)
		rule->resolve(&request, result);
}

void
typerule_set_elements(ColumnType *result, Oid element_type, const Enc *json, const Enc *header,
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
	if (modes->quirks)
		quirks_element(element_type, &element);
	memset(result, 0, sizeof(*result));
	result->foreign = element.foreign;
	if (rule->elements == ELEMENTS_NULL)
	{
		/*
		 * Debezium gives an array of bits the schema of the bits, and no
		 * value
		 */
		result->schema = element.schema;
		result->json.encode = result->header.encode = enc_null;
		result->fallback = result->unavailable = "null";
		result->always_optional = true;
		return true;
	}
	items = typerule_new_schema(element.schema);
	items->optional = rule->elements == ELEMENTS_OPTIONAL;
	schema = typerule_new_schema(NULL);
	schema->type = CONNECT_ARRAY;
	schema->values = items;
	result->schema = schema;
	result->fallback = "[]";
	result->unavailable = typetext_unavailable(rule->array_unavailable, modes);
	typerule_set_elements(result, element_type, &element.json, &element.header,
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
		result->takes_default = false;	/* Debezium reads none of a domain */
	return true;
}
