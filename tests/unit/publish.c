/* SPDX-License-Identifier: Apache-2.0 */
/* Publishing. What must hold: what is committed can be looked up before anybody is answered; a
 * conversation that finds the directory behind, damaged or missing mends it; people are listed only if
 * the settings say so. */
#include "publish.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "factor.h"
#include "people.h"
#include "verbs.h"
#include "world.h"

#define CHECK_VERDICT(v, talk) CHECK_INT((talk)->outcome.result, v)

static void file_of(const struct world *w, const char *file, char out[200])
{
	snprintf(out, 200, "%s/directory/%s", w->folder, file);
}

TEST(what_was_added_is_there_when_the_command_ends)
{
	struct world w = world_at("2026-05-04 09:00:00");
	struct dir_user u;

	add_ada(&w);
	CHECK_INT(published_user(&w, "public.cdb", DIR_USER, "adae", &u), 0);
	CHECK_INT(u.uid, 20000);
	CHECK_INT(u.gid, 20000);
	CHECK_TEXT(u.gecos, "Ada Example");
	CHECK_TEXT(u.home, "/home/adae");
	CHECK_INT(u.flags, 0);
	CHECK_INT(published_user(&w, "public.cdb", DIR_UID, "20000", &u), 0);
	CHECK_TEXT(u.name, "adae");
	CHECK_INT(published_user(&w, "private.cdb", DIR_NAME, ADA, &u), 0);
	CHECK_TEXT(u.name, "adae");
	CHECK_INT(published_user(&w, "private.cdb", DIR_NAME, "hc000001", &u), -ENOENT);
	CHECK_INT(published_user(&w, "public.cdb", DIR_NAME, ADA, &u), -ENOENT);
	CHECK_VERDICT(GRANTED,
		COMMAND(&w, "account", "add", "HC000002", "--practice", "stj", "--user", "benj",
			"--groups", "ward"));
	CHECK_INT(published_user(&w, "private.cdb", DIR_NAME, "hc000002", &u), 0);
	CHECK_TEXT(u.name, "benj");
	CHECK_TEXT(u.gecos, "HC000002");
}

TEST(only_root_s_file_knows_addresses)
{
	struct world w = world_at("2026-05-04 09:00:00");
	struct stat st;
	char path[200];

	add_ada(&w);
	file_of(&w, "private.cdb", path);
	CHECK_INT(stat(path, &st), 0);
	CHECK_INT(st.st_mode & 0777, 0600);
	file_of(&w, "public.cdb", path);
	CHECK_INT(stat(path, &st), 0);
	CHECK_INT(st.st_mode & 0777, 0644);
	char bytes[65536];
	int fd = open(path, O_RDONLY);
	ssize_t n = read(fd, bytes, sizeof bytes);
	CHECK(n > 0 && memmem(bytes, (size_t)n, "adae", 4) != NULL);
	CHECK(memmem(bytes, (size_t)n, "@example.org", 12) == NULL);
	CHECK(memmem(bytes, (size_t)n, "HC000001", 8) == NULL);
	close(fd);
}

static int rename_ada(struct txn *t, void *arg)
{
	struct person ada;

	(void)arg;
	CHECK_INT(person_by_name(t, ADA, &ada), 0);
	snprintf(ada.identity.name, sizeof ada.identity.name, "Ada Married");
	CHECK_INT(identity_save(t, &ada.identity), 0);
	return directory_changed(t);
}

/* SF-19: killed between its commit and its publishing. */
TEST(a_directory_that_is_behind_is_mended_by_the_next_conversation)
{
	struct world w = world_at("2026-05-04 09:00:00");
	struct dir_user u;
	char none = 0;

	add_ada(&w);
	CHECK_INT(in_store(&w, rename_ada, &none, sizeof none), 0);
	CHECK_INT(published_user(&w, "public.cdb", DIR_USER, "adae", &u), 0);
	CHECK_TEXT(u.gecos, "Ada Example");
	uint64_t serial = world_serial(&w);
	CHECK_VERDICT(GRANTED,
		converse(&w, PURPOSE_ACCOUNT, "sshd", "adae", (const char *const[]){ NULL }));
	CHECK_INT(published_user(&w, "public.cdb", DIR_USER, "adae", &u), 0);
	CHECK_TEXT(u.gecos, "Ada Married");
	CHECK_INT(world_serial(&w), serial); /* mending is no commit */
	CHECK_HAS(COMMAND(&w, "status")->seen, "directory_published  yes");
}

