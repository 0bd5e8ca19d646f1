/*
 * test_continuity.c
 *	  The position record against the server: every way in which they can differ.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdio.h>
#include <string.h>

#include "continuity.h"
#include "tap.h"

#define HISTORY "1\t0/300\tno recovery target specified\n2\t0/500\tbefore 2026\n"

static ContinuityServer
server_at(uint64_t confirmed)
{
	return (ContinuityServer)
	{
		.system_id = "11",.timeline = 1,.slot = "s",.confirmed_lsn = confirmed
	};
}

static Position
record_at(uint64_t lsn, uint64_t limit)
{
	return (Position)
	{
		.lsn = lsn,.limit = limit,.system_id = "11",.timeline = 1,.slot = "s"
	};
}

static Continuity
compare(Position record, ContinuityServer server, ContinuityStrategy strategy, bool exactly_once)
{
	return continuity_compare(&record, &server, strategy, exactly_once);
}

static void
test_same_timeline(void)
{
	ContinuityServer server = server_at(0x100);
	Continuity	found = continuity_compare(NULL, &server, CONTINUITY_NO_VALIDATION, true);

	ok(found.kind == CONTINUITY_FIRST && found.start_lsn == 0x100 && !found.stop, "no record: the slot decides");

	found = compare(record_at(0x100, 0x100), server_at(0x100), CONTINUITY_TRUST_OFFSET, true);
	ok(found.kind == CONTINUITY_CONTINUOUS && found.start_lsn == 0x100 && !found.stop, "both at one place");

	found = compare(record_at(0x80, 0x180), server_at(0x100), CONTINUITY_TRUST_OFFSET, false);
	ok(found.kind == CONTINUITY_CONTINUOUS && found.start_lsn == 0x100, "a slot within the limit was moved by us");

	found = compare(record_at(0x180, 0x200), server_at(0x100), CONTINUITY_NO_VALIDATION, false);
	ok(found.kind == CONTINUITY_REPEATED && found.from == 0x100 && found.to == 0x180 &&
	   found.start_lsn == 0x180 && !found.stop, "a slot behind: repeats are suppressed");
}

static void
test_gap(void)
{
	static const struct
	{
		ContinuityStrategy strategy;
		bool		exactly_once,
					made,
					stop;
		const char *spool;
	}			cases[] = {
		{CONTINUITY_NO_VALIDATION, false, false, false, NULL},
		{CONTINUITY_NO_VALIDATION, true, false, true, NULL},
		{CONTINUITY_NO_VALIDATION, false, true, true, NULL},
		{CONTINUITY_TRUST_OFFSET, false, false, true, NULL},
		{CONTINUITY_TRUST_OFFSET, true, false, true, NULL},
		{CONTINUITY_TRUST_SLOT, true, false, false, NULL},
		{CONTINUITY_TRUST_SLOT, true, true, false, NULL},
		{CONTINUITY_TRUST_GREATER, true, false, false, NULL},
		{CONTINUITY_NO_VALIDATION, false, false, true, "host:/spool"},
		{CONTINUITY_NO_VALIDATION, false, true, true, "host:/spool"},
		{CONTINUITY_TRUST_SLOT, false, false, false, "host:/spool"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		ContinuityServer server = server_at(0x201);
		Position	record = record_at(0x100, 0x200);
		Continuity	found;
		char		text[1024];

		server.slot_made = cases[i].made;
		if (cases[i].spool != NULL)
			memcpy(record.spool, cases[i].spool, strlen(cases[i].spool));
		found = continuity_compare(&record, &server, cases[i].strategy, cases[i].exactly_once);
		continuity_print(&found, &record, &server, text, sizeof(text));
		ok(found.kind == CONTINUITY_GAP && found.from == 0x200 && found.to == 0x201 &&
		   found.start_lsn == 0x201 && found.stop == cases[i].stop, text);
		ok(strstr(text, "gap from 0/200 to 0/201") != NULL &&
		   (strstr(text, "trust_slot") != NULL) == cases[i].stop, "it says so, with the ways out where it stops");
		ok((strstr(text, "host:/spool") != NULL) == (cases[i].spool != NULL && !cases[i].made),
		   "and where a spool holds what is missing");
	}
}

static void
test_other_server(void)
{
	ContinuityServer server = server_at(0x100);
	Continuity	found;

	server.system_id = "12";
	found = compare(record_at(0x100, 0x100), server, CONTINUITY_NO_VALIDATION, false);
	ok(found.kind == CONTINUITY_OTHER && !found.stop && found.start_lsn == 0x100, "another server");
	found = compare(record_at(0x100, 0x100), server, CONTINUITY_NO_VALIDATION, true);
	ok(found.kind == CONTINUITY_OTHER && found.stop, "which exactly-once does not accept by itself");
}

static void
test_timelines(void)
{
	ContinuityServer server = server_at(0x280);
	Position	record = record_at(0x2f0, 0x2f0);
	Continuity	found;

	server.timeline = 3;
	server.history = HISTORY;
	ok(continuity_switch_point(&server, 1) == 0x300 && continuity_switch_point(&server, 2) == 0x500 &&
	   continuity_switch_point(&server, 3) == UINT64_MAX && continuity_switch_point(&server, 4) == 0 &&
	   continuity_switch_point(&server, 0) == UINT64_MAX, "where timelines were left");

	found = compare(record, server, CONTINUITY_NO_VALIDATION, true);
	ok(found.kind == CONTINUITY_REPEATED && found.start_lsn == 0x2f0, "a failover that lost nothing");

	record = record_at(0x310, 0x310);
	record.open_commit = 0x400;
	found = compare(record, server, CONTINUITY_NO_VALIDATION, true);
	ok(found.kind == CONTINUITY_DIVERGED && found.from == 0x300 && found.to == 0x310 &&
	   found.start_lsn == 0x300 && !found.keep_open && !found.stop, "one that lost what Kafka has");

	record = record_at(0x290, 0x290);
	record.open_commit = 0x2a0;
	ok(compare(record, server, CONTINUITY_NO_VALIDATION, true).keep_open, "an open transaction goes on on the next timeline");
	record.open_commit = 0x300;
	ok(!compare(record, server, CONTINUITY_NO_VALIDATION, true).keep_open, "unless it committed after the old one was left");

	record.timeline = 4;
	found = compare(record, server, CONTINUITY_NO_VALIDATION, true);
	ok(found.kind == CONTINUITY_OTHER && found.stop, "a timeline of which the server knows nothing");
}

int
main(void)
{
	test_same_timeline();
	test_gap();
	test_other_server();
	test_timelines();
	return done_testing();
}
