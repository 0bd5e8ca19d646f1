/*
 * test_ledger.c
 *	  The ledger, by example and against a naive model.
 *
 * The model keeps every unit there ever was in one array and looks at all of
 * them for each question; acknowledgements come in random order.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdlib.h>

#include "ledger.h"
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

/* ---- the model ---- */

#define MODEL_UNITS 4000

typedef struct ModelUnit
{
	uint64_t	seq;
	uint64_t	end_lsn;		/* raised by keepalives behind it */
	int			events;
	int			acked;
	bool		closed;
} ModelUnit;

typedef struct Model
{
	ModelUnit	units[MODEL_UNITS];
	int			nunits;
	uint64_t	start_lsn;		/* raised by keepalives before the first unit */
} Model;

static uint64_t
model_flush(const Model *model)
{
	uint64_t	lsn = model->start_lsn;

	for (int i = 0; i < model->nunits; i++)
	{
		const ModelUnit *unit = &model->units[i];

		if (!unit->closed || unit->acked < unit->events)
			break;
		lsn = unit->end_lsn;
	}
	return lsn;
}

static void
model_keepalive(Model *model, uint64_t lsn)
{
	if (model->nunits == 0)
		model->start_lsn = lsn;
	else if (model->units[model->nunits - 1].closed)
		model->units[model->nunits - 1].end_lsn = lsn;
}

/* Acknowledges some events of some unit that waits. */
static void
random_ack(Model *model, Ledger *ledger)
{
	int			i = (int) (random() % model->nunits);
	ModelUnit  *unit = &model->units[i];
	int			left = unit->events - unit->acked;
	int			n;

	if (left == 0)
		return;
	n = 1 + (int) (random() % left);
	unit->acked += n;
	ledger_ack(ledger, unit->seq, n);
}

/* One step of a random history; the LSN only grows. */
static void
random_step(Model *model, Ledger *ledger, uint64_t *lsn)
{
	ModelUnit  *last = model->nunits ? &model->units[model->nunits - 1] : NULL;
	bool		open = last != NULL && !last->closed;
	uint64_t	have;
	int			n;

	*lsn += 1 + (uint64_t) (random() % 5);
	switch (random() % 8)
	{
		case 0:
		case 1:
			if (open || ledger_full(ledger))
				return;
			last = &model->units[model->nunits++];
			*last = (ModelUnit) {
				.closed = false
			};
			if (!ledger_begin(ledger, *lsn, &last->seq, &have))
				abort();
			return;
		case 2:
			if (!open)
				return;
			n = (int) (random() % 5);
			last->events += n;
			ledger_produced(ledger, n);
			return;
		case 3:
			if (!open)
				return;
			last->closed = true;
			last->end_lsn = *lsn;
			ledger_close(ledger, *lsn);
			return;
		case 4:
			model_keepalive(model, *lsn);
			ledger_keepalive(ledger, *lsn);
			return;
		default:
			if (model->nunits > 0)
				random_ack(model, ledger);
			return;
	}
}

static void
test_model(unsigned seed, uint64_t capacity)
{
	static Model model;
	Ledger		ledger;
	uint64_t	lsn = 10;
	uint64_t	before = 0;
	long		steps = 0;
	bool		good = true;

	srandom(seed);
	memset(&model, 0, sizeof(model));
	model.start_lsn = 10;
	ledger_init(&ledger, capacity);
	ledger_start(&ledger, 10);

	while (good && model.nunits < MODEL_UNITS && steps < 100000)
	{
		uint64_t	in_flight = 0;

		random_step(&model, &ledger, &lsn);
		for (int i = 0; i < model.nunits && steps % 64 == 0; i++)
			in_flight += model.units[i].events - model.units[i].acked;
		good = ledger.flush_lsn == model_flush(&model) && ledger.flush_lsn >= before &&
			(steps % 64 != 0 || in_flight == ledger.in_flight);
		before = ledger.flush_lsn;
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
