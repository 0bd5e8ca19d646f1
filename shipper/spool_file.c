/*
 * spool_file.c
 *	  The bytes of the spool's files.  Pure: no allocation, no I/O.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <string.h>

#include "crc32c.h"
#include "spool_file.h"
#include "wire.h"

static const char head_magic[8] = {'W', 'A', 'L', 'P', 'O', 'S', 'T', '\n'};
static const char position_magic[8] = {'W', 'A', 'L', 'P', 'O', 'S', 'T', '@'};

/* Both begin alike: magic, version, CRC of the rest. */
#define BODY	16

/* Offsets in the segment's head. */
#define HEAD_SYSTEM_ID	16
#define HEAD_NUMBER		24
#define HEAD_BASE		32
#define HEAD_TIMELINE	40
#define HEAD_SLOT		44
#define HEAD_PREFIX		108

/* Offsets in a record's head. */
#define RECORD_LEN		0
#define RECORD_CRC		4
#define RECORD_KIND		8
#define RECORD_FLAGS	9
#define RECORD_NUMBER	12
#define RECORD_END		16
#define RECORD_COMMIT	24

#define RECORD_OPEN		0x01

/* Writes what heads begin with, once all that follows is there. */
static void
seal(char *bytes, size_t len, const char magic[8])
{
	memcpy(bytes, magic, 8);
	wire_put32(bytes + 8, SPOOL_VERSION);
	wire_put32(bytes + 12, crc32c(0, bytes + BODY, len - BODY));
}

static SpoolResult
check_seal(const char *bytes, size_t have, size_t len, const char magic[8])
{
	if (have < len || memcmp(bytes, magic, 8) != 0)
		return SPOOL_TORN;
	if (wire_get32(bytes + 8) != SPOOL_VERSION)
		return SPOOL_OTHER_VERSION;
	if (wire_get32(bytes + 12) != crc32c(0, bytes + BODY, len - BODY))
		return SPOOL_TORN;
	return SPOOL_OK;
}

void
spool_head_encode(const SpoolHead *head, char bytes[SPOOL_HEAD])
{
	memset(bytes, 0, SPOOL_HEAD);
	wire_put64(bytes + HEAD_SYSTEM_ID, head->system_id);
	wire_put64(bytes + HEAD_NUMBER, head->number);
	wire_put64(bytes + HEAD_BASE, head->base_lsn);
	wire_put32(bytes + HEAD_TIMELINE, head->timeline);
	memcpy(bytes + HEAD_SLOT, head->slot, strnlen(head->slot, sizeof(head->slot) - 1));
	memcpy(bytes + HEAD_PREFIX, head->prefix, strnlen(head->prefix, sizeof(head->prefix) - 1));
	seal(bytes, SPOOL_HEAD, head_magic);
}

SpoolResult
spool_head_decode(const char *bytes, size_t len, SpoolHead *head)
{
	SpoolResult result = check_seal(bytes, len, SPOOL_HEAD, head_magic);

	if (result != SPOOL_OK)
		return result;
	head->system_id = wire_get64(bytes + HEAD_SYSTEM_ID);
	head->number = wire_get64(bytes + HEAD_NUMBER);
	head->base_lsn = wire_get64(bytes + HEAD_BASE);
	head->timeline = wire_get32(bytes + HEAD_TIMELINE);
	memcpy(head->slot, bytes + HEAD_SLOT, sizeof(head->slot));
	memcpy(head->prefix, bytes + HEAD_PREFIX, sizeof(head->prefix));
	head->slot[sizeof(head->slot) - 1] = '\0';
	head->prefix[sizeof(head->prefix) - 1] = '\0';
	return SPOOL_OK;
}

void
spool_record_encode(const SpoolRecord *record, uint64_t number, char bytes[SPOOL_RECORD_HEAD])
{
	uint32_t	crc;

	memset(bytes, 0, SPOOL_RECORD_HEAD);
	wire_put32(bytes + RECORD_LEN, record->len);
	bytes[RECORD_KIND] = (char) record->kind;
	bytes[RECORD_FLAGS] = record->open ? RECORD_OPEN : 0;
	wire_put32(bytes + RECORD_NUMBER, (uint32_t) number);
	wire_put64(bytes + RECORD_END, record->end_lsn);
	wire_put64(bytes + RECORD_COMMIT, record->commit_lsn);
	crc = crc32c(0, bytes + RECORD_KIND, SPOOL_RECORD_HEAD - RECORD_KIND);
	wire_put32(bytes + RECORD_CRC, crc32c(crc, record->frames, record->len));
}

size_t
spool_record_size(const char bytes[SPOOL_RECORD_HEAD])
{
	return SPOOL_RECORD_HEAD + (size_t) wire_get32(bytes + RECORD_LEN);
}

SpoolResult
spool_record_decode(const char *bytes, size_t len, uint64_t number, SpoolRecord *record)
{
	if (len < SPOOL_RECORD_HEAD || len < spool_record_size(bytes))
		return SPOOL_TORN;
	record->len = wire_get32(bytes + RECORD_LEN);
	if (wire_get32(bytes + RECORD_CRC) !=
		crc32c(0, bytes + RECORD_KIND, SPOOL_RECORD_HEAD - RECORD_KIND + record->len) ||
		wire_get32(bytes + RECORD_NUMBER) != (uint32_t) number)
		return SPOOL_TORN;

	record->kind = (SpoolKind) (unsigned char) bytes[RECORD_KIND];
	if (record->kind != SPOOL_FRAMES && record->kind != SPOOL_SESSION &&
		record->kind != SPOOL_MARK)
		return SPOOL_OTHER_VERSION;
	record->open = (bytes[RECORD_FLAGS] & RECORD_OPEN) != 0;
	record->end_lsn = wire_get64(bytes + RECORD_END);
	record->commit_lsn = wire_get64(bytes + RECORD_COMMIT);
	record->frames = bytes + SPOOL_RECORD_HEAD;
	return SPOOL_OK;
}

void
spool_position_encode(const SpoolPosition *position, char bytes[SPOOL_POSITION])
{
	wire_put64(bytes + 16, position->system_id);
	wire_put64(bytes + 24, position->delivered_lsn);
	wire_put64(bytes + 32, position->guard_lsn);
	wire_put64(bytes + 40, position->empty);
	seal(bytes, SPOOL_POSITION, position_magic);
}

SpoolResult
spool_position_decode(const char *bytes, size_t len, SpoolPosition *position)
{
	SpoolResult result = check_seal(bytes, len, SPOOL_POSITION, position_magic);

	if (result != SPOOL_OK)
		return result;
	if (wire_get64(bytes + 40) > 1)
		return SPOOL_TORN;
	position->system_id = wire_get64(bytes + 16);
	position->delivered_lsn = wire_get64(bytes + 24);
	position->guard_lsn = wire_get64(bytes + 32);
	position->empty = wire_get64(bytes + 40) != 0;
	return SPOOL_OK;
}

uint64_t
spool_reach(uint64_t lsn, uint64_t base_lsn, uint64_t end_lsn)
{
	return base_lsn <= lsn && end_lsn > lsn ? end_lsn : lsn;
}
