/*
 * reselect.h
 *	  Messages of the stream that wait for values which the log does not have.
 *
 * The post-processor ReselectColumnsPostProcessor: where an event's row has an
 * unchanged TOAST value, or a NULL, the plugin says so, and walpost.reselect() on a
 * connection beside the stream reads what the row has now.  Meanwhile the stream is
 * not read, so nothing overtakes; a connection that breaks is made anew, and what was
 * asked is asked again.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_RESELECT_H
#define WALPOST_RESELECT_H

#include "conf.h"
#include "err.h"
#include "loop.h"
#include "stream.h"

typedef struct Reselect Reselect;

/* NULL: the connector has no such processor.  Everything is borrowed. */
extern Reselect *reselect_new(const Conf *conf, Loop *loop);

/* All of these take NULL, and then have nothing to do. */
extern void reselect_free(Reselect *reselect);

/*
 * True when values of its events are to be read anew: then the message is taken
 * over, and comes again from reselect_next().  Only when none is.
 */
extern bool reselect_take(Reselect *reselect, const StreamMessage *message);

/* Goes on with that.  False and err when events are not to go on without. */
extern bool reselect_turn(Reselect *reselect, Err *err) must_check;

/* True while a message that was taken over is not ready. */
extern bool reselect_waits(const Reselect *reselect);

/* The next piece of it; false: there is none that is ready. */
extern bool reselect_next(Reselect *reselect, StreamMessage *message);

/* The stream is gone, and what was taken over comes again. */
extern void reselect_drop(Reselect *reselect);

#endif							/* WALPOST_RESELECT_H */
