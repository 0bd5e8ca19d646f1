/*
 * fulldisk.c
 *	  A library for LD_PRELOAD that plays a full disk: no file grows.
 *
 * From the environment: FULLDISK_DIR, the folder that it is about (with all below
 * it), and FULLDISK_SWITCH, a file that is there while the disk is full.  What a
 * file has already can be written over, as on a disk.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "watched.h"

/* Whether a write that ends there finds no room; offset -1: where the file stands. */
static bool
finds_no_room(int fd, off_t offset, size_t len)
{
	const char *sign = getenv("FULLDISK_SWITCH");
	int			error = errno;
	struct stat st;
	bool		full = false;

	if (sign != NULL && access(sign, F_OK) == 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
	{
		if (offset < 0)
			offset = lseek(fd, 0, SEEK_CUR);
		full = offset + (off_t) len > st.st_size && is_below(fd, "FULLDISK_DIR");
	}
	errno = full ? ENOSPC : error;
	return full;
}

static size_t
length(const struct iovec *iov, int n)
{
	size_t		len = 0;

	for (int i = 0; i < n; i++)
		len += iov[i].iov_len;
	return len;
}

ssize_t
write(int fd, const void *data, size_t len)
{
	ssize_t		(*real) (int, const void *, size_t) = dlsym(RTLD_NEXT, "write");

	return finds_no_room(fd, -1, len) ? -1 : real(fd, data, len);
}

ssize_t
pwrite(int fd, const void *data, size_t len, off_t offset)
{
	ssize_t		(*real) (int, const void *, size_t, off_t) = dlsym(RTLD_NEXT, "pwrite");

	return finds_no_room(fd, offset, len) ? -1 : real(fd, data, len, offset);
}

ssize_t
pwritev(int fd, const struct iovec *iov, int n, off_t offset)
{
	ssize_t		(*real) (int, const struct iovec *, int, off_t) = dlsym(RTLD_NEXT, "pwritev");

	return finds_no_room(fd, offset, length(iov, n)) ? -1 : real(fd, iov, n, offset);
}

/* It returns what others put into errno. */
int
posix_fallocate(int fd, off_t offset, off_t len)
{
	int			(*real) (int, off_t, off_t) = dlsym(RTLD_NEXT, "posix_fallocate");

	return finds_no_room(fd, offset, (size_t) len) ? ENOSPC : real(fd, offset, len);
}

/* The names under which programs with large files know them. */
ssize_t		pwrite64(int fd, const void *data, size_t len, off_t offset) __attribute__((alias("pwrite")));
ssize_t		pwritev64(int fd, const struct iovec *iov, int n, off_t offset) __attribute__((alias("pwritev")));
int			posix_fallocate64(int fd, off_t offset, off_t len) __attribute__((alias("posix_fallocate")));
