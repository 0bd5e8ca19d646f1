/*
 * metrics.c
 *	  Prometheus' text format, printed from one table.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "metrics.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "continuity.h"
#include "mem.h"

/* Labels of a sample. */
typedef enum MetricScope
{
	SCOPE_STREAMING,			/* Debezium's: context, name, plugin */
	SCOPE_SNAPSHOT,
	SCOPE_CONNECTOR				/* Walpost's: connector, slot */
} MetricScope;

/* *value of a connector; false when it is not known. */
typedef bool (*MetricFn) (const Child *child, double *value);

/*
 * One row a sample; rows of one name stand together, and the first says what it
 * is.  Either a counter divided by unit, or a function.
 */
typedef struct Metric
{
	const char *name;
	const char *type;
	const char *help;
	MetricScope scope;
	CounterId	counter;
	double		unit;			/* 0: fn */
	MetricFn	fn;
	const char *label;			/* another label, NAME="VALUE", or NULL */
} Metric;

/* ---- values that are no counters ---------------------------------------------- */

static int64_t
phase(const Child *child)
{
	return counter_get(child->counters, COUNTER_PHASE);
}

bool
metrics_ready(const Child *child)
{
	return child->state == CHILD_RUNNING && phase(child) == PHASE_STREAMING;
}

static bool
value_up(const Child *child, double *value)
{
	*value = child->state == CHILD_RUNNING;
	return true;
}

static bool
value_ready(const Child *child, double *value)
{
	*value = metrics_ready(child);
	return true;
}

static bool
value_restarts(const Child *child, double *value)
{
	*value = (double) child->restarts;
	return true;
}

/* Debezium has seen what it filters. */
static bool
value_seen(const Child *child, double *value)
{
	*value = (double) counter_get(child->counters, COUNTER_EVENTS) + (double) counter_get(child->counters, COUNTER_FILTERED);
	return true;
}

