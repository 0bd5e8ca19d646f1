/*
 * sampler.c
 *	  What the slot has confirmed and what Kafka shows, several times a second.
 *
 *		sampler CONNINFO SLOT BROKERS SPOOL TOPIC:PARTITIONS...
 *
 * One line a sample that the server answered:
 *
 *		MS CONFIRMED CURRENT PID BASE END MS2 OFFSETS
 *
 * MS is the wall clock after the answer (milliseconds), CONFIRMED the slot's
 * confirmed_flush_lsn and CURRENT the end of the WAL (decimal), PID that of
 * the walsender or 0.  BASE and END are what the spool in the folder SPOOL
 * holds, behind BASE and up to END (0 0: nothing), looked up after the server
 * and before MS2.  OFFSETS are the ends of all partitions, asked for after that,
 * in the order of the arguments and with commas; "-" when the broker did not
 * answer at once.  Committed or not: Kafka says that a transaction is committed
 * when its coordinator has written so, and tells the partitions after.
 *
 * So a transaction that CONFIRMED covers must lie below OFFSETS, and must have
 * been appended before MS; or the spool must hold it.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "spool_file.h"

#define PERIOD_US	100000
#define KAFKA_MS	300
#define MAX_PARTS	64

typedef struct Part
{
	const char *topic;
	int32_t		partition;
} Part;

static Part parts[MAX_PARTS];
static int	nparts;

static long long
wall_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

/* ---- the spool ---- */

/* The last segment, as far as it was read. */
static struct
{
	uint64_t	base_lsn;		/* numbers may come again */
	off_t		offset;
	uint64_t	end_lsn;		/* of its last whole unit */
}			tail;

/* The numbers of the first and the last segment; false if there is none. */
static bool
find_segments(const char *path, uint64_t *first, uint64_t *last)
{
	DIR		   *dir = opendir(path);
	struct dirent *entry;
	bool		found = false;

	if (dir == NULL)
		return false;
	while ((entry = readdir(dir)) != NULL)
	{
		uint64_t	number;
		int			len = 0;

		if (sscanf(entry->d_name, "%" SCNu64 ".segment%n", &number, &len) != 1 || len == 0 ||
			entry->d_name[len] != '\0')
			continue;
		*first = !found || number < *first ? number : *first;
		*last = !found || number > *last ? number : *last;
		found = true;
	}
	closedir(dir);
	return found;
}

static int
open_segment(const char *path, uint64_t number, SpoolHead *head)
{
	char		name[4096];
	char		bytes[SPOOL_HEAD];
	int			fd;

	snprintf(name, sizeof(name), "%s/%010" PRIu64 ".segment", path, number);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (pread(fd, bytes, sizeof(bytes), 0) == sizeof(bytes) &&
		spool_head_decode(bytes, sizeof(bytes), head) == SPOOL_OK)
		return fd;
	close(fd);
	return -1;
}

/* Reads the records that are new in the last segment. */
static void
read_tail(int fd, const SpoolHead *head)
{
	struct stat st;
	char		bytes[SPOOL_RECORD_HEAD];

	if (fstat(fd, &st) != 0)
		return;
	if (tail.base_lsn != head->base_lsn || tail.offset > st.st_size)
	{
		tail.base_lsn = head->base_lsn;
		tail.offset = SPOOL_HEAD;
		tail.end_lsn = head->base_lsn;
	}
	while (pread(fd, bytes, sizeof(bytes), tail.offset) == sizeof(bytes))
	{
		size_t		size = spool_record_size(bytes);
		char	   *whole = tail.offset + (off_t) size <= st.st_size ? malloc(size) : NULL;
		SpoolRecord record;
		bool		ok = whole != NULL && pread(fd, whole, size, tail.offset) == (ssize_t) size &&
			spool_record_decode(whole, size, head->number, &record) == SPOOL_OK;

		free(whole);
		if (!ok)
			return;
		tail.offset += (off_t) size;
		if (!record.open)
			tail.end_lsn = record.end_lsn;
	}
}

/* What the spool holds: (base, end]; false if nothing. */
static bool
look_at_spool(const char *path, uint64_t *base, uint64_t *end)
{
	uint64_t	first;
	uint64_t	last;
	SpoolHead	head;
	int			fd;

	if (!find_segments(path, &first, &last) || (fd = open_segment(path, first, &head)) < 0)
		return false;
	*base = head.base_lsn;
	close(fd);
	if ((fd = open_segment(path, last, &head)) < 0)
		return false;
	read_tail(fd, &head);
	close(fd);
	*end = tail.end_lsn;
	return true;
}

