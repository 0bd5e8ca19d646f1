/*
 * reselectsql.c
 *	  walpost.reselect(): values that the log does not have, as they are now.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "arguments.h"
#include "reselectrow.h"

PGDLLEXPORT PG_FUNCTION_INFO_V1(walpost_reselect);

extern PGDLLEXPORT Datum walpost_reselect(PG_FUNCTION_ARGS);

/* The change that asks may become visible while its values are read. */
static void
check_isolation(void)
{
	if (IsolationUsesXactSnapshot())
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TRANSACTION_STATE),
				 errmsg("walpost.reselect() needs isolation level READ COMMITTED"),
				 errhint("Begin the transaction with it.")));
}

/*
 * walpost.reselect(requests bytea[], options text[], max_bytes integer): the answers
 * to the first requests, as many as there are in so many bytes, but one at least.
 */
Datum
walpost_reselect(PG_FUNCTION_ARGS)
{
	Datum	   *requests;
	bool	   *nulls;
	int			n;
	size_t		max_bytes = (size_t) Max(PG_GETARG_INT32(2), 0);
	ReselectReader *reader = reselect_reader_create(session_of_columns(arguments_options(PG_GETARG_ARRAYTYPE_P(1))));
	StringInfoData buf;
	Out			out;

	check_isolation();
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(0), BYTEAOID, -1, false, TYPALIGN_INT, &requests, &nulls, &n);
	initStringInfo(&buf);
	appendStringInfoSpaces(&buf, VARHDRSZ);
	out_open(&out, &buf);
	for (int i = 0; i < n && (i == 0 || out_offset(&out) < max_bytes); i++)
	{
		bytea	   *request;

		if (nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("requests of walpost.reselect() must not be null")));
		request = DatumGetByteaPP(requests[i]);
		reselect_read(reader, VARDATA_ANY(request), VARSIZE_ANY_EXHDR(request), &out);
	}
	out_close(&out);
	SET_VARSIZE(buf.data, buf.len);
	PG_RETURN_BYTEA_P(buf.data);
}
