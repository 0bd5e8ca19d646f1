/*
 * test_spool.c
 *	  The spool: its bytes, its files, its lives.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "crc32c.h"
#include "spool_case.h"
#include "spool_file.h"

/* Instead of libc's: counts how often a folder is synced. */
static int	folder_syncs;

int
fsync(int fd)
{
	struct stat st;

	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
		folder_syncs++;
	return (int) syscall(SYS_fsync, fd);
}

/* ---- bytes ---- */

static void
test_crc(void)
{
	char		bytes[1000];
	bool		same = true;

	/* the check value of the CRC catalogue, and RFC 3720's 32 bytes of zero */
	ok(crc32c(0, "123456789", 9) == 0xE3069283, "CRC-32C of \"123456789\"");
	memset(bytes, 0, 32);
	ok(crc32c(0, bytes, 32) == 0x8A9136AA, "CRC-32C of 32 zeros");
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char) (i * 31);
	for (size_t i = 0; i <= sizeof(bytes); i++)
		same &= crc32c(crc32c(0, bytes, i), bytes + i, sizeof(bytes) - i) ==
			crc32c(0, bytes, sizeof(bytes));
	ok(same, "in two parts, cut anywhere, it is the same");
}

static void
test_bytes(void)
{
	SpoolHead	head = {.system_id = SYSTEM_ID,.number = 7,.base_lsn = 0x123456789,.timeline = 3,.slot = "s",.prefix = "shop"};
	SpoolRecord record = {.kind = SPOOL_FRAMES,.open = true,.end_lsn = 42,.commit_lsn = 41,.frames = "frames",.len = 6};
	SpoolPosition position = {SYSTEM_ID, 99, 111, true};
	SpoolHead	head2 = {0};
	SpoolRecord record2;
	SpoolPosition position2;
	char		bytes[SPOOL_HEAD];
	int			taken = 0;

	spool_head_encode(&head, bytes);
	ok(spool_head_decode(bytes, SPOOL_HEAD, &head2) == SPOOL_OK &&
	   memcmp(&head, &head2, sizeof(head)) == 0, "a head comes back");
	for (int i = 0; i < SPOOL_HEAD; i++)
	{
		bytes[i] ^= 0x20;
		taken += spool_head_decode(bytes, SPOOL_HEAD, &head2) == SPOOL_OK;
		bytes[i] ^= 0x20;
		taken += spool_head_decode(bytes, (size_t) i, &head2) == SPOOL_OK;
	}
	ok(taken == 0, "not with any byte changed, nor cut anywhere");
	wire_put32(bytes + 8, SPOOL_VERSION + 1);
	ok(spool_head_decode(bytes, SPOOL_HEAD, &head2) == SPOOL_OTHER_VERSION, "another version is told");

	spool_record_encode(&record, 7, bytes);
	memcpy(bytes + SPOOL_RECORD_HEAD, "frames", 6);
	ok(spool_record_size(bytes) == SPOOL_RECORD_HEAD + 6, "a record knows its size");
	ok(spool_record_decode(bytes, SPOOL_RECORD_HEAD + 6, 7, &record2) == SPOOL_OK &&
	   record2.kind == SPOOL_FRAMES && record2.open && record2.end_lsn == 42 &&
	   record2.commit_lsn == 41 && record2.len == 6 && memcmp(record2.frames, "frames", 6) == 0,
	   "a record comes back");
	ok(spool_record_decode(bytes, SPOOL_RECORD_HEAD + 6, 8, &record2) == SPOOL_TORN,
	   "not from another segment");
	taken = 0;
	for (size_t i = 0; i < SPOOL_RECORD_HEAD + 6; i++)
	{
		for (int bit = 0; bit < 8; bit++)
		{
			bytes[i] ^= (char) (1 << bit);
			taken += spool_record_decode(bytes, SPOOL_RECORD_HEAD + 6, 7, &record2) == SPOOL_OK;
			bytes[i] ^= (char) (1 << bit);
		}
		taken += spool_record_decode(bytes, i, 7, &record2) == SPOOL_OK;
	}
	ok(taken == 0, "not with any bit changed, nor cut anywhere");
	memset(bytes, 0, sizeof(bytes));
	ok(spool_record_decode(bytes, sizeof(bytes), 0, &record2) == SPOOL_TORN, "zeros are no record");

	spool_position_encode(&position, bytes);
	ok(spool_position_decode(bytes, SPOOL_POSITION, &position2) == SPOOL_OK &&
	   position2.delivered_lsn == 99 && position2.guard_lsn == 111 && position2.empty && position2.system_id == SYSTEM_ID, "a position comes back");
	bytes[31] ^= 1;
	ok(spool_position_decode(bytes, SPOOL_POSITION, &position2) == SPOOL_TORN, "not with a bit changed");

	ok(spool_reach(100, 100, 200) == 200 && spool_reach(150, 100, 200) == 200 &&
	   spool_reach(250, 100, 200) == 250, "what Kafka has and the spool goes on with is held");
	ok(spool_reach(99, 100, 200) == 99, "with a hole between them it is not");
}

