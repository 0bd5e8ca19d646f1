/*
 * topicrouter.h
 *	  Topics that several tables share: a regular expression that makes a topic
 *	  of another, and a field of the key that tells the tables apart.
 *
 * Debezium has it twice, as its Regex naming strategies (naming.c) and as the
 * transforms ByLogicalTableRouter and ToLogicalTopicRouter (transform_topic.c).
 * All of it is asked while plans are compiled, never for a row.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_TOPICROUTER_H
#define WALPOST_TOPICROUTER_H

#include <stdbool.h>

/* An option as it is set; value may be NULL. */
typedef struct RouterSetting
{
	const char *option;
	const char *value;
} RouterSetting;

typedef struct RouterSettings
{
	RouterSetting regex;		/* a topic that all of it matches */
	RouterSetting replacement;	/* becomes this */
	bool		unique;			/* keys get a field */
	const char *key_field;		/* of this name, with the source's name, */
	RouterSetting key_regex;	/* or, where all of that matches this, */
	RouterSetting key_replacement;	/* with this instead */
} RouterSettings;

typedef struct TopicRouter TopicRouter;

/*
 * Compiles a router in CurrentMemoryContext, which frees it.  ereports
 * ERRCODE_INVALID_PARAMETER_VALUE, naming the option, for an expression that does not
 * compile, a replacement that names a group which is not there, and a
 * key_regex without a replacement.
 */
extern TopicRouter *topicrouter_new(const RouterSettings *settings);

/* The topic that one becomes, in CurrentMemoryContext; NULL: it stays. */
extern char *topicrouter_topic(const TopicRouter *router, const char *topic);

/* The name of the field that keys get; NULL: none. */
extern const char *topicrouter_key_field(const TopicRouter *router);

/* Its value for records of a source; the source itself, or in CurrentMemoryContext. */
extern const char *topicrouter_key_value(const TopicRouter *router, const char *source);

/* Is nothing left of a text by Java's String.trim()?  NULL is none. */
extern bool topicrouter_is_blank(const char *text);

#endif							/* WALPOST_TOPICROUTER_H */
