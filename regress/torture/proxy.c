/*
 * proxy.c
 *	  A TCP proxy that does to connections what bad networks do.
 *
 *		proxy LISTEN_PORT TARGET_PORT ORDERS
 *
 * Both ports are of the loopback interface.  It forwards until a line in the
 * named pipe ORDERS tells it otherwise.
 *
 *		cut UP DOWN		ends each present connection by a reset, after so many
 *						more bytes towards the target or from it (-1: not for
 *						that direction): usually in the middle of a message
 *		stall MS		forwards nothing for a while
 *		slow MS BYTES	forwards so many bytes in 10 ms, in small pieces
 *		swallow MS		loses all that is sent; then ends the connections
 *		refuse MS		ends all connections, and new ones at once
 *		pace BYTES		from now on, takes so many bytes in 10 ms from the target on
 *						each connection that is not one of replication (0: all)
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_LINKS	256
#define BUFFER		65536
#define SLOW_MS		10

enum { UP, DOWN };				/* towards the target, and back */

typedef enum Mode
{
	FORWARD, STALL, SLOW, SWALLOW, REFUSE
} Mode;

/* What was read from one end and is to be written to the other. */
typedef struct Half
{
	char		data[BUFFER];
	size_t		from,
				to;
	bool		eof;			/* nothing more comes */
	bool		closed;			/* and the other end has been told */
	long		budget;			/* bytes until the reset; -1: no end */
} Half;

typedef struct Link
{
	int			fd[2];			/* fd[dir] is the end that half[dir] is read
								 * from */
	Half		half[2];
	bool		lossy;			/* has lost bytes: can only be ended */
	bool		streams;		/* is one of PostgreSQL's replication */
	int64_t		beat;			/* the 10 ms that "taken" counts */
	size_t		taken;			/* bytes read from the target in them */
} Link;

static Link *links[MAX_LINKS];
static int	nlinks;
static int	target_port;
static Mode mode;
static int64_t mode_ends_ms;
static size_t slow_bytes;
static size_t pace_bytes;		/* 0: none */

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

static struct sockaddr_in
loopback(int port)
{
	return (struct sockaddr_in)
	{
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t) port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)
	};
}

