/*
 * session.h
 *	  The state of one decoding session: what start-up decided, and the
 *	  transaction that is being written.
 *
 * Memory: the session lives in ctx->context; relation plans in contexts of
 * their own below relcache's; whatever one change needs in change_context,
 * which is reset after it.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_SESSION_H
#define WALPOST_SESSION_H

#include "replication/reorderbuffer.h"

#include "columnrule.h"
#include "filter.h"
#include "frame.h"
#include "options.h"
#include "reselect.h"
#include "shape.h"
#include "signaltable.h"
#include "transform.h"

/* A table's counter in transaction metadata (txnmeta.h). */
typedef struct TxnTable TxnTable;

/* The transaction that the server is replaying to us. */
typedef struct Txn
{
	ReorderBufferTXN *txn;		/* NULL between transactions */
	bool		described;		/* the slots that tell of it are filled */
	bool		framed;			/* its BEGIN frame is out (lazily), */
	bool		begun;			/* and it has had an event */
	uint64		ordinal;		/* of the decoded change, from 1 */
	uint64		events;			/* written */
	uint32		dropped;		/* changes since the last sign of life */
	bool		sent;			/* pgoutput would have sent some that were
								 * dropped */
	XLogRecPtr	change_lsn;		/* of the change at hand */
	TxnTable   *counter;		/* where the record at hand was counted, or
								 * NULL */
} Txn;

/* A transaction of which the client has a part: see resume.h. */
typedef struct Resume
{
	TransactionId xid;			/* invalid: there is none */
	XLogRecPtr	lsn;			/* it has the changes before, */
	uint64		events;			/* and so many at it, */
	uint64		seen;			/* of which so many came */
	bool		here;			/* it is the one being replayed */
} Resume;

/* The record that is being written, as offsets into the batch. */
typedef struct Writing
{
	bool		open;			/* the rest only counts if it is */
	size_t		start;			/* of all that it wrote */
	size_t		key;
	uint32		key_len;		/* 0: not known yet, or there is none */
} Writing;

/* The texts behind Row.slots that live as long as a transaction or event. */
typedef struct SlotBuffers
{
	char		commit_ns[24];
	char		commit_us[24];
	char		commit_ms[24];
	char		xid[24];
	char		last_commit[32];
	char		lsn[24];
	char		origin_lsn[24];
	char		xmin[24];
	char		now[24];
	char		position[20];
} SlotBuffers;

typedef struct RelCache RelCache;
typedef struct MessagePlan MessagePlan;
typedef struct PublishPlan PublishPlan;
typedef struct TxnMeta TxnMeta;

typedef struct Session
{
	LogicalDecodingContext *ctx;
	Options    *options;
	Filter	   *filter;
	ColumnRules *column_rules;	/* NULL: none */
	Transforms *transforms;		/* NULL: none */
	ReselectRules *reselect;	/* NULL: none */
	Splices    *splices;		/* for rows of which values are to be read anew;
								 * NULL: nobody would read them */
	SignalName *signal_name;	/* NULL: none */
	bool		signal_source;	/* the rows of that table are signals */
	List	   *publications;	/* C strings; NIL: every table */
	const char *database;		/* source.db */
	bool		hello_sent;
	bool		reads;			/* tables, for a snapshot, instead of decoding */
	bool		incremental;	/* for one that the stream goes on beside */
	bool		window;			/* a snapshot's window is open: frames name rows */
	Batch		batch;
	uint64		batches;		/* number of the batch at hand, from 1 */

	MemoryContext change_context;
	RelCache   *relations;
	int			guc_level;		/* of the settings; 0 in a walsender */
	MessagePlan *messages;		/* NULL until the first message */
	PublishPlan *publish;		/* NULL until walpost.publish() comes up */
	TxnMeta    *meta;			/* NULL: no transaction metadata */
	uint32		next_stream;
	HTAB	   *streams;		/* that transforms have led to; NULL: none yet */

	const char *context;		/* headers that row events carry, as a block, */
	size_t		context_len;
	const char *headers;		/* and as header.converter writes them */
	size_t		headers_len;

	Txn			txn;
	Resume		resume;
	uint8		known;			/* WIRE_KNOWN while the client has what is written */
	Writing		writing;
	size_t		unit_count;		/* offset of the number in a unit's CONTROL
								 * frame */
	uint64		filtered;		/* changes that lists have left out since the
								 * client was told, */
	TimestampTz filtered_told;	/* which was then */
	XLogRecPtr	last_commit;	/* end of the last commit written, or invalid */
	int64		last_commit_us; /* its time, microseconds since 1970 */
	TimestampTz xmin_read;		/* when source.xmin was; 0: never */
	RepOriginId origin;			/* whose name, quoted, origin_name holds */
	StringInfoData origin_name;
	SlotText	slots[SLOT_COUNT];
	SlotBuffers text;
} Session;

/*
 * Makes a session in CurrentMemoryContext, without what only decoding needs
 * (relations, meta, guc_level).  given is what the client gave, a list of
 * DefElem; creating: a slot is made, so nothing need be given, and nothing is
 * looked up.  ereports what options_parse() does, and for a database in another
 * encoding than UTF8.
 */
extern Session *session_create(LogicalDecodingContext *ctx, List *given, bool creating);

/*
 * What has to be there of a session to know how columns print; the same of given,
 * and of the database.
 */
extern Session *session_of_columns(List *given);

/* Where events of one topic go; the shipper knows it by number. */
struct Stream
{
	uint32		number;
	const char *topic;
	const char *headers;		/* header block, may be empty */
	size_t		headers_len;
	uint64		announced;		/* 0, or in which batch its RELATION frame went
								 * out */
};

#endif							/* WALPOST_SESSION_H */
