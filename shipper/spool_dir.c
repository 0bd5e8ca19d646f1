/*
 * spool_dir.c
 *	  The spool's folder: its lock, its segments, how far it was delivered.
 *
 * A segment appears under its name with its head synced, so that whatever bears
 * such a name was whole once.  The position is written when a spool begins and
 * before a segment is removed; so if it is behind the first segment, nobody has
 * asked Kafka yet whether it has what was before that.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mem.h"
#include "spool_private.h"

#define LOG_MODULE "spool"

#define LOCK_NAME		"lock"
#define POSITION_NAME	"position"
#define NEW_NAME		"new"

char *
spool_segment_name(uint64_t number, char name[SPOOL_NAME_SIZE])
{
	snprintf(name, SPOOL_NAME_SIZE, "%010" PRIu64 ".segment", number);
	return name;
}

/* What to do about an error of the system; dir is where it happened. */
static const char *
remedy(int error, const char *dir, char *text, size_t size)
{
	struct stat st;

	if (error == ENOENT || error == ENOTDIR)
		return "make the folder, owned by the user that runs walpost, or name another one (walpost.spool.dir)";
	if (error == ENOSPC || error == EDQUOT)
		return "make room on its disk";
	if (error == EROFS)
		return "mount its file system read-write, or name another folder (walpost.spool.dir)";
	if ((error == EACCES || error == EPERM) && stat(dir, &st) == 0)
	{
		snprintf(text, size, "\"%s\" belongs to user id %u with mode %03o, this is user id %u; "
				 "make it the folder of the user that runs walpost",
				 dir, (unsigned) st.st_uid, (unsigned) (st.st_mode & 0777), (unsigned) geteuid());
		return text;
	}
	return "see the system's log for what is wrong with the disk";
}

bool
spool_failed(const Spool *spool, ErrKind kind, const char *verb, const char *file, int error,
			 Err *err)
{
	char		text[512];
	const char *dir = access(spool->path, F_OK) == 0 ? spool->path : spool->options->dir;

	return err_set(err, kind, "could not %s \"%s%s%s\" of the spool: %s; %s", verb, spool->path,
				   *file ? "/" : "", file, strerror(error), remedy(error, dir, text, sizeof(text)));
}

bool
spool_damaged(const Spool *spool, uint64_t number, int64_t offset, uint64_t lsn,
			  const char *what, Err *err)
{
	char		name[SPOOL_NAME_SIZE];

	return err_set(err, ERR_FATAL, "the spool is damaged: \"%s/%s\" %s at offset %lld; all up to " LSN_FMT
				   " was read, what it held from there on was confirmed to the server and is nowhere else: "
				   "restore the file, or move \"%s\" away and start again from the slot's position, "
				   "then read the tables again",
				   spool->path, spool_segment_name(number, name), what, (long long) offset,
				   LSN_ARGS(lsn), spool->path);
}

bool
spool_check(const SpoolOptions *options, Err *err)
{
	Spool		spool = {.options = options,.path = (char *) options->dir};
	struct stat st;

	if (stat(options->dir, &st) != 0)
		return spool_failed(&spool, ERR_CONFIG, "use the directory", "", errno, err);
	if (!S_ISDIR(st.st_mode))
		return spool_failed(&spool, ERR_CONFIG, "use the directory", "", ENOTDIR, err);
	if (access(options->dir, W_OK | X_OK) != 0)
		return spool_failed(&spool, ERR_CONFIG, "use the directory", "", errno, err);
	return true;
}

