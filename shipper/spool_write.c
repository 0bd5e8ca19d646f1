/*
 * spool_write.c
 *	  The spool's end: messages become records, gathered, written, synced.
 *
 * Records gather in a buffer, which is written when it is large or when it is
 * time to sync.  The end LSN of what was synced is what may be confirmed.  A
 * segment holds whole units, but for one that a broken connection cut off: the
 * next session, which begins with a record of its own, brings it again.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "frame.h"
#include "loop.h"
#include "mem.h"
#include "spool_private.h"
#include "wire.h"

#define LOG_MODULE "spool"

/* So much is written in one go. */
#define BUFFER_BYTES	(256 * 1024)

/* What comes within this time is synced together. */
#define SYNC_US			25000

/* A keepalive's position is noted so often, or when the server asks. */
#define MARK_US			1000000

/* A full disk is tried again so often. */
#define RETRY_US		1000000

void
spool_new_session(Spool *spool)
{
	spool_session_clear(&spool->session);
	spool->session.pending = true;
	spool->writer.in_unit = false;
	spool->writer.mark_lsn = 0;
}

bool
spool_between_sessions(const Spool *spool)
{
	return spool->session.pending;
}

/* ---- writing ---- */

void
spool_writer_set(Spool *spool, int fd, uint64_t end_lsn)
{
	SpoolWriter *writer = &spool->writer;

	if (writer->fd >= 0)
		close(writer->fd);
	writer->fd = fd;
	writer->end_lsn = writer->written_lsn = writer->synced_lsn = end_lsn;
	writer->synced_size = spool_last(spool)->size;
	writer->buffered = 0;
	writer->dirty_us = 0;
	writer->disk_full = false;
}

void
spool_writer_free(Spool *spool)
{
	if (spool->writer.fd >= 0)
		close(spool->writer.fd);
	spool->writer.fd = -1;
	free(spool->writer.buffer);
	spool->writer.buffer = NULL;
	spool->writer.buffered = spool->writer.buffer_size = 0;
	spool_session_clear(&spool->session);
}

static bool
is_full(int error)
{
	return error == ENOSPC || error == EDQUOT;
}

static void
set_full(Spool *spool)
{
	spool->writer.disk_full = true;
	spool->writer.retry_us = loop_now_us() + RETRY_US;
	if (log_limit_pass(&spool->full_limit))
		log_warn("no space is left on the disk of the spool \"%s\" (%lld MiB in it); the server is not read "
				 "until there is: make room, or wait for Kafka", spool->path,
				 (long long) (spool->bytes / (1024 * 1024)));
}

/*
 * Writes all of it behind what the last segment has, or nothing.  False with
 * errno's value in *error.
 */
static bool
write_all(Spool *spool, struct iovec *iov, int niov, int *error)
{
	SpoolSegment *last = spool_last(spool);
	int64_t		offset = last->size;

	while (niov > 0)
	{
		ssize_t		n = pwritev(spool->writer.fd, iov, niov, offset);

		if (n < 0)
		{
			*error = errno;

			/*
			 * what was written of it is no record; if it stays it counts as
			 * torn
			 */
			if (ftruncate(spool->writer.fd, last->size) != 0)
				log_debug("could not truncate a segment: %s", strerror(errno));
			return false;
		}
		for (offset += n; niov > 0 && (size_t) n >= iov->iov_len; iov++, niov--)
			n -= (ssize_t) iov->iov_len;
		if (niov > 0)
		{
			iov->iov_base = (char *) iov->iov_base + n;
			iov->iov_len -= (size_t) n;
		}
	}
	spool->bytes += offset - last->size;
	last->size = offset;
	return true;
}

static bool
write_failed(Spool *spool, int error, Err *err)
{
	char		name[SPOOL_NAME_SIZE];

	return spool_failed(spool, ERR_FATAL, "write", spool_segment_name(spool_last(spool)->number, name),
						error, err);
}

/* Writes the buffer; what does not fit on the disk stays in it. */
static bool
flush(Spool *spool, Err *err)
{
	SpoolWriter *writer = &spool->writer;
	struct iovec iov = {writer->buffer, writer->buffered};
	int			error;

	if (writer->buffered > 0)
	{
		if (!write_all(spool, &iov, 1, &error))
		{
			if (!is_full(error))
				return write_failed(spool, error, err);
			set_full(spool);
			return true;
		}
		writer->buffered = 0;
		writer->written_lsn = writer->buffer_lsn;
		if (writer->buffer_size > 2 * BUFFER_BYTES)
		{
			free(writer->buffer);
			writer->buffer = NULL;
			writer->buffer_size = 0;
		}
	}
	writer->disk_full = false;
	return true;
}

