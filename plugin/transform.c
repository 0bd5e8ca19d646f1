/*
 * transform.c
 *	  Reads the configuration of transforms and predicates, and runs them.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "transform.h"
#include "transformdef.h"

struct Transforms
{
	List	   *steps;			/* TransformStep, in order */
};

static const TransformClass *const transform_tables[] = {
	unwrap_transforms, outbox_transforms, topic_transforms, field_transforms, header_transforms,
	filter_transforms, timezone_transforms, change_transforms, header_value_transforms, message_transforms,
	partition_transforms, script_transforms, size_transforms,
};
static const TransformClass *const predicate_tables[] = {filter_predicates};

/* What is read, and where classes come from. */
typedef struct Kind
{
	const char *list;			/* the property that names them */
	const char *word;
	const TransformClass *const *tables;
	int			ntables;
} Kind;

static const Kind transform_kind = {
	"transforms", "transform", transform_tables, lengthof(transform_tables)
};
static const Kind predicate_kind = {
	"predicates", "predicate", predicate_tables, lengthof(predicate_tables)
};

/* ---- what the classes ask ------------------------------------------------ */

const char *
step_property(const TransformStep *step, const char *option)
{
	return psprintf("%s%s", step->prefix, option);
}

bool
step_given(const TransformStep *step, const char *option)
{
	return step_lists(step->given, option);
}

bool
step_lists(List *names, const char *name)
{
	ListCell   *lc;

	foreach(lc, names)
		if (strcmp(lfirst(lc), name) == 0)
		return true;
	return false;
}

bool
step_number(const char *text)
{
	char	   *end;

	if (strspn(text, "0123456789+-.eE") != strlen(text))
		return false;
	(void) strtod(text, &end);
	return end != text &&*end == '\0';
}

JavaRegex *
step_regex(const TransformStep *step, const char *option, const char *pattern,
		   const char *replacement_option, const char *replacement)
{
	return javaregex_compile(step_property(step, option), pattern,
							 step_property(step, replacement_option), replacement);
}

void
step_bad_value(const TransformStep *step, const char *option, const char *value,
			   const char *expected)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid value \"%s\" for option \"%s%s\"", value, step->prefix, option),
			 errhint("It takes %s.", expected)));
}

char *
step_failure(const TransformStep *step, const Draft *draft, const char *reason)
{
	return psprintf("transform \"%s\" (%s%s) cannot take a record of topic \"%s\": %s",
					step->alias, step->class->name,
					!step->class->halves ? "" : step->half == HALF_KEY ? "$Key" : "$Value",
					draft->topic, reason);
}

/* What Java calls the class of a value. */
static const char *
java_class(const Shape *shape)
{
	static const char *const names[] = {
		[CONNECT_BOOLEAN] = "java.lang.Boolean",[CONNECT_INT8] = "java.lang.Byte",
		[CONNECT_INT16] = "java.lang.Short",[CONNECT_INT32] = "java.lang.Integer",
		[CONNECT_INT64] = "java.lang.Long",[CONNECT_FLOAT] = "java.lang.Float",
		[CONNECT_DOUBLE] = "java.lang.Double",[CONNECT_STRING] = "java.lang.String",
		[CONNECT_BYTES] = "java.nio.HeapByteBuffer",[CONNECT_ARRAY] = "java.util.ArrayList",
		[CONNECT_MAP] = "java.util.HashMap",
		[CONNECT_STRUCT] = "org.apache.kafka.connect.data.Struct"
	};

	return shape->is_null ? "null" : names[shape->schema->type];
}

Shape *
struct_require(Draft *draft, Shape *shape, const char *purpose)
{
	if (shape && shape->schema && shape->kind == SHAPE_STRUCT)
		return shape;
	if (shape && shape->schema)
		draft_fail(draft, "Only Struct objects supported for [%s], found: %s",
				   purpose, java_class(shape));
	else
		draft_fail(draft, "Only Map objects supported in absence of schema for [%s], found: %s",
				   purpose, shape ? "java.util.HashMap" : "null");
	return NULL;
}

Shape *
step_struct(const TransformStep *step, Draft *draft, const char *purpose)
{
	return struct_require(draft, *draft_half(draft, step->half), purpose);
}

/* ---- classes ------------------------------------------------------------- */

static char *
known_classes(const Kind *kind)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (int i = 0; i < kind->ntables; i++)
		for (const TransformClass *class = kind->tables[i]; class->name; class++)
			appendStringInfo(&buf, "%s%s%s%s", buf.len > 0 ? ", " : "", class->package, class->name,
							 class->halves ? "$Key, $Value" : "");
	return buf.data;
}

/* What follows the class's name in type, or NULL; packages may be left out. */
static const char *
match_class(const TransformClass *class, const char *type)
{
	size_t		len = strlen(class->package);

	if (strncmp(type, class->package, len) == 0)
		type += len;
	len = strlen(class->name);
	return strncmp(type, class->name, len) == 0 ? type + len : NULL;
}

