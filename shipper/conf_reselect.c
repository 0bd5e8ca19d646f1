/*
 * conf_reselect.c
 *	  The post-processor of a connector, under either convention of its options'
 *	  names.
 *
 * Debezium takes NAME.type as well as post.processors.NAME.type.  The plugin, whose
 * options have fixed beginnings, knows the second; so the first becomes it here.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "conf_private.h"
#include "log.h"
#include "mem.h"

#define LOG_MODULE "conf"

#define LIST	"post.processors"
#define CLASS	"ReselectColumnsPostProcessor"
#define PACKAGE "io.debezium.processors.reselect."

static const char *const option_names[] = {
	"type", "reselect.columns.include.list", "reselect.columns.exclude.list",
	"reselect.unavailable.values", "reselect.null.values", "reselect.use.event.key",
	"reselect.error.handling.mode", NULL
};

/* The one name in the list, the caller's; NULL: there is none. */
static char *
processor_name(const Conf *conf)
{
	const ConfEntry *entry = conf_entry(conf, LIST);
	const char *list = entry ? entry->value : "";
	size_t		len;

	list += strspn(list, " \t,");
	len = strcspn(list, ",");
	while (len > 0 && isspace((unsigned char) list[len - 1]))
		len--;
	return len > 0 ? mem_copy_len(list, len) : NULL;
}

static bool
is_option(const char *name)
{
	for (int i = 0; option_names[i]; i++)
		if (strcmp(option_names[i], name) == 0)
			return true;
	return false;
}

/* What an entry says behind prefix, if that is an option; else NULL. */
static const char *
option_of(const ConfEntry *entry, const char *prefix)
{
	size_t		len = strlen(prefix);
	const char *rest = entry->name + len;

	if (strncmp(entry->name, prefix, len) != 0)
		return NULL;
	return strcmp(rest, "type") == 0 || strncmp(rest, "reselect.", strlen("reselect.")) == 0 ? rest : NULL;
}

static bool
has_options(const Conf *conf, const char *prefix)
{
	for (int i = 0; i < conf->nentries; i++)
		if (option_of(&conf->entries[i], prefix) != NULL)
			return true;
	return false;
}

/* Gives options the names that the plugin knows, unless such are there: those count. */
static void
move_options(Conf *conf, const char *from, const char *to)
{
	bool		present = has_options(conf, to);

	for (int i = conf->nentries - 1; i >= 0; i--)
	{
		const ConfEntry *entry = &conf->entries[i];
		const char *option = option_of(entry, from);
		char	   *name;
		char	   *raw;
		const char *origin = entry->origin;
		ConfLayer	layer = entry->layer;

		if (option == NULL)
			continue;
		name = mem_print("%s%s", to, option);
		raw = mem_copy(entry->raw);
		if (present)
			log_warn("property \"%s\" has no effect beside \"%s*\"", entry->name, to);
		conf_remove(conf, i);
		if (!present)
		{
			conf_set_at(conf, name, raw, origin, layer);
			/* it may stand before what is to come: all is looked at again */
			i = conf->nentries;
		}
		free(name);
		free(raw);
	}
}

/* The cache's, and what is no option at all. */
static void
drop_others(Conf *conf, const char *prefix)
{
	size_t		len = strlen(prefix);

	for (int i = conf->nentries - 1; i >= 0; i--)
	{
		const ConfEntry *entry = &conf->entries[i];

		if (strncmp(entry->name, prefix, len) != 0 || is_option(entry->name + len))
			continue;
		if (strncmp(entry->name + len, "reselect.cache.", strlen("reselect.cache.")) == 0)
			log_warn("property \"%s\" has no effect: values are read as they are now, and none is kept", entry->name);
		else
			log_warn("unknown property \"%s\" (%s) has no effect: it is no option of %s",
					 entry->name, entry->origin, CLASS);
		conf_remove(conf, i);
	}
}

void
conf_adopt_processor(Conf *conf)
{
	char	   *name = processor_name(conf);
	char	   *from;
	char	   *to;

	if (name == NULL)
		return;
	from = mem_print("%s.", name);
	to = mem_print(LIST ".%s.", name);
	move_options(conf, from, to);
	drop_others(conf, to);
	free(name);
	free(from);
	free(to);
}

static const char *
option_value(const Conf *conf, const char *option)
{
	char	   *name = processor_name(conf);
	char	   *property = mem_print(LIST ".%s.%s", name ? name : "", option);
	const char *value = conf_get(conf, property);

	free(name);
	free(property);
	return value;
}

bool
conf_reselect_fails(const Conf *conf)
{
	const char *mode = option_value(conf, "reselect.error.handling.mode");

	return mode != NULL && strcasecmp(mode, "fail") == 0;
}

static bool
check_class(const Conf *conf, const char *name, Err *err)
{
	const char *type = option_value(conf, "type");

	if (type == NULL)
		return err_set(err, ERR_CONFIG, "property \"" LIST ".%s.type\" is missing; property \"" LIST "\" names \"%s\", and its class is " PACKAGE CLASS,
					   name, name);
	if (strcmp(type, CLASS) == 0 || strcmp(type, PACKAGE CLASS) == 0)
		return true;
	return err_set(err, ERR_CONFIG, "value \"%s\" of property \"" LIST ".%s.type\" is not supported: the one post-processor that works is " PACKAGE CLASS,
				   type, name);
}

static bool
check_options(const Conf *conf, const char *name, Err *err)
{
	static const char *const switches[] = {
		"reselect.unavailable.values", "reselect.null.values", "reselect.use.event.key", NULL
	};
	const char *mode = option_value(conf, "reselect.error.handling.mode");

	for (int i = 0; switches[i]; i++)
	{
		const char *value = option_value(conf, switches[i]);

		if (value != NULL && strcasecmp(value, "true") != 0 && strcasecmp(value, "false") != 0)
			return err_set(err, ERR_CONFIG, "bad value \"%s\" for property \"" LIST ".%s.%s\"; it takes true or false",
						   value, name, switches[i]);
	}
	if (mode != NULL && strcasecmp(mode, "warn") != 0 && strcasecmp(mode, "fail") != 0)
		return err_set(err, ERR_CONFIG, "bad value \"%s\" for property \"" LIST ".%s.reselect.error.handling.mode\"; it takes fail or warn",
					   mode, name);
	return true;
}

bool
conf_check_processor(const Conf *conf, Err *err)
{
	char	   *name = processor_name(conf);
	bool		ok = true;

	if (name == NULL)
		return true;
	if (strchr(conf_get(conf, LIST), ',') != NULL)
		ok = err_set(err, ERR_CONFIG, "value \"%s\" of property \"" LIST "\" is not supported: it takes one name, of a " PACKAGE CLASS,
					 conf_get(conf, LIST));
	else
		ok = check_class(conf, name, err) && check_options(conf, name, err);
	free(name);
	return ok;
}
