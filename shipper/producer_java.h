/*
 * producer_java.h
 *	  Java's producer properties, set in a configuration of librdkafka.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_PRODUCER_JAVA_H
#define WALPOST_PRODUCER_JAVA_H

#include "conf.h"
#include "err.h"

struct rd_kafka_conf_s;

/* A configuration that is being made.  Borrows all of it. */
typedef struct Mapping
{
	const Conf *conf;
	struct rd_kafka_conf_s *kafka;
	Err		   *err;
	const char *prefix;			/* of the properties; NULL: the producer's */
	bool		quiet;			/* no warnings */
	bool		batch_set;		/* the user says how large batches are */
	bool		ok;
} Mapping;

/*
 * Sets a property of librdkafka's; property is what the user calls it.  One that
 * this librdkafka is too old for is an error (ERR_CONFIG in m->err) in its own
 * vocabulary, but not in Java's, whose users know no librdkafka: there it is a
 * warning.
 */
extern bool mapping_set(Mapping *m, const char *name, const char *value, const char *property);

/*
 * Does with a property of Java's (property: with its prefix) what the table says:
 * sets what it stands for, or warns that it has no effect.  m->ok and m->err say
 * whether that went well; does nothing where something before did not.
 */
extern void mapping_java(Mapping *m, const char *property, const char *java, const char *value);

/* Whether the table has it. */
extern bool mapping_knows(const char *java);

#endif							/* WALPOST_PRODUCER_JAVA_H */
