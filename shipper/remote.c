/*
 * remote.c
 *	  A client of another worker's REST interface.
 *
 * libcurl says which sockets it wants watched; they are gathered in one epoll
 * descriptor, which the loop watches.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include "remote.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "mem.h"
#include "secret.h"

/* Kafka Connect itself gives up on a call after 90 seconds. */
#define CONNECT_TIMEOUT_MS	5000L
#define CALL_TIMEOUT_MS		100000L

/* An answer that is larger is none of a worker's. */
#define ANSWER_MAX			(16 * 1024 * 1024)

/* Connections at a time; further calls wait. */
#define CONNECTIONS_MAX		16L

#define EVENTS_MAX			16

struct Remote
{
	Loop	   *loop;
	CURLM	   *multi;
	char	   *url;			/* without a slash at its end */
	char	   *shown;			/* the same without user and password */
	char	   *trusted;
	LoopFd		watch;			/* the epoll descriptor */
	LoopTimer	timer;
	struct Transfer *first;		/* under way */
};

typedef struct Transfer
{
	Remote	   *remote;
	CURL	   *easy;
	struct curl_slist *headers;
	char	   *request;		/* body */
	char	   *answer;
	size_t		len;
	char	   *location;		/* header of the answer */
	char		error[CURL_ERROR_SIZE];
	RemoteDone	done;
	void	   *arg;
	struct Transfer *next;
} Transfer;

/* ---- answers -------------------------------------------------------------------------- */

static void
transfer_free(Transfer *transfer)
{
	Transfer  **at = &transfer->remote->first;

	while (*at != transfer)
		at = &(*at)->next;
	*at = transfer->next;
	curl_multi_remove_handle(transfer->remote->multi, transfer->easy);
	curl_easy_cleanup(transfer->easy);
	curl_slist_free_all(transfer->headers);
	free(transfer->request);
	free(transfer->answer);
	free(transfer->location);
	free(transfer);
}

static void
finish(Transfer *transfer, CURLcode code)
{
	RemoteAnswer answer = {.error = transfer->error[0] ? transfer->error : curl_easy_strerror(code)};
	char	   *type = NULL;
	long		status = 0;

	answer.timed_out = code == CURLE_OPERATION_TIMEDOUT;
	if (code == CURLE_OK)
	{
		curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
		curl_easy_getinfo(transfer->easy, CURLINFO_CONTENT_TYPE, &type);
		answer.location = transfer->location;
		answer.status = (int) status;
		answer.type = type;
		answer.body = transfer->answer ? transfer->answer : "";
		answer.len = transfer->len;
	}
	transfer->done(transfer->arg, &answer);
	transfer_free(transfer);
}

static void
finish_all(Remote *remote)
{
	CURLMsg    *message;
	int			left;

	while ((message = curl_multi_info_read(remote->multi, &left)) != NULL)
		if (message->msg == CURLMSG_DONE)
		{
			char	   *transfer;

			curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
			finish((Transfer *) transfer, message->data.result);
		}
}

/* ---- what libcurl calls ------------------------------------------------------------------ */

static size_t
on_body(char *data, size_t size, size_t n, void *arg)
{
	Transfer   *transfer = arg;

	n *= size;
	if (transfer->len + n > ANSWER_MAX)
	{
		snprintf(transfer->error, sizeof(transfer->error), "the answer is larger than %d bytes", ANSWER_MAX);
		return 0;
	}
	transfer->answer = mem_resize(transfer->answer, transfer->len + n + 1);
	memcpy(transfer->answer + transfer->len, data, n);
	transfer->len += n;
	transfer->answer[transfer->len] = '\0';
	return n;
}

/* A line of the head; one header is of interest. */
static size_t
on_head(char *data, size_t size, size_t n, void *arg)
{
	static const char name[] = "Location:";
	Transfer   *transfer = arg;
	size_t		begin = strlen(name);
	size_t		end = n *= size;

	if (n <= begin || strncasecmp(data, name, begin) != 0)
		return n;
	while (begin < end && strchr(" \t", data[begin]) != NULL)
		begin++;
	while (end > begin && strchr("\r\n", data[end - 1]) != NULL)
		end--;
	free(transfer->location);
	transfer->location = mem_copy_len(data + begin, end - begin);
	return n;
}

