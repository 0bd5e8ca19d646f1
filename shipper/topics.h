/*
 * topics.h
 *	  Where events go: from a stream number to a topic that exists.
 *
 * The plugin numbers streams anew in each session, so a stream is looked up
 * once, when its event is read, and stands for a route from then on: a topic
 * and the headers that all its events carry.  Routes are never forgotten,
 * since events in flight refer to them by number.
 *
 * Before the first event of a topic the brokers are asked to create it, with
 * topic.creation.*.  Until they have answered, its events wait.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_TOPICS_H
#define WALPOST_TOPICS_H

#include <stdbool.h>
#include <stdint.h>

#include "conf.h"
#include "err.h"
#include "frame.h"
#include "loop.h"
#include "producer.h"

typedef struct Topics Topics;

typedef struct Route
{
	int			topic;			/* the producer's number of it */
	ProducerHeaders *headers;	/* NULL: none */
	FrameText	block;			/* what they were made from */
} Route;

#define ROUTE_NONE	UINT32_MAX

/* Borrows all three, conf having been checked; its timer is added to the loop. */
extern Topics *topics_new(const Conf *conf, Producer *producer, Loop *loop);
extern void topics_free(Topics *topics);

/* A new session begins: its stream numbers mean nothing yet. */
extern void topics_new_session(Topics *topics);

/*
 * Notes what a RELATION frame says, and has its topic created.  False and err
 * when the frame asks for more streams than there may be.
 */
extern bool topics_relation(Topics *topics, const FrameRelation *relation, Err *err) must_check;

/* The route of what a RELATION frame of another session than the stream's says. */
extern uint32_t topics_route_of(Topics *topics, const FrameRelation *relation);

/*
 * The number of a topic of the connector's own, which is created with so many
 * partitions and replicas (-1: the broker's default) and no other settings.
 */
extern int	topics_own(Topics *topics, const char *name, int partitions, int replicas);

/* The number of another topic, which is created like those of streams. */
extern int	topics_named(Topics *topics, const char *name);

/* The route of a stream of this session, or ROUTE_NONE. */
extern uint32_t topics_find(const Topics *topics, uint32_t stream);

/* Valid until the next topics_relation(). */
extern const Route *topics_route(const Topics *topics, uint32_t route);

/* The brokers' answer; for ProducerEvents. */
extern void topics_created(Topics *topics, int topic, int code, const char *text);

/* There is a new producer: what the old one was asked for is asked again. */
extern void topics_ask_again(Topics *topics);

#endif							/* WALPOST_TOPICS_H */
