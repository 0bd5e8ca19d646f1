/*
 * holding.c
 *	  Tables that are being added to the stream: what becomes of their changes.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdlib.h>
#include <string.h>

#include "holding.h"

static int
by_oid(const void *a, const void *b)
{
	uint32_t	left = ((const HeldRelation *) a)->oid;
	uint32_t	right = ((const HeldRelation *) b)->oid;

	return left < right ? -1 : left > right;
}

void
holding_set(Holding *holding, HeldRelation *relations, int n)
{
	free(holding->relations);
	if (n > 0)
		qsort(relations, (size_t) n, sizeof(HeldRelation), by_oid);
	holding->relations = relations;
	holding->n = n;
}

void
holding_clear(Holding *holding)
{
	holding_set(holding, NULL, 0);
	holding->open = false;
	holding->point = 0;
}

const HeldRelation *
holding_find(const Holding *holding, uint32_t oid)
{
	HeldRelation key = {.oid = oid};

	/* without any there may be no array, which bsearch() must not be given */
	if (holding->n == 0)
		return NULL;
	return bsearch(&key, holding->relations, (size_t) holding->n, sizeof(HeldRelation), by_oid);
}

HoldingVerdict
holding_judge_relation(const Holding *holding, const HeldRelation *relation, uint64_t commit_lsn)
{
	if (commit_lsn < relation->drop_lsn)
		return HOLDING_DROP;
	if (holding->open || commit_lsn < holding->point)
		return HOLDING_PASS;
	return HOLDING_HOLD;
}
