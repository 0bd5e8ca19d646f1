/*
 * pump_goal.c
 *	  A run of the engine that ends by itself: it brings to Kafka what committed
 *	  before some LSN, and nothing of what did later.
 *
 * It is for a snapshot that goes on after it was interrupted (snapshot_resume.c),
 * so position records keep saying that this one is not complete, and no tables are
 * added meanwhile.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdlib.h>

#include "log.h"
#include "mem.h"
#include "pump_private.h"
#include "wire.h"

#define LOG_MODULE "pump"

bool
pump_goal_passes(Pump *pump, const StreamMessage *message)
{
	const PumpGoal *goal = pump->options->goal;
	FrameReader reader = {.p = message->buffer + message->start,.end = message->buffer + message->len};
	Frame		frame;

	if (goal == NULL)
		return false;
	while (!pump->passed && frame_next(&reader, &frame) == FRAME_OK)
		if (frame.tag == WIRE_BEGIN)
		{
			pump->passed = frame.begin.commit_lsn >= goal->lsn;
			break;
		}
	return pump->passed;
}

bool
pump_goal_read(const Pump *pump)
{
	const PumpGoal *goal = pump->options->goal;

	return goal != NULL && (pump->passed || pump_received_lsn(pump) >= goal->lsn);
}

/* Signals in what was read have to be settled, or it would be read again. */
bool
pump_goal_met(const Pump *pump)
{
	const Intake *intake = &pump->delivery.intake;

	return pump_goal_read(pump) && !pump_spool_in_use(pump) && ledger_empty(&intake->ledger) &&
		intake->holds.n == 0;
}

void
pump_goal_recorded(Pump *pump)
{
	PumpGoal   *goal = pump->options->goal;

	if (goal == NULL)
		return;
	goal->reached = pump_goal_met(pump) && !pump->stop;
	goal->end_lsn = pump->record.lsn;
	goal->last_commit = pump->record.last_commit;
}

void
pump_goal_resume(Pump *pump)
{
	const PumpGoal *goal = pump->options->goal;
	Holding    *holding = &pump->delivery.intake.holding;
	HeldRelation *relations = mem_zero((size_t) (goal->nwithout + 1) * sizeof(HeldRelation));

	for (int i = 0; i < goal->nwithout; i++)
		relations[i] = (HeldRelation)
	{
		.oid = goal->without[i],.drop_lsn = goal->lsn
	};
	holding_clear(holding);
	holding_set(holding, relations, goal->nwithout);
	holding->open = true;
}

void
pump_goal_refuse(void *arg, Signal *signal)
{
	log_error("could not add the tables of signal \"%s\": a snapshot is being completed, which has all captured tables; ask again after it for others",
			  signal->id);
	signal_free(signal);
}
