/*
 * rest_auth.c
 *	  Kafka Connect's BasicAuthSecurityRestExtension with its PropertyFileLoginModule:
 *
 *		KAFKA_OPTS=-Djava.security.auth.login.config=/etc/connect.jaas
 *		KafkaConnect { org...PropertyFileLoginModule required file="/etc/users"; };
 *		user=password
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "rest_auth.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "jsontext.h"
#include "mem.h"
#include "props.h"
#include "secret.h"

#define LOGIN_CONFIG	"-Djava.security.auth.login.config="
#define LOGIN_ENTRY		"KafkaConnect"
#define LOGIN_MODULE	"PropertyFileLoginModule"

struct RestAuth
{
	json_t	   *users;			/* name -> password */
};

static void
take_user(const char *name, const char *value, void *arg)
{
	json_object_set_new(arg, name, json_text(value));
}

/* The path that KAFKA_OPTS names, the caller's; NULL: none. */
static char *
login_config(void)
{
	const char *opts = getenv("KAFKA_OPTS");
	const char *at = opts ? strstr(opts, LOGIN_CONFIG) : NULL;

	if (at == NULL)
		return NULL;
	at += strlen(LOGIN_CONFIG);
	return mem_copy_len(at, strcspn(at, " \t\""));
}

/* The file of the entry's login module, the caller's; NULL: it names none. */
static char *
users_file(const char *text)
{
	const char *entry = strstr(text, LOGIN_ENTRY);
	const char *end = entry ? strchr(entry, '}') : NULL;
	const char *module = entry ? strstr(entry, LOGIN_MODULE) : NULL;
	const char *file = module ? strstr(module, "file") : NULL;
	const char *quote = file ? strchr(file, '"') : NULL;

	if (end == NULL || quote == NULL || quote > end || strchr(quote + 1, '"') == NULL)
		return NULL;
	return mem_copy_len(quote + 1, strcspn(quote + 1, "\""));
}

static bool
read_users(RestAuth *auth, const char *path, Err *err)
{
	char	   *text = props_read_file("file of users", path, err);
	bool		ok;

	if (text == NULL)
		return false;
	ok = props_parse("file of users", path, text, take_user, auth->users, err);
	secret_wipe(text);
	free(text);
	return ok && (json_object_size(auth->users) > 0 ||
				  err_set(err, ERR_CONFIG, "file of users \"%s\" names nobody; add lines user=password", path));
}

static bool
read_all(RestAuth *auth, Err *err)
{
	char	   *config = login_config();
	char	   *text = config ? props_read_file("login configuration", config, err) : NULL;
	char	   *file = text ? users_file(text) : NULL;
	bool		ok;

	if (config == NULL)
		ok = err_set(err, ERR_CONFIG, "rest.extension.classes asks for basic authentication, but KAFKA_OPTS has no " LOGIN_CONFIG "FILE");
	else if (text == NULL)
		ok = false;
	else if (file == NULL)
		ok = err_set(err, ERR_CONFIG, "login configuration \"%s\" has no entry \"" LOGIN_ENTRY "\" with a " LOGIN_MODULE " and its file=\"...\"", config);
	else
		ok = read_users(auth, file, err);
	free(file);
	free(text);
	free(config);
	return ok;
}

RestAuth *
rest_auth_open(Err *err)
{
	RestAuth   *auth = mem_zero(sizeof(RestAuth));

	auth->users = json_object();
	if (read_all(auth, err))
		return auth;
	rest_auth_close(auth);
	return NULL;
}

void
rest_auth_close(RestAuth *auth)
{
	if (auth == NULL)
		return;
	json_decref(auth->users);
	free(auth);
}

/* Takes as long wherever they differ. */
static bool
is_same(const char *given, const char *wanted)
{
	size_t		len = strlen(wanted);
	size_t		ngiven = strlen(given);
	unsigned	differ = len != ngiven;

	for (size_t i = 0; i < ngiven; i++)
		differ |= (unsigned char) given[i] ^ (unsigned char) wanted[len ? i % len : 0];
	return differ == 0;
}

bool
rest_auth_admits(const RestAuth *auth, const HttpRequest *request)
{
	const char *wanted;
	char	   *user;
	char	   *password;
	bool		ok;

	if (auth == NULL)
		return true;
	if (!http_basic_auth(request, &user, &password))
		return false;
	wanted = json_string_value(json_object_get(auth->users, user));
	ok = wanted != NULL && wanted[0] != '\0' && is_same(password, wanted);
	secret_wipe(password);
	free(password);
	free(user);
	return ok;
}
