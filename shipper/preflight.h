/*
 * preflight.h
 *	  Checks of server, role, publication and slot before anything is made.
 *
 * "walpost run" stops at the first error; "walpost check" reports them all.
 * Both walk the same table of checks.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_PREFLIGHT_H
#define WALPOST_PREFLIGHT_H

#include <stdbool.h>

#include "conf.h"
#include "err.h"
#include "pg.h"
#include "publication.h"
#include "slot.h"
#include "tables.h"

typedef enum FindingLevel
{
	FINDING_OK, FINDING_WARNING, FINDING_ERROR
} FindingLevel;

typedef struct Preflight
{
	const Conf *conf;
	PGconn	   *conn;			/* an ordinary connection */
	bool		go_on;			/* report errors and go on; else stop at the first */
	void		(*report) (FindingLevel level, const char *text, void *arg);
	void	   *arg;
	int			errors;			/* reported so far */
	const char *property;		/* that findings are about; NULL: the role */
	bool		standby;		/* the server is one; once that was asked */
	Slot		slot;			/* once the slot's check ran */
	bool		drop_lost;		/* a slot is there that is to be dropped, since a
								 * snapshot makes good what it has lost */
} Preflight;

/*
 * What holds without the publication: version, encoding, wal_level, role,
 * plugin list, slots, walsenders.  False and err at the first error (unless
 * go_on), or when the connection is lost.
 */
extern bool preflight_server(Preflight *pf, Err *err) must_check;

/* What the tables and the publication are like; errors as above. */
extern bool preflight_tables(Preflight *pf, const TableList *tables,
							 const Publication *pub, Err *err) must_check;

/*
 * What the role may not do that the start would have it do: make or change the
 * publication, read rows. After preflight_server(); reports errors, whatever
 * go_on. False and err when the connection is lost.
 */
extern bool preflight_rights(Preflight *pf, const TableList *tables, const Publication *pub, Err *err) must_check;

/*
 * With transforms: whether the plugin takes them, and rows of each captured table
 * through them.  Errors as preflight_rights().
 */
extern bool preflight_events(Preflight *pf, const TableList *tables, Err *err) must_check;

/* Would a start read rows? After preflight_server(), by the mode and the slot alone. */
extern bool preflight_takes_snapshot(const Preflight *pf);

/*
 * Warns of captured relations that have no changes to be decoded: unlogged and
 * foreign tables, and views that a list names.  A part of preflight_tables().
 */
extern bool preflight_kinds(Preflight *pf, Err *err) must_check;

/* Reports a finding, formatted. */
extern void preflight_report(Preflight *pf, FindingLevel level, const char *fmt,...)
			__attribute__((format(printf, 3, 4)));

#endif							/* WALPOST_PREFLIGHT_H */
