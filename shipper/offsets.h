/*
 * offsets.h
 *	  The offset topic: where connectors keep their position records.
 *
 * Reads it from its beginning to its end and hands back one connector's record.
 * With read_committed, so that what a transaction holds counts once that is
 * committed; and as the end counts where the topic ended when the reading
 * began, also where transactions of other connectors are still open before it.
 *
 * Nothing waits for Kafka but a question for the topic's partitions, which is
 * asked once a broker has answered and bounded by a second, and offsets_forget().
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_OFFSETS_H
#define WALPOST_OFFSETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf.h"
#include "err.h"

typedef struct Offsets Offsets;

typedef enum OffsetsEvent
{
	OFFSETS_WAIT,				/* nothing to do until offsets_fd() is readable,
								 * or offsets_due() has come */
	OFFSETS_FOUND,
	OFFSETS_NONE,				/* the topic holds no record of this connector */
	OFFSETS_FAILED				/* err says why: the user must change something */
} OffsetsEvent;

/* The topic's name: offsets.storage.topic, else offset.storage.topic. */
extern const char *offsets_topic(const Conf *conf);

/*
 * Begins to read; the topic is created where it is missing.  key is borrowed.
 * Without to_end, what other connectors' open transactions hide is left out.
 * With patient, a log-in that fails is tried again (it worked before).  NULL and
 * err when a property is wrong.
 */
extern Offsets *offsets_open(const Conf *conf, const char *key, bool to_end, bool patient,
							 Err *err) must_check;

/* reader may be NULL. */
extern void offsets_close(Offsets *reader);

extern int	offsets_fd(const Offsets *reader);

/* When to call offsets_next() at the latest, by loop_now_us(); 0: no need. */
extern int64_t offsets_due(const Offsets *reader);

/* Goes on as far as it can. */
extern OffsetsEvent offsets_next(Offsets *reader, Err *err);

/* After OFFSETS_FOUND: the record's value, valid until offsets_close(). */
extern const char *offsets_value(const Offsets *reader, size_t *len);

/*
 * The value of the record with that key as text, which the caller frees, or NULL
 * where there is none; and a record with that value, in place of others.  Both
 * wait for Kafka, for a while: false and err (ERR_RETRY).
 */
extern bool offsets_get(const Conf *conf, const char *key, char **value, Err *err) must_check;
extern bool offsets_put(const Conf *conf, const char *key, const char *value, Err *err) must_check;

/*
 * Removes the connector's position record, if there is one (*found), and what is
 * beside it of snapshots, and waits until Kafka has done so.  For the
 * command line.
 */
extern bool offsets_forget(const Conf *conf, bool *found, Err *err) must_check;

#endif							/* WALPOST_OFFSETS_H */