/* ---- one life ---- */

static void
test_life(void)
{
	Err			err;
	Spool	   *spool;
	Seen		seen;

	start_anew();
	spool = open_spool(0, &err);
	ok(spool != NULL && spool_state(spool) == SPOOL_OFF && count_segments() == 0, "a spool begins off, without files");
	ok(begin(spool, 50, 45, false, &err) && spool_end_lsn(spool) == 50 &&
	   spool_synced_lsn(spool) == 50 && spool_commit_lsn(spool) == 45, "it begins where the slot stands");
	append_transaction(spool, 1, true);
	ok(spool_end_lsn(spool) == 110 && spool_synced_lsn(spool) == 50 && spool_due(spool) > 0,
	   "what was appended is not confirmed yet");
	ok(spool_sync(spool, &err) && spool_synced_lsn(spool) == 110 && spool_due(spool) == 0, "what was synced is");
	append_transaction(spool, 2, false);
	ok(read_all(spool, &seen, &err) && seen.events == 4 && seen.first == 2 && seen.last == 5 &&
	   seen.in_order && seen.defined && seen.sessions == 1,
	   "all comes out in order, what was not written yet, too");
	append_transaction(spool, 3, false);
	ok(read_all(spool, &seen, &err) && seen.events == 2 && seen.first == 6, "and what comes after that");

	spool_keepalive(spool, 1000, false);
	ok(spool_due(spool) > 0 && spool_end_lsn(spool) == 310, "a keepalive is noted later");
	spool_keepalive(spool, 1001, true);
	ok(spool_sync(spool, &err) && spool_synced_lsn(spool) == 1001 && spool_commit_lsn(spool) == 310,
	   "at once when the server asks");
	ok(read_all(spool, &seen, &err) && seen.marks == 1 && seen.events == 0, "it is read as a mark");

	spool_delivered(spool, 310, UINT64_MAX, loop_now_us());
	ok(spool_state(spool) == SPOOL_WRITING, "what Kafka has does not end it while it is written");
	spool_drain(spool);
	spool_delivered(spool, 310, UINT64_MAX, loop_now_us());
	ok(spool_state(spool) == SPOOL_DRAINING && count_segments() == 1, "its files stay until Kafka has all");
	spool_delivered(spool, 1001, 1000, loop_now_us());
	ok(spool_state(spool) == SPOOL_DRAINING, "and until others know that it has");
	folder_syncs = 0;
	spool_delivered(spool, 1001, 1001, loop_now_us());
	ok(spool_state(spool) == SPOOL_OFF && count_segments() == 0 && spool_bytes(spool) == 0, "then they are removed");
	ok(folder_syncs == 1, "so that no loss of power brings them back");

	ok(begin(spool, 2000, 310, false, &err) && append_transaction(spool, 21, true), "it begins again");
	ok(!spool_append(spool, (char *) "X", 1, 0, &err), "what is no frame is refused");
	spool_close(spool);
}

