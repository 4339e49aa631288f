/* SPDX-License-Identifier: Apache-2.0 */
/* bench_crowd: many people at the door, for the scripts of tests/bench. In a private host.
 *	make FOLDER N                                   N people of hcauth's, who have signed in once: FOLDER/hcauth.people
 *	run FOLDER VERIFIER SERVICE PARALLEL COUNT      COUNT sign-ins through PAM, by so many processes
 *	empty FOLDER VERIFIER SERVICE PARALLEL COUNT    as many that are hung up at the first prompt; the account phase follows
 *	again FOLDER VERIFIER SERVICE PARALLEL COUNT    the same with codes that were accepted before, and would be good yet
 *	storm FOLDER VERIFIER SERVICE SECONDS COUNT     COUNT people come within so long, each a process
 *	argon2 PARALLEL COUNT                           the computation alone
 * A line for each: what PAM said, then milliseconds (in all, pam_authenticate, pam_acct_mgmt, and in a storm from when
 * they came to the end), who, step; the last line is "wall" and milliseconds. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/crowd.h"
#include "bench/pam.h"
#include "client.h"
#include "pwhash.h"

enum { RESULTS_MAX = 10000 };

struct result {
	bool done;
	int r;
	size_t who;
	uint64_t step;
	double all, auth, account, late;
};

static struct shared {
	size_t taken;
	struct result result[RESULTS_MAX];
	struct somebody made[CROWD_MAX];
} * shared;

static struct crowd crowd;
static const char *service;
static size_t count;

/* --- one of them --- */

static void sign_in(size_t who, uint64_t step, struct result *out)
{
	const struct one *o = &crowd.one[who];
	struct pam_times t = { 0, 0, 0, 0, 0 };
	const char *text;
	char code[8];

	crowd_code(&crowd, who, step, code);
	const struct pam_way w = {
		.service = service, .name = o->name, .password = o->password, .code = code
	};
	int r = pam_go(&w, &t, &text);
	*out = (struct result){ true, r, who, step, t.all, t.auth, t.account, 0 };
}

static bool do_run(struct result *out)
{
	uint64_t step;
	size_t who = crowd_take(&crowd, &step);

	sign_in(who, step, out);
	crowd_give(&crowd, who, step, out->r == 0);
	return true;
}

static bool do_empty(struct result *out)
{
	size_t i = (size_t)(out - shared->result);
	const struct pam_way w = { .service = service, .name = crowd.one[i % crowd.n].name };
	struct pam_times t = { 0, 0, 0, 0, 0 };
	const char *text;
	int r = pam_go(&w, &t, &text);

	*out = (struct result){ true, r, i, 0, t.all, t.auth, t.account, 0 };
	return true;
}

static bool do_again(struct result *out)
{
	uint64_t step;
	size_t who;

	if (!crowd_take_used(&crowd, &who, &step))
		return false;
	sign_in(who, step, out);
	return true;
}

static bool do_argon2(struct result *out)
{
	struct pwhash h = { .ops = 2, .kib = 19 * 1024 };
	uint8_t hash[PWHASH_BYTES];
	double from = client_ms();
	int r = pwhash_compute(&h, "seven quiet herons fly", 22, hash);
	double ms = client_ms() - from;

	*out = (struct result){ true, r, 0, 0, ms, ms, 0, 0 };
	return true;
}

/* --- side by side --- */

static void await_children(void)
{
	int status;

	while (wait(&status) > 0)
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
			client_fail("a process of ours ended badly");
}

static pid_t fork_one(void)
{
	pid_t pid = fork();

	if (pid < 0)
		client_fail("fork: %s", strerror(errno));
	return pid;
}

static _Noreturn void work(int go, bool (*one)(struct result *))
{
	char c;

	if (read(go, &c, 1) != 0)
		client_fail("no start");
	for (size_t i; (i = __atomic_fetch_add(&shared->taken, 1, __ATOMIC_RELAXED)) < count;)
		if (!one(&shared->result[i]))
			break;
	_exit(0);
}