/* Connectors' processes must not inherit it. */
static int
on_socket_made(void *arg, curl_socket_t fd, curlsocktype purpose)
{
	return fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 ? CURL_SOCKOPT_OK : CURL_SOCKOPT_ERROR;
}

static int
on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *known)
{
	Remote	   *remote = arg;
	struct epoll_event event = {.data.fd = fd};

	if (what & CURL_POLL_IN)
		event.events |= EPOLLIN;
	if (what & CURL_POLL_OUT)
		event.events |= EPOLLOUT;
	if (what == CURL_POLL_REMOVE)
		epoll_ctl(remote->watch.fd, EPOLL_CTL_DEL, fd, NULL);
	else if (epoll_ctl(remote->watch.fd, EPOLL_CTL_MOD, fd, &event) != 0)
		epoll_ctl(remote->watch.fd, EPOLL_CTL_ADD, fd, &event);
	return 0;
}

static int
on_timeout_wanted(CURLM *multi, long ms, void *arg)
{
	Remote	   *remote = arg;

	if (ms < 0)
		loop_timer_clear(&remote->timer);
	else
		loop_timer_set(&remote->timer, (int64_t) ms * 1000);
	return 0;
}

/* ---- what the loop calls ------------------------------------------------------------------- */

static void
on_ready(void *arg, short revents)
{
	Remote	   *remote = arg;
	struct epoll_event events[EVENTS_MAX];
	int			n = epoll_wait(remote->watch.fd, events, EVENTS_MAX, 0);
	int			running;

	for (int i = 0; i < n; i++)
	{
		int			what = 0;

		if (events[i].events & EPOLLIN)
			what |= CURL_CSELECT_IN;
		if (events[i].events & EPOLLOUT)
			what |= CURL_CSELECT_OUT;
		if (events[i].events & (EPOLLERR | EPOLLHUP))
			what |= CURL_CSELECT_ERR;
		curl_multi_socket_action(remote->multi, events[i].data.fd, what, &running);
	}
	finish_all(remote);
}

static void
on_timer(void *arg)
{
	Remote	   *remote = arg;
	int			running;

	curl_multi_socket_action(remote->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	finish_all(remote);
}

/* ---- calls ---------------------------------------------------------------------------------- */

/* The header, as libcurl takes it. */
static void
add_header(Transfer *transfer, const char *name, const char *value)
{
	char	   *header = mem_print("%s: %s", name, value);
	struct curl_slist *longer = curl_slist_append(transfer->headers, header);

	if (longer == NULL)
		mem_exhausted();
	transfer->headers = longer;
	free(header);
}

static void
set_request(Transfer *transfer, const RemoteCall *call)
{
	CURL	   *easy = transfer->easy;

	add_header(transfer, REMOTE_MARK, "true");
	add_header(transfer, "Accept", "application/json");
	add_header(transfer, "Expect", "");
	if (call->authorization != NULL)
		add_header(transfer, "Authorization", call->authorization);
	if (call->body != NULL)
	{
		transfer->request = mem_copy_len(call->body, call->len);
		add_header(transfer, "Content-Type", "application/json");
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, transfer->request);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t) call->len);
	}
	curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, call->method);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers);
}

/* A path goes as it came, dots and percent signs too; and straight, whatever proxies there are. */
static void
set_options(Transfer *transfer)
{
	CURL	   *easy = transfer->easy;
	const Remote *remote = transfer->remote;

	curl_easy_setopt(easy, CURLOPT_PRIVATE, (char *) transfer);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, CALL_TIMEOUT_MS);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->error);
	curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, on_socket_made);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_head);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
	if (remote->trusted != NULL)
		curl_easy_setopt(easy, CURLOPT_CAINFO, remote->trusted);
}

