/*
 * columnrule.h
 *	  What the connector's file says of single columns: masks, truncation,
 *	  and the source's type in the schema.
 *
 * A mapping is decided when a relation's plan is compiled: the column's
 * encoder is wrapped, its texts for missing values are rewritten.  Columns
 * without a mapping pay nothing.  Keys are never mapped.  Follows
 * io.debezium.relational.mapping of Debezium 3.7 (ColumnMappers and the
 * mappers beside it).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_COLUMNRULE_H
#define WALPOST_COLUMNRULE_H

#include "options.h"
#include "shape.h"

typedef struct ColumnRules ColumnRules;

/*
 * Reads the options' rules, in CurrentMemoryContext; NULL if there are none.
 * ereports a name that is none, an unknown digest, a bad pattern.
 */
extern ColumnRules *columnrule_compile(const Options *options);

/* A column that a rule may apply to, and what the rule may change of it. */
typedef struct RuleTarget
{
	const char *schema;
	const char *table;
	const char *column;
	Oid			type;
	int32		typmod;
	bool		serial;			/* its default is nextval() */
	ConnectSchema *field;		/* of the value; gets parameters */
	ShapeColumn *shape;			/* for the value */
	const char **absent;		/* JSON where an old tuple lacks it */
} RuleTarget;

/*
 * Applies the first rule that fits, in the order truncate, mask, propagate
 * by column and by type, hash, hash v2.  Allocates in CurrentMemoryContext,
 * which must live as long as the shape.  ereports a column that is to be
 * hashed but whose type another rule propagates: Debezium leaves it in clear.
 */
extern void columnrule_apply(const ColumnRules *rules, const RuleTarget *target);

/* Does the column come out as the same text whatever its value? */
extern bool columnrule_is_constant(const ShapeColumn *column);

/* Does a rule rewrite the column's values at all? */
extern bool columnrule_is_applied(const ShapeColumn *column);

#endif							/* WALPOST_COLUMNRULE_H */
