/*
 * metrics.h
 *	  What runs, for machines that look: /metrics, /healthz and /readyz.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#ifndef WALPOST_METRICS_H
#define WALPOST_METRICS_H

#include <stdbool.h>
#include <stdio.h>

#include "child.h"
#include "http.h"

/*
 * Prometheus' text format.  Names that begin with debezium_metrics_ are those
 * under which its JMX exporter shows Debezium's; what only Walpost knows begins
 * with walpost_.
 */
extern void metrics_print(FILE *out, const Child *const *children, int n);

/* True when a connector does its work. */
extern bool metrics_ready(const Child *child);

/*
 * Answers a request for one of the three; false when it is for something else.
 */
extern bool metrics_answer(HttpRequest *request, const Child *const *children, int n);

#endif							/* WALPOST_METRICS_H */