void
remote_call(Remote *remote, const RemoteCall *call, RemoteDone done, void *arg)
{
	Transfer   *transfer = mem_zero(sizeof(Transfer));
	char	   *url = mem_print("%s%s", remote->url, call->path);

	transfer->remote = remote;
	transfer->done = done;
	transfer->arg = arg;
	transfer->easy = curl_easy_init();
	if (transfer->easy == NULL)
		mem_exhausted();
	transfer->next = remote->first;
	remote->first = transfer;
	set_options(transfer);
	set_request(transfer, call);
	if (curl_easy_setopt(transfer->easy, CURLOPT_URL, url) != CURLE_OK ||
		curl_multi_add_handle(remote->multi, transfer->easy) != CURLM_OK)
		mem_exhausted();
	secret_wipe(url);
	free(url);
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* Without the slash at its end. */
static char *
without_slash(const char *url)
{
	size_t		len = strlen(url);

	return mem_copy_len(url, len - (len > 0 && url[len - 1] == '/'));
}

/* The URL as it may be shown, the caller's; NULL and err when it is none. */
static char *
check_url(const char *url, Err *err)
{
	CURLU	   *parsed = curl_url();
	char	   *scheme = NULL;
	char	   *whole = NULL;
	char	   *shown = NULL;

	if (parsed == NULL)
		mem_exhausted();
	if (curl_url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK &&
		curl_url_get(parsed, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
		(strcasecmp(scheme, "http") == 0 || strcasecmp(scheme, "https") == 0) &&
		strpbrk(url, "?#") == NULL &&
		curl_url_set(parsed, CURLUPART_USER, NULL, 0) == CURLUE_OK &&
		curl_url_set(parsed, CURLUPART_PASSWORD, NULL, 0) == CURLUE_OK &&
		curl_url_get(parsed, CURLUPART_URL, &whole, 0) == CURLUE_OK)
		shown = without_slash(whole);
	else
		err_set(err, ERR_CONFIG, "walpost.connect.url=%s is no URL of a Connect worker; give http://HOST:PORT or https://HOST:PORT",
				strchr(url, '@') ? "[hidden]" : url);
	curl_free(whole);
	curl_free(scheme);
	curl_url_cleanup(parsed);
	return shown;
}

Remote *
remote_open(Loop *loop, const char *url, const char *trusted, Err *err)
{
	Remote	   *remote;
	char	   *shown = check_url(url, err);

	if (shown == NULL)
		return NULL;
	if (trusted != NULL && access(trusted, R_OK) != 0)
	{
		err_set(err, ERR_CONFIG, "walpost.connect.ssl.truststore.location: could not read \"%s\": %s; give a file of certificates in PEM",
				trusted, strerror(errno));
		free(shown);
		return NULL;
	}
	remote = mem_zero(sizeof(Remote));
	remote->loop = loop;
	remote->url = without_slash(url);
	remote->shown = shown;
	remote->trusted = trusted ? mem_copy(trusted) : NULL;
	remote->watch = (LoopFd)
	{
		epoll_create1(EPOLL_CLOEXEC), POLLIN, on_ready, remote
	};
	remote->timer.fire = on_timer;
	remote->timer.arg = remote;
	remote->multi = curl_multi_init();
	if (remote->multi == NULL || remote->watch.fd < 0)
		mem_exhausted();
	curl_multi_setopt(remote->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(remote->multi, CURLMOPT_SOCKETDATA, remote);
	curl_multi_setopt(remote->multi, CURLMOPT_TIMERFUNCTION, on_timeout_wanted);
	curl_multi_setopt(remote->multi, CURLMOPT_TIMERDATA, remote);
	curl_multi_setopt(remote->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, CONNECTIONS_MAX);
	loop_fd_add(loop, &remote->watch);
	loop_timer_add(loop, &remote->timer);
	return remote;
}

void
remote_close(Remote *remote)
{
	if (remote == NULL)
		return;
	loop_fd_remove(remote->loop, &remote->watch);
	loop_timer_clear(&remote->timer);
	while (remote->first != NULL)
		finish(remote->first, CURLE_ABORTED_BY_CALLBACK);
	curl_multi_cleanup(remote->multi);
	close(remote->watch.fd);
	secret_wipe(remote->url);
	free(remote->url);
	free(remote->shown);
	free(remote->trusted);
	free(remote);
}

const char *
remote_url(const Remote *remote)
{
	return remote->shown;
}

char *
remote_segment(const char *text)
{
	char	   *escaped = curl_easy_escape(NULL, text, (int) strlen(text));
	char	   *copy;

	if (escaped == NULL)
		mem_exhausted();
	copy = mem_copy(escaped);
	curl_free(escaped);
	return copy;
}
