/*
 * frame.h
 *	  The reader of frames: from bytes to views, trusting nothing.
 *
 * Views point into the payload, copy nothing, and live as long as it does.
 * Every length is checked against what is left before it is believed, so a
 * payload of random bytes yields FRAME_BAD and never a wild pointer.  See
 * ../plugin/wire.h for the layouts.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_FRAME_H
#define WALPOST_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of a text or a block; not terminated. */
typedef struct FrameText
{
	const char *p;
	uint32_t	len;
} FrameText;

typedef struct FrameHello
{
	uint16_t	wire_version;
	uint32_t	server_version;
	FrameText	plugin_version;
	FrameText	options;
} FrameHello;

typedef struct FrameRelation
{
	uint32_t	stream;
	char		key_format,
				value_format;
	FrameText	topic;			/* 1 to WIRE_TOPIC_MAX bytes, as Kafka takes
								 * them */
	FrameText	headers;		/* a valid header block */
	FrameText	key_schema,
				value_schema;
} FrameRelation;

typedef struct FrameBegin
{
	uint64_t	commit_lsn;
	int64_t		commit_us;
	uint32_t	xid;
} FrameBegin;

typedef struct FrameCommit
{
	uint64_t	commit_lsn;
	uint64_t	end_lsn;
	uint64_t	nevents;
} FrameCommit;

typedef struct FrameControl
{
	char		kind;			/* WIRE_CONTROL_* */
	uint64_t	lsn;
	uint32_t	nevents;		/* of WIRE_CONTROL_MESSAGE */

	/* of WIRE_CONTROL_SIGNAL; texts may be null (p is NULL) */
	uint64_t	ordinal;
	FrameText	id,
				type,
				data;

	FrameText	text;			/* the nonce of a WATERMARK; the upper bound of
								 * a SNAPSHOT; the last key of a CHUNK */

	/* of WIRE_CONTROL_SNAPSHOT */
	uint32_t	xmin,
				xmax;
	const char *hidden;			/* nhidden numbers as they are on the wire */
	uint32_t	nhidden;

	/* of WIRE_CONTROL_CHUNK, WIRE_CONTROL_FILTERED */
	uint64_t	rows;
	bool		more;
} FrameControl;

typedef struct FrameIdentity
{
	uint32_t	relid;
	char		kind;			/* WIRE_IDENTITY_* */
	FrameText	bytes;
} FrameIdentity;

typedef struct FrameEvent
{
	char	   *body;			/* the fixed head; RECEIVER may be written */
	char	   *key;			/* NULL: null key */
	char	   *value;			/* NULL: tombstone */
	const char *headers;		/* a valid header block */
	uint32_t	key_len;
	uint32_t	value_len;
	uint32_t	headers_len;
	uint32_t	stream;
	uint32_t	relation;		/* OID of its table, or of the root that it is
								 * shown as; 0: of none */
	uint64_t	ordinal;
	int64_t		timestamp;		/* milliseconds, -1: none stated */
	bool		known;			/* WIRE_KNOWN */
	bool		acknowledged;	/* WIRE_RECEIVER_FLAG */
	FrameText	splices;		/* valid ones, nsplices of WIRE_SPLICE bytes; p is
								 * NULL: no value is to be read anew */
	uint32_t	nsplices;
	FrameText	request;		/* what to ask for them */
} FrameEvent;

typedef struct Frame
{
	char		tag;			/* WIRE_*: which member is set */
	union
	{
		FrameHello	hello;
		FrameRelation relation;
		FrameBegin	begin;
		FrameCommit commit;
		FrameControl control;
		FrameEvent	event;
		FrameIdentity identity;
	};
} Frame;

/*
 * The unread rest of a payload.  A payload that was read before has the
 * receiver's fields set; with received false they must still be zero.
 */
typedef struct FrameReader
{
	char	   *p;
	char	   *end;
	bool		received;
	const char *why;			/* after FRAME_BAD: what is wrong, a literal */
} FrameReader;

typedef enum FrameResult
{
	FRAME_OK, FRAME_END, FRAME_BAD
} FrameResult;

/*
 * Reads the next frame.  After FRAME_BAD the reader stands where it stood, at
 * the bad frame.
 */
extern FrameResult frame_next(FrameReader *reader, Frame *frame);

/* One header of a block; value.p is NULL for a null value. */
typedef struct FrameHeader
{
	FrameText	name;
	FrameText	value;
} FrameHeader;

/* Takes the next header off the block; FRAME_END when there is none left. */
extern FrameResult frame_header_next(FrameText *block, FrameHeader *header);

#endif							/* WALPOST_FRAME_H */
