/*
 * reader.c
 *	  What committed records topics hold, in as few words as the check needs.
 *
 *		reader BROKERS TOPIC:PARTITION:OFFSET...
 *
 * Reads each partition from its offset to its present end with
 * isolation.level=read_committed.  One line a record, tab-separated:
 *
 *		TOPIC PARTITION OFFSET APPENDED OP TXID LSN MARK KEY
 *
 * OP is that of the envelope, or "t" for a tombstone; TXID and LSN are those
 * of its source block (0: none); MARK is the column "mark" of the row after
 * the change, or before it where there is none after, or the content of a
 * message ("-": none).  Then a line for each partition:
 *
 *		TOPIC PARTITION end OFFSET
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SILENCE_MS	60000

/*
 * The text of a JSON member that follows: up to the comma or brace; "-" if it
 * is null or not there.
 */
static void
member(const char *p, const char *end, const char *name, char *text, size_t size)
{
	size_t		len = strlen(name);
	size_t		n = 0;

	strcpy(text, "-");
	p = p ? memmem(p, (size_t) (end - p), name, len) : NULL;
	if (p == NULL)
		return;
	for (p += len; p < end && *p != ',' && *p != '}' && n < size - 1; p++)
		if (*p != '"')
			text[n++] = *p;
	text[n] = '\0';
	if (strcmp(text, "null") == 0)
		strcpy(text, "-");
}

static const char *
find(const char *p, const char *end, const char *what)
{
	return memmem(p, (size_t) (end - p), what, strlen(what));
}

static void
print_value(const char *value, size_t len)
{
	const char *end = value + len;
	const char *row = find(value, end, "\"after\":{");
	const char *source = find(value, end, "\"source\":{");
	char		op[8];
	char		txid[32];
	char		lsn[32];
	char		mark[64];

	member(source, end, "\"txId\":", txid, sizeof(txid));
	member(source, end, "\"lsn\":", lsn, sizeof(lsn));
	member(value, end, "\"op\":", op, sizeof(op));
	if (op[0] == 'm')
		member(source, end, "\"content\":", mark, sizeof(mark));
	else
		member(row ? row : find(value, end, "\"before\":{"), end, "\"mark\":", mark, sizeof(mark));
	printf("%s\t%s\t%s\t%s", op, txid, lsn, mark);
}

static void
print_record(const rd_kafka_message_t *message)
{
	printf("%s\t%d\t%lld\t%lld\t", rd_kafka_topic_name(message->rkt), (int) message->partition,
		   (long long) message->offset, (long long) rd_kafka_message_timestamp(message, NULL));
	if (message->payload == NULL)
		printf("t\t0\t0\t-");
	else
		print_value(message->payload, message->len);
	printf("\t%.*s\n", message->key ? (int) message->key_len : 0,
		   message->key ? (const char *) message->key : "");
}

static rd_kafka_t *
open_kafka(const char *brokers)
{
	static const char *const settings[][2] = {
		{"group.id", "torture"},
		{"isolation.level", "read_committed"},
		{"enable.partition.eof", "true"},
		{"enable.auto.commit", "false"},
		{"auto.offset.reset", "error"},
		{"check.crcs", "true"},
		{"fetch.wait.max.ms", "10"},
		{NULL, NULL}
	};
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	char		err[512];
	rd_kafka_t *kafka;

	rd_kafka_conf_set(conf, "bootstrap.servers", brokers, NULL, 0);
	for (int i = 0; settings[i][0]; i++)
		rd_kafka_conf_set(conf, settings[i][0], settings[i][1], NULL, 0);
	kafka = rd_kafka_new(RD_KAFKA_CONSUMER, conf, err, sizeof(err));
	if (kafka == NULL)
	{
		fprintf(stderr, "reader: %s\n", err);
		exit(1);
	}
	rd_kafka_poll_set_consumer(kafka);
	return kafka;
}

/* TOPIC:PARTITION:OFFSET, cut into its parts. */
static void
add_part(rd_kafka_topic_partition_list_t *list, char *arg)
{
	char	   *offset = strrchr(arg, ':');
	char	   *partition;

	if (offset == NULL || (*offset++ = '\0', partition = strrchr(arg, ':')) == NULL)
	{
		fprintf(stderr, "reader: \"%s\" is not TOPIC:PARTITION:OFFSET\n", arg);
		exit(2);
	}
	*partition++ = '\0';
	rd_kafka_topic_partition_list_add(list, arg, (int32_t) strtol(partition, NULL, 10))->offset =
		strtoll(offset, NULL, 10);
}

/* Reads until all partitions have ended; 1 for an error. */
static int
read_all(rd_kafka_t *kafka, int left)
{
	while (left > 0)
	{
		rd_kafka_message_t *message = rd_kafka_consumer_poll(kafka, SILENCE_MS);

		if (message == NULL)
		{
			fprintf(stderr, "reader: nothing for %d s\n", SILENCE_MS / 1000);
			return 1;
		}
		if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
		{
			left--;
			printf("%s\t%d\tend\t%lld\n", rd_kafka_topic_name(message->rkt),
				   (int) message->partition, (long long) message->offset);
		}
		else if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
			print_record(message);
		else if (message->rkt != NULL)
		{
			fprintf(stderr, "reader: %s\n", rd_kafka_message_errstr(message));
			return 1;
		}
		rd_kafka_message_destroy(message);
	}
	return 0;
}

int
main(int argc, char **argv)
{
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(argc);
	rd_kafka_t *kafka;
	int			status;

	if (argc < 3)
	{
		fprintf(stderr, "usage: reader BROKERS TOPIC:PARTITION:OFFSET...\n");
		return 2;
	}
	for (int i = 2; i < argc; i++)
		add_part(list, argv[i]);
	kafka = open_kafka(argv[1]);
	rd_kafka_assign(kafka, list);
	status = read_all(kafka, list->cnt);
	rd_kafka_consumer_close(kafka);
	rd_kafka_topic_partition_list_destroy(list);
	rd_kafka_destroy(kafka);
	return status;
}
