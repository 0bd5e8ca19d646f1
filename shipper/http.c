/*
 * http.c
 *	  HTTP within the loop.
 *
 * libmicrohttpd polls for itself through one epoll descriptor, which the loop
 * watches; what it wants by the clock is a timer.  A request whose answer takes
 * longer is suspended and resumed.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "http.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <microhttpd.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "log.h"
#include "mem.h"

#define LOG_MODULE "http"

#define CONNECTIONS_MAX	4096

/* Descriptors that the rest of the process needs. */
#define OTHER_FDS		256

/* A client that says nothing for so long is cut off. */
#define SILENCE			30u

/* Bodies that are held at a time, of all requests; who sends more is cut off. */
#define BODIES_MAX		(64 * 1024 * 1024)

/* What is too large is read to its end, for the answer to be read, up to here. */
#define DRAIN_MAX		(64 * 1024 * 1024)

struct Http
{
	Loop	   *loop;
	struct MHD_Daemon *daemon;
	const HttpTls *tls;			/* NULL: none */
	LoopFd		watch;
	LoopTimer	timer;
	HttpHandler handler;
	void	   *arg;
	int			port;
	size_t		bodies;			/* bytes of all that are held */
	LogLimit	limit;
	bool		closing;		/* nobody is there to answer any more */
	bool		resumed;		/* a connection was, which the library does not
								 * tell by its descriptor */
};

typedef struct Pending
{
	HttpRequest request;		/* first: what others have is this */
	Http	   *http;
	struct MHD_Connection *connection;
	struct MHD_Response *response;	/* NULL: not answered yet */
	int			status;
	char	   *uri;			/* the path */
	char	   *query;			/* behind it */
	char	   *body;
	size_t		size;			/* allocated */
	size_t		drained;
	struct
	{
		char	   *name;
		char	   *value;
	}			headers[8];
	int			nheaders;
	bool		begun;			/* its headers are known */
	bool		suspended;
} Pending;

/* ---- requests ----------------------------------------------------------------- */

/* The URI as it is sent, before anything is decoded: the request begins here. */
static void *
on_uri(void *arg, const char *uri, struct MHD_Connection *connection)
{
	Pending    *pending = mem_zero(sizeof(Pending));

	pending->http = arg;
	pending->connection = connection;
	pending->uri = mem_copy(uri);
	pending->query = pending->uri + strcspn(pending->uri, "?");
	if (*pending->query != '\0')
		*pending->query++ = '\0';
	return pending;
}

static void
drop_body(Pending *pending)
{
	pending->http->bodies -= pending->size;
	free(pending->body);
	pending->body = NULL;
	pending->size = 0;
}

static void
on_completed(void *arg, struct MHD_Connection *connection, void **state,
			 enum MHD_RequestTerminationCode why)
{
	Pending    *pending = *state;

	if (pending == NULL)
		return;
	if (pending->response != NULL)
		MHD_destroy_response(pending->response);
	for (int i = 0; i < pending->nheaders; i++)
	{
		free(pending->headers[i].name);
		free(pending->headers[i].value);
	}
	drop_body(pending);
	free(pending->uri);
	free(pending);
	*state = NULL;
}

/* Room for so much more of the body; false when all of them together take too much. */
static bool
make_room(Pending *pending, size_t len)
{
	size_t		size = (pending->request.len + len + 1) * 2;

	if (pending->request.len + len + 1 <= pending->size)
		return true;
	if (pending->http->bodies - pending->size + size > BODIES_MAX)
	{
		if (log_limit_pass(&pending->http->limit))
			log_warn("requests send more than %d MB at once; one is cut off", BODIES_MAX / (1024 * 1024));
		return false;
	}
	pending->http->bodies += size - pending->size;
	pending->body = mem_resize(pending->body, size);
	pending->size = size;
	return true;
}

/* More of the body; false when there is no end of it, or no room. */
static bool
take_body(Pending *pending, const char *data, size_t len)
{
	HttpRequest *request = &pending->request;

	if (request->len + len > HTTP_BODY_MAX)
		request->too_large = true;
	if (request->too_large)
	{
		drop_body(pending);
		pending->drained += len;
		return pending->drained <= DRAIN_MAX;
	}
	if (!make_room(pending, len))
		return false;
	memcpy(pending->body + request->len, data, len);
	request->len += len;
	pending->body[request->len] = '\0';
	return true;
}