/* A spool that is left in the middle is gone on with. */
static void
test_restart(void)
{
	Message		message = {.len = 0};
	Err			err;
	Spool	   *spool;
	Spool	   *second;
	Seen		seen;

	start_anew();
	spool = open_spool(0, &err);
	if (!begin(spool, 50, 0, false, &err))
		return;
	append_transaction(spool, 1, true);
	append_transaction(spool, 2, false);
	second = spool_open(&options, &err);
	ok(second == NULL && err.kind == ERR_RETRY, "nobody else opens it meanwhile");

	/* a connection that is lost in the middle of a transaction */
	add_begin(&message, 300);
	add_event(&message, 0, 6);
	append(spool, &message);
	spool_new_session(spool);
	ok(spool_end_lsn(spool) == 210, "half a transaction is not held");
	append_transaction(spool, 3, true);
	add_begin(&message, 400);
	add_event(&message, 0, 8);
	append(spool, &message);
	ok(spool_sync(spool, &err) && spool_synced_lsn(spool) == 310, "the other session brings it again");
	spool_delivered(spool, 110, UINT64_MAX, loop_now_us() + 10000000);
	spool_close(spool);

	spool = open_spool(310, &err);
	ok(spool != NULL && spool_state(spool) == SPOOL_WRITING && spool_end_lsn(spool) == 310 &&
	   spool_synced_lsn(spool) == 310 && spool_commit_lsn(spool) == 310,
	   "after a restart it is there, as far as transactions are whole");
	ok(spool_delivered_lsn(spool) == 110, "with what was delivered of it");
	ok(append_transaction(spool, 4, true), "what comes goes behind that");
	ok(read_all(spool, &seen, &err) && seen.units == 4 && seen.last == 9 && seen.in_order &&
	   seen.defined && seen.sessions == 3, "all comes out, whole");
	spool_close(spool);

	options.slot = "other";
	ok(spool_open(&options, &err) == NULL && err.kind == ERR_CONFIG && strstr(err.text, "\"walpost\"") != NULL,
	   "another slot's connector does not get it");
	options.slot = "walpost";
	spool = spool_open(&options, &err);
	ok(spool != NULL && !spool_adopt(spool, 42, 0, &err) && err.kind == ERR_CONFIG,
	   "nor does another server");
	spool_close(spool);
}

/* A removal that a loss of power undid: the position, which was synced, counts. */
static void
test_undone(void)
{
	Err			err;
	Spool	   *spool;
	Seen		seen;
	char		command[2048];

	start_anew();
	options.max_bytes = 16 * 1024;
	spool = open_spool(0, &err);
	if (!begin(spool, 50, 0, false, &err))
		return;
	for (uint64_t i = 1; count_segments() < 5; i++)
		append_transaction(spool, i, i == 1);
	ok(spool_sync(spool, &err) && read_all(spool, &seen, &err), "a spool of five segments");
	snprintf(command, sizeof(command), "cp %s/*5.segment %s/*3.segment %s/*2.segment %s", folder(), folder(),
			 folder(), base);
	if (system(command) != 0)
		abort();
	spool_drain(spool);
	spool_delivered(spool, spool_end_lsn(spool), UINT64_MAX, loop_now_us());
	ok(spool_state(spool) == SPOOL_OFF && count_segments() == 0, "is delivered and removed");
	spool_close(spool);

	snprintf(command, sizeof(command), "mv %s/*.segment %s", base, folder());
	if (system(command) != 0)
		abort();
	spool = open_spool(1000000, &err);
	ok(spool != NULL && spool_state(spool) == SPOOL_OFF && count_segments() == 0,
	   "what is back of it is removed again, wherever the slot is");
	ok(spool != NULL && begin(spool, 1000000, 0, false, &err) && append_transaction(spool, 10001, true) &&
	   spool_sync(spool, &err), "and another begins");
	spool_close(spool);
	spool = open_spool(1000110, &err);
	ok(spool != NULL && spool_end_lsn(spool) == 1000110, "which stays");
	spool_close(spool);
}

