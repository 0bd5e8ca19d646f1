/*
 * intake_hold.c
 *	  Events of tables that are being added: dropped, or set aside for a while.
 *
 * An event that is set aside is one in flight, in its buffer and in the ledger,
 * but was not given to the producer.  A bit of its STREAM field says so, which no
 * number of a route ever reaches.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "intake.h"
#include "wire.h"

#define STREAM_HELD		UINT32_C(0x40000000)

/* Whatever becomes of it, it counts as received: a broken connection goes on behind it. */
HoldingVerdict
intake_judge(Intake *intake, const FrameEvent *event)
{
	HoldingVerdict verdict = holding_judge(&intake->holding, event->relation, intake->commit_lsn);

	if (verdict == HOLDING_DROP)
	{
		intake->holding.dropped++;
		ledger_produced(&intake->ledger, 1);
		ledger_ack(&intake->ledger, intake->unit, 1);
	}
	return verdict;
}

void
intake_hold(Intake *intake, const FrameEvent *event, uint32_t route)
{
	wire_put32(event->body + WIRE_EVENT_STREAM, route | STREAM_HELD);
	intake->counts.held++;
	if (intake->holding.events++ == 0)
		intake->holding.first_commit = intake->commit_lsn;
}

bool
intake_is_held(const FrameEvent *event)
{
	return (event->stream & (STREAM_HELD | DEADLETTER_FLAG)) == STREAM_HELD;
}

/* It is in the rows: as if Kafka had it. */
static void
let_drop(Intake *intake, uint32_t number, const FrameEvent *event)
{
	event->body[WIRE_EVENT_FLAGS] |= (char) WIRE_RECEIVER_FLAG;
	intake->holding.dropped++;
	ledger_ack(&intake->ledger, slab_get(&intake->slabs, number)->unit, 1);
	slab_unref(&intake->slabs, number, 1);
}

static void
let_go(Intake *intake, const FrameEvent *event)
{
	uint32_t	number = event->stream & ~STREAM_HELD;
	const Route *route = topics_route(intake->topics, number);

	wire_put32(event->body + WIRE_EVENT_STREAM, number);
	producer_add(intake->producer, route->topic, event, route->headers);
}

/* The caller has a reference. */
static void
judge_slab(Intake *intake, uint32_t number)
{
	const Slab *slab = slab_get(&intake->slabs, number);
	uint64_t	commit_lsn = ledger_commit_lsn(&intake->ledger, slab->unit);
	FrameReader reader = {
		.p = slab->buffer + slab->start,.end = slab->buffer + slab->len,.received = true
	};
	Frame		frame;

	while (frame_next(&reader, &frame) == FRAME_OK)
	{
		const FrameEvent *event = &frame.event;
		HoldingVerdict verdict;

		if (frame.tag != WIRE_EVENT || event->acknowledged ||
			wire_get32(event->body + WIRE_EVENT_RECEIVER) == 0 || !intake_is_held(event))
			continue;
		verdict = holding_judge(&intake->holding, event->relation, commit_lsn);
		if (verdict == HOLDING_HOLD)
		{
			if (intake->holding.first_commit == 0)
				intake->holding.first_commit = commit_lsn;
			continue;
		}
		intake->holding.events--;
		if (verdict == HOLDING_DROP)
			let_drop(intake, number, event);
		else
			let_go(intake, event);
	}
}

void
intake_judge_again(Intake *intake)
{
	uint32_t	number = intake->holding.events > 0 ? intake->slabs.first : SLAB_NONE;

	intake->holding.first_commit = 0;
	while (number != SLAB_NONE)
	{
		uint32_t	next;

		slab_get(&intake->slabs, number)->refs++;
		judge_slab(intake, number);
		next = slab_get(&intake->slabs, number)->next;
		slab_unref(&intake->slabs, number, 1);
		number = next;
	}
}