static enum MHD_Result
handle(Pending *pending, const char *method)
{
	HttpRequest *request = &pending->request;

	request->method = strcmp(method, MHD_HTTP_METHOD_HEAD) == 0 ? MHD_HTTP_METHOD_GET : method;
	request->path = pending->uri;
	request->query = pending->query;
	request->body = pending->body != NULL ? pending->body : "";
	if (pending->http->closing)
		http_answer(request, 503, "text/plain", mem_copy("This server is stopping."));
	else
		pending->http->handler(pending->http->arg, request);
	if (pending->response != NULL)
		return MHD_queue_response(pending->connection, (unsigned) pending->status, pending->response);
	pending->suspended = true;
	MHD_suspend_connection(pending->connection);
	return MHD_YES;
}

/* Called with the headers, with each part of the body, and at its end. */
static enum MHD_Result
on_access(void *arg, struct MHD_Connection *connection, const char *url,
		  const char *method, const char *version, const char *data,
		  size_t *len, void **state)
{
	Pending    *pending = *state;

	if (!pending->begun)
	{
		pending->begun = true;
		return MHD_YES;
	}
	if (*len > 0)
	{
		bool		ok = take_body(pending, data, *len);

		*len = 0;
		return ok ? MHD_YES : MHD_NO;
	}
	/* resumed, for the answer that is there now */
	if (pending->response != NULL)
		return MHD_queue_response(connection, (unsigned) pending->status, pending->response);
	return handle(pending, method);
}

const char *
http_header(const HttpRequest *request, const char *name)
{
	return MHD_lookup_connection_value(((const Pending *) request)->connection, MHD_HEADER_KIND, name);
}

const char *
http_parameter(const HttpRequest *request, const char *name)
{
	return MHD_lookup_connection_value(((const Pending *) request)->connection,
									   MHD_GET_ARGUMENT_KIND, name);
}

typedef struct Wanted
{
	const char *name;
	const char *value;
	bool		found;
} Wanted;

static enum MHD_Result
on_parameter(void *arg, enum MHD_ValueKind kind, const char *name, const char *value)
{
	Wanted	   *wanted = arg;

	if (value != NULL && strcmp(name, wanted->name) == 0 && strcmp(value, wanted->value) == 0)
		wanted->found = true;
	return MHD_YES;
}

bool
http_parameter_is(const HttpRequest *request, const char *name, const char *value)
{
	Wanted		wanted = {.name = name,.value = value};

	MHD_get_connection_values(((const Pending *) request)->connection,
							  MHD_GET_ARGUMENT_KIND, on_parameter, &wanted);
	return wanted.found;
}

bool
http_basic_auth(const HttpRequest *request, char **user, char **password)
{
	char	   *given = NULL;
	char	   *name = MHD_basic_auth_get_username_password(((const Pending *) request)->connection, &given);

	*user = name ? mem_copy(name) : NULL;
	*password = name && given ? mem_copy(given) : NULL;
	MHD_free(name);
	MHD_free(given);
	if (*user != NULL && *password != NULL)
		return true;
	free(*user);
	return false;
}

/* ---- answers ------------------------------------------------------------------ */

void
http_set_header(HttpRequest *request, const char *name, const char *value)
{
	Pending    *pending = (Pending *) request;

	if (pending->nheaders == sizeof(pending->headers) / sizeof(pending->headers[0]))
		return;
	pending->headers[pending->nheaders].name = mem_copy(name);
	pending->headers[pending->nheaders++].value = mem_copy(value);
}

