/*
 * heartbeat.h
 *	  Heartbeats as records: what the session's transforms make of them.
 *
 * The client writes them, since it knows when; it never looks into a record.  So
 * it is told, once when a stream starts, the record with the places in which the
 * time stands.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_HEARTBEAT_H
#define WALPOST_HEARTBEAT_H

#include "lib/stringinfo.h"
#include "nodes/pg_list.h"

#include "options.h"

typedef struct HeartbeatPlan HeartbeatPlan;

/*
 * Decides what heartbeats are under these options, a list of DefElem, in
 * CurrentMemoryContext.  ereports what session_create() does.
 */
extern HeartbeatPlan *heartbeat_plan(List *given);

/*
 * Appends the one of that time, milliseconds since 1970: a line of JSON, or its
 * RELATION and EVENT frames.  False, and nothing: transforms leave it out.
 * ereports where one of them cannot take it.
 */
extern bool heartbeat_print(HeartbeatPlan *plan, int64 ms, StringInfo out);

/*
 * Tells the client of a stream, by WIRE_HEARTBEAT_PARAMETER, if options ask for
 * heartbeats; given is what they were parsed from.
 */
extern void heartbeat_announce(const Options *options, List *given);

#endif							/* WALPOST_HEARTBEAT_H */
