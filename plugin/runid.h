/*
 * runid.h
 *	  An identifier of one run of the connector, as Debezium's runId header.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_RUNID_H
#define WALPOST_RUNID_H

/* A new UUID, version 7 (RFC 9562), as text in CurrentMemoryContext. */
extern char *runid_make(void);

#endif							/* WALPOST_RUNID_H */
