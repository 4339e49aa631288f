/* SPDX-License-Identifier: Apache-2.0 */
/* Kills processes that use the store, at any moment: kill_store [KILLS [AT A TIME...]].
 * Each child opens the store, counts one up, writes down that this number is its own, acknowledges it over
 * a pipe, and closes. What must hold: no number is acknowledged twice; each is greater than all that were
 * acknowledged before its child began; each still stands in the store as its own; nobody hangs. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "store/store.h"

enum { CHILDREN_MAX = 64, HANG_S = 20, LIFE_US = 700 /* about what one takes, alone */ };

struct child {
	pid_t pid; /* 0: none */
	uint64_t ticket; /* unlike any other's */
	uint64_t floor; /* the greatest number acknowledged before it began */
	time_t since;
};

struct ack {
	uint64_t ticket, number;
	uint32_t slot;
};

static char folder[] = "/tmp/hcauth-kill-XXXXXX";
static struct child children[CHILDREN_MAX];
static uint64_t *owner; /* by number: the ticket that it was acknowledged to */
static size_t owners;
static uint64_t tickets, greatest, acked, kills, runs;
static int acks[2];

_Noreturn static void fail(const char *what, uint64_t a, uint64_t b)
{
	printf("not ok - %s: %llu and %llu\n", what, (unsigned long long)a, (unsigned long long)b);
	exit(1);
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int count_up(struct txn *t, void *arg)
{
	struct ack *a = arg;
	struct bytes v;
	int r = txn_get(t, TABLE_LOCKOUT, "counter", 7, &v);

	if (r < 0 && r != -ENOENT)
		return r;
	a->number = 0;
	if (r == 0)
		memcpy(&a->number, v.p, sizeof a->number);
	a->number++;
	if ((r = txn_put(t, TABLE_LOCKOUT, "counter", 7, &a->number, sizeof a->number)) < 0)
		return r;
	return txn_put(t, TABLE_AUDIT, &a->number, sizeof a->number, &a->ticket, sizeof a->ticket);
}

_Noreturn static void child_run(struct ack a)
{
	struct store *s;
	int r = store_open(folder, &s);

	if (r == 0)
		r = store_update(s, NEED_ALWAYS, count_up, &a);
	if (r < 0) {
		fprintf(stderr, "child: %s\n", strerror(-r));
		_exit(1);
	}
	if (write(acks[1], &a, sizeof a) != sizeof a)
		_exit(2);
	store_close(s);
	_exit(0);
}

static void child_start(size_t slot)
{
	struct ack a = { .ticket = ++tickets, .slot = (uint32_t)slot };
	pid_t pid = fork();

	if (pid < 0)
		fail("fork", (uint64_t)errno, 0);
	if (pid == 0)
		child_run(a);
	children[slot] = (struct child){
		.pid = pid, .ticket = a.ticket, .floor = greatest, .since = time(NULL)
	};
	runs++;
}

static void ack_take(const struct ack *a)
{
	if (a->number >= owners) {
		size_t more = (a->number + 1) * 2;

		if (!(owner = realloc(owner, more * sizeof *owner)))
			fail("memory", more, 0);
		memset(owner + owners, 0, (more - owners) * sizeof *owner);
		owners = more;
	}
	if (owner[a->number])
		fail("a number acknowledged twice", a->number, owner[a->number]);
	owner[a->number] = a->ticket;
	if (a->ticket != children[a->slot].ticket)
		fail("an acknowledgement of nobody's", a->ticket, children[a->slot].ticket);
	if (a->number <= children[a->slot].floor)
		fail("a number that does not rise", a->number, children[a->slot].floor);
	if (a->number > greatest)
		greatest = a->number;
	acked++;
}

static void acks_take(void)
{
	struct ack a;

	while (read(acks[0], &a, sizeof a) == sizeof a)
		ack_take(&a);
}

/* What it was doing, for whoever reads the failure. */
_Noreturn static void hung(const struct child *c)
{
	static const char *const files[] = { "wchan", "syscall", "status" };
	char path[64], text[2048];

	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		snprintf(path, sizeof path, "/proc/%d/%s", (int)c->pid, files[i]);
		FILE *f = fopen(path, "re");
		size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;

		text[n] = 0;
		printf("# %s: %s\n", path, text);
		if (f)
			fclose(f);
	}
	fail("a child hangs", (uint64_t)c->pid, runs);
}

/* A child has ended: by itself and well, or because it was killed. Its acknowledgement, if it gave one,
 * is in the pipe by now. */
