/*
 * log.h
 *	  One line a message on standard error: time level module [key=value] text.
 *
 * Lower-case messages, identifiers quoted, LSNs through LSN_FMT.  Never a
 * secret; row data only at LOG_TRACE.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_LOG_H
#define WALPOST_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum LogLevel
{
	LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG, LOG_TRACE
} LogLevel;

extern LogLevel log_level;		/* this process's own */

/* A level that another process sets, which counts instead; NULL: none does. */
extern const _Atomic int32_t *log_followed;

/* The level that counts. */
static inline int
log_now(void)
{
	return log_followed != NULL ? *log_followed : (int) log_level;
}

/* "text" or "json" lines; connector is printed with each once it is set. */
extern void log_setup(LogLevel level, bool json, const char *connector);

/* Called before each line that is written; NULL: nobody has to make room. */
extern void (*log_before_line) (void);

/* True when lines are text for people. */
extern bool log_is_text(void);

#define log_enabled(level) ((int) (level) <= log_now())

extern void log_write(LogLevel level, const char *module, const char *fmt,...)
			__attribute__((format(printf, 3, 4)));

#define log_error(...) log_write(LOG_ERROR, LOG_MODULE, __VA_ARGS__)
#define log_warn(...) log_write(LOG_WARN, LOG_MODULE, __VA_ARGS__)
#define log_info(...) log_write(LOG_INFO, LOG_MODULE, __VA_ARGS__)
#define log_debug(...) \
	do { if (log_enabled(LOG_DEBUG)) log_write(LOG_DEBUG, LOG_MODULE, __VA_ARGS__); } while (0)

/* A repeated warning: at most one in ten seconds, with a count of those left out. */
typedef struct LogLimit
{
	int64_t		next_us;
	uint64_t	suppressed;
} LogLimit;

extern bool log_limit_pass(LogLimit *limit);

#define LSN_FMT "%X/%X"
#define LSN_ARGS(lsn) (uint32_t) ((lsn) >> 32), (uint32_t) (lsn)

#endif							/* WALPOST_LOG_H */
