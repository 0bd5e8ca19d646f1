/*
 * arguments.c
 *	  Options as the SQL functions take them.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/value.h"
#include "utils/builtins.h"

#include "arguments.h"

List *
arguments_options(ArrayType *array)
{
	List	   *given = NIL;
	Datum	   *elems;
	bool	   *nulls;
	int			n;

	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &elems, &nulls, &n);
	if (n % 2 != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("options come in pairs of name and value")));
	for (int i = 0; i < n; i += 2)
	{
		if (nulls[i] || nulls[i + 1])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("names and values of options must not be null")));
		given = lappend(given, makeDefElem(TextDatumGetCString(elems[i]),
										   (Node *) makeString(TextDatumGetCString(elems[i + 1])), -1));
	}
	return given;
}
