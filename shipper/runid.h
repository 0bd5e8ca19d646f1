/*
 * runid.h
 *	  An identifier of one run of the connector, as Debezium's runId header.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_RUNID_H
#define WALPOST_RUNID_H

#include <stdbool.h>

#include "err.h"

#define RUNID_SIZE 37

/* Writes a new UUID, version 7 (RFC 9562), as text of 36 characters. */
extern bool runid_make(char text[RUNID_SIZE], Err *err) must_check;

#endif							/* WALPOST_RUNID_H */
