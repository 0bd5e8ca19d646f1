/*
 * ledger_model.h
 *	  A naive model of the ledger, and steps that both take.
 *
 * The model keeps every unit there ever was in one array and looks at all of
 * them for each question.  What happens is picked by the caller: at random, or
 * as a fuzzer likes it.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_LEDGER_MODEL_H
#define WALPOST_LEDGER_MODEL_H

#include <stdlib.h>
#include <string.h>

#include "ledger.h"

#define MODEL_UNITS 4000

typedef struct ModelUnit
{
	uint64_t	seq;
	uint64_t	commit_lsn;
	uint64_t	end_lsn;		/* raised by keepalives behind it */
	uint64_t	events;
	uint64_t	acked;
	bool		closed;
} ModelUnit;

typedef struct Model
{
	ModelUnit	units[MODEL_UNITS];
	int			nunits;
	uint64_t	start_lsn;		/* raised by keepalives before the first unit */
	uint64_t	lsn;			/* of the server; only grows */
	uint64_t	before;			/* the flush LSN after the last step */
} Model;

/* A number from 0 to below - 1. */
typedef unsigned (*ModelPick) (void *arg, unsigned below);

static void
model_init(Model *model, Ledger *ledger, uint64_t capacity)
{
	memset(model, 0, sizeof(*model));
	model->start_lsn = model->lsn = model->before = 10;
	ledger_init(ledger, capacity);
	ledger_start(ledger, 10);
}

static ModelUnit *
model_open_unit(Model *model)
{
	ModelUnit  *last = model->nunits ? &model->units[model->nunits - 1] : NULL;

	return last != NULL && !last->closed ? last : NULL;
}

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

static uint64_t
model_in_flight(const Model *model)
{
	uint64_t	n = 0;

	for (int i = 0; i < model->nunits; i++)
		n += model->units[i].events - model->units[i].acked;
	return n;
}

/* A unit begins; one that is open already comes again, whole. */
static bool
model_begin(Model *model, Ledger *ledger)
{
	ModelUnit  *open = model_open_unit(model);
	uint64_t	seq;
	uint64_t	have;

	if (open != NULL)
		return !ledger_begin(ledger, open->commit_lsn + 1, &seq, &have) &&
			ledger_begin(ledger, open->commit_lsn, &seq, &have) &&
			seq == open->seq && have == open->events;
	if (ledger_full(ledger))
		return !ledger_begin(ledger, model->lsn, &seq, &have);
	if (!ledger_begin(ledger, model->lsn, &seq, &have) || have != 0)
		return false;
	model->units[model->nunits++] = (ModelUnit)
	{
		.seq = seq,.commit_lsn = model->lsn
	};
	return true;
}

static void
model_produce(Model *model, Ledger *ledger, unsigned n)
{
	ModelUnit  *open = model_open_unit(model);

	if (open == NULL)
		return;
	open->events += n;
	ledger_produced(ledger, n);
}

static void
model_close(Model *model, Ledger *ledger)
{
	ModelUnit  *open = model_open_unit(model);

	if (open == NULL)
		return;
	open->closed = true;
	open->end_lsn = model->lsn;
	ledger_close(ledger, model->lsn);
}

static void
model_keepalive(Model *model, Ledger *ledger)
{
	if (model->nunits == 0)
		model->start_lsn = model->lsn;
	else if (model_open_unit(model) == NULL)
		model->units[model->nunits - 1].end_lsn = model->lsn;
	ledger_keepalive(ledger, model->lsn);
}

/* Acknowledges some events of some unit that waits. */
static void
model_ack(Model *model, Ledger *ledger, ModelPick pick, void *arg)
{
	ModelUnit  *unit;
	uint64_t	left;
	uint64_t	n;

	if (model->nunits == 0)
		return;
	unit = &model->units[pick(arg, (unsigned) model->nunits)];
	left = unit->events - unit->acked;
	if (left == 0)
		return;
	n = 1 + pick(arg, (unsigned) left);
	unit->acked += n;
	ledger_ack(ledger, unit->seq, n);
}

/* One step of a history; false when the ledger is not what the model says. */
static bool
model_step(Model *model, Ledger *ledger, ModelPick pick, void *arg)
{
	bool		good = true;

	model->lsn += 1 + pick(arg, 5);
	switch (pick(arg, 8))
	{
		case 0:
		case 1:
			if (model->nunits < MODEL_UNITS)
				good = model_begin(model, ledger);
			break;
		case 2:
			model_produce(model, ledger, pick(arg, 5));
			break;
		case 3:
			model_close(model, ledger);
			break;
		case 4:
			model_keepalive(model, ledger);
			break;
		default:
			model_ack(model, ledger, pick, arg);
			break;
	}
	good = good && ledger->flush_lsn == model_flush(model) && ledger->flush_lsn >= model->before &&
		(ledger_open_entry(ledger) != NULL) == (model_open_unit(model) != NULL);
	model->before = ledger->flush_lsn;
	return good;
}

#endif							/* WALPOST_LEDGER_MODEL_H */
