/*
 * signal_channels.h
 *	  The channels of signals that the stream does not bring: a Kafka topic, a
 *	  file (signal.enabled.channels).
 *
 * They are open only while the connector streams, as in Debezium.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_SIGNAL_CHANNELS_H
#define WALPOST_SIGNAL_CHANNELS_H

#include <stdbool.h>

#include "conf.h"
#include "err.h"
#include "loop.h"
#include "signals.h"

typedef struct SignalChannels SignalChannels;

/*
 * Borrows all; watches and timers are added to the loop.  NULL and err
 * (ERR_CONFIG) when a property is wrong.
 */
extern SignalChannels *signal_channels_new(const Conf *conf, Signals *signals, Loop *loop,
										   Err *err) must_check;

/* After whoever may still have signals of theirs.  channels may be NULL. */
extern void signal_channels_free(SignalChannels *channels);

/* The connector streams, or does not any more. */
extern void signal_channels_set(SignalChannels *channels, bool streaming);

/* ---- the channels themselves ---- */

typedef struct SignalFile SignalFile;

extern SignalFile *signal_file_new(const Conf *conf, Signals *signals, Loop *loop);
extern void signal_file_free(SignalFile *file);
extern void signal_file_set(SignalFile *file, bool streaming);

typedef struct SignalKafka SignalKafka;

extern SignalKafka *signal_kafka_new(const Conf *conf, Signals *signals, Loop *loop,
									 Err *err) must_check;
extern void signal_kafka_free(SignalKafka *kafka);
extern void signal_kafka_set(SignalKafka *kafka, bool streaming);

#endif							/* WALPOST_SIGNAL_CHANNELS_H */
