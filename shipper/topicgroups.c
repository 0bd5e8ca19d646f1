/*
 * topicgroups.c
 *	  What new topics are made with.
 *
 * As in Kafka Connect: a group has include and exclude, lists of Java regular
 * expressions of whole topics' names, in which case matters; what it does not
 * say of partitions and replicas is the default's, other settings are its own.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "topicgroups.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "pattern.h"

#define PREFIX			"topic.creation."
#define DEFAULT_GROUP	"default"

typedef struct TopicGroup
{
	char	   *name;
	char	   *prefix;			/* of its properties */
	PatternList *include;		/* NULL: the default's, which takes all */
	PatternList *exclude;
	TopicMaking making;
} TopicGroup;

struct TopicGroups
{
	TopicGroup *groups;			/* in order; the default's is the last */
	int			n;
};

/* ---- lists --------------------------------------------------------------- */

/* The next item of a list, trimmed and copied; NULL at its end. */
static char *
next_item(const char **list)
{
	const char *start = *list + strspn(*list, ", \t\r\n");
	size_t		len = strcspn(start, ",");

	*list = start + len;
	while (len > 0 && isspace((unsigned char) start[len - 1]))
		len--;
	return len > 0 ? mem_copy_len(start, len) : NULL;
}

/* A list of patterns as one; NULL and no error for an empty one. */
static bool
compile_list(const char *property, const char *list, PatternList **patterns, Err *err)
{
	char	   *all = NULL;
	char	   *item;
	Err			reason = {0};

	*patterns = NULL;
	while (list && (item = next_item(&list)) != NULL)
	{
		char	   *more = mem_print("%s%s%s", all ? all : "", all ? "|" : "", item);

		free(all);
		free(item);
		all = more;
	}
	if (all == NULL)
		return true;
	*patterns = pattern_compile(all, false, &reason);
	free(all);
	return *patterns != NULL ||
		err_set(err, ERR_CONFIG, "property \"%s\": %s", property, reason.text);
}

/* ---- one group ----------------------------------------------------------- */

static bool
read_number(const TopicGroup *group, const Conf *conf, const char *setting, int largest, int *number,
			Err *err)
{
	char	   *property = mem_print("%s%s", group->prefix, setting);
	const char *value = conf_get(conf, property);
	char	   *end;
	long		read;
	bool		ok = true;

	if (value)
	{
		read = strtol(value, &end, 10);
		ok = end != value && *end == '\0' && (read == -1 || (read > 0 && read <= largest));
		if (ok)
			*number = (int) read;
		else
			(void) err_set(err, ERR_CONFIG, "bad value \"%s\" for property \"%s\"; it takes 1 to %d, or -1 for the broker's default",
						   value, property, largest);
	}
	free(property);
	return ok;
}

/* A setting of new topics: all that is not about which topics. */
static void
each_setting(const char *name, const char *value, void *arg)
{
	static const char *const others[] = {"replication.factor", "partitions", "include", "exclude"};
	TopicGroup *group = arg;
	TopicMaking *making = &group->making;

	name += strlen(group->prefix);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strcmp(name, others[i]) == 0)
			return;
	making->settings = mem_resize(making->settings, (making->nsettings + 3) * sizeof(char *));
	making->settings[making->nsettings++] = name;
	making->settings[making->nsettings++] = value;
	making->settings[making->nsettings] = NULL;
}

static bool
read_patterns(TopicGroup *group, const Conf *conf, Err *err)
{
	char	   *include = mem_print("%sinclude", group->prefix);
	char	   *exclude = mem_print("%sexclude", group->prefix);
	bool		ok = compile_list(include, conf_get(conf, include), &group->include, err) &&
		compile_list(exclude, conf_get(conf, exclude), &group->exclude, err);

	if (ok && group->include == NULL)
		ok = err_set(err, ERR_CONFIG, "property \"%s\" is missing; group \"%s\" of property \"topic.creation.groups\" needs patterns of the topics that it is for",
					 include, group->name);
	free(include);
	free(exclude);
	return ok;
}

/* Takes name. */
static bool
add_group(TopicGroups *groups, const Conf *conf, char *name, Err *err)
{
	bool		is_default = strcmp(name, DEFAULT_GROUP) == 0;
	TopicGroup *group;

	groups->groups = mem_resize(groups->groups, (groups->n + 1) * sizeof(TopicGroup));
	group = &groups->groups[groups->n++];
	memset(group, 0, sizeof(*group));
	group->name = name;
	group->prefix = mem_print(PREFIX "%s.", name);
	group->making.group = name;
	group->making.partitions = (int) conf_get_int(conf, PREFIX DEFAULT_GROUP ".partitions");
	group->making.replicas = (int) conf_get_int(conf, PREFIX DEFAULT_GROUP ".replication.factor");
	group->making.settings = mem_zero(sizeof(char *));
	if (!is_default && !read_patterns(group, conf, err))
		return false;
	if (!read_number(group, conf, "partitions", INT32_MAX, &group->making.partitions, err) ||
		!read_number(group, conf, "replication.factor", INT16_MAX, &group->making.replicas, err))
		return false;
	conf_each(conf, group->prefix, each_setting, group);
	return true;
}

/* ---- all of them --------------------------------------------------------- */

TopicGroups *
topicgroups_new(const Conf *conf, Err *err)
{
	TopicGroups *groups = mem_zero(sizeof(TopicGroups));
	const char *list = conf_get(conf, "topic.creation.groups");
	bool		ok = true;
	char	   *name;

	while (ok && list && (name = next_item(&list)) != NULL)
	{
		if (strcmp(name, DEFAULT_GROUP) != 0)
			ok = add_group(groups, conf, name, err);
		else
			free(name);
	}
	if (ok && add_group(groups, conf, mem_copy(DEFAULT_GROUP), err))
		return groups;
	topicgroups_free(groups);
	return NULL;
}

void
topicgroups_free(TopicGroups *groups)
{
	if (groups == NULL)
		return;
	for (int i = 0; i < groups->n; i++)
	{
		TopicGroup *group = &groups->groups[i];

		pattern_list_free(group->include);
		pattern_list_free(group->exclude);
		free(group->making.settings);
		free(group->prefix);
		free(group->name);
	}
	free(groups->groups);
	free(groups);
}

const TopicMaking *
topicgroups_for(const TopicGroups *groups, const char *topic)
{
	int			last = groups->n - 1;

	for (int i = 0; i < last; i++)
		if (pattern_included(groups->groups[i].include, groups->groups[i].exclude, topic))
			return &groups->groups[i].making;
	return &groups->groups[last].making;
}

bool
topicgroups_knows(const Conf *conf, const char *property)
{
	const char *list = conf_get(conf, "topic.creation.groups");
	char	   *name;
	bool		known = strncmp(property, PREFIX DEFAULT_GROUP ".", strlen(PREFIX DEFAULT_GROUP ".")) == 0;

	while (!known && list && (name = next_item(&list)) != NULL)
	{
		char	   *prefix = mem_print(PREFIX "%s.", name);

		known = strncmp(property, prefix, strlen(prefix)) == 0;
		free(prefix);
		free(name);
	}
	return known;
}
