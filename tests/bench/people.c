/* SPDX-License-Identifier: Apache-2.0 */
/* bench-people PEOPLE FOLDER [LDIF]: publishes PEOPLE people and their groups in hcauth's directory, and writes
 * the same to FOLDER/passwd, FOLDER/group and LDIF, from which others serve them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/people.h"
#include "dir_write.h"
#include "name.h"
#include "paths.h"

static _Noreturn void fail(const char *what, int r)
{
	fprintf(stderr, "bench-people: %s: %s\n", what, strerror(-r));
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
		fprintf(stderr, "usage: bench-people PEOPLE FOLDER [LDIF]\n");
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
}
