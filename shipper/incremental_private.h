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
	INC_READ,					/* a chunk is read */
	INC_MARK,					/* its watermark is awaited */
	INC_INSERT,					/* the end of a transaction, and room */
	INC_CLOSE,					/* the window is being closed */
	INC_WAIT					/* after a failure */
} IncPhase;

struct Incremental
{
	const Conf *conf;
	Loop	   *loop;
	Delivery   *delivery;
	bool		exactly_once;
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
	LogLimit	limit;

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
extern IncTable *inc_state_find(IncState *state, const char *name);

/* As text; the caller frees it. */
extern char *inc_state_print(const IncState *state);
extern bool inc_state_parse(const char *text, size_t len, IncState *state, Err *err) must_check;

/* The values of a key, joined by commas, as notices have it; the caller frees it. */
extern char *inc_key_list(const char *array);

/* ---- incremental_tables.c ---- */

/* The query for the captured tables; the caller frees it. */
extern char *inc_tables_query(const Incremental *inc);

/* Adds those that the signal names, from the query's result. */
extern void inc_tables_take(Incremental *inc, const Signal *signal, const PGresult *res);

/* ---- incremental_chunk.c ---- */

extern void inc_chunk_begin(Incremental *inc, const IncTable *table);

/* Takes a message of its copy.  False and err. */
extern bool inc_chunk_take(Incremental *inc, char *buffer, size_t len, Err *err) must_check;

/* Publishes what the stream has not outdated.  False and err. */
extern bool inc_chunk_insert(Incremental *inc, Err *err) must_check;
extern void inc_chunk_clear(IncChunk *chunk);

/* A text as SQL has it, whatever the server makes of backslashes; the caller frees it. */
extern char *inc_quote(const char *text);

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
