/*
 * pump_kafka.c
 *	  The engine's side towards Kafka: what it makes of what is delivered.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <poll.h>

#include "pump_private.h"

static void
on_acknowledged(void *arg, int64_t now_us)
{
	Pump	   *pump = arg;

	pump->acked_us = pump->proven_us = now_us;
}

static void
on_recorded(void *arg, int tag)
{
	Pump	   *pump = arg;

	/* in a transaction it counts when that is committed */
	if (tag == INCREMENTAL_RECORD)
	{
		if (!pump->exactly_once)
			incremental_recorded(pump->incremental);
	}
	else if (pump->exactly_once)
		pump->record_delivered = true;
	else
		pump_recorded(pump);
}

static void
on_txn_done(void *arg)
{
	pump_txn_done(arg);
}

static void
on_renewed(void *arg)
{
	Pump	   *pump = arg;

	pump->record_pending = false;
	incremental_renewed(pump->incremental);
}

const DeliveryEvents pump_delivery_events = {
	.reads_again = true,
	.acknowledged = on_acknowledged,
	.recorded = on_recorded,
	.txn_done = on_txn_done,
	.renewed = on_renewed,
};

bool
pump_serve_kafka(Pump *pump)
{
	bool		ready = pump->delivery.ready;

	if (!delivery_serve(&pump->delivery, &pump->err))
		return false;
	if (ready && pump_gathering(pump))
		pump_socket_ready(pump, POLLIN);
	/* with transactions the record says what goes again */
	return pump->exactly_once || delivery_mend(&pump->delivery, &pump->err);
}
