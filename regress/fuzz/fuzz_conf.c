/*
 * fuzz_conf.c
 *	  Connector files and worker files, from bytes to checked properties.
 *
 * What the plugin is sent must read back as what was meant.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <sys/mman.h>
#include <unistd.h>

#include "conf.h"
#include "fuzz.h"
#include "log.h"
#include "props.h"

/* Nobody reads what it has to say. */
LogLevel	log_level = LOG_ERROR;
const _Atomic int32_t *log_followed;

void
log_write(LogLevel level, const char *module, const char *fmt,...)
{
}

/* Files that a ${file:...} names: none of this machine is read. */
extern char *__real_props_read_file(const char *what, const char *path, Err *err);
extern char *__wrap_props_read_file(const char *what, const char *path, Err *err);

char *
__wrap_props_read_file(const char *what, const char *path, Err *err)
{
	static const char secrets[] = "key=value\npassword=x\\u0041\n";

	if (strncmp(path, "/proc/self/fd/", 14) == 0 && strcmp(what, "secret file") != 0)
		return __real_props_read_file(what, path, err);
	return fuzz_text((const uint8_t *) secrets, sizeof(secrets) - 1);
}

static void
compare(const char *name, const char *value, void *arg)
{
	const char *meant = conf_get(arg, name);

	fuzz_claim(meant != NULL && strcmp(meant, value) == 0);
}

static void
check(const char *path, bool worker)
{
	Conf	   *conf = conf_new();
	Err			err = {0};

	if ((worker ? conf_read_worker(conf, path, &err) : conf_read_file(conf, path, &err)) &&
		conf_check(conf, &err))
	{
		char	   *sent = conf_plugin_properties(conf);

		fuzz_claim(props_parse("text", "sent", sent, compare, conf, &err));
		free(sent);
	}
	else
		fuzz_claim(err.kind != ERR_NONE && err.text[0] != '\0');
	conf_free(conf);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int	fd = -1;
	static char path[64];

	if (fd < 0)
	{
		fd = memfd_create("fuzz", 0);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	if (fd < 0 || ftruncate(fd, 0) != 0 || pwrite(fd, data, size, 0) != (ssize_t) size)
		abort();
	check(path, false);
	check(path, true);
	return 0;
}
