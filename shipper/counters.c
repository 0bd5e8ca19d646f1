/*
 * counters.c
 *	  The page of counters: made, handed over, its texts and tables.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "counters.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Attempts at a text that is being written. */
#define TEXT_ATTEMPTS	1000

static Counters own_page;

Counters   *counters_own = &own_page;

void
counters_clear(Counters *counters)
{
	static const CounterId unknown[] = {
		COUNTER_SLOT_BYTES, COUNTER_SLOT_RETAINED, COUNTER_SLOT_SAFE, COUNTER_CONTINUITY
	};

	/* names that nobody is shown are left alone, and their memory untouched */
	memset(counters, 0, offsetof(Counters, tables));
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		atomic_store_explicit(&counters->value[unknown[i]], -1, memory_order_relaxed);
}

Counters *
counters_new(int *fd, Err *err)
{
	Counters   *counters;

	*fd = memfd_create("walpost-counters", MFD_CLOEXEC);
	if (*fd < 0 || ftruncate(*fd, sizeof(Counters)) != 0)
	{
		err_set(err, ERR_FATAL, "could not make a page of shared memory: %s", strerror(errno));
		if (*fd >= 0)
			close(*fd);
		return NULL;
	}
	counters = mmap(NULL, sizeof(Counters), PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
	if (counters == MAP_FAILED)
	{
		err_set(err, ERR_FATAL, "could not map a page of shared memory: %s", strerror(errno));
		close(*fd);
		return NULL;
	}
	counters_clear(counters);
	return counters;
}

void
counters_free(Counters *counters, int fd)
{
	munmap(counters, sizeof(Counters));
	close(fd);
}

bool
counters_attach(int fd, Err *err)
{
	Counters   *counters = mmap(NULL, sizeof(Counters), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (counters == MAP_FAILED)
		return err_set(err, ERR_FATAL, "could not map the supervisor's page of counters: %s", strerror(errno));
	close(fd);
	counters_clear(counters);
	counters_own = counters;
	return true;
}

bool
counters_shared(void)
{
	return counters_own != &own_page;
}

void
counter_set_text(CounterText id, const char *text)
{
	CounterString *string = &counters_own->text[id];
	uint32_t	version = atomic_load_explicit(&string->version, memory_order_relaxed);
	size_t		len = strnlen(text, COUNTER_TEXT_SIZE - 1);

	atomic_store_explicit(&string->version, version + 1, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
	for (size_t i = 0; i < len; i++)
		atomic_store_explicit(&string->bytes[i], text[i], memory_order_relaxed);
	atomic_store_explicit(&string->bytes[len], '\0', memory_order_relaxed);
	atomic_store_explicit(&string->version, version + 2, memory_order_release);
}

/* A writer that was killed in the middle leaves an odd version for good. */
void
counter_get_text(const Counters *counters, CounterText id, char text[COUNTER_TEXT_SIZE])
{
	const CounterString *string = &counters->text[id];

	for (int attempt = 0; attempt < TEXT_ATTEMPTS; attempt++)
	{
		uint32_t	version = atomic_load_explicit(&string->version, memory_order_acquire);

		if (version % 2 != 0)
			continue;
		for (size_t i = 0; i < COUNTER_TEXT_SIZE; i++)
		{
			text[i] = atomic_load_explicit(&string->bytes[i], memory_order_relaxed);
			if (text[i] == '\0')
				break;
		}
		text[COUNTER_TEXT_SIZE - 1] = '\0';
		atomic_thread_fence(memory_order_acquire);
		if (atomic_load_explicit(&string->version, memory_order_relaxed) == version)
			return;
	}
	text[0] = '\0';
}

/* ---- tables ---- */

void
counter_tables_begin(void)
{
	uint32_t	version = atomic_load_explicit(&counters_own->tables_version, memory_order_relaxed);

	atomic_store_explicit(&counters_own->tables_version, version | 1, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
}

void
counter_table_set(int table, const char *name)
{
	CounterTable *row;
	size_t		len = strnlen(name, COUNTER_TABLE_NAME - 1);

	if (table >= COUNTER_TABLES)
		return;
	row = &counters_own->tables[table];
	atomic_store_explicit(&row->rows, 0, memory_order_relaxed);
	for (size_t i = 0; i < len; i++)
		atomic_store_explicit(&row->name[i], name[i], memory_order_relaxed);
	atomic_store_explicit(&row->name[len], '\0', memory_order_relaxed);
}

void
counter_tables_show(int ntables)
{
	uint32_t	version = atomic_load_explicit(&counters_own->tables_version, memory_order_relaxed);

	if (version % 2 == 0)
		return;
	atomic_store_explicit(&counters_own->ntables, ntables < COUNTER_TABLES ? ntables : COUNTER_TABLES,
						  memory_order_relaxed);
	atomic_store_explicit(&counters_own->tables_version, version + 1, memory_order_release);
}

bool
counter_table_get(const Counters *counters, int table, char name[COUNTER_TABLE_NAME], int64_t *rows)
{
	uint32_t	version = atomic_load_explicit(&counters->tables_version, memory_order_acquire);
	const CounterTable *row;

	if (version % 2 != 0 || table >= atomic_load_explicit(&counters->ntables, memory_order_relaxed))
		return false;
	row = &counters->tables[table];
	for (size_t i = 0; i < COUNTER_TABLE_NAME; i++)
		name[i] = atomic_load_explicit(&row->name[i], memory_order_relaxed);
	name[COUNTER_TABLE_NAME - 1] = '\0';
	*rows = atomic_load_explicit(&row->rows, memory_order_relaxed);
	atomic_thread_fence(memory_order_acquire);
	return atomic_load_explicit(&counters->tables_version, memory_order_relaxed) == version;
}
