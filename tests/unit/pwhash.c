/* SPDX-License-Identifier: Apache-2.0 */
#include "pwhash.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "rig.h"

/* Made by the reference implementation's command, argon2(1):
 * printf %s "correct horse" | argon2 sixteen.of.salt. -id -t 2 -k 19456 -p 1 -l 32 -r */
TEST(pwhash_is_argon2id)
{
	static const uint8_t right[] = { 0x21, 0x31, 0x9e, 0xa3, 0xf0, 0xab, 0xd0, 0x43, 0x5f, 0xe6,
		0x05, 0xcf, 0xde, 0x71, 0x7c, 0xaa, 0x63, 0xd8, 0x55, 0xff, 0xd9, 0x08, 0xb2, 0x82,
		0x78, 0x84, 0x69, 0x16, 0x3f, 0xf6, 0x8b, 0x35 };
	struct pwhash h = { .ops = 2, .kib = 19456 };
	uint8_t out[PWHASH_BYTES];

	memcpy(h.salt, "sixteen.of.salt.", PWHASH_SALT);
	CHECK_INT(pwhash_compute(&h, "correct horse", 13, out), 0);
	CHECK_BYTES(out, right, PWHASH_BYTES);
}

TEST(pwhash_made_is_found_again_and_nothing_else)
{
	struct pwhash a, b;
	uint8_t out[PWHASH_BYTES];

	CHECK_INT(pwhash_make(1, 64, "secret", 6, &a), 0);
	CHECK_INT(pwhash_make(1, 64, "secret", 6, &b), 0);
	CHECK(memcmp(a.salt, b.salt, PWHASH_SALT) != 0);
	CHECK(memcmp(a.hash, b.hash, PWHASH_BYTES) != 0);
	CHECK_INT(a.ops, 1);
	CHECK_INT(a.kib, 64);
	CHECK_INT(pwhash_compute(&a, "secret", 6, out), 0);
	CHECK_BYTES(out, a.hash, PWHASH_BYTES);
	CHECK_INT(pwhash_compute(&a, "secret", 5, out), 0);
	CHECK(memcmp(out, a.hash, PWHASH_BYTES) != 0);
	a.ops = 2;
	CHECK_INT(pwhash_compute(&a, "secret", 6, out), 0);
	CHECK(memcmp(out, a.hash, PWHASH_BYTES) != 0);
}

TEST(pwhash_out_of_bounds_is_refused)
{
	static const struct pwhash wrong[] = { { .ops = 0, .kib = 64 }, { .ops = 17, .kib = 64 },
		{ .ops = 1, .kib = 7 }, { .ops = 1, .kib = 1024 * 1024 + 1 },
		{ .ops = UINT32_MAX, .kib = UINT32_MAX } };
	struct pwhash made = { .ops = 99 };
	uint8_t out[PWHASH_BYTES];

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		CHECK_INT(pwhash_compute(&wrong[i], "a", 1, out), -EINVAL);
		CHECK_INT(pwhash_make(wrong[i].ops, wrong[i].kib, "a", 1, &made), -EINVAL);
	}
	CHECK_INT(made.ops, 99);
}

static struct slots slots_of(unsigned cores)
{
	struct slots s;

	CHECK_INT(slots_open(in_folder("slots"), &s), 0);
	CHECK(s.cores >= 1);
	s.cores = cores;
	return s;
}

TEST(slots_file_must_be_ours_alone)
{
	struct slots s;
	struct stat st;
	const char *file = in_folder("slots"), *link = in_folder("link");

	umask(0777);
	CHECK_INT(slots_open(file, &s), 0);
	slots_close(&s);
	CHECK_INT(stat(file, &st), 0);
	CHECK_INT(st.st_mode & 07777, 0600);
	CHECK_INT(slots_open(file, &s), 0);
	slots_close(&s);
	CHECK_INT(symlink(file, link), 0);
	CHECK_INT(slots_open(link, &s), -EPERM);
	CHECK_INT(chmod(file, 0644), 0);
	CHECK_INT(slots_open(file, &s), -EPERM);
	CHECK_INT(slots_open(in_folder("no/slots"), &s), -ENOENT);
}

