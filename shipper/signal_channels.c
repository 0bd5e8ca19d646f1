/*
 * signal_channels.c
 *	  Which channels of signals are enabled.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdlib.h>

#include "conf_list.h"
#include "log.h"
#include "mem.h"
#include "signal_channels.h"

#define LOG_MODULE "signal"

struct SignalChannels
{
	SignalFile *file;			/* NULL: not enabled */
	SignalKafka *kafka;			/* the same */
	bool		streaming;
};

SignalChannels *
signal_channels_new(const Conf *conf, Signals *signals, Loop *loop, Err *err)
{
	const char *enabled = conf_get(conf, "signal.enabled.channels");
	SignalChannels *channels = mem_zero(sizeof(SignalChannels));

	if (conf_list_has(enabled, "kafka"))
	{
		channels->kafka = signal_kafka_new(conf, signals, loop, err);
		if (channels->kafka == NULL)
		{
			free(channels);
			return NULL;
		}
	}
	if (conf_list_has(enabled, "file"))
		channels->file = signal_file_new(conf, signals, loop);
	return channels;
}

void
signal_channels_free(SignalChannels *channels)
{
	if (channels == NULL)
		return;
	signal_file_free(channels->file);
	signal_kafka_free(channels->kafka);
	free(channels);
}

void
signal_channels_set(SignalChannels *channels, bool streaming)
{
	if (channels == NULL || channels->streaming == streaming)
		return;
	channels->streaming = streaming;
	if (channels->file != NULL)
		signal_file_set(channels->file, streaming);
	if (channels->kafka != NULL)
		signal_kafka_set(channels->kafka, streaming);
}
