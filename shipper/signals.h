/*
 * signals.h
 *	  What somebody asks of a running connector, as Debezium's signals: a type,
 *	  and data in JSON, by whatever channel they came.
 *
 * Channels hand the dispatcher a SignalText; it reads that into a Signal and
 * gives it to whoever handles its kind.  A signal that is not understood, or
 * that nobody handles, is a warning and nothing more: the stream goes on.
 *
 * A handler owns the signal it gets and frees it when what it asks for can no
 * longer be lost: done, or written to Kafka.  Until then its channel is not told
 * that the signal was taken (the slot is not moved past its transaction, the
 * topic's offset not past its record), so that after a crash it comes again.
 *
 * (Not "signal.h": that is a header of the system's.)
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_SIGNALS_H
#define WALPOST_SIGNALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "frame.h"
#include "pattern.h"

typedef enum SignalKind
{
	SIGNAL_LOG,
	SIGNAL_EXECUTE,				/* execute-snapshot */
	SIGNAL_STOP,				/* stop-snapshot */
	SIGNAL_PAUSE,				/* pause-snapshot */
	SIGNAL_RESUME,				/* resume-snapshot */
	SIGNAL_ADD,					/* add-table: capture these as well, with what is in them */
	SIGNAL_IGNORED,				/* what Debezium writes for itself */
	SIGNAL_KINDS
} SignalKind;

typedef enum SignalChannel
{
	SIGNAL_FROM_SOURCE,			/* a table's row, or walpost.signal() */
	SIGNAL_FROM_KAFKA,
	SIGNAL_FROM_FILE,
	SIGNAL_CHANNELS
} SignalChannel;

typedef enum SnapshotKind
{
	SNAPSHOT_INCREMENTAL,
	SNAPSHOT_BLOCKING
} SnapshotKind;

/* Of the tables that match, only rows for which the filter (an SQL expression) holds. */
typedef struct SignalCondition
{
	PatternList *tables;
	char	   *filter;
} SignalCondition;

typedef struct Signal
{
	SignalKind	kind;
	SignalChannel channel;
	char	   *id;				/* the sender's, "" if there is none */
	uint64_t	lsn;			/* of the change that it was; 0: of another channel */

	/* execute-snapshot and stop-snapshot; add-table has collections */
	SnapshotKind snapshot;
	char	  **collections;	/* as given, trimmed: regular expressions, or names
								 * of tables (schema.table); names for add-table */
	int			ncollections;	/* 0: all that a stop finds; others have some */

	/* execute-snapshot */
	SignalCondition *conditions;
	int			nconditions;
	char	   *surrogate_key;	/* a column to go by instead of the key; NULL: none */

	/* log */
	char	   *message;

	/* the channel's; set by the dispatcher */
	void		(*settled) (void *arg, uint64_t token);
	void	   *settled_arg;
	uint64_t	token;
	PatternList **patterns;		/* of the collections, see signal_selects(); NULL:
								 * names */
} Signal;

/* A signal as its channel has it, borrowed for a call.  p is NULL for what is missing. */
typedef struct SignalText
{
	SignalChannel channel;
	FrameText	id;
	FrameText	type;
	FrameText	data;			/* JSON, an object; missing or empty: {} */
	uint64_t	lsn;
} SignalText;

/*
 * Reads a signal; NULL and err (ERR_DATA, with the signal's id and type) when it
 * does not say what it must.  Pure.  The caller frees it.
 */
extern Signal *signal_read(const SignalText *text, Err *err) must_check;

/* The same of a document {"id": ..., "type": ..., "data": {...}}. */
extern Signal *signal_read_document(SignalChannel channel, const char *text, size_t len,
									Err *err) must_check;

/* Tells the channel that it is settled.  signal may be NULL. */
extern void signal_free(Signal *signal);

/*
 * Is this the collection (an index) that names the table, "schema.table"?  As in
 * Debezium, case counts for an incremental snapshot and does not for a blocking
 * one.
 */
extern bool signal_selects(const Signal *signal, int collection, const char *table);

/* The condition of a table's rows, or NULL; borrowed. */
extern const char *signal_filter(const Signal *signal, const char *table);

extern const char *signal_kind_name(SignalKind kind);
extern const char *signal_channel_name(SignalChannel channel);

/* ---- the dispatcher ---- */

typedef struct Signals Signals;

/* Takes over the signal; see above for when to free it. */
typedef void (*SignalFn) (void *arg, Signal *signal);

extern Signals *signals_new(void);
extern void signals_free(Signals *signals);

/* From now on fn gets the signals of this kind; NULL: nobody does. */
extern void signals_handle(Signals *signals, SignalKind kind, SignalFn fn, void *arg);

/*
 * A channel has a signal: reads it and hands it on.  settled (may be NULL) is
 * called once, now or later, with the token.
 */
extern void signals_take(Signals *signals, const SignalText *text,
						 void (*settled) (void *arg, uint64_t token), void *arg, uint64_t token);

/* The same of a document, as in signal_read_document(). */
extern void signals_take_document(Signals *signals, SignalChannel channel,
								  const char *text, size_t len,
								  void (*settled) (void *arg, uint64_t token), void *arg,
								  uint64_t token);

#endif							/* WALPOST_SIGNALS_H */
