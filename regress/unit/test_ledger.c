/*
 * test_ledger.c
 *	  The ledger, by example and against a naive model.
 *
 * The model's acknowledgements come in random order.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdlib.h>

#include "ledger.h"
#include "ledger_model.h"
#include "tap.h"

static void
test_order(void)
{
	Ledger		ledger;
	uint64_t	one;
	uint64_t	two;
	uint64_t	have;

	ledger_init(&ledger, 1000);
	ledger_start(&ledger, 100);
	ok(ledger_empty(&ledger) && ledger.flush_lsn == 100, "starts where the stream starts");

	ok(ledger_begin(&ledger, 200, &one, &have) && have == 0, "a unit begins");
	ledger_produced(&ledger, 2);
	ok(!ledger_close(&ledger, 210) && ledger.flush_lsn == 100, "its end alone moves nothing");
	ok(ledger_begin(&ledger, 300, &two, &have), "so does the next");
	ledger_produced(&ledger, 1);
	ledger_close(&ledger, 310);
	ok(!ledger_ack(&ledger, two, 1) && ledger.flush_lsn == 100,
	   "the later one is safe first: nothing moves");
	ok(!ledger_ack(&ledger, one, 1), "half of the first: nothing moves");
	ok(ledger_ack(&ledger, one, 1) && ledger.flush_lsn == 310,
	   "the rest of the first: both are confirmed");
	ok(ledger_empty(&ledger) && ledger.in_flight == 0, "nothing is left");

	ok(ledger_begin(&ledger, 400, &one, &have) && ledger_close(&ledger, 410) &&
	   ledger.flush_lsn == 410, "a unit without events is confirmed by its end");
	ledger_free(&ledger);
}

static void
test_keepalive(void)
{
	Ledger		ledger;
	uint64_t	seq;
	uint64_t	have;

	ledger_init(&ledger, 1000);
	ledger_start(&ledger, 100);
	ok(ledger_keepalive(&ledger, 150) && ledger.flush_lsn == 150,
	   "a keepalive is confirmed when nothing is under way");
	ok(!ledger_keepalive(&ledger, 140) && ledger.flush_lsn == 150, "an older one is not");

	ok(ledger_begin(&ledger, 200, &seq, &have), "a unit begins");
	ledger_produced(&ledger, 1);
	ok(!ledger_keepalive(&ledger, 205) && ledger.received_lsn == 150,
	   "one in the middle of a unit says nothing");
	ledger_close(&ledger, 210);
	ok(!ledger_keepalive(&ledger, 250) && ledger.flush_lsn == 150,
	   "one behind a unit in flight waits for it");
	ok(ledger_ack(&ledger, seq, 1) && ledger.flush_lsn == 250, "and counts once that is safe");
	ledger_free(&ledger);
}

static void
test_reconnect(void)
{
	Ledger		ledger;
	uint64_t	seq;
	uint64_t	again;
	uint64_t	have;

	ledger_init(&ledger, 1000);
	ledger_start(&ledger, 100);
	ok(ledger_begin(&ledger, 200, &seq, &have), "a unit begins");
	ledger_produced(&ledger, 5);
	ledger_ack(&ledger, seq, 3);
	ok(ledger.flush_lsn == 100 && ledger.received_lsn == 100, "it is not confirmed by halves");
	ok(ledger_open_entry(&ledger) != NULL && !ledger_begin(&ledger, 300, &again, &have),
	   "another one does not come before it");
	ok(ledger_begin(&ledger, 200, &again, &have) && again == seq && have == 5,
	   "it comes again: five of its events are here");
	ledger_produced(&ledger, 1);
	ledger_close(&ledger, 210);
	ok(ledger_ack(&ledger, seq, 3) && ledger.flush_lsn == 210, "and ends as one");
	ledger_free(&ledger);
}

static void
test_capacity(void)
{
	Ledger		ledger;
	uint64_t	seq;
	uint64_t	have;
	int			n = 0;

	ledger_init(&ledger, 100);
	ledger_start(&ledger, 1);
	while (!ledger_full(&ledger) && ledger_begin(&ledger, 10 + n * 10, &seq, &have))
	{
		ledger_produced(&ledger, 1);
		ledger_close(&ledger, 15 + n * 10);
		n++;
	}
	ok(n == 100 && !ledger_begin(&ledger, 5000, &seq, &have), "no more than its capacity");
	ok(ledger_ack(&ledger, 0, 1) && !ledger_full(&ledger), "room after the first is complete");
	ledger_free(&ledger);
}

static unsigned
pick_random(void *arg, unsigned below)
{
	return (unsigned) (random() % below);
}

static void
test_model(unsigned seed, uint64_t capacity)
{
	static Model model;
	Ledger		ledger;
	long		steps = 0;
	bool		good = true;

	srandom(seed);
	model_init(&model, &ledger, capacity);
	while (good && model.nunits < MODEL_UNITS && steps < 100000)
	{
		good = model_step(&model, &ledger, pick_random, NULL) &&
			(steps % 64 != 0 || model_in_flight(&model) == ledger.in_flight);
		steps++;
	}
	ok(good, "seed %u, capacity %d: equal to the model over %ld steps, %d units", seed,
	   (int) capacity, steps, model.nunits);
	ledger_free(&ledger);
}

int
main(void)
{
	test_order();
	test_keepalive();
	test_reconnect();
	test_capacity();
	for (unsigned seed = 1; seed <= 8; seed++)
		test_model(seed, seed % 2 ? 100000 : 50);
	return done_testing();
}
