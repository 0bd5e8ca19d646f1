/*
 * wire.h
 *	  The frames between the plugin and the shipper: tags, layouts, limits.
 *
 * This is the only file that both sides include, so it is freestanding C.
 * WIRE.md draws the layouts as byte tables.
 *
 * A CopyData payload is a run of frames.  Each frame is a tag (1 byte), the
 * length of its body (4 bytes) and the body; every integer is big-endian, as
 * in the rest of the replication protocol.  A payload holds frames of one
 * transaction at most, and ends on a frame boundary.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_WIRE_H
#define WALPOST_WIRE_H

#include <stdint.h>
#include <string.h>

#define WIRE_VERSION		1

/* Tag and length in front of each body. */
#define WIRE_FRAME_HEAD		5

/*
 * HELLO, once, before the first other frame of a session:
 * u16 wire version, u32 server version number, text plugin version,
 * text effective options (a .properties text).  "text" is u32 length + bytes.
 */
#define WIRE_HELLO			'H'

/*
 * RELATION, before the first event of a stream and again after each change of
 * its definition: u32 stream, u8 key format, u8 value format, text topic,
 * text headers (a header block that every event of the stream carries),
 * text key schema, text value schema (both empty but for Avro).
 */
#define WIRE_RELATION		'R'

/*
 * BEGIN, before a transaction's first event: u64 commit LSN (start of the
 * commit record), i64 commit time (microseconds since 1970), u32 xid.
 */
#define WIRE_BEGIN			'B'

/* EVENT: the fixed head below, then key, value and header block. */
#define WIRE_EVENT			'E'

/*
 * COMMIT: u64 commit LSN, u64 end LSN (what may be acknowledged once all of
 * the transaction's events are safe), u64 number of its events.
 */
#define WIRE_COMMIT			'C'

/*
 * A value of walpost.snapshot() is a payload, too: a transaction of its own,
 * whose LSNs (of commit and end alike) are that of the snapshot.  Each call of
 * the function is a session, with a HELLO at its beginning.
 */

/*
 * CONTROL: u8 kind, u64 LSN, then what the kind says.
 * WIRE_CONTROL_MESSAGE: u32 n; the n events that follow in this payload stand
 * outside any transaction and form a unit of their own, acknowledged with LSN.
 * WIRE_CONTROL_SIGNAL, within a transaction, at the place of the change that it
 * was (before its event, if it has one): u64 ordinal of that, then id, type and
 * data as texts; a length of WIRE_NULL is a null.  None is longer than
 * WIRE_SIGNAL_MAX: what is, is cut there.
 */
#define WIRE_CONTROL		'M'
#define WIRE_CONTROL_MESSAGE 'm'
#define WIRE_CONTROL_SIGNAL 'g'
#define WIRE_SIGNAL_MAX		(1024 * 1024)

/*
 * WIRE_CONTROL_WATERMARK: text nonce; a logical message of the client's own, with
 * the session's key, came by.  It is no unit and is not acknowledged.
 */
#define WIRE_CONTROL_WATERMARK 'w'

/*
 * walpost.chunk() begins with WIRE_CONTROL_SNAPSHOT: u32 xmin, u32 xmax, u32 n
 * and so many u32 of transactions between them that it does not see; text, the
 * upper bound of the keys (an array's text; empty: the table is).  It ends with
 * WIRE_CONTROL_CHUNK: text, the last key it looked at (empty: none); u64 rows that
 * it found; u8, 1 if there are more.  The LSN of both is 0.
 */
#define WIRE_CONTROL_SNAPSHOT 's'
#define WIRE_CONTROL_CHUNK	'k'

/*
 * WIRE_CONTROL_FILTERED: u64, so many more inserts, updates and deletes than were
 * told of have been left out, which the publication has and the lists of tables and
 * schemas do not.  Between transactions or before a COMMIT; no unit.  The LSN is 0.
 */
#define WIRE_CONTROL_FILTERED 'f'

/*
 * IDENTITY, while a snapshot's window is open, before the EVENTs of its change
 * (of which there may be none): u32 OID of the relation that has the row, u8 kind,
 * and for WIRE_IDENTITY_ROW bytes that no other row of it has, equal for all
 * versions of the row until one with another identity is written.
 */
#define WIRE_IDENTITY		'I'
#define WIRE_IDENTITY_ROW	'r'
#define WIRE_IDENTITY_ALL	'a' /* any row: TRUNCATE */

/*
 * The prefix of the logical messages that are watermarks, and never events.
 * Content: the session's key, a colon, 'o' (a window opens: identities from here
 * on), 'w' (a mark and nothing more) or 'c' (the window closes), a colon, a nonce.
 */
#define WIRE_WATERMARK_PREFIX "walpost.watermark"

/*
 * The event's fixed head, as offsets into the body.  RECEIVER is zero on the
 * wire and belongs to the receiver from then on: the shipper keeps there what
 * it must find again when the event is acknowledged, so that an event in
 * flight needs no memory besides the buffer it arrived in.
 */
