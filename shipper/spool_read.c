/*
 * spool_read.c
 *	  The spool's front: records read back, each checked.
 *
 * The reader may be where the writer is: then it takes records from the
 * writer's buffer, before they are written.  Only what a start finds behind the
 * last whole unit of the last segment may be torn; anything else that is not
 * what was written is damage.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mem.h"
#include "spool_private.h"

/* So much is read in one go. */
#define CHUNK_BYTES		(256 * 1024)

void
spool_reader_set(Spool *spool, int segment)
{
	SpoolReader *reader = &spool->reader;

	if (reader->fd >= 0)
		close(reader->fd);
	reader->fd = -1;
	reader->segment = segment;
	reader->offset = SPOOL_HEAD;
	reader->chunk_len = 0;
	if (segment < spool->nsegments)
		reader->lsn = spool->segments[segment].base_lsn;
}

void
spool_reader_free(Spool *spool)
{
	SpoolReader *reader = &spool->reader;

	if (reader->fd >= 0)
		close(reader->fd);
	reader->fd = -1;
	free(reader->chunk);
	reader->chunk = NULL;
	reader->chunk_len = 0;
}

static bool
read_failed(Spool *spool, int error, Err *err)
{
	char		name[SPOOL_NAME_SIZE];

	return spool_failed(spool, ERR_FATAL, "read",
						spool_segment_name(spool->segments[spool->reader.segment].number, name),
						error, err);
}

/* Reads as much as there is of len bytes of the file; -1 and errno on failure. */
static ssize_t
read_bytes(int fd, char *to, size_t len, int64_t offset)
{
	size_t		have = 0;

	while (have < len)
	{
		ssize_t		n = pread(fd, to + have, len - have, offset + (int64_t) have);

		if (n < 0)
			return -1;
		if (n == 0)
			break;
		have += (size_t) n;
	}
	return (ssize_t) have;
}

/*
 * Copies len bytes of the file from the reader's offset on, by way of the
 * chunk.  The segment's size says that they are there.
 */
static bool
take_bytes(Spool *spool, char *to, size_t len, Err *err)
{
	SpoolReader *reader = &spool->reader;
	SpoolSegment *segment = &spool->segments[reader->segment];
	size_t		at = (size_t) (reader->offset - reader->chunk_offset);
	ssize_t		n;

	if (reader->fd < 0 && (reader->fd = spool_segment_open(spool, segment->number)) < 0)
		return read_failed(spool, errno, err);
	if (len <= CHUNK_BYTES && (reader->chunk_len < at || reader->chunk_len - at < len))
	{
		int64_t		left = segment->size - reader->offset;

		if (reader->chunk == NULL)
			reader->chunk = mem_zero(CHUNK_BYTES);
		n = read_bytes(reader->fd, reader->chunk, left < CHUNK_BYTES ? (size_t) left : CHUNK_BYTES,
					   reader->offset);
		reader->chunk_len = n < 0 ? 0 : (size_t) n;
		if (n < 0)
			return read_failed(spool, errno, err);
		reader->chunk_offset = reader->offset;
		at = 0;
	}
	if (reader->chunk_len >= at && reader->chunk_len - at >= len)
	{
		memcpy(to, reader->chunk + at, len);
		return true;
	}
	n = read_bytes(reader->fd, to, len, reader->offset);
	if (n == (ssize_t) len)
		return true;
	return read_failed(spool, n < 0 ? errno : EIO, err);
}

/* How a record at the reader's place was found. */
typedef enum Found
{
	FOUND, FOUND_TORN, FOUND_NONE, FOUND_FAILED
} Found;

/*
 * Takes the record at the reader's offset in its segment's file into a buffer
 * of its own, which is the caller's.
 */
static Found
take_record(Spool *spool, char **buffer, SpoolRecord *record, Err *err)
{
	SpoolReader *reader = &spool->reader;
	SpoolSegment *segment = &spool->segments[reader->segment];
	int64_t		left = segment->size - reader->offset;
	char		head[SPOOL_RECORD_HEAD];
	size_t		size;

	if (left == 0)
		return FOUND_NONE;
	if (left < SPOOL_RECORD_HEAD)
		return FOUND_TORN;
	if (!take_bytes(spool, head, sizeof(head), err))
		return FOUND_FAILED;
	size = spool_record_size(head);
	if ((int64_t) size > left)
		return FOUND_TORN;
	*buffer = mem_resize(NULL, size);
	if (!take_bytes(spool, *buffer, size, err))
	{
		free(*buffer);
		return FOUND_FAILED;
	}
	if (spool_record_decode(*buffer, size, segment->number, record) != SPOOL_OK)
	{
		free(*buffer);
		return FOUND_TORN;
	}
	reader->offset += (int64_t) size;
	reader->lsn = record->end_lsn;
	return FOUND;
}

