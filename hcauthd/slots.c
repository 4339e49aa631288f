/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: no more computations at a time than there are slots, however processes end, so a slot is
 * a lock that the kernel releases; one slot is out of reach of everything that comes from the network; no slot stays
 * free while somebody waits for another; and waiting ends in time without anybody looking at a clock in a loop. */
#include "pwhash.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "place.h"

/* Who waits, from the network, stands in a queue: its lock. Whoever has it is the next. (Higher up are places:
 * talk.c.) */
enum { QUEUE_AT = 4095, LOOK_NS = 50000000 };

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

static int wait_lock(const struct slots *s, unsigned slot, const struct timespec *end)
{
	int r;

	while ((r = lock(s, F_OFD_SETLKW, F_WRLCK, slot)) == -EINTR && !past(end))
		; /* another signal */
	return r;
}

/* When it was taken: for those who wait. Not written, it is only less well chosen. */
static void note_taken(const struct slots *s, unsigned slot)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (pwrite(s->fd, &now, sizeof now, (off_t)(slot * sizeof now)) < 0)
		return;
}

/* The network's slot that was taken first, and comes free first: one computation takes as long as another. */
static unsigned taken_first(const struct slots *s)
{
	struct timespec least = { .tv_sec = 0 };
	unsigned found = 0;

	for (unsigned i = 0; i < s->cores; i++) {
		struct timespec t = { .tv_sec = 0 };

		if (pread(s->fd, &t, sizeof t, (off_t)(i * sizeof t)) != (ssize_t)sizeof t)
			return i;
		if (i == 0 || t.tv_sec < least.tv_sec ||
			(t.tv_sec == least.tv_sec && t.tv_nsec < least.tv_nsec)) {
			least = t;
			found = i;
		}
	}
	return found;
}

/* The head of the queue waits for one slot, and looks now and then whether another has come free before it: an imported
 * hash can take fifty times as long as the others. */
static int wait_first(const struct slots *s, const struct timespec *end, timer_t timer)
{
	const struct itimerspec often = { .it_value.tv_nsec = LOOK_NS,
		.it_interval.tv_nsec = LOOK_NS };
	int r;

	if (timer_settime(timer, 0, &often, NULL) < 0)
		return -errno;
	while ((r = slot_try(s, 0, false)) == -EAGAIN || r == -EACCES) {
		unsigned slot = taken_first(s);

		if ((r = lock(s, F_OFD_SETLKW, F_WRLCK, slot)) == 0)
			return (int)slot;
		if (r != -EINTR || past(end))
			break;
	}
	return r;
}

/* Local people wait for the one slot that the network can't take, and are not in the queue of a flood. */
static int wait_slot(const struct slots *s, bool local, const struct timespec *end, timer_t timer)
{
	int r;

	if (local)
		return (r = wait_lock(s, s->cores, end)) < 0 ? r : (int)s->cores;
	if ((r = wait_lock(s, QUEUE_AT, end)) < 0)
		return r;
	r = wait_first(s, end, timer);
	slot_give(s, QUEUE_AT);
	return r;
}

/* The timer goes off again every tenth of a second after the end: once could be just before the call begins to
 * wait. */
static int wait_until(const struct slots *s, bool local, const struct timespec *end, int signal)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = signal };
	struct itimerspec when = { .it_value = *end, .it_interval.tv_nsec = 100000000 };
	timer_t timer;
	int r;

	if (timer_create(CLOCK_MONOTONIC, &event, &timer) < 0)
		return -errno;
	if (timer_settime(timer, TIMER_ABSTIME, &when, NULL) < 0)
		r = -errno;
	else
		r = wait_slot(s, local, end, timer);
	timer_delete(timer);
	return r == -EINTR ? -ETIMEDOUT : r;
}

/* With a signal of its own, so that the conversation's alarm() goes on and ends it as ever. */
static int slot_wait(const struct slots *s, bool local, unsigned seconds)
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
	int r = wait_until(s, local, &end, signal);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	sigaction(signal, &old, NULL);
	return r;
}

int slot_take(const struct slots *s, bool local, unsigned seconds, void (*busy)(void *), void *arg)
{
	int r = slot_try(s, (unsigned)getpid() % s->cores, local);

	if (r == -EAGAIN || r == -EACCES) {
		if (busy)
			busy(arg);
		r = slot_wait(s, local, seconds);
	}
	if (r >= 0)
		note_taken(s, (unsigned)r);
	return r;
}

void slot_give(const struct slots *s, int slot)
{
	(void)lock(s, F_OFD_SETLK, F_UNLCK, (unsigned)slot); /* closing releases it, too */
}
