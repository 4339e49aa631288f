/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: no more computations at a time than there are slots, however processes end, so a slot is
 * a lock that the kernel releases; one slot is out of reach of everything that comes from the network; and
 * waiting ends in time without anybody looking at a clock in a loop. */
#include "pwhash.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "place.h"

int slots_open(const char *file, struct slots *out)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	int fd = place_new(AT_FDCWD, file);

	if (fd == -EEXIST)
		fd = place_file(AT_FDCWD, file, O_RDWR, geteuid());
	if (fd < 0)
		return fd;
	*out = (struct slots){ .fd = fd, .cores = cores > 1 ? (unsigned)cores : 1 };
	return 0;
}

void slots_close(struct slots *s)
{
	close(s->fd);
	s->fd = -1;
}

static int lock(const struct slots *s, int command, short kind, unsigned slot)
{
	struct flock l = {
		.l_type = kind, .l_whence = SEEK_SET, .l_start = (off_t)slot, .l_len = 1
	};

	return fcntl(s->fd, command, &l) < 0 ? -errno : 0;
}

/* A free slot, or the error of the last that was tried. */
static int slot_try(const struct slots *s, unsigned first, bool local)
{
	int r = -EAGAIN;

	for (unsigned i = 0; i < s->cores; i++) {
		unsigned slot = (first + i) % s->cores;

		if ((r = lock(s, F_OFD_SETLK, F_WRLCK, slot)) == 0)
			return (int)slot;
	}
	if (local && (r = lock(s, F_OFD_SETLK, F_WRLCK, s->cores)) == 0)
		return (int)s->cores;
	return r;
}

static void interrupt(int signal)
{
	(void)signal; /* the waiting call returns EINTR */
}

static bool past(const struct timespec *end)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec > end->tv_sec ||
		(now.tv_sec == end->tv_sec && now.tv_nsec >= end->tv_nsec);
}

/* Waits for the slot until end. The timer goes off again every tenth of a second after that: once could be
 * just before the call begins to wait. */
static int wait_until(const struct slots *s, unsigned slot, const struct timespec *end, int signal)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = signal };
	struct itimerspec when = { .it_value = *end, .it_interval.tv_nsec = 100000000 };
	timer_t timer;
	int r;

	if (timer_create(CLOCK_MONOTONIC, &event, &timer) < 0)
		return -errno;
	if (timer_settime(timer, TIMER_ABSTIME, &when, NULL) < 0) {
		r = -errno;
	} else {
		while ((r = lock(s, F_OFD_SETLKW, F_WRLCK, slot)) == -EINTR && !past(end))
			; /* another signal */
	}
	timer_delete(timer);
	return r == -EINTR ? -ETIMEDOUT : r;
}

/* With a signal of its own, so that the conversation's alarm() goes on and ends it as ever. */
static int slot_wait(const struct slots *s, unsigned slot, unsigned seconds)
{
	struct sigaction handler = { .sa_handler = interrupt }, old; /* no SA_RESTART */
	struct timespec end;
	sigset_t set, mask;
	int signal = SIGRTMIN;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += (time_t)seconds;
	sigemptyset(&set);
	sigaddset(&set, signal);
	if (sigaction(signal, &handler, &old) < 0)
		return -errno;
	sigprocmask(SIG_UNBLOCK, &set, &mask);
	int r = wait_until(s, slot, &end, signal);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	sigaction(signal, &old, NULL);
	return r;
}

int slot_take(const struct slots *s, bool local, unsigned seconds, void (*busy)(void *), void *arg)
{
	unsigned first = (unsigned)getpid() % s->cores;
	int r = slot_try(s, first, local);

	if (r != -EAGAIN && r != -EACCES)
		return r;
	if (busy)
		busy(arg);
	unsigned wanted =
		local ? s->cores : first; /* not in the queue of a flood from the network */
	r = slot_wait(s, wanted, seconds);
	return r < 0 ? r : (int)wanted;
}

void slot_give(const struct slots *s, int slot)
{
	(void)lock(s, F_OFD_SETLK, F_UNLCK, (unsigned)slot); /* closing releases it, too */
}
