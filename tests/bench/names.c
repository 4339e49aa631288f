/* SPDX-License-Identifier: Apache-2.0 */
/* bench-names CONF PEOPLE UID: what look-ups cost user UID through the C library, with the file CONF for
 * /etc/nsswitch.conf and the people of bench-people. It is told on standard input what to measure, a line at a
 * time, and answers each with a line:
 *
 *	warm KIND KEYS THREADS MS       KEYS different ones in random order, for MS milliseconds
 *	                                -> CALLS, MEDIAN and P99 of one (ns), CALLS A SECOND of all threads
 *	cold KIND KEYS                  a process that is started, makes one call and ends -> NS of the whole
 *	once KIND KEYS                  each key once, to fill whatever keeps them -> CALLS
 *
 * A KIND is "user", "uid", "group", "groups", "no-user" and so on (what nobody has), or "bare", the system calls of
 * a look-up of hcauth alone. Every answer is looked at: a wrong one ends the program.
 *
 * What must hold: it links the C library alone, and what it is told to use for names is all that it uses: other
 * people's /etc/nsswitch.conf and nscd are out of its sight. root starts it. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <pwd.h>
#include <sched.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/people.h"
#include "paths.h"

enum { SAMPLES_MAX = 1 << 20, THREADS_MAX = 2, ROW_SIZE = 4096 };

static uint32_t people;

static _Noreturn void fail(const char *what)
{
	fprintf(stderr, "bench-names: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void check(bool right, const char *name)
{
	if (!right)
		fail(name);
}

static void user(uint32_t i, bool missing)
{
	char name[NAME_SIZE], buf[ROW_SIZE];
	struct passwd pw, *found;

	(missing ? crowd_missing : crowd_name)(name, i);
	int r = getpwnam_r(name, &pw, buf, sizeof buf, &found);
	check(r == 0 && !found == missing, name);
}

static void uid(uint32_t i, bool missing)
{
	char buf[ROW_SIZE];
	struct passwd pw, *found;
	int r = getpwuid_r((missing ? MISSING_ID : FIRST_UID) + i, &pw, buf, sizeof buf, &found);

	check(r == 0 && !found == missing, "a uid");
}

static void group(uint32_t i, bool missing)
{
	char name[NAME_SIZE], buf[ROW_SIZE];
	struct group gr, *found;

	missing ? crowd_missing(name, i) : crowd_group(name, i / 2);
	int r = getgrnam_r(name, &gr, buf, sizeof buf, &found);
	check(r == 0 && !found == missing, name);
}

static void groups(uint32_t i, bool missing)
{
	char name[NAME_SIZE];
	gid_t list[4 * GROUPS];
	int n = 4 * GROUPS;

	(missing ? crowd_missing : crowd_name)(name, i);
	getgrouplist(name, PRIMARY_GID, list, &n);
	check(n == 1 + (missing ? 0 : GROUPS), name);
}

static void bare(uint32_t i, bool missing)
{
	char buf[1024];
	int fd = open(HC_PUBLIC_FILE, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);

	check(!missing && fd >= 0 && pread(fd, buf, 8, (i & 255) * 8) == 8 &&
			pread(fd, buf, 128, 4096 + 64 * (off_t)i) == 128 &&
			pread(fd, buf, sizeof buf, 2048 + 64 * (off_t)i) == sizeof buf,
		HC_PUBLIC_FILE);
	close(fd);
}

static const struct kind {
	const char *name;
	void (*ask)(uint32_t i, bool missing);
} kinds[] = { { "user", user }, { "uid", uid }, { "group", group }, { "groups", groups },
	{ "bare", bare } };

struct question {
	const struct kind *kind;
	bool missing;
	uint32_t keys;
	uint64_t ns; /* how long to ask */
};

static bool take_kind(const char *text, struct question *q)
{
	q->missing = strncmp(text, "no-", 3) == 0;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		q->kind = &kinds[i];
		if (strcmp(text + (q->missing ? 3 : 0), q->kind->name) == 0)
			return true;
	}
	return false;
}

struct asker {
	const struct question *q;
	pthread_t thread;
	uint64_t *ns, took;
	size_t n;
	uint32_t seed;
};

/* The keys are spread over all the people. */
static uint32_t pick(const struct question *q, uint32_t n)
{
	return (uint32_t)((uint64_t)(n % q->keys) * people / q->keys);
}

static void *ask(void *arg)
{
	struct asker *a = arg;
	const uint64_t begin = now();
	uint64_t start = begin, end = begin;

	for (a->n = 0; a->n < SAMPLES_MAX && end - begin < a->q->ns; start = end) {
		a->seed = a->seed * 1664525 + 1013904223;
		a->q->kind->ask(pick(a->q, a->seed >> 8), a->q->missing);
		end = now();
		a->ns[a->n++] = end - start;
	}
	a->took = end - begin;
	return NULL;
}

