/*
 * probe.c
 *	  What the benchmark asks of a Kafka topic of one partition.
 *
 * usage: probe count BROKER TOPIC N
 *		  waits until the topic holds N records; prints {"at": epoch seconds}
 *		  probe latency BROKER TOPIC N WARM_UP_SECONDS
 *		  prints "ready" once it reads at the topic's end, then takes N records
 *		  (or what has come when none came for ten seconds) and prints the
 *		  distribution of their latency in milliseconds as one line of JSON
 *
 * A record's latency is the time from the number in its field "sent", the
 * epoch in microseconds as the database's clock gave it just before COMMIT, to
 * the moment rd_kafka_consumer_poll() hands the record over: both are the
 * clock of this machine.  The first seconds are not counted.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <librdkafka/rdkafka.h>

#define COUNT_INTERVAL_US	10000
#define REQUEST_TIMEOUT_MS	10000
#define QUIET_MS			10000
#define MICROS				INT64_C(1000000)

static void die(const char *fmt,...) __attribute__((noreturn, format(printf, 1, 2)));

static void
die(const char *fmt,...)
{
	va_list		ap;

	fputs("probe: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

static int64_t
epoch_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec * MICROS + ts.tv_nsec / 1000;
}

static rd_kafka_t *
connect_to(const char *broker)
{
	static const char *const settings[][2] = {
		{"group.id", "probe"},
		{"enable.auto.commit", "false"},
		{"fetch.min.bytes", "1"},
		{"socket.nagle.disable", "true"},
	};
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	char		errstr[512];
	rd_kafka_t *rk;

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		if (rd_kafka_conf_set(conf, settings[i][0], settings[i][1], errstr, sizeof(errstr)) != RD_KAFKA_CONF_OK)
			die("%s", errstr);
	if (rd_kafka_conf_set(conf, "bootstrap.servers", broker, errstr, sizeof(errstr)) != RD_KAFKA_CONF_OK)
		die("%s", errstr);
	rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, errstr, sizeof(errstr));
	if (rk == NULL)
		die("%s", errstr);
	return rk;
}

static int64_t
end_offset(rd_kafka_t *rk, const char *topic)
{
	int64_t		low,
				high;
	rd_kafka_resp_err_t code = rd_kafka_query_watermark_offsets(rk, topic, 0, &low, &high,
																REQUEST_TIMEOUT_MS);

	if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
		die("could not ask for the end of topic \"%s\": %s", topic, rd_kafka_err2str(code));
	return high;
}

static int
run_count(rd_kafka_t *rk, const char *topic, char **args)
{
	int64_t		wanted = atoll(args[0]);

	while (end_offset(rk, topic) < wanted)
		usleep(COUNT_INTERVAL_US);
	printf("{\"at\": %.6f}\n", epoch_us() / (double) MICROS);
	return 0;
}

static void
read_from_end(rd_kafka_t *rk, const char *topic)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);

	rd_kafka_topic_partition_list_add(list, topic, 0)->offset = end_offset(rk, topic);
	if (rd_kafka_assign(rk, list) != RD_KAFKA_RESP_ERR_NO_ERROR)
		die("could not read topic \"%s\"", topic);
	rd_kafka_topic_partition_list_destroy(list);
}

/* The number in the first field "sent" of a value, or -1. */
static int64_t
sent_us(const rd_kafka_message_t *msg)
{
	static const char field[] = "\"sent\":";
	const char *at = msg->len == 0 ? NULL :
		memmem(msg->payload, msg->len, field, sizeof(field) - 1);

	return at == NULL ? -1 : strtoll(at + sizeof(field) - 1, NULL, 10);
}

static int
compare(const void *a, const void *b)
{
	int64_t		x = *(const int64_t *) a;
	int64_t		y = *(const int64_t *) b;

	return (x > y) - (x < y);
}

static double
percentile_ms(const int64_t *sorted, int64_t n, double p)
{
	int64_t		i = (int64_t) (p * n);

	return sorted[i < n ? i : n - 1] / 1000.0;
}

static int
run_latency(rd_kafka_t *rk, const char *topic, char **args)
{
	int64_t		wanted = atoll(args[0]);
	int64_t		warm_up = (int64_t) (atof(args[1]) * MICROS);
	int64_t    *samples = calloc(wanted, sizeof(*samples));
	int64_t		seen = 0,
				n = 0,
				first = 0;

	if (samples == NULL)
		die("out of memory");
	read_from_end(rk, topic);
	puts("ready");
	fflush(stdout);

	while (seen < wanted)
	{
		/* The load may be a while in coming, but must not stop for long. */
		rd_kafka_message_t *msg = rd_kafka_consumer_poll(rk, seen == 0 ? 6 * QUIET_MS : QUIET_MS);
		int64_t		arrived = epoch_us();
		int64_t		sent;

		if (msg == NULL)
			break;
		if (msg->err == RD_KAFKA_RESP_ERR_NO_ERROR && (sent = sent_us(msg)) > 0)
		{
			if (seen++ == 0)
				first = arrived;
			if (arrived - first >= warm_up)
				samples[n++] = arrived - sent;
		}
		rd_kafka_message_destroy(msg);
	}
	if (n == 0)
		die("no record with a field \"sent\" came in topic \"%s\"", topic);

	qsort(samples, n, sizeof(*samples), compare);
	printf("{\"records\": %" PRId64 ", \"p50\": %.3f, \"p99\": %.3f, \"p999\": %.3f, \"max\": %.3f}\n",
		   n, percentile_ms(samples, n, 0.5), percentile_ms(samples, n, 0.99),
		   percentile_ms(samples, n, 0.999), samples[n - 1] / 1000.0);
	free(samples);
	return 0;
}

static const struct
{
	const char *name;
	int			nargs;
	int			(*run) (rd_kafka_t *rk, const char *topic, char **args);
}			modes[] = {
	{"count", 1, run_count},
	{"latency", 2, run_latency},
};

int
main(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
	{
		rd_kafka_t *rk;
		int			status;

		if (argc != 4 + modes[i].nargs || strcmp(argv[1], modes[i].name) != 0)
			continue;
		rk = connect_to(argv[2]);
		status = modes[i].run(rk, argv[3], argv + 4);
		rd_kafka_consumer_close(rk);
		rd_kafka_destroy(rk);
		return status;
	}
	die("usage: probe count BROKER TOPIC N | latency BROKER TOPIC N WARM_UP_SECONDS");
}