bool
spool_scan_last(Spool *spool, Err *err)
{
	SpoolWriter *writer = &spool->writer;
	SpoolRecord record;
	Found		found;
	char	   *buffer;

	spool_reader_set(spool, spool->nsegments - 1);
	writer->end_lsn = spool->reader.lsn;
	spool->whole_size = SPOOL_HEAD;
	while ((found = take_record(spool, &buffer, &record, err)) == FOUND)
	{
		if (!record.open)
		{
			spool->whole_size = spool->reader.offset;
			writer->end_lsn = record.end_lsn;
			writer->commit_lsn = record.commit_lsn;
		}
		free(buffer);
	}
	return found != FOUND_FAILED;
}

/* The record at the reader's place in the writer's buffer. */
static SpoolRead
take_buffered(Spool *spool, SpoolItem *item, SpoolRecord *record)
{
	SpoolReader *reader = &spool->reader;
	SpoolSegment *segment = &spool->segments[reader->segment];
	const char *bytes = spool->writer.buffer + (reader->offset - segment->size);
	size_t		size = spool_record_size(bytes);

	item->buffer = mem_copy_len(bytes, size);
	spool_record_decode(item->buffer, size, segment->number, record);
	reader->offset += (int64_t) size;
	reader->lsn = record->end_lsn;
	return SPOOL_READ_FRAMES;
}

/* Fills the item from its record. */
static SpoolRead
make_item(SpoolItem *item, const SpoolRecord *record)
{
	item->len = SPOOL_RECORD_HEAD + (size_t) record->len;
	item->start = SPOOL_RECORD_HEAD;
	item->lsn = record->end_lsn;
	if (record->kind == SPOOL_MARK)
	{
		free(item->buffer);
		item->buffer = NULL;
		return SPOOL_READ_MARK;
	}
	return record->kind == SPOOL_SESSION ? SPOOL_READ_SESSION : SPOOL_READ_FRAMES;
}

/* True when the reader has read all of its segment, as far as it is in a file. */
static bool
at_end_of_file(const Spool *spool)
{
	return spool->reader.offset == spool->segments[spool->reader.segment].size;
}

/* The next segment's turn; it must go on where this one ended. */
static bool
next_to_read(Spool *spool, Err *err)
{
	SpoolReader *reader = &spool->reader;
	const SpoolSegment *segment = &spool->segments[reader->segment];

	if (reader->lsn != segment[1].base_lsn)
		return spool_damaged(spool, segment->number, reader->offset, reader->lsn,
							 "ends too early", err);
	spool_reader_set(spool, reader->segment + 1);
	return true;
}

SpoolRead
spool_read(Spool *spool, SpoolItem *item, Err *err)
{
	SpoolReader *reader = &spool->reader;
	SpoolRecord record;

	if (spool->state != SPOOL_WRITING)
		return SPOOL_READ_END;
	while (reader->segment < spool->nsegments - 1 && at_end_of_file(spool))
	{
		if (!next_to_read(spool, err))
			return SPOOL_READ_FAILED;
	}
	if (reader->segment == spool->nsegments - 1 &&
		reader->offset >= spool_last(spool)->size)
	{
		if (reader->offset == spool_last(spool)->size + (int64_t) spool->writer.buffered)
			return SPOOL_READ_END;
		take_buffered(spool, item, &record);
		return make_item(item, &record);
	}
	switch (take_record(spool, &item->buffer, &record, err))
	{
		case FOUND:
			return make_item(item, &record);
		case FOUND_FAILED:
			return SPOOL_READ_FAILED;
		default:
			spool_damaged(spool, spool->segments[reader->segment].number, reader->offset,
						  reader->lsn, "is not what was written", err);
			return SPOOL_READ_FAILED;
	}
}
