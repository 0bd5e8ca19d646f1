/*
 * log.c
 *	  Log lines on standard error, as text or JSON, and the limit on repeats.
 *
 * A line is put together in one buffer and written by one write(), so that
 * lines of several processes (or of librdkafka's threads) do not mix.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "log.h"

#define LOG_LINE_MAX	4096
#define LOG_LIMIT_US	10000000

LogLevel	log_level = LOG_INFO;
const _Atomic int32_t *log_followed;
void		(*log_before_line) (void);

static bool log_json = false;
static char log_connector[256];

static const char *const log_level_names[] = {
	[LOG_ERROR] = "error",
	[LOG_WARN] = "warn",
	[LOG_INFO] = "info",
	[LOG_DEBUG] = "debug",
	[LOG_TRACE] = "trace",
};

/* The line under construction; what does not fit is cut off. */
typedef struct LogLine
{
	char		text[LOG_LINE_MAX];
	size_t		len;
} LogLine;

void
log_setup(LogLevel level, bool json, const char *connector)
{
	log_level = level;
	log_json = json;
	snprintf(log_connector, sizeof(log_connector), "%s", connector ? connector : "");
}

bool
log_is_text(void)
{
	return !log_json;
}

static void
__attribute__((format(printf, 2, 0)))
line_vprintf(LogLine *line, const char *fmt, va_list args)
{
	size_t		room = sizeof(line->text) - line->len - 1;
	int			n = vsnprintf(line->text + line->len, room, fmt, args);

	if (n > 0)
		line->len += (size_t) n < room ? (size_t) n : room - 1;
}

static void
__attribute__((format(printf, 2, 3)))
line_printf(LogLine *line, const char *fmt,...)
{
	va_list		args;

	va_start(args, fmt);
	line_vprintf(line, fmt, args);
	va_end(args);
}

/* A JSON string.  Bytes above ASCII pass as they are. */
static void
line_quote(LogLine *line, const char *s)
{
	line_printf(line, "\"");
	for (; *s != '\0'; s++)
	{
		unsigned char c = (unsigned char) *s;

		if (c == '"' || c == '\\')
			line_printf(line, "\\%c", c);
		else if (c < 0x20)
			line_printf(line, "\\u%04x", c);
		else
			line_printf(line, "%c", c);
	}
	line_printf(line, "\"");
}

static void
line_time(LogLine *line)
{
	struct timeval now;
	struct tm	utc;
	char		text[32];

	gettimeofday(&now, NULL);
	gmtime_r(&now.tv_sec, &utc);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &utc);
	line_printf(line, "%s.%03dZ", text, (int) (now.tv_usec / 1000));
}

static void
line_json(LogLine *line, LogLevel level, const char *module, const char *message)
{
	line_printf(line, "{\"time\":\"");
	line_time(line);
	line_printf(line, "\",\"level\":\"%s\",\"module\":\"%s\"",
				log_level_names[level], module);
	if (log_connector[0] != '\0')
	{
		line_printf(line, ",\"connector\":");
		line_quote(line, log_connector);
	}
	line_printf(line, ",\"message\":");
	line_quote(line, message);
	line_printf(line, "}");
}

static void
line_text(LogLine *line, LogLevel level, const char *module, const char *message)
{
	size_t		start;

	line_time(line);
	line_printf(line, " %-5s %s", log_level_names[level], module);
	if (log_connector[0] != '\0')
		line_printf(line, " connector=%s", log_connector);
	start = line->len;
	line_printf(line, " %s", message);

	/* one line, whatever a server or a user wrote */
	for (size_t i = start; i < line->len; i++)
		if ((unsigned char) line->text[i] < 0x20)
			line->text[i] = ' ';
}

void
log_write(LogLevel level, const char *module, const char *fmt,...)
{
	LogLine		line = {.len = 0};
	char		message[LOG_LINE_MAX / 2];
	va_list		args;

	if (!log_enabled(level))
		return;

	va_start(args, fmt);
	vsnprintf(message, sizeof(message), fmt, args);
	va_end(args);

	(log_json ? line_json : line_text) (&line, level, module, message);
	line.text[line.len++] = '\n';

	if (log_before_line != NULL)
		log_before_line();
	/* a log that cannot be written has nowhere to say so */
	if (write(STDERR_FILENO, line.text, line.len) < 0)
		return;
}

/*
 * True when a message guarded by limit may be written now.  The number left
 * out since the last one is in limit->suppressed until the next call that
 * passes after it.
 */
bool
log_limit_pass(LogLimit *limit)
{
	struct timespec now;
	int64_t		now_us;

	clock_gettime(CLOCK_MONOTONIC, &now);
	now_us = (int64_t) now.tv_sec * 1000000 + now.tv_nsec / 1000;
	if (now_us < limit->next_us)
	{
		limit->suppressed++;
		return false;
	}
	if (limit->suppressed > 0)
	{
		log_write(LOG_INFO, "log", "%llu messages like the next one were left out",
				  (unsigned long long) limit->suppressed);
		limit->suppressed = 0;
	}
	limit->next_us = now_us + LOG_LIMIT_US;
	return true;
}
