/*
 * rowfilter.h
 *	  Compiles the row filters of the publications that publish a relation.
 *
 * The other half, applying a filter to a change, is in publication.h.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_ROWFILTER_H
#define WALPOST_ROWFILTER_H

#include "publication.h"

/*
 * Compiles what publications (a list of Publication) say of changes of rel
 * that are published as publish_as, in CurrentMemoryContext.  NULL: every row
 * passes.  A historic snapshot or a transaction must be active.
 */
extern RowFilter *row_filter_compile(Relation rel, Relation publish_as,
									 List *publications);

#endif							/* WALPOST_ROWFILTER_H */
