/*
 * transform_filter.c
 *	  Filter, and the predicates that decide which records it drops.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "transformdef.h"

static const Setting no_settings[] = {{NULL}};

static void
filter_apply(const TransformStep *step, Draft *draft)
{
	draft->dropped = true;
}

typedef struct TopicNameMatches
{
	char	   *pattern;
	JavaRegex  *compiled;
} TopicNameMatches;

static const Setting topic_settings[] = {
	{"pattern", SETTING_STRING, offsetof(TopicNameMatches, pattern), true},
	{NULL}
};

static void
topic_check(TransformStep *step)
{
	TopicNameMatches *test = step->settings;

	test->compiled = step_regex(step, "pattern", test->pattern, "", NULL);
}

static bool
topic_test(const TransformStep *step, const Draft *draft)
{
	const TopicNameMatches *test = step->settings;

	return javaregex_matches(test->compiled, draft->topic);
}

typedef struct HasHeaderKey
{
	char	   *name;
} HasHeaderKey;

static const Setting header_settings[] = {
	{"name", SETTING_STRING, offsetof(HasHeaderKey, name), true},
	{NULL}
};

static void
header_check(TransformStep *step)
{
	const HasHeaderKey *test = step->settings;

	if (test->name[0] == '\0')
		step_bad_value(step, "name", test->name, "the name of a header; it must not be empty");
}

static bool
header_test(const TransformStep *step, const Draft *draft)
{
	const HasHeaderKey *test = step->settings;
	ListCell   *lc;

	foreach(lc, draft->headers)
		if (strcmp(((DraftHeader *) lfirst(lc))->name, test->name) == 0)
		return true;
	return false;
}

/* A null under a schema, which is no tombstone in Kafka, is one as well. */
static bool
tombstone_test(const TransformStep *step, const Draft *draft)
{
	return draft->value == NULL || draft->value->is_null;
}

const TransformClass filter_transforms[] = {
	{"org.apache.kafka.connect.transforms.", "Filter", false, no_settings, 0, NULL, filter_apply},
	{NULL}
};

const TransformClass filter_predicates[] = {
	{"org.apache.kafka.connect.transforms.predicates.", "TopicNameMatches", false,
	topic_settings, sizeof(TopicNameMatches), topic_check, NULL, topic_test},
	{"org.apache.kafka.connect.transforms.predicates.", "HasHeaderKey", false,
	header_settings, sizeof(HasHeaderKey), header_check, NULL, header_test},
	{"org.apache.kafka.connect.transforms.predicates.", "RecordIsTombstone", false,
	no_settings, 0, NULL, NULL, tombstone_test},
	{NULL}
};
