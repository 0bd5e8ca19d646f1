/*
 * sig.c
 *	  Signals through signalfd, or where there is none through a pipe.
 *
 * SPDX-License-Identifier: PostgreSQL
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/signalfd.h>
#endif

#include "sig.h"

static const int sig_handled[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD};

#ifdef __linux__

static int
sig_descriptor(const sigset_t * set)
{
	return signalfd(-1, set, SFD_NONBLOCK | SFD_CLOEXEC);
}

int
sig_next(Sig *sig)
{
	struct signalfd_siginfo info;

	if (read(sig->fd, &info, sizeof(info)) != sizeof(info))
		return 0;
	return (int) info.ssi_signo;
}

#else

static int	sig_pipe[2];

static void
sig_handler(int signo)
{
	int			saved = errno;
	unsigned char byte = (unsigned char) signo;

	/* a full pipe already wakes the loop */
	if (write(sig_pipe[1], &byte, 1) < 0)
		errno = 0;
	errno = saved;
}

static int
sig_descriptor(const sigset_t * set)
{
	struct sigaction action = {.sa_handler = sig_handler,.sa_flags = SA_RESTART};

	if (pipe(sig_pipe) != 0)
		return -1;
	for (int i = 0; i < 2; i++)
	{
		fcntl(sig_pipe[i], F_SETFL, O_NONBLOCK);
		fcntl(sig_pipe[i], F_SETFD, FD_CLOEXEC);
	}
	for (size_t i = 0; i < sizeof(sig_handled) / sizeof(sig_handled[0]); i++)
		sigaction(sig_handled[i], &action, NULL);
	sigprocmask(SIG_UNBLOCK, set, NULL);
	return sig_pipe[0];
}

int
sig_next(Sig *sig)
{
	unsigned char byte;

	return read(sig->fd, &byte, 1) == 1 ? byte : 0;
}

#endif

bool
sig_open(Sig *sig, Err *err)
{
	sigset_t	set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(sig_handled) / sizeof(sig_handled[0]); i++)
		sigaddset(&set, sig_handled[i]);
	sigprocmask(SIG_BLOCK, &set, &sig->before);
	signal(SIGPIPE, SIG_IGN);

	sig->fd = sig_descriptor(&set);
	if (sig->fd < 0)
	{
		sigprocmask(SIG_SETMASK, &sig->before, NULL);
		return err_set(err, ERR_FATAL, "could not watch for signals: %s",
					   strerror(errno));
	}
	return true;
}

void
sig_close(Sig *sig)
{
	close(sig->fd);
	sig->fd = -1;
	sigprocmask(SIG_SETMASK, &sig->before, NULL);
}
