/*
 * secret.c
 *	  Values that come from elsewhere, and names whose values are never shown.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "secret.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "conf_list.h"
#include "mem.h"
#include "pattern.h"
#include "props.h"

/* Parts of names; what Kafka's and Debezium's own lists of passwords come to. */
static const char *const secret_parts[] = {
	"password", "secret", "jaas", "credential", "token", "user.info", "userinfo",
	"private", "api.key", "key.pem", "keystore.key", "sasl.oauthbearer.config", NULL
};

bool
secret_is_name(const char *name)
{
	for (int i = 0; secret_parts[i]; i++)
		if (strcasestr(name, secret_parts[i]))
			return true;
	return false;
}

void
secret_wipe(char *text)
{
	if (text)
		explicit_bzero(text, strlen(text));
}

/* ${provider:path:key} or ${provider:key}, as Connect's ConfigTransformer cuts it. */
typedef struct Reference
{
	char		provider[32];
	char	   *path;			/* NULL when there is one part only */
	char	   *key;
	const char *end;			/* behind the closing brace */
} Reference;

static void
reference_free(Reference *ref)
{
	free(ref->path);
	free(ref->key);
}

/* Reads a reference at p ("${"); false if it is none. */
static bool
reference_read(const char *p, Reference *ref)
{
	const char *close = strchr(p, '}');
	const char *colon = strchr(p, ':');
	const char *second;

	memset(ref, 0, sizeof(*ref));
	if (close == NULL || colon == NULL || colon > close ||
		(size_t) (colon - p - 2) >= sizeof(ref->provider))
		return false;
	memcpy(ref->provider, p + 2, colon - p - 2);
	second = memchr(colon + 1, ':', close - colon - 1);
	if (second)
	{
		ref->path = mem_copy_len(colon + 1, second - colon - 1);
		ref->key = mem_copy_len(second + 1, close - second - 1);
	}
	else
		ref->key = mem_copy_len(colon + 1, close - colon - 1);
	ref->end = close + 1;
	return true;
}

bool
secret_has_reference(const char *value)
{
	for (const char *p = strstr(value, "${"); p; p = strstr(p + 2, "${"))
	{
		Reference	ref;

		if (reference_read(p, &ref))
		{
			reference_free(&ref);
			return true;
		}
	}
	return false;
}

typedef struct Wanted
{
	const char *key;
	char	   *value;
} Wanted;

static void
take_wanted(const char *name, const char *value, void *arg)
{
	Wanted	   *wanted = arg;

	if (strcmp(name, wanted->key) != 0)
		return;
	free(wanted->value);
	wanted->value = mem_copy(value);
}

/* The whole file, the last newline cut. */
static char *
read_whole(const char *path, Err *err)
{
	char	   *text = props_read_file("secret file", path, err);
	size_t		len = text ? strlen(text) : 0;

	if (len > 0 && text[len - 1] == '\n')
		text[--len] = '\0';
	if (len > 0 && text[len - 1] == '\r')
		text[--len] = '\0';
	return text;
}

static char *
from_file(const char *property, const Reference *ref, Err *err)
{
	Wanted		wanted = {ref->key, NULL};
	char	   *text;
	bool		ok;

	if (ref->path == NULL)
		return read_whole(ref->key, err);
	text = props_read_file("secret file", ref->path, err);
	if (text == NULL)
		return NULL;
	ok = props_parse("secret file", ref->path, text, take_wanted, &wanted, err);
	secret_wipe(text);
	free(text);
	if (!ok)
	{
		free(wanted.value);
		return NULL;
	}
	if (wanted.value == NULL)
		err_set(err, ERR_CONFIG, "property \"%s\": file \"%s\" has no key \"%s\"; add the line %s=...",
				property, ref->path, ref->key, ref->key);
	return wanted.value;
}

static char *
from_dir(const char *property, const Reference *ref, Err *err)
{
	char	   *path;
	char	   *value;

	if (ref->path == NULL || strchr(ref->key, '/'))
	{
		err_set(err, ERR_CONFIG, "property \"%s\": malformed reference \"${dir:%s}\"; write ${dir:DIRECTORY:FILE}",
				property, ref->key);
		return NULL;
	}
	path = mem_print("%s/%s", ref->path, ref->key);
	value = read_whole(path, err);
	free(path);
	return value;
}

static char *
from_env(const char *property, const Reference *ref, Err *err)
{
	const char *value = getenv(ref->key);

	if (value)
		return mem_copy(value);
	err_set(err, ERR_CONFIG, "property \"%s\": environment variable \"%s\" is not set; set it, or use ${file:PATH:KEY}",
			property, ref->key);
	return NULL;
}

/* ---- providers ----------------------------------------------------------- */

typedef struct Provider
{
	const char *name;
	const char *class;			/* of Kafka's, without its package */
	char	   *(*read) (const char *property, const Reference *ref, Err *err);
	bool		paths;			/* what it reads is in files */
} Provider;

static const Provider providers[] = {
	{"file", "FileConfigProvider", from_file, true},
	{"dir", "DirectoryConfigProvider", from_dir, true},
	{"directory", "DirectoryConfigProvider", from_dir, true},
	{"env", "EnvVarConfigProvider", from_env, false},
	{NULL, NULL, NULL, false}
};