void
http_answer_bytes(HttpRequest *request, int status, const char *type, char *body, size_t len)
{
	Pending    *pending = (Pending *) request;

	pending->status = status;
	pending->response = MHD_create_response_from_buffer(len, body, MHD_RESPMEM_MUST_FREE);
	if (pending->response == NULL)
		mem_exhausted();
	if (len > 0)
		MHD_add_response_header(pending->response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	for (int i = 0; i < pending->nheaders; i++)
		MHD_add_response_header(pending->response, pending->headers[i].name, pending->headers[i].value);
	if (!pending->suspended)
		return;
	pending->suspended = false;
	MHD_resume_connection(pending->connection);
	pending->http->resumed = true;
}

void
http_answer(HttpRequest *request, int status, const char *type, char *body)
{
	http_answer_bytes(request, status, type, body, body != NULL ? strlen(body) : 0);
}

/* ---- listening ---------------------------------------------------------------- */

/* "[HOST]:PORT" into its parts; host is NULL for all of them. */
static bool
split_address(const char *address, char **host, const char **port)
{
	const char *colon = strrchr(address, ':');
	size_t		len = colon != NULL ? (size_t) (colon - address) : 0;
	const char *begin = address;

	*port = colon != NULL ? colon + 1 : address;
	*host = NULL;
	if (len > 1 && address[0] == '[' && address[len - 1] == ']')
	{
		begin++;
		len -= 2;
	}
	else if (memchr(address, ':', len) != NULL)
		return false;
	if (len > 0)
		*host = mem_copy_len(begin, len);
	return (*port)[0] != '\0' && strspn(*port, "0123456789") == strlen(*port);
}

static int
listen_at(const struct addrinfo *info)
{
	int			fd = socket(info->ai_family, info->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int			on = 1,
				off = 0;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (info->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (bind(fd, info->ai_addr, info->ai_addrlen) == 0 && listen(fd, SOMAXCONN) == 0)
		return fd;
	close(fd);
	return -1;
}

/* Without a host IPv6 is tried first, since it takes IPv4 as well. */
static int
open_socket(const char *address, Err *err)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM,.ai_flags = AI_PASSIVE};
	struct addrinfo *all = NULL;
	const char *port;
	char	   *host;
	int			fd = -1;
	int			error;

	if (!split_address(address, &host, &port))
	{
		free(host);
		err_set(err, ERR_CONFIG, "\"%s\" is no address to listen at; give PORT, HOST:PORT or [HOST]:PORT", address);
		return -1;
	}
	error = getaddrinfo(host, port, &hints, &all);
	free(host);
	if (error != 0)
	{
		err_set(err, ERR_CONFIG, "could not listen at \"%s\": %s", address, gai_strerror(error));
		return -1;
	}
	for (int pass = 0; pass < 2 && fd < 0; pass++)
		for (const struct addrinfo *info = all; info != NULL && fd < 0; info = info->ai_next)
			if ((info->ai_family == AF_INET6) == (pass == 0))
				fd = listen_at(info);
	if (fd < 0)
		err_set(err, ERR_CONFIG, "could not listen at \"%s\": %s; name a free port of this machine",
				address, strerror(errno));
	freeaddrinfo(all);
	return fd;
}

static int
port_of(int fd)
{
	struct sockaddr_storage address;
	socklen_t	len = sizeof(address);
	char		port[8] = "0";

	if (getsockname(fd, (struct sockaddr *) &address, &len) == 0)
		getnameinfo((struct sockaddr *) &address, len, NULL, 0, port, sizeof(port), NI_NUMERICSERV);
	return (int) strtol(port, NULL, 10);
}

/* As many connections as descriptors allow. */
static unsigned
connection_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return OTHER_FDS;
	if (limit.rlim_cur < CONNECTIONS_MAX + OTHER_FDS)
	{
		limit.rlim_cur = limit.rlim_max < CONNECTIONS_MAX + OTHER_FDS ?
			limit.rlim_max : CONNECTIONS_MAX + OTHER_FDS;
		setrlimit(RLIMIT_NOFILE, &limit);
		getrlimit(RLIMIT_NOFILE, &limit);
	}
	if (limit.rlim_cur >= CONNECTIONS_MAX + OTHER_FDS)
		return CONNECTIONS_MAX;
	return limit.rlim_cur > 2 * OTHER_FDS ? (unsigned) limit.rlim_cur - OTHER_FDS : OTHER_FDS;
}

static void
run(Http *http)
{
	http->resumed = false;
	MHD_run(http->daemon);
}

static void
on_ready(void *arg, short revents)
{
	run(arg);
}

static void
on_timer(void *arg)
{
	run(arg);
}

static void
on_library_log(void *arg, const char *fmt, va_list args)
{
	char		text[512];

	vsnprintf(text, sizeof(text), fmt, args);
	text[strcspn(text, "\n")] = '\0';
	log_debug("%s", text);
}

/* A certificate that comes must be good; whether one must come is asked before. */
static int
verify_client(gnutls_session_t session)
{
	unsigned	n = 0,
				status = 0;

	if (gnutls_certificate_get_peers(session, &n) == NULL || n == 0)
		return 0;
	return gnutls_certificate_verify_peers2(session, &status) < 0 || status != 0 ? GNUTLS_E_CERTIFICATE_ERROR : 0;
}

static int
verify_required_client(gnutls_session_t session)
{
	unsigned	n = 0;

	return gnutls_certificate_get_peers(session, &n) == NULL || n == 0 ?
		GNUTLS_E_CERTIFICATE_REQUIRED : verify_client(session);
}

