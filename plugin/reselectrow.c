/*
 * reselectrow.c
 *	  Reads values anew, as the stream would have printed them.
 *
 * Keys come as the texts of their types, which are read under the settings that
 * they were printed with.  They reach the query as parameters; names of columns are
 * quoted, the table's is the catalog's, and the operators are named with their
 * schemas, so that nobody's search_path decides what equal means.  Only tables are
 * asked: what a view or the checks of a domain call would be called by the caller.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/xact.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "storage/procarray.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/resowner.h"
#include "utils/typcache.h"

#include "converter.h"
#include "frame.h"
#include "relkey.h"
#include "relplan.h"
#include "reselectrow.h"
#include "settings.h"

/*
 * A transaction that has committed in the log, and so was decoded, is seen by
 * queries a moment later; later still when it waits for a synchronous standby,
 * which may be the very client that asks.
 */
#define VISIBLE_NAP_US	1000
#define VISIBLE_NAPS	200

/* A column that a query returns, or compares. */
typedef struct WantedColumn
{
	char		form;			/* RESELECT_* */
	Oid			type;			/* that it had when its change was decoded, */
	int32		typmod;			/* and that one's */
	char	   *name;
	char	   *null_text;
	size_t		null_len;
	Enc			enc;			/* encode is NULL: it is another one now */
} WantedColumn;

/* Requests of one relation that ask for the same columns by the same key. */
typedef struct Target
{
	char	   *shape;			/* the bytes that say so */
	size_t		shape_len;
	Oid			relid;
	char	   *relation;		/* its name, for messages */
	int			nkeys;
	char	  **keys;
	Oid		   *key_types;
	int			nwanted;
	WantedColumn *wanted;
	SPIPlanPtr	query;			/* NULL: not prepared yet */
} Target;

struct ReselectReader
{
	MemoryContext context;		/* of the targets */
	MemoryContext row;			/* reset after each request */
	Session    *session;
	List	   *targets;
	int			naps;			/* that are left */
};

/* One request on its way. */
typedef struct Request
{
	ReselectReader *reader;
	Target	   *target;
	TransactionId xid;
	StringInfoData keys;		/* their values */
	Out		   *out;
} Request;

static void
forget_query(Target *target)
{
	if (target->query)
		SPI_freeplan(target->query);
	target->query = NULL;
}

/* Kept plans are not in the reader's memory. */
static void
free_plans(void *arg)
{
	ReselectReader *reader = arg;
	ListCell   *lc;

	foreach(lc, reader->targets)
		forget_query(lfirst(lc));
}

ReselectReader *
reselect_reader_create(Session *session)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "walpost reselect",
												  ALLOCSET_DEFAULT_SIZES);
	ReselectReader *reader = MemoryContextAllocZero(context, sizeof(ReselectReader));
	MemoryContextCallback *callback = MemoryContextAllocZero(context, sizeof(MemoryContextCallback));

	reader->context = context;
	reader->row = AllocSetContextCreate(context, "walpost reselected row", ALLOCSET_DEFAULT_SIZES);
	reader->session = session;
	reader->naps = VISIBLE_NAPS;
	callback->func = free_plans;
	callback->arg = reader;
	MemoryContextRegisterResetCallback(context, callback);
	return reader;
}

/* ---- reading a request --------------------------------------------------- */

/* pq_getmsg*() check each length against what is left. */
static void
open_bytes(StringInfo buf, const char *bytes, size_t len)
{
	buf->data = (char *) bytes;
	buf->len = buf->maxlen = (int) len;
	buf->cursor = 0;
}

/* A text, as a terminated copy. */
static char *
take_text(StringInfo buf)
{
	int			len = (int) pq_getmsgint(buf, 4);
	const char *text = pq_getmsgbytes(buf, len);

	pg_verifymbstr(text, len, false);
	return pnstrdup(text, len);
}

static void
parse_wanted(StringInfo buf, WantedColumn *column)
{
	column->form = (char) pq_getmsgbyte(buf);
	column->type = (Oid) pq_getmsgint(buf, 4);
	column->typmod = (int32) pq_getmsgint(buf, 4);
	column->name = take_text(buf);
	column->null_text = take_text(buf);
	column->null_len = strlen(column->null_text);
}