/* Where settings of providers come from. */
typedef struct Settings
{
	SecretSetting get;			/* NULL: there are none */
	void	   *arg;
} Settings;

static const char *
setting_of(const Settings *settings, const char *name)
{
	return settings->get != NULL ? settings->get(name, settings->arg) : NULL;
}

static const char *
provider_setting(const Settings *settings, const char *provider, const char *setting)
{
	char	   *name = mem_print("config.providers.%s.%s", provider, setting);
	const char *value = setting_of(settings, name);

	free(name);
	return value && value[0] != '\0' ? value : NULL;
}

/* By the class that is configured for the name, else by the name itself. */
static const Provider *
find_provider(const Settings *settings, const char *name)
{
	const char *named = setting_of(settings, "config.providers");
	const char *class = provider_setting(settings, name, "class");
	const char *dot = class ? strrchr(class, '.') : NULL;

	/* what is not offered is not there, as in Kafka Connect */
	if (named != NULL && !conf_list_has(named, name))
		return NULL;
	if (dot)
		class = dot + 1;
	for (const Provider *provider = providers; provider->name; provider++)
		if (strcmp(class ? class : name, class ? provider->class : provider->name) == 0)
			return provider;
	return NULL;
}

/* Why there is none of that name; for "return no_provider(...)". */
static char *
no_provider(const Settings *settings, const char *property, const char *name, Err *err)
{
	const char *named = setting_of(settings, "config.providers");
	const char *class = provider_setting(settings, name, "class");

	if (named != NULL && !conf_list_has(named, name))
		err_set(err, ERR_CONFIG, "property \"%s\": unknown config provider \"%s\": config.providers=%s does not name it; add it there, with config.providers.%s.class",
				property, name, named, name);
	else
		err_set(err, ERR_CONFIG, "property \"%s\": unknown config provider \"%s\"%s%s%s; file, dir and env are built in",
				property, name, class ? " (" : "", class ? class : "", class ? ")" : "");
	return NULL;
}

/* Is a path, its dots and links resolved, one of the list or below one? */
static bool
is_below(const char *list, const char *path)
{
	char	   *real = realpath(path, NULL);
	bool		below = false;

	while (real && !below && *list)
	{
		size_t		len = strcspn(list, ",");
		char	   *item = mem_copy_len(list, len);
		char	   *allowed = realpath(item + strspn(item, " "), NULL);
		size_t		allowed_len = allowed ? strlen(allowed) : 0;

		below = allowed && strncmp(real, allowed, allowed_len) == 0 &&
			(real[allowed_len] == '/' || real[allowed_len] == '\0' || allowed_len == 1);
		free(allowed);
		free(item);
		list += len + (list[len] == ',');
	}
	free(real);
	return below;
}

/* What a provider may read. */
static bool
is_allowed(const Settings *settings, const Provider *provider, const char *property,
		   const Reference *ref, Err *err)
{
	const char *paths = provider_setting(settings, ref->provider, "param.allowed.paths");
	const char *pattern = provider_setting(settings, ref->provider, "param.allowlist.pattern");
	const char *path = ref->path ? ref->path : ref->key;
	PatternList *names;
	bool		ok;

	if (provider->paths && paths)
		return is_below(paths, path) ||
			err_set(err, ERR_CONFIG, "property \"%s\": \"%s\" is not there, or not below a path of config.providers.%s.param.allowed.paths",
					property, path, ref->provider);
	if (provider->paths || pattern == NULL)
		return true;
	names = pattern_compile(pattern, false, err);
	if (names == NULL)
		return false;
	ok = pattern_list_match(names, ref->key);
	pattern_list_free(names);
	return ok ||
		err_set(err, ERR_CONFIG, "property \"%s\": environment variable \"%s\" is none that config.providers.%s.param.allowlist.pattern allows",
				property, ref->key, ref->provider);
}

static char *
resolve_one(const Settings *settings, const char *property, const Reference *ref, Err *err)
{
	const Provider *provider = find_provider(settings, ref->provider);

	if (provider == NULL)
		return no_provider(settings, property, ref->provider, err);
	return is_allowed(settings, provider, property, ref, err) ? provider->read(property, ref, err) : NULL;
}

char *
secret_resolve(const char *property, const char *value, SecretSetting setting, void *arg, Err *err)
{
	const Settings settings = {setting, arg};
	char	   *text = NULL;
	size_t		len = 0;
	FILE	   *out = open_memstream(&text, &len);
	bool		ok = true;

	if (out == NULL)
		mem_exhausted();
	for (const char *p = value; *p && ok;)
	{
		Reference	ref;
		char	   *resolved;

		if (strncmp(p, "${", 2) != 0 || !reference_read(p, &ref))
		{
			fputc(*p++, out);
			continue;
		}
		resolved = resolve_one(&settings, property, &ref, err);
		ok = resolved != NULL;
		if (ok)
			fputs(resolved, out);
		p = ref.end;
		secret_wipe(resolved);
		free(resolved);
		reference_free(&ref);
	}
	if (fclose(out) != 0 || text == NULL)
		mem_exhausted();
	if (ok)
		return text;
	secret_wipe(text);
	free(text);
	return NULL;
}
