/*
 * intake_sent.c
 *	  Events that are on their way: acknowledged, sent again, found.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "intake_private.h"
#include "wire.h"

/* What was never queued has no number in RECEIVER: it was dropped as repeated. */
static void
resend_slab(Intake *intake, const Slab *slab)
{
	FrameReader reader = {
		.p = slab->buffer + slab->start,.end = slab->buffer + slab->len,.received = true
	};
	Frame		frame;

	while (frame_next(&reader, &frame) == FRAME_OK)
	{
		const Route *route;

		if (frame.tag != WIRE_EVENT || frame.event.acknowledged ||
			wire_get32(frame.event.body + WIRE_EVENT_RECEIVER) == 0 || intake_is_held(&frame.event) ||
			deadletters_resend(intake->letters, &frame.event))
			continue;
		route = topics_route(intake->topics, frame.event.stream);
		producer_add(intake->producer, route->topic, &frame.event, route->headers);
	}
}

void
intake_resend(Intake *intake)
{
	for (uint32_t i = intake->slabs.first; i != SLAB_NONE; i = slab_get(&intake->slabs, i)->next)
		resend_slab(intake, slab_get(&intake->slabs, i));
}

void
intake_acknowledge(Intake *intake, char *const *bodies, size_t n, int64_t now_us)
{
	for (size_t i = 0; i < n;)
	{
		uint32_t	receiver = wire_get32(bodies[i] + WIRE_EVENT_RECEIVER);
		uint32_t	run = 0;
		uint64_t	unit;
		int64_t		arrived_us;
		Slab	   *slab;

		if (receiver == 0)
		{
			/* a heartbeat */
			bodies[i++][WIRE_EVENT_FLAGS] |= (char) WIRE_RECEIVER_FLAG;
			continue;
		}
		slab = slab_get(&intake->slabs, receiver - 1);
		unit = slab->unit;
		arrived_us = slab->arrived_us;

		/* reports come in the order of events: runs of one buffer are long */
		do
		{
			deadletters_delivered(intake->letters, wire_get32(bodies[i] + WIRE_EVENT_STREAM));
			bodies[i][WIRE_EVENT_FLAGS] |= (char) WIRE_RECEIVER_FLAG;
			run++;
			i++;
		} while (i < n && wire_get32(bodies[i] + WIRE_EVENT_RECEIVER) == receiver);

		intake->counts.acknowledged += run;
		ledger_ack(&intake->ledger, unit, run);
		if (slab_unref(&intake->slabs, receiver - 1, run))
		{
			intake->counts.ack_us += (uint64_t) (now_us - arrived_us);
			intake->counts.acked_buffers++;
		}
	}
}

/* Counts as is_repeated() of intake.c did, from where the buffer begins. */
EventPlace
intake_place(Intake *intake, char *body)
{
	const Slab *slab = slab_get(&intake->slabs, wire_get32(body + WIRE_EVENT_RECEIVER) - 1);
	EventPlace	place = {intake_commit_lsn(intake, body), slab->ordinal, slab->record};
	FrameReader reader = {
		.p = slab->buffer + slab->start,.end = slab->buffer + slab->len,.received = true
	};
	Frame		frame;

	if (slab->inserted)
		place.record = 0;
	while (!slab->inserted && frame_next(&reader, &frame) == FRAME_OK)
	{
		bool		begins = frame.tag == WIRE_BEGIN || frame.tag == WIRE_CONTROL;

		if (begins || (frame.tag == WIRE_EVENT && frame.event.ordinal != place.ordinal))
		{
			place.ordinal = begins ? 0 : frame.event.ordinal;
			place.record = 0;
		}
		if (frame.tag == WIRE_EVENT)
			place.record++;
		if (frame.tag == WIRE_EVENT && frame.event.body == body)
			break;
	}
	return place;
}

uint64_t
intake_commit_lsn(Intake *intake, char *body)
{
	uint32_t	receiver = wire_get32(body + WIRE_EVENT_RECEIVER);

	return ledger_commit_lsn(&intake->ledger, slab_get(&intake->slabs, receiver - 1)->unit);
}
