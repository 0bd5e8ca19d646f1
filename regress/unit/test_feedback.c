/*
 * test_feedback.c
 *	  When the shipper reports to the server.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "feedback.h"
#include "tap.h"

#define SECOND		INT64_C(1000000)
#define TIMEOUT		(60 * SECOND)

static Feedback
connected(int64_t timeout_us, int64_t interval_us)
{
	Feedback	feedback;

	feedback_connect(&feedback, 100, timeout_us, interval_us);
	return feedback;
}

static void
test_interval(void)
{
	Feedback	feedback = connected(TIMEOUT, 0);

	ok(feedback_due(&feedback, 100, SECOND) <= SECOND, "the first report is due at once");
	feedback_sent(&feedback, 100, 100, SECOND);
	ok(feedback_due(&feedback, 100, SECOND) == SECOND + TIMEOUT / 3,
	   "the next after a third of the server's timeout");

	feedback = connected(TIMEOUT, 10 * SECOND);
	feedback_sent(&feedback, 100, 100, SECOND);
	ok(feedback_due(&feedback, 100, SECOND) == 11 * SECOND, "or after our interval, if that is less");
	feedback = connected(3 * SECOND, 10 * SECOND);
	feedback_sent(&feedback, 100, 100, SECOND);
	ok(feedback_due(&feedback, 100, SECOND) == 2 * SECOND, "which never is more than that third");
	feedback = connected(0, 0);
	feedback_sent(&feedback, 100, 100, SECOND);
	ok(feedback_due(&feedback, 100, SECOND) == 11 * SECOND, "ten seconds where the server has none");
}

static void
test_moved(void)
{
	Feedback	feedback = connected(TIMEOUT, 0);

	feedback_sent(&feedback, 100, 100, SECOND);
	ok(feedback_due(&feedback, 200, SECOND + 1) == SECOND + FEEDBACK_JOIN_US,
	   "a position that moved waits for others to join it");
	ok(feedback_due(&feedback, 200, 2 * SECOND) <= 2 * SECOND,
	   "but not when the last report is long ago");
	feedback_sent(&feedback, 200, 200, 2 * SECOND);
	feedback_ask(&feedback, 2 * SECOND + 1);
	ok(feedback_due(&feedback, 200, 2 * SECOND + 1) == 2 * SECOND + FEEDBACK_JOIN_US,
	   "nor is a question answered more often");
	feedback_sent(&feedback, 200, 200, 2 * SECOND + FEEDBACK_JOIN_US);
	ok(feedback_due(&feedback, 200, 3 * SECOND) > 3 * SECOND, "and answered once");
}

/* A server that shuts down asks again after each answer. */
static void
test_pressed(void)
{
	Feedback	feedback = connected(TIMEOUT, 0);
	int64_t		now = SECOND;
	int			n = 0;

	for (; n < 1000 && !feedback_pressed(&feedback, now); n++, now += FEEDBACK_JOIN_US)
	{
		feedback_ask(&feedback, now);
		feedback_sent(&feedback, 100, 100, now);
	}
	ok(n > 10 && now < 2 * SECOND, "%d questions in a row are found out", n);

	feedback_data(&feedback);
	ok(!feedback_pressed(&feedback, now), "data between them is another matter");

	for (n = 0; n < 1000; n++, now += FEEDBACK_JOIN_US)
	{
		feedback_ask(&feedback, now);
		feedback_sent(&feedback, 200 + n, 200 + n, now);
	}
	ok(!feedback_pressed(&feedback, now), "so is a position that moves");

	for (n = 0; n < 1000; n++, now += TIMEOUT / 2)
	{
		feedback_ask(&feedback, now);
		feedback_sent(&feedback, 2000, 2000, now);
	}
	ok(!feedback_pressed(&feedback, now), "and questions that come one in half a timeout");
}

int
main(void)
{
	test_interval();
	test_moved();
	test_pressed();
	return done_testing();
}