static bool
class_fits(TransformStep *step, const TransformClass *class, const char *type)
{
	const char *rest = match_class(class, type);

	if (rest == NULL)
		return false;
	if (!class->halves)
		return rest[0] == '\0';
	step->half = strcmp(rest, "$Key") == 0 ? HALF_KEY : HALF_VALUE;
	return step->half == HALF_KEY || strcmp(rest, "$Value") == 0;
}

static void
find_class(TransformStep *step, const Kind *kind, const char *type)
{
	for (int i = 0; i < kind->ntables; i++)
	{
		for (const TransformClass *class = kind->tables[i]; class->name; class++)
		{
			if (!class_fits(step, class, type))
				continue;
			step->class = class;
			return;
		}
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid value \"%s\" for option \"%stype\": %s of this class does not work here",
					type, step->prefix, kind->word),
			 errhint("These work: %s.", known_classes(kind))));
}

/* ---- options ------------------------------------------------------------- */

/* Items between commas, trimmed; an empty text has none. */
static List *
split_list(const char *text)
{
	List	   *items = NIL;

	while (isspace((unsigned char) *text))
		text	  ++;

	if (*text == '\0')
		return NIL;
	for (;;)
	{
		size_t		len = strcspn(text, ",");
		size_t		end = len;

		while (end > 0 && isspace((unsigned char) text[end - 1]))
			end--;
		items = lappend(items, pnstrdup(text, end));
		if (text[len] == '\0')
			return items;
		text	  +=len + 1;

		while (isspace((unsigned char) *text))
			text	  ++;
	}
}

static char *
allowed_list(const char *const *allowed)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (int i = 0; allowed[i]; i++)
		appendStringInfo(&buf, "%s%s", i ? ", " : "", allowed[i]);
	return buf.data;
}

static int
enum_value(const TransformStep *step, const Setting *setting, const char *value)
{
	for (int i = 0; setting->allowed[i]; i++)
		if (pg_strcasecmp(setting->allowed[i], value) == 0)
			return i;
	step_bad_value(step, setting->name, value, allowed_list(setting->allowed));
}

static void
assign(TransformStep *step, const Setting *setting, const char *value)
{
	void	   *member = (char *) step->settings + setting->offset;
	char	   *end;

	switch (setting->kind)
	{
		case SETTING_STRING:
			*(char **) member = pstrdup(value);
			break;
		case SETTING_LIST:
			*(List **) member = split_list(value);
			break;
		case SETTING_BOOL:
			if (pg_strcasecmp(value, "true") != 0 && pg_strcasecmp(value, "false") != 0)
				step_bad_value(step, setting->name, value, "true or false");
			*(bool *) member = pg_strcasecmp(value, "true") == 0;
			break;
		case SETTING_INT:
			errno = 0;
			*(int *) member = (int) strtol(value, &end, 10);
			if (end == value || *end != '\0' || errno != 0)
				step_bad_value(step, setting->name, value, "an integer");
			break;
		case SETTING_ENUM:
			*(int *) member = enum_value(step, setting, value);
			break;
		case SETTING_IGNORED:
			break;
	}
}

static char *
known_settings(const TransformClass *class)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (const Setting *setting = class->settings; setting->name; setting++)
		if (setting->kind != SETTING_IGNORED)
			appendStringInfo(&buf, "%s%s", buf.len > 0 ? ", " : "", setting->name);
	return buf.len > 0 ? buf.data : "none";
}

static void
take_option(TransformStep *step, const char *name, const char *value)
{
	for (const Setting *setting = step->class->settings; setting->name; setting++)
	{
		if (strcmp(setting->name, name) != 0)
			continue;
		assign(step, setting, value);
		step->given = lappend(step->given, pstrdup(name));
		return;
	}
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_PARAMETER),
			 errmsg("unknown option \"%s%s\"", step->prefix, name),
			 errhint("%s takes: %s.", step->class->name, known_settings(step->class))));
}

/* A value of the list that is not there, or empty where that means nothing. */
static void
check_required(const TransformStep *step)
{
	for (const Setting *setting = step->class->settings; setting->name; setting++)
	{
		const void *member = (const char *) step->settings + setting->offset;

		if (!setting->required)
			continue;
		if (step_given(step, setting->name) &&
			(setting->kind != SETTING_LIST || *(List *const *) member != NIL))
			continue;
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("option \"%s%s\" is missing", step->prefix, setting->name),
				 errhint("%s needs it, and it has no default.", step->class->name)));
	}
}

/* The value that was given under a name, or NULL. */
static const char *
given_value(List *given, const char *name)
{
	ListCell   *lc;

	foreach(lc, given)
	{
		const OptionRule *rule = lfirst(lc);

		if (strcmp(rule->name, name) == 0)
			return rule->value;
	}
	return NULL;
}

