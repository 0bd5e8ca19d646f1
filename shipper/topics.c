/*
 * topics.c
 *	  Streams, routes, and topics that are made to exist.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "mem.h"
#include "report.h"
#include "topicgroups.h"
#include "topics.h"

#define LOG_MODULE "topics"

/* More streams than tables and outbox topics of a database ever make. */
#define STREAMS_MAX			(1 << 20)

/* How long the brokers may take to create a topic. */
#define CREATE_TIMEOUT_MS	5000
/* How long to wait until they are asked again, when none was there. */
#define CREATE_RETRY_US		1000000
/*
 * How long the loop may stand still for a topic's metadata, and for how long it
 * will not ask again when there was no answer.
 */
#define LOOK_TIMEOUT_MS		1000
#define LOOK_PAUSE_US		10000000

typedef enum TopicState
{
	TOPIC_NEW,
	TOPIC_ASKED,				/* the brokers have not answered */
	TOPIC_RETRY,				/* no broker was there */
	TOPIC_READY
} TopicState;

/* One that is no stream's. */
typedef struct OwnTopic
{
	int			topic;
	int			partitions,
				replicas;
} OwnTopic;

/* The dead letters'. */
#define OWN_TOPICS	1

struct Topics
{
	const Conf *conf;
	Producer   *producer;
	LoopTimer	retry;

	Route	   *routes;
	uint32_t	nroutes;
	uint32_t   *streams;		/* of this session: stream to route */
	uint32_t	nstreams;
	TopicState *states;			/* by the producer's number */
	int			nstates;

	OwnTopic	own[OWN_TOPICS];
	int			own_count;
	TopicGroups *groups;
	int64_t		dark_us;		/* no broker answered then */
	bool		no_admin;		/* these brokers do not create on request */
	LogLimit	retry_limit;
};

static void topics_retry(void *arg);

Topics *
topics_new(const Conf *conf, Producer *producer, Loop *loop)
{
	Topics	   *topics = mem_zero(sizeof(Topics));
	Err			err = {0};

	topics->conf = conf;
	topics->producer = producer;
	topics->groups = topicgroups_new(conf, &err);
	assert(topics->groups != NULL); /* conf_check() has read them as well */
	topics->no_admin = !conf_get_bool(conf, "topic.creation.enable");
	topics->retry = (LoopTimer)
	{
		.fire = topics_retry,.arg = topics
	};
	loop_timer_add(loop, &topics->retry);
	return topics;
}

void
topics_free(Topics *topics)
{
	if (topics == NULL)
		return;
	for (uint32_t i = 0; i < topics->nroutes; i++)
	{
		producer_headers_free(topics->routes[i].headers);
		free((char *) topics->routes[i].block.p);
	}
	free(topics->routes);
	free(topics->streams);
	free(topics->states);
	topicgroups_free(topics->groups);
	free(topics);
}

void
topics_new_session(Topics *topics)
{
	for (uint32_t i = 0; i < topics->nstreams; i++)
		topics->streams[i] = ROUTE_NONE;
}

uint32_t
topics_find(const Topics *topics, uint32_t stream)
{
	return stream < topics->nstreams ? topics->streams[stream] : ROUTE_NONE;
}

const Route *
topics_route(const Topics *topics, uint32_t route)
{
	return &topics->routes[route];
}

/* True when a broker answers; does not wait for it again and again. */
static bool
look(Topics *topics, int topic)
{
	int64_t		now = loop_now_us();

	if (topics->dark_us != 0 && now < topics->dark_us + LOOK_PAUSE_US)
		return false;
	topics->dark_us = 0;
	if (producer_topic_look(topics->producer, topic, LOOK_TIMEOUT_MS))
		return true;
	topics->dark_us = loop_now_us();
	return false;
}

/* The topic may be used.  An old librdkafka is made to know it first. */
static void
topic_ready(Topics *topics, int topic)
{
	topics->states[topic] = TOPIC_READY;
	topics->dark_us = 0;
	if (producer_must_look() && !look(topics, topic))
		log_debug("no metadata of topic \"%s\" yet",
				  producer_topic_name(topics->producer, topic));
	producer_topic_ready(topics->producer, topic);
}

static const OwnTopic *
own_topic(const Topics *topics, int topic)
{
	for (int i = 0; i < topics->own_count; i++)
		if (topics->own[i].topic == topic)
			return &topics->own[i];
	return NULL;
}

