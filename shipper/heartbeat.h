/*
 * heartbeat.h
 *	  Debezium's heartbeat: a record every heartbeat.interval.ms, and a query.
 *
 * The slot needs neither: keepalives move it.  Consumers that watch the topic,
 * and tables that the query writes to, get what they are used to.
 *
 * What the record is, the plugin says when the stream begins (see WIRE_HEARTBEAT_PARAMETER
 * in ../plugin/wire.h): transforms are its business.  It is an event like any
 * other, but in memory of this module: its RECEIVER field is zero, which no event
 * of the stream has.  One is under way at a time.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_HEARTBEAT_H
#define WALPOST_HEARTBEAT_H

#include <stdbool.h>

#include "conf.h"
#include "loop.h"
#include "producer.h"
#include "topics.h"

typedef struct Heartbeat Heartbeat;

/* Borrows all.  NULL without heartbeat.interval.ms; all others take that. */
extern Heartbeat *heartbeat_new(const Conf *conf, Producer *producer, Topics *topics, Loop *loop);

/* After the producer, which may hold the record. */
extern void heartbeat_free(Heartbeat *heartbeat);

/* The stream begins; the plugin's parameter, NULL if there is none. */
extern void heartbeat_told(Heartbeat *heartbeat, const char *parameter);

/* It beats only while the stream runs; the first time at once. */
extern void heartbeat_set(Heartbeat *heartbeat, bool streaming);

/* There is a new producer: a record that was under way goes again. */
extern void heartbeat_resend(Heartbeat *heartbeat);

/* Kafka does not take the record: said, and given up. */
extern void heartbeat_refused(Heartbeat *heartbeat, const ProducerRefusal *refusal);

#endif							/* WALPOST_HEARTBEAT_H */
