/*
 * spool.c
 *	  The spool's states: opened, adopted, written, drained, removed.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "loop.h"
#include "mem.h"
#include "spool_private.h"

#define LOG_MODULE "spool"

/* How far it was delivered is noted so often. */
#define POSITION_US		1000000

static void
free_all(Spool *spool)
{
	spool_reader_free(spool);
	spool_writer_free(spool);
	spool_dir_close(spool);
	free(spool);
}

Spool *
spool_open(const SpoolOptions *options, Err *err)
{
	Spool	   *spool = mem_zero(sizeof(Spool));

	spool->options = options;
	spool->dir_fd = spool->lock_fd = spool->position_fd = -1;
	spool->writer.fd = spool->reader.fd = -1;
	if (!spool_dir_open(spool, err) || !spool_dir_look(spool, err) ||
		(spool->nsegments > 0 && !spool_scan_last(spool, err)))
	{
		free_all(spool);
		return NULL;
	}
	return spool;
}

void
spool_close(Spool *spool)
{
	if (spool == NULL)
		return;
	if (spool->state != SPOOL_OFF && !spool->assumed && spool->delivered_lsn > spool->saved_lsn)
		spool_position_save(spool, loop_now_us());
	free_all(spool);
}

/* Cuts off what is torn, and makes the rest durable: a crash may have left it unsynced. */
static bool
repair(Spool *spool, Err *err)
{
	SpoolSegment *last = spool_last(spool);
	char		name[SPOOL_NAME_SIZE];
	int			fd = spool_segment_open(spool, last->number);

	if (fd < 0 || ftruncate(fd, spool->whole_size) != 0 || fsync(fd) != 0 || fsync(spool->dir_fd) != 0)
	{
		int			error = errno;

		if (fd >= 0)
			close(fd);
		return spool_failed(spool, ERR_FATAL, "repair", spool_segment_name(last->number, name), error, err);
	}
	if (last->size > spool->whole_size)
		log_info("\"%s/%s\" ended in %lld bytes that are no whole transaction; they come again from the server",
				 spool->path, spool_segment_name(last->number, name),
				 (long long) (last->size - spool->whole_size));
	spool->bytes -= last->size - spool->whole_size;
	last->size = spool->whole_size;
	spool_writer_set(spool, fd, spool->writer.end_lsn);
	return true;
}

bool
spool_adopt(Spool *spool, uint64_t system_id, uint64_t confirmed_lsn, Err *err)
{
	uint64_t	end_lsn = spool->writer.end_lsn;

	if (spool->nsegments == 0)
	{
		if (spool->system_id != system_id)
			spool->delivered_lsn = spool->saved_lsn = 0;
		spool->system_id = system_id;
		return true;
	}
	if (spool->system_id != system_id)
		return err_set(err, ERR_CONFIG, "the spool \"%s\" is of another server, system identifier %" PRIu64
					   ", this one is %" PRIu64 "; connect to that server, or move the spool away if what it "
					   "holds, " LSN_FMT " to " LSN_FMT ", is not wanted", spool->path, spool->system_id,
					   system_id, LSN_ARGS(spool->delivered_lsn), LSN_ARGS(end_lsn));
	if (end_lsn < confirmed_lsn && spool_last(spool)->size > spool->whole_size)
		return spool_damaged(spool, spool_last(spool)->number, spool->whole_size, end_lsn,
							 "is not what was written", err);
	if (!repair(spool, err))
		return false;
	spool->state = SPOOL_WRITING;
	spool_reader_set(spool, 0);
	spool_new_session(spool);
	log_info("the spool \"%s\" holds what was committed from " LSN_FMT " to " LSN_FMT ", %lld MiB in %d files",
			 spool->path, LSN_ARGS(spool->delivered_lsn), LSN_ARGS(end_lsn),
			 (long long) (spool->bytes / (1024 * 1024)), spool->nsegments);
	return true;
}

uint32_t
spool_timeline(const Spool *spool)
{
	return spool->nsegments > 0 ? spool->segments[spool->nsegments - 1].timeline : 0;
}

