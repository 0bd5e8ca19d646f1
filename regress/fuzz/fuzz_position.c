/*
 * fuzz_position.c
 *	  Position records, as anybody may have written them to the offset topic.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "fuzz.h"
#include "position.h"

/* What was read says the same when it is written and read again. */
static void
check_round_trip(const Position *position)
{
	char	   *text = position_print(position);
	Position	again;
	Err			err = {0};
	char	   *second;

	fuzz_claim(position_parse(text, strlen(text), &again, &err));
	fuzz_claim(memcmp(position, &again, sizeof(again)) == 0);
	fuzz_claim(position_equal(position, &again));
	second = position_print(&again);
	fuzz_claim(strcmp(text, second) == 0);
	free(second);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* not terminated: a record's value is not, either */
	char	   *value = malloc(size ? size : 1);
	Position	position;
	Err			err = {0};

	if (value == NULL)
		abort();
	if (size > 0)
		memcpy(value, data, size);
	if (!position_parse(value, size, &position, &err))
		fuzz_claim(err.kind == ERR_CONFIG && err.text[0] != '\0');
	else
	{
		fuzz_claim((position.lsn != 0 || position.unfinished) && position.limit >= position.lsn);
		fuzz_claim(position.part_xid != 0 || (position.part_lsn == 0 && position.part_events == 0));
		fuzz_claim(position.open_commit == 0 || position.open_ordinal != 0);
		fuzz_claim(memchr(position.slot, '\0', sizeof(position.slot)) != NULL);
		fuzz_claim(memchr(position.system_id, '\0', sizeof(position.system_id)) != NULL);
		fuzz_claim(memchr(position.spool, '\0', sizeof(position.spool)) != NULL);
		if (!position.unfinished && !position.interrupted)
			check_round_trip(&position);
	}
	free(value);
	return 0;
}
