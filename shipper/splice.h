/*
 * splice.h
 *	  Values that were read anew, put where the plugin says that they belong.
 *
 * An event may come with splices: places in its key, value and headers, and a
 * request for walpost.reselect() (see ../plugin/wire.h).  What is here finds the
 * requests of a payload, and makes the payload with the answers in it, without
 * looking at what else is in a value.  Trusts nothing: neither payload nor answers.
 *
 * Pure: allocates, but no I/O.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_SPLICE_H
#define WALPOST_SPLICE_H

#include <stdbool.h>
#include <stddef.h>

#include "frame.h"

/* The unread rest of a payload. */
typedef struct SpliceRun
{
	char	   *p;
	char	   *end;
} SpliceRun;

/* Is there an event whose values are to be read anew? */
extern bool splice_wanted(const SpliceRun *run);

/* Calls each() for the first max requests; returns how many there were. */
extern size_t splice_requests(const SpliceRun *run, size_t max,
							  void (*each) (void *arg, FrameText request), void *arg);

/* Told of an answer that leaves an event as it is, and why. */
typedef bool (*SpliceNote) (void *arg, char status, FrameText why);

/*
 * Takes the frames up to the first event that has no answer any more off the run:
 * *len bytes, with what was read anew, in a buffer of malloc()'s.  NULL when the
 * answers are none, or note() returned false.
 */
extern char *splice_apply(SpliceRun *run, FrameText answers, SpliceNote note, void *arg,
						  size_t *len);

#endif							/* WALPOST_SPLICE_H */
