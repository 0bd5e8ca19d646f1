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

char *
naming_topic(const Options *options, const char *schema, const char *table)
{
	const char *delimiter = options->topic_delimiter;
	int			strategy = options->naming_strategy;
	bool		unicode = strategy == NAMING_SCHEMA_UNICODE || strategy == NAMING_TABLE_UNICODE;

	if (strategy == NAMING_TABLE || strategy == NAMING_TABLE_UNICODE)
		return topic_of(psprintf("%s%s%s", options->topic_prefix, delimiter, table), unicode);
	return topic_of(psprintf("%s%s%s%s%s", options->topic_prefix, delimiter, schema,
							 delimiter, table), unicode);
}

/* The same under every strategy. */
char *
naming_service_topic(const Options *options, const char *word)
{
	return topic_of(psprintf("%s%s%s", options->topic_prefix,
							 options->topic_delimiter, word), false);
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
