/*
 * fuzz_jsontree.c
 *	  The reader of an outbox's JSON payloads.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "fuzz.h"
#include "postgres.h"
#include "jsontree.h"

/* Walks a tree; a member is found by its name. */
static void
look(const JsonNode *node)
{
	int			place = 0;

	fuzz_claim(node->kind <= JSON_OBJECT);
	fuzz_claim(node->kind == JSON_STRING ? node->text[node->len] == '\0' : node->text == NULL);
	for (int i = 0; i < node->nitems; i++)
	{
		if (node->kind == JSON_OBJECT)
			fuzz_claim(json_member(node, node->names[i], &place) == node->items[i]);
		look(node->items[i]);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char	   *text = fuzz_text(data, size);
	const JsonNode *node = json_read(text, strlen(text));

	if (node)
		look(node);
	fuzz_forget();
	free(text);
	return 0;
}
