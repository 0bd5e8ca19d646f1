/*
 * identity.h
 *	  replica.identity.autoset.values: replica identities set at start.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_IDENTITY_H
#define WALPOST_IDENTITY_H

#include <stdbool.h>

#include "err.h"
#include "pattern.h"

/* What the first rule whose pattern matches schema.table says. */
typedef struct IdentityRule
{
	PatternList *tables;
	char		identity;		/* pg_class.relreplident: d, f, n, i */
	char	   *index;			/* of identity i */
} IdentityRule;

/*
 * Parses regex:DEFAULT|FULL|NOTHING|INDEX name, separated by commas, into an
 * array to be freed with identity_free().
 */
extern bool identity_parse(const char *text, IdentityRule **rules, int *nrules,
						   Err *err) must_check;
extern void identity_free(IdentityRule *rules, int nrules);

/* The rule for a table, or NULL. */
extern const IdentityRule *identity_find(const IdentityRule *rules, int nrules,
										 const char *table);

#endif							/* WALPOST_IDENTITY_H */
