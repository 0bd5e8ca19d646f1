/*
 * producer_conf.h
 *	  From properties to a configuration of librdkafka.
 *
 * Three sources, each over the one before: what the engine needs and finds
 * good; Java's producer properties (producer.* of a worker file, then
 * producer.override.*), translated by a table; kafka.*, which is librdkafka's
 * own vocabulary and passes as it stands.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_PRODUCER_CONF_H
#define WALPOST_PRODUCER_CONF_H

#include <stdio.h>

#include "conf.h"
#include "err.h"

struct rd_kafka_conf_s;

/*
 * How far batches are cut down, because a topic takes no large ones: 0 not at
 * all, PRODUCER_SINGLE to single records.
 */
#define PRODUCER_SINGLE		4

/*
 * The configuration, the caller's; NULL and err (ERR_CONFIG, naming property and
 * value) when a property is wrong.  Warns of what has no effect, unless quiet.
 */
extern struct rd_kafka_conf_s *producer_conf_new(const Conf *conf, int batching,
												 bool quiet, Err *err) must_check;

/*
 * A configuration for a consumer: the producer's, with Java's consumer
 * properties over it that begin with prefix.  Quiet about the former.
 */
extern struct rd_kafka_conf_s *consumer_conf_new(const Conf *conf, const char *prefix, Err *err) must_check;

/*
 * Makes such a configuration that of a transactional producer.  A transaction
 * may take limit_ms (0: no limit of ours) at most, or so long if exact; *timeout_ms
 * is what it may.
 */
extern bool producer_conf_transactional(struct rd_kafka_conf_s *kafka, const char *id, int limit_ms,
										bool exact, int *timeout_ms, Err *err) must_check;

/* Says in the log what a degree of cutting down means. */
extern void producer_cut_batches(int batching);

/* The value that a property of librdkafka has in effect; "" if none. */
extern void producer_conf_get(const struct rd_kafka_conf_s *kafka, const char *name,
							  char *value, size_t size);

/* True for an error that says that a log-in failed. */
extern bool producer_is_login(int code);

/* Fills err (ERR_CONFIG) for one; mechanism is SASL's. */
extern bool producer_login_error(int code, const char *text, const char *mechanism, Err *err);

/* Java's producer properties and what becomes of each, as a Markdown table. */
extern void producer_conf_print_reference(FILE *out);

#endif							/* WALPOST_PRODUCER_CONF_H */
