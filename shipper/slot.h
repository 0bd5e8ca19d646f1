/*
 * slot.h
 *	  The replication slot: inspect, make, drop, and all that must stand before.
 *
 * Everything here runs on ordinary blocking connections before the stream
 * begins, or from the command line.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_SLOT_H
#define WALPOST_SLOT_H

#include <stdbool.h>
#include <stdint.h>

#include "conf.h"
#include "err.h"
#include "pg.h"

/* The plugin that every slot of ours decodes with. */
#define SLOT_PLUGIN "walpost"

/* "all replication slots are in use": somebody may drop one. */
#define SQLSTATE_NO_SLOT "53400"

/* A row of pg_replication_slots. */
typedef struct Slot
{
	bool		exists;
	bool		logical;
	bool		active;
	bool		temporary;
	bool		failover;		/* copied to standbys; servers from 17 on */
	int			active_pid;
	int			snapshot_pid;	/* of the session that takes a snapshot for
								 * it; 0: none does */
	char		plugin[64];
	char		database[64];
	char		wal_status[16]; /* reserved, extended, unreserved, lost, or "" */
	char		lost_reason[64];
	char		confirmed_flush[32];	/* LSN text, or "" */
	char		retained[32];	/* bytes of WAL kept for it, as the server
								 * prints sizes */
} Slot;

/*
 * In SQL: the claim on the snapshot of a slot, a row's slot_name and database; the
 * process that has it, or NULL.
 */
#define SLOT_CLAIM_KEYS(slot) \
	"pg_catalog.hashtext('walpost snapshot'), pg_catalog.hashtext(" slot ")"
#define SLOT_CLAIM_PID \
	"(SELECT l.pid FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_database d ON d.oid = l.database" \
	" WHERE d.datname = pg_replication_slots.database AND l.locktype = 'advisory' AND l.objsubid = 2 AND l.granted" \
	" AND (l.classid, l.objid) = (pg_catalog.hashtext('walpost snapshot')::pg_catalog.oid," \
	" pg_catalog.hashtext(slot_name::pg_catalog.text)::pg_catalog.oid) LIMIT 1)"

extern bool slot_read(PGconn *conn, const char *name, Slot *slot, Err *err) must_check;

/*
 * True if a slot that exists is one that this connector can go on with: logical,
 * of this database, made with our plugin, its WAL still there.  Whether it is
 * active does not matter here.
 */
extern bool slot_usable(const Conf *conf, const char *name, const Slot *slot,
						Err *err) must_check;

/* Fills err for a slot whose wal_status is lost; reason as the server has it. */
extern bool slot_lost(const char *name, const char *reason, Err *err);

/* The expression in SQL for why a slot was invalidated, by the server's version. */
extern const char *slot_lost_column(int server_version);

/* What becomes of a slot that does not exist. */
typedef enum SlotAbsent
{
	SLOT_MAKE,
	SLOT_LEAVE					/* a snapshot comes first, and makes it */
} SlotAbsent;

/*
 * Makes ready what the stream needs, in this order: pre-flight checks of the
 * server and the role, replica identities, the publication (committed before
 * the slot, since the slot's catalog must know it), the slot.  An active slot is
 * waited for quietly (this process is then its hot standby) until *stop becomes
 * true; stop may be NULL.  *made: the slot was absent.  False with err->kind ERR_NONE when stopped, ERR_RETRY
 * when it may pass by itself.
 */
extern bool slot_prepare(const Conf *conf, SlotAbsent absent, const volatile bool *stop,
						 bool *made, Err *err) must_check;

typedef enum SlotKind
{
	SLOT_TEMPORARY,				/* ends with its connection */
	SLOT_LASTING,
	SLOT_FAILOVER				/* copied to standbys; servers from 17 on */
} SlotKind;

/*
 * Makes a slot with our plugin on a replication connection.  Waits for
 * transactions that run, and says so, until *stop.
 */
extern bool slot_create(PGconn *replication, const char *name, SlotKind kind,
						const volatile bool *stop, Err *err) must_check;

/*
 * Makes a temporary one that exports its snapshot: *lsn is where it begins, and
 * snapshot the name, which holds until conn is used again.
 */
extern bool slot_create_exported(PGconn *replication, const char *name, const volatile bool *stop,
								 uint64_t *lsn, char *snapshot, size_t size, Err *err) must_check;

/*
 * Fills err for a server that does not let the role (quoted for SQL) use the
 * plugin; list is its output_plugin_libraries.
 */
extern bool slot_plugin_refused(const char *list, const char *role, Err *err);

/* A slot of ours that nobody uses; retained (as sizes are printed) is NULL when it is lost. */
typedef void (*SlotOrphanFn) (void *arg, const char *slot, const char *database, const char *retained);

/* Calls found for each of the server's, but for one. */
extern bool slot_orphans(PGconn *conn, const char *but, SlotOrphanFn found, void *arg,
						 Err *err) must_check;

/* Drops the slot (slot.drop.on.stop); no error when there is none. */
extern bool slot_drop(const Conf *conf, const char *name, Err *err) must_check;

/*
 * Turns a slot of another plugin into one of ours that stands at the very same
 * LSNs: copied under a second name, dropped, copied back.  Killed at any point,
 * it is completed by running it again.  No error when it is ours already.
 */
extern bool slot_takeover(const Conf *conf, const char *name, Err *err) must_check;

/* The way back: the slot gets another plugin, at the very same LSNs. */
extern bool slot_giveback(const Conf *conf, const char *name, const char *plugin, Err *err) must_check;

/* True for a slot of another plugin that walpost.slot.takeover allows to take. */
extern bool slot_may_take(const Conf *conf, const Slot *slot);

/*
 * The same if walpost.slot.takeover allows it and there is something to take, or
 * to complete.  ERR_RETRY while its client uses it.
 */
extern bool slot_takeover_if_due(const Conf *conf, const char *name, Err *err) must_check;

/* The second name; at most 63 bytes into buf[64].  It exists while a takeover
 * is under way (or was interrupted). */
extern const char *slot_takeover_name(const char *name, char buf[64]);

#endif							/* WALPOST_SLOT_H */
