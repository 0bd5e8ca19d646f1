/*
 * kafkalog.h
 *	  Topics that hold state: compacted, read from their beginning, followed, and
 *	  written, as Kafka Connect's worker keeps its own.
 *
 * What is written counts when it has been read back: state changes in one place,
 * the record callback, whoever wrote the record.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_KAFKALOG_H
#define WALPOST_KAFKALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf.h"
#include "err.h"
#include "loop.h"

typedef struct KafkaLog KafkaLog;

/* A record; both texts are terminated, value is NULL for a tombstone. */
typedef void (*KafkaLogRecord) (void *arg, const char *key, const char *value);

/* Written and read back; or why not, in error. */
typedef void (*KafkaLogDone) (void *arg, const char *error);

/*
 * A topic, made compacted where it is missing; one that is there has to be that, and
 * nothing besides.  Strings are borrowed.
 */
typedef struct KafkaLogTopic
{
	const char *setting;		/* that names it, for messages */
	const char *name;
	int			partitions;
	int			replicas;		/* -1: the broker's default */
	KafkaLogRecord record;
} KafkaLogTopic;

#define KAFKALOG_TOPICS_MAX 4

/*
 * Begins to read.  conf is for producer_conf_new(); all is borrowed.  failed()
 * is called when it cannot go on.  NULL and err (ERR_CONFIG).
 */
extern KafkaLog *kafkalog_open(const Conf *conf, Loop *loop, const KafkaLogTopic *topics,
							   int n, void (*failed) (void *arg, const Err *err), void *arg,
							   Err *err) must_check;

/* What is being written may be lost: done is told so.  log may be NULL. */
extern void kafkalog_close(KafkaLog *log);

/* True once each topic was read to where it ended. */
extern bool kafkalog_is_read(const KafkaLog *log);

/* Writes a record (value NULL: a tombstone); done may be NULL. */
extern void kafkalog_write(KafkaLog *log, int topic, const char *key, const char *value,
						   KafkaLogDone done, void *arg);

/* Waits until what was written is read back, for so long at most. */
extern void kafkalog_flush(KafkaLog *log, int timeout_ms);

/* The cluster's id; NULL: not known yet. */
extern const char *kafkalog_cluster(KafkaLog *log);

#endif							/* WALPOST_KAFKALOG_H */
