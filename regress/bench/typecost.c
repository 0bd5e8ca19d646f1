/*
 * typecost.c
 *	  What a value of a type costs: the plugin's encoder beside the type's
 *	  output function, in one server process, on the same datums.
 *
 * The plugin's own objects are linked in, so what runs here is what a decoding
 * session runs: the encoder that typemap.c chooses, called as a template
 * calls it, appending to a batch.  The other side does what pgoutput does for
 * a column: OutputFunctionCall(), the text's length and its bytes into the
 * message, pfree() (with the function looked up once, as COPY TO has it;
 * pgoutput looks it up for every value).  Both pay for the same housekeeping.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "libpq/pqformat.h"
#include "nodes/makefuncs.h"
#include "nodes/value.h"
#include "portability/instr_time.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "frame.h"
#include "options.h"
#include "typemap.h"

PG_MODULE_MAGIC;

/* Memory is tidied after so many values: the columns of a change. */
#define ROW_COLUMNS		10

extern PGDLLEXPORT Datum type_cost(PG_FUNCTION_ARGS);

PGDLLEXPORT PG_FUNCTION_INFO_V1(type_cost);

/* Values of one type, as a decoded tuple holds them, and where they go. */
typedef struct Sample
{
	Datum	   *values;
	int			n;
	ColumnType	type;
	FmgrInfo	output;
	MemoryContext row_context;
	StringInfoData buf;			/* of a batch's size */
} Sample;

typedef void (*WriteAll) (Sample *sample);

static inline void
end_value(Sample *sample, int i)
{
	if (i % ROW_COLUMNS == ROW_COLUMNS - 1)
		MemoryContextReset(sample->row_context);
}

static void
write_encoded(Sample *sample)
{
	const Enc  *enc = &sample->type.json;
	Out			out;

	out_open(&out, &sample->buf);
	for (int i = 0; i < sample->n; i++)
	{
		enc->encode(&out, sample->values[i], enc);
		end_value(sample, i);
		if (out_offset(&out) >= WIRE_BATCH_SIZE)
		{
			resetStringInfo(&sample->buf);
			out_open(&out, &sample->buf);
		}
	}
	out_close(&out);
}

static void
write_output(Sample *sample)
{
	StringInfo	buf = &sample->buf;

	for (int i = 0; i < sample->n; i++)
	{
		char	   *text = OutputFunctionCall(&sample->output, sample->values[i]);

		pq_sendcountedtext(buf, text, strlen(text), false);
		pfree(text);
		end_value(sample, i);
		if (buf->len >= WIRE_BATCH_SIZE)
			resetStringInfo(buf);
	}
}

/* Nanoseconds a value. */
static double
time_one(Sample *sample, WriteAll write_all)
{
	MemoryContext old = MemoryContextSwitchTo(sample->row_context);
	instr_time	start,
				end;

	resetStringInfo(&sample->buf);
	INSTR_TIME_SET_CURRENT(start);
	write_all(sample);
	INSTR_TIME_SET_CURRENT(end);
	INSTR_TIME_SUBTRACT(end, start);
	MemoryContextSwitchTo(old);
	MemoryContextReset(sample->row_context);
	return INSTR_TIME_GET_DOUBLE(end) * 1e9 / sample->n;
}

/* Points into the result's tuples: short headers stay short, as on disk. */
static void
read_sample(Sample *sample, SPITupleTable *table, uint64 n)
{
	TupleDesc	desc = table->tupdesc;

	sample->values = palloc(n * sizeof(Datum));
	sample->n = (int) n;
	for (int i = 0; i < sample->n; i++)
	{
		bool		isnull;

		sample->values[i] = heap_getattr(table->vals[i], 1, desc, &isnull);
		if (isnull)
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("the sample has a null in row %d", i + 1)));
	}
}

static void
prepare(Sample *sample, TupleDesc desc, const char *properties)
{
	Form_pg_attribute column = TupleDescAttr(desc, 0);
	DefElem    *given = makeDefElem("walpost.properties", (Node *) makeString(pstrdup(properties)), -1);
	const Options *options = options_parse(list_make1(given), true);
	Oid			output;
	bool		varlena;

	if (!typemap_resolve(column->atttypid, column->atttypmod, &options->types, &sample->type))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("values of type %s are not captured", format_type_be(column->atttypid))));
	getTypeOutputInfo(column->atttypid, &output, &varlena);
	fmgr_info(output, &sample->output);
	sample->row_context = AllocSetContextCreate(CurrentMemoryContext, "typecost row",
												ALLOCSET_DEFAULT_SIZES);
	initStringInfo(&sample->buf);
	enlargeStringInfo(&sample->buf, 2 * WIRE_BATCH_SIZE);
}

/*
 * type_cost(query text, properties text, passes int) returns float8[]:
 * nanoseconds a value of the query's only column, the encoder's and the output
 * function's, each the best of so many passes, which take turns.
 */
Datum
type_cost(PG_FUNCTION_ARGS)
{
	char	   *query = text_to_cstring(PG_GETARG_TEXT_PP(0));
	char	   *properties = text_to_cstring(PG_GETARG_TEXT_PP(1));
	static const WriteAll sides[] = {write_encoded, write_output};
	double		best[lengthof(sides)];
	Datum		result[lengthof(sides)];
	Sample		sample = {0};

	SPI_connect();
	if (SPI_execute(query, true, 0) != SPI_OK_SELECT || SPI_processed == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the query of a sample returns no rows: %s", query)));
	read_sample(&sample, SPI_tuptable, SPI_processed);
	prepare(&sample, SPI_tuptable->tupdesc, properties);
	for (int pass = 0; pass < PG_GETARG_INT32(2); pass++)
	{
		for (int side = 0; side < lengthof(sides); side++)
		{
			double		ns = time_one(&sample, sides[side]);

			if (pass == 0 || ns < best[side])
				best[side] = ns;
		}
	}
	SPI_finish();
	for (int side = 0; side < lengthof(sides); side++)
		result[side] = Float8GetDatum(best[side]);
	PG_RETURN_ARRAYTYPE_P(construct_array(result, lengthof(sides), FLOAT8OID,
										  sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}