/* What was written and not synced may be lost although it can be read back. */
static bool
sync_failed(Spool *spool, int error, Err *err)
{
	char		name[SPOOL_NAME_SIZE];

	if (ftruncate(spool->writer.fd, spool->writer.synced_size) != 0)
		log_warn("could not truncate \"%s/%s\" to what was synced: %s", spool->path,
				 spool_segment_name(spool_last(spool)->number, name), strerror(errno));
	return spool_failed(spool, ERR_FATAL, "sync", spool_segment_name(spool_last(spool)->number, name),
						error, err);
}

/* Syncs what was written; its LSN counts from then on. */
static bool
sync_written(Spool *spool, Err *err)
{
	SpoolWriter *writer = &spool->writer;
	int64_t		begun = loop_now_us();

	if (spool_last(spool)->size > writer->synced_size)
	{
		if (fdatasync(writer->fd) != 0)
			return sync_failed(spool, errno, err);
		writer->synced_us = loop_now_us();
		writer->sync_cost_us = writer->synced_us - begun;
		writer->synced_size = spool_last(spool)->size;
	}
	writer->synced_lsn = writer->written_lsn;
	return true;
}

/* Puts a record into the buffer. */
static void
buffer_record(Spool *spool, const char *head, const SpoolRecord *record)
{
	SpoolWriter *writer = &spool->writer;
	size_t		size = writer->buffered + SPOOL_RECORD_HEAD + record->len;

	if (size > writer->buffer_size)
	{
		writer->buffer_size = size > 2 * BUFFER_BYTES ? size : 2 * BUFFER_BYTES;
		writer->buffer = mem_resize(writer->buffer, writer->buffer_size);
	}
	memcpy(writer->buffer + writer->buffered, head, SPOOL_RECORD_HEAD);
	if (record->len > 0)
		memcpy(writer->buffer + writer->buffered + SPOOL_RECORD_HEAD, record->frames, record->len);
	writer->buffered = size;
	writer->buffer_lsn = record->end_lsn;
}

/* A large record goes to the file straight from where it is, if it fits. */
static bool
write_large(Spool *spool, char *head, const SpoolRecord *record, bool *written, Err *err)
{
	struct iovec iov[2] = {{head, SPOOL_RECORD_HEAD}, {(char *) record->frames, record->len}};
	int			error;

	*written = false;
	if (!flush(spool, err))
		return false;
	if (spool->writer.disk_full)
		return true;
	*written = write_all(spool, iov, 2, &error);
	if (*written)
		spool->writer.written_lsn = record->end_lsn;
	return *written || is_full(error) || write_failed(spool, error, err);
}

/* Appends a record that says where the writer is now. */
static bool
append_record(Spool *spool, SpoolKind kind, const char *frames, size_t len, Err *err)
{
	SpoolWriter *writer = &spool->writer;
	SpoolRecord record = {
		.kind = kind,.open = writer->in_unit,.end_lsn = writer->end_lsn,
		.commit_lsn = writer->commit_lsn,.frames = frames,.len = (uint32_t) len
	};
	char		head[SPOOL_RECORD_HEAD];
	bool		written = false;

	spool_record_encode(&record, spool_last(spool)->number, head);
	if (writer->dirty_us == 0)
		writer->dirty_us = loop_now_us();
	if (len >= BUFFER_BYTES && !write_large(spool, head, &record, &written, err))
		return false;
	if (written)
		return true;
	buffer_record(spool, head, &record);
	return writer->buffered < BUFFER_BYTES || flush(spool, err);
}

static bool
segment_is_long(Spool *spool)
{
	int64_t		most = spool->options->max_bytes / SPOOL_SEGMENT_SHARE;

	if (most > SPOOL_SEGMENT_BYTES)
		most = SPOOL_SEGMENT_BYTES;
	return spool_last(spool)->size + (int64_t) spool->writer.buffered > most;
}

/*
 * Goes on in a new segment, with the session's definitions in front.  The old
 * one is synced first: only a last segment is ever torn.  On a full disk the
 * old one goes on.
 */
static bool
next_segment(Spool *spool, Err *err)
{
	SpoolWriter *writer = &spool->writer;
	size_t		len;
	char	   *frames;
	bool		ok;
	int			error;
	int			fd;

	if (!flush(spool, err))
		return false;
	if (writer->disk_full)
		return true;
	if (!sync_written(spool, err))
		return false;
	if (!spool_segment_make(spool, writer->end_lsn, &fd, &error))
	{
		if (!is_full(error))
			return spool_failed(spool, ERR_FATAL, "make a segment in", "", error, err);
		set_full(spool);
		return true;
	}
	spool_writer_set(spool, fd, writer->end_lsn);
	if (spool->session.pending)
		return true;
	frames = spool_session_frames(&spool->session, &len);
	ok = append_record(spool, SPOOL_SESSION, frames, len, err);
	free(frames);
	return ok;
}

