/*
 * relbuild.h
 *	  A relation while its plan is compiled; for relplan.c,
 *	  relshape.c and relrecord.c.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_RELBUILD_H
#define WALPOST_RELBUILD_H

#include "nodes/bitmapset.h"
#include "utils/relcache.h"

#include "relplan.h"

/* A column while the plan is built. */
typedef struct BuildColumn
{
	const char *name;			/* in the table */
	const char *field;			/* in the event */
	ColumnType	type;
	bool		optional;
	bool		in_row;			/* part of the value, not just of the key */
	bool		in_old;			/* an old tuple holds it */
	ConnectSchema *schema;		/* in the key */
	ConnectSchema *field_schema;	/* in the value, with what a rule adds */
	ShapeColumn shape;			/* for the value */
	ShapeColumn key_shape;		/* for the key (its own null text) */
	const char *absent;			/* JSON where an old tuple lacks it */
	const char *key_absent;
} BuildColumn;

/* The relation while the plan is built. */
typedef struct Build
{
	Session    *session;
	Relation	leaf;			/* whose tuples are decoded */
	Relation	shown;			/* as which it is published (may be leaf) */
	const char *schema;
	const char *table;
	const char *topic;
	Published	published;
	bool		identity_full;
	Bitmapset  *identity;		/* attribute numbers of leaf */
	BuildColumn *columns;		/* by attribute of shown */
	int			ncolumns;
	List	   *key;			/* BuildColumn pointers, in key order */
	MemoryContext scratch;		/* for what no row needs: shapes, schemas */
	MemoryContext context;		/* the plan's */
	const char *failure;		/* why the converter cannot write a record */
} Build;

/* What the records are put together from; keys are NULL without a key. */
typedef struct RecordParts
{
	Shape	   *row[SIDES];
	Shape	   *key[SIDES];
	Shape	   *key_text[SIDES];	/* as a header prints it */
} RecordParts;

/* Puts them together, from the columns.  Runs in build->scratch. */
extern RecordParts relshape_parts(Build *build);

/* Fills plan->key and plan->records.  Runs in build->scratch. */
extern void relrecord_build(Build *build, RelPlan *plan, const RecordParts *parts);

#endif							/* WALPOST_RELBUILD_H */
