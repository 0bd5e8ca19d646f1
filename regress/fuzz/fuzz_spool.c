/*
 * fuzz_spool.c
 *	  The spool's bytes: segment heads, records and the position, read from
 *	  anything; what is accepted is what would be written.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "fuzz.h"
#include "spool_file.h"

static void
read_head(const char *bytes, size_t size)
{
	SpoolHead	head;
	char		again[SPOOL_HEAD];

	if (spool_head_decode(bytes, size, &head) != SPOOL_OK)
		return;
	spool_head_encode(&head, again);
	fuzz_claim(spool_head_decode(again, sizeof(again), &head) == SPOOL_OK);
}

static void
read_position(const char *bytes, size_t size)
{
	SpoolPosition position;
	char		again[SPOOL_POSITION];

	if (spool_position_decode(bytes, size, &position) != SPOOL_OK)
		return;
	spool_position_encode(&position, again);
	fuzz_claim(memcmp(bytes, again, sizeof(again)) == 0);
}

/* The records behind a head of any kind, as a reader goes through them. */
static void
read_records(const char *bytes, size_t size)
{
	SpoolRecord record;

	while (spool_record_decode(bytes, size, 1, &record) == SPOOL_OK)
	{
		size_t		len = spool_record_size(bytes);

		fuzz_claim(len <= size && record.frames + record.len == bytes + len);
		bytes += len;
		size -= len;
	}
}

/* What the bytes ask to be written reads back as it was. */
static void
write_record(const uint8_t *data, size_t size)
{
	FuzzInput	input = {data, data + size};
	uint8_t		pick = fuzz_byte(&input);
	SpoolRecord record = {
		.kind = pick % 3 == 0 ? SPOOL_FRAMES : pick % 3 == 1 ? SPOOL_SESSION : SPOOL_MARK,
		.open = pick >= 128,
		.end_lsn = fuzz_byte(&input),
		.commit_lsn = fuzz_byte(&input),
		.frames = (const char *) input.p,
		.len = (uint32_t) (input.end - input.p)
	};
	char	   *bytes = malloc(SPOOL_RECORD_HEAD + record.len);
	SpoolRecord back;

	if (bytes == NULL)
		abort();
	spool_record_encode(&record, 7, bytes);
	memcpy(bytes + SPOOL_RECORD_HEAD, record.frames, record.len);
	fuzz_claim(spool_record_decode(bytes, SPOOL_RECORD_HEAD + record.len, 7, &back) == SPOOL_OK);
	fuzz_claim(back.kind == record.kind && back.open == record.open && back.len == record.len &&
			   back.end_lsn == record.end_lsn && back.commit_lsn == record.commit_lsn);
	fuzz_claim(spool_record_decode(bytes, SPOOL_RECORD_HEAD + record.len, 8, &back) != SPOOL_OK);

	/* a byte that changed, in whatever part */
	bytes[pick % (SPOOL_RECORD_HEAD + record.len)] ^= (char) (1 + pick / 2);
	fuzz_claim(spool_record_decode(bytes, SPOOL_RECORD_HEAD + record.len, 7, &back) != SPOOL_OK);
	free(bytes);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char	   *bytes = malloc(size + (size == 0));

	if (bytes == NULL)
		abort();
	if (size > 0)
		memcpy(bytes, data, size);
	read_head(bytes, size);
	read_position(bytes, size);
	read_records(bytes, size);
	if (size > SPOOL_HEAD)
		read_records(bytes + SPOOL_HEAD, size - SPOOL_HEAD);
	write_record(data, size);
	free(bytes);
	return 0;
}