/* A count of things that take some bytes each, of those that are left. */
static int
take_count(StringInfo buf, int bytes)
{
	int			n = (int) pq_getmsgint(buf, 2);

	if (n > (buf->len - buf->cursor) / bytes)
		ereport(ERROR,
				(errcode(ERRCODE_PROTOCOL_VIOLATION),
				 errmsg("a request to read values anew counts more than it has"),
				 errhint("Plugin and client must be of one version.")));
	return n;
}

static Target *
parse_target(const char *shape, size_t len)
{
	Target	   *target = palloc0(sizeof(Target));
	StringInfoData buf;

	target->shape = memcpy(palloc(len + 1), shape, len);
	target->shape_len = len;
	open_bytes(&buf, target->shape, len);
	target->relid = (Oid) pq_getmsgint(&buf, 4);
	target->nkeys = take_count(&buf, 4);
	target->keys = palloc(Max(target->nkeys, 1) * sizeof(char *));
	target->key_types = palloc0(Max(target->nkeys, 1) * sizeof(Oid));
	for (int i = 0; i < target->nkeys; i++)
		target->keys[i] = take_text(&buf);
	target->nwanted = take_count(&buf, 17);
	target->wanted = palloc0(Max(target->nwanted, 1) * sizeof(WantedColumn));
	for (int i = 0; i < target->nwanted; i++)
		parse_wanted(&buf, &target->wanted[i]);
	pq_getmsgend(&buf);
	if (target->nkeys == 0 || target->nwanted == 0)
		ereport(ERROR,
				(errcode(ERRCODE_PROTOCOL_VIOLATION),
				 errmsg("a request to read values anew names no key, or no column")));
	return target;
}

static Target *
find_target(ReselectReader *reader, const char *shape, size_t len)
{
	MemoryContext old;
	Target	   *target;
	ListCell   *lc;

	foreach(lc, reader->targets)
	{
		target = lfirst(lc);
		if (target->shape_len == len && memcmp(target->shape, shape, len) == 0)
			return target;
	}
	old = MemoryContextSwitchTo(reader->context);
	target = parse_target(shape, len);
	reader->targets = lappend(reader->targets, target);
	MemoryContextSwitchTo(old);
	return target;
}

static void
parse_request(Request *request, const char *bytes, size_t len)
{
	StringInfoData buf;
	int			shape_len;
	const char *shape;

	open_bytes(&buf, bytes, len);
	request->xid = (TransactionId) pq_getmsgint(&buf, 4);
	shape_len = (int) pq_getmsgint(&buf, 4);
	shape = pq_getmsgbytes(&buf, shape_len);
	request->target = find_target(request->reader, shape, shape_len);
	open_bytes(&request->keys, bytes + buf.cursor, len - buf.cursor);
}

/* ---- preparing its query ------------------------------------------------- */

/*
 * Does a column print as it did?  The schema that its event has says what a number
 * means: its scale, or that of a time.  The length of a string says nothing of it.
 */
static bool
prints_alike(const WantedColumn *column, const DescribedColumn *described)
{
	return described->type == column->type &&
		(described->typmod == column->typmod || column->type == VARCHAROID || column->type == BPCHAROID);
}

/* Finds the encoders of what is wanted, if it is what it was. */
static void
on_column(void *arg, const DescribedColumn *described)
{
	Target	   *target = arg;

	for (int i = 0; i < target->nwanted; i++)
	{
		WantedColumn *column = &target->wanted[i];

		if (described->field && strcmp(described->name, column->name) == 0 &&
			prints_alike(column, described))
			column->enc = column->form == RESELECT_HEADER || column->form == RESELECT_HEADER_TEXT ?
				described->shape->header : described->shape->json;
	}
}

static pg_attribute_noreturn() void
no_key(const Target *target, const char *key, const char *why)
{
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_COLUMN),
			 errmsg("could not look for a row of relation \"%s\" by column \"%s\": %s",
					target->relation, key, why)));
}

