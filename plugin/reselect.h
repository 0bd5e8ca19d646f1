/*
 * reselect.h
 *	  Values that the client is to read anew from the table: which they are, and
 *	  where in a record they were written.
 *
 * The post-processor ReselectColumnsPostProcessor, as far as a decoding session
 * goes: a plugin cannot query tables.  So an event whose row has an unchanged TOAST
 * value, or a NULL, says behind its headers where that was written (splices) and
 * what walpost.reselect() has to be asked for (a request, which the client hands
 * over as it stands).  wire.h has the layout of the first, reselectrow.c reads the
 * second.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_RESELECT_H
#define WALPOST_RESELECT_H

#include "fmgr.h"
#include "nodes/pg_list.h"
#include "utils/relcache.h"

#include "options.h"
#include "shape.h"

/* What the options ask for. */
typedef struct ReselectRules ReselectRules;

/* How a row of a relation is found again; part of its plan. */
typedef struct ReselectPlan ReselectPlan;

/*
 * How a value is printed, the first byte of a column in a request: as JSON; as the
 * JSON of headers; the strings of both without their quotes; and bytes as such.
 */
#define RESELECT_JSON	'j'
#define RESELECT_HEADER 'h'
#define RESELECT_TEXT	't'
#define RESELECT_HEADER_TEXT 'u'
#define RESELECT_BYTES	'b'

/*
 * Reads post.processors and its options in CurrentMemoryContext; NULL if there is
 * none.  ereports, naming the option and what it takes, another class and an
 * unknown or ill-valued option.
 */
extern ReselectRules *reselect_compile(const Options *options);

/*
 * Which of the column's values are read anew, as a set of VALUE_NULL and
 * VALUE_UNAVAILABLE.  has_default: what stands for its NULL is its default.
 */
extern uint8 reselect_states(const ReselectRules *rules, const char *schema, const char *table,
							 const char *field, const ShapeColumn *column, bool has_default);

/* Is the key of events what rows are found by, whatever the table's is? */
extern bool reselect_by_event_key(const ReselectRules *rules);

/*
 * In CurrentMemoryContext, for tuples of leaf that are shown as those of relid;
 * keys are the names of columns.  NULL if there are none, or leaf lacks one.
 */
extern ReselectPlan *reselect_plan(Oid relid, Relation leaf, List *keys);

/* ---- rows ---- */

/* Where the values of one record that are to be read anew were written. */
extern Splices *splices_create(void);

/* A row of that plan comes; xid is its transaction. */
extern void splices_begin_row(Splices *splices, const ReselectPlan *plan, TransactionId xid);

/* A record begins; and a part of it (WIRE_PART_*) at an offset into the batch. */
extern void splices_begin_record(Splices *splices);
extern void splices_begin_part(Splices *splices, char part, size_t start);

/*
 * What is written from here on up to splices_leave() is no value as a column
 * prints it, and is not noted.
 */
extern void splices_enter(Splices *splices);
extern void splices_leave(Splices *splices);

/* The value of column was written between two offsets; header: where that of the
 * header around it began, or 0. */
extern void splices_note(Splices *splices, const ShapeColumn *column, char form, size_t start,
						 size_t end, size_t header);

/*
 * The same for a marker that stands bare: all that a template has printed, in a part
 * or (header is not 0) a header of its own.  One that is NULL by now stays.
 */
extern void splices_note_bare(Splices *splices, const Template *template, const Row *row, char part,
							  char form, size_t start, size_t end, size_t header);

/* Appends the record's block (see wire.h), if any value was noted; false: none was. */
extern bool splices_put(Splices *splices, Out *out, const Row *row);

#endif							/* WALPOST_RESELECT_H */
