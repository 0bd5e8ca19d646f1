/*
 * naming.c
 *	  Names of topics, schemas and fields as Debezium forms them.
 *
 * Follows the classes of io.debezium.spi.topic.TopicNamingStrategy (topics) and
 * io.debezium.schema.SchemaNameAdjuster (schemas and fields).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"

#include "naming.h"
#include "wire.h"

/* Is c allowed at this place of the name? */
typedef bool (*NameRule) (char c, bool first);

static bool
topic_rule(char c, bool first)
{
	return isalnum((unsigned char) c) || c == '.' || c == '_' || c == '-';
}

/* A full name: letters, digits, "_" and the dots between parts. */
static bool
avro_schema_rule(char c, bool first)
{
	return isalpha((unsigned char) c) || c == '_' ||
		(!first && (isdigit((unsigned char) c) || c == '.'));
}

static bool
avro_field_rule(char c, bool first)
{
	return isalpha((unsigned char) c) || c == '_' ||
		(!first && isdigit((unsigned char) c));
}

/* Appends the UTF-16 units of one character, each as "_" or, as Debezium, _u and hex. */
static void
append_replaced(StringInfo out, const char *p, bool unicode)
{
	pg_wchar	c = utf8_to_unicode((const unsigned char *) p);
	pg_wchar	units[2];
	int			n = 0;

	if (c > 0xFFFF)
	{
		units[n++] = 0xD800 + ((c - 0x10000) >> 10);
		units[n++] = 0xDC00 + ((c - 0x10000) & 0x3FF);
	}
	else
		units[n++] = c;

	for (int i = 0; i < n; i++)
	{
		if (unicode)
			appendStringInfo(out, units[i] <= 0xFF ? "_u00%x" : "_u%x", (unsigned int) units[i]);
		else
			appendStringInfoChar(out, '_');
	}
}

static void
append_sanitized(StringInfo out, const char *text, NameRule rule, bool unicode)
{
	for (const char *p = text; *p; p += pg_utf_mblen((const unsigned char *) p))
	{
		bool		first = (p == text);

		if (!IS_HIGHBIT_SET(*p) && rule(*p, first) && !(unicode && *p == '_'))
			appendStringInfoChar(out, *p);
		else if (first && !unicode && isdigit((unsigned char) *p))
			/* a leading digit stays, behind an underscore */
			appendStringInfo(out, "_%c", *p);
		else
			append_replaced(out, p, unicode);
	}
}

static char *
adjust(int mode, const char *text, NameRule rule)
{
	StringInfoData out;

	if (mode == ADJUST_NONE)
		return pstrdup(text);
	initStringInfo(&out);
	append_sanitized(&out, text, rule, mode == ADJUST_AVRO_UNICODE);
	return out.data;
}

static char *
topic_of(const char *raw, bool unicode)
{
	StringInfoData out;

	initStringInfo(&out);
	append_sanitized(&out, raw, topic_rule, unicode);
	if (out.len > WIRE_TOPIC_MAX)
	{
		out.data[WIRE_TOPIC_MAX] = '\0';
		out.len = WIRE_TOPIC_MAX;
	}
	return out.data;
}

/* How a strategy makes a topic of a table, in the order of NamingStrategy. */
static const struct
{
	bool		schema;			/* it is in the name */
	bool		unicode;
	bool		regex;
}			strategies[] = {
	[NAMING_SCHEMA] = {.schema = true},
	[NAMING_TABLE] = {false},
	[NAMING_SCHEMA_UNICODE] = {.schema = true,.unicode = true},
	[NAMING_TABLE_UNICODE] = {.unicode = true},
	[NAMING_SCHEMA_REGEX] = {.schema = true,.regex = true},
	[NAMING_TABLE_REGEX] = {.regex = true},
};

/* A table's name with all that the strategy puts before it, as it is. */
static char *
raw_topic(const Options *options, const char *schema, const char *table)
{
	const char *delimiter = options->topic_delimiter;

	if (!strategies[options->naming_strategy].schema)
		return psprintf("%s%s%s", options->topic_prefix, delimiter, table);
	return psprintf("%s%s%s%s%s", options->topic_prefix, delimiter, schema, delimiter, table);
}

/* What the expression makes of a topic; what comes out must be one. */
static char *
routed_topic(const TopicRouter *router, char *topic)
{
	char	   *routed = topicrouter_topic(router, topic);

	if (routed == NULL)
		return topic;
	if (!naming_is_topic(routed))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("option \"%s\" makes \"%s\" of \"%s\", which cannot be a topic",
						"topic.replacement", routed, topic),
				 errhint("A topic takes 1 to %d letters, digits, dots, hyphens and underscores.",
						 WIRE_TOPIC_MAX)));
	return routed;
}

char *
naming_topic(const Options *options, const char *schema, const char *table)
{
	char	   *topic = topic_of(raw_topic(options, schema, table),
								 strategies[options->naming_strategy].unicode);

	return options->router ? routed_topic(options->router, topic) : topic;
}

static void
require_router_option(const char *name, const char *value)
{
	if (topicrouter_is_blank(value))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("option \"%s\" is missing", name),
				 errhint("A topic.naming.strategy with Regex in its name needs topic.regex and topic.replacement.")));
}

TopicRouter *
naming_router(const Options *options)
{
	const RouterSettings settings = {
		.regex = {"topic.regex", options->topic_regex},
		.replacement = {"topic.replacement", options->topic_replacement},
		.unique = options->topic_key_unique,
		.key_field = options->topic_key_field,
		.key_regex = {"topic.key.field.regex", options->topic_key_regex},
		.key_replacement = {"topic.key.field.replacement", options->topic_key_replacement},
	};

	if (!strategies[options->naming_strategy].regex)
		return NULL;
	require_router_option("topic.regex", options->topic_regex);
	require_router_option("topic.replacement", options->topic_replacement);
	return topicrouter_new(&settings);
}

const char *
naming_key_field(const Options *options)
{
	return options->router ? topicrouter_key_field(options->router) : NULL;
}

const char *
naming_key_value(const Options *options, const char *schema, const char *table)
{
	return topicrouter_key_value(options->router, raw_topic(options, schema, table));
}

/* The same under every strategy. */
char *
naming_service_topic(const Options *options, const char *word)
{
	return topic_of(psprintf("%s%s%s", options->topic_prefix,
							 options->topic_delimiter, word), false);
}

char *
naming_heartbeat_topic(const Options *options)
{
	if (options->heartbeat_name && options->heartbeat_name[0] != '\0')
		return pstrdup(options->heartbeat_name);
	return psprintf("%s%s%s", options->heartbeat_prefix, options->topic_delimiter, options->topic_prefix);
}

char *
naming_schema(const Options *options, const char *topic, const char *suffix)
{
	return adjust(options->schema_name_adjustment,
				  psprintf("%s%s", topic, suffix), avro_schema_rule);
}

char *
naming_field(const Options *options, const char *column)
{
	return adjust(options->field_name_adjustment, column, avro_field_rule);
}

bool
naming_is_topic(const char *name)
{
	size_t		len = strlen(name);

	return len > 0 && len <= WIRE_TOPIC_MAX && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
		strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") == len;
}