static void
topic_ask(Topics *topics, int topic)
{
	static const char *const none[] = {NULL};
	const OwnTopic *own = own_topic(topics, topic);

	if (topics->no_admin)
	{
		topic_ready(topics, topic);
		return;
	}
	topics->states[topic] = TOPIC_ASKED;
	if (own != NULL)
		producer_topic_create(topics->producer, topic, own->partitions, own->replicas, none,
							  CREATE_TIMEOUT_MS);
	else
	{
		const TopicMaking *making = topicgroups_for(topics->groups,
													producer_topic_name(topics->producer, topic));

		producer_topic_create(topics->producer, topic, making->partitions, making->replicas,
							  making->settings, CREATE_TIMEOUT_MS);
	}
}

static void
topics_retry(void *arg)
{
	Topics	   *topics = arg;

	for (int i = 0; i < topics->nstates; i++)
	{
		if (topics->states[i] == TOPIC_RETRY)
			topic_ask(topics, i);
	}
}

void
topics_ask_again(Topics *topics)
{
	for (int i = 0; i < topics->nstates; i++)
	{
		if (topics->states[i] == TOPIC_ASKED)
			topic_ask(topics, i);
	}
}

/*
 * Without an answer there is either no broker, which passes, or one that does
 * not create topics on request; then it may on first use.
 */
void
topics_created(Topics *topics, int topic, int code, const char *text)
{
	const char *name = producer_topic_name(topics->producer, topic);

	if (producer_topic_exists(code))
	{
		if (code == 0)
			log_info("created topic \"%s\"", name);
		topic_ready(topics, topic);
		return;
	}
	if (producer_is_local(code) && !look(topics, topic))
	{
		if (log_limit_pass(&topics->retry_limit))
			log_warn("could not create topic \"%s\" yet: no broker answers (%s)", name, text);
		topics->states[topic] = TOPIC_RETRY;
		loop_timer_set(&topics->retry, CREATE_RETRY_US);
		return;
	}
	topics->no_admin = producer_is_local(code);
	log_warn("could not create topic \"%s\": %s; it must exist, or the brokers must create it on first use",
			 name, text);
	topic_ready(topics, topic);
}

/* The state of a topic, NEW for one that was not seen before. */
static TopicState
topic_state(Topics *topics, int topic)
{
	if (topic >= topics->nstates)
	{
		topics->states = mem_resize(topics->states, (topic + 1) * sizeof(TopicState));
		while (topics->nstates <= topic)
			topics->states[topics->nstates++] = TOPIC_NEW;
	}
	return topics->states[topic];
}

int
topics_own(Topics *topics, const char *name, int partitions, int replicas)
{
	int			topic = producer_topic(topics->producer, name);

	assert(topics->own_count < OWN_TOPICS);
	topics->own[topics->own_count++] = (OwnTopic)
	{
		topic, partitions, replicas
	};
	if (topic_state(topics, topic) == TOPIC_NEW)
		topic_ask(topics, topic);
	return topic;
}

int
topics_named(Topics *topics, const char *name)
{
	int			topic = producer_topic(topics->producer, name);

	if (topic_state(topics, topic) == TOPIC_NEW)
	{
		report_topic(conf_get(topics->conf, "name"), name);
		topic_ask(topics, topic);
	}
	return topic;
}

static uint32_t
route_to(Topics *topics, int topic, FrameText block)
{
	Route	   *route;

	for (uint32_t i = 0; i < topics->nroutes; i++)
	{
		route = &topics->routes[i];
		if (route->topic == topic && route->block.len == block.len &&
			(block.len == 0 || memcmp(route->block.p, block.p, block.len) == 0))
			return i;
	}
	topics->routes = mem_resize(topics->routes, (topics->nroutes + 1) * sizeof(Route));
	route = &topics->routes[topics->nroutes];
	route->topic = topic;
	route->headers = producer_headers_new(block);
	route->block = (FrameText)
	{
		block.len ? mem_copy_len(block.p, block.len) : NULL, block.len
	};
	return topics->nroutes++;
}

uint32_t
topics_route_of(Topics *topics, const FrameRelation *relation)
{
	char	   *name = mem_copy_len(relation->topic.p, relation->topic.len);
	int			topic = topics_named(topics, name);

	free(name);
	return route_to(topics, topic, relation->headers);
}

bool
topics_relation(Topics *topics, const FrameRelation *relation, Err *err)
{
	if (relation->stream >= STREAMS_MAX)
		return err_set(err, ERR_FATAL, "could not read the stream: stream number %u is out of range",
					   relation->stream);
	if (relation->stream >= topics->nstreams)
	{
		topics->streams = mem_resize(topics->streams,
									 (relation->stream + 1) * sizeof(uint32_t));
		while (topics->nstreams <= relation->stream)
			topics->streams[topics->nstreams++] = ROUTE_NONE;
	}
	topics->streams[relation->stream] = topics_route_of(topics, relation);
	return true;
}
