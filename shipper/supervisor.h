/*
 * supervisor.h
 *	  walpost run with several files, or with HTTP: one process for each
 *	  connector.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_SUPERVISOR_H
#define WALPOST_SUPERVISOR_H

#include "cli.h"

/*
 * Spawns "walpost run FILE" for each file, and again (with back-off) when one
 * ends by itself for another reason than its configuration; serves HTTP if that
 * is asked for.  Returns once all have ended: true when they were stopped by a
 * signal, false and err when one could not go on.
 */
extern bool supervisor_run(const CliArgs *args, Err *err) must_check;

#endif							/* WALPOST_SUPERVISOR_H */