static int
listen_on(int port)
{
	struct sockaddr_in address = loopback(port);
	int			fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int			one = 1;

	if (fd < 0)
		die("socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *) &address, sizeof(address)) != 0 || listen(fd, 64) != 0)
		die("could not listen");
	return fd;
}

/* A close that the peer sees as a reset, whatever is under way. */
static void
reset(int fd)
{
	struct linger hard = {1, 0};

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	close(fd);
}

static void
link_end(int i)
{
	reset(links[i]->fd[UP]);
	reset(links[i]->fd[DOWN]);
	free(links[i]);
	links[i] = links[--nlinks];
}

static void
ready_socket(int fd)
{
	int			one = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

/* Takes a connection; the target's end is connected in the background. */
static void
link_begin(int listener)
{
	struct sockaddr_in address = loopback(target_port);
	int			client = accept(listener, NULL, NULL);
	int			server;
	Link	   *link;

	if (client < 0)
		return;
	if (mode == REFUSE || nlinks == MAX_LINKS ||
		(server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) < 0)
	{
		reset(client);
		return;
	}
	ready_socket(client);
	ready_socket(server);
	if (connect(server, (struct sockaddr *) &address, sizeof(address)) != 0 && errno != EINPROGRESS)
	{
		reset(client);
		close(server);
		return;
	}
	if ((link = calloc(1, sizeof(Link))) == NULL)
		die("calloc");
	link->fd[UP] = client;
	link->fd[DOWN] = server;
	link->half[UP].budget = link->half[DOWN].budget = -1;
	links[nlinks++] = link;
}

/* How many bytes may be read from the target now. */
static size_t
link_allowance(Link *link)
{
	int64_t		beat = now_ms() / SLOW_MS;

	if (pace_bytes == 0 || link->streams)
		return BUFFER;
	if (link->beat != beat)
	{
		link->beat = beat;
		link->taken = 0;
	}
	return link->taken < pace_bytes ? pace_bytes - link->taken : 0;
}

/* PostgreSQL's start-up packet says so: its names end with a zero. */
static bool
begins_replication(const char *data, size_t len)
{
	static const char name[] = "replication";

	return memmem(data, len, name, sizeof(name)) != NULL;
}

/* Reads into a half; false when the link is to end. */
static bool
half_fill(Link *link, int dir)
{
	Half	   *half = &link->half[dir];
	size_t		room = mode == SLOW && slow_bytes < BUFFER ? slow_bytes : BUFFER;
	size_t		allowance = dir == DOWN ? link_allowance(link) : BUFFER;
	ssize_t		n;

	if (half->from < half->to || half->eof)
		return true;
	half->from = half->to = 0;
	if (allowance == 0)
		return true;
	n = read(link->fd[dir], half->data, room < allowance ? room : allowance);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (dir == DOWN)
		link->taken += (size_t) n;
	else if (begins_replication(half->data, (size_t) n))
		link->streams = true;
	if (n == 0)
		half->eof = true;
	else if (mode == SWALLOW)
		link->lossy = true;
	else
		half->to = (size_t) n;
	return true;
}

/* Writes what a half holds; false when the link is to end. */
static bool
half_drain(Link *link, int dir)
{
	Half	   *half = &link->half[dir];
	size_t		len = half->to - half->from;
	ssize_t		n = 0;

	if (half->budget >= 0 && len > (size_t) half->budget)
		len = (size_t) half->budget;
	if (len > 0 && (n = write(link->fd[!dir], half->data + half->from, len)) < 0)
		return errno == EAGAIN || errno == EINTR || errno == ENOTCONN;
	half->from += (size_t) n;
	if (half->budget >= 0 && (half->budget -= n) == 0)
		return false;
	if (half->eof && !half->closed && half->from == half->to)
	{
		shutdown(link->fd[!dir], SHUT_WR);
		half->closed = true;
	}
	return !(link->half[UP].closed && link->half[DOWN].closed);
}

static bool
link_serve(Link *link, const struct pollfd *polled)
{
	for (int dir = UP; dir <= DOWN; dir++)
	{
		short		revents = polled[dir].revents;

		if ((revents & (POLLERR | POLLNVAL)) != 0)
			return false;
		if ((revents & (POLLIN | POLLHUP)) != 0 && !half_fill(link, dir))
			return false;
		if (!half_drain(link, dir))
			return false;
	}
	return true;
}

static void
link_watch(Link *link, struct pollfd *polled)
{
	for (int dir = UP; dir <= DOWN; dir++)
	{
		const Half *in = &link->half[dir];
		const Half *out = &link->half[!dir];

		polled[dir] = (struct pollfd)
		{
			.fd = mode == STALL ? -1 : link->fd[dir],
			.events = (short) ((in->from == in->to && !in->eof && (dir == UP || link_allowance(link) > 0) ? POLLIN : 0) |
							   (out->from < out->to ? POLLOUT : 0))
		};
		/* a hang-up would be told again and again */
		if (polled[dir].events == 0 && in->eof)
			polled[dir].fd = -1;
	}
}

static void
end_all(bool lossy_only)
{
	for (int i = nlinks - 1; i >= 0; i--)
		if (!lossy_only || links[i]->lossy)
			link_end(i);
}

static void
enter_mode(Mode next, long ms)
{
	if (mode == SWALLOW)
		end_all(true);
	mode = next;
	mode_ends_ms = now_ms() + ms;
	if (mode == REFUSE)
		end_all(false);
}

/* One line of the orders. */
static void
obey(const char *line)
{
	long		a;
	long		b;

	if (sscanf(line, "cut %ld %ld", &a, &b) == 2)
		for (int i = 0; i < nlinks; i++)
		{
			links[i]->half[UP].budget = a;
			links[i]->half[DOWN].budget = b;
		}
	else if (sscanf(line, "stall %ld", &a) == 1)
		enter_mode(STALL, a);
	else if (sscanf(line, "slow %ld %ld", &a, &b) == 2)
	{
		slow_bytes = b > 0 ? (size_t) b : 1;
		enter_mode(SLOW, a);
	}
	else if (sscanf(line, "swallow %ld", &a) == 1)
		enter_mode(SWALLOW, a);
	else if (sscanf(line, "refuse %ld", &a) == 1)
		enter_mode(REFUSE, a);
	else if (sscanf(line, "pace %ld", &a) == 1)
		pace_bytes = a > 0 ? (size_t) a : 0;
	else
		fprintf(stderr, "not understood: %s\n", line);
}

/* Obeys whole lines. */
static void
read_orders(int fd)
{
	static char text[1024];
	static size_t have;
	ssize_t		n = read(fd, text + have, sizeof(text) - 1 - have);
	char	   *end;

	if (n <= 0)
		return;
	have += (size_t) n;
	text[have] = '\0';
	while ((end = strchr(text, '\n')) != NULL)
	{
		*end = '\0';
		obey(text);
		have -= (size_t) (end + 1 - text);
		memmove(text, end + 1, have + 1);
	}
}

int
main(int argc, char **argv)
{
	static struct pollfd polled[2 + 2 * MAX_LINKS];
	int			listener;
	int			orders;

	if (argc != 4)
	{
		fprintf(stderr, "usage: proxy LISTEN_PORT TARGET_PORT ORDERS\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);

	/* for writing, too: so it has no end */
	if ((orders = open(argv[3], O_RDWR | O_NONBLOCK | O_CLOEXEC)) < 0)
		die("could not open the named pipe");
	target_port = (int) strtol(argv[2], NULL, 10);
	listener = listen_on((int) strtol(argv[1], NULL, 10));
	for (;;)
	{
		int			n;
		int			timeout = mode == FORWARD && pace_bytes == 0 ? -1 : SLOW_MS;

		if (mode != FORWARD && now_ms() >= mode_ends_ms)
			enter_mode(FORWARD, 0);
		n = nlinks;
		polled[0] = (struct pollfd){.fd = orders,.events = POLLIN};
		polled[1] = (struct pollfd){.fd = listener,.events = POLLIN};
		for (int i = 0; i < n; i++)
			link_watch(links[i], &polled[2 + 2 * i]);
		if (mode == SLOW)
			usleep(SLOW_MS * 1000);
		if (poll(polled, 2 + 2 * (nfds_t) n, timeout) < 0 && errno != EINTR)
			die("poll");
		for (int i = n - 1; i >= 0; i--)
			if (mode != STALL && !link_serve(links[i], &polled[2 + 2 * i]))
				link_end(i);
		if (polled[1].revents & POLLIN)
			link_begin(listener);
		if (polled[0].revents != 0)
			read_orders(orders);
	}
}
