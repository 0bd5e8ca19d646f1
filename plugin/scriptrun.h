/*
 * scriptrun.h
 *	  Conditions bound to a record's fields, and what they say of a row.
 *
 * Groovy's rules: == of nulls, numbers of any type among each other, texts; &&,
 * || and ! by what counts as true; a null is less than all else.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_SCRIPTRUN_H
#define WALPOST_SCRIPTRUN_H

#include "fieldvalue.h"
#include "script.h"

typedef enum ResultKind
{
	RESULT_NULL,
	RESULT_BOOL,
	RESULT_INTEGER,
	RESULT_FLOAT,				/* a float or double */
	RESULT_DECIMAL,
	RESULT_STRING,
	RESULT_OBJECT,				/* a struct and the like: it is there */
	RESULT_ERROR,				/* text says which */
	RESULT_UNKNOWN				/* a row decides */
} ResultKind;

typedef struct Result
{
	ResultKind	kind;
	int64		integer;		/* also of a RESULT_BOOL */
	ConnectType type;			/* of a RESULT_INTEGER: int8 to int64 */
	double		number;
	const char *text;
} Result;

/* A condition whose paths are fields of one draft. */
typedef struct BoundNode BoundNode;

/* Binds a condition, in the draft's context. */
extern const BoundNode *script_bind(Draft *draft, const ScriptNode *node);

/* What it says of a row; without one, RESULT_UNKNOWN if it would need it. */
extern Result script_run(const BoundNode *node, const Row *row);

#endif							/* WALPOST_SCRIPTRUN_H */
