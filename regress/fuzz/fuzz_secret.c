/*
 * fuzz_secret.c
 *	  References to values that are kept elsewhere.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "fuzz.h"
#include "props.h"
#include "secret.h"

/* No file of this machine is read: each holds the text behind the first NUL. */
extern char *__wrap_props_read_file(const char *what, const char *path, Err *err);

static const char *content;

char *
__wrap_props_read_file(const char *what, const char *path, Err *err)
{
	if (strchr(path, '?') == NULL)
		return fuzz_text((const uint8_t *) content, strlen(content));
	err_set(err, ERR_CONFIG, "could not read %s \"%s\"", what, path);
	return NULL;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char	   *value = fuzz_text(data, size);
	size_t		len = strlen(value);
	Err			err = {0};
	char	   *resolved;

	content = len < size ? value + len + 1 : "key=value";
	resolved = secret_resolve("some.password", value, NULL, NULL, &err);
	if (resolved == NULL)
		fuzz_claim(err.kind == ERR_CONFIG && secret_has_reference(value));
	else if (!secret_has_reference(value))
		fuzz_claim(strcmp(resolved, value) == 0);
	free(resolved);
	free(value);
	return 0;
}
