/*
 * validator.h
 *	  Connectors looked at before they are taken: "walpost validate" in a process
 *	  of its own, since it waits for a database server.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_VALIDATOR_H
#define WALPOST_VALIDATOR_H

#include <jansson.h>

#include "child.h"
#include "loop.h"
#include "worker_conf.h"

typedef struct Validator Validator;

/* result is what "walpost validate" printed, borrowed; NULL: it did not. */
typedef void (*ValidatorDone) (void *arg, const json_t *result);

/* All are borrowed. */
extern Validator *validator_new(Loop *loop, const ChildSetup *setup, const WorkerConf *conf);

/* Ends what runs; whoever waits is told.  validator may be NULL. */
extern void validator_free(Validator *validator);

/* Looks at a config (an object of strings, borrowed); a few at a time. */
extern void validator_run(Validator *validator, const json_t *config, ValidatorDone done, void *arg);

#endif							/* WALPOST_VALIDATOR_H */
