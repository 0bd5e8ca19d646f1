/*
 * transform.h
 *	  Kafka Connect's single message transforms, run over drafts.
 *
 * A chain runs once for each kind of record that a plan has, over its draft
 * (draft.h); the template that is compiled from what comes out costs a row no
 * more than any other.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_TRANSFORM_H
#define WALPOST_TRANSFORM_H

#include <stddef.h>

#include "options.h"

typedef struct Draft Draft;
typedef struct Transforms Transforms;

/*
 * Reads the properties transforms, predicates and those that begin so, in
 * CurrentMemoryContext; NULL if there are no transforms.  ereports, naming the
 * property and what it takes, an unknown class, a missing, unknown or
 * ill-valued option, and a predicate that is not there.
 */
extern Transforms *transforms_compile(const Options *options);

/*
 * Runs the chain over a draft; NULL is an empty chain.  It stops where a step
 * asks rows (fork.h), and resumes there with an answer.
 */
extern void transforms_apply(const Transforms *transforms, Draft *draft);
extern void transforms_resume(const Transforms *transforms, Draft *draft,
							  const char *answer, size_t len);

#endif							/* WALPOST_TRANSFORM_H */
