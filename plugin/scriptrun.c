/*
 * scriptrun.c
 *	  Conditions bound to a record's fields, and what they say of a row.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include <math.h>

#include "common/base64.h"

#include "scriptrun.h"

struct BoundNode
{
	ScriptKind	kind;
	Result		constant;		/* of what is none of the operators */
	const FieldReader *reader;	/* a path that needs a row, or NULL */
	int			noperands;
	const BoundNode *operands[FLEXIBLE_ARRAY_MEMBER];
};

static Result
make_error(const char *text)
{
	return (Result) {.kind = RESULT_ERROR,.text = text};
}

static Result
make_integer(int64 value, ConnectType type)
{
	return (Result) {.kind = RESULT_INTEGER,.integer = value,.number = value,.type = type};
}

static Result
make_bool(bool value)
{
	return (Result) {.kind = RESULT_BOOL,.integer = value};
}

/* ---- fields -------------------------------------------------------------- */

/* The scale of a decimal's schema; -1: it is none. */
static int
decimal_scale(const ConnectSchema *schema)
{
	if (schema->type != CONNECT_BYTES || schema->name == NULL ||
		strcmp(schema->name, "org.apache.kafka.connect.data.Decimal") != 0)
		return -1;
	for (int i = 0; i < schema->nparams; i++)
		if (strcmp(schema->params[i].name, "scale") == 0)
			return (int) strtol(schema->params[i].value, NULL, 10);
	return 0;
}

/* A decimal prints as base64 of its unscaled value, in quotes. */
static double
decimal_number(const FieldValue *value, int scale)
{
	int			len = (int) value->len - 2;
	int			room = pg_b64_dec_len(len) + 1;
	unsigned char *bytes = palloc(room);
	long double number;

	len = Max(pg_b64_decode(value->text + 1, len, (void *) bytes, room), 0);
	number = len > 0 && bytes[0] >= 0x80 ? -1 : 0;
	for (int i = 0; i < len; i++)
		number = number * 256 + bytes[i];
	pfree(bytes);
	return (double) (number / powl(10, scale));
}

static Result
result_of(const FieldReader *reader, const FieldValue *value)
{
	int			scale;

	switch (value->kind)
	{
		case FIELD_NULL:
			return (Result) {.kind = RESULT_NULL};
		case FIELD_BOOL:
			return make_bool(value->integer);
		case FIELD_INTEGER:
			return make_integer(value->integer, reader->schema->type);
		case FIELD_FLOAT:
			return (Result) {.kind = RESULT_FLOAT,.number = value->number};
		case FIELD_STRING:
			return (Result) {.kind = RESULT_STRING,.text = value->text};
		case FIELD_OTHER:
			break;
	}
	scale = decimal_scale(reader->schema);
	if (scale < 0)
		return (Result) {.kind = RESULT_OBJECT};
	return (Result) {.kind = RESULT_DECIMAL,.number = decimal_number(value, scale)};
}

/* ---- binding ------------------------------------------------------------- */

/* Follows a path from a key or value; false, and *result says what it is, if it ends before a field. */
static bool
follow(const ScriptNode *path, Shape *shape, Shape **field, Result *result)
{
	for (int i = 0; i < path->nnames; i++)
	{
		const ScriptName *step = &path->names[i];
		bool		is_null = shape == NULL || shape->is_null;

		*result = step->safe ? (Result) {.kind = RESULT_NULL} :
			make_error(psprintf("Cannot get property '%s' on null object", step->name));
		if (is_null)
			return false;
		*result = make_error(psprintf("No such property: %s", step->name));
		if (shape->kind != SHAPE_STRUCT || shape->schema == NULL)
			return false;
		shape = field_find(shape, step->name);
		*result = make_error(psprintf("%s is not a valid field name", step->name));
		if (shape == NULL)
			return false;
	}
	*field = shape;
	return true;
}

static void
bind_path(Draft *draft, const ScriptNode *path, BoundNode *bound)
{
	Shape	   *field = path->root == ROOT_KEY ? draft->key : draft->value;
	FieldReader *reader;

	if (path->root == ROOT_TOPIC)
	{
		bound->constant = (Result) {.kind = RESULT_STRING,.text = pstrdup(draft->topic)};
		return;
	}
	if (!follow(path, field, &field, &bound->constant))
		return;
	if (field && !field->is_null && field->kind == SHAPE_STRUCT)
	{
		bound->constant = (Result) {.kind = RESULT_OBJECT};
		return;
	}
	reader = field_reader(draft, field, path->nnames > 0);
	if (reader->template)
		bound->reader = reader;
	else
		bound->constant = result_of(reader, &reader->value);
}

