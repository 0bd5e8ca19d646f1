/*
 * conf_rules.c
 *	  Checks of single properties beyond kind and range, as a table.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "conf_list.h"
#include "conf_private.h"
#include "identity.h"
#include "log.h"
#include "pattern.h"
#include "pgtls.h"
#include "wire.h"

#define LOG_MODULE "config"

typedef struct ConfRule
{
	const char *name;
	bool		(*check) (const char *name, const char *value, Err *err);
} ConfRule;

/* Topics are made of it: Kafka's alphabet. */
static bool
rule_topic_part(const char *name, const char *value, Err *err)
{
	for (const char *p = value; *p; p++)
		if (!isalnum((unsigned char) *p) && strchr("._-", *p) == NULL)
			return err_set(err, ERR_CONFIG, "bad value \"%s\" for property \"%s\"; it takes letters, digits, dots, hyphens and underscores",
						   value, name);
	return true;
}

static bool
rule_topic(const char *name, const char *value, Err *err)
{
	if (!rule_topic_part(name, value, err))
		return false;
	return strlen(value) <= WIRE_TOPIC_MAX ||
		err_set(err, ERR_CONFIG, "bad value \"%s\" for property \"%s\"; it takes %d characters at most",
				value, name, WIRE_TOPIC_MAX);
}

