/*
 * transform_topic.c
 *	  Transforms of topics: RegexRouter, TimestampRouter, ByLogicalTableRouter.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "frame.h"
#include "javadate.h"
#include "naming.h"
#include "transformdef.h"

/* ---- RegexRouter --------------------------------------------------------- */

typedef struct RegexRouter
{
	char	   *regex;
	char	   *replacement;
	JavaRegex  *compiled;
} RegexRouter;

static const Setting regex_router_settings[] = {
	{"regex", SETTING_STRING, offsetof(RegexRouter, regex), true},
	{"replacement", SETTING_STRING, offsetof(RegexRouter, replacement), true},
	{NULL}
};

static void
regex_router_check(TransformStep *step)
{
	RegexRouter *router = step->settings;

	router->compiled = step_regex(step, "regex", router->regex, "replacement", router->replacement);
}

static void
regex_router_apply(const TransformStep *step, Draft *draft)
{
	const RegexRouter *router = step->settings;

	if (javaregex_matches(router->compiled, draft->topic))
		draft->topic = javaregex_replace_first(router->compiled, draft->topic);
}

/* ---- TimestampRouter ----------------------------------------------------- */

typedef struct TimestampRouter
{
	char	   *topic;
	char	   *timestamp;
} TimestampRouter;

static const Setting timestamp_router_settings[] = {
	{"topic.format", SETTING_STRING, offsetof(TimestampRouter, topic), false, "${topic}-${timestamp}"},
	{"timestamp.format", SETTING_STRING, offsetof(TimestampRouter, timestamp), false, "yyyyMMdd"},
	{NULL}
};

static void
timestamp_router_check(TransformStep *step)
{
	const TimestampRouter *router = step->settings;
	const char *fault = javadate_fault(router->timestamp);

	if (fault)
		step_bad_value(step, "timestamp.format", router->timestamp,
					   psprintf("a pattern of java.text.SimpleDateFormat, but it has %s", fault));
}

/* What the rows are asked for. */
typedef struct TimestampQuestion
{
	const Template *timestamp;
	const char *pattern;
	const char *complaint;		/* without a timestamp */
} TimestampQuestion;

static void
print_timestamp(Out *out, const Row *row, const void *data)
{
	const TimestampQuestion *question = data;
	size_t		start = out_offset(out);
	int64		millis;

	template_run(question->timestamp, out, row);
	out_byte(out, '\0');
	if (*out_at(out, start) == 'n')
		draft_report(question->complaint);
	millis = strtoll(out_at(out, start), NULL, 10);
	out->p = out_at(out, start);
	javadate_format(out, question->pattern, millis);
}

/* A text with each of its placeholders replaced. */
static char *
replaced(const char *text, const char *placeholder, const char *replacement)
{
	StringInfoData buf;
	const char *hit;

	initStringInfo(&buf);
	for (; (hit = strstr(text, placeholder)) != NULL; text = hit + strlen(placeholder))
	{
		appendBinaryStringInfo(&buf, text, (int) (hit - text));
		appendStringInfoString(&buf, replacement);
	}
	appendStringInfoString(&buf, text);
	return buf.data;
}

static void
take_timestamp(const TransformStep *step, Draft *draft, const char *answer, size_t len)
{
	const TimestampRouter *router = step->settings;

	draft->topic = replaced(replaced(router->topic, "${topic}", draft->topic), "${timestamp}", answer);
}

/* Debezium's records have no timestamp before the outbox's router gives them one. */
static void
timestamp_router_apply(const TransformStep *step, Draft *draft)
{
	const TimestampRouter *router = step->settings;
	MemoryContext old;
	TimestampQuestion *question;

	if (draft->timestamp == NULL)
	{
		draft_fail(draft, "Timestamp missing on record");
		return;
	}
	old = MemoryContextSwitchTo(draft->context);
	question = palloc(sizeof(TimestampQuestion));
	question->timestamp = template_compile(draft->timestamp, false);
	question->pattern = router->timestamp;
	question->complaint = step_failure(step, draft, "Timestamp missing on record");
	MemoryContextSwitchTo(old);
	draft_ask(draft, print_timestamp, question, take_timestamp);
}

/* ---- ByLogicalTableRouter ------------------------------------------------ */

typedef struct LogicalRouter
{
	char	   *topic_regex;
	char	   *topic_replacement;
	bool		unique;
	char	   *key_name;
	char	   *key_regex;
	char	   *key_replacement;
	int			adjustment;		/* NameAdjustment */
	TopicRouter *compiled;
} LogicalRouter;

static const char *const adjustments[] = {"none", "avro", "avro_unicode", NULL};

