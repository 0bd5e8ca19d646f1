/*
 * signals.c
 *	  The dispatcher: from a channel to whoever handles what was asked for.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "mem.h"
#include "signals.h"

#define LOG_MODULE "signal"

struct Signals
{
	struct
	{
		SignalFn	fn;
		void	   *arg;
	}			handlers[SIGNAL_KINDS];
};

/* The first {} of the message stands for the position in the stream, as in Debezium. */
static void
log_message(void *arg, Signal *signal)
{
	const char *hole = strstr(signal->message, "{}");
	int			front = hole ? (int) (hole - signal->message) : (int) strlen(signal->message);

	if (hole != NULL && signal->lsn != 0)
		log_info("%.*s" LSN_FMT "%s", front, signal->message, LSN_ARGS(signal->lsn), hole + 2);
	else if (hole != NULL)
		log_info("%.*s<none>%s", front, signal->message, hole + 2);
	else
		log_info("%s", signal->message);
	signal_free(signal);
}

/* A connector of Debezium's that shares the table writes its watermarks there. */
static void
ignore(void *arg, Signal *signal)
{
	log_debug("signal \"%s\" is of another connector's incremental snapshot", signal->id);
	signal_free(signal);
}

Signals *
signals_new(void)
{
	Signals    *signals = mem_zero(sizeof(Signals));

	signals_handle(signals, SIGNAL_LOG, log_message, NULL);
	signals_handle(signals, SIGNAL_IGNORED, ignore, NULL);
	return signals;
}

void
signals_free(Signals *signals)
{
	free(signals);
}

void
signals_handle(Signals *signals, SignalKind kind, SignalFn fn, void *arg)
{
	signals->handlers[kind].fn = fn;
	signals->handlers[kind].arg = arg;
}

/* signal is NULL, and err says why, where there is none to be read. */
static void
dispatch(Signals *signals, Signal *signal, const Err *err,
		 void (*settled) (void *arg, uint64_t token), void *arg, uint64_t token)
{
	if (signal == NULL)
	{
		log_warn("%s", err->text);
		if (settled != NULL)
			settled(arg, token);
		return;
	}
	signal->settled = settled;
	signal->settled_arg = arg;
	signal->token = token;
	if (signal->kind != SIGNAL_IGNORED)
		log_info("signal \"%s\" of type %s (channel %s)", signal->id, signal_kind_name(signal->kind),
				 signal_channel_name(signal->channel));
	if (signals->handlers[signal->kind].fn == NULL)
	{
		log_warn("signal \"%s\" of type %s is ignored: nothing takes it as this connector runs",
				 signal->id, signal_kind_name(signal->kind));
		signal_free(signal);
		return;
	}
	signals->handlers[signal->kind].fn(signals->handlers[signal->kind].arg, signal);
}

void
signals_take(Signals *signals, const SignalText *text,
			 void (*settled) (void *arg, uint64_t token), void *arg, uint64_t token)
{
	Err			err;
	Signal	   *signal = signal_read(text, &err);

	dispatch(signals, signal, &err, settled, arg, token);
}

void
signals_take_document(Signals *signals, SignalChannel channel, const char *document, size_t len,
					  void (*settled) (void *arg, uint64_t token), void *arg, uint64_t token)
{
	Err			err;
	Signal	   *signal = signal_read_document(channel, document, len, &err);

	dispatch(signals, signal, &err, settled, arg, token);
}
