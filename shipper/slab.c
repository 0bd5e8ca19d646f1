/*
 * slab.c
 *	  The table of received buffers: numbers, order of arrival, bytes pinned.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "slab.h"

void
slab_table_init(SlabTable *table, void (*release) (void *buffer))
{
	memset(table, 0, sizeof(*table));
	table->free = table->first = table->last = SLAB_NONE;
	table->release = release;
}

void
slab_table_clear(SlabTable *table)
{
	for (uint32_t i = 0; i < table->nslabs; i++)
	{
		if (table->slabs[i].buffer != NULL)
			table->release(table->slabs[i].buffer);
	}
	free(table->slabs);
	slab_table_init(table, table->release);
}

/* Doubles the table; its new entries become the free ones. */
static void
slab_table_grow(SlabTable *table)
{
	uint32_t	n = table->nslabs ? table->nslabs * 2 : 256;
	Slab	   *slabs = mem_resize(table->slabs, n * sizeof(Slab));

	memset(slabs + table->nslabs, 0, (n - table->nslabs) * sizeof(Slab));
	for (uint32_t i = n; i-- > table->nslabs;)
	{
		slabs[i].next = table->free;
		table->free = i;
	}
	table->slabs = slabs;
	table->nslabs = n;
}

uint32_t
slab_add(SlabTable *table, char *buffer, size_t len, size_t start, int64_t now_us)
{
	uint32_t	number;
	Slab	   *slab;

	if (table->free == SLAB_NONE)
		slab_table_grow(table);
	number = table->free;
	slab = &table->slabs[number];
	table->free = slab->next;

	*slab = (Slab)
	{
		.buffer = buffer,.len = len,.start = start,.arrived_us = now_us,
			.refs = 1,.next = SLAB_NONE,.prev = table->last
	};
	if (table->last != SLAB_NONE)
		table->slabs[table->last].next = number;
	else
		table->first = number;
	table->last = number;
	table->used++;
	table->bytes += len;
	return number;
}

void
slab_remove(SlabTable *table, uint32_t number)
{
	Slab	   *slab = slab_get(table, number);

	if (slab->prev != SLAB_NONE)
		table->slabs[slab->prev].next = slab->next;
	else
		table->first = slab->next;
	if (slab->next != SLAB_NONE)
		table->slabs[slab->next].prev = slab->prev;
	else
		table->last = slab->prev;

	table->used--;
	table->bytes -= slab->len;
	table->release(slab->buffer);
	slab->buffer = NULL;
	slab->next = table->free;
	table->free = number;
}