static void child_ended(size_t slot, int status)
{
	acks_take();
	if (WIFSIGNALED(status) ? WTERMSIG(status) != SIGKILL : WEXITSTATUS(status) != 0)
		fail("a child ended badly", (uint64_t)status, runs);
	children[slot].pid = 0;
}

static void reap(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (size_t i = 0; i < CHILDREN_MAX; i++)
			if (children[i].pid == pid)
				child_ended(i, status);
}

static void watch(size_t slot)
{
	if (children[slot].pid && time(NULL) - children[slot].since > HANG_S)
		hung(&children[slot]);
}

/* Waits for a random time within that of n children, taking acknowledgements as they come. */
static void pass_time(size_t n)
{
	struct pollfd p = { .fd = acks[0], .events = POLLIN };
	struct timespec t = { .tv_nsec = (long)((size_t)rand() % (n * LIFE_US) * 1000) };

	if (ppoll(&p, 1, &t, NULL) > 0)
		acks_take();
}

static void round_of(size_t n, uint64_t times)
{
	double start = seconds();
	uint64_t runs0 = runs, acked0 = acked;

	for (uint64_t i = 0; i < times;) {
		size_t victim = (size_t)rand() % n;

		for (size_t k = 0; k < n; k++) {
			if (!children[k].pid)
				child_start(k);
			watch(k);
		}
		pass_time(n);
		reap();
		if (children[victim].pid) {
			kill(children[victim].pid, SIGKILL);
			kills++;
			i++;
		}
	}
	for (size_t k = 0; k < n; k++)
		for (double t = seconds(); children[k].pid; reap(), pass_time(1))
			if (seconds() - t > HANG_S)
				hung(&children[k]);
	printf("# %2zu at a time: %llu kills, %llu runs, %llu acknowledged, %.0f runs/s\n", n,
		(unsigned long long)times, (unsigned long long)(runs - runs0),
		(unsigned long long)(acked - acked0), (double)(runs - runs0) / (seconds() - start));
	fflush(stdout);
}

static int check_all(struct txn *t, void *arg)
{
	uint64_t *last = arg;
	struct bytes v;
	int r = txn_get(t, TABLE_LOCKOUT, "counter", 7, &v);

	if (r < 0)
		fail("the counter is gone", (uint64_t)-r, 0);
	memcpy(last, v.p, sizeof *last);
	if (*last < greatest || *last > acked + kills)
		fail("the counter", *last, greatest);
	for (uint64_t i = 1; i < owners; i++) {
		uint64_t ticket = 0;

		if (!owner[i])
			continue;
		if (txn_get(t, TABLE_AUDIT, &i, sizeof i, &v) == 0)
			memcpy(&ticket, v.p, sizeof ticket);
		if (ticket != owner[i])
			fail("an acknowledged number was overwritten", i, ticket);
	}
	return 0;
}

static void remove_all(void)
{
	char path[64];
	static const char *const files[] = { "data.mdb", "lock.mdb" };

	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof path, "%s/%s", folder, files[i]);
		unlink(path);
	}
	rmdir(folder);
}

int main(int argc, char **argv)
{
	static const size_t usual[] = { 2, 3, 6, 64 };
	uint64_t times = argc > 1 ? strtoull(argv[1], NULL, 10) : 2000, last = 0;
	size_t rounds = argc > 2 ? (size_t)argc - 2 : 4;
	struct store *s;
	int r;

	setpriority(PRIO_PROCESS, 0, -5); /* so that kills come while children run; else, less so */
	srand((unsigned)time(NULL));
	if (!mkdtemp(folder) || pipe2(acks, O_CLOEXEC | O_NONBLOCK) < 0 ||
		(r = store_create(folder)) < 0)
		fail("set-up", (uint64_t)errno, 0);
	for (size_t i = 0; i < rounds; i++) {
		size_t n = argc > 2 ? strtoull(argv[i + 2], NULL, 10) : usual[i];

		round_of(n > CHILDREN_MAX || n == 0 ? CHILDREN_MAX : n, times / rounds);
	}
	if ((r = store_open(folder, &s)) < 0 || (r = store_read(s, check_all, &last)) < 0)
		fail("the store afterwards", (uint64_t)-r, 0);
	store_close(s);
	remove_all();
	printf("ok - %llu kills, %llu of %llu runs acknowledged, counter at %llu\n",
		(unsigned long long)kills, (unsigned long long)acked, (unsigned long long)runs,
		(unsigned long long)last);
	return 0;
}
