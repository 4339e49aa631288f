/* SPDX-License-Identifier: Apache-2.0 */
/* bench-crowd PEOPLE FOLDER [LDIF]: publishes PEOPLE people and their groups in hcauth's directory, and writes
 * the same to FOLDER/passwd, FOLDER/group and LDIF, from which others serve them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/crowd.h"
#include "dir_write.h"
#include "name.h"
#include "paths.h"

static _Noreturn void fail(const char *what, int r)
{
	fprintf(stderr, "bench-crowd: %s: %s\n", what, strerror(-r));
	exit(1);
}

static void publish_group(struct dir_writer *w, uint32_t g, uint32_t n)
{
	char name[NAME_SIZE], members[2 * GROUPS * NAME_SIZE];
	struct dir_group group = { name, FIRST_GID + g, (const uint8_t *)members, 0 };

	crowd_group(name, g);
	for (uint32_t m = 0; m < 2 * GROUPS; m++) {
		char *member = members + group.members_len;

		crowd_name(member, crowd_member(g, m, n));
		group.members_len += strlen(member) + 1;
	}
	int r = dir_add_group(w, &group);
	if (r < 0)
		fail(name, r);
}

static void publish(uint32_t n)
{
	struct dir_writer *w;
	uint32_t gids[GROUPS];
	char name[NAME_SIZE], home[64], address[64];
	int r = dir_write_begin(HC_DIRECTORY_DIR, false, &w);

	if (r < 0)
		fail(HC_DIRECTORY_DIR, r);
	for (uint32_t i = 0; i < n; i++) {
		const struct dir_user u = { name, "A Person of the Practice", home, "/bin/bash",
			FIRST_UID + i, PRIMARY_GID, 0 };

		crowd_name(name, i);
		snprintf(home, sizeof home, "/home/%s", name);
		snprintf(address, sizeof address, "person.%u@clinic.example", i);
		for (uint32_t k = 0; k < GROUPS; k++)
			gids[k] = FIRST_GID + crowd_group_of(i, k, n);
		if ((r = dir_add_user(w, &u, gids, GROUPS)) < 0 ||
			(r = dir_add_name(w, address, &u)) < 0)
			fail(name, r);
	}
	for (uint32_t g = 0; g < n / 2; g++)
		publish_group(w, g, n);
	if ((r = dir_write_finish(w, 1)) < 0)
		fail("publishing", r);
}

static FILE *create(const char *path)
{
	FILE *f = fopen(path, "we");

	if (!f)
		fail(path, -errno);
	return f;
}

static void finish(FILE *f, const char *path)
{
	const int bad = ferror(f); /* fclose() first: what it can't write is an error too */

	if (fclose(f) != 0 || bad)
		fail(path, -EIO);
}

static void write_people(FILE *f, FILE *ldif, uint32_t n)
{
	char name[NAME_SIZE];

	for (uint32_t i = 0; i < n; i++) {
		crowd_name(name, i);
		fprintf(f, "%s:*:%u:%u:A Person of the Practice:/home/%s:/bin/bash\n", name,
			FIRST_UID + i, PRIMARY_GID, name);
		if (ldif)
			fprintf(ldif,
				"dn: uid=%s,dc=bench\nobjectClass: account\n"
				"objectClass: posixAccount\nuid: %s\ncn: %s\nuidNumber: %u\n"
				"gidNumber: %u\ngecos: A Person of the Practice\n"
				"homeDirectory: /home/%s\nloginShell: /bin/bash\n\n",
				name, name, name, FIRST_UID + i, PRIMARY_GID, name);
	}
}

static void write_groups(FILE *f, FILE *ldif, uint32_t n)
{
	char name[NAME_SIZE];

	for (uint32_t g = 0; g < n / 2; g++) {
		crowd_group(name, g);
		fprintf(f, "%s:*:%u:", name, FIRST_GID + g);
		if (ldif)
			fprintf(ldif,
				"dn: cn=%s,dc=bench\nobjectClass: posixGroup\ncn: %s\ngidNumber: %u\n",
				name, name, FIRST_GID + g);
		for (uint32_t m = 0; m < 2 * GROUPS; m++) {
			crowd_name(name, crowd_member(g, m, n));
			fprintf(f, m ? ",%s" : "%s", name);
			if (ldif)
				fprintf(ldif, "memberUid: %s\n", name);
		}
		putc('\n', f);
		if (ldif)
			putc('\n', ldif);
	}
}

static void write_file(const char *folder, const char *file,
	void (*write_all)(FILE *, FILE *, uint32_t), FILE *ldif, uint32_t n)
{
	char path[256];

	if ((size_t)snprintf(path, sizeof path, "%s/%s", folder, file) >= sizeof path)
		fail(folder, -ENAMETOOLONG);

	FILE *f = create(path);
	fprintf(f, "root:x:0:%s\n", strcmp(file, "group") == 0 ? "" : "0:root:/root:/bin/bash");
	write_all(f, ldif, n);
	finish(f, path);
}

