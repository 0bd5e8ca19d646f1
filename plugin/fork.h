/*
 * fork.h
 *	  Records of which a row decides something: their topic, whether they are
 *	  written at all.
 *
 * A transform that cannot know what it does before it sees a row puts a
 * question to it (draft_ask()), and the chain stops there.  Rows are asked,
 * each gives an answer, a short text; for each different answer the rest of
 * the chain runs once and compiles a record, as it does for a whole plan where
 * there is nothing to ask.  So a row costs what the question costs, and a look
 * into the table of answers.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_FORK_H
#define WALPOST_FORK_H

#include "draft.h"

/*
 * What becomes of a draft that has asked; it and its shapes must live as long
 * as the fork, which is in draft's context.
 */
extern Fork *fork_new(const Draft *draft);

/*
 * The record for a row; what the row does not fill in is decided in it.  Valid until
 * the next call.  ereports what the question, the rest of the chain and
 * record_stream() do.
 */
extern const Record *fork_choose(Fork *fork, const Row *row);

/* The record that a row of this kind becomes. */
static inline const Record *
record_for(const Record *record, const Row *row)
{
	return likely(record->fork == NULL) ? record : fork_choose(record->fork, row);
}

#endif							/* WALPOST_FORK_H */