/* ---- what comes from the server ---- */

/* What a message's frames say of units and definitions. */
static bool
note_frames(Spool *spool, char *frames, size_t len, Err *err)
{
	SpoolSession *session = &spool->session;
	SpoolWriter *writer = &spool->writer;
	FrameReader reader = {.p = frames,.end = frames + len};
	char	   *p = reader.p;
	Frame		frame;
	FrameResult result;

	for (; (result = frame_next(&reader, &frame)) == FRAME_OK; p = reader.p)
	{
		uint64_t	end_lsn = 0;

		if (frame.tag == WIRE_HELLO)
			spool_session_hello(session, p, (size_t) (reader.p - p));
		else if (frame.tag == WIRE_RELATION)
		{
			if (!spool_session_relation(session, frame.relation.stream, p, (size_t) (reader.p - p), err))
				return false;
		}
		else if (frame.tag == WIRE_BEGIN)
			writer->in_unit = true;
		else if (frame.tag == WIRE_COMMIT)
		{
			writer->in_unit = false;
			end_lsn = writer->commit_lsn = frame.commit.end_lsn;
		}
		else if (frame.tag == WIRE_CONTROL)
			end_lsn = frame.control.lsn;
		if (end_lsn > writer->end_lsn)
			writer->end_lsn = end_lsn;
	}
	if (result == FRAME_BAD)
		return err_set(err, ERR_FATAL, "could not read the stream: %s; shipper and plugin must be of one version",
					   reader.why);
	if (session->hello == NULL)
		return err_set(err, ERR_FATAL, "could not read the stream: no HELLO frame at its beginning; "
					   "shipper and plugin must be of one version");
	return true;
}

bool
spool_append(Spool *spool, char *frames, size_t len, int64_t now_us, Err *err)
{
	SpoolWriter *writer = &spool->writer;
	SpoolKind	kind;

	/* what one timeline holds another may not: see spool_timeline() */
	if (!writer->in_unit &&
		(segment_is_long(spool) || spool_last(spool)->timeline != spool->timeline) &&
		!next_segment(spool, err))
		return false;
	kind = spool->session.pending ? SPOOL_SESSION : SPOOL_FRAMES;
	if (!note_frames(spool, frames, len, err))
		return false;
	spool->session.pending = false;
	if (writer->mark_lsn <= writer->end_lsn || writer->in_unit)
		writer->mark_lsn = 0;
	return append_record(spool, kind, frames, len, err);
}

void
spool_keepalive(Spool *spool, uint64_t lsn, bool asked)
{
	SpoolWriter *writer = &spool->writer;

	if (writer->in_unit || lsn <= writer->end_lsn)
		return;
	if (writer->mark_lsn == 0)
		writer->mark_due_us = writer->marked_us + MARK_US;
	if (asked)
		writer->mark_due_us = loop_now_us();
	writer->mark_lsn = lsn;
}

int64_t
spool_due(const Spool *spool)
{
	const SpoolWriter *writer = &spool->writer;
	int64_t		due = 0;

	if (spool->state == SPOOL_OFF)
		return 0;
	if (writer->disk_full)
		return writer->retry_us;
	if (writer->dirty_us != 0)
		due = writer->dirty_us + SYNC_US;
	if (writer->mark_lsn != 0 && (due == 0 || writer->mark_due_us < due))
		due = writer->mark_due_us;
	/* a slow disk gets no more than half of the time */
	if (due != 0 && due < writer->synced_us + writer->sync_cost_us)
		due = writer->synced_us + writer->sync_cost_us;
	return due;
}

bool
spool_sync(Spool *spool, Err *err)
{
	SpoolWriter *writer = &spool->writer;

	if (writer->mark_lsn != 0 && writer->mark_due_us <= loop_now_us())
	{
		writer->end_lsn = writer->mark_lsn;
		writer->mark_lsn = 0;
		writer->marked_us = loop_now_us();
		if (!append_record(spool, SPOOL_MARK, "", 0, err))
			return false;
	}
	if (!flush(spool, err) || !sync_written(spool, err))
		return false;
	if (!writer->disk_full)
		writer->dirty_us = 0;
	return true;
}

bool
spool_room(Spool *spool)
{
	bool		was_full = spool->full;

	if (spool->writer.disk_full)
		return false;
	spool->full = spool->bytes + (int64_t) spool->writer.buffered >= spool->options->max_bytes;
	if (!spool->full)
		return true;
	if (!was_full && log_limit_pass(&spool->full_limit))
		log_warn("the spool \"%s\" is full (walpost.spool.max.bytes is %lld); the server is not read until Kafka takes events",
				 spool->path, (long long) spool->options->max_bytes);
	return false;
}