/* Debezium's -1 stands for "none so far". */
static bool
value_event_age(const Child *child, double *value)
{
	int64_t		at = counter_get(child->counters, COUNTER_EVENT_AT);
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	*value = at == 0 ? -1 : (double) ((int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000 - at / 1000);
	return true;
}

/* Where memory is bounded by bytes there is no capacity in events. */
static bool
value_queue_free(const Child *child, double *value)
{
	int64_t		bound = counter_get(child->counters, COUNTER_QUEUE_BOUND);
	int64_t		used = counter_get(child->counters, COUNTER_QUEUE_BYTES);

	*value = (double) (used < bound ? bound - used : 0);
	return true;
}

#define VALUE_IS(function, counter_id, wanted) \
static bool \
function(const Child *child, double *value) \
{ \
	*value = counter_get(child->counters, counter_id) == (wanted); \
	return true; \
}

VALUE_IS(value_snapshot_running, COUNTER_SNAPSHOT_STATE, SNAPSHOT_RUNNING)
VALUE_IS(value_snapshot_paused, COUNTER_SNAPSHOT_STATE, SNAPSHOT_PAUSED)
VALUE_IS(value_snapshot_completed, COUNTER_SNAPSHOT_STATE, SNAPSHOT_COMPLETED)
VALUE_IS(value_snapshot_aborted, COUNTER_SNAPSHOT_STATE, SNAPSHOT_ABORTED)
VALUE_IS(value_starting, COUNTER_PHASE, PHASE_STARTING)
VALUE_IS(value_snapshot, COUNTER_PHASE, PHASE_SNAPSHOT)
VALUE_IS(value_connecting, COUNTER_PHASE, PHASE_CONNECTING)
VALUE_IS(value_streaming, COUNTER_PHASE, PHASE_STREAMING)
VALUE_IS(value_standby, COUNTER_PHASE, PHASE_STANDBY)
VALUE_IS(value_backoff, COUNTER_PHASE, PHASE_BACKOFF)
VALUE_IS(value_stopping, COUNTER_PHASE, PHASE_STOPPING)
VALUE_IS(value_first, COUNTER_CONTINUITY, CONTINUITY_FIRST)
VALUE_IS(value_continuous, COUNTER_CONTINUITY, CONTINUITY_CONTINUOUS)
VALUE_IS(value_repeated, COUNTER_CONTINUITY, CONTINUITY_REPEATED)
VALUE_IS(value_gap, COUNTER_CONTINUITY, CONTINUITY_GAP)
VALUE_IS(value_diverged, COUNTER_CONTINUITY, CONTINUITY_DIVERGED)
VALUE_IS(value_other, COUNTER_CONTINUITY, CONTINUITY_OTHER)

static bool
value_connected(const Child *child, double *value)
{
	*value = metrics_ready(child);
	return true;
}

static bool
value_snapshot_skipped(const Child *child, double *value)
{
	*value = metrics_ready(child) && counter_get(child->counters, COUNTER_SNAPSHOT_STATE) == SNAPSHOT_NONE;
	return true;
}

/* ---- the table ------------------------------------------------------------------ */

#define DEBEZIUM(name, help, scope, counter, unit) \
	{"debezium_metrics_" name, "untyped", help, scope, counter, unit, NULL, NULL}
#define DEBEZIUM_FN(name, help, scope, fn) \
	{"debezium_metrics_" name, "untyped", help, scope, 0, 0, fn, NULL}
#define GAUGE(name, help, counter, unit) \
	{"walpost_" name, "gauge", help, SCOPE_CONNECTOR, counter, unit, NULL, NULL}
#define GAUGE_FN(name, help, fn) \
	{"walpost_" name, "gauge", help, SCOPE_CONNECTOR, 0, 0, fn, NULL}
#define COUNTER(name, help, counter, unit) \
	{"walpost_" name, "counter", help, SCOPE_CONNECTOR, counter, unit, NULL, NULL}
#define COUNTER_FN(name, help, fn) \
	{"walpost_" name, "counter", help, SCOPE_CONNECTOR, 0, 0, fn, NULL}
#define STATE(label, fn) \
	{"walpost_state", "gauge", "1 for what the connector is doing", SCOPE_CONNECTOR, 0, 0, fn, "state=\"" label "\""}
#define VERDICT(label, fn) \
	{"walpost_continuity", "gauge", "1 for what the last comparison of slot and position record found", \
	SCOPE_CONNECTOR, 0, 0, fn, "verdict=\"" label "\""}

static const Metric metrics[] = {
	DEBEZIUM_FN("Connected", "1 while changes are streamed", SCOPE_STREAMING, value_connected),
	DEBEZIUM("MilliSecondsBehindSource", "age of the oldest transaction that Kafka lacks, else what the last one took to come",
			 SCOPE_STREAMING, COUNTER_LAG_US, 1000),
	DEBEZIUM_FN("MilliSecondsSinceLastEvent", "-1 before the first one", SCOPE_STREAMING, value_event_age),
	DEBEZIUM_FN("TotalNumberOfEventsSeen", "events read since the process started, and changes filtered", SCOPE_STREAMING, value_seen),
	DEBEZIUM("TotalNumberOfEventsSeen", "", SCOPE_SNAPSHOT, COUNTER_SNAPSHOT_ROWS, 1),
	DEBEZIUM("NumberOfEventsFiltered", "changes of tables in the publication that lists of tables or schemas leave out; they never leave the server",
			 SCOPE_STREAMING, COUNTER_FILTERED, 1),
	DEBEZIUM("NumberOfErroneousEvents", "records that Kafka refused", SCOPE_STREAMING, COUNTER_REFUSED, 1),
	DEBEZIUM("NumberOfCommittedTransactions", "transactions with events", SCOPE_STREAMING, COUNTER_TRANSACTIONS, 1),
	DEBEZIUM("LastTransactionId", "its number alone", SCOPE_STREAMING, COUNTER_XID, 1),
	DEBEZIUM("QueueTotalCapacity", "in bytes: memory is bounded, not the number of events", SCOPE_STREAMING, COUNTER_QUEUE_BOUND, 1),
	DEBEZIUM_FN("QueueRemainingCapacity", "in bytes", SCOPE_STREAMING, value_queue_free),
	DEBEZIUM("MaxQueueSizeInBytes", "memory that unacknowledged events may hold", SCOPE_STREAMING, COUNTER_QUEUE_BOUND, 1),
	DEBEZIUM("CurrentQueueSizeInBytes", "memory that unacknowledged events hold", SCOPE_STREAMING, COUNTER_QUEUE_BYTES, 1),
	DEBEZIUM_FN("SnapshotRunning", "", SCOPE_SNAPSHOT, value_snapshot_running),
	DEBEZIUM_FN("SnapshotPaused", "", SCOPE_SNAPSHOT, value_snapshot_paused),
	DEBEZIUM_FN("SnapshotCompleted", "", SCOPE_SNAPSHOT, value_snapshot_completed),
	DEBEZIUM_FN("SnapshotAborted", "", SCOPE_SNAPSHOT, value_snapshot_aborted),
	DEBEZIUM_FN("SnapshotSkipped", "1 while streaming without one in this process", SCOPE_SNAPSHOT, value_snapshot_skipped),
	DEBEZIUM("SnapshotDurationInSeconds", "", SCOPE_SNAPSHOT, COUNTER_SNAPSHOT_US, 1e6),
	DEBEZIUM("TotalTableCount", "", SCOPE_SNAPSHOT, COUNTER_SNAPSHOT_TABLES, 1),
	DEBEZIUM("RemainingTableCount", "", SCOPE_SNAPSHOT, COUNTER_SNAPSHOT_TABLES_LEFT, 1),

	GAUGE_FN("up", "1 while the connector's process runs", value_up),
	GAUGE_FN("ready", "1 while it streams", value_ready),
	STATE("starting", value_starting),
	STATE("snapshot", value_snapshot),
	STATE("connecting", value_connecting),
	STATE("streaming", value_streaming),
	STATE("standby", value_standby),
	STATE("backoff", value_backoff),
	STATE("stopping", value_stopping),
	COUNTER_FN("restarts_total", "starts of the process after it died", value_restarts),
	COUNTER("faults_total", "errors that were retried", COUNTER_FAULTS, 1),
	COUNTER("reconnects_total", "connections after the first", COUNTER_RECONNECTS, 1),
	COUNTER("events_total", "events read", COUNTER_EVENTS, 1),
	COUNTER("filtered_changes_total", "changes that the server has left out by lists of tables or schemas", COUNTER_FILTERED, 1),
	COUNTER("acknowledged_events_total", "events that Kafka has", COUNTER_ACKNOWLEDGED, 1),
	COUNTER("repeated_events_total", "events that came again and were dropped", COUNTER_REPEATED, 1),
	COUNTER("transactions_total", "transactions with events", COUNTER_TRANSACTIONS, 1),
	COUNTER("received_bytes_total", "bytes of frames", COUNTER_BYTES, 1),
	COUNTER("dead_letters_total", "records that Kafka refused", COUNTER_REFUSED, 1),
	GAUGE("events_in_flight", "events read that Kafka has not acknowledged", COUNTER_IN_FLIGHT, 1),
	GAUGE("queue_bytes", "memory that they hold", COUNTER_QUEUE_BYTES, 1),
	GAUGE("queue_limit_bytes", "memory that they may hold", COUNTER_QUEUE_BOUND, 1),
	GAUGE("held_events", "events that wait for the rows of a table being added", COUNTER_HELD, 1),
	COUNTER("held_pause_seconds_total", "how long the stream was not read because of those", COUNTER_HELD_PAUSE_US, 1e6),
	GAUGE("spool_bytes", "bytes in the spool's files", COUNTER_SPOOL_BYTES, 1),
	GAUGE("received_lsn", "end of what was received, as a number", COUNTER_RECEIVED_LSN, 1),
	GAUGE("confirmed_lsn", "what the slot may be moved to, as a number", COUNTER_FLUSH_LSN, 1),
	GAUGE("behind_seconds", "age of the oldest transaction that Kafka lacks; 0: it has all that was received", COUNTER_BEHIND_US, 1e6),
	GAUGE("slot_behind_bytes", "WAL past what the slot has confirmed", COUNTER_SLOT_BYTES, 1),
	GAUGE("slot_retained_bytes", "WAL that the slot keeps", COUNTER_SLOT_RETAINED, 1),
	GAUGE("slot_safe_bytes", "WAL until max_slot_wal_keep_size invalidates the slot", COUNTER_SLOT_SAFE, 1),
	{"walpost_acknowledgement_seconds_sum", "counter", "from arrival to acknowledgement, summed over messages of the stream",
	SCOPE_CONNECTOR, COUNTER_ACK_US, 1e6, NULL, NULL},
	{"walpost_acknowledgement_seconds_count", "counter", "messages of the stream",
	SCOPE_CONNECTOR, COUNTER_ACKS, 1, NULL, NULL},
	VERDICT("first", value_first),
	VERDICT("continuous", value_continuous),
	VERDICT("repeated", value_repeated),
	VERDICT("gap", value_gap),
	VERDICT("diverged", value_diverged),
	VERDICT("other", value_other),
	GAUGE("gap_bytes", "WAL whose changes are missing", COUNTER_GAP_BYTES, 1),
	COUNTER("snapshot_rows_total", "rows read", COUNTER_SNAPSHOT_ROWS, 1),
	COUNTER("snapshot_acknowledged_rows_total", "rows that Kafka has", COUNTER_SNAPSHOT_ACKNOWLEDGED, 1),
	GAUGE("snapshot_expected_rows", "rows that the server expects", COUNTER_SNAPSHOT_ROWS_EXPECTED, 1),
};

#define NMETRICS (sizeof(metrics) / sizeof(metrics[0]))

/* ---- printing --------------------------------------------------------------------- */

/* A label's value: backslash, quote and newline are escaped. */
static void
put_escaped(FILE *out, const char *text)
{
	for (const char *p = text; *p; p++)
	{
		if (*p == '\n')
			fputs("\\n", out);
		else
		{
			if (*p == '\\' || *p == '"')
				fputc('\\', out);
			fputc(*p, out);
		}
	}
}

static void
put_label(FILE *out, const char *name, const char *value)
{
	fprintf(out, "%s=\"", name);
	put_escaped(out, value);
	fputc('"', out);
}

/* What the process calls itself, and before it can say so its file; table may be NULL. */
static void
put_labels(FILE *out, const Metric *metric, const Child *child, const char *table)
{
	char		text[COUNTER_TEXT_SIZE];
	bool		own = metric->scope == SCOPE_CONNECTOR;

	fputc('{', out);
	if (!own)
	{
		put_label(out, "context", metric->scope == SCOPE_STREAMING ? "streaming" : "snapshot");
		fputc(',', out);
	}
	counter_get_text(child->counters, own ? COUNTER_TEXT_CONNECTOR : COUNTER_TEXT_PREFIX, text);
	put_label(out, own ? "connector" : "name", text[0] ? text : child->name);
	fputc(',', out);
	if (own)
	{
		counter_get_text(child->counters, COUNTER_TEXT_SLOT, text);
		put_label(out, "slot", text);
	}
	else
		put_label(out, "plugin", "postgres");
	if (metric->label)
		fprintf(out, ",%s", metric->label);
	if (table)
	{
		fputc(',', out);
		put_label(out, "table", table);
	}
	fputc('}', out);
}

static bool
value_of(const Metric *metric, const Child *child, double *value)
{
	int64_t		counter;

	if (metric->fn)
		return metric->fn(child, value);
	counter = counter_get(child->counters, metric->counter);
	*value = (double) counter / metric->unit;
	return counter >= 0;
}

/* Rows of each table of a snapshot, as Debezium's exporter tells them. */
static void
print_tables(FILE *out, const Child *const *children, int n)
{
	static const Metric metric = DEBEZIUM("RowsScanned", "rows read of a table", SCOPE_SNAPSHOT, 0, 1);
	char		name[COUNTER_TABLE_NAME];
	int64_t		rows;

	fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", metric.name, metric.help, metric.name, metric.type);
	for (int c = 0; c < n; c++)
		for (int i = 0; counter_table_get(children[c]->counters, i, name, &rows); i++)
		{
			fputs(metric.name, out);
			put_labels(out, &metric, children[c], name);
			fprintf(out, " %lld\n", (long long) rows);
		}
}

void
metrics_print(FILE *out, const Child *const *children, int n)
{
	const char *name = "";

	for (size_t i = 0; i < NMETRICS; i++)
	{
		const Metric *metric = &metrics[i];

		if (strcmp(metric->name, name) != 0)
		{
			name = metric->name;
			if (metric->help[0])
				fprintf(out, "# HELP %s %s\n", name, metric->help);
			fprintf(out, "# TYPE %s %s\n", name, metric->type);
		}
		for (int c = 0; c < n; c++)
		{
			double		value;

			if (!value_of(metric, children[c], &value))
				continue;
			fputs(name, out);
			put_labels(out, metric, children[c], NULL);
			fprintf(out, " %.17g\n", value);
		}
	}
	print_tables(out, children, n);
}
