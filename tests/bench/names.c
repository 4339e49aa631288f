/* SPDX-License-Identifier: Apache-2.0 */
/* bench-names MODULE: what a look-up costs through libnss_hcauth.so.2, beside the bare system
 * calls on the same file in the same run (open, fstat, three preads, close). Every call is timed alone, the
 * kinds take turns, so that whatever else the machine does falls on all of them. Run as root: it works in a
 * mount namespace of its own, with an empty /var/lib. */
#include <dlfcn.h>
#include <fcntl.h>
#include <nss.h>
#include <pwd.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "dir_write.h"
#include "paths.h"

enum { ROUNDS = 20000, GROUPS = 8, FIRST_UID = 100000 /* beyond 65534, who is nobody */ };

typedef enum nss_status find_user(const char *, struct passwd *, char *, size_t, int *);
typedef enum nss_status find_groups(
	const char *, gid_t, long int *, long int *, gid_t **, long int, int *);

static struct {
	find_user *user;
	find_groups *groups;
} bench;

static _Noreturn void fail(const char *what)
{
	perror(what);
	exit(1);
}

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void publish(uint32_t users)
{
	struct dir_writer *w;
	uint32_t gids[GROUPS];
	char name[32], home[64], address[64];

	for (uint32_t i = 0; i < GROUPS; i++)
		gids[i] = 10000 + i;
	if (dir_write_begin(HC_DIRECTORY_DIR, false, &w) < 0)
		fail("dir_write_begin");
	for (uint32_t i = 0; i < users; i++) {
		const struct dir_user u = { name, "A Person of the Practice", home, "/bin/bash",
			FIRST_UID + i, FIRST_UID, 0 };

		snprintf(name, sizeof name, "user%u-stj", i);
		snprintf(home, sizeof home, "/home/%s", name);
		snprintf(address, sizeof address, "person.%u@clinic.example", i);
		if (dir_add_user(w, &u, gids, GROUPS) < 0 || dir_add_name(w, address, &u) < 0)
			fail("dir_add");
	}
	if (dir_write_finish(w, 1) < 0)
		fail("dir_write_finish");
}

static void ask_user(const char *name, enum nss_status wanted, uid_t uid)
{
	char buf[1024];
	struct passwd pw;
	int err;

	if (bench.user(name, &pw, buf, sizeof buf, &err) != wanted)
		fail(name);
	if (wanted == NSS_STATUS_SUCCESS && pw.pw_uid != uid)
		fail("somebody else");
}

static void hit(uint32_t i)
{
	char name[64];

	snprintf(name, sizeof name, "user%u-stj", i);
	ask_user(name, NSS_STATUS_SUCCESS, FIRST_UID + i);
}

static void address(uint32_t i)
{
	char name[64];

	snprintf(name, sizeof name, "person.%u@clinic.example", i);
	ask_user(name, NSS_STATUS_SUCCESS, FIRST_UID + i);
}

static void miss(uint32_t i)
{
	char name[64];

	snprintf(name, sizeof name, "nobody%u", i); /* in neither file: two are opened */
	ask_user(name, NSS_STATUS_NOTFOUND, 0);
}

static void groups(uint32_t i)
{
	long int start = 0, size = GROUPS;
	gid_t *list = malloc(GROUPS * sizeof *list);
	char name[32];
	int err;

	snprintf(name, sizeof name, "user%u-stj", i);
	if (bench.groups(name, 0, &start, &size, &list, 0, &err) != NSS_STATUS_SUCCESS ||
		start != GROUPS)
		fail("initgroups");
	free(list);
}

static void bare(uint32_t i)
{
	char buf[1024];
	struct stat st;
	int fd = open(HC_PUBLIC_FILE, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0 || fstat(fd, &st) < 0 || pread(fd, buf, 8, (i & 255) * 8) != 8 ||
		pread(fd, buf, 128, st.st_size / 2 + i) != 128 ||
		pread(fd, buf, sizeof buf, 2048 + i) < 0)
		fail("bare");
	close(fd);
}

static struct kind {
	const char *name;
	void (*run)(uint32_t i);
	uint64_t ns[ROUNDS];
} kinds[] = { { "bare: open, fstat, 3 preads, close", bare, { 0 } },
	{ "getpwnam_r, system user", hit, { 0 } }, { "getpwnam_r, address", address, { 0 } },
	{ "getpwnam_r, a miss (both files)", miss, { 0 } },
	{ "initgroups_dyn, 8 groups", groups, { 0 } } };

enum { KINDS = sizeof kinds / sizeof *kinds };

static int compare(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void measure(uint32_t users)
{
	uint32_t seed = 1;

	for (int round = 0; round < ROUNDS; round++) {
		for (size_t k = 0; k < KINDS; k++) {
			seed = seed * 1664525 + 1013904223;
			uint32_t who = (seed >> 8) % users;
			uint64_t start = now();

			kinds[k].run(who);
			kinds[k].ns[round] = now() - start;
		}
	}
	for (size_t k = 0; k < KINDS; k++) {
		const uint64_t *ns = kinds[k].ns;

		qsort(kinds[k].ns, ROUNDS, sizeof *ns, compare);
		printf("%7u  %-36s %7.2f %7.2f %7.2f %7.2f   %.2f\n", users, kinds[k].name,
			(double)ns[ROUNDS / 2] / 1e3, (double)ns[ROUNDS / 20] / 1e3,
			(double)ns[ROUNDS - ROUNDS / 20] / 1e3,
			(double)ns[ROUNDS - ROUNDS / 100] / 1e3,
			(double)ns[ROUNDS / 2] / (double)kinds[0].ns[ROUNDS / 2]);
	}
}

static void set_up(const char *module)
{
	void *so = dlopen(module, RTLD_NOW | RTLD_LOCAL);

	if (!so) {
		fprintf(stderr, "%s\n", dlerror());
		exit(1);
	}
	*(void **)&bench.user = dlsym(so, "_nss_hcauth_getpwnam_r");
	*(void **)&bench.groups = dlsym(so, "_nss_hcauth_initgroups_dyn");
	if (!bench.user || !bench.groups)
		fail("dlsym");
	if (unshare(CLONE_NEWNS) < 0 || mount("", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		mount("tmpfs", "/var/lib", "tmpfs", 0, "mode=755") < 0 ||
		mkdir(HC_STATE_DIR, 0755) < 0 || mkdir(HC_DIRECTORY_DIR, 0755) < 0)
		fail("a namespace with an empty /var/lib");
}

int main(int argc, char **argv)
{
	static const uint32_t sizes[] = { 1000, 100000 };

	if (argc != 2) {
		fprintf(stderr, "usage: bench-names MODULE\n");
		return 2;
	}
	set_up(argv[1]);
	printf("  users  microseconds of one call              median      5%%     95%%     99%%   to bare\n");
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		uint64_t start = now();
		struct stat st;

		publish(sizes[i]);
		double took = (double)(now() - start) / 1e6;
		measure(sizes[i]);
		if (stat(HC_PUBLIC_FILE, &st) < 0)
			fail(HC_PUBLIC_FILE);
		printf("%7u  published in %.0f ms, public file %.1f MiB\n", sizes[i], took,
			(double)st.st_size / 1048576);
	}
	return 0;
}
