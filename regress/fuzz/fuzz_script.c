/*
 * fuzz_script.c
 *	  The reader of conditions of Filter and ContentBasedRouter.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "fuzz.h"
#include "postgres.h"
#include "script.h"

/* Walks a tree: each node has what its kind needs. */
static size_t
count(const ScriptNode *node)
{
	size_t		nodes = 1;

	fuzz_claim(node->kind <= SCRIPT_ELSE);
	fuzz_claim(node->kind != SCRIPT_STRING || node->text != NULL);
	fuzz_claim((node->kind < SCRIPT_NOT) == (node->noperands == 0));
	for (int i = 0; i < node->nnames; i++)
		fuzz_claim(node->names[i].name != NULL);
	for (int i = 0; i < node->noperands; i++)
		nodes += count(node->operands[i]);
	return nodes;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char	   *text = fuzz_text(data, size);
	const char *expected;
	size_t		offset;
	const ScriptNode *node = script_parse(text, &offset, &expected);

	if (node)
		fuzz_claim(count(node) <= strlen(text) + 1 && expected == NULL);
	else
		fuzz_claim(expected != NULL && offset <= strlen(text));
	fuzz_forget();
	free(text);
	return 0;
}
