/*
 * memory.c
 *	  palloc() and its kin over malloc: blocks in a list, freed all at once.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

typedef struct Block
{
	struct Block *next;
	struct Block *previous;
	_Alignas(8) char bytes[];
} Block;

static Block all = {&all, &all};

static Block *
block_of(void *pointer)
{
	return (Block *) ((char *) pointer - offsetof(Block, bytes));
}

static void
link_block(Block *block)
{
	block->next = all.next;
	block->previous = &all;
	all.next->previous = block;
	all.next = block;
}

static void
unlink_block(Block *block)
{
	block->previous->next = block->next;
	block->next->previous = block->previous;
}

void *
palloc(size_t size)
{
	Block	   *block = malloc(sizeof(Block) + size);

	link_block(block);
	return block->bytes;
}

void *
palloc0(size_t size)
{
	return memset(palloc(size), 0, size);
}

void *
repalloc(void *pointer, size_t size)
{
	Block	   *block = block_of(pointer);

	unlink_block(block);
	block = realloc(block, sizeof(Block) + size);
	link_block(block);
	return block->bytes;
}

char *
pnstrdup(const char *text, size_t len)
{
	size_t		there = strnlen(text, len);
	char	   *copy = palloc(there + 1);

	memcpy(copy, text, there);
	copy[there] = '\0';
	return copy;
}

void
pfree(void *pointer)
{
	unlink_block(block_of(pointer));
	free(block_of(pointer));
}

void
fuzz_forget(void)
{
	while (all.next != &all)
		pfree(all.next->bytes);
}
