/*
 * sig.h
 *	  Signals as events of the loop.
 *
 * The signals of a stop are blocked and read from a descriptor, so nothing
 * ever runs inside a handler.  Call sig_open() before the first thread starts
 * (librdkafka's inherit the mask), sig_close() restores what was before.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_SIG_H
#define WALPOST_SIG_H

#include <signal.h>
#include <stdbool.h>

#include "err.h"

typedef struct Sig
{
	int			fd;				/* readable when a signal waits */
	sigset_t	before;
} Sig;

/* Blocks SIGTERM, SIGINT, SIGHUP and SIGCHLD, ignores SIGPIPE. */
extern bool sig_open(Sig *sig, Err *err) must_check;
extern void sig_close(Sig *sig);

/* The next signal that has arrived, or 0. */
extern int	sig_next(Sig *sig);

#endif							/* WALPOST_SIG_H */
