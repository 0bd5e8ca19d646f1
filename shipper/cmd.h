/*
 * cmd.h
 *	  The functions behind the subcommands; cli.c's table names them.
 *
 * Each reports what it has to say on standard output, and returns false with
 * err filled when the exit status is not to be 0.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_CMD_H
#define WALPOST_CMD_H

#include "cli.h"

extern bool cmd_run(const CliArgs *args, Err *err);
extern bool cmd_add(const CliArgs *args, Err *err);
extern bool cmd_snapshot(const CliArgs *args, Err *err);
extern bool cmd_check(const CliArgs *args, Err *err);
extern bool cmd_tail(const CliArgs *args, Err *err);
extern bool cmd_connect(const CliArgs *args, Err *err);
extern bool cmd_validate(const CliArgs *args, Err *err);
extern bool cmd_config(const CliArgs *args, Err *err);
extern bool cmd_slot_list(const CliArgs *args, Err *err);
extern bool cmd_slot_create(const CliArgs *args, Err *err);
extern bool cmd_slot_drop(const CliArgs *args, Err *err);
extern bool cmd_status(const CliArgs *args, Err *err);
extern bool cmd_slot_takeover(const CliArgs *args, Err *err);
extern bool cmd_slot_giveback(const CliArgs *args, Err *err);
extern bool cmd_signal(const CliArgs *args, Err *err);
extern bool cmd_help(const CliArgs *args, Err *err);
extern bool cmd_version(const CliArgs *args, Err *err);

#endif							/* WALPOST_CMD_H */
