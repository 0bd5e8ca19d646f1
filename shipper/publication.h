/*
 * publication.h
 *	  The publication, as publication.autocreate.mode wants it.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_PUBLICATION_H
#define WALPOST_PUBLICATION_H

#include <stdbool.h>

#include "conf.h"
#include "err.h"
#include "pg.h"
#include "tables.h"

typedef struct Publication
{
	bool		exists;
	bool		all_tables;
	bool		updates,
				deletes;		/* whether it publishes them */
	bool		via_root;
} Publication;

extern bool publication_read(const Conf *conf, PGconn *conn, Publication *pub, Err *err) must_check;

/* CREATE, or ALTER ... ADD and ALTER ... DROP. */
#define PUBLICATION_PLAN_MAX 2

typedef struct PublicationPlan
{
	char	   *statements[PUBLICATION_PLAN_MAX];
	int			n;
} PublicationPlan;

/*
 * The statements that bring the publication into the state that the
 * configuration asks for; none when it is there already.  False and err when it
 * cannot be had (mode disabled and it does not exist; filtered, and it is FOR
 * ALL TABLES, or no table is captured).  Free with publication_plan_free().
 */
extern bool publication_plan(const Conf *conf, PGconn *conn, const Publication *pub,
							 const TableList *tables, PublicationPlan *plan,
							 Err *err) must_check;
extern void publication_plan_free(PublicationPlan *plan);

/* Plans and runs it in one transaction. */
extern bool publication_prepare(const Conf *conf, PGconn *conn, const TableList *tables,
								Err *err) must_check;

#endif							/* WALPOST_PUBLICATION_H */
