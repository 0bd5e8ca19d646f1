/*
 * relshape.c
 *	  The rows and keys of a relation as shapes, of either side of a change.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "draft.h"
#include "encoders.h"
#include "naming.h"
#include "relbuild.h"

/* What an old tuple lacks. */
static Shape *
absent_shape(const ConnectSchema *schema, const BuildColumn *column, const char *json)
{
	bool		is_null = column->optional && !columnrule_is_constant(&column->shape);

	return is_null ? shape_null(schema, json) : shape_text(schema, json);
}

/* The row struct of one side; old sides print what an old tuple lacks as such. */
static Shape *
row_shape(Build *build, Side side)
{
	Shape	   *row;

	row = shape_struct(schema_new(CONNECT_STRUCT, true,
								  naming_schema(build->session->options, build->topic, ".Value"), 0));
	for (int i = 0; i < build->ncolumns; i++)
	{
		BuildColumn *column = &build->columns[i];

		if (column->name == NULL || !column->in_row)
			continue;
		shape_add(row, column->field, side == SIDE_NEW || column->in_old ?
				  shape_column(column->field_schema, &column->shape, side) :
				  absent_shape(column->field_schema, column, column->absent));
	}
	return row;
}

/* Has the table a column that the key's own field cannot stand beside? */
static void
check_table_field(const Build *build, const char *field)
{
	ListCell   *lc;

	foreach(lc, build->key)
	{
		if (strcmp(((BuildColumn *) lfirst(lc))->field, field) == 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("table \"%s.%s\" has a key column \"%s\", which topic.key.field.name is, too",
							build->schema, build->table, field),
					 errhint("Give topic.key.field.name another value, or set topic.key.enforce.uniqueness=false.")));
	}
}

/* A text as a header's struct has it. */
static Shape *
header_text(const char *text)
{
	StringInfoData buf;
	Out			out;

	initStringInfo(&buf);
	out_open(&out, &buf);
	header_string(&out, text, strlen(text));
	out_close(&out);
	return shape_text(NULL, buf.data);
}

/*
 * What tells the rows of tables apart that share a topic, as JSON or as a
 * header prints it; nothing, where keys say no such thing.
 */
static void
add_table_field(const Build *build, Shape *key, bool header)
{
	const Options *options = build->session->options;
	const char *field = naming_key_field(options);
	const char *value;

	if (field == NULL)
		return;
	check_table_field(build, field);
	value = naming_key_value(options, build->schema, build->table);
	shape_add(key, field, header ? header_text(value) : field_string(value, false));
}

static Shape *
key_shape(Build *build, Side side)
{
	Shape	   *key;
	ListCell   *lc;

	key = shape_struct(schema_new(CONNECT_STRUCT, false,
								  naming_schema(build->session->options, build->topic, ".Key"), 0));
	foreach(lc, build->key)
	{
		BuildColumn *column = lfirst(lc);

		shape_add(key, column->field, side == SIDE_NEW || column->in_old ?
				  shape_column(column->schema, &column->key_shape, side) :
				  absent_shape(column->schema, column, column->key_absent));
	}
	add_table_field(build, key, false);
	return key;
}

/* The key as text in a __debezium.newkey or oldkey header. */
static Shape *
key_header_shape(Build *build, Side side)
{
	Shape	   *key = shape_struct(NULL);
	ListCell   *lc;

	foreach(lc, build->key)
	{
		BuildColumn *column = lfirst(lc);

		shape_add(key, column->field, side == SIDE_NEW || column->in_old ?
				  shape_header_column(&column->key_shape, side) :
				  shape_text(NULL, column->key_absent));
	}
	add_table_field(build, key, true);
	return key;
}

RecordParts
relshape_parts(Build *build)
{
	bool		keyed = build->key != NIL || naming_key_field(build->session->options) != NULL;
	RecordParts parts = {0};

	for (Side side = SIDE_NEW; side < SIDES; side++)
	{
		parts.row[side] = row_shape(build, side);
		if (!keyed)
			continue;
		parts.key[side] = key_shape(build, side);
		parts.key_text[side] = key_header_shape(build, side);
	}
	return parts;
}
