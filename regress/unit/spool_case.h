/*
 * spool_case.h
 *	  A spool in a folder of its own: written with messages as the plugin sends
 *	  them, and read.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_SPOOL_CASE_H
#define WALPOST_SPOOL_CASE_H

#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#include "../../shipper/frame.h"
#include "log.h"
#include "loop.h"
#include "spool.h"
#include "tap.h"
#include "wire.h"

#define SYSTEM_ID	UINT64_C(7312345678901234567)

static char base[] = "/tmp/spoolXXXXXX";
static SpoolOptions options = {
	.prefix = "shop",.slot = "walpost",.max_bytes = 1 << 30
};

/* ---- frames as the plugin sends them ---- */

typedef struct Message
{
	char		bytes[4096];
	size_t		len;
} Message;

static inline char *
add_frame(Message *message, char tag, size_t len)
{
	char	   *p = message->bytes + message->len;

	p[0] = tag;
	wire_put32(p + 1, (uint32_t) len);
	memset(p + WIRE_FRAME_HEAD, 0, len);
	message->len += WIRE_FRAME_HEAD + len;
	return p + WIRE_FRAME_HEAD;
}

static inline void
add_hello(Message *message)
{
	char	   *p = add_frame(message, WIRE_HELLO, 14);

	wire_put16(p, WIRE_VERSION);
	wire_put32(p + 2, 150000);
}

static inline void
add_relation(Message *message, uint32_t stream, char topic)
{
	char	   *p = add_frame(message, WIRE_RELATION, 23);

	wire_put32(p, stream);
	p[4] = p[5] = WIRE_FORMAT_JSON;
	wire_put32(p + 6, 1);
	p[10] = topic;
}

static inline void
add_begin(Message *message, uint64_t lsn)
{
	wire_put64(add_frame(message, WIRE_BEGIN, 20), lsn);
}

static inline void
add_event(Message *message, uint32_t stream, uint64_t number)
{
	char	   *p = add_frame(message, WIRE_EVENT, WIRE_EVENT_HEAD + 8);

	wire_put32(p + WIRE_EVENT_STREAM, stream);
	p[WIRE_EVENT_FLAGS] = WIRE_HAS_VALUE;
	wire_put64(p + WIRE_EVENT_ORDINAL, number);
	wire_put32(p + WIRE_EVENT_VALUE_LEN, 8);
	wire_put64(p + WIRE_EVENT_HEAD, number);
}

static inline void
add_commit(Message *message, uint64_t lsn, uint64_t nevents)
{
	char	   *p = add_frame(message, WIRE_COMMIT, 24);

	wire_put64(p, lsn);
	wire_put64(p + 8, lsn + 10);
	wire_put64(p + 16, nevents);
}

/* Appends a message, which must succeed. */
static inline bool
append(Spool *spool, Message *message)
{
	Err			err = {0};
	bool		done = spool_append(spool, message->bytes, message->len, loop_now_us(), &err);

	if (!done)
		printf("# %s\n", err.text);
	message->len = 0;
	return done;
}

/* A transaction of two events whose values are 2 * number and the next. */
static inline bool
append_transaction(Spool *spool, uint64_t number, bool hello)
{
	Message		message = {.len = 0};
	uint64_t	lsn = number * 100;

	if (hello)
	{
		add_hello(&message);
		add_relation(&message, 0, 'a');
	}
	add_begin(&message, lsn);
	add_event(&message, 0, number * 2);
	if (!append(spool, &message))
		return false;
	add_event(&message, 0, number * 2 + 1);
	add_commit(&message, lsn, 2);
	return append(spool, &message);
}

/* ---- a folder for each test ---- */

static inline void
remove_files(const char *dir)
{
	DIR		   *d = opendir(dir);
	struct dirent *entry;
	char		path[1024];

	while (d != NULL && (entry = readdir(d)) != NULL)
	{
		snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		if (entry->d_name[0] != '.')
			unlink(path);
	}
	if (d != NULL)
		closedir(d);
}

static inline const char *
folder(void)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/shop.spool", base);
	return path;
}

static inline void
start_anew(void)
{
	remove_files(folder());
	options.dir = base;
	options.max_bytes = 1 << 30;
}

static inline const char *
segment_path(int number)
{
	static char path[1024];

	snprintf(path, sizeof(path), "%s/%010d.segment", folder(), number);
	return path;
}

/* Opens and adopts what is there; NULL and err on failure. */
static inline Spool *
open_spool(uint64_t confirmed, Err *err)
{
	Spool	   *spool = spool_open(&options, err);

	if (spool != NULL && !spool_adopt(spool, SYSTEM_ID, confirmed, err))
	{
		spool_close(spool);
		return NULL;
	}
	return spool;
}

static inline bool
begin(Spool *spool, uint64_t lsn, uint64_t commit_lsn, bool assumed, Err *err)
{
	SpoolStart	start = {.lsn = lsn,.commit_lsn = commit_lsn,.assumed = assumed,.guard_lsn = lsn + 7};

	return spool_begin(spool, &start, err);
}

/* What the reader of a spool makes of it. */
typedef struct Seen
{
	uint64_t	events;
	uint64_t	first;			/* value of the first event */
	uint64_t	last;
	int			units;			/* whole ones */
	int			sessions;
	int			marks;
	bool		in_order;		/* values count up by one, or begin a unit again */
	bool		defined;		/* HELLO and RELATION came before events */
} Seen;

static inline void
see_frames(Seen *seen, SpoolItem *item, bool session)
{
	FrameReader reader = {.p = item->buffer + item->start,.end = item->buffer + item->len};
	static bool hello;
	static bool relation;
	Frame		frame;

	if (session)
		hello = relation = false;
	while (frame_next(&reader, &frame) == FRAME_OK)
	{
		hello |= frame.tag == WIRE_HELLO;
		relation |= frame.tag == WIRE_RELATION;
		seen->units += frame.tag == WIRE_COMMIT;
		if (frame.tag != WIRE_EVENT)
			continue;
		if (seen->events++ == 0)
			seen->first = frame.event.ordinal;
		else if (frame.event.ordinal != seen->last + 1 && frame.event.ordinal % 2 != 0)
			seen->in_order = false;
		seen->last = frame.event.ordinal;
		seen->defined &= hello && relation;
	}
}

/* Reads to the end; false and err when that fails. */
static inline bool
read_all(Spool *spool, Seen *seen, Err *err)
{
	*seen = (Seen) {
		.in_order = true,.defined = true
	};
	for (;;)
	{
		SpoolItem	item;
		SpoolRead	what = spool_read(spool, &item, err);

		if (what == SPOOL_READ_END)
			return true;
		if (what == SPOOL_READ_FAILED)
			return false;
		seen->marks += what == SPOOL_READ_MARK;
		seen->sessions += what == SPOOL_READ_SESSION;
		if (what != SPOOL_READ_MARK)
			see_frames(seen, &item, what == SPOOL_READ_SESSION);
		free(item.buffer);
	}
}

static inline int
count_segments(void)
{
	DIR		   *d = opendir(folder());
	struct dirent *entry;
	int			n = 0;

	while (d != NULL && (entry = readdir(d)) != NULL)
		n += strstr(entry->d_name, ".segment") != NULL;
	if (d != NULL)
		closedir(d);
	return n;
}

/* Makes the folder; false when that fails. */
static inline bool
open_case(void)
{
	log_level = LOG_ERROR;
	return mkdtemp(base) != NULL;
}

static inline void
close_case(void)
{
	remove_files(folder());
	rmdir(folder());
	rmdir(base);
}

#endif							/* WALPOST_SPOOL_CASE_H */
