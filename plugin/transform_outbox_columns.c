/*
 * transform_outbox_columns.c
 *	  Whether a table has the columns that EventRouter is told of.
 *
 * Each row would fail where it has not, so it is known before there is one.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "transform_outbox.h"
#include "typeschema.h"

bool
outbox_leaves_out(const Outbox *outbox, const Shape *row, const Additional *additional)
{
	return outbox->missing == OUTBOX_MISSING_IGNORED && field_find(row, additional->field) == NULL;
}

int
outbox_time_unit(const ConnectSchema *schema)
{
	const struct
	{
		const ConnectSchema *schema;
		int			unit;
	}			units[] = {
		{&schema_timestamp, 1}, {&schema_micro_timestamp, 1000}, {&schema_nano_timestamp, 1000000}
	};

	for (int i = 0; schema->name && i < lengthof(units); i++)
		if (strcmp(schema->name, units[i].schema->name) == 0)
			return units[i].unit;
	return 0;
}

/* The names of the row's columns. */
static char *
column_names(const Shape *row)
{
	StringInfoData names;

	initStringInfo(&names);
	for (int i = 0; i < row->nfields; i++)
		appendStringInfo(&names, "%s%s", i > 0 ? ", " : "", row->fields[i].name);
	return names.data;
}

/* The row lacks a column that an option names. */
static void
lacks(const TransformStep *step, Draft *draft, const Shape *row, const char *option, const char *what)
{
	draft_fail(draft, "%s; the row has %s, and %s%s says which is meant", what, column_names(row), step->prefix, option);
}

static void
check_additional(const TransformStep *step, Draft *draft, const Shape *row)
{
	const Outbox *outbox = step->settings;
	ListCell   *lc;

	foreach(lc, outbox->additional)
	{
		const Additional *additional = lfirst(lc);

		if (!outbox_leaves_out(outbox, row, additional) && field_find(row, additional->field) == NULL)
			lacks(step, draft, row, "table.fields.additional.placement",
				  psprintf("%s is not a valid field name", additional->field));
	}
}

/* A column of time is known by its type alone. */
static void
check_timestamp(Draft *draft, const char *name, const ConnectSchema *schema)
{
	if (schema == NULL || schema->type != CONNECT_INT64)
		draft_fail(draft, "Field '%s' is not of type INT64; table.field.event.timestamp takes a timestamp without time zone, and a time.precision.mode that makes a number of it",
				   name);
	else if (outbox_time_unit(schema) == 0)
		draft_fail(draft, "Unsupported field type %s for event timestamp",
				   schema->name ? schema->name : "INT64 (without logical schema name)");
}

bool
outbox_check_columns(const TransformStep *step, Draft *draft, const Shape *row)
{
	const Outbox *outbox = step->settings;
	const struct
	{
		const char *option;
		const char *column;		/* NULL: none is asked for */
		const char *what;		/* is said of it when it is not there */
	}			columns[] = {
		{"route.by.field", outbox->route_field, "%s is not a valid field name"},
		{"table.field.event.payload", outbox->payload_field, "Unable to find payload field %s in event"},
		{"table.field.event.id", outbox->id_field, "%s is not a valid field name"},
		{"table.field.event.key", outbox->key_field, "%s is not a valid field name"},
		{"table.field.event.timestamp", outbox->timestamp_field, "Unable to find timestamp field %s in event"},
		{"table.field.event.schema.version", outbox->version_field, "%s is not a valid field name"},
	};

	for (int i = 0; i < lengthof(columns); i++)
		if (columns[i].column && field_find(row, columns[i].column) == NULL)
			lacks(step, draft, row, columns[i].option, psprintf(columns[i].what, columns[i].column));
	if (outbox->timestamp_field && !draft->failure)
		check_timestamp(draft, outbox->timestamp_field, field_find(row, outbox->timestamp_field)->schema);
	check_additional(step, draft, row);
	return !draft->failure;
}