static const BoundNode *
bind_node(Draft *draft, const ScriptNode *node)
{
	BoundNode  *bound = palloc0(offsetof(BoundNode, operands) + node->noperands * sizeof(BoundNode *));

	bound->kind = node->kind;
	bound->noperands = node->noperands;
	for (int i = 0; i < node->noperands; i++)
		bound->operands[i] = bind_node(draft, node->operands[i]);
	switch (node->kind)
	{
		case SCRIPT_BOOL:
			bound->constant = make_bool(node->integer);
			break;
		case SCRIPT_INTEGER:
			bound->constant = make_integer(node->integer, node->wide ? CONNECT_INT64 : CONNECT_INT32);
			break;
		case SCRIPT_DECIMAL:
			bound->constant = (Result) {.kind = RESULT_DECIMAL,.number = node->number};
			break;
		case SCRIPT_STRING:
			bound->constant = (Result) {.kind = RESULT_STRING,.text = node->text};
			break;
		case SCRIPT_PATH:
			bind_path(draft, node, bound);
			break;
		default:				/* operators, and null */
			break;
	}
	return bound;
}

const BoundNode *
script_bind(Draft *draft, const ScriptNode *node)
{
	MemoryContext old = MemoryContextSwitchTo(draft->context);
	const BoundNode *bound = bind_node(draft, node);

	MemoryContextSwitchTo(old);
	return bound;
}

/* ---- operators ----------------------------------------------------------- */

static bool
is_final(const Result *result)
{
	return result->kind == RESULT_ERROR || result->kind == RESULT_UNKNOWN;
}

static bool
is_number(const Result *result)
{
	return result->kind == RESULT_INTEGER || result->kind == RESULT_FLOAT || result->kind == RESULT_DECIMAL;
}

/* Groovy's truth. */
static bool
is_true(const Result *result)
{
	switch (result->kind)
	{
		case RESULT_NULL:
			return false;
		case RESULT_BOOL:
		case RESULT_INTEGER:
			return result->integer != 0;
		case RESULT_FLOAT:
		case RESULT_DECIMAL:
			return result->number != 0;
		case RESULT_STRING:
			return result->text[0] != '\0';
		default:
			return true;
	}
}

/* NaN is the largest and equals itself; -0 equals 0. */
static int
compare_doubles(double a, double b)
{
	if (isnan(a) || isnan(b))
		return (isnan(a) != 0) - (isnan(b) != 0);
	return a < b ? -1 : a > b;
}

static int
compare_numbers(const Result *a, const Result *b)
{
	if (a->kind == RESULT_FLOAT || b->kind == RESULT_FLOAT)
		return compare_doubles(a->number, b->number);
	if (a->kind == RESULT_INTEGER && b->kind == RESULT_INTEGER)
		return a->integer < b->integer ? -1 : a->integer > b->integer;
	return a->number < b->number ? -1 : a->number > b->number;
}

/* By UTF-16 units, as Java has it: those beyond the BMP come before U+E000. */
static int
compare_texts(const char *a, const char *b)
{
	const unsigned char *p = (const unsigned char *) a;
	const unsigned char *q = (const unsigned char *) b;

	while (*p && *p == *q)
		p++, q++;
	if (*p >= 0xEE && *q >= 0xEE && (*p >= 0xF0) != (*q >= 0xF0))
		return *p >= 0xF0 ? -1 : 1;
	return *p < *q ? -1 : *p > *q;
}

/* A text of one character counts as its code beside a number. */
static bool
as_character(const Result *result, Result *character)
{
	int			code;

	if (result->kind != RESULT_STRING || result->text[0] == '\0')
		return false;
	code = (unsigned char) result->text[0];
	if (code >= 0x80 || result->text[1] != '\0')
		return false;
	*character = make_integer(code, CONNECT_INT32);
	return true;
}

/* Orders two values; false: they cannot be ordered, and are not equal. */
static bool
order(const Result *a, const Result *b, int *order)
{
	Result		character;

	if (a->kind == RESULT_NULL || b->kind == RESULT_NULL)
		*order = (a->kind != RESULT_NULL) - (b->kind != RESULT_NULL);
	else if (is_number(a) && is_number(b))
		*order = compare_numbers(a, b);
	else if (is_number(a) && as_character(b, &character))
		*order = compare_numbers(a, &character);
	else if (is_number(b) && as_character(a, &character))
		*order = compare_numbers(&character, b);
	else if (a->kind == RESULT_STRING && b->kind == RESULT_STRING)
		*order = compare_texts(a->text, b->text);
	else if (a->kind == RESULT_BOOL && b->kind == RESULT_BOOL)
		*order = (int) (a->integer - b->integer);
	else
		return false;
	return true;
}

