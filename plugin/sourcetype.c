/*
 * sourcetype.c
 *	  A column's type as the JDBC driver and Debezium see it.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include <limits.h>

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "sourcetype.h"
#include "typemap.h"

static const char *
type_name(Oid type)
{
	HeapTuple	tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
	char	   *name;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for type %u", type);
	name = pstrdup(NameStr(((Form_pg_type) GETSTRUCT(tuple))->typname));
	ReleaseSysCache(tuple);
	return name;
}

const char *
sourcetype_name(Oid type, bool serial)
{
	if (serial)
		switch (type)
		{
			case INT2OID:
				return "smallserial";
			case INT4OID:
				return "serial";
			case INT8OID:
				return "bigserial";
		}
	return type_name(type);
}

bool
sourcetype_is_citext(Oid type)
{
	return typemap_is_of_extension(type, "citext") && strcmp(type_name(type), "citext") == 0;
}

/* What counts is below a domain and inside an array. */
static Oid
plain_type(Oid type, int32 *typmod)
{
	Oid			base = getBaseTypeAndTypmod(type, typmod);
	Oid			element = get_element_type(base);

	return OidIsValid(element) && base != OIDVECTOROID && base != INT2VECTOROID ? element : base;
}

/* Characters of a fraction of seconds, its point included. */
static int
fraction_size(int32 typmod)
{
	if (typmod < 0)
		return 7;
	return typmod == 0 ? 0 : typmod == 1 ? 3 : typmod + 1;
}

int
sourcetype_length(Oid type, int32 typmod)
{
	switch (plain_type(type, &typmod))
	{
		case INT2OID:
			return 5;
		case INT4OID:
		case OIDOID:
			return 10;
		case INT8OID:
			return 19;
		case FLOAT4OID:
			return 8;
		case FLOAT8OID:
			return 17;
		case NUMERICOID:
			return typmod < 0 ? 131089 : ((typmod - VARHDRSZ) >> 16) & 0xFFFF;
		case BOOLOID:
		case CHAROID:
			return 1;
		case BPCHAROID:
		case VARCHAROID:
			return typmod < 0 ? INT_MAX : typmod - VARHDRSZ;
		case BITOID:
		case VARBITOID:
			return typmod < 0 ? INT_MAX : typmod;
		case DATEOID:
			return 13;
		case TIMEOID:
			return 8 + fraction_size(typmod);
		case TIMETZOID:
			return 14 + fraction_size(typmod);
		case TIMESTAMPOID:
			return 22 + fraction_size(typmod);
		case TIMESTAMPTZOID:
			return 28 + fraction_size(typmod);
		case INTERVALOID:
			return 49;
	}
	return INT_MAX;
}

static int
scale_of(Oid type, int32 typmod)
{
	switch (plain_type(type, &typmod))
	{
		case FLOAT4OID:
			return 8;
		case FLOAT8OID:
			return 17;
		case NUMERICOID:
			/* the driver misreads a negative one; this is what it is */
			return typmod < 0 ? 0 : (((typmod - VARHDRSZ) & 0x7FF) ^ 1024) - 1024;
		case TIMEOID:
		case TIMETZOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			return typmod < 0 ? 6 : typmod;
		case INTERVALOID:
			return typmod < 0 ? 6 : typmod & 0xFFFF;
	}
	return 0;
}

void
sourcetype_add_param(ConnectSchema *schema, const char *name, const char *value)
{
	ConnectParam *params = palloc((schema->nparams + 1) * sizeof(ConnectParam));

	if (schema->nparams > 0)
		memcpy(params, schema->params, schema->nparams * sizeof(ConnectParam));
	params[schema->nparams].name = name;
	params[schema->nparams].value = value;
	schema->params = params;
	schema->nparams++;
}

void
sourcetype_describe(ConnectSchema *schema, Oid type, int32 typmod, const char *name,
					const char *column)
{
	char	   *upper = pstrdup(name);

	for (char *p = upper; *p; p++)
		*p = pg_ascii_toupper((unsigned char) *p);
	sourcetype_add_param(schema, "__debezium.source.column.type", upper);
	sourcetype_add_param(schema, "__debezium.source.column.length",
						 psprintf("%d", sourcetype_length(type, typmod)));
	sourcetype_add_param(schema, "__debezium.source.column.scale",
						 psprintf("%d", scale_of(type, typmod)));
	sourcetype_add_param(schema, "__debezium.source.column.name", column);
}
