/*
 * test_position.c
 *	  The position record: what is written is read again, also Debezium's.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "position.h"
#include "tap.h"

static bool
parse(const char *text, Position *position)
{
	Err			err;

	return position_parse(text, strlen(text), position, &err);
}

static void
test_key(void)
{
	char	   *key = position_key("shop", "shop");
	char	   *odd = position_key("a \"b\"", "\xc3\xa9");

	ok(strcmp(key, "[\"shop\",{\"server\":\"shop\"}]") == 0, "the key is laid out as Connect's");
	ok(strcmp(odd, "[\"a \\\"b\\\"\",{\"server\":\"\xc3\xa9\"}]") == 0, "quotes are escaped, other bytes are not");
	free(key);
	free(odd);
}

static void
test_round_trip(void)
{
	Position	whole = {
		.lsn = UINT64_C(0x1234567890),.limit = UINT64_C(0x1234567899),.last_commit = 77,
		.message = true,.part_xid = 8,.part_lsn = 9,.part_events = 1,.open_commit = 5,.open_ordinal = 6,.open_record = 2,
		.system_id = "7345678901234567890",.timeline = 3,.slot = "shop_slot",.spool = "host:/var/spool/shop.spool",
		.snapshot = "0190b0f2-0000-7000-8000-000000000000",.written_us = 1795230897688540
	};
	Position	plain = {.lsn = 9,.limit = 9,.system_id = "1",.timeline = 1,.slot = "s",.written_us = 1};
	Position	again;
	char	   *text = position_print(&whole);

	ok(parse(text, &again) && memcmp(&whole, &again, sizeof(whole)) == 0, "all fields come back");
	ok(position_equal(&whole, &again), "and are equal");
	again.open_record++;
	ok(!position_equal(&whole, &again), "another record of the change is another position");
	free(text);

	text = position_print(&plain);
	ok(parse(text, &again) && position_equal(&plain, &again), "a position without an open transaction, too");
	ok(strstr(text, "open") == NULL && strstr(text, "part") == NULL &&
	   strncmp(text, "{\"lsn\":9,\"lsn_proc\":9,\"lsn_commit\":9,", 37) == 0,
	   "it holds nothing of one, and Debezium's fields first");
	ok(strstr(text, "\"messageType\":\"COMMIT\"") != NULL, "to Debezium it is the end of a commit");
	free(text);
}

/* The change that Debezium sent last: true if it is in the middle of this transaction. */
static bool
is_part(const Position *position, uint32_t xid, uint64_t lsn, uint64_t events)
{
	return position->part_xid == xid && position->part_lsn == lsn && position->part_events == events;
}

static void
test_debezium_part(void)
{
	Position	position,
				again;
	char	   *text;

	ok(parse("{\"lsn_proc\":60,\"lsn_events_processed\":3,\"messageType\":\"INSERT\",\"lsn_commit\":50,\"lsn\":60,\"txId\":7}", &position) &&
	   position.lsn == 60 && position.last_commit == 50 && is_part(&position, 7, 60, 3),
	   "Debezium was amidst a transaction");
	text = position_print(&position);
	ok(parse(text, &again) && again.last_commit == 50 && is_part(&again, 7, 60, 3), "which is kept");
	free(text);
	ok(parse("{\"lsn_proc\":40,\"messageType\":\"UPDATE\",\"lsn_commit\":50,\"lsn\":40,\"txId\":7}", &position) &&
	   position.lsn == 50 && is_part(&position, 7, 40, 1),
	   "one that began before another's commit; an older release counts no changes");
	ok(parse("{\"messageType\":\"INSERT\",\"lsn_commit\":50,\"lsn\":50,\"txId\":7,\"lsn_events_processed\":1}", &position) &&
	   is_part(&position, 7, 50, 1), "its first change may begin where the last commit ends");
	ok(parse("{\"messageType\":\"COMMIT\",\"lsn_commit\":50,\"lsn\":50,\"txId\":7}", &position) &&
	   position.lsn == 50 && position.part_xid == 0, "at a commit it was not");
	ok(parse("{\"messageType\":\"BEGIN\",\"lsn_commit\":50,\"lsn\":60,\"txId\":7}", &position) &&
	   position.part_xid == 0, "nor had it sent anything after a begin");
	ok(parse("{\"messageType\":\"MESSAGE\",\"lsn_commit\":50,\"lsn\":60,\"txId\":7,\"lsn_events_processed\":9}", &position) &&
	   is_part(&position, 7, 60, 1) && !position.message, "a message in a transaction");
	ok(parse("{\"messageType\":\"MESSAGE\",\"lsn_commit\":60,\"lsn\":60}", &position) &&
	   position.part_xid == 0 && position.message, "one outside");
	ok(parse("{\"lsn\":60,\"messageType\":\"INSERT\",\"lsn_commit\":50,\"txId\":7,\"incremental_snapshot_collections\":\"[]\"}", &position) &&
	   position.interrupted, "an incremental snapshot was under way");
}

static void
test_debezium(void)
{
	Position	position;

	ok(parse("{\"lsn\":1231991768,\"txId\":470928,\"ts_usec\":1795230926430842}", &position) &&
	   position.lsn == 1231991768 && position.limit == position.lsn &&
	   position.system_id[0] == '\0' && position.timeline == 0, "an offset of Debezium's");
	ok(parse("{\"transaction_id\":null,\"lsn_proc\":5,\"messageType\":\"INSERT\",\"lsn_commit\":4,\"lsn\":6,\"txId\":7,\"ts_usec\":1}", &position) &&
	   position.lsn == 6 && position.last_commit == 4, "\"lsn\" is where it is");
	ok(parse("{\"last_snapshot_record\":true,\"lsn\":8,\"snapshot\":\"INITIAL\",\"snapshot_completed\":true}", &position) &&
	   position.lsn == 8, "one at the end of a snapshot");
	ok(parse("{\"lsn\":8,\"txId\":7,\"snapshot\":\"INITIAL\",\"snapshot_completed\":false}", &position) &&
	   position.unfinished && position.part_xid == 0, "one in the middle of a snapshot is no position");
}

static void
test_garbage(void)
{
	static const char *const bad[] = {
		"", "null", "[]", "{}", "{\"lsn\":0}", "{\"lsn\":-1}", "{\"lsn\":\"8\"}", "{\"lsn\":8",
		"{\"lsn\":8,\"lsn\":9}", "{\"lsn\":8,\"walpost_timeline\":4294967296}",
		"{\"lsn\":8,\"walpost_slot\":7}", "{\"lsn\":8,\"walpost_message\":1}",
		"{\"lsn\":8,\"walpost_open_commit\":3}",
		"{\"lsn\":8,\"walpost_system_id\":\"0123456789012345678901234567890123\"}",
		"{\"lsn\":99999999999999999999}",
	};
	Position	position;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ok(!parse(bad[i], &position), bad[i][0] ? bad[i] : "nothing");
}

int
main(void)
{
	test_key();
	test_round_trip();
	test_debezium();
	test_debezium_part();
	test_garbage();
	return done_testing();
}
