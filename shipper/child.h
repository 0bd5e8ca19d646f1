/*
 * child.h
 *	  A connector's process, as its supervisor sees it.
 *
 * Spawned, never forked: librdkafka's threads would not survive a fork, and a
 * crash of one connector must not touch another.  It gets its connector from a
 * file or as a text that is nowhere on disk, and a page of counters to write.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_CHILD_H
#define WALPOST_CHILD_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "cli.h"
#include "counters.h"
#include "err.h"

/* What all of them are started with. */
typedef struct ChildSetup
{
	const CliArgs *args;		/* borrowed */
	char		program[1024];	/* this one */
	sigset_t	before;			/* the signal mask that they get */
	int			report_fd;		/* they write reports there (report.h); 0: nobody
								 * wants any */
} ChildSetup;

typedef enum ChildState
{
	CHILD_IDLE,					/* never started, or stopped */
	CHILD_RUNNING,
	CHILD_WAITING,				/* it died, and is started again when due */
	CHILD_ENDED,				/* it had nothing left to do */
	CHILD_REFUSED				/* its configuration does not let it run */
} ChildState;

typedef struct Child
{
	ChildState	state;
	const char *name;			/* for messages; borrowed */
	const char *file;			/* the connector's, borrowed; NULL: it is in text */
	const char *text;			/* borrowed */
	Counters   *counters;		/* NULL: none */
	int			counters_fd;
	pid_t		pid;			/* while it runs */
	bool		stopping;		/* it was asked to end */
	int			wait_s;			/* before the next start */
	int64_t		started_us;
	int64_t		due_us;			/* while CHILD_WAITING */
	int64_t		restarts;
	char		reason[COUNTER_TEXT_SIZE];	/* why it ended, "": it did not, or as
											 * it was asked to */
} Child;

/* Looks up this program, and tells processes to come who their parent is. */
extern bool child_setup(ChildSetup *setup, const CliArgs *args, const sigset_t *before,
						Err *err) must_check;

/* Has them write reports, which are read from *fd (it does not block). */
extern bool child_open_reports(ChildSetup *setup, int *fd, Err *err) must_check;

/* Gives it a page of counters; for all children or for none. */
extern bool child_open(Child *child, Err *err) must_check;

/* It must not run. */
extern void child_close(Child *child);

/* Starts it; where the system does not let it, again later. */
extern void child_start(const ChildSetup *setup, Child *child);

/* Asks it to end, if it runs, and not to be started again. */
extern void child_stop(Child *child, int signo);

/* Its process ended with this status of waitpid(). */
extern void child_ended(Child *child, int status);

/*
 * What a child reads as CHILD_CONNECTOR_PATH when it gets this descriptor as
 * CHILD_CONNECTOR_FD: a file that is nowhere on disk.  -1 and errno.
 */
#define CHILD_CONNECTOR_FD		4
#define CHILD_CONNECTOR_PATH	"/dev/fd/4"

extern int	child_text_file(const char *text);

/* The same file (fd is closed), with a number that no child's file has. */
extern int	child_move_up(int fd);

/*
 * In a process that a supervisor started: arranges that it is stopped when the
 * supervisor dies without a word, and takes over the counters.  False and err
 * when it has died already.  In any other process it does nothing.
 */
extern bool child_attach(Err *err) must_check;

#endif							/* WALPOST_CHILD_H */
