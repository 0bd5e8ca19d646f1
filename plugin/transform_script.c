/*
 * transform_script.c
 *	  Debezium's Filter and ContentBasedRouter, as far as their conditions are
 *	  those of script.h.
 *
 * What a condition says without a row is decided with the plan; rows are asked
 * where it needs them.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "scriptrun.h"
#include "transformdef.h"

typedef struct Script
{
	char	   *topic_regex;
	char	   *language;
	char	   *expression;
	int			null_handling;
	JavaRegex  *topic;			/* NULL: all */
	ScriptNode *tree;
} Script;

static const char *const null_modes[] = {"keep", "drop", "evaluate", NULL};
#define NULLS_KEPT 0
#define NULLS_DROPPED 1

#define SCRIPT_SETTINGS(expression_name) \
	{"topic.regex", SETTING_STRING, offsetof(Script, topic_regex), false, ""}, \
	{"language", SETTING_STRING, offsetof(Script, language), true}, \
	{expression_name, SETTING_STRING, offsetof(Script, expression), true}, \
	{"null.handling.mode", SETTING_ENUM, offsetof(Script, null_handling), false, "keep", null_modes}, \
	{NULL}

#define CONDITION "condition"
#define TOPIC_EXPRESSION "topic.expression"

static const Setting filter_settings[] = {SCRIPT_SETTINGS(CONDITION)};
static const Setting router_settings[] = {SCRIPT_SETTINGS(TOPIC_EXPRESSION)};

static void
compile(TransformStep *step, const char *option)
{
	Script	   *script = step->settings;
	const char *expected;
	size_t		offset;

	if (strcmp(script->language, "jsr223.groovy") != 0)
		step_bad_value(step, "language", script->language,
					   "jsr223.groovy, of which the common conditions are compiled; other languages are not run");
	if (script->topic_regex[0] != '\0')
		script->topic = step_regex(step, "topic.regex", script->topic_regex, "", NULL);
	script->tree = script_parse(script->expression, &offset, &expected);
	if (script->tree == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid value \"%s\" for option \"%s%s\"", script->expression, step->prefix, option),
				 errdetail("At byte %zu: expected %s.", offset + 1, expected),
				 errhint("Scripts are not run. Conditions as in value.op == 'u' && value.after.amount > 10 are compiled: value, key and topic, "
						 "comparisons, in, &&, ||, !, ? :, + of texts.")));
}

static void
filter_check(TransformStep *step)
{
	compile(step, CONDITION);
}

static void
router_check(TransformStep *step)
{
	compile(step, TOPIC_EXPRESSION);
}

/* ---- answers ------------------------------------------------------------- */

/* A result as an answer: what it is, and its text. */
static void
print_result(Out *out, const Result *result)
{
	static const char kinds[] = {
		[RESULT_NULL] = 'n',[RESULT_BOOL] = 'f',[RESULT_INTEGER] = 'o',[RESULT_FLOAT] = 'o',
		[RESULT_DECIMAL] = 'o',[RESULT_STRING] = 's',[RESULT_OBJECT] = 'o',[RESULT_ERROR] = 'e'
	};

	if (result->kind == RESULT_BOOL && result->integer)
		out_byte(out, 't');
	else
		out_byte(out, kinds[result->kind]);
	if (result->kind == RESULT_STRING || result->kind == RESULT_ERROR)
		out_bytes(out, result->text, strlen(result->text));
}

static void
ask(Out *out, const Row *row, const void *data)
{
	Result		result = script_run(data, row);

	print_result(out, &result);
}

typedef void (*TakeFn) (const TransformStep *step, Draft *draft, const char *answer, size_t len);

/* Evaluates the condition, now or for each row, and goes on with the result. */
static void
evaluate(const TransformStep *step, Draft *draft, TakeFn take)
{
	const Script *script = step->settings;
	const BoundNode *bound;
	Result		result;
	StringInfoData answer;
	Out			out;

	if (script->topic && !javaregex_matches(script->topic, draft->topic))
		return;
	if ((draft->value == NULL || draft->value->is_null) && script->null_handling <= NULLS_DROPPED)
	{
		draft->dropped = script->null_handling == NULLS_DROPPED;
		return;
	}
	bound = script_bind(draft, script->tree);
	result = script_run(bound, NULL);
	if (result.kind == RESULT_UNKNOWN)
	{
		draft_ask(draft, ask, bound, take);
		return;
	}
	initStringInfo(&answer);
	out_open(&out, &answer);
	print_result(&out, &result);
	out_close(&out);
	take(step, draft, answer.data, answer.len);
}

/* ---- the two classes ----------------------------------------------------- */

/* What is true is kept. */
static void
take_condition(const TransformStep *step, Draft *draft, const char *answer, size_t len)
{
	if (answer[0] == 'e')
		draft_fail(draft, "%s", answer + 1);
	else if (answer[0] != 't' && answer[0] != 'f')
		draft_fail(draft, "the value returned by the condition is not a Boolean");
	else
		draft->dropped = answer[0] == 'f';
}

static void
filter_apply(const TransformStep *step, Draft *draft)
{
	evaluate(step, draft, take_condition);
}

static void
take_topic(const TransformStep *step, Draft *draft, const char *answer, size_t len)
{
	if (answer[0] == 'e')
		draft_fail(draft, "%s", answer + 1);
	else if (answer[0] == 's')
		draft->topic = answer + 1;
	else if (answer[0] != 'n')
		draft_fail(draft, "the value returned by the expression is not a String");
}

static void
router_apply(const TransformStep *step, Draft *draft)
{
	evaluate(step, draft, take_topic);
}

const TransformClass script_transforms[] = {
	{"io.debezium.transforms.", "Filter", false,
	filter_settings, sizeof(Script), filter_check, filter_apply},
	{"io.debezium.transforms.", "ContentBasedRouter", false,
	router_settings, sizeof(Script), router_check, router_apply},
	{NULL}
};