/* Takes a slot and, over a pipe, says which; holds it until killed. */
struct holder {
	int to;
	bool local;
};

static int hold(void *arg)
{
	const struct holder *h = arg;
	struct slots s = slots_of(2);
	int slot = slot_take(&s, h->local, 20, NULL, NULL);

	CHECK_INT(write(h->to, &slot, sizeof slot), sizeof slot);
	pause();
	return 1;
}

static pid_t hold_begin(bool local, int *from)
{
	int ends[2];

	CHECK_INT(pipe(ends), 0);
	struct holder h = { ends[1], local };
	pid_t pid = child_begin(hold, &h);
	close(ends[1]);
	*from = ends[0];
	return pid;
}

static pid_t held(bool local, int *slot)
{
	int from;
	pid_t pid = hold_begin(local, &from);

	CHECK_INT(read(from, slot, sizeof *slot), sizeof *slot);
	close(from);
	return pid;
}

static int busies;

static void busy(void *arg)
{
	busies++;
	CHECK_INT(*(int *)arg, 42);
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

TEST(slots_are_as_many_as_cores_and_one_for_local)
{
	struct slots s = slots_of(2);
	int a, b, c, arg = 42;
	pid_t pa = held(false, &a), pb = held(false, &b);

	CHECK(a != b && a >= 0 && a < 2 && b >= 0 && b < 2);
	double start = seconds();
	CHECK_INT(slot_take(&s, false, 1, busy, &arg), -ETIMEDOUT);
	CHECK(seconds() - start > 0.9 && seconds() - start < 60);
	CHECK_INT(busies, 1);
	pid_t pc = held(true, &c);
	CHECK_INT(c, 2);
	CHECK_INT(slot_take(&s, true, 0, busy, &arg), -ETIMEDOUT);
	CHECK_INT(busies, 2);
	kill(pc, SIGKILL);
	child_end(pc);
	CHECK_INT(slot_take(&s, true, 1, busy, &arg), 2);
	CHECK_INT(busies, 2);
	slot_give(&s, 2);
	kill(pa, SIGKILL);
	child_end(pa);
	CHECK_INT(slot_take(&s, false, 1, busy, &arg), a);
	CHECK_INT(busies, 2);
	kill(pb, SIGKILL);
	child_end(pb);
}

static int free_own(void *arg)
{
	struct timespec soon = { .tv_nsec = 200000000 };
	pid_t *holder = arg;

	nanosleep(&soon, NULL); /* while the parent waits for it */
	kill(*holder, SIGKILL);
	return 0;
}

static int take_one(void *arg)
{
	struct slots s = slots_of(1);

	(void)arg;
	return slot_take(&s, false, 120, NULL, NULL) == 0 ? 0 : 1;
}

TEST(slot_waited_for_is_got_when_its_holder_is_killed)
{
	int slot;
	pid_t holder = held(false, &slot), other;

	if (slot == 1) { /* of two; of one, it is the first that counts */
		other = held(false, &slot);
		kill(holder, SIGKILL);
		child_end(holder);
		holder = other;
	}
	CHECK_INT(slot, 0);
	pid_t killer = child_begin(free_own, &holder);
	struct slots s = slots_of(1);
	double start = seconds();
	CHECK_INT(slot_take(&s, false, 120, NULL, NULL), 0);
	CHECK(seconds() - start < 60);
	child_end(killer);
	child_end(holder);
	slot_give(&s, 0);
	CHECK_INT(in_child(take_one, NULL), 0);
}

/* Until a process sleeps in fcntl(): the kernel names the call. */
static void await_lock(pid_t pid)
{
	char path[64];
	int call = -1;

	snprintf(path, sizeof path, "/proc/%d/syscall", (int)pid);
	for (double end = seconds() + 20; call != SYS_fcntl; poll(NULL, 0, 1)) {
		FILE *f = fopen(path, "re");

		CHECK(f && seconds() < end);
		if (fscanf(f, "%d", &call) != 1)
			call = -1; /* it runs */
		fclose(f);
	}
}

static void drop_holder(pid_t pid)
{
	kill(pid, SIGKILL);
	child_end(pid);
}

/* Two of three have pids that begin with the same slot. */
TEST(slot_that_comes_free_goes_to_whoever_waits)
{
	int a, b, from[3], got[3];
	pid_t pa = held(false, &a), pb = held(false, &b), waiter[3];

	for (int i = 0; i < 3; i++) {
		waiter[i] = hold_begin(false, &from[i]);
		await_lock(waiter[i]);
	}
	int odd = waiter[0] % 2 == waiter[1] % 2 ? 2 : waiter[0] % 2 == waiter[2] % 2 ? 1 : 0;
	drop_holder(waiter[odd]);
	drop_holder(pa);
	drop_holder(pb);
	for (int i = 0; i < 3; i++)
		if (i != odd)
			CHECK_INT(read(from[i], &got[i], sizeof got[i]), sizeof got[i]);
	CHECK_INT(got[(odd + 1) % 3] + got[(odd + 2) % 3], 0 + 1);
	drop_holder(waiter[(odd + 1) % 3]);
	drop_holder(waiter[(odd + 2) % 3]);
}

/* Not one computation takes as long as another: an imported hash takes longer. */
TEST(slot_that_comes_free_is_taken_though_another_was_taken_before_it)
{
	int a, b, from, got;
	pid_t pa = held(false, &a), pb = held(false, &b), waiter = hold_begin(false, &from);

	await_lock(waiter);
	drop_holder(pb);
	CHECK_INT(read(from, &got, sizeof got), sizeof got);
	CHECK_INT(got, b);
	drop_holder(waiter);
	drop_holder(pa);
}

static void noted(int signal)
{
	(void)signal;
	busies++;
}

TEST(slot_waiting_leaves_signals_and_alarms_as_they_were)
{
	struct slots s = slots_of(1);
	struct sigaction action = { .sa_handler = noted, .sa_flags = SA_RESTART }, after;
	struct itimerval often = { { 0, 50000 }, { 0, 50000 } }, none = { 0 };
	sigset_t blocked, mask;
	int slot;
	pid_t holder = held(false, &slot);
	pid_t second = slot == 0 ? 0 : held(false, &slot);

	sigemptyset(&blocked);
	sigaddset(&blocked, SIGRTMIN);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	sigaction(SIGALRM, &action, NULL);
	sigaction(SIGRTMIN, &action, NULL);
	action.sa_flags = 0; /* these interrupt the waiting call */
	sigaction(SIGALRM, &action, NULL);
	double start = seconds();
	CHECK_INT(slot_take(&s, false, 0, NULL, NULL), -ETIMEDOUT); /* by its own signal alone */
	CHECK(seconds() - start < 60);
	setitimer(ITIMER_REAL, &often, NULL);
	start = seconds();
	CHECK_INT(slot_take(&s, false, 1, NULL, NULL), -ETIMEDOUT);
	CHECK(seconds() - start > 0.9);
	CHECK(busies > 0); /* the alarm came while it waited ... */
	CHECK_INT(setitimer(ITIMER_REAL, &none, &often), 0);
	CHECK_INT(often.it_interval.tv_usec, 50000); /* ... and would go on */
	sigaction(SIGRTMIN, NULL, &after);
	CHECK(after.sa_handler == noted);
	sigprocmask(SIG_BLOCK, NULL, &mask);
	CHECK_INT(sigismember(&mask, SIGRTMIN), 1);
	kill(holder, SIGKILL);
	child_end(holder);
	if (second) {
		kill(second, SIGKILL);
		child_end(second);
	}
}
