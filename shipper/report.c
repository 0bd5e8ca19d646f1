/*
 * report.c
 *	  What a connector's process tells its supervisor by name.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "report.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "log.h"

#define LOG_MODULE "report"

static int	report_fd = -1;

void
report_attach(int fd)
{
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	report_fd = fd;
}

void
report_topic(const char *connector, const char *topic)
{
	char		line[PIPE_BUF];
	int			len;

	if (report_fd < 0)
		return;
	len = snprintf(line, sizeof(line), "%s %s\n", topic, connector);
	if (len >= (int) sizeof(line) || write(report_fd, line, (size_t) len) != len)
		log_debug("could not report topic \"%s\"", topic);
}
