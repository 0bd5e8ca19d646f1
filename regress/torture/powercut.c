/*
 * powercut.c
 *	  A library for LD_PRELOAD that notes what a program has made durable, so
 *	  that a loss of power can be played: what was not, is taken away.
 *
 * From the environment: POWERCUT_DIR, the folder that it is about (with all
 * below it), and POWERCUT_LOG, where it writes a line "INODE SIZE" for each
 * sync of a file.  A file that is removed stays as NAME.gone until the folder
 * that it was in is synced.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "watched.h"

/* Whatever was removed from the folder is so for good. */
static void
forget_gone(int fd)
{
	int			own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR		   *dir = own < 0 ? NULL : fdopendir(own);
	struct dirent *entry;

	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL)
	{
		size_t		len = strlen(entry->d_name);
		int			(*real) (int, const char *, int) = dlsym(RTLD_NEXT, "unlinkat");

		if (len > 5 && strcmp(entry->d_name + len - 5, ".gone") == 0)
			real(fd, entry->d_name, 0);
	}
	closedir(dir);
}

static void
note(int fd)
{
	const char *log = getenv("POWERCUT_LOG");
	struct stat st;
	char		line[64];
	int			out;

	if (log == NULL || !is_below(fd, "POWERCUT_DIR") || fstat(fd, &st) != 0)
		return;
	if (S_ISDIR(st.st_mode))
	{
		forget_gone(fd);
		return;
	}
	out = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (out < 0)
		return;
	snprintf(line, sizeof(line), "%llu %lld\n", (unsigned long long) st.st_ino, (long long) st.st_size);
	if (write(out, line, strlen(line)) < 0)
		perror("powercut");
	close(out);
}

static int
sync_noted(const char *name, int fd)
{
	int			(*real) (int) = dlsym(RTLD_NEXT, name);
	int			result = real(fd);
	int			error = errno;

	if (result == 0)
		note(fd);
	errno = error;
	return result;
}

int
fsync(int fd)
{
	return sync_noted("fsync", fd);
}

int
fdatasync(int fd)
{
	return sync_noted("fdatasync", fd);
}

int
unlinkat(int fd, const char *name, int flags)
{
	int			(*real) (int, const char *, int) = dlsym(RTLD_NEXT, "unlinkat");
	char		gone[512];

	if (flags == 0 && fd >= 0 && is_below(fd, "POWERCUT_DIR"))
	{
		snprintf(gone, sizeof(gone), "%s.gone", name);
		if (linkat(fd, name, fd, gone, 0) != 0 && errno == EEXIST)
		{
			real(fd, gone, 0);
			(void) !linkat(fd, name, fd, gone, 0);
		}
	}
	return real(fd, name, flags);
}
