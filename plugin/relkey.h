/*
 * relkey.h
 *	  Which columns make a relation's key, and which an old tuple holds.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_RELKEY_H
#define WALPOST_RELKEY_H

#include "nodes/bitmapset.h"
#include "nodes/pg_list.h"
#include "utils/relcache.h"

#include "filter.h"

/*
 * The key's column names (C strings, in key order) and where they come from:
 * message.key.columns; else the identity index where an old tuple would lack
 * the primary key (USING INDEX); else the primary key; else the first unique
 * index in order of names, as Debezium takes it.  NIL: no key.
 * Follows "Primary key" of Debezium's PostgreSQL page but for USING INDEX,
 * where Debezium's deletes cannot be matched to their rows (with quirks, that
 * one goes as Debezium's does).
 */
extern List *relkey_columns(Relation relation, const Filter *filter,
							const char *schema, const char *table,
							bool quirks, const char **source);

/* The same without message.key.columns. */
extern List *relkey_own_columns(Relation relation, bool quirks, const char **source);

/*
 * The attributes (numbers from 1) that an old tuple of relation holds; full is
 * set, and NULL returned, if it holds all.
 */
extern Bitmapset *relkey_identity(Relation relation, bool *full);

/* The attributes (numbers from 1) of the primary key; NULL without one. */
extern Bitmapset *relkey_primary(Relation relation);

/*
 * The same (numbers from 0) in the order of its index, or without one those of the
 * identity index; returns how many.  There is room for INDEX_MAX_KEYS of them.
 */
extern int	relkey_order_columns(Relation relation, int *attributes);

/*
 * A domain that values of type are made of, but for type itself (where that is one,
 * reading its base is up to the caller), or InvalidOid.  Its checks, which are its
 * owner's code, run where such a value is read from text.
 */
extern Oid	relkey_inner_domain(Oid type);

/* Has the attribute (a number from 1) a unique index of its own, over all rows? */
extern bool relkey_is_unique(Relation relation, AttrNumber attribute);

#endif							/* WALPOST_RELKEY_H */