/* All begin at once; what it took in all. */
static double side_by_side(unsigned parallel, bool (*one)(struct result *))
{
	int go[2];

	if (pipe(go) < 0)
		client_fail("pipe: %s", strerror(errno));
	for (unsigned i = 0; i < parallel; i++)
		if (fork_one() == 0) {
			close(go[1]);
			work(go[0], one);
		}
	double from = client_ms();
	close(go[1]);
	await_children();
	return client_ms() - from;
}

static _Noreturn void arrive(size_t i, double at)
{
	struct result *out = &shared->result[i];
	uint64_t step;

	if (!crowd_newest(&crowd, i, &step))
		client_fail("%s: no code is left", crowd.one[i].name);
	sign_in(i, step, out);
	crowd_give(&crowd, i, step, out->r == 0);
	out->late = client_ms() - at;
	_exit(0);
}

static double storm(double seconds)
{
	if (count > crowd.n)
		client_fail("%zu people, and no more", crowd.n);
	crowd_await_newest(&crowd, count);
	double from = client_ms();
	for (size_t i = 0; i < count; i++) {
		double at = from + seconds * 1e3 * (double)i / (double)count;
		const struct timespec when = { .tv_sec = (time_t)(at / 1e3),
			.tv_nsec = (long)(at * 1e6) % 1000000000 };

		(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, NULL);
		if (fork_one() == 0)
			arrive(i, at);
	}
	await_children();
	return client_ms() - from;
}

/* --- who they are --- */

static void make_people(const char *folder, size_t n)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	char path[512];

	client_practice();
	for (long w = 0; w < cores; w++)
		if (fork_one() == 0) {
			for (size_t i = (size_t)w; i < n; i += (size_t)cores)
				somebody_make(&shared->made[i], "crowd", (unsigned)i);
			_exit(0);
		}
	await_children();
	snprintf(path, sizeof path, "%s/hcauth.people", folder);
	FILE *f = fopen(path, "we");
	if (!f)
		client_fail("%s: %s", path, strerror(errno));
	for (size_t i = 0; i < n; i++) {
		const struct somebody *p = &shared->made[i];

		fprintf(f, "%s\t%s\t%s\n", p->email, p->password, p->secret);
	}
	if (fclose(f) != 0)
		client_fail("%s: %s", path, strerror(errno));
	crowd_open(&crowd, folder, "hcauth");
	for (size_t i = 0; i < n; i++)
		crowd_used(&crowd, i, shared->made[i].step);
}

static size_t number(const char *text, size_t max)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*end || n == 0 || n > max)
		client_fail("%s: from 1 to %zu", text, max);
	return n;
}

static void show(double wall)
{
	for (size_t i = 0; i < count; i++) {
		const struct result *r = &shared->result[i];

		if (r->done)
			printf("%d %.3f %.3f %.3f %.3f %zu %lu\n", r->r, r->all, r->auth,
				r->account, r->late, r->who, (unsigned long)r->step);
	}
	printf("wall %.3f\n", wall);
}

static double of_crowd(char **argv)
{
	crowd_open(&crowd, argv[2], argv[3]);
	service = argv[4];
	unsigned n = (unsigned)number(argv[5], CROWD_MAX);
	count = number(argv[6], RESULTS_MAX);
	if (strcmp(argv[1], "storm") == 0)
		return storm(n);
	if (strcmp(argv[1], "again") == 0)
		return side_by_side(n, do_again);
	if (strcmp(argv[1], "empty") == 0)
		return side_by_side(n, do_empty);
	if (strcmp(argv[1], "run") != 0)
		client_fail("%s: what is that?", argv[1]);
	crowd_await(&crowd, count);
	return side_by_side(n, do_run);
}

int main(int argc, char **argv)
{
	shared = mmap(
		NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		client_fail("no memory");
	if (argc == 4 && strcmp(argv[1], "make") == 0) {
		make_people(argv[2], number(argv[3], CROWD_MAX));
	} else if (argc == 4 && strcmp(argv[1], "argon2") == 0) {
		count = number(argv[3], RESULTS_MAX);
		show(side_by_side((unsigned)number(argv[2], CROWD_MAX), do_argon2));
	} else if (argc == 7) {
		show(of_crowd(argv));
	} else {
		client_fail("see the head of tests/bench/crowd_run.c");
	}
	return 0;
}