#define LOGICAL_SETTINGS(key_name_default) \
	{"topic.regex", SETTING_STRING, offsetof(LogicalRouter, topic_regex), true}, \
	{"topic.replacement", SETTING_STRING, offsetof(LogicalRouter, topic_replacement), true}, \
	{"key.enforce.uniqueness", SETTING_BOOL, offsetof(LogicalRouter, unique), false, "true"}, \
	{"key.field.name", SETTING_STRING, offsetof(LogicalRouter, key_name), false, key_name_default}, \
	{"key.field.regex", SETTING_STRING, offsetof(LogicalRouter, key_regex), false, ""}, \
	{"key.field.replacement", SETTING_STRING, offsetof(LogicalRouter, key_replacement), false, ""}, \
	{"schema.name.adjustment.mode", SETTING_ENUM, offsetof(LogicalRouter, adjustment), false, "none", adjustments}, \
	{"logical.table.cache.size", SETTING_IGNORED}, \
	{"logical.destination.cache.size", SETTING_IGNORED}, \
	{NULL}

static const Setting logical_settings[] = {LOGICAL_SETTINGS("__dbz__sourceIdentifier")};
static const Setting old_logical_settings[] = {LOGICAL_SETTINGS("__dbz__physicalTableIdentifier")};

static void
logical_check(TransformStep *step)
{
	LogicalRouter *router = step->settings;
	const RouterSettings settings = {
		.regex = {step_property(step, "topic.regex"), router->topic_regex},
		.replacement = {step_property(step, "topic.replacement"), router->topic_replacement},
		.unique = router->unique,
		.key_field = router->key_name,
		.key_regex = {step_property(step, "key.field.regex"), router->key_regex},
		.key_replacement = {step_property(step, "key.field.replacement"), router->key_replacement},
	};

	router->compiled = topicrouter_new(&settings);
}

static ConnectSchema *
renamed(const LogicalRouter *router, const ConnectSchema *schema, const char *topic, const char *suffix)
{
	Options		options = {.schema_name_adjustment = router->adjustment};
	ConnectSchema *copy = palloc(sizeof(ConnectSchema));

	*copy = *schema;
	copy->name = naming_schema(&options, topic, suffix);
	return copy;
}

/* A struct with the fields of another, under a schema of its own. */
static Shape *
under_schema(const Shape *shape, const ConnectSchema *schema)
{
	Shape	   *copy = shape_struct(schema);

	for (int i = 0; i < shape->nfields; i++)
		shape_add(copy, shape->fields[i].name, shape->fields[i].shape);
	return copy;
}

/* The key under the new topic's name, with what tells its source. */
static Shape *
logical_key(const TransformStep *step, Draft *draft, const char *topic)
{
	const LogicalRouter *router = step->settings;
	const char *field = topicrouter_key_field(router->compiled);
	Shape	   *key;

	if (!struct_require(draft, draft->key, "Updating schema"))
		return NULL;
	key = under_schema(draft->key, renamed(router, draft->key->schema, topic, ".Key"));
	if (field)
		struct_add(draft, key, field,
				   field_string(topicrouter_key_value(router->compiled, draft->topic), false));
	return key;
}

/* The envelope, and the rows in it, under the new topic's names. */
static Shape *
logical_envelope(const LogicalRouter *router, Draft *draft, const char *topic)
{
	const Shape *old = draft->value;
	Shape	   *envelope = shape_struct(renamed(router, old->schema, topic, ".Envelope"));
	const Shape *row = field_find(old, "before") ? field_find(old, "before") : field_find(old, "after");
	const ConnectSchema *schema = row ? renamed(router, shape_schema(row), topic, ".Value") : NULL;

	for (int i = 0; i < old->nfields; i++)
	{
		const char *name = old->fields[i].name;
		Shape	   *field = old->fields[i].shape;

		if (schema == NULL || (strcmp(name, "before") != 0 && strcmp(name, "after") != 0))
			shape_add(envelope, name, field_value(draft, field, true));
		else if (field->is_null)
			shape_add(envelope, name, shape_null(schema, "null"));
		else
			shape_add(envelope, name, under_schema(field, schema));
	}
	return envelope;
}

static void
logical_apply(const TransformStep *step, Draft *draft)
{
	const LogicalRouter *router = step->settings;
	const char *topic = topicrouter_topic(router->compiled, draft->topic);

	if (topic == NULL)
		return;
	if (draft->key)
		draft->key = logical_key(step, draft, topic);
	if (value_is_envelope(draft->value))
		draft->value = logical_envelope(router, draft, topic);
	draft->topic = topic;
}

const TransformClass topic_transforms[] = {
	{"org.apache.kafka.connect.transforms.", "RegexRouter", false,
	regex_router_settings, sizeof(RegexRouter), regex_router_check, regex_router_apply},
	{"org.apache.kafka.connect.transforms.", "TimestampRouter", false,
	timestamp_router_settings, sizeof(TimestampRouter), timestamp_router_check, timestamp_router_apply},
	{"io.debezium.transforms.", "ByLogicalTableRouter", false,
	old_logical_settings, sizeof(LogicalRouter), logical_check, logical_apply},
	{"io.debezium.transforms.", "ToLogicalTopicRouter", false,
	logical_settings, sizeof(LogicalRouter), logical_check, logical_apply},
	{NULL}
};
