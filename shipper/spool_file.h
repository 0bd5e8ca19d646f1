/*
 * spool_file.h
 *	  The bytes of the spool's files: heads, records, the position.  Pure.
 *
 * A segment is a head of SPOOL_HEAD bytes and then records, each a head of
 * SPOOL_RECORD_HEAD bytes and the frames of one message as they came from the
 * server.  All integers are big-endian, as in the frames.
 *
 *		segment head: "WALPOST\n", u32 version, u32 CRC of what follows,
 *					  u64 system identifier, u64 number, u64 base LSN,
 *					  u32 timeline, slot (64 bytes), topic prefix (256 bytes),
 *					  zeros
 *		record head:  u32 length of the frames, u32 CRC of what follows (with
 *					  the frames), u8 kind, u8 flags, u16 zero, u32 number of
 *					  the segment, u64 end LSN, u64 last commit's end LSN
 *		position:	  "WALPOST@", u32 version, u32 CRC of what follows,
 *					  u64 system identifier, u64 delivered LSN, u64 guard LSN,
 *					  u64 1 for an empty spool, else 0
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_SPOOL_FILE_H
#define WALPOST_SPOOL_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SPOOL_VERSION		1
#define SPOOL_HEAD			512
#define SPOOL_RECORD_HEAD	32
#define SPOOL_POSITION		48

typedef struct SpoolHead
{
	uint64_t	system_id;
	uint64_t	number;
	uint64_t	base_lsn;		/* all up to here lies in the segments before,
								 * or was in Kafka before them */
	uint32_t	timeline;		/* of the server */
	char		slot[64];
	char		prefix[256];	/* topic.prefix */
} SpoolHead;

typedef enum SpoolKind
{
	SPOOL_FRAMES = 'F',			/* frames of the session */
	SPOOL_SESSION = 'S',		/* a session begins with these: HELLO and all
								 * RELATION frames that hold from here on */
	SPOOL_MARK = 'K',			/* no frames: the server had no more to say up
								 * to the end LSN */
} SpoolKind;

typedef struct SpoolRecord
{
	SpoolKind	kind;
	bool		open;			/* a unit is half received after it */
	uint64_t	end_lsn;		/* what is wholly held, this record included */
	uint64_t	commit_lsn;		/* end LSN of the last whole transaction; 0:
								 * none yet */
	const char *frames;			/* borrowed */
	uint32_t	len;
} SpoolRecord;

typedef struct SpoolPosition
{
	uint64_t	system_id;
	uint64_t	delivered_lsn;	/* Kafka has all that ends here or before */
	uint64_t	guard_lsn;		/* see spool_guard_lsn() */
	bool		empty;			/* whatever lies there, Kafka has it */
} SpoolPosition;

typedef enum SpoolResult
{
	SPOOL_OK,
	SPOOL_TORN,					/* not whole, or not what was written */
	SPOOL_OTHER_VERSION,		/* whole, but another program's */
} SpoolResult;

extern void spool_head_encode(const SpoolHead *head, char bytes[SPOOL_HEAD]);
extern SpoolResult spool_head_decode(const char *bytes, size_t len, SpoolHead *head);

/* The head of a record of segment number; its frames follow it. */
extern void spool_record_encode(const SpoolRecord *record, uint64_t number,
								char bytes[SPOOL_RECORD_HEAD]);

/* The length of a record, head included, that begins with such a head. */
extern size_t spool_record_size(const char bytes[SPOOL_RECORD_HEAD]);

/* Reads a record; frames then point into bytes. */
extern SpoolResult spool_record_decode(const char *bytes, size_t len, uint64_t number,
									   SpoolRecord *record);

extern void spool_position_encode(const SpoolPosition *position, char bytes[SPOOL_POSITION]);
extern SpoolResult spool_position_decode(const char *bytes, size_t len, SpoolPosition *position);

/*
 * How far all is held, in Kafka or by a spool that holds (base, end], when
 * Kafka has all up to lsn.  Short of the slot's position, that is where a gap
 * begins.
 */
extern uint64_t spool_reach(uint64_t lsn, uint64_t base_lsn, uint64_t end_lsn);

#endif							/* WALPOST_SPOOL_FILE_H */
