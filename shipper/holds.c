/*
 * holds.c
 *	  Positions that must not be passed yet.  Pure; a handful at a time.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdlib.h>
#include <string.h>

#include "holds.h"
#include "mem.h"

uint64_t
holds_add(Holds *holds, uint64_t at, uint64_t before)
{
	if (holds->n == holds->capacity)
	{
		holds->capacity = holds->capacity ? holds->capacity * 2 : 8;
		holds->all = mem_resize(holds->all, holds->capacity * sizeof(Hold));
	}
	holds->all[holds->n++] = (Hold)
	{
		at, before, ++holds->last_token
	};
	return holds->last_token;
}

void
holds_drop(Holds *holds, uint64_t token)
{
	for (size_t i = 0; i < holds->n; i++)
	{
		if (holds->all[i].token != token)
			continue;
		holds->n--;
		memmove(&holds->all[i], &holds->all[i + 1], (holds->n - i) * sizeof(Hold));
		return;
	}
}

void
holds_clear(Holds *holds)
{
	holds->n = 0;
}

void
holds_free(Holds *holds)
{
	free(holds->all);
	holds->all = NULL;
	holds->n = holds->capacity = 0;
}
