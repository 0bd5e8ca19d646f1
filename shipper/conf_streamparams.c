/*
 * conf_streamparams.c
 *	  slot.stream.params: options that Debezium hands to the server's output plugin
 *	  as they are.
 *
 * They are name=value, separated by semicolons.  The plugin here is another one,
 * so each has to mean something to it, or nothing to anybody.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "conf_private.h"
#include "log.h"
#include "mem.h"

#define LOG_MODULE "conf"

#define PROPERTY "slot.stream.params"

/* An option of pgoutput: the property that is the same here, or why it has no effect. */
static const struct
{
	const char *name;
	const char *property;
	const char *why;
}			params[] = {
	{"origin", "walpost.origin", NULL},
	{"proto_version", NULL, "walpost's plugin has a protocol of its own"},
	{"publication_names", NULL, "publication.name says it, in Debezium, too"},
	{"messages", NULL, "logical messages are sent in any case; message.prefix.include.list chooses among them"},
	{"binary", NULL, "events are made in the server"},
	{"streaming", NULL, "transactions are sent when they are committed, as in Debezium"},
	{"two_phase", NULL, "prepared transactions are sent when they are committed, as in Debezium"},
};

#define NPARAMS (sizeof(params) / sizeof(params[0]))

/* A copy of a text without blanks around it. */
static char *
trimmed(const char *text, size_t len)
{
	while (len > 0 && strchr(" \t\r\n", *text))
		text++, len--;
	while (len > 0 && strchr(" \t\r\n", text[len - 1]))
		len--;
	return mem_copy_len(text, len);
}

static bool
adopt(Conf *conf, const char *property, const char *name, const char *value, Err *err)
{
	const ConfEntry *present = conf_entry(conf, property);

	if (present && strcasecmp(present->value, value) != 0)
		return err_set(err, ERR_CONFIG, "property \"%s\" says %s=%s, and property \"%s\" says %s; remove one of them",
					   PROPERTY, name, value, property, present->value);
	conf_set_at(conf, property, value, PROPERTY, conf_entry(conf, PROPERTY)->layer);
	return true;
}

static bool
take(Conf *conf, const char *name, const char *value, Err *err)
{
	for (size_t i = 0; i < NPARAMS; i++)
	{
		if (strcasecmp(params[i].name, name) != 0)
			continue;
		if (params[i].property)
			return adopt(conf, params[i].property, name, value, err);
		log_warn("\"%s\" in property \"%s\" has no effect: %s", name, PROPERTY, params[i].why);
		return true;
	}
	return err_set(err, ERR_CONFIG, "property \"%s\" has an option \"%s\", which walpost's plugin does not know; remove it: of pgoutput's, origin works, and tables, columns, operations and messages are chosen by properties of their own",
				   PROPERTY, name);
}

/* One of them, which as in Debezium has no effect when it is no name=value. */
static bool
take_text(Conf *conf, const char *text, size_t len, Err *err)
{
	const char *equals = memchr(text, '=', len);
	char	   *name;
	char	   *value;
	bool		ok = true;

	if (equals == NULL || memchr(equals + 1, '=', text + len - equals - 1))
	{
		log_warn("\"%.*s\" in property \"%s\" has no effect: it takes name=value, separated by semicolons",
				 (int) len, text, PROPERTY);
		return true;
	}
	name = trimmed(text, equals - text);
	value = trimmed(equals + 1, text + len - equals - 1);
	if (value[0] != '\0')
		ok = take(conf, name, value, err);
	free(name);
	free(value);
	return ok;
}

bool
conf_adopt_stream_params(Conf *conf, Err *err)
{
	const ConfEntry *entry = conf_entry(conf, PROPERTY);
	char	   *list = mem_copy(entry ? entry->value : "");
	bool		ok = true;

	for (const char *p = list; ok && *p;)
	{
		size_t		len = strcspn(p, ";");

		if (strspn(p, " \t\r\n") < len)
			ok = take_text(conf, p, len, err);
		p += len + (p[len] == ';');
	}
	free(list);
	return ok;
}