#define WIRE_EVENT_RECEIVER		0	/* u32 */
#define WIRE_EVENT_STREAM		4	/* u32 */
#define WIRE_EVENT_FLAGS		8	/* u8, WIRE_HAS_*; then the partition, u24,
									 * zero if there is none */
#define WIRE_EVENT_ORDINAL		12	/* u64, of the decoded change, from 1 */
#define WIRE_EVENT_TIMESTAMP	20	/* i64, milliseconds; -1 is the sender's */
#define WIRE_EVENT_KEY_LEN		28	/* u32 */
#define WIRE_EVENT_VALUE_LEN	32	/* u32 */
#define WIRE_EVENT_HEADERS_LEN	36	/* u32 */
#define WIRE_EVENT_RELATION		40	/* u32, OID of the table that it is of, or of
									 * the root that it is shown as; 0: of none */
#define WIRE_EVENT_HEAD			44

#define WIRE_HAS_KEY			0x01	/* else a null key */
#define WIRE_HAS_VALUE			0x02	/* else a tombstone */
#define WIRE_TO_ALL				0x04	/* to every partition of its topic */
#define WIRE_HAS_PARTITION		0x08	/* to this one, whatever its key says */
#define WIRE_KNOWN				0x10	/* the client has it: walpost.resume */
#define WIRE_HAS_SPLICES		0x20	/* the block below is behind its headers */
/* 0x80 is the receiver's, zero on the wire. */
#define WIRE_RECEIVER_FLAG		0x80

/*
 * A header block is a run of headers: u16 length and bytes of the name,
 * u32 length and bytes of the value; a length of WIRE_NULL is a null value.
 */
#define WIRE_NULL				UINT32_C(0xFFFFFFFF)

/*
 * Values of an event that are to be read anew before anybody sees it: u16 number of
 * splices; each u8 part, u32 offset and u32 length in that part, u32 offset in the
 * header block of the length of the header that it is in (WIRE_NULL: in none), in
 * order; and to the end of the frame the request that walpost.reselect() takes.
 */
#define WIRE_SPLICE				13	/* bytes of one */
#define WIRE_PART_KEY			'k'
#define WIRE_PART_VALUE			'v'
#define WIRE_PART_HEADERS		'h'

/*
 * Its answer is a run of: u8 WIRE_FOUND, and for each splice in order a text, what
 * is to stand there (a length of WIRE_NULL: what does already); or u8 WIRE_MISSING
 * or WIRE_ERROR and a text, why it is to be left as it is: there is no such row,
 * or reading it failed.  There may be fewer answers than there were requests, at
 * least one: the others are to be asked for again.
 */
#define WIRE_FOUND				'f'
#define WIRE_MISSING			'n'
#define WIRE_ERROR				'e'

/*
 * What a heartbeat is, for a client whose options have a heartbeat.interval.ms: a
 * parameter of the session (ParameterStatus) that comes before the stream begins.
 * Hexadecimal digits: a RELATION frame and an EVENT frame, whose splices are to be
 * replaced by so many first digits of the time, 13 of milliseconds since 1970.
 * WIRE_HEARTBEAT_NONE: transforms leave heartbeats out, or cannot take them, and why
 * not follows.  WIRE_HEARTBEAT_ASK: they make of the time what only they can, or of
 * the record more than fits here; walpost.heartbeat() has to be asked for each.
 */
#define WIRE_HEARTBEAT_PARAMETER "walpost.heartbeat"
#define WIRE_HEARTBEAT_NONE		"none:"
#define WIRE_HEARTBEAT_ASK		"ask"
#define WIRE_HEARTBEAT_MAX		14000	/* libpq takes 30,000 bytes in all */

/* Formats in a RELATION frame. */
#define WIRE_FORMAT_JSON		'j'

/* The plugin closes a payload at this size, or at the end of a transaction. */
#define WIRE_BATCH_SIZE			(64 * 1024)

/* What fits where an event says its partition. */
#define WIRE_PARTITION_MAX		0xFFFFFF

/* Topic names that Kafka takes are no longer than this. */
#define WIRE_TOPIC_MAX			249

static inline void
wire_put16(char *p, uint16_t v)
{
	v = __builtin_bswap16(v);
	memcpy(p, &v, sizeof(v));
}

static inline void
wire_put32(char *p, uint32_t v)
{
	v = __builtin_bswap32(v);
	memcpy(p, &v, sizeof(v));
}

static inline void
wire_put64(char *p, uint64_t v)
{
	v = __builtin_bswap64(v);
	memcpy(p, &v, sizeof(v));
}

static inline uint16_t
wire_get16(const char *p)
{
	uint16_t	v;

	memcpy(&v, p, sizeof(v));
	return __builtin_bswap16(v);
}

static inline uint32_t
wire_get32(const char *p)
{
	uint32_t	v;

	memcpy(&v, p, sizeof(v));
	return __builtin_bswap32(v);
}

static inline uint64_t
wire_get64(const char *p)
{
	uint64_t	v;

	memcpy(&v, p, sizeof(v));
	return __builtin_bswap64(v);
}

#endif							/* WALPOST_WIRE_H */