static void spoil(const struct world *w, const char *file, unsigned how)
{
	char path[200];
	int fd;

	file_of(w, file, path);
	if (how == 0)
		CHECK_INT(unlink(path), 0);
	else if (how == 1)
		CHECK_INT(truncate(path, 0), 0);
	else if (how == 2)
		CHECK_INT(truncate(path, 1000), 0);
	else {
		CHECK((fd = open(path, O_WRONLY | O_TRUNC)) >= 0);
		for (int i = 0; i < 4096; i++)
			CHECK(write(fd, "\xff", 1) == 1);
		close(fd);
	}
}

TEST(a_missing_or_damaged_file_is_made_anew)
{
	struct world w = world_at("2026-05-04 09:00:00");
	static const char *const file[] = { "public.cdb", "private.cdb" };
	struct dir_user u;

	add_ada(&w);
	for (unsigned how = 0; how < 4; how++)
		for (size_t i = 0; i < 2; i++) {
			spoil(&w, file[i], how);
			CHECK_VERDICT(GRANTED,
				converse(&w, PURPOSE_ACCOUNT, "sshd", "adae",
					(const char *const[]){ NULL }));
			CHECK_INT(published_user(&w, "public.cdb", DIR_USER, "adae", &u), 0);
			CHECK_INT(published_user(&w, "private.cdb", DIR_NAME, ADA, &u), 0);
		}
}

TEST(people_are_listed_only_if_the_settings_say_so)
{
	struct world w = world_at("2026-05-04 09:00:00");
	char row[512], path[200];
	size_t len;

	add_ada(&w);
	file_of(&w, "public.cdb", path);
	CHECK_INT(dir_find(path, DIR_LIST_USER, "0", row, sizeof row, &len), -ENOENT);
	w.conf.list_users = true;
	CHECK_VERDICT(GRANTED,
		COMMAND(&w, "status")); /* any conversation sees that the settings changed */
	CHECK_INT(dir_find(path, DIR_LIST_USER, "0", row, sizeof row, &len), 0);
	CHECK_VERDICT(GRANTED,
		COMMAND(&w, "account", "add", "HC000002", "--practice", "stj", "--user", "benj"));
	CHECK_INT(dir_find(path, DIR_LIST_USER, "1", row, sizeof row, &len), 0);
	CHECK(dir_listed(row, len) != NULL);
	CHECK_INT(dir_find(path, DIR_LIST_USER, "2", row, sizeof row, &len), -ENOENT);
	w.conf.list_users = false;
	CHECK_VERDICT(GRANTED,
		COMMAND(&w, "account", "add", "HC000003", "--practice", "stj", "--user", "cleo"));
	CHECK_INT(dir_find(path, DIR_LIST_USER, "0", row, sizeof row, &len), -ENOENT);
}

TEST(groups_are_published_with_their_members)
{
	struct world w = world_at("2026-05-04 09:00:00");
	char row[4096], path[200];
	struct dir_group g;
	const uint8_t *gids;
	size_t len, n;

	add_ada(&w);
	CHECK_VERDICT(GRANTED,
		COMMAND(&w, "account", "add", "HC000002", "--practice", "stj", "--user", "benj",
			"--groups", "ward,lab"));
	CHECK_VERDICT(GRANTED,
		COMMAND(&w, "account", "add", "HC000003", "--practice", "stj", "--user", "cleo",
			"--groups", "ward"));
	file_of(&w, "public.cdb", path);
	CHECK_INT(dir_find(path, DIR_GROUP, "ward", row, sizeof row, &len), 0);
	CHECK_INT(dir_group(row, len, &g), 0);
	CHECK_INT(g.members_len, sizeof "benj\0cleo");
	CHECK(g.gid >= 20000);
	uint32_t ward = g.gid;
	CHECK_INT(dir_find(path, DIR_GROUP, "benj", row, sizeof row, &len), 0);
	CHECK_INT(dir_group(row, len, &g), 0);
	CHECK_INT(g.members_len, 0);
	CHECK_INT(dir_find(path, DIR_MEMBER, "benj", row, sizeof row, &len), 0);
	CHECK_INT(dir_gids(row, len, &gids, &n), 0);
	CHECK_INT(n, 2);
	CHECK(dir_gid(gids, 0) == ward || dir_gid(gids, 1) == ward);
}

/* So that it is we who refuse them, and not the next module that lets them in. */
TEST(who_is_switched_off_keeps_their_row)
{
	struct world w = world_at("2026-05-04 09:00:00");
	struct dir_user u;

	add_ada(&w);
	CHECK_VERDICT(GRANTED, COMMAND(&w, "identity", "disable", ADA));
	CHECK_VERDICT(GRANTED, COMMAND(&w, "account", "disable", "adae"));
	CHECK_INT(published_user(&w, "public.cdb", DIR_USER, "adae", &u), 0);
	CHECK_INT(published_user(&w, "private.cdb", DIR_NAME, ADA, &u), 0);
}
