/*
 * topicrouter.c
 *	  Topics that several tables share.
 *
 * Follows io.debezium.schema.AbstractRegexTopicNamingStrategy and
 * io.debezium.transforms.ByLogicalTableRouter.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "javaregex.h"
#include "topicrouter.h"

struct TopicRouter
{
	JavaRegex  *topic;
	const char *key_field;		/* NULL: keys stay */
	JavaRegex  *key;			/* NULL: the field has the source's name */
};

bool
topicrouter_is_blank(const char *text)
{
	for (; text && *text; text++)
		if ((unsigned char) *text > ' ')
			return false;
	return true;
}

TopicRouter *
topicrouter_new(const RouterSettings *settings)
{
	TopicRouter *router = palloc0(sizeof(TopicRouter));

	router->topic = javaregex_compile(settings->regex.option, settings->regex.value,
									  settings->replacement.option, settings->replacement.value);
	if (settings->unique)
		router->key_field = pstrdup(settings->key_field);
	if (topicrouter_is_blank(settings->key_regex.value))
		return router;
	if (topicrouter_is_blank(settings->key_replacement.value))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid value \"%s\" for option \"%s\"",
						settings->key_replacement.value ? settings->key_replacement.value : "",
						settings->key_replacement.option),
				 errhint("It takes what \"%s\" beside it is replaced with; it must not be empty.",
						 settings->key_regex.option)));
	router->key = javaregex_compile(settings->key_regex.option, settings->key_regex.value,
									settings->key_replacement.option, settings->key_replacement.value);
	return router;
}

char *
topicrouter_topic(const TopicRouter *router, const char *topic)
{
	char	   *result;

	if (!javaregex_matches(router->topic, topic))
		return NULL;
	result = javaregex_replace_first(router->topic, topic);
	return result[0] != '\0' ? result : NULL;
}

const char *
topicrouter_key_field(const TopicRouter *router)
{
	return router->key_field;
}

const char *
topicrouter_key_value(const TopicRouter *router, const char *source)
{
	if (router->key && javaregex_matches(router->key, source))
		return javaregex_replace_first(router->key, source);
	return source;
}
