/*
 * notifications.h
 *	  Debezium's notifications: what a snapshot is about, told to a topic and to
 *	  the log (notification.enabled.channels).
 *
 * A notice costs nothing where no channel is enabled.  Its record is an event in
 * memory of this module, like a heartbeat: its RECEIVER field is zero.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_NOTIFICATIONS_H
#define WALPOST_NOTIFICATIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "conf.h"
#include "producer.h"
#include "topics.h"

typedef struct Notifications Notifications;

/* Blocking snapshots are initial ones to Debezium, too. */
typedef enum NoticeOf
{
	NOTICE_INITIAL,
	NOTICE_INCREMENTAL
} NoticeOf;

typedef enum NoticeType
{
	NOTICE_STARTED,
	NOTICE_RESOLVED,			/* which tables it is of */
	NOTICE_PAUSED,				/* initial: one that was interrupted, but can go on */
	NOTICE_RESUMED,
	NOTICE_ABORTED,
	NOTICE_SKIPPED,				/* initial only */
	NOTICE_IN_PROGRESS,			/* a table begins (initial); a chunk was read
								 * (incremental) */
	NOTICE_TABLE_SCAN_COMPLETED,
	NOTICE_CHUNK_IN_PROGRESS,	/* initial only: a piece of a table begins, */
	NOTICE_CHUNK_COMPLETED,		/* and is read.  Passed over, as in Debezium, unless
								 * snapshot.max.threads or .multiplier is more
								 * than 1 */
	NOTICE_COMPLETED,
	NOTICE_TYPES
} NoticeType;

/* Everything is borrowed; what a type has no use for is not looked at. */
typedef struct Notice
{
	NoticeOf	of;
	NoticeType	type;
	const char *id;				/* of the signal; NULL: a UUID is made */
	const char *collections;	/* all tables of the snapshot, "a.b,a.c"; NULL: not
								 * said */
	const char *collection;		/* the table at hand */
	const char *maximum_key;	/* values joined by commas; NULL: unknown */
	const char *last_key;
	int64_t		rows;			/* scanned of the table; < 0: not said */
	int64_t		expected;		/* in it, by the server's estimate; 0: not known */
	int			chunk;			/* of a table, from 0 on, */
	int			chunks;			/* of so many */
	const char *status;			/* SUCCEEDED, EMPTY, NO_PRIMARY_KEY, SKIPPED,
								 * SQL_EXCEPTION, UNKNOWN_SCHEMA */
} Notice;

/* Borrows all.  NULL without enabled channels; all others take that. */
extern Notifications *notifications_new(const Conf *conf, Producer *producer, Topics *topics);

/* After the producer, which may hold records. */
extern void notifications_free(Notifications *notifications);

extern void notifications_send(Notifications *notifications, const Notice *notice);

/* True while Kafka does not have all of it. */
extern bool notifications_pending(const Notifications *notifications);

/* There is a new producer: records that were under way go again. */
extern void notifications_resend(Notifications *notifications);

/* True when the record is one of these: said, and given up. */
extern bool notifications_refused(Notifications *notifications, const ProducerRefusal *refusal);

#endif							/* WALPOST_NOTIFICATIONS_H */
