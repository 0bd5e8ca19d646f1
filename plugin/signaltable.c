/*
 * signaltable.c
 *	  Tables whose inserted rows are signals.
 *
 * A signal goes to the shipper as a frame at the place of its row, whatever the
 * publication makes of that.  So signals keep the order of the stream, and
 * whoever may insert into the table may signal, and nobody else.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/dependency.h"
#include "catalog/pg_class.h"
#include "commands/extension.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "compat.h"
#include "session.h"
#include "signaltable.h"
#include "txn.h"
#include "typemap.h"

/* The extension, its schema, and its table. */
#define OWN_EXTENSION	"walpost"
#define OWN_SCHEMA		"walpost"
#define OWN_TABLE		"signals"

struct SignalName
{
	char	   *schema;
	char	   *table;
};

/* Columns, as attributes from 0. */
struct SignalTable
{
	int			id;
	int			type;
	int			data;
	int			connector;		/* topic.prefix of the one that is meant, null:
								 * any; -1: no such column */
	int			natts;
};

/* ---- which table ---- */

/* Cuts a name, quoted or not, off the front of *text; NULL if there is none. */
static char *
take_name(char **text)
{
	char	   *name = *text;
	char	   *end;

	if (*name == '"')
	{
		end = strchr(++name, '"');
		if (end == NULL || end == name)
			return NULL;
		*end++ = '\0';
	}
	else
		end = name + strcspn(name, ".");
	if (*name == '\0' || end == name || (*end != '.' && *end != '\0'))
		return NULL;
	*text = end;
	if (*end == '.')
		*(*text)++ = '\0';
	return name;
}

SignalName *
signalname_parse(const Options *options)
{
	SignalName *name;
	char	   *rest;

	if (options->signal_collection == NULL || options->signal_collection[0] == '\0')
		return NULL;
	name = palloc(sizeof(SignalName));
	rest = pstrdup(options->signal_collection);
	name->schema = take_name(&rest);
	name->table = name->schema ? take_name(&rest) : NULL;
	if (name->table == NULL || *rest != '\0')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid value \"%s\" for option \"%s\"", options->signal_collection, "signal.data.collection"),
				 errhint("It takes the name of a table: schema.table.")));
	return name;
}

bool
signalname_is(const SignalName *name, const char *schema, const char *table)
{
	return name && strcmp(name->schema, schema) == 0 && strcmp(name->table, table) == 0;
}

bool
signaltable_is_own(Relation relation)
{
	char	   *schema;
	char	   *extension;
	Oid			member_of;

	if (strcmp(RelationGetRelationName(relation), OWN_TABLE) != 0)
		return false;
	schema = get_namespace_name(RelationGetNamespace(relation));
	if (schema == NULL || strcmp(schema, OWN_SCHEMA) != 0)
		return false;
	member_of = getExtensionOfObject(RelationRelationId, RelationGetRelid(relation));
	extension = OidIsValid(member_of) ? get_extension_name(member_of) : NULL;
	return extension && strcmp(extension, OWN_EXTENSION) == 0;
}

/* ---- what is in it ---- */

SignalTable *
signaltable_build_own(Relation relation)
{
	SignalTable *table = palloc(sizeof(SignalTable));

	*table = (SignalTable)
	{
		.id = 0,.type = 1,.data = 2,.connector = 3,
			.natts = RelationGetDescr(relation)->natts
	};
	return table->natts > table->connector ? table : NULL;
}

static bool
is_in_row(Session *session, Form_pg_attribute attr, const Bitmapset *published)
{
	if (attr->attisdropped ||
		(published ? !bms_is_member(attr->attnum, published) : attr->attgenerated != '\0'))
		return false;
	return filter_column(session->filter, session->signal_name->schema,
						 session->signal_name->table, NameStr(attr->attname));
}

static bool
is_text(Session *session, Form_pg_attribute attr)
{
	ColumnType	type;

	return typemap_resolve(attr->atttypid, attr->atttypmod, &session->options->types, &type) &&
		type.schema->type == CONNECT_STRING;
}

SignalTable *
signaltable_build(Session *session, Relation relation, const Bitmapset *published)
{
	SignalTable *table = palloc(sizeof(SignalTable));
	TupleDesc	desc = RelationGetDescr(relation);
	int		   *const columns[] = {&table->id, &table->type, &table->data};
	int			n = 0;

	table->connector = -1;
	table->natts = desc->natts;
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attr = TupleDescAttr(desc, i);

		if (!is_in_row(session, attr, published))
			continue;
		if (n < lengthof(columns) && is_text(session, attr))
			*columns[n] = i;
		else
			n = lengthof(columns);
		n++;
	}
	if (n == lengthof(columns))
		return table;
	ereport(LOG,
			(errmsg("table \"%s\" gives no signals", session->options->signal_collection),
			 errdetail("A table of signals has three columns that are texts: id, type and data."),
			 errhint("See signal.data.collection, column.include.list and column.exclude.list.")));
	return NULL;
}

/* One row, taken apart. */
typedef struct SignalRow
{
	TupleDesc	desc;
	Datum	   *values;
	bool	   *nulls;
} SignalRow;

/* What a column prints; NULL for a null. */
static char *
column_text(const SignalRow *row, int attribute)
{
	Oid			output;
	bool		is_varlena;

	if (row->nulls[attribute])
		return NULL;
	getTypeOutputInfo(TupleDescAttr(row->desc, attribute)->atttypid, &output, &is_varlena);
	return OidOutputFunctionCall(output, row->values[attribute]);
}

static void
write_text(Out *out, const char *text)
{
	if (text)
		frame_text(out, text, Min(strlen(text), WIRE_SIGNAL_MAX));
	else
		frame_u32(out, WIRE_NULL);
}

static void
write_frame(Session *session, XLogRecPtr lsn, const char *id, const char *type, const char *data)
{
	Out		   *out = &session->batch.out;
	size_t		start;

	txn_prepare_signal(session);
	start = frame_begin(out, WIRE_CONTROL);
	frame_u8(out, WIRE_CONTROL_SIGNAL);
	frame_u64(out, lsn);
	frame_u64(out, session->txn.ordinal);
	write_text(out, id);
	write_text(out, type);
	write_text(out, data);
	frame_end(out, start);
	batch_end_record(&session->batch);
}

/* Is another connector meant? */
static bool
is_for_others(const Session *session, const SignalTable *table, const SignalRow *row)
{
	char	   *connector;

	if (table->connector < 0)
		return false;
	connector = column_text(row, table->connector);
	return connector && strcmp(connector, session->options->topic_prefix) != 0;
}

void
signaltable_write(Session *session, const SignalTable *table, Relation relation,
				  ReorderBufferChange *change)
{
	HeapTuple	tuple;
	SignalRow	row = {.desc = RelationGetDescr(relation)};

	if (change->action != REORDER_BUFFER_CHANGE_INSERT || !session->options->wire)
		return;
	tuple = COMPAT_TUPLE(change->data.tp.newtuple);
	if (tuple == NULL)
		return;
	row.values = palloc(table->natts * sizeof(Datum));
	row.nulls = palloc(table->natts * sizeof(bool));
	heap_deform_tuple(tuple, row.desc, row.values, row.nulls);
	if (is_for_others(session, table, &row))
		return;
	write_frame(session, change->lsn, column_text(&row, table->id),
				column_text(&row, table->type), column_text(&row, table->data));
}