/* What the server takes for the name of a slot. */
static bool
rule_slot_name(const char *name, const char *value, Err *err)
{
	if (strspn(value, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(value) && strlen(value) < 64)
		return true;
	return err_set(err, ERR_CONFIG, "bad value \"%s\" for property \"%s\"; it takes lower-case letters, digits and underscores, 63 at most",
				   value, name);
}

static bool
rule_identifier(const char *name, const char *value, Err *err)
{
	return strlen(value) < 64 ||
		err_set(err, ERR_CONFIG, "bad value \"%s\" for property \"%s\"; it takes a name of 63 bytes at most",
				value, name);
}

static bool
rule_patterns(const char *name, const char *value, Err *err)
{
	PatternList *patterns;

	if (!pattern_list_compile(name, value, &patterns, err))
		return false;
	pattern_list_free(patterns);
	return true;
}

/* One expression, commas and all. */
static bool
rule_pattern(const char *name, const char *value, Err *err)
{
	Err			reason;
	PatternList *pattern = pattern_compile(value, false, &reason);

	if (pattern == NULL)
		return err_set(err, ERR_CONFIG, "bad value \"%s\" for property \"%s\"; it takes a regular expression: %s",
					   value, name, reason.text);
	pattern_list_free(pattern);
	return true;
}

/* regex:column,column;regex:column */
static bool
rule_key_columns(const char *name, const char *value, Err *err)
{
	for (const char *p = value; *p;)
	{
		size_t		len = strcspn(p, ";");
		const char *colon = memchr(p, ':', len);

		if (strspn(p, " \t") < len && (colon == NULL || colon == p || colon == p + len - 1))
			return err_set(err, ERR_CONFIG, "bad value \"%s\" for property \"%s\"; it takes schema.table:column,column;schema.table:column",
						   value, name);
		p += len + (p[len] == ';');
	}
	return true;
}

static bool
rule_operations(const char *name, const char *value, Err *err)
{
	if (strcasecmp(value, "none") == 0)
		return true;
	for (const char *p = value; *p; p++)
		if (strchr("cudtCUDT, ", *p) == NULL || (isalpha((unsigned char) p[0]) && isalpha((unsigned char) p[1])))
			return err_set(err, ERR_CONFIG, "bad value \"%s\" for property \"%s\"; it takes c, u, d, t separated by commas, or none",
						   value, name);
	return true;
}

static bool
rule_placeholder(const char *name, const char *value, Err *err)
{
	const char *digits = value + 4;

	if (strncmp(value, "hex:", 4) != 0)
		return true;
	if (strlen(digits) % 2 == 0 && strspn(digits, "0123456789abcdefABCDEF") == strlen(digits))
		return true;
	return err_set(err, ERR_CONFIG, "bad value \"%s\" for property \"%s\"; after hex: come pairs of hexadecimal digits",
				   value, name);
}

static bool
rule_readable(const char *name, const char *value, Err *err)
{
	return access(value, R_OK) == 0 ||
		err_set(err, ERR_CONFIG, "bad value \"%s\" for property \"%s\"; it takes a file that this user may read",
				value, name);
}

/* Where a process was started says nothing about where its files belong. */
static bool
rule_absolute(const char *name, const char *value, Err *err)
{
	return value[0] == '/' ||
		err_set(err, ERR_CONFIG, "bad value \"%s\" for property \"%s\"; it takes an absolute path",
				value, name);
}

static bool
rule_identities(const char *name, const char *value, Err *err)
{
	IdentityRule *rules;
	int			n;

	if (!identity_parse(value, &rules, &n, err))
		return false;
	identity_free(rules, n);
	return true;
}

/* An amount of memory as postgresql.conf takes it. */
static bool
rule_memory(const char *name, const char *value, Err *err)
{
	static const char *const units[] = {"kB", "MB", "GB"};
	size_t		digits = strspn(value, "0123456789");

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (digits > 0 && digits < 10 && strcmp(value + digits, units[i]) == 0)
			return true;
	return err_set(err, ERR_CONFIG, "bad value \"%s\" for property \"%s\"; it takes a number and a unit, kB, MB or GB",
				   value, name);
}

/* A table by its name, each part with or without quotation marks. */
static bool
rule_table(const char *name, const char *value, Err *err)
{
	const char *p = value;

	for (int part = 0; part < 2; part++)
	{
		size_t		len = p[0] == '"' ? strcspn(p + 1, "\"") + 2 : strcspn(p, ".");

		if (len == 0 || (p[0] == '"' && (len < 3 || p[len - 1] != '"')) || p[len] != (part == 0 ? '.' : '\0'))
			return err_set(err, ERR_CONFIG, "bad value \"%s\" for property \"%s\"; it takes the name of a table: schema.table",
						   value, name);
		p += len + (part == 0);
	}
	return true;
}

/* Channels that Debezium has and this program has not: their words mean nothing. */
static const char *const other_channels[] = {"jmx", "in-process", NULL};

static bool
is_word(const char *const *words, const char *word, size_t len)
{
	for (; *words; words++)
		if (strlen(*words) == len && memcmp(*words, word, len) == 0)
			return true;
	return false;
}

static bool
check_channels(const char *name, const char *value, const char *const *known, const char *takes, Err *err)
{
	const char *list = value;
	const char *word;
	size_t		len;

	while (conf_list_next(&list, &word, &len))
	{
		if (is_word(known, word, len))
			continue;
		if (!is_word(other_channels, word, len))
			return err_set(err, ERR_CONFIG, "bad value \"%s\" for property \"%s\"; it takes %s, separated by commas",
						   value, name, takes);
		log_warn("channel \"%.*s\" of property \"%s\" has no effect: nothing here runs Java; there are %s",
				 (int) len, word, name, takes);
	}
	return true;
}

static bool
rule_signal_channels(const char *name, const char *value, Err *err)
{
	static const char *const known[] = {"source", "kafka", "file", NULL};

	return check_channels(name, value, known, "source, kafka, file", err);
}

static bool
rule_notification_channels(const char *name, const char *value, Err *err)
{
	static const char *const known[] = {"sink", "log", NULL};

	if (conf_list_has(value, "http"))
		return err_set(err, ERR_CONFIG, "channel \"http\" of property \"%s\" is not supported: take sink, and let a consumer of its topic call the URL",
					   name);
	return check_channels(name, value, known, "sink, log", err);
}

static const ConfRule rules[] = {
	{"topic.prefix", rule_topic_part},
	{"topic.delimiter", rule_topic_part},
	{"errors.deadletterqueue.topic.name", rule_topic},
	{"topic.heartbeat.prefix", rule_topic},
	{"topic.heartbeat.name", rule_topic},
	{"notification.sink.topic.name", rule_topic},
	{"signal.kafka.topic", rule_topic},
	{"signal.data.collection", rule_table},
	{"signal.enabled.channels", rule_signal_channels},
	{"notification.enabled.channels", rule_notification_channels},
	{"slot.name", rule_slot_name},
	{"publication.name", rule_identifier},
	{"schema.include.list", rule_patterns},
	{"schema.exclude.list", rule_patterns},
	{"table.include.list", rule_patterns},
	{"table.exclude.list", rule_patterns},
	{"column.include.list", rule_patterns},
	{"column.exclude.list", rule_patterns},
	{"message.prefix.include.list", rule_patterns},
	{"message.prefix.exclude.list", rule_patterns},
	{"topic.regex", rule_pattern},
	{"topic.key.field.regex", rule_pattern},
	{"message.key.columns", rule_key_columns},
	{"skipped.operations", rule_operations},
	{"unavailable.value.placeholder", rule_placeholder},
	{"walpost.decoding.work.mem", rule_memory},
	{"walpost.spool.dir", rule_absolute},
	{"database.sslcert", rule_readable},
	{"database.sslkey", rule_readable},
	{"database.sslrootcert", rule_readable},
	{"replica.identity.autoset.values", rule_identities},
	{NULL, NULL}
};

bool
conf_check_rules(const Conf *conf, Err *err)
{
	for (const ConfRule *rule = rules; rule->name; rule++)
		if (conf_is_set(conf, rule->name) &&
			!rule->check(rule->name, conf_get(conf, rule->name), err))
			return false;
	return true;
}

/* A Regex strategy without an expression to go by, or an expression without a replacement. */
static bool
check_naming(const Conf *conf, Err *err)
{
	static const char *const needs[][2] = {
		{"topic.naming.strategy", "topic.regex"},
		{"topic.regex", "topic.replacement"},
		{"topic.key.field.regex", "topic.key.field.replacement"},
	};

	if (strstr(conf_get(conf, "topic.naming.strategy"), "Regex") == NULL)
		return true;
	for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++)
		if (conf_is_set(conf, needs[i][0]) && !conf_is_set(conf, needs[i][1]))
			return err_set(err, ERR_CONFIG, "property \"%s\" is missing; \"%s\"=%s needs it",
						   needs[i][1], needs[i][0], conf_get(conf, needs[i][0]));
	return true;
}

bool
conf_apply_rules(const Conf *conf, Err *err)
{
	if (!conf_check_rules(conf, err) || !check_naming(conf, err) || !pgtls_check(conf, err))
		return false;
	if (conf_list_has(conf_get(conf, "notification.enabled.channels"), "sink") &&
		!conf_is_set(conf, "notification.sink.topic.name"))
		return err_set(err, ERR_CONFIG, "property \"notification.sink.topic.name\" is missing; channel sink of notification.enabled.channels needs the name of a topic");
	return true;
}
