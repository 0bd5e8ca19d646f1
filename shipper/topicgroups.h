/*
 * topicgroups.h
 *	  What new topics are made with: topic.creation.default.* and the groups
 *	  that topic.creation.groups names.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_TOPICGROUPS_H
#define WALPOST_TOPICGROUPS_H

#include "conf.h"
#include "err.h"

typedef struct TopicGroups TopicGroups;

/* What a topic is made with; -1 is the broker's default. */
typedef struct TopicMaking
{
	const char *group;
	int			partitions;
	int			replicas;
	const char **settings;		/* pairs, NULL-terminated */
	int			nsettings;
} TopicMaking;

/*
 * Reads the groups; borrows conf's strings.  NULL and err (ERR_CONFIG, naming
 * the property) for a group without patterns, a bad pattern or number.  Free
 * with topicgroups_free().
 */
extern TopicGroups *topicgroups_new(const Conf *conf, Err *err) must_check;
extern void topicgroups_free(TopicGroups *groups);

/* Of the first group, in their order, that takes the topic; the default's takes all. */
extern const TopicMaking *topicgroups_for(const TopicGroups *groups, const char *topic);

/* Does a property of a new topic belong to a group that there is? */
extern bool topicgroups_knows(const Conf *conf, const char *property);

#endif							/* WALPOST_TOPICGROUPS_H */
