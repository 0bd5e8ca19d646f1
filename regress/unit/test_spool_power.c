/*
 * test_spool_power.c
 *	  The spool after a loss of power, and with bytes that changed.
 *
 * Its last segment is cut at every length, and each of its bytes is changed, and
 * what a start finds must be the whole transactions before that, or an error, but
 * never anything else.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <fcntl.h>

#include "spool_case.h"
#include "spool_file.h"

static char image[64 * 1024];
static size_t image_len;

static void
write_image(const char *path, size_t len)
{
	int			fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (write(fd, image, len) != (ssize_t) len)
		abort();
	close(fd);
}

/* The end of the transactions of which a file of len bytes holds all. */
static uint64_t
whole_lsn(size_t len)
{
	uint64_t	lsn = 50;

	for (size_t at = SPOOL_HEAD; at + SPOOL_RECORD_HEAD <= len;)
	{
		SpoolRecord record;

		if (spool_record_decode(image + at, len - at, 1, &record) != SPOOL_OK)
			break;
		if (!record.open)
			lsn = record.end_lsn;
		at += spool_record_size(image + at);
	}
	return lsn;
}

/* Writes a spool of ten transactions, and a half, and takes its file. */
static void
take_image(void)
{
	Message		message = {.len = 0};
	Err			err;
	Spool	   *spool;
	int			fd;

	start_anew();
	spool = open_spool(0, &err);
	if (!begin(spool, 50, 0, false, &err))
		abort();
	for (int i = 1; i <= 10; i++)
		append_transaction(spool, (uint64_t) i, i == 1);
	add_begin(&message, 1100);
	append(spool, &message);
	if (!spool_sync(spool, &err))
		abort();
	spool_close(spool);
	fd = open(segment_path(1), O_RDONLY);
	image_len = (size_t) read(fd, image, sizeof(image));
	close(fd);
}

static void
test_cut(void)
{
	int			wrong = 0;
	int			lied = 0;

	take_image();
	for (size_t len = SPOOL_HEAD; len <= image_len; len++)
	{
		uint64_t	lsn = whole_lsn(len);
		Err			err;
		Seen		seen;
		Spool	   *spool;

		write_image(segment_path(1), len);
		spool = open_spool(lsn, &err);
		if (spool == NULL || spool_end_lsn(spool) != lsn ||
			!append_transaction(spool, lsn / 100 + 1, true) ||
			!read_all(spool, &seen, &err) || !seen.in_order || !seen.defined ||
			seen.units != (int) (lsn / 100) + 1)
			wrong++;
		spool_close(spool);

		/* the same file, when more was confirmed than it holds */
		if (lsn == 1010)
			continue;
		write_image(segment_path(1), len);
		spool = open_spool(lsn + 1, &err);
		if (spool != NULL && spool_end_lsn(spool) > lsn)
			lied++;
		spool_close(spool);
	}
	ok(wrong == 0, "cut at each of %zu bytes, what is whole is found, and gone on from", image_len);
	ok(lied == 0, "and never more than that");
}

static void
test_corrupted(void)
{
	int			silent = 0;
	int			stopped = 0;
	Err			err;
	Spool	   *spool;
	Seen		seen;

	take_image();
	for (size_t i = SPOOL_HEAD; i < image_len; i++)
	{
		image[i] ^= 0x10;
		write_image(segment_path(1), image_len);
		image[i] ^= 0x10;
		spool = open_spool(1010, &err);
		if (spool == NULL)
			stopped += err.kind == ERR_FATAL && strstr(err.text, "damaged") != NULL;
		else if (!read_all(spool, &seen, &err) || seen.units != 10 || spool_end_lsn(spool) != 1010)
			silent++;
		spool_close(spool);
	}
	ok(silent == 0 && stopped > 1000, "each changed byte of what was confirmed stops the start: %d did", stopped);

	/* in a segment that is not the last it shows when it is read */
	start_anew();
	options.max_bytes = 16 * 1024;
	spool = open_spool(0, &err);
	if (!begin(spool, 50, 0, false, &err))
		return;
	for (uint64_t i = 1; count_segments() < 3; i++)
		append_transaction(spool, i, i == 1);
	if (!spool_sync(spool, &err))
		return;
	spool_close(spool);
	{
		int			fd = open(segment_path(1), O_WRONLY);

		if (pwrite(fd, "?", 1, SPOOL_HEAD + 700) != 1)
			abort();
		close(fd);
	}
	spool = open_spool(0, &err);
	ok(spool != NULL && !read_all(spool, &seen, &err) && err.kind == ERR_FATAL &&
	   strstr(err.text, "0000000001.segment") != NULL && seen.in_order && seen.units < 10,
	   "an older segment's damage stops the reading, by its name");
	spool_close(spool);

	/* cut, it ends before the next begins */
	if (truncate(segment_path(1), SPOOL_HEAD) != 0)
		abort();
	spool = open_spool(0, &err);
	ok(spool != NULL && !read_all(spool, &seen, &err) && strstr(err.text, "ends too early") != NULL,
	   "so does an older segment that is cut off between two records");
	spool_close(spool);
	if (truncate(segment_path(1), 100) != 0)
		abort();
	ok(open_spool(0, &err) == NULL && strstr(err.text, "no valid head") != NULL, "or without a head");
}

int
main(void)
{
	if (!open_case())
		return 1;
	test_cut();
	test_corrupted();
	close_case();
	return done_testing();
}