/* column OPERATOR(schema.=) $n, as its type's default operator class has it */
static void
add_condition(Target *target, StringInfo sql, Relation relation, int i)
{
	AttrNumber	number = get_attnum(RelationGetRelid(relation), target->keys[i]);
	Oid			type;
	Oid			equal;

	if (number <= 0)
		no_key(target, target->keys[i], "it does not exist any more");
	type = TupleDescAttr(RelationGetDescr(relation), number - 1)->atttypid;
	if (OidIsValid(relkey_inner_domain(type)))
		no_key(target, target->keys[i], psprintf("its type is made of domain %s, whose checks would be run",
												 format_type_be_qualified(relkey_inner_domain(type))));
	target->key_types[i] = getBaseType(type);
	equal = lookup_type_cache(target->key_types[i], TYPECACHE_EQ_OPR)->eq_opr;
	if (!OidIsValid(equal))
		no_key(target, target->keys[i], "its type has no equality");
	appendStringInfoString(sql, i ? " AND " : " WHERE ");
	generate_operator_clause(sql, quote_identifier(target->keys[i]), type, equal,
							 psprintf("$%d", i + 1), target->key_types[i]);
}

/* A column that is another one now is left out, so that reading the others goes on. */
static char *
query_text(Target *target, Relation relation)
{
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfoString(&sql, "SELECT ");
	for (int i = 0; i < target->nwanted; i++)
		appendStringInfo(&sql, "%s%s", i ? ", " : "",
						 target->wanted[i].enc.encode ? quote_identifier(target->wanted[i].name) : "NULL");
	appendStringInfo(&sql, " FROM %s",
					 quote_qualified_identifier(get_namespace_name(RelationGetNamespace(relation)),
												RelationGetRelationName(relation)));
	for (int i = 0; i < target->nkeys; i++)
		add_condition(target, &sql, relation, i);
	appendStringInfoString(&sql, " LIMIT 1");
	return sql.data;
}

static Relation
open_target(const Target *target)
{
	Relation	relation = try_relation_open(target->relid, AccessShareLock);

	if (relation == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation %u, of which values were to be read anew, does not exist any more", target->relid)));
	if (relation->rd_rel->relkind != RELKIND_RELATION && relation->rd_rel->relkind != RELKIND_PARTITIONED_TABLE)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("relation \"%s\", of which values were to be read anew, is no table",
						RelationGetRelationName(relation))));
	return relation;
}

static void
prepare(ReselectReader *reader, Target *target)
{
	MemoryContext old = MemoryContextSwitchTo(reader->context);
	Relation	relation = open_target(target);
	const char *topic;
	SPIPlanPtr	query;
	int			level;

	target->relation = psprintf("%s.%s", get_namespace_name(RelationGetNamespace(relation)),
								RelationGetRelationName(relation));
	level = settings_apply();
	relplan_describe(reader->session, relation, &topic, on_column, target);
	AtEOXact_GUC(true, level);
	query = SPI_prepare(query_text(target, relation), target->nkeys, target->key_types);
	if (query == NULL || SPI_keepplan(query) != 0)
		elog(ERROR, "could not prepare a query: %s", SPI_result_code_string(SPI_result));
	target->query = query;
	relation_close(relation, NoLock);
	MemoryContextSwitchTo(old);
}

/* ---- asking it ----------------------------------------------------------- */

/* Do queries see the change that asks?  Waits a while for that. */
static bool
is_visible(Request *request)
{
	while (TransactionIdIsNormal(request->xid) && TransactionIdIsInProgress(request->xid))
	{
		if (request->reader->naps-- <= 0)
			return false;
		CHECK_FOR_INTERRUPTS();
		pg_usleep(VISIBLE_NAP_US);
	}
	return true;
}

/* The key's values; false: one is not known.  shown: them, for messages. */
static bool
read_keys(Request *request, Datum *values, StringInfo shown)
{
	const Target *target = request->target;
	StringInfo	keys = &request->keys;
	bool		known = true;

	keys->cursor = 0;
	for (int i = 0; i < target->nkeys; i++)
	{
		Oid			input,
					param;
		char	   *text;

		if (keys->len - keys->cursor >= 4 &&
			wire_get32(keys->data + keys->cursor) == WIRE_NULL)
		{
			keys->cursor += 4;
			known = false;
			continue;
		}
		text = take_text(keys);
		appendStringInfo(shown, "%s%s=%s", shown->len ? ", " : "", target->keys[i], text);
		getTypeInputInfo(target->key_types[i], &input, &param);
		values[i] = OidInputFunctionCall(input, text, param, -1);
	}
	pq_getmsgend(keys);
	return known;
}

