/*
 * spool_private.h
 *	  What the files of the spool share: spool.c (states), spool_dir.c (the
 *	  folder), spool_write.c (its end), spool_read.c (its front),
 *	  spool_session.c (definitions).
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_SPOOL_PRIVATE_H
#define WALPOST_SPOOL_PRIVATE_H

#include "log.h"
#include "spool.h"
#include "spool_file.h"

/* A segment that has so much is followed by another, at the next unit. */
#define SPOOL_SEGMENT_BYTES		(64 * 1024 * 1024)
/* Of walpost.spool.max.bytes a segment takes no more than this part. */
#define SPOOL_SEGMENT_SHARE		8

typedef struct SpoolSegment
{
	uint64_t	number;
	uint64_t	base_lsn;
	uint32_t	timeline;
	int64_t		size;			/* bytes in the file that count */
} SpoolSegment;

/* The present session's HELLO and RELATION frames, for a segment's beginning. */
typedef struct SpoolSession
{
	bool		pending;		/* the next message is its first */
	char	   *hello;
	size_t		hello_len;
	struct
	{
		char	   *bytes;		/* NULL: no such stream */
		size_t		len;
	}		   *relations;		/* by stream */
	uint32_t	nrelations;
} SpoolSession;

typedef struct SpoolWriter
{
	int			fd;				/* of the last segment; -1: none */
	char	   *buffer;			/* whole records behind what was written */
	size_t		buffered;
	size_t		buffer_size;
	uint64_t	buffer_lsn;		/* end LSN of the last of them */
	bool		in_unit;
	uint64_t	end_lsn;		/* of what was appended, */
	uint64_t	written_lsn;	/* written, */
	uint64_t	synced_lsn;		/* and synced */
	uint64_t	commit_lsn;
	int64_t		synced_size;	/* of the last segment */
	int64_t		synced_us;		/* when the last sync ended */
	int64_t		sync_cost_us;	/* and how long it took */
	int64_t		dirty_us;		/* what is not synced came first then; 0: all
								 * is */
	uint64_t	mark_lsn;		/* a keepalive's, not appended yet; 0: none */
	int64_t		mark_due_us;
	int64_t		marked_us;
	bool		disk_full;
	int64_t		retry_us;
} SpoolWriter;

typedef struct SpoolReader
{
	int			segment;		/* index of the one that is read */
	int			fd;				/* of it; -1: not open */
	int64_t		offset;			/* in it, of the next record */
	uint64_t	lsn;			/* end of what was read */
	char	   *chunk;			/* bytes of the file from chunk_offset on */
	int64_t		chunk_offset;
	size_t		chunk_len;
} SpoolReader;

struct Spool
{
	const SpoolOptions *options;
	char	   *path;
	int			dir_fd;
	int			lock_fd;
	int			position_fd;
	SpoolState	state;
	uint64_t	system_id;
	uint32_t	timeline;		/* of the server now */

	SpoolSegment *segments;		/* oldest first */
	int			nsegments;
	uint64_t	next_number;
	int64_t		bytes;			/* of all segments */
	bool		full;			/* they are as large as they may be */

	SpoolWriter writer;
	SpoolReader reader;
	SpoolSession session;

	uint64_t	delivered_lsn;
	bool		assumed;		/* that is not known */
	uint64_t	guard_lsn;
	bool		empty;			/* see SpoolPosition */
	uint64_t	saved_lsn;		/* what the position file says */
	int64_t		saved_us;
	int64_t		whole_size;		/* where the last whole unit ends in the last
								 * segment as it was found */
	LogLimit	full_limit;
	LogLimit	position_limit;
};

static inline SpoolSegment *
spool_last(Spool *spool)
{
	return &spool->segments[spool->nsegments - 1];
}

/* Fills err for something that could not be done to the folder or a file. */
extern bool spool_failed(const Spool *spool, ErrKind kind, const char *verb, const char *file,
						 int error, Err *err);

/* Fills err for a file that is not what was written. */
extern bool spool_damaged(const Spool *spool, uint64_t number, int64_t offset, uint64_t lsn,
						  const char *what, Err *err);

/* ---- spool_dir.c ---- */

#define SPOOL_NAME_SIZE	64

/* The name of a segment's file into name, which is returned. */
extern char *spool_segment_name(uint64_t number, char name[SPOOL_NAME_SIZE]);

/* Makes, opens and locks the folder. */
extern bool spool_dir_open(Spool *spool, Err *err) must_check;
extern void spool_dir_close(Spool *spool);

/* Reads the heads of all segments, and the position. */
extern bool spool_dir_look(Spool *spool, Err *err) must_check;

/*
 * Makes a segment, durable under its name, as the last one.  False and errno's
 * value in *error when the disk does not let it.
 */
extern bool spool_segment_make(Spool *spool, uint64_t base_lsn, int *fd, int *error) must_check;

/* Removes the first n segments, or as many as can be; returns how many. */
extern int	spool_segments_remove(Spool *spool, int n);

extern int	spool_segment_open(const Spool *spool, uint64_t number);

/* Keeps delivered_lsn (what is known of it) and guard_lsn for the next start. */
extern bool spool_position_save(Spool *spool, int64_t now_us);

/* ---- spool_session.c ---- */

/* Forgets it all. */
extern void spool_session_clear(SpoolSession *session);

/* Notes a frame, head included; it is copied. */
extern void spool_session_hello(SpoolSession *session, const char *bytes, size_t len);
extern bool spool_session_relation(SpoolSession *session, uint32_t stream, const char *bytes,
								   size_t len, Err *err) must_check;

/* HELLO and all RELATION frames that hold now; the caller frees them. */
extern char *spool_session_frames(const SpoolSession *session, size_t *len);

/* ---- spool_write.c ---- */

/* Writes go to the last segment from now on; fd becomes the writer's. */
extern void spool_writer_set(Spool *spool, int fd, uint64_t end_lsn);
extern void spool_writer_free(Spool *spool);

/* ---- spool_read.c ---- */

/*
 * Goes through the last segment to where its last whole unit ends: sets
 * whole_size, and the writer's LSNs.  What follows may be torn.
 */
extern bool spool_scan_last(Spool *spool, Err *err) must_check;

/* The reader stands at the beginning of a segment. */
extern void spool_reader_set(Spool *spool, int segment);
extern void spool_reader_free(Spool *spool);

#endif							/* WALPOST_SPOOL_PRIVATE_H */
