/*
 * worker_listen.c
 *	  Where "walpost connect" listens: listeners=http://HOST:PORT,https://HOST:PORT.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "conf_list.h"
#include "mem.h"
#include "worker_conf.h"

static const char *const schemes[] = {"http://", "https://"};

/* "0.0.0.0:8083" and ":8083" are "8083": any address, of IPv6 as well. */
static char *
address_of(const char *text, size_t len)
{
	static const char any[] = "0.0.0.0:";

	if (len >= strlen(any) && strncmp(text, any, strlen(any)) == 0)
		return mem_copy_len(text + strlen(any), len - strlen(any));
	return len > 0 && text[0] == ':' ? mem_copy_len(text + 1, len - 1) : mem_copy_len(text, len);
}

static bool
add_listener(WorkerConf *conf, const char *word, size_t len, Err *err)
{
	if (conf->nlisteners == WORKER_LISTENERS_MAX)
		return err_set(err, ERR_CONFIG, "listeners=%s names more than %d; remove some",
					   worker_conf_get(conf, "listeners"), WORKER_LISTENERS_MAX);
	for (int tls = 0; tls <= 1; tls++)
	{
		size_t		skip = strlen(schemes[tls]);

		if (len < skip || strncasecmp(word, schemes[tls], skip) != 0)
			continue;
		conf->listeners[conf->nlisteners++] = (WorkerListener)
		{
			address_of(word + skip, len - skip), tls
		};
		return true;
	}
	return err_set(err, ERR_CONFIG, "bad listener \"%.*s\" in listeners=%s; give http://HOST:PORT or https://HOST:PORT",
				   (int) len, word, worker_conf_get(conf, "listeners"));
}

/* Kafka Connect tells others a plain one, if there is one. */
static bool
choose_advertised(WorkerConf *conf, Err *err)
{
	const char *wanted = worker_conf_get(conf, "rest.advertised.listener");

	if (wanted != NULL && strcasecmp(wanted, "http") != 0 && strcasecmp(wanted, "https") != 0)
		return err_set(err, ERR_CONFIG, "bad value \"%s\" for rest.advertised.listener; it takes http or https", wanted);
	for (int i = 0; i < conf->nlisteners; i++)
	{
		if (conf->listeners[i].tls != (wanted != NULL && strcasecmp(wanted, "https") == 0))
			continue;
		conf->advertised = i;
		return true;
	}
	return wanted == NULL ||
		err_set(err, ERR_CONFIG, "rest.advertised.listener=%s, but listeners=%s has none of that kind; add it",
				wanted, worker_conf_get(conf, "listeners") ? worker_conf_get(conf, "listeners") : "");
}

/*
 * As Kafka Connect has it: what is set below the prefix is all that counts; where
 * nothing is, the ssl.* that clients of Kafka use count here as well.
 */
typedef struct Below
{
	const char *prefix;
	Conf	   *conf;
} Below;

static void
take_below(const char *name, const char *value, void *arg)
{
	const Below *below = arg;

	conf_set(below->conf, name + strlen(below->prefix), value, "worker");
}

static bool
read_tls(WorkerConf *conf, Err *err)
{
	Below		below = {"listeners.https.", conf_new()};

	conf_each(conf->settings, "listeners.https.", take_below, &below);
	conf->tls = httptls_read(conf_is_empty(below.conf) ? conf->settings : below.conf, err);
	conf_free(below.conf);
	return conf->tls != NULL;
}

bool
worker_listen_read(WorkerConf *conf, Err *err)
{
	const char *list = worker_conf_get(conf, "listeners");
	const char *host = worker_conf_get(conf, "rest.host.name");
	const char *word;
	size_t		len;

	while (list != NULL && conf_list_next(&list, &word, &len))
		if (!add_listener(conf, word, len, err))
			return false;
	if (conf->nlisteners == 0)
		conf->listeners[conf->nlisteners++].address =
			mem_print("%s%s%s", host ? host : "", host ? ":" : "", worker_conf_get(conf, "rest.port"));
	for (int i = 0; i < conf->nlisteners; i++)
		if (conf->listeners[i].tls && conf->tls == NULL && !read_tls(conf, err))
			return false;
	return choose_advertised(conf, err);
}

void
worker_listen_free(WorkerConf *conf)
{
	for (int i = 0; i < conf->nlisteners; i++)
		free(conf->listeners[i].address);
	httptls_free(conf->tls);
}
