/*
 * convict.c
 *	  Places of refused records, sorted.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdlib.h>
#include <string.h>

#include "convict.h"
#include "mem.h"

static int
compare(const EventPlace *a, const EventPlace *b)
{
	if (a->lsn != b->lsn)
		return a->lsn < b->lsn ? -1 : 1;
	if (a->ordinal != b->ordinal)
		return a->ordinal < b->ordinal ? -1 : 1;
	if (a->record != b->record)
		return a->record < b->record ? -1 : 1;
	return 0;
}

/* How many are before that place. */
static int
count_before(const Convicts *convicts, const EventPlace *place)
{
	int			low = 0;
	int			high = convicts->n;

	while (low < high)
	{
		int			middle = (low + high) / 2;

		if (compare(&convicts->all[middle].place, place) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void
convicts_add(Convicts *convicts, const Convict *convict)
{
	int			at = count_before(convicts, &convict->place);

	if (convicts->all == NULL)
		convicts->all = mem_zero(CONVICTS_MAX * sizeof(Convict));
	if (convicts->n == CONVICTS_MAX)
	{
		convicts->crowded = true;
		if (at == CONVICTS_MAX)
			return;
		convicts->n--;
	}
	memmove(&convicts->all[at + 1], &convicts->all[at], (convicts->n - at) * sizeof(Convict));
	convicts->all[at] = *convict;
	convicts->n++;
}

Convict *
convicts_find(const Convicts *convicts, const EventPlace *place)
{
	int			at = count_before(convicts, place);

	return at < convicts->n && compare(&convicts->all[at].place, place) == 0 ? &convicts->all[at] : NULL;
}

/* Is that place before the position, so that it is never read again? */
static bool
is_behind(const EventPlace *place, const Position *position)
{
	if (place->lsn < position->lsn || (place->lsn == position->lsn && position->message))
		return true;
	return place->lsn == position->open_commit &&
		(place->ordinal < position->open_ordinal ||
		 (place->ordinal == position->open_ordinal && place->record <= position->open_record));
}

int
convicts_settle(Convicts *convicts, const Position *position)
{
	int			settled = 0;

	while (settled < convicts->n && is_behind(&convicts->all[settled].place, position))
		settled++;
	if (settled == 0)
		return 0;
	convicts->n -= settled;
	memmove(convicts->all, convicts->all + settled, convicts->n * sizeof(Convict));
	if (convicts->n == 0)
		convicts_free(convicts);
	return settled;
}

void
convicts_free(Convicts *convicts)
{
	free(convicts->all);
	memset(convicts, 0, sizeof(*convicts));
}
