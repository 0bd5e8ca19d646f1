/*
 * test_signals.c
 *	  Signals as they are read: types, fields, patterns, and what is refused.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <string.h>

#include "signals.h"
#include "tap.h"
#include "wire.h"

static FrameText
text_of(const char *text)
{
	return (FrameText)
	{
		text, text ? (uint32_t) strlen(text) : 0
	};
}

static Signal *
read_one(const char *type, const char *data, Err *err)
{
	SignalText	text = {
		SIGNAL_FROM_SOURCE, text_of("id"), text_of(type), text_of(data), 7
	};

	return signal_read(&text, err);
}

static void
test_execute(void)
{
	Err			err = {0};
	Signal	   *signal = read_one("execute-snapshot",
								  "{\"data-collections\": [\" public.o.* \", \"shop.Items\"],"
								  " \"additional-conditions\": [{\"data-collection\": \"PUBLIC.orders\", \"filter\": \"id > 5\"}],"
								  " \"surrogate-key\": \" sku \"}", &err);

	ok(signal != NULL && signal->kind == SIGNAL_EXECUTE && signal->snapshot == SNAPSHOT_INCREMENTAL,
	   "incremental is the default");
	ok(signal->ncollections == 2 && strcmp(signal->collections[0], "public.o.*") == 0, "blanks around a name do not count");
	ok(signal_selects(signal, 0, "public.orders") && !signal_selects(signal, 0, "public.items"), "patterns");
	ok(!signal_selects(signal, 0, "xpublic.orders") && !signal_selects(signal, 1, "shop.items"), "whole, and case counts");
	ok(strcmp(signal_filter(signal, "public.orders"), "id > 5") == 0, "a condition, whose case does not count");
	ok(signal_filter(signal, "shop.Items") == NULL, "none of another table");
	ok(strcmp(signal->surrogate_key, "sku") == 0, "a surrogate key");
	ok(signal->lsn == 7 && strcmp(signal->id, "id") == 0, "id and position");
	signal_free(signal);

	signal = read_one("execute-snapshot", "{\"data-collections\": [\"shop.Items\"], \"type\": \"BLOCKING\"}", &err);
	ok(signal != NULL && signal->snapshot == SNAPSHOT_BLOCKING, "a blocking one");
	ok(signal_selects(signal, 0, "SHOP.items"), "there case does not count");
	signal_free(signal);
}

static void
test_others(void)
{
	static const char document[] = "{\"id\": 5, \"type\": \"log\", \"data\": {\"message\": \"m\"}}";
	Err			err = {0};
	Signal	   *signal = read_one("stop-snapshot", NULL, &err);

	ok(signal != NULL && signal->kind == SIGNAL_STOP && signal->ncollections == 0, "a stop of all");
	signal_free(signal);
	signal = read_one("pause-snapshot", "", &err);
	ok(signal != NULL && signal->kind == SIGNAL_PAUSE, "a pause without data");
	signal_free(signal);
	signal = read_one("add-table", "{\"data-collections\": [\"public.a(b\"]}", &err);
	ok(signal != NULL && signal_selects(signal, 0, "public.a(b") && !signal_selects(signal, 0, "public.a"),
	   "tables to add are names");
	signal_free(signal);
	signal = read_one("snapshot-window-close", "x", &err);
	ok(signal == NULL, "data of what is ignored is JSON, too");
	ok(signal_read_document(SIGNAL_FROM_FILE, document, sizeof(document), &err) == NULL, "a document with a byte behind it");
	signal = signal_read_document(SIGNAL_FROM_FILE, document, sizeof(document) - 1, &err);
	ok(signal != NULL && strcmp(signal->id, "5") == 0 && strcmp(signal->message, "m") == 0, "a document, its id a number");
	signal_free(signal);
}

static int	settled;

static void
on_settled(void *arg, uint64_t token)
{
	settled += (int) token;
}

static void
test_settled(void)
{
	Err			err = {0};
	Signal	   *signal = read_one("resume-snapshot", "{}", &err);

	signal->settled = on_settled;
	signal->token = 3;
	signal_free(signal);
	ok(settled == 3, "a channel is told once");
}

static void
test_refused(void)
{
	static const struct
	{
		const char *type,
				   *data,
				   *error;
	}			cases[] = {
		{"", "{}", "there is no such type"},
		{NULL, NULL, "there is no such type"},
		{"log\n", "{}", "there is no such type"},
		{"log", "{}", "lacks its \"message\""},
		{"log", "{\"message\": 1}", "\"message\" is no text"},
		{"log", "{\"message\": \"a\\u0000b\"}", "no JSON"},
		{"log", "[]", "no JSON object"},
		{"log", "\xff", "no JSON"},
		{"execute-snapshot", "{\"data-collections\": \"a\"}", "\"data-collections\" is no array"},
		{"execute-snapshot", "{\"data-collections\": [\"a\", null]}", "item 2 of \"data-collections\" is no text"},
		{"execute-snapshot", "{\"data-collections\": [\"*\"]}", "bad regular expression"},
		{"execute-snapshot", "{\"data-collections\": [\"a\"], \"type\": \"all\"}", "incremental and blocking"},
		{"execute-snapshot", "{\"data-collections\": [\"a\"], \"additional-conditions\": [1]}", "is no object"},
		{"execute-snapshot", "{\"data-collections\": [\"a\"], \"additional-conditions\": [{\"data-collection\": \"a\"}]}", "lacks its \"filter\""},
		{"stop-snapshot", "{\"type\": \"blocking\"}", "only incremental"},
		{"add-table", "{}", "lacks its \"data-collections\""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		Err			err = {0};
		Signal	   *signal = read_one(cases[i].type, cases[i].data, &err);

		ok(signal == NULL && err.kind == ERR_DATA && strstr(err.text, cases[i].error) != NULL,
		   "refused: %s", cases[i].error);
		if (strchr(err.text, '\n') != NULL)
			ok(false, "in one line");
	}
}

static void
test_long(void)
{
	static char data[WIRE_SIGNAL_MAX + 1];
	Err			err = {0};

	memset(data, ' ', WIRE_SIGNAL_MAX);
	ok(read_one("pause-snapshot", data, &err) == NULL && strstr(err.text, "longer than") != NULL, "refused: too long");
}

int
main(void)
{
	test_execute();
	test_others();
	test_settled();
	test_refused();
	test_long();
	return done_testing();
}
