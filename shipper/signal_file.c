/*
 * signal_file.c
 *	  Signals from a file: a JSON document a line, {"id", "type", "data"}.
 *
 * Lines are taken as they are whole, from where the last look ended.  When all
 * that were taken are settled and nothing was added since, the file is emptied,
 * so what a crash leaves in it is taken again.  (Debezium empties it before.)
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "mem.h"
#include "signal_channels.h"
#include "wire.h"

#define LOG_MODULE "signal"

/* So much is read at a time; a line is no longer than a signal may be. */
#define READ_SIZE	(2 * WIRE_SIGNAL_MAX)

struct SignalFile
{
	const char *path;
	Signals    *signals;
	LoopTimer	timer;
	int64_t		interval_us;
	bool		streaming;

	ino_t		inode;			/* of the file that taken is about */
	off_t		taken;			/* so many bytes of it were read and handed on */
	off_t		seen;			/* how long it was at the last look */
	uint64_t	unsettled;		/* of the signals in them */
	LogLimit	limit;
};

static void
on_settled(void *arg, uint64_t token)
{
	((SignalFile *) arg)->unsettled--;
}

static bool
is_blank(const char *line, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char) line[i] > ' ')
			return false;
	return true;
}

static void
take_line(SignalFile *file, const char *line, size_t len)
{
	if (is_blank(line, len))
		return;
	file->unsettled++;
	signals_take_document(file->signals, SIGNAL_FROM_FILE, line, len, on_settled, file, 0);
}

/* Takes the whole lines in n bytes, and returns how many bytes those were. */
static size_t
take_lines(SignalFile *file, const char *bytes, size_t n)
{
	size_t		done = 0;
	const char *end;

	while ((end = memchr(bytes + done, '\n', n - done)) != NULL)
	{
		take_line(file, bytes + done, (size_t) (end - bytes) - done);
		done = (size_t) (end - bytes) + 1;
	}
	return done;
}

static void
complain(SignalFile *file, const char *what)
{
	if (log_limit_pass(&file->limit))
		log_warn("could not %s signals in file \"%s\": %s; this user needs to read and write it (signal.file)",
				 what, file->path, strerror(errno));
}

/*
 * One step further into the file; false when there is nothing more to take.
 * grows: somebody may be writing its last line.
 */
static bool
read_more(SignalFile *file, int fd, bool grows, char *buffer)
{
	ssize_t		n = pread(fd, buffer, READ_SIZE, file->taken);
	size_t		done;

	if (n < 0)
		complain(file, "read");
	if (n <= 0)
		return false;
	done = take_lines(file, buffer, (size_t) n);

	/* the last line of the file, or one that is too long for a signal */
	if (done == 0 && (!grows || n == READ_SIZE))
	{
		take_line(file, buffer, (size_t) n);
		done = (size_t) n;
	}
	file->taken += (off_t) done;
	return done > 0;
}

/* Empties the file when nobody needs it any more. */
static void
empty(SignalFile *file, int fd)
{
	struct stat now;

	if (file->taken == 0 || file->unsettled > 0 || fstat(fd, &now) != 0 || now.st_size != file->taken)
		return;
	if (ftruncate(fd, 0) != 0)
		complain(file, "remove");
	else
		file->taken = file->seen = 0;
}

static void
look_into(SignalFile *file, int fd)
{
	struct stat now;
	char	   *buffer;
	bool		grows;

	if (fstat(fd, &now) != 0)
		return;
	/* another file, or one that somebody has emptied, begins anew */
	if (now.st_ino != file->inode || now.st_size < file->taken)
		file->taken = file->seen = 0;
	file->inode = now.st_ino;
	grows = now.st_size != file->seen;
	file->seen = now.st_size;
	if (now.st_size > file->taken)
	{
		buffer = mem_zero(READ_SIZE);
		while (read_more(file, fd, grows, buffer))
			;
		free(buffer);
	}
	empty(file, fd);
}

static void
look(SignalFile *file)
{
	int			fd = open(file->path, O_RDWR | O_CLOEXEC);

	if (fd >= 0)
	{
		look_into(file, fd);
		close(fd);
	}
	else if (errno != ENOENT)
		complain(file, "read");
}

static void
on_timer(void *arg)
{
	SignalFile *file = arg;

	if (!file->streaming)
		return;
	loop_timer_set(&file->timer, file->interval_us);
	look(file);
}

SignalFile *
signal_file_new(const Conf *conf, Signals *signals, Loop *loop)
{
	SignalFile *file = mem_zero(sizeof(SignalFile));

	file->path = conf_get(conf, "signal.file");
	file->signals = signals;
	file->interval_us = conf_get_int(conf, "signal.poll.interval.ms") * 1000;
	file->timer = (LoopTimer)
	{
		.fire = on_timer,.arg = file
	};
	loop_timer_add(loop, &file->timer);
	log_info("signals are read from file \"%s\"", file->path);
	return file;
}

void
signal_file_free(SignalFile *file)
{
	free(file);
}

void
signal_file_set(SignalFile *file, bool streaming)
{
	file->streaming = streaming;
	loop_timer_clear(&file->timer);
	if (streaming)
		loop_timer_set(&file->timer, 0);
}