void
spool_set_timeline(Spool *spool, uint32_t timeline)
{
	spool->timeline = timeline;
}

SpoolState
spool_state(const Spool *spool)
{
	return spool->state;
}

const char *
spool_path(const Spool *spool)
{
	return spool->path;
}

uint64_t
spool_delivered_lsn(const Spool *spool)
{
	return spool->delivered_lsn;
}

bool
spool_is_assumed(const Spool *spool)
{
	return spool->assumed;
}

uint64_t
spool_end_lsn(const Spool *spool)
{
	return spool->writer.end_lsn;
}

uint64_t
spool_synced_lsn(const Spool *spool)
{
	return spool->writer.synced_lsn;
}

uint64_t
spool_commit_lsn(const Spool *spool)
{
	return spool->writer.commit_lsn;
}

uint64_t
spool_bytes(const Spool *spool)
{
	return (uint64_t) spool->bytes + spool->writer.buffered;
}

/* The first segment, and the position that goes with it. */
static bool
begin_first(Spool *spool, const SpoolStart *start, Err *err)
{
	int			error;
	int			fd;

	if (!spool_segment_make(spool, start->lsn, &fd, &error))
		return spool_failed(spool, ERR_RETRY, "make a segment in", "", error, err);
	spool->delivered_lsn = start->lsn;
	spool->assumed = start->assumed;
	spool->guard_lsn = start->guard_lsn;
	spool->empty = false;
	if (!spool_position_save(spool, loop_now_us()))
	{
		error = errno;
		close(fd);
		spool_segments_remove(spool, 1);
		return spool_failed(spool, ERR_RETRY, "write the position in", "", error, err);
	}
	spool_writer_set(spool, fd, start->lsn);
	spool_reader_set(spool, 0);
	spool->writer.commit_lsn = start->commit_lsn;
	return true;
}

bool
spool_begin(Spool *spool, const SpoolStart *start, Err *err)
{
	assert(spool->state != SPOOL_WRITING);
	if (spool->state == SPOOL_OFF && !begin_first(spool, start, err))
		return false;
	assert(spool->writer.end_lsn >= start->lsn);
	spool->state = SPOOL_WRITING;
	spool_new_session(spool);
	return true;
}

uint64_t
spool_guard_lsn(const Spool *spool)
{
	return spool->guard_lsn;
}

void
spool_drain(Spool *spool)
{
	assert(spool->state == SPOOL_WRITING);
	spool->state = SPOOL_DRAINING;
	spool->writer.mark_lsn = 0;
}

/* How many segments from the first on hold nothing that is still needed. */
static int
segments_done(const Spool *spool)
{
	int			n = 0;

	while (n < spool->reader.segment && spool->segments[n + 1].base_lsn <= spool->delivered_lsn)
		n++;
	return n;
}

static void
remove_all(Spool *spool)
{
	if (spool_segments_remove(spool, spool->nsegments), spool->nsegments > 0)
		return;
	spool_reader_free(spool);
	spool_writer_free(spool);
	spool->state = SPOOL_OFF;
	log_info("the spool \"%s\" is empty: Kafka has all up to " LSN_FMT, spool->path,
			 LSN_ARGS(spool->delivered_lsn));
}

void
spool_delivered(Spool *spool, uint64_t lsn, uint64_t recorded_lsn, int64_t now_us)
{
	bool		due = now_us - spool->saved_us >= POSITION_US;
	bool		all;
	int			n;

	if (spool->state == SPOOL_OFF)
		return;
	if (lsn > spool->delivered_lsn)
		spool->delivered_lsn = lsn;
	n = segments_done(spool);
	all = spool->state == SPOOL_DRAINING && lsn >= spool->writer.end_lsn &&
		recorded_lsn >= spool->writer.end_lsn;
	if (spool->assumed || n > 0 || all || (due && spool->delivered_lsn > spool->saved_lsn))
	{
		spool->assumed = false;
		spool->empty = all;
		spool_position_save(spool, now_us);
	}
	if (all)
		remove_all(spool);
	else if (n > 0)
		spool->reader.segment -= spool_segments_remove(spool, n);
}
