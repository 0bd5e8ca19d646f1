/*
 * feedback.c
 *	  When to tell the server how far we are.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <string.h>

#include "feedback.h"

/* Where wal_sender_timeout is off. */
#define DEFAULT_INTERVAL_US 10000000

/* So many questions in a second are a server that shuts down: otherwise it asks
 * once in half of its timeout. */
#define PRESSED_ASKS		30
#define PRESSED_US			1000000

void
feedback_connect(Feedback *feedback, uint64_t flush_lsn, int64_t timeout_us,
				 int64_t interval_us)
{
	int64_t		third = timeout_us > 0 ? timeout_us / 3 : DEFAULT_INTERVAL_US;

	memset(feedback, 0, sizeof(*feedback));
	feedback->flush_lsn = feedback->write_lsn = flush_lsn;
	feedback->interval_us = interval_us > 0 && interval_us < third ? interval_us : third;
}

void
feedback_ask(Feedback *feedback, int64_t now_us)
{
	feedback->asked = true;
	if (feedback->asks == 0 || now_us - feedback->asks_since_us > PRESSED_US)
	{
		feedback->asks = 0;
		feedback->asks_since_us = now_us;
	}
	feedback->asks++;
}

void
feedback_data(Feedback *feedback)
{
	feedback->asks = 0;
}

int64_t
feedback_due(const Feedback *feedback, uint64_t flush_lsn, int64_t now_us)
{
	if (feedback->sent_us == 0)
		return now_us;
	if (feedback->asked || flush_lsn > feedback->flush_lsn)
		return feedback->sent_us + FEEDBACK_JOIN_US;
	return feedback->sent_us + feedback->interval_us;
}

void
feedback_sent(Feedback *feedback, uint64_t write_lsn, uint64_t flush_lsn, int64_t now_us)
{
	if (flush_lsn > feedback->flush_lsn)
		feedback->asks = 0;
	feedback->write_lsn = write_lsn;
	feedback->flush_lsn = flush_lsn;
	feedback->sent_us = now_us;
	feedback->asked = false;
}

bool
feedback_pressed(const Feedback *feedback, int64_t now_us)
{
	return feedback->asks >= PRESSED_ASKS && now_us - feedback->asks_since_us <= PRESSED_US;
}
