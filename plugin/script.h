/*
 * script.h
 *	  Conditions as Groovy has them, as far as records are chosen by them: read
 *	  into a tree.
 *
 *		expression	a ? b : c		a ?: b		a || b		a && b
 *					a == b, !=		a < b, <=, >, >=, a in [b, c]	a + b	!a
 *		value		'text' "text" 12 -1.5 true false null (expression)
 *					value.op	value.after.x	value?.before?.x	key.id	topic
 *					value.get('op')	value['op']	value."a-b"
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_SCRIPT_H
#define WALPOST_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum ScriptKind
{
	SCRIPT_NULL,
	SCRIPT_BOOL,
	SCRIPT_INTEGER,
	SCRIPT_DECIMAL,
	SCRIPT_STRING,
	SCRIPT_PATH,
	SCRIPT_NOT,
	SCRIPT_AND,
	SCRIPT_OR,
	SCRIPT_EQUAL,
	SCRIPT_UNEQUAL,
	SCRIPT_LESS,
	SCRIPT_AT_MOST,
	SCRIPT_GREATER,
	SCRIPT_AT_LEAST,
	SCRIPT_IN,					/* the first operand among the others */
	SCRIPT_PLUS,
	SCRIPT_CHOICE,				/* ?: and ? : */
	SCRIPT_ELSE					/* a ?: b */
} ScriptKind;

typedef enum ScriptRoot
{
	ROOT_VALUE, ROOT_KEY, ROOT_TOPIC
} ScriptRoot;

/* One step of a path. */
typedef struct ScriptName
{
	const char *name;
	bool		safe;			/* of null it makes null */
} ScriptName;

typedef struct ScriptNode ScriptNode;

struct ScriptNode
{
	ScriptKind	kind;
	int64_t		integer;		/* also of a SCRIPT_BOOL */
	bool		wide;			/* of a SCRIPT_INTEGER: a long */
	double		number;			/* SCRIPT_DECIMAL */
	const char *text;			/* SCRIPT_STRING */
	ScriptRoot	root;			/* SCRIPT_PATH */
	ScriptName *names;
	int			nnames;
	ScriptNode **operands;
	int			noperands;
};

/*
 * Reads an expression.  NULL if that is none of the kinds above: *offset is
 * where, *expected what could stand there.  Memory is palloc's.
 */
extern ScriptNode *script_parse(const char *text, size_t *offset, const char **expected);

#endif							/* WALPOST_SCRIPT_H */
