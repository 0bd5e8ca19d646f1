/*
 * fork.c
 *	  Records of which a row decides something.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"

#include "fork.h"
#include "txn.h"

/* What is remembered of one fork; with more answers it begins anew. */
#define ANSWERS_MAX 1000

/* A record that was compiled for an answer. */
typedef struct Answer
{
	uint64		hash;			/* key of the table */
	const char *text;

	size_t		len;
	Record		record;
} Answer;

struct Fork
{
	Draft		draft;			/* as it was when it asked */
	MemoryContext context;		/* of the answers */
	HTAB	   *answers;
	const Answer *last;			/* most rows answer as the one before */
};

/* Forgets all answers; the streams that they led to stay. */
static void
begin_anew(Fork *fork)
{
	HASHCTL		ctl = {.keysize = sizeof(uint64),.entrysize = sizeof(Answer)};

	MemoryContextReset(fork->context);
	ctl.hcxt = fork->context;
	fork->answers = hash_create("walpost answers", 16, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	fork->last = NULL;
}

Fork *
fork_new(const Draft *draft)
{
	Fork	   *fork = MemoryContextAllocZero(draft->context, sizeof(Fork));

	fork->draft = *draft;
	fork->context = AllocSetContextCreate(draft->context, "walpost answers", ALLOCSET_SMALL_SIZES);
	begin_anew(fork);
	return fork;
}

/*
 * Runs the rest of the chain over a copy of the draft.  The record's memory is
 * the fork's only when all has gone well.
 */
static void
compile_record(Fork *fork, const char *text, size_t len, Record *record)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "walpost answer",
												  ALLOCSET_SMALL_SIZES);
	MemoryContext scratch = AllocSetContextCreate(context, "walpost answer build",
												  ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(scratch);
	Draft		draft = fork->draft;
	char	   *answer = palloc(len + 1);	/* it may have zero bytes in it */

	memcpy(answer, text, len);
	answer[len] = '\0';
	draft.context = context;
	draft.headers = list_copy(fork->draft.headers);
	draft.shared = NIL;
	draft_resume(&draft, answer, len, record);
	MemoryContextSwitchTo(old);

	/* the draft of a fork within this one is there */
	if (record->fork == NULL)
		MemoryContextDelete(scratch);
	MemoryContextSetParent(context, fork->context);
}

static bool
is_answer(const Answer *answer, const char *text, size_t len)
{
	return answer->len == len && memcmp(answer->text, text, len) == 0;
}

static const Answer *
add_answer(Fork *fork, uint64 hash, const char *text, size_t len)
{
	Record		record;
	Answer	   *answer;
	char	   *copy;

	if (hash_get_num_entries(fork->answers) >= ANSWERS_MAX)
		begin_anew(fork);
	compile_record(fork, text, len, &record);
	copy = MemoryContextAlloc(fork->context, len + 1);
	memcpy(copy, text, len);
	answer = hash_search(fork->answers, &hash, HASH_ENTER, NULL);
	answer->text = copy;

	answer->len = len;
	answer->record = record;
	return answer;
}

static const Answer *
find_answer(Fork *fork, const char *text, size_t len)
{
	uint64		hash = hash_bytes_extended((const unsigned char *) text, (int) len, 0);

	for (;; hash++)
	{
		const Answer *answer = hash_search(fork->answers, &hash, HASH_FIND, NULL);

		if (answer == NULL)
			return add_answer(fork, hash, text, len);
		if (is_answer(answer, text, len))
			return answer;
	}
}

const Record *
fork_choose(Fork *fork, const Row *row)
{
	const Call *ask = &fork->draft.question.ask;
	StringInfoData text;
	Out			out;

	txn_describe(fork->draft.session);
	initStringInfo(&text);
	out_open(&out, &text);
	ask->append(&out, row, ask->data);
	out_close(&out);
	if (fork->last == NULL || !is_answer(fork->last, text.data, text.len))
		fork->last = find_answer(fork, text.data, text.len);
	pfree(text.data);
	return record_for(&fork->last->record, row);
}
