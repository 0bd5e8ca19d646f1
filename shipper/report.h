/*
 * report.h
 *	  What a connector's process tells its supervisor by name: the topics that it
 *	  writes to.  (What it counts is in counters.h.)
 *
 * All processes write to one pipe, a line at a time: "TOPIC CONNECTOR".  A line
 * is short enough to be written whole or not at all.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_REPORT_H
#define WALPOST_REPORT_H

/* fd is the pipe; without it nothing is told. */
extern void report_attach(int fd);

/* The connector writes to this topic from now on. */
extern void report_topic(const char *connector, const char *topic);

#endif							/* WALPOST_REPORT_H */