static bool
lock_folder(Spool *spool, Err *err)
{
	spool->lock_fd = openat(spool->dir_fd, LOCK_NAME, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (spool->lock_fd < 0)
		return spool_failed(spool, ERR_CONFIG, "open", LOCK_NAME, errno, err);
	if (flock(spool->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return true;
	if (errno != EWOULDBLOCK)
		return spool_failed(spool, ERR_CONFIG, "lock", LOCK_NAME, errno, err);
	return err_set(err, ERR_RETRY, "the spool \"%s\" is in use by another walpost", spool->path);
}

/* Makes the folder if need be, durable itself. */
static bool
make_folder(Spool *spool, Err *err)
{
	int			fd;
	bool		durable;

	if (mkdir(spool->path, 0700) != 0)
		return errno == EEXIST || spool_failed(spool, ERR_CONFIG, "make the folder", "", errno, err);
	fd = open(spool->options->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	durable = fd >= 0 && fsync(fd) == 0;
	if (!durable)
		spool_failed(spool, ERR_CONFIG, "sync the folder", "", errno, err);
	if (fd >= 0)
		close(fd);
	return durable;
}

bool
spool_dir_open(Spool *spool, Err *err)
{
	spool->path = mem_print("%s/%s.spool", spool->options->dir, spool->options->prefix);
	if (!make_folder(spool, err))
		return false;
	spool->dir_fd = open(spool->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (spool->dir_fd < 0)
		return spool_failed(spool, ERR_CONFIG, "open the folder", "", errno, err);
	return lock_folder(spool, err);
}

void
spool_dir_close(Spool *spool)
{
	/* the lock goes last */
	if (spool->position_fd >= 0)
		close(spool->position_fd);
	if (spool->dir_fd >= 0)
		close(spool->dir_fd);
	if (spool->lock_fd >= 0)
		close(spool->lock_fd);
	free(spool->segments);
	free(spool->path);
}

/* ---- what is there ---- */

static int
compare_segments(const void *a, const void *b)
{
	uint64_t	x = ((const SpoolSegment *) a)->number;
	uint64_t	y = ((const SpoolSegment *) b)->number;

	return x < y ? -1 : x > y;
}

/* The segments by their names, in order. */
static bool
list_segments(Spool *spool, Err *err)
{
	int			fd = openat(spool->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR		   *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (dir == NULL)
	{
		int			error = errno;

		if (fd >= 0)
			close(fd);
		return spool_failed(spool, ERR_CONFIG, "read the folder", "", error, err);
	}
	while ((entry = readdir(dir)) != NULL)
	{
		uint64_t	number;
		char		name[SPOOL_NAME_SIZE];

		if (sscanf(entry->d_name, "%" SCNu64 ".segment", &number) != 1 ||
			strcmp(entry->d_name, spool_segment_name(number, name)) != 0)
			continue;
		spool->segments = mem_resize(spool->segments,
									 (spool->nsegments + 1) * sizeof(SpoolSegment));
		spool->segments[spool->nsegments++] = (SpoolSegment)
		{
			.number = number
		};
	}
	closedir(dir);
	if (spool->nsegments > 1)
		qsort(spool->segments, spool->nsegments, sizeof(SpoolSegment), compare_segments);
	return true;
}

int
spool_segment_open(const Spool *spool, uint64_t number)
{
	char		name[SPOOL_NAME_SIZE];

	return openat(spool->dir_fd, spool_segment_name(number, name), O_RDWR | O_CLOEXEC);
}

/* Reads a segment's head, and whose it is. */
static bool
read_head(Spool *spool, SpoolSegment *segment, SpoolHead *head, Err *err)
{
	char		bytes[SPOOL_HEAD];
	char		name[SPOOL_NAME_SIZE];
	struct stat st;
	ssize_t		len;
	int			fd = spool_segment_open(spool, segment->number);

	spool_segment_name(segment->number, name);
	if (fd < 0)
		return spool_failed(spool, ERR_CONFIG, "open", name, errno, err);
	len = pread(fd, bytes, sizeof(bytes), 0);
	if (len < 0 || fstat(fd, &st) != 0)
	{
		int			error = errno;

		close(fd);
		return spool_failed(spool, ERR_FATAL, "read", name, error, err);
	}
	close(fd);
	switch (spool_head_decode(bytes, (size_t) len, head))
	{
		case SPOOL_OK:
			break;
		case SPOOL_OTHER_VERSION:
			return err_set(err, ERR_CONFIG, "could not read \"%s/%s\": another version of walpost wrote it; "
						   "let that version deliver it first", spool->path, name);
		default:
			return spool_damaged(spool, segment->number, 0, 0, "has no valid head", err);
	}
	segment->base_lsn = head->base_lsn;
	segment->timeline = head->timeline;
	segment->size = st.st_size;
	return true;
}

/* A segment is this connector's, and of the same server as those before. */
static bool
check_head(Spool *spool, const SpoolSegment *segment, const SpoolHead *head, Err *err)
{
	const SpoolOptions *options = spool->options;

	if (head->number != segment->number)
		return spool_damaged(spool, segment->number, 0, 0, "has another file's head", err);
	if (strcmp(head->slot, options->slot) != 0 || strcmp(head->prefix, options->prefix) != 0)
		return err_set(err, ERR_CONFIG, "the spool \"%s\" is another connector's: of slot \"%s\" and topic.prefix \"%s\", "
					   "this one has \"%s\" and \"%s\"; name another folder (walpost.spool.dir), "
					   "or let that connector deliver it first",
					   spool->path, head->slot, head->prefix, options->slot, options->prefix);
	if (segment == spool->segments)
		spool->system_id = head->system_id;
	return head->system_id == spool->system_id ||
		spool_damaged(spool, segment->number, 0, segment->base_lsn, "is of another server", err);
}

/* Each segment follows the one before. */
static bool
check_order(Spool *spool, Err *err)
{
	for (int i = 1; i < spool->nsegments; i++)
	{
		const SpoolSegment *segment = &spool->segments[i];

		if (segment->number != segment[-1].number + 1)
			return spool_damaged(spool, segment[-1].number + 1, 0, segment->base_lsn, "is missing", err);
		if (segment->base_lsn < segment[-1].base_lsn)
			return spool_damaged(spool, segment->number, 0, segment->base_lsn,
								 "does not follow the one before", err);
	}
	return true;
}

/*
 * Segments that were removed may be back after a loss of power, some of them:
 * all of an empty spool, else all before the last one that begins at what Kafka
 * has.
 */
static void
remove_delivered(Spool *spool)
{
	int			n = spool->empty ? spool->nsegments : 0;

	for (int i = 1; i < spool->nsegments && !spool->empty; i++)
	{
		if (spool->segments[i].base_lsn <= spool->delivered_lsn)
			n = i;
	}
	if (n > 0)
		spool_segments_remove(spool, n);
}

/* The position, if it is there and whole: it only saves work. */
static bool
read_position(Spool *spool, Err *err)
{
	char		bytes[SPOOL_POSITION];
	SpoolPosition position;
	ssize_t		len;

	spool->position_fd = openat(spool->dir_fd, POSITION_NAME, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (spool->position_fd < 0)
		return spool_failed(spool, ERR_CONFIG, "open", POSITION_NAME, errno, err);
	len = pread(spool->position_fd, bytes, sizeof(bytes), 0);
	if (len < 0 || spool_position_decode(bytes, (size_t) len, &position) != SPOOL_OK)
		return true;
	if (spool->nsegments == 0)
		spool->system_id = position.system_id;
	if (position.system_id == spool->system_id)
	{
		spool->delivered_lsn = spool->saved_lsn = position.delivered_lsn;
		spool->guard_lsn = position.guard_lsn;
		spool->empty = position.empty;
	}
	return true;
}

bool
spool_dir_look(Spool *spool, Err *err)
{
	unlinkat(spool->dir_fd, NEW_NAME, 0);
	if (!list_segments(spool, err))
		return false;
	for (int i = 0; i < spool->nsegments; i++)
	{
		SpoolHead	head;

		if (!read_head(spool, &spool->segments[i], &head, err) ||
			!check_head(spool, &spool->segments[i], &head, err))
			return false;
		spool->bytes += spool->segments[i].size;
	}
	if (!read_position(spool, err))
		return false;
	spool->next_number = 1;
	if (spool->nsegments == 0)
		return true;
	spool->next_number = spool_last(spool)->number + 1;
	remove_delivered(spool);
	if (spool->nsegments == 0)
		return true;
	if (!check_order(spool, err))
		return false;
	/* the position is written before anything is removed */
	spool->assumed = spool->delivered_lsn < spool->segments[0].base_lsn;
	if (spool->assumed)
		spool->delivered_lsn = spool->segments[0].base_lsn;
	return true;
}

/* ---- what changes ---- */

/* Writes a segment's head into a new file and makes both durable. */
static bool
make_file(Spool *spool, const SpoolHead *head, int *fd)
{
	char		bytes[SPOOL_HEAD];
	char		name[SPOOL_NAME_SIZE];

	*fd = openat(spool->dir_fd, NEW_NAME, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (*fd < 0)
		return false;
	spool_head_encode(head, bytes);
	errno = ENOSPC;
	return pwrite(*fd, bytes, sizeof(bytes), 0) == (ssize_t) sizeof(bytes) &&
		fsync(*fd) == 0 &&
		renameat(spool->dir_fd, NEW_NAME, spool->dir_fd, spool_segment_name(head->number, name)) == 0 &&
		fsync(spool->dir_fd) == 0;
}

bool
spool_segment_make(Spool *spool, uint64_t base_lsn, int *fd, int *error)
{
	SpoolHead	head = {
		.system_id = spool->system_id,.number = spool->next_number,.base_lsn = base_lsn,
		.timeline = spool->timeline
	};

	snprintf(head.slot, sizeof(head.slot), "%s", spool->options->slot);
	snprintf(head.prefix, sizeof(head.prefix), "%s", spool->options->prefix);
	if (!make_file(spool, &head, fd))
	{
		char		name[SPOOL_NAME_SIZE];

		*error = errno;
		if (*fd >= 0)
			close(*fd);
		unlinkat(spool->dir_fd, NEW_NAME, 0);
		unlinkat(spool->dir_fd, spool_segment_name(head.number, name), 0);
		return false;
	}
	spool->next_number++;
	spool->segments = mem_resize(spool->segments, (spool->nsegments + 1) * sizeof(SpoolSegment));
	spool->segments[spool->nsegments++] = (SpoolSegment)
	{
		.number = head.number,.base_lsn = base_lsn,.timeline = head.timeline,
			.size = SPOOL_HEAD
	};
	spool->bytes += SPOOL_HEAD;
	return true;
}

int
spool_segments_remove(Spool *spool, int n)
{
	int			done;

	/* in order, so that a crash leaves no hole */
	for (done = 0; done < n; done++)
	{
		char		name[SPOOL_NAME_SIZE];

		spool_segment_name(spool->segments[done].number, name);
		if (unlinkat(spool->dir_fd, name, 0) != 0 && errno != ENOENT)
		{
			if (log_limit_pass(&spool->position_limit))
				log_warn("could not remove \"%s/%s\", which Kafka has: %s", spool->path, name,
						 strerror(errno));
			break;
		}
		spool->bytes -= spool->segments[done].size;
	}
	spool->nsegments -= done;
	memmove(spool->segments, spool->segments + done, spool->nsegments * sizeof(SpoolSegment));

	/*
	 * Without any, the slot moves on past them: back after a loss of power,
	 * they would look like a spool that lacks its end.
	 */
	if (done > 0 && spool->nsegments == 0 && fsync(spool->dir_fd) != 0 &&
		log_limit_pass(&spool->position_limit))
		log_warn("could not sync \"%s\": %s", spool->path, strerror(errno));
	return done;
}

bool
spool_position_save(Spool *spool, int64_t now_us)
{
	SpoolPosition position = {
		.system_id = spool->system_id,
		.delivered_lsn = spool->assumed ? spool->saved_lsn : spool->delivered_lsn,
		.guard_lsn = spool->guard_lsn,
		.empty = spool->empty
	};
	char		bytes[SPOOL_POSITION];

	spool->saved_us = now_us;
	spool_position_encode(&position, bytes);
	if (pwrite(spool->position_fd, bytes, sizeof(bytes), 0) != (ssize_t) sizeof(bytes) ||
		fdatasync(spool->position_fd) != 0)
	{
		int			error = errno;

		if (log_limit_pass(&spool->position_limit))
			log_warn("could not write \"%s/" POSITION_NAME "\": %s; more than needed is sent again after the next start",
					 spool->path, strerror(error));
		errno = error;
		return false;
	}
	spool->saved_lsn = position.delivered_lsn;
	return true;
}