static void
print_spool(const char *path)
{
	uint64_t	base = 0;
	uint64_t	end = 0;

	if (!look_at_spool(path, &base, &end))
		base = end = 0;
	printf("%" PRIu64 " %" PRIu64 " %lld ", base, end, wall_ms());
}

/* ---- Kafka ---- */

/* A consumer that only asks for offsets, quiet about what breaks. */
static rd_kafka_t *
open_kafka(const char *brokers)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	char		err[512];
	rd_kafka_t *kafka;

	rd_kafka_conf_set(conf, "bootstrap.servers", brokers, NULL, 0);
	rd_kafka_conf_set(conf, "isolation.level", "read_uncommitted", NULL, 0);
	rd_kafka_conf_set(conf, "reconnect.backoff.max.ms", "200", NULL, 0);
	rd_kafka_conf_set(conf, "log_level", "0", NULL, 0);
	kafka = rd_kafka_new(RD_KAFKA_CONSUMER, conf, err, sizeof(err));
	if (kafka == NULL)
	{
		fprintf(stderr, "sampler: %s\n", err);
		exit(1);
	}
	return kafka;
}

/* The end of a partition; -1 when the broker does not say. */
static int64_t
end_of(rd_kafka_t *kafka, const Part *part)
{
	int64_t		low;
	int64_t		high;
	rd_kafka_resp_err_t err = rd_kafka_query_watermark_offsets(kafka, part->topic, part->partition,
															   &low, &high, KAFKA_MS);

	return err ? -1 : high;
}

static void
print_ends(rd_kafka_t *kafka)
{
	int64_t		ends[MAX_PARTS];

	for (int i = 0; i < nparts; i++)
		if ((ends[i] = end_of(kafka, &parts[i])) < 0)
		{
			printf("-\n");
			return;
		}
	for (int i = 0; i < nparts; i++)
		printf("%s%lld", i ? "," : "", (long long) ends[i]);
	printf("\n");
}

/* One sample; false when the server did not answer. */
static bool
sample(PGconn *pg, const char *slot, const char *spool, rd_kafka_t *kafka)
{
	const char *const values[] = {slot};
	PGresult   *res = PQexecParams(pg,
								   "SELECT coalesce(max(confirmed_flush_lsn) - '0/0', 0), pg_current_wal_lsn() - '0/0',"
								   " coalesce(max(active_pid), 0) FROM pg_replication_slots WHERE slot_name = $1",
								   1, NULL, values, NULL, NULL, 0);
	bool		ok = PQresultStatus(res) == PGRES_TUPLES_OK;

	if (ok && PQntuples(res) == 1)
	{
		printf("%lld %s %s %s ", wall_ms(), PQgetvalue(res, 0, 0), PQgetvalue(res, 0, 1),
			   PQgetvalue(res, 0, 2));
		print_spool(spool);
		print_ends(kafka);
		fflush(stdout);
	}
	PQclear(res);
	return ok;
}

static void
read_parts(char **args)
{
	for (; *args; args++)
	{
		char	   *colon = strrchr(*args, ':');
		long		n = colon ? strtol(colon + 1, NULL, 10) : 0;

		if (colon)
			*colon = '\0';
		for (int p = 0; p < n && nparts < MAX_PARTS; p++)
			parts[nparts++] = (Part){*args, p};
	}
}

int
main(int argc, char **argv)
{
	PGconn	   *pg = NULL;
	rd_kafka_t *kafka;

	if (argc < 5)
	{
		fprintf(stderr, "usage: sampler CONNINFO SLOT BROKERS SPOOL TOPIC:PARTITIONS...\n");
		return 2;
	}
	kafka = open_kafka(argv[3]);
	read_parts(argv + 5);
	for (;;)
	{
		if (pg == NULL)
			pg = PQconnectdb(argv[1]);
		if (PQstatus(pg) != CONNECTION_OK || !sample(pg, argv[2], argv[4], kafka))
		{
			PQfinish(pg);
			pg = NULL;
		}
		usleep(PERIOD_US);
	}
}