/* Is it one of those that each transform has? */
static bool
is_common(const Kind *kind, const char *name)
{
	return strcmp(name, "type") == 0 ||
		(kind == &transform_kind && (strcmp(name, "predicate") == 0 || strcmp(name, "negate") == 0));
}

static TransformStep *
read_step(const Kind *kind, List *given, const char *alias)
{
	TransformStep *step = palloc0(sizeof(TransformStep));
	const char *type;
	ListCell   *lc;

	step->alias = alias;
	step->prefix = psprintf("%s.%s.", kind->list, alias);
	type = given_value(given, step_property(step, "type"));
	if (type == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("option \"%stype\" is missing", step->prefix),
				 errhint("Option \"%s\" names \"%s\"; its class is one of: %s.",
						 kind->list, alias, known_classes(kind))));
	find_class(step, kind, type);
	step->settings = palloc0(Max(step->class->size, 1));
	for (const Setting *setting = step->class->settings; setting->name; setting++)
		if (setting->default_text)
			assign(step, setting, setting->default_text);
	foreach(lc, given)
	{
		const OptionRule *rule = lfirst(lc);
		size_t		len = strlen(step->prefix);

		if (strncmp(rule->name, step->prefix, len) == 0 && !is_common(kind, rule->name + len))
			take_option(step, rule->name + len, rule->value);
	}
	check_required(step);
	if (step->class->check)
		step->class->check(step);
	return step;
}

static List *
read_steps(const Kind *kind, const char *names, List *given)
{
	List	   *steps = NIL;
	ListCell   *lc,
			   *earlier;

	foreach(lc, split_list(names ? names : ""))
	{
		const char *alias = lfirst(lc);

		foreach(earlier, steps)
			if (strcmp(((TransformStep *) lfirst(earlier))->alias, alias) == 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("invalid value \"%s\" for option \"%s\"", names, kind->list),
					 errdetail("\"%s\" is named twice.", alias),
					 errhint("It takes names separated by commas, each with options of its own.")));
		steps = lappend(steps, read_step(kind, given, alias));
	}
	return steps;
}

/* Finds a transform's predicate by its name. */
static void
attach_predicate(TransformStep *step, List *given, List *predicates)
{
	const char *name = given_value(given, step_property(step, "predicate"));
	const char *negate = given_value(given, step_property(step, "negate"));
	ListCell   *lc;

	if (negate && !parse_bool(negate, &step->negate))
		step_bad_value(step, "negate", negate, "true or false");
	if (name == NULL || name[0] == '\0')
	{
		if (step->negate)
			step_bad_value(step, "negate", negate, "a predicate to negate, in the option predicate beside it");
		return;
	}
	foreach(lc, predicates)
		if (strcmp(((TransformStep *) lfirst(lc))->alias, name) == 0)
		step->predicate = lfirst(lc);
	if (step->predicate == NULL)
		step_bad_value(step, "predicate", name, "a name that the option predicates lists");
}

Transforms *
transforms_compile(const Options *options)
{
	List	   *predicates = read_steps(&predicate_kind, options->predicates, options->transform_rules);
	Transforms *transforms = palloc0(sizeof(Transforms));
	ListCell   *lc;

	transforms->steps = read_steps(&transform_kind, options->transforms, options->transform_rules);
	foreach(lc, transforms->steps)
		attach_predicate(lfirst(lc), options->transform_rules, predicates);
	return transforms->steps == NIL ? NULL : transforms;
}

/* ---- running ------------------------------------------------------------- */

/* What a step has made of a draft; false: the chain stops there. */
static bool
goes_on(const TransformStep *step, int place, const Draft *before, Draft *draft)
{
	draft->fresh = draft->fresh && draft->topic == before->topic &&
		draft->key == before->key && draft->value == before->value;
	if (draft->failure)
	{
		draft->failure = step_failure(step, before, draft->failure);
		memset(&draft->question, 0, sizeof(Question));
	}
	draft->question.place = place;
	return !draft->dropped && !draft->failure && !draft->question.ask.append;
}

static void
run_from(const Transforms *transforms, int place, Draft *draft)
{
	for (; place < list_length(transforms->steps); place++)
	{
		const TransformStep *step = list_nth(transforms->steps, place);
		const Draft before = *draft;

		if (step->predicate &&
			step->predicate->class->test(step->predicate, draft) == step->negate)
			continue;
		step->class->apply(step, draft);
		if (!goes_on(step, place, &before, draft))
			return;
	}
}

void
transforms_apply(const Transforms *transforms, Draft *draft)
{
	if (transforms)
		run_from(transforms, 0, draft);
}

void
transforms_resume(const Transforms *transforms, Draft *draft, const char *answer, size_t len)
{
	Question	question = draft->question;
	const TransformStep *step = list_nth(transforms->steps, question.place);
	const Draft before = *draft;

	memset(&draft->question, 0, sizeof(Question));
	question.resume(step, draft, answer, len);
	if (goes_on(step, question.place, &before, draft))
		run_from(transforms, question.place + 1, draft);
}
