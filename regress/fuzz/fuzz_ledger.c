/*
 * fuzz_ledger.c
 *	  The ledger beside its naive model, in histories that the fuzzer writes.
 *
 * The first byte is the ledger's capacity; each pick takes a byte.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "fuzz.h"
#include "ledger_model.h"

static unsigned
pick_byte(void *arg, unsigned below)
{
	FuzzInput  *input = arg;

	return fuzz_byte(input) % below;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static Model model;
	FuzzInput	input = {data, data + size};
	Ledger		ledger;

	model_init(&model, &ledger, 1 + fuzz_byte(&input));
	while (input.p < input.end)
		fuzz_claim(model_step(&model, &ledger, pick_byte, &input));
	fuzz_claim(model_in_flight(&model) == ledger.in_flight);
	ledger_free(&ledger);
	return 0;
}