/* Before the handshake: the library asks for certificates, but looks at none. */
static void
on_connection(void *arg, struct MHD_Connection *connection, void **state,
			  enum MHD_ConnectionNotificationCode code)
{
	const Http *http = arg;
	const union MHD_ConnectionInfo *info;
	bool		required;

	if (code != MHD_CONNECTION_NOTIFY_STARTED || http->tls == NULL || http->tls->client == HTTP_CLIENT_NONE)
		return;
	info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
	required = http->tls->client == HTTP_CLIENT_REQUIRED;
	gnutls_certificate_server_set_request(info->tls_session, required ? GNUTLS_CERT_REQUIRE : GNUTLS_CERT_REQUEST);
	gnutls_session_set_verify_function(info->tls_session, required ? verify_required_client : verify_client);
}

#define DAEMON_FLAGS (MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG)

static struct MHD_Daemon *
start_daemon(Http *http, int fd)
{
	const HttpTls *tls = http->tls;
	struct MHD_OptionItem options[5] = {{MHD_OPTION_END, 0, NULL}};
	int			n = 0;

	if (tls != NULL)
	{
		options[n++] = (struct MHD_OptionItem) {MHD_OPTION_HTTPS_MEM_KEY, 0, tls->key};
		options[n++] = (struct MHD_OptionItem) {MHD_OPTION_HTTPS_MEM_CERT, 0, tls->chain};
		options[n++] = (struct MHD_OptionItem) {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *) tls->priorities};
		if (tls->trusted != NULL)
			options[n++] = (struct MHD_OptionItem) {MHD_OPTION_HTTPS_MEM_TRUST, 0, tls->trusted};
		options[n] = (struct MHD_OptionItem) {MHD_OPTION_END, 0, NULL};
	}
	return MHD_start_daemon(DAEMON_FLAGS | (tls != NULL ? MHD_USE_TLS : 0), 0, NULL, NULL,
							on_access, http,
							MHD_OPTION_ARRAY, options,
							MHD_OPTION_NOTIFY_CONNECTION, on_connection, http,
							MHD_OPTION_EXTERNAL_LOGGER, on_library_log, NULL,
							MHD_OPTION_LISTEN_SOCKET, fd,
							MHD_OPTION_CONNECTION_LIMIT, connection_limit(),
							MHD_OPTION_CONNECTION_TIMEOUT, SILENCE,
							MHD_OPTION_URI_LOG_CALLBACK, on_uri, http,
							MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL,
							MHD_OPTION_END);
}

Http *
http_open(Loop *loop, const char *address, const HttpTls *tls, HttpHandler handler, void *arg, Err *err)
{
	int			fd = open_socket(address, err);
	Http	   *http;

	if (fd < 0)
		return NULL;
	http = mem_zero(sizeof(Http));
	http->loop = loop;
	http->tls = tls;
	http->handler = handler;
	http->arg = arg;
	http->port = port_of(fd);
	http->daemon = start_daemon(http, fd);
	if (http->daemon == NULL)
	{
		err_set(err, ERR_FATAL, "could not serve HTTP at \"%s\": %s", address, strerror(errno));
		close(fd);
		free(http);
		return NULL;
	}
	http->watch = (LoopFd)
	{
		MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd, POLLIN, on_ready, http
	};
	http->timer.fire = on_timer;
	http->timer.arg = http;
	loop_fd_add(loop, &http->watch);
	loop_timer_add(loop, &http->timer);
	log_info("HTTP%s at %s, port %d", tls != NULL ? "S" : "", address, http->port);
	return http;
}

/* The loop turns no more: its timer is not taken out. */
void
http_close(Http *http)
{
	if (http == NULL)
		return;
	loop_fd_remove(http->loop, &http->watch);
	loop_timer_clear(&http->timer);
	http->closing = true;
	run(http);
	MHD_stop_daemon(http->daemon);
	free(http);
}

void
http_watch(Http *http)
{
	MHD_UNSIGNED_LONG_LONG ms;

	if (http == NULL)
		return;
	loop_timer_clear(&http->timer);
	if (http->resumed)
		loop_timer_set(&http->timer, 0);
	else if (MHD_get_timeout(http->daemon, &ms) == MHD_YES)
		loop_timer_set(&http->timer, (int64_t) ms * 1000);
}

int
http_port(const Http *http)
{
	return http->port;
}
