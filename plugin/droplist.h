/*
 * droplist.h
 *	  Fields that a header of the record lists, left out of it:
 *	  ExtractNewRecordState's drop.fields.header.name.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_DROPLIST_H
#define WALPOST_DROPLIST_H

#include "draft.h"

typedef struct DropList
{
	char	   *header;			/* its name */
	bool		from_key;		/* as well */
	bool		compatible;		/* leave out optional fields only */
} DropList;

/* What goes on with the rows' lists, in the step that asks. */
typedef void (*DropResume) (const TransformStep *step, Draft *draft, const char *answer, size_t len);

/*
 * Leaves out what the header lists.  If that is the rows' to say, they are
 * asked, and resume() is to call droplist_take().
 */
extern void droplist_apply(const DropList *list, Draft *draft, DropResume resume);

/* Leaves out the fields of a JSON list of names. */
extern void droplist_take(const DropList *list, Draft *draft, const char *names, size_t len);

#endif							/* WALPOST_DROPLIST_H */
