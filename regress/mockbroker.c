/*
 * mockbroker.c
 *	  A Kafka broker for demonstrations and tests: librdkafka's mock cluster,
 *	  listening on a loopback port that other processes can use.
 *
 * usage: mockbroker [TOPIC[:PARTITIONS]]...
 *
 * The first line on standard output is the bootstrap address.  After it, each
 * line on standard input is a command, answered by one line, "ok" or
 * "error: ...".  The broker lives until standard input ends or a signal ends
 * it, so a parent that dies takes it along.
 *
 *	  topic NAME[:PARTITIONS]	create a topic (one partition, if not said)
 *	  down | up					refuse connections; accept them again
 *	  rtt MILLISECONDS			delay every answer
 *	  fail API CODE COUNT		answer the next COUNT requests of that API
 *								number (0 is Produce) with the error CODE
 *
 * The mock cluster keeps what was produced in memory, the newest 100,000
 * messages or 5 MB of a partition; it has no admin API.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#define BROKER_ID	1
#define MAX_ARGS	3
#define MAX_ERRORS	1000

typedef rd_kafka_mock_cluster_t Cluster;

/* A command gets its arguments as text and returns a Kafka error code. */
typedef struct Command
{
	const char *name;
	int			nargs;
	rd_kafka_resp_err_t (*run) (Cluster *cluster, char **args);
} Command;

static rd_kafka_resp_err_t
run_topic(Cluster *cluster, char **args)
{
	char	   *colon = strrchr(args[0], ':');
	int			partitions = 1;

	if (colon != NULL)
	{
		*colon = '\0';
		partitions = atoi(colon + 1);
	}
	if (args[0][0] == '\0' || partitions < 1)
		return RD_KAFKA_RESP_ERR__INVALID_ARG;
	return rd_kafka_mock_topic_create(cluster, args[0], partitions, 1);
}

static rd_kafka_resp_err_t
run_down(Cluster *cluster, char **args)
{
	(void) args;
	return rd_kafka_mock_broker_set_down(cluster, BROKER_ID);
}

static rd_kafka_resp_err_t
run_up(Cluster *cluster, char **args)
{
	(void) args;
	return rd_kafka_mock_broker_set_up(cluster, BROKER_ID);
}

static rd_kafka_resp_err_t
run_rtt(Cluster *cluster, char **args)
{
	return rd_kafka_mock_broker_set_rtt(cluster, BROKER_ID, atoi(args[0]));
}

static rd_kafka_resp_err_t
run_fail(Cluster *cluster, char **args)
{
	rd_kafka_resp_err_t errors[MAX_ERRORS];
	int			count = atoi(args[2]);

	if (count < 1 || count > MAX_ERRORS)
		return RD_KAFKA_RESP_ERR__INVALID_ARG;
	for (int i = 0; i < count; i++)
		errors[i] = (rd_kafka_resp_err_t) atoi(args[1]);
	rd_kafka_mock_push_request_errors_array(cluster, (int16_t) atoi(args[0]),
											(size_t) count, errors);
	return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static const Command commands[] = {
	{"topic", 1, run_topic},
	{"down", 0, run_down},
	{"up", 0, run_up},
	{"rtt", 1, run_rtt},
	{"fail", 3, run_fail},
};

/* Runs one line of standard input, which is cut into words in place. */
static void
run_line(Cluster *cluster, char *line)
{
	char	   *words[MAX_ARGS + 2];
	int			nwords = 0;
	char	   *save = NULL;

	for (char *word = strtok_r(line, " \t\r\n", &save);
		 word != NULL && nwords < MAX_ARGS + 2;
		 word = strtok_r(NULL, " \t\r\n", &save))
		words[nwords++] = word;
	if (nwords == 0)
		return;

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
	{
		rd_kafka_resp_err_t code;

		if (strcmp(words[0], commands[i].name) != 0)
			continue;
		code = nwords - 1 == commands[i].nargs ?
			commands[i].run(cluster, words + 1) : RD_KAFKA_RESP_ERR__INVALID_ARG;
		if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
			puts("ok");
		else
			printf("error: %s: %s\n", words[0], rd_kafka_err2str(code));
		return;
	}
	printf("error: unknown command \"%s\"\n", words[0]);
}

int
main(int argc, char **argv)
{
	char		errstr[512];
	char		line[1024];
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_t *rk;
	Cluster    *cluster;

	/* A client's connection that goes away is no reason to end. */
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);

	/* The cluster needs a client for its bookkeeping; it connects nowhere,
	 * and need not warn of that. */
	rd_kafka_conf_set(conf, "log_level", "4", NULL, 0);
	rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, errstr, sizeof(errstr));
	cluster = rk ? rd_kafka_mock_cluster_new(rk, 1) : NULL;
	if (cluster == NULL)
	{
		fprintf(stderr, "mockbroker: could not start the mock cluster: %s\n",
				rk ? "no loopback port" : errstr);
		return 1;
	}

	for (int i = 1; i < argc; i++)
	{
		rd_kafka_resp_err_t code = run_topic(cluster, &argv[i]);

		if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
		{
			fprintf(stderr, "mockbroker: could not create topic \"%s\": %s\n",
					argv[i], rd_kafka_err2str(code));
			return 1;
		}
	}

	puts(rd_kafka_mock_cluster_bootstraps(cluster));
	while (fgets(line, sizeof(line), stdin) != NULL)
		run_line(cluster, line);

	rd_kafka_mock_cluster_destroy(cluster);
	rd_kafka_destroy(rk);
	return 0;
}