int main(int argc, char **argv)
{
	uint64_t n;
	FILE *ldif = NULL;

	if (argc < 3 || argc > 4 || !parse_u64(argv[1], 8, 10000000, &n) || n % (2 * GROUPS) != 0) {
		fprintf(stderr, "usage: bench-crowd PEOPLE FOLDER [LDIF]\n");
		return 2;
	}
	publish((uint32_t)n);
	if (argc == 4) {
		ldif = create(argv[3]);
		fprintf(ldif, "dn: dc=bench\nobjectClass: domain\ndc: bench\n\n");
	}
	write_file(argv[2], "passwd", write_people, ldif, (uint32_t)n);
	write_file(argv[2], "group", write_groups, ldif, (uint32_t)n);
	if (ldif)
		finish(ldif, argv[3]);
	return 0;
/* What must hold: no code is used twice unless it is meant to be, whoever of several processes takes it; and
 * one that is given out is still good when the sign-in gets to it. */
#include "crowd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "client.h"

enum { STEP_S = 30, MARGIN_S = 10 };

/* The first part is kept in the file. */
struct turns {
	uint64_t used[CROWD_MAX], accepted[CROWD_MAX]; /* steps */
	bool busy[CROWD_MAX], again[CROWD_MAX];
	size_t next;
};

static void read_people(struct crowd *c, const char *path)
{
	FILE *f = fopen(path, "re");

	if (!f)
		client_fail("%s: %s", path, strerror(errno));
	while (c->n < CROWD_MAX) {
		struct one *o = &c->one[c->n];

		if (fscanf(f, "%63[^\t]\t%63[^\t]\t%63[^\n]\n", o->name, o->password, o->secret) !=
			3)
			break;
		c->n++;
	}
	if (c->n == 0 || !feof(f))
		client_fail("%s: not a file of people", path);
	fclose(f);
}

void crowd_open(struct crowd *c, const char *folder, const char *verifier)
{
	char path[512];

	c->n = 0;
	snprintf(path, sizeof path, "%s/%s.people", folder, verifier);
	read_people(c, path);
	snprintf(path, sizeof path, "%s/%s.steps", folder, verifier);
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, sizeof *c->turns) < 0)
		client_fail("%s: %s", path, strerror(errno));
	c->turns = mmap(NULL, sizeof *c->turns, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (c->turns == MAP_FAILED)
		client_fail("%s: %s", path, strerror(errno));
	close(fd);
	memset(c->turns->busy, 0, sizeof c->turns->busy);
	memset(c->turns->again, 0, sizeof c->turns->again);
}

static uint64_t seconds(void)
{
	return (uint64_t)time(NULL);
}

/* One step either side of the present one is good. */
static uint64_t oldest(void)
{
	return (seconds() + MARGIN_S) / STEP_S - 1;
}

static uint64_t newest(void)
{
	return seconds() / STEP_S + 1;
}

/* 0: this one has none left. */
static uint64_t next_of(const struct crowd *c, size_t who)
{
	uint64_t used = c->turns->used[who], from = oldest();

	if (used >= from)
		from = used + 1;
	return from <= newest() ? from : 0;
}

static bool seize(struct crowd *c, size_t who)
{
	return !__atomic_exchange_n(&c->turns->busy[who], true, __ATOMIC_ACQ_REL);
}

static void release(struct crowd *c, size_t who)
{
	__atomic_store_n(&c->turns->busy[who], false, __ATOMIC_RELEASE);
}

static void await_step(void)
{
	const struct timespec at = { .tv_sec = (time_t)((seconds() / STEP_S + 1) * STEP_S) };

	(void)clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &at, NULL);
}

size_t crowd_take(struct crowd *c, uint64_t *step)
{
	for (size_t tried = 0;; tried++) {
		size_t who = __atomic_fetch_add(&c->turns->next, 1, __ATOMIC_RELAXED) % c->n;

		if (tried > 0 && tried % c->n == 0)
			await_step();
		if (!seize(c, who))
			continue;
		*step = next_of(c, who);
		if (*step > 0) {
			c->turns->used[who] = *step;
			return who;
		}
		release(c, who);
	}
}

bool crowd_newest(struct crowd *c, size_t who, uint64_t *step)
{
	*step = newest();
	if (c->turns->used[who] >= *step || !seize(c, who))
		return false;
	c->turns->used[who] = *step;
	return true;
}

bool crowd_take_used(struct crowd *c, size_t *who, uint64_t *step)
{
	for (size_t i = 0; i < c->n; i++) {
		*step = c->turns->accepted[i];
		if (*step < oldest() || c->turns->used[i] != *step)
			continue;
		if (__atomic_exchange_n(&c->turns->again[i], true, __ATOMIC_ACQ_REL))
			continue;
		*who = i;
		return true;
	}
	return false;
}

void crowd_give(struct crowd *c, size_t who, uint64_t step, bool accepted)
{
	if (accepted)
		c->turns->accepted[who] = step;
	release(c, who);
}

void crowd_used(struct crowd *c, size_t who, uint64_t step)
{
	c->turns->used[who] = step;
}

void crowd_await(struct crowd *c, size_t n)
{
	for (;;) {
		size_t left = 0;

		for (size_t i = 0; i < c->n; i++) {
			uint64_t from = next_of(c, i);

			left += from > 0 ? newest() + 1 - from : 0;
		}
		if (left >= n)
			return;
		await_step();
	}
}

void crowd_await_newest(struct crowd *c, size_t n)
{
	for (size_t i = 0; i < n; i++)
		while (c->turns->used[i] >= newest())
			await_step();
}

void crowd_code(const struct crowd *c, size_t who, uint64_t step, char out[8])
{
	struct somebody p = { .step = 0 };

	memcpy(p.secret, c->one[who].secret, sizeof p.secret);
	memcpy(p.email, c->one[who].name, sizeof p.email);
	somebody_code(&p, step, out);
}
