/*
 * test_jsonstr_any.c
 *	  test_jsonstr.c as a processor without vectors has it.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#define WITHOUT_VECTORS
#include "test_jsonstr.c"
