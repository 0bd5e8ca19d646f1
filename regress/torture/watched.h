/*
 * watched.h
 *	  Which files a library for LD_PRELOAD is about.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_WATCHED_H
#define WALPOST_WATCHED_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Whether a file or folder lies below the folder that this variable of the environment names. */
static inline bool
is_below(int fd, const char *variable)
{
	const char *dir = getenv(variable);
	char		link[64];
	char		path[4096];
	ssize_t		len;

	if (dir == NULL)
		return false;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, path, sizeof(path) - 1);
	if (len < 0)
		return false;
	path[len] = '\0';
	return strncmp(path, dir, strlen(dir)) == 0;
}

#endif							/* WALPOST_WATCHED_H */
