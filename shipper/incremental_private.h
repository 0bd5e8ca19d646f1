/*
 * incremental_private.h
 *	  What the incremental*.c files share.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_INCREMENTAL_PRIVATE_H
#define WALPOST_INCREMENTAL_PRIVATE_H

#include "incremental.h"
#include "log.h"
#include "notifications.h"
#include "offsets.h"
#include "session.h"
#include "signals.h"

/* Hexadecimal digits of what nobody else can guess, and a NUL. */
#define NONCE_SIZE	33

/* A table that is to be read. */
typedef struct IncTable
{
	char	   *id;				/* of the signal */
	char	   *name;			/* schema.table */
	char	   *quoted;			/* for SQL */
	char	   *condition;		/* NULL: all rows */
	char	   *surrogate;		/* NULL: its key */
	char	   *after;			/* last key that was published, an array's text;
								 * NULL: none */
	char	   *up_to;			/* last key that is to be; NULL: not known yet */
	uint64_t	rows;			/* read so far */
	uint64_t	expected;		/* in it, by the server's estimate, or counted; 0:
								 * not known */
	bool		counted;		/* as far as that was possible */
	bool		blocking;		/* with the stream standing still; condition is a
								 * query */
	bool		keyless;		/* by the adder */
	bool		adding;			/* which is at it; does not survive a restart */
} IncTable;

/* What survives a restart. */
typedef struct IncState
{
	IncTable   *tables;			/* in the order they are read */
	int			ntables;
	bool		paused;
} IncState;

/* A signal that is obeyed, but not yet for good. */
typedef struct IncHeld
{
	Signal	   *signal;
	bool		resolved;		/* its effect is in the state */
	uint64_t	version;		/* of the state that has it */
} IncHeld;

/* A value of walpost.chunk(). */
typedef struct ChunkBuffer
{
	char	   *buffer;
	size_t		len;
	size_t		start;			/* of its frames */
} ChunkBuffer;

/* The rows at hand. */
typedef struct IncChunk
{
	ChunkBuffer *buffers;
	int			nbuffers;
	size_t		bytes;
	bool		header;			/* the copy's has come */
	bool		described;		/* the snapshot is known, */
	bool		ended;			/* and what is behind the rows */
	bool		abandoned;		/* it is not to be published */
	unsigned	relid;
	char	   *up_to;			/* "": the table has no rows */
	char	   *last;			/* "": there are no rows */
	uint64_t	end_lsn;		/* all that it shows lies before; 0: a watermark
								 * says so */
	uint64_t	rows;
	bool		more;
	int64_t		began_us;
} IncChunk;

typedef enum IncPhase
{
	INC_RECALL,					/* the record is being read */
	INC_IDLE,
	INC_RESOLVE,				/* a signal's tables are being looked up */
	INC_OPEN,					/* the window's watermark is awaited */
	INC_COUNT,					/* a table's rows are counted */
	INC_READ,					/* a chunk is read */
	INC_MARK,					/* its watermark is awaited */
	INC_INSERT,					/* the end of a transaction, and room */
	INC_CLOSE,					/* the window is being closed */
	INC_BLOCK_SLOT,				/* a blocking snapshot's slot is made */
	INC_BLOCK_LOOK,				/* its tables are locked */
	INC_BLOCK_STAND,			/* the stream goes on to its place */
	INC_BLOCK_ROWS,
	INC_WAIT					/* after a failure */
} IncPhase;

struct Incremental
{
	const Conf *conf;
	Loop	   *loop;
	Delivery   *delivery;
	IncAdder	adder;
	bool		exactly_once;
	bool		read_only;		/* nothing is written, watermarks neither */
	Session    *session;
	char	   *setup;			/* the session's */
	char	   *options;		/* of walpost.chunk(), an array's SQL */
	LoopFd		offsets_fd;
	LoopTimer	timer;			/* wakes the loop */
	int64_t		retry_us;		/* WAIT ends then */

	IncPhase	phase;
	IncState	state;
	IncHeld    *held;
	int			nheld;
	bool		announced;		/* that the tables at hand are being read */

	Window	   *window;
	char		key[NONCE_SIZE];	/* what the plugin knows this process by */
	char		nonce[NONCE_SIZE];	/* of the watermark that is awaited */
	bool		marked;			/* it has come */
	bool		opened;			/* the plugin names rows, */
	bool		asked;			/* or is to from some watermark on */
	IncChunk	chunk;
	int			size;			/* rows of the next one */
	int64_t		pause_us;		/* the longest turn of the present table: the
								 * stream is not read meanwhile */
	LogLimit	limit;

	/* a blocking snapshot */
	Session    *slot_session;	/* a replication connection, which has the slot */
	unsigned	block_tries;	/* slots that were asked for */
	uint64_t	barrier;		/* the stream stands before what commits there, or
								 * later; 0: it goes on */
	bool		reached;		/* it does */
	char		snapshot[64];	/* as the slot exported it */
	int			results;		/* that have come */
	int			last_with_rows; /* of its tables; -1: none */
	IntakeRoutes routes;

	/* the record */
	char	   *record_key;
	Offsets    *offsets;		/* NULL: it is not being read */
	uint64_t	version;		/* of the state: grows with each change */
	uint64_t	saved;			/* the version that Kafka has */
	char	   *staged;			/* one that is to be written; NULL: none is */
	uint64_t	staged_version;
	uint64_t	staged_unit;	/* once Kafka has that unit of rows */
	uint64_t	last_unit;		/* of rows; UINT64_MAX: none */
	bool		handed;			/* the staged one is under way */
	int64_t		written_us;
};

