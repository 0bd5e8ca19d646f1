/*
 * feedback.h
 *	  When to tell the server how far we are.
 *
 * Whenever the flush LSN moved, when the server asks, and after a third of its
 * timeout at the latest; but never twice within FEEDBACK_JOIN_US, so that many
 * small commits share one message, and a server that is shutting down (which
 * asks again after each answer) is answered a hundred times a second and not a
 * hundred thousand times.
 *
 * Pure: the caller passes the time.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_FEEDBACK_H
#define WALPOST_FEEDBACK_H

#include <stdbool.h>
#include <stdint.h>

#define FEEDBACK_JOIN_US	10000

typedef struct Feedback
{
	uint64_t	flush_lsn;		/* reported last; never goes back */
	uint64_t	write_lsn;
	int64_t		interval_us;	/* the longest silence */
	int64_t		sent_us;
	bool		asked;			/* the server waits for an answer */
	int			asks;			/* since the flush LSN moved, or data came */
	int64_t		asks_since_us;
} Feedback;

/* A connection begins: timeout_us is wal_sender_timeout, interval_us ours. */
extern void feedback_connect(Feedback *feedback, uint64_t flush_lsn, int64_t timeout_us,
							 int64_t interval_us);

/* A keepalive came that wants an answer. */
extern void feedback_ask(Feedback *feedback, int64_t now_us);

/* Data came: the server is not merely asking. */
extern void feedback_data(Feedback *feedback);

/*
 * When the next report of flush_lsn is due; not later than now_us means now.
 */
extern int64_t feedback_due(const Feedback *feedback, uint64_t flush_lsn, int64_t now_us);

/* It was sent. */
extern void feedback_sent(Feedback *feedback, uint64_t write_lsn, uint64_t flush_lsn,
						  int64_t now_us);

/*
 * True when the server asks in a way that it only does while it shuts down: it
 * cannot end before the flush LSN has reached its own.
 */
extern bool feedback_pressed(const Feedback *feedback, int64_t now_us);

#endif							/* WALPOST_FEEDBACK_H */
