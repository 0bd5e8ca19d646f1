/*
 * coldefault.c
 *	  A column's default expression as the default of its Connect schema.
 *
 * Debezium's PostgresDefaultValueConverter reads the expression's text; the
 * results here are its results wherever those are right.  See coldefault.h.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/transam.h"
#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "coldefault.h"
#include "compat.h"
#include "frame.h"
#include "quirkdefault.h"

/*
 * What a column of these types has as default if a function computes it: the
 * text is read by the type's own input function and encoded, NULL stands for
 * the type's fallback.  Numbers are not here: a zero that was never stored
 * would pass for a value.  The texts mean the same under every setting.
 */
static const struct
{
	Oid			type;
	const char *text;
}			computed[] = {
	{TEXTOID, NULL},
	{VARCHAROID, NULL},
	{BPCHAROID, NULL},
	{XMLOID, NULL},
	{JSONOID, "{}"},
	{JSONBOID, "{}"},
	{UUIDOID, "00000000-0000-0000-0000-000000000000"},
	{DATEOID, "1970-01-01"},
	{TIMEOID, "00:00:00"},
	{TIMESTAMPOID, "1970-01-01 00:00:00"},
	{TIMESTAMPTZOID, "1970-01-01 00:00:00+00"},
	{INTERVALOID, "00:00:00"},
};

/* Sequences feed these. */
static const Oid numbers[] = {
	INT2OID, INT4OID, INT8OID, NUMERICOID, FLOAT4OID, FLOAT8OID,
};

static Node *
default_expression(TupleDesc desc, AttrNumber attnum)
{
	TupleConstr *constr = desc->constr;

	if (constr == NULL || TupleDescAttr(desc, attnum - 1)->attgenerated)
		return NULL;
	for (int i = 0; i < constr->num_defval; i++)
		if (constr->defval[i].adnum == attnum)
			return stringToNode(constr->defval[i].adbin);
	return NULL;
}

/* Written as a function's call (or as SQL syntax for one), not as a cast. */
static bool
is_call(const FuncExpr *func)
{
	return func->funcformat != COERCE_EXPLICIT_CAST &&
		func->funcformat != COERCE_IMPLICIT_CAST;
}

/*
 * What a cast casts, or NULL if node is none, or one that is not built in.
 */
static Node *
cast_argument(Node *node)
{
	if (IsA(node, RelabelType))
		return (Node *) ((RelabelType *) node)->arg;
	if (IsA(node, CoerceViaIO))
	{
		CoerceViaIO *cast = (CoerceViaIO *) node;

		if (cast->resulttype >= FirstNormalObjectId ||
			exprType((Node *) cast->arg) >= FirstNormalObjectId)
			return NULL;
		return (Node *) cast->arg;
	}
	if (IsA(node, FuncExpr))
	{
		FuncExpr   *func = (FuncExpr *) node;

		if (is_call(func) || func->funcid >= FirstNormalObjectId)
			return NULL;
		return linitial(func->args);
	}
	return NULL;
}

static char *
encode(Datum value, const ColumnType *type)
{
	StringInfoData buf;
	Out			out;

	initStringInfo(&buf);
	out_open(&out, &buf);
	type->json.encode(&out, value, &type->json);
	out_close(&out);
	return buf.data;
}

/*
 * The constant that a constant under immutable casts comes to, or NULL if
 * there is none: a default may well be one that no row can have, such as a
 * text that is too long for its column.
 */
static Const *
evaluate_casts(Node *node)
{
	MemoryContext caller = CurrentMemoryContext;
	Node	   *volatile result = NULL;

	if (IsA(node, Const))
		return (Const *) node;
	if (contain_mutable_functions(node))
		return NULL;

	/*
	 * Built-in immutable functions of plain values hold nothing but memory
	 * when they fail, so their complaints about the value can be dropped
	 * without a subtransaction.  Any other error goes on.
	 */
	PG_TRY();
	{
		result = eval_const_expressions(NULL, node);
	}
	PG_CATCH();
	{
		if (ERRCODE_TO_CATEGORY(geterrcode()) != ERRCODE_DATA_EXCEPTION)
			PG_RE_THROW();
		MemoryContextSwitchTo(caller);
		FlushErrorState();
	}
	PG_END_TRY();

	return result && IsA(result, Const) ? (Const *) result : NULL;
}

/* The default of a column of this type that a function computes. */
static char *
computed_default(Oid typid, const ColumnType *type)
{
	for (int i = 0; i < lengthof(computed); i++)
	{
		Oid			input;
		Oid			param;

		if (computed[i].type != typid)
			continue;
		if (computed[i].text == NULL)
			return pstrdup(type->fallback);
		getTypeInputInfo(typid, &input, &param);
		return encode(OidInputFunctionCall(input, unconstify(char *, computed[i].text),
										   param, -1),
					  type);
	}
	return NULL;
}

static bool
is_number(Oid typid)
{
	for (int i = 0; i < lengthof(numbers); i++)
		if (numbers[i] == typid)
			return true;
	return false;
}

/* CURRENT_DATE and its kin, but not CURRENT_USER and its kin. */
static bool
is_current_time(const SQLValueFunction *function)
{
	return function->op <= SVFOP_LOCALTIMESTAMP_N;
}

/* The default as Debezium has it where that is right. */
static char *
right_default(Oid typid, Node *node, const ColumnType *type)
{
	Node	   *core = node;
	Node	   *argument;

	while ((argument = cast_argument(core)) != NULL)
		core = argument;

	if (IsA(core, Const))
	{
		Const	   *value = evaluate_casts(node);

		if (value == NULL || value->constisnull)
			return NULL;
		return encode(value->constvalue, type);
	}
	if (IsA(core, FuncExpr) && is_call((FuncExpr *) core))
	{
		if (((FuncExpr *) core)->funcid == F_NEXTVAL && is_number(typid))
			return pstrdup(type->fallback);
		return computed_default(typid, type);
	}
	if (IsA(core, SQLValueFunction) &&
		is_current_time((SQLValueFunction *) core))
		return computed_default(typid, type);
	return NULL;
}

char *
coldefault_json(TupleDesc desc, AttrNumber attnum, const ColumnType *type, bool quirks)
{
	Oid			typid = TupleDescAttr(desc, attnum - 1)->atttypid;
	Node	   *node;
	char	   *json;

	if (!type->takes_default)
		return NULL;
	node = default_expression(desc, attnum);
	if (node == NULL)
		return NULL;
	json = right_default(typid, node, type);

	/* Debezium does not know that blanks fill up a character(n) */
	if (quirks && (json == NULL || typid == BPCHAROID))
		json = quirkdefault_json(typid, node, type, computed_default(typid, type));
	return json;
}

bool
coldefault_is_nextval(TupleDesc desc, AttrNumber attnum)
{
	Node	   *node = default_expression(desc, attnum);
	Node	   *argument;

	while (node != NULL && (argument = cast_argument(node)) != NULL)
		node = argument;
	return node != NULL && IsA(node, FuncExpr) && ((FuncExpr *) node)->funcid == F_NEXTVAL;
}