static int compare(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void warm(const struct question *q, size_t threads)
{
	static struct asker askers[THREADS_MAX];
	static uint64_t ns[THREADS_MAX][SAMPLES_MAX];
	static uint64_t all[THREADS_MAX * SAMPLES_MAX];
	double rate = 0;
	size_t n = 0;

	for (size_t t = 0; t < threads; t++) {
		askers[t].q = q;
		askers[t].ns = ns[t];
		askers[t].seed += (uint32_t)t + 1;
		errno = pthread_create(&askers[t].thread, NULL, ask, &askers[t]);
		check(errno == 0, "pthread_create");
	}
	for (size_t t = 0; t < threads; t++) {
		pthread_join(askers[t].thread, NULL);
		memcpy(all + n, ns[t], askers[t].n * sizeof *all);
		n += askers[t].n;
		rate += (double)askers[t].n * 1e9 / (double)askers[t].took;
	}
	qsort(all, n, sizeof *all, compare);
	printf("%zu %llu %llu %.0f\n", n, (unsigned long long)all[n / 2],
		(unsigned long long)all[n - 1 - n / 100], rate);
}

static void cold(const char *kind, const struct question *q)
{
	static uint32_t seed = 1;
	char n[16], i[16], self[] = "/proc/self/exe", one[] = "one", word[16];
	char *argv[] = { self, one, n, word, i, NULL };
	pid_t pid;
	int status;

	seed = seed * 1664525 + 1013904223;
	snprintf(n, sizeof n, "%u", people);
	snprintf(word, sizeof word, "%s", kind);
	snprintf(i, sizeof i, "%u", pick(q, seed >> 8));

	const uint64_t start = now();
	errno = posix_spawn(&pid, self, NULL, NULL, argv, NULL);
	check(errno == 0 && waitpid(pid, &status, 0) == pid, self);
	const uint64_t end = now();
	check(status == 0, kind);
	printf("%llu\n", (unsigned long long)(end - start));
}

static void once(const struct question *q)
{
	for (uint32_t n = 0; n < q->keys; n++)
		q->kind->ask(pick(q, n), q->missing);
	printf("%u\n", q->keys);
}

/* nscd is out of sight unless CONF's name says that it is what is measured. */
static void set_up(const char *conf, uid_t as)
{
	if (unshare(CLONE_NEWNS) < 0 || mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		mount(conf, "/etc/nsswitch.conf", NULL, MS_BIND, NULL) < 0)
		fail(conf);
	if (!strstr(conf, "nscd") && access("/run/nscd", F_OK) == 0 &&
		mount("tmpfs", "/run/nscd", "tmpfs", 0, "mode=755") < 0)
		fail("/run/nscd");
	if (setgroups(0, NULL) < 0 || setresgid(as, as, as) < 0 || setresuid(as, as, as) < 0)
		fail("setresuid");
}

static uint32_t number(const char *text)
{
	return text ? (uint32_t)strtoul(text, NULL, 10) : 0;
}

static bool obey(char *line)
{
	char *rest = NULL, *verb = strtok_r(line, " \n", &rest),
	     *kind = strtok_r(NULL, " \n", &rest);
	struct question q = { .keys = number(strtok_r(NULL, " \n", &rest)) };
	const uint32_t threads = number(strtok_r(NULL, " \n", &rest));

	q.ns = number(strtok_r(NULL, " \n", &rest)) * UINT64_C(1000000);
	if (!verb || !kind || !take_kind(kind, &q) || q.keys == 0 || q.keys > people)
		return false;
	if (strcmp(verb, "warm") == 0 && threads >= 1 && threads <= THREADS_MAX && q.ns > 0)
		warm(&q, threads);
	else if (strcmp(verb, "cold") == 0)
		cold(kind, &q);
	else if (strcmp(verb, "once") == 0)
		once(&q);
	else
		return false;
	fflush(stdout);
	return true;
}

int main(int argc, char **argv)
{
	char line[80];
	struct question q;

	if (argc == 5 && strcmp(argv[1], "one") == 0 && take_kind(argv[3], &q)) {
		people = number(argv[2]);
		q.kind->ask(number(argv[4]), q.missing);
		return 0;
	}
	if (argc != 4 || (people = number(argv[2])) == 0) {
		fprintf(stderr, "usage: bench-names CONF PEOPLE UID\n");
		return 2;
	}
	set_up(argv[1], number(argv[3]));
	while (fgets(line, sizeof line, stdin))
		if (!obey(line)) {
			fprintf(stderr, "bench-names: not understood: %s\n", line);
			return 2;
		}
	return 0;
}
