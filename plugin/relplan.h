/*
 * relplan.h
 *	  A relation, compiled: what a row of it needs and nothing that a row
 *	  would have to look up.
 *
 * Built from the historic catalog when the first change of a relation is
 * decoded, and again after its definition (or a publication, a type, a
 * schema's name) has changed.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_RELPLAN_H
#define WALPOST_RELPLAN_H

#include "publication.h"
#include "session.h"
#include "txnmeta.h"

/* One decoded tuple, taken apart. */
typedef struct Tuple
{
	Datum	   *values;
	bool	   *nulls;			/* as heap_deform_tuple fills it; read as
								 * VALUE_* */
} Tuple;

/* The kinds of records that a change of a relation may become. */
typedef enum RecordKind
{
	RECORD_CREATE,
	RECORD_UPDATE,				/* without an old row */
	RECORD_UPDATE_OLD,			/* with one */
	RECORD_DELETE,
	RECORD_TOMBSTONE,
	RECORD_MOVED_DELETE,		/* the three of a changed key */
	RECORD_MOVED_TOMBSTONE,
	RECORD_MOVED_CREATE,
	RECORD_TRUNCATE,
	RECORD_READ					/* by a snapshot; the only one of such a session */
} RecordKind;
#define RECORD_KINDS (RECORD_READ + 1)

typedef struct RelPlan
{
	MemoryContext context;		/* holds all of this; deleted on rebuild */
	Oid			shown;			/* the relation, or the ancestor it is shown
								 * as */
	uint32	   *types;			/* syscache hashes of the user-defined types */
	int			ntypes;			/* that the columns are made of */
	bool		published[CHANGE_KINDS];	/* which changes count at all */
	bool		sent[CHANGE_KINDS]; /* which pgoutput would send, whatever the
									 * lists say: they open a transaction */
	bool		skipped[CHANGE_KINDS];	/* which give no event all the same */
	RowFilter  *filter;			/* NULL: all rows */
	SignalTable *signals;		/* NULL: its rows are none */
	Stream		stream;
	TxnTable   *counter;		/* NULL: no transaction metadata */
	ReselectPlan *reselect;		/* NULL: no values are read anew */

	/* records; fixed for the plan, old sides as the identity provides them */
	const Template *key[SIDES]; /* NULL: no key */
	Record		records[RECORD_KINDS];
	bool		identity_full;	/* old tuples are whole rows */

	bool		foreign;		/* functions that are not the server's print
								 * it */

	/* taking tuples apart */
	Tuple		tuples[SIDES];
	int		   *toastable;		/* attributes (from 0) that may be TOASTed */
	int			ntoastable;
	bool	   *in_old;			/* per attribute: does an old tuple hold it? */

	/* comparing keys */
	int		   *key_attributes; /* from 0 */
	int			nkey_attributes;
	bool		key_in_old;		/* every key column is in an old tuple */

	/* telling rows apart (identity.h) */
	int		   *identity;		/* attributes, from 0 */
	int			nidentity;

	/* comparing rows, for skip.messages.without.change */
	ShapeColumn *compared;		/* the row's columns; NULL: nothing is skipped */
	int			ncompared;
} RelPlan;

/*
 * Compiles relation in a new context below parent.  stream is its number.
 * Needs the historic snapshot (or a transaction); lsn is for errors, and invalid
 * outside the stream.
 */
extern RelPlan *relplan_build(Session *session, MemoryContext parent,
							  Relation relation, uint32 stream, XLogRecPtr lsn);

/* Deletes the plan and what it holds. */
extern void relplan_free(RelPlan *plan);

/*
 * The topic, columns and key of a relation as walpost.describe() shows them:
 * calls each() per column in order of the row.
 */
typedef struct DescribedColumn
{
	const char *name;
	const char *field;			/* its name in the row; NULL: not in the row */
	Oid			type;
	int32		typmod;
	const ConnectSchema *schema;	/* NULL: left out */
	int			key_position;	/* from 1; 0: not in the key */
	const char *reason;			/* why it is left out, or how it got its key */
	const ShapeColumn *shape;	/* in the value; of no use where field is NULL */
} DescribedColumn;

extern void relplan_describe(Session *session, Relation relation, const char **topic,
							 void (*each) (void *arg, const DescribedColumn *column),
							 void *arg);

#endif							/* WALPOST_RELPLAN_H */
