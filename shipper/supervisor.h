/*
 * supervisor.h
 *	  One process for each connector.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_SUPERVISOR_H
#define WALPOST_SUPERVISOR_H

#include "cli.h"

/*
 * Spawns "walpost run FILE" for each file, and again (with back-off) when one
 * ends by itself for another reason than its configuration.  Returns once all
 * have ended: true when they were stopped by a signal, false and err when one
 * could not go on.
 */
extern bool supervisor_run(const CliArgs *args, Err *err) must_check;

/*
 * In a process that a supervisor started: arranges that it is stopped when the
 * supervisor dies without a word.  False when that has happened already.  In
 * any other process it does nothing.
 */
extern bool supervisor_attach(void) must_check;

#endif							/* WALPOST_SUPERVISOR_H */