/* A spool that begins while nobody can ask Kafka how far it is. */
static void
test_assumed(void)
{
	Err			err;
	Spool	   *spool;

	start_anew();
	spool = open_spool(0, &err);
	ok(begin(spool, 50, 0, true, &err) && spool_is_assumed(spool) && append_transaction(spool, 1, true) &&
	   spool_sync(spool, &err), "a spool begins on an assumption");
	spool_close(spool);
	spool = open_spool(110, &err);
	ok(spool != NULL && spool_is_assumed(spool) && spool_delivered_lsn(spool) == 50 &&
	   spool_guard_lsn(spool) == 57, "a start knows that it was one, and what it waits for");
	spool_delivered(spool, 50, 0, loop_now_us());
	ok(!spool_is_assumed(spool), "until Kafka has confirmed it");
	spool_close(spool);
	spool = open_spool(110, &err);
	ok(spool != NULL && !spool_is_assumed(spool), "which is kept");
	spool_close(spool);
}

/* Many segments: each can be begun with, delivered ones go. */
static void
test_segments(void)
{
	Err			err;
	Spool	   *spool;
	Seen		seen;
	uint64_t	n = 0;
	int			most;

	start_anew();
	options.max_bytes = 64 * 1024;
	spool = open_spool(0, &err);
	if (!begin(spool, 50, 0, false, &err))
		return;
	while (spool_room(spool) && n < 10000)
	{
		append_transaction(spool, n + 1, n == 0);
		n++;
		if (n % 7 == 0 && !spool_sync(spool, &err))
			return;
	}
	most = count_segments();
	ok(n < 10000 && spool_bytes(spool) >= 64 * 1024 && spool_bytes(spool) < 70 * 1024, "it is full at its bound");
	ok(most >= 8, "in %d segments", most);
	ok(read_all(spool, &seen, &err) && seen.units == (int) n && seen.in_order && seen.defined,
	   "all is read across segments");

	spool_delivered(spool, n / 2 * 100 + 10, UINT64_MAX, loop_now_us());
	ok(count_segments() < most && count_segments() > 1 && spool_room(spool), "delivered segments make room");
	append_transaction(spool, n + 1, false);
	ok(read_all(spool, &seen, &err) && seen.units == 1 && seen.first == (n + 1) * 2, "and it goes on");
	if (!spool_sync(spool, &err))
		return;
	spool_close(spool);

	unlink(segment_path(0));
	spool = open_spool((n + 1) * 100 + 10, &err);
	ok(spool != NULL && spool_delivered_lsn(spool) <= n / 2 * 100 + 10 &&
	   read_all(spool, &seen, &err) && seen.last == (n + 1) * 2 + 1 && seen.defined &&
	   seen.first <= n + 2, "a start begins with the first segment that is left");
	spool_close(spool);

	unlink(segment_path(most - 1));
	ok(open_spool(0, &err) == NULL && err.kind == ERR_FATAL && strstr(err.text, "is missing") != NULL,
	   "a segment that is missing is named");
}

static void
test_folder(void)
{
	Err			err;

	start_anew();
	options.dir = "/nonexistent/spool";
	ok(!spool_check(&options, &err) && err.kind == ERR_CONFIG && strstr(err.text, "walpost.spool.dir") != NULL,
	   "a folder that is missing");
	options.dir = "/dev/null";
	ok(!spool_check(&options, &err) && err.kind == ERR_CONFIG, "a file in place of a folder");
	options.dir = base;
	ok(spool_check(&options, &err), "a good one");
	if (geteuid() != 0)
	{
		chmod(base, 0500);
		ok(!spool_check(&options, &err) && strstr(err.text, "mode 500") != NULL, "one that may not be written");
		chmod(base, 0700);
	}
}

int
main(void)
{
	if (!open_case())
		return 1;
	test_crc();
	test_bytes();
	test_life();
	test_restart();
	test_undone();
	test_assumed();
	test_segments();
	test_folder();
	close_case();
	return done_testing();
}