static Result
compare(ScriptKind kind, const Result *a, const Result *b)
{
	int			sign = 0;
	bool		ordered = order(a, b, &sign);

	if (kind == SCRIPT_EQUAL || kind == SCRIPT_UNEQUAL)
	{
		if (a->kind == RESULT_OBJECT && b->kind == RESULT_OBJECT)
			return make_error("structs, arrays and bytes cannot be compared");
		return make_bool((ordered && sign == 0) == (kind == SCRIPT_EQUAL));
	}
	if (!ordered)
		return make_error("Cannot compare values of these types");
	return make_bool(kind == SCRIPT_LESS ? sign < 0 : kind == SCRIPT_AT_MOST ? sign <= 0 :
					 kind == SCRIPT_GREATER ? sign > 0 : sign >= 0);
}

static const char *
text_of(const Result *result)
{
	switch (result->kind)
	{
		case RESULT_NULL:
			return "null";
		case RESULT_BOOL:
			return result->integer ? "true" : "false";
		case RESULT_INTEGER:
			return psprintf(INT64_FORMAT, result->integer);
		case RESULT_STRING:
			return result->text;
		default:
			return NULL;
	}
}

/* Texts side by side; nothing else is added. */
static Result
join(const Result *a, const Result *b)
{
	const char *left = text_of(a);
	const char *right = text_of(b);

	if ((a->kind != RESULT_STRING && b->kind != RESULT_STRING) || left == NULL || right == NULL ||
		a->kind == RESULT_BOOL)
		return make_error("only texts, integers and nulls can be added to a text");
	return (Result) {.kind = RESULT_STRING,.text = psprintf("%s%s", left, right)};
}

/* Object.equals(), of a list's item: numbers of different types are not equal. */
static Result
is_same(const Result *a, const Result *b)
{
	if (a->kind == RESULT_FLOAT || a->kind == RESULT_DECIMAL || b->kind == RESULT_FLOAT ||
		b->kind == RESULT_DECIMAL)
		return make_error("fractions cannot be looked for in a list");
	if (a->kind != b->kind || (a->kind == RESULT_INTEGER && a->type != b->type))
		return make_bool(false);
	return compare(SCRIPT_EQUAL, a, b);
}

/* The first operand among the others. */
static Result
find(const BoundNode *node, const Result *item, const Row *row)
{
	bool		unknown = false;

	for (int i = 1; i < node->noperands; i++)
	{
		Result		other = script_run(node->operands[i], row);
		Result		equal;

		if (other.kind == RESULT_ERROR)
			return other;
		unknown |= other.kind == RESULT_UNKNOWN;
		if (other.kind == RESULT_UNKNOWN)
			continue;
		equal = is_same(&other, item);
		if (equal.kind == RESULT_ERROR || (equal.integer && !unknown))
			return equal;
	}
	return unknown ? (Result) {.kind = RESULT_UNKNOWN} : make_bool(false);
}

/* An operator, of which the first operand is known. */
static Result
run_operator(const BoundNode *node, const Result *first, const Row *row)
{
	Result		second;

	switch (node->kind)
	{
		case SCRIPT_NOT:
			return make_bool(!is_true(first));
		case SCRIPT_IN:
			return find(node, first, row);
		case SCRIPT_CHOICE:
			return script_run(node->operands[is_true(first) ? 1 : 2], row);
		case SCRIPT_ELSE:
			return is_true(first) ? *first : script_run(node->operands[1], row);
		case SCRIPT_AND:
		case SCRIPT_OR:
			if (is_true(first) == (node->kind == SCRIPT_OR))
				return make_bool(node->kind == SCRIPT_OR);
			break;
		default:
			break;
	}
	second = script_run(node->operands[1], row);
	if (is_final(&second))
		return second;
	if (node->kind == SCRIPT_AND || node->kind == SCRIPT_OR)
		return make_bool(is_true(&second));
	return node->kind == SCRIPT_PLUS ? join(first, &second) : compare(node->kind, first, &second);
}

Result
script_run(const BoundNode *node, const Row *row)
{
	Result		first;
	FieldValue	value;

	if (node->noperands > 0)
	{
		first = script_run(node->operands[0], row);
		return is_final(&first) ? first : run_operator(node, &first, row);
	}
	if (node->reader == NULL)
		return node->constant;
	if (row == NULL)
		return (Result) {.kind = RESULT_UNKNOWN};
	value = field_read(node->reader, row);
	return result_of(node->reader, &value);
}