/* ---- incremental_state.c ---- */

extern void inc_table_free(IncTable *table);
extern void inc_state_clear(IncState *state);

/* Adds a table, which is taken, behind the others. */
extern void inc_state_add(IncState *state, IncTable table);
extern void inc_state_remove(IncState *state, int i);

/* Blocking ones come first: puts the last n tables in front of the others. */
extern void inc_state_to_front(IncState *state, int n);
extern IncTable *inc_state_find(IncState *state, const char *name, bool blocking);

/* As text; the caller frees it. */
extern char *inc_state_print(const IncState *state);
extern bool inc_state_parse(const char *text, size_t len, IncState *state, Err *err) must_check;

/* The values of a key, joined by commas, as notices have it; the caller frees it. */
extern char *inc_key_list(const char *array);

/* ---- incremental_signal.c ---- */

/* The oldest signal without an effect; NULL: none. */
extern IncHeld *inc_signal_next(Incremental *inc);

/* It has had its effect, which is in the state. */
extern void inc_signal_resolved(Incremental *inc, IncHeld *held);

/* Obeys what needs nothing of the server, in the order in which it came. */
extern void inc_signals_obey(Incremental *inc);

/* ---- incremental_tables.c ---- */

/* The query for the captured tables; the caller frees it. */
extern char *inc_tables_query(const Incremental *inc);

/* Adds those that the signal names, from the query's result. */
extern void inc_tables_take(Incremental *inc, const Signal *signal, const PGresult *res);

/* A table is done with, one way or the other: SUCCEEDED, EMPTY, or what Debezium calls it. */
extern void inc_table_finish(Incremental *inc, int i, const char *status);

/* ---- incremental_count.c ---- */

/* Does somebody want to know how many rows the first table has, who does not yet? */
extern bool inc_count_due(const Incremental *inc);
extern void inc_count_begin(Incremental *inc);
extern void inc_count_take(Incremental *inc, const PGresult *res);

/* They were not counted; nobody tries again. */
extern void inc_count_give_up(Incremental *inc, const Err *err);

/* ---- incremental_keyless.c ---- */

/* Hands the first table over. */
extern void inc_keyless_begin(Incremental *inc);

/* True while one is read. */
extern bool inc_keyless_is_read(Incremental *inc);

/* Is the table the adder's, also since before a restart? */
extern bool inc_keyless_is_handed(const Incremental *inc, const IncTable *table);

/* ---- incremental_window.c ---- */

extern void inc_window_nonce(char text[NONCE_SIZE]);

/* The next watermark gets a nonce, and has not come yet. */
extern void inc_window_next(Incremental *inc);

/* The stream has one; arg is the Incremental. */
extern void inc_window_watermark(void *arg, FrameText nonce);

/* Changed rows are noted once a watermark has come; they are not any more. */
extern void inc_window_open(Incremental *inc);
extern void inc_window_close(Incremental *inc);

/* The stream has all that the chunk at hand shows. */
extern bool inc_window_passed(const Incremental *inc);

/* ---- incremental_chunk.c ---- */

extern void inc_chunk_begin(Incremental *inc, const IncTable *table);

/* A message of a copy: what it is, and where its only column begins. */
typedef struct ChunkRow
{
	enum
	{
		CHUNK_ROW_VALUE, CHUNK_ROW_END, CHUNK_ROW_BAD
	}			kind;
	size_t		start;
} ChunkRow;

extern ChunkRow inc_chunk_row(IncChunk *chunk, const char *buffer, size_t len);

/* Takes a message of its copy.  False and err. */
extern bool inc_chunk_take(Incremental *inc, char *buffer, size_t len, Err *err) must_check;

/* Publishes what the stream has not outdated.  False and err. */
extern bool inc_chunk_insert(Incremental *inc, Err *err) must_check;
extern void inc_chunk_clear(IncChunk *chunk);

/* A text as SQL has it, whatever the server makes of backslashes; the caller frees it. */
extern char *inc_quote(const char *text);

/* ---- incremental_blocking.c ---- */

/* How many of the tables, from the first on, are one blocking snapshot. */
extern int	inc_blocking_tables(const Incremental *inc);

/* Its steps: the slot is asked for, has come; tables are locked, seen; read. */
extern void inc_block_begin(Incremental *inc);
extern bool inc_block_slot(Incremental *inc, const PGresult *res, Err *err) must_check;
extern void inc_block_look(Incremental *inc);
extern bool inc_block_found(Incremental *inc, const PGresult *res, Err *err) must_check;
extern bool inc_block_stands(Incremental *inc);
extern void inc_block_read(Incremental *inc);
extern void inc_block_copy(Incremental *inc, bool begins);
extern bool inc_block_rows(Incremental *inc, char *buffer, size_t len, Err *err) must_check;

/* It is complete, or for good not possible (err).  The stream goes on. */
extern void inc_block_end(Incremental *inc, const Err *err);

/* It is to begin again; the stream goes on. */
extern void inc_block_drop(Incremental *inc);

/* ---- incremental_record.c ---- */

extern bool inc_recall_begin(Incremental *inc, Err *err) must_check;
extern OffsetsEvent inc_recall_next(Incremental *inc, Err *err) must_check;
extern void inc_recall_drop(Incremental *inc);

/* The state has changed. */
extern void inc_touch(Incremental *inc);

/* Without Kafka transactions: writes the record when it is due. */
extern void inc_record(Incremental *inc);

/* ---- incremental_notice.c ---- */

extern void inc_notice(Incremental *inc, NoticeType type, const IncTable *table,
					   const char *status);

#endif							/* WALPOST_INCREMENTAL_PRIVATE_H */