static void
put_message(Out *out, char status, const char *text)
{
	frame_u8(out, (uint8) status);
	frame_text(out, text, strlen(text));
}

/* Prints a value in its form. */
static void
print_value(Out *out, const WantedColumn *column, Datum value)
{
	size_t		start = out_offset(out);

	column->enc.encode(out, value, &column->enc);
	if (column->form == RESELECT_TEXT || column->form == RESELECT_HEADER_TEXT)
		converter_bare(FORM_TEXT, out, start);
	else if (column->form == RESELECT_BYTES)
		converter_bare(FORM_BYTES, out, start);
}

static bool
is_bare(const WantedColumn *column)
{
	return column->form != RESELECT_JSON && column->form != RESELECT_HEADER;
}

/* A column that is another one now stays as it was, and so does a bare one that is NULL. */
static void
put_value(Out *out, const WantedColumn *column, Datum value, bool null)
{
	size_t		start;

	frame_u32(out, WIRE_NULL);
	if (column->enc.encode == NULL || (null && is_bare(column)))
		return;
	start = out_offset(out);
	if (null)
		out_bytes(out, column->null_text, column->null_len);
	else
		print_value(out, column, value);
	wire_put32(out_at(out, start) - 4, (uint32) (out_offset(out) - start));
}

static void
put_row(Request *request)
{
	const Target *target = request->target;
	int			level = settings_apply();

	frame_u8(request->out, WIRE_FOUND);
	for (int i = 0; i < target->nwanted; i++)
	{
		bool		null;
		Datum		value = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, i + 1, &null);

		put_value(request->out, &target->wanted[i], value, null);
	}
	AtEOXact_GUC(true, level);
}

static void
answer(Request *request)
{
	Target	   *target = request->target;
	Datum	   *values = palloc0(target->nkeys * sizeof(Datum));
	StringInfoData shown;
	bool		known;
	int			level;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	if (target->query == NULL)
		prepare(request->reader, target);
	initStringInfo(&shown);
	level = settings_apply();
	known = read_keys(request, values, &shown);
	AtEOXact_GUC(true, level);

	/* each query takes a snapshot of its own, or it would not see what was waited for */
	if (!known)
		put_message(request->out, WIRE_MISSING,
					psprintf("relation \"%s\" has no row by a key that is not known", target->relation));
	else if (!is_visible(request))
		put_message(request->out, WIRE_MISSING,
					psprintf("transaction %u, which changed a row of relation \"%s\" (%s), is not visible yet: it waits for a synchronous standby",
							 request->xid, target->relation, shown.data));
	else if (SPI_execute_plan(target->query, values, NULL, false, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read values anew: %s", SPI_result_code_string(SPI_result));
	else if (SPI_processed > 0)
		put_row(request);
	else
		put_message(request->out, WIRE_MISSING,
					psprintf("relation \"%s\" has no row %s any more", target->relation, shown.data));
	SPI_finish();
}

/* Classes of errors that say nothing of a table or a row: the next one fails alike. */
static bool
is_of_row(const ErrorData *error)
{
	static const char *const others[] = {"08", "25", "40", "53", "57", "58", "XX"};
	const char *state = unpack_sql_state(error->sqlerrcode);

	for (int i = 0; i < lengthof(others); i++)
		if (strncmp(state, others[i], 2) == 0)
			return false;
	return true;
}

/* What has gone wrong with one row is undone, and said. */
static ErrorData *
try_answer(Request *request)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	ErrorData  *volatile error = NULL;

	BeginInternalSubTransaction("walpost reselect");
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		answer(request);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	return error;
}

void
reselect_read(ReselectReader *reader, const char *bytes, size_t len, Out *out)
{
	MemoryContext old = MemoryContextSwitchTo(reader->row);
	size_t		start = out_offset(out);
	Request		request = {.reader = reader,.out = out};
	ErrorData  *error;

	parse_request(&request, bytes, len);
	error = try_answer(&request);
	if (error && !is_of_row(error))
		ReThrowError(error);
	if (error)
	{
		/* the lock may be gone, under which it was prepared */
		forget_query(request.target);
		out->p = out_at(out, start);
		put_message(out, WIRE_ERROR, error->message);
	}
	MemoryContextSwitchTo(old);
	MemoryContextReset(reader->row);
}
