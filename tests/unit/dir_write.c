/* SPDX-License-Identifier: Apache-2.0 */
#include "dir_write.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "dir_people.h"
#include "paths.h"

static uint64_t generation(const char *path)
{
	uint64_t g = 0;

	CHECK_INT(dir_generation(path, &g), 0);
	return g;
}

static mode_t mode(const char *path)
{
	struct stat st;

	CHECK_INT(lstat(path, &st), 0);
	CHECK(S_ISREG(st.st_mode));
	return st.st_mode & 07777;
}

static struct dir_writer *begin(void)
{
	struct dir_writer *w;

	CHECK_INT(dir_write_begin(HC_DIRECTORY_DIR, false, &w), 0);
	return w;
}

TEST(publishing_makes_both_files_whatever_the_umask)
{
	uint64_t g = 5;

	people_folder();
	CHECK_INT(dir_generation(HC_PUBLIC_FILE, &g), -ENXIO);
	CHECK_INT(g, 5);
	umask(077);
	people_publish(false, 7);
	CHECK_INT(mode(HC_PUBLIC_FILE), 0644);
	CHECK_INT(mode(HC_PRIVATE_FILE), 0600);
	CHECK_INT(mode(HC_DIRECTORY_DIR "/lock"), 0600);
	CHECK_INT(generation(HC_PUBLIC_FILE), 7);
	CHECK_INT(generation(HC_PRIVATE_FILE), 7);
	umask(0);
	people_publish(false, UINT64_MAX);
	CHECK_INT(mode(HC_PUBLIC_FILE), 0644);
	CHECK_INT(mode(HC_PRIVATE_FILE), 0600);
	CHECK(generation(HC_PUBLIC_FILE) == UINT64_MAX);
	CHECK_INT(access(HC_DIRECTORY_DIR "/public.new", F_OK), -1);
	CHECK_INT(access(HC_DIRECTORY_DIR "/private.new", F_OK), -1);
}

TEST(publishing_follows_no_link_in_its_folder)
{
	people_folder();
	CHECK_INT(close(creat("precious", 0600)), 0);
	CHECK_INT(symlink("../precious", HC_DIRECTORY_DIR "/public.new"), 0);
	CHECK_INT(link("precious", HC_DIRECTORY_DIR "/private.new"), 0);
	people_publish(false, 1);
	CHECK_INT(mode(HC_PUBLIC_FILE), 0644);

	struct stat st;
	CHECK_INT(stat("precious", &st), 0);
	CHECK_INT(st.st_size, 0);

	struct dir_writer *w = NULL;
	CHECK_INT(unlink(HC_DIRECTORY_DIR "/lock"), 0);
	CHECK_INT(symlink("../precious", HC_DIRECTORY_DIR "/lock"), 0);
	CHECK_INT(dir_write_begin(HC_DIRECTORY_DIR, false, &w), -ELOOP);
	CHECK(w == NULL);
	CHECK_INT(symlink("directory", "elsewhere"), 0);
	CHECK_INT(dir_write_begin("elsewhere", false, &w), -ENOTDIR);
	CHECK_INT(dir_write_begin("nowhere", false, &w), -ENOENT);
}

TEST(publishing_waits_for_the_one_before)
{
	int go[2], status;
	char byte;

	people_folder();
	CHECK_INT(pipe(go), 0);
	pid_t pid = fork(); /* before the lock is taken: a child would hold it too */
	if (pid == 0) {
		close(go[1]);
		CHECK_INT(read(go[0], &byte, 1), 0);
		people_publish(false, 2);
		_exit(0);
	}
	struct dir_writer *first = begin();
	int fd = open(HC_DIRECTORY_DIR "/lock", O_RDWR);
	CHECK_INT(flock(fd, LOCK_EX | LOCK_NB), -1);
	CHECK_INT(errno, EWOULDBLOCK);
	close(go[1]);
	CHECK_INT(dir_add_user(first, &people_ben, NULL, 0), 0);
	CHECK_INT(dir_write_finish(first, 1), 0);

	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK_INT(status, 0);
	CHECK_INT(generation(HC_PUBLIC_FILE), 2);
	CHECK_INT(flock(fd, LOCK_EX | LOCK_NB), 0);
}

static int publish_within(rlim_t bytes)
{
	const struct rlimit limit = { .rlim_cur = bytes, .rlim_max = RLIM_INFINITY };
	const struct rlimit none = { .rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY };
	struct dir_writer *w = begin();

	CHECK_INT(setrlimit(RLIMIT_FSIZE, &limit), 0);
	(void)dir_add_user(w, &people_jdoe, NULL, 0); /* the error sticks: finish returns it */
	(void)dir_add_user(w, &people_ben, NULL, 0);
	(void)dir_add_name(w, "ben@clinic.example", &people_ben);
	int r = dir_write_finish(w, 2);
	CHECK_INT(setrlimit(RLIMIT_FSIZE, &none), 0);
	return r;
}

TEST(publishing_on_a_full_disk_leaves_what_was)
{
	struct rlimit files;
	rlim_t bytes = 0;
	int r;

	people_folder();
	CHECK_INT(getrlimit(RLIMIT_FSIZE, &files), 0);
	CHECK(files.rlim_max == RLIM_INFINITY);
	signal(SIGXFSZ, SIG_IGN);
	people_publish(false, 1);
	for (; (r = publish_within(bytes)) < 0; bytes += 64) {
		CHECK_INT(r, -EFBIG);
		CHECK_INT(generation(HC_PUBLIC_FILE), 1);
		CHECK_INT(generation(HC_PRIVATE_FILE), 1);
		CHECK_INT(access(HC_DIRECTORY_DIR "/public.new", F_OK), -1);
		CHECK_INT(access(HC_DIRECTORY_DIR "/private.new", F_OK), -1);
	}
	CHECK(bytes > 2048);
	CHECK_INT(generation(HC_PUBLIC_FILE), 2);
}

TEST(publishing_can_be_dropped)
{
	people_folder();
	people_publish(false, 1);
	struct dir_writer *w = begin();
	CHECK_INT(dir_add_user(w, &people_ben, NULL, 0), 0);
	dir_write_drop(w);
	CHECK_INT(generation(HC_PUBLIC_FILE), 1);
	CHECK_INT(access(HC_DIRECTORY_DIR "/public.new", F_OK), -1);
	people_publish(false, 2);
	CHECK_INT(generation(HC_PUBLIC_FILE), 2);
}

static int try_user(struct dir_user u)
{
	struct dir_writer *w = begin();
	int r = dir_add_user(w, &u, NULL, 0);

	dir_write_drop(w);
	return r;
}

TEST(ss11_publishing_refuses_users_that_could_do_harm)
{
	static const uint32_t ids[] = { 0, 1, 999, 65534, 65535, UINT32_MAX };
	static const char *const names[] = { "", "root:", "Ben", "ben@clinic.example", "-ben",
		"ben\n" },
				 *const texts[] = { "a:b", "a\nb", "a\x7f", "\x01" },
				 *const paths[] = { "", "home", "/a:b", "/a\nb" };
	struct dir_user u;

	people_folder();
	CHECK_INT(try_user(people_ben), 0);
	for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
		u = people_ben;
		u.uid = ids[i];
		CHECK_INT(try_user(u), -EINVAL);
		u = people_ben;
		u.gid = ids[i];
		CHECK_INT(try_user(u), -EINVAL);
	}
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		u = people_ben;
		u.name = names[i];
		CHECK_INT(try_user(u), -EINVAL);
	}
	for (size_t i = 0; i < 4; i++) {
		u = people_ben;
		u.gecos = texts[i];
		CHECK_INT(try_user(u), -EINVAL);
		u = people_ben;
		u.home = paths[i];
		CHECK_INT(try_user(u), -EINVAL);
		u = people_ben;
		u.shell = paths[i];
		CHECK_INT(try_user(u), -EINVAL);
	}
	u = people_ben;
	u.flags = DIR_SHARED;
	CHECK_INT(try_user(u), -EINVAL);
	u = people_ben;
	u.flags = 4;
	CHECK_INT(try_user(u), -EINVAL);
}

TEST(publishing_leaves_out_what_it_refuses_and_nothing_else)
{
	struct dir_user twin = people_ben;
	uint32_t gids[DIR_GIDS_MAX + 1];
	uint8_t row[4 * DIR_GIDS_MAX + 100];
	size_t len;

	people_folder();
	for (size_t i = 0; i <= DIR_GIDS_MAX; i++)
		gids[i] = (uint32_t)(20000 + i);
	struct dir_writer *w = begin();
	CHECK_INT(dir_add_user(w, &people_ben, gids, DIR_GIDS_MAX + 1), -E2BIG);
	CHECK_INT(dir_add_user(w, &people_ben, (const uint32_t[]){ 20010, 27 }, 2), -EINVAL);
	CHECK_INT(dir_add_user(w, &people_ben, gids, DIR_GIDS_MAX), 0);
	twin.name = "twin";
	CHECK_INT(dir_add_user(w, &twin, NULL, 0), -EEXIST);
	twin = people_jdoe;
	twin.name = "ben";
	CHECK_INT(dir_add_user(w, &twin, NULL, 0), -EEXIST);
	CHECK_INT(dir_add_name(w, "Ben@clinic.example", &people_ben), -EINVAL);
	CHECK_INT(dir_add_name(w, "b/en@clinic.example", &people_ben), -EINVAL);
	CHECK_INT(dir_add_name(w, "ben@clinic.example", &people_ben), 0);
	CHECK_INT(dir_add_name(w, "ben@clinic.example", &people_jdoe), -EEXIST);
	CHECK_INT(dir_add_name(w, "ben@clinic.example", NULL), -EEXIST);
	CHECK_INT(dir_write_finish(w, 1), 0);

	CHECK_INT(dir_find(HC_PUBLIC_FILE, DIR_USER, "twin", row, sizeof row, &len), -ENOENT);
	CHECK_INT(dir_find(HC_PUBLIC_FILE, DIR_MEMBER, "twin", row, sizeof row, &len), -ENOENT);
	CHECK_INT(dir_find(HC_PUBLIC_FILE, DIR_UID, "20000", row, sizeof row, &len), -ENOENT);
	CHECK_INT(dir_find(HC_PUBLIC_FILE, DIR_MEMBER, "ben", row, sizeof row, &len), 0);

	const uint8_t *got;
	CHECK_INT(dir_gids(row, len, &got, &len), 0);
	CHECK_INT(len, DIR_GIDS_MAX);
	for (size_t i = 0; i < len; i++)
		CHECK_INT(dir_gid(got, i), gids[i]);
}

TEST(publishing_cuts_a_long_member_list_between_names)
{
	enum { MEMBERS = 10000, SIZE = sizeof "user00000" };
	char *members = malloc(MEMBERS * SIZE);
	static uint8_t row[DIR_ROW_MAX];
	struct dir_group g = { .name = "staff", .gid = 20010, .members_len = MEMBERS * SIZE };
	size_t len, n = 0;

	people_folder();
	for (int i = 0; i < MEMBERS; i++)
		snprintf(members + i * SIZE, SIZE, "user%05d", i);
	g.members = (const uint8_t *)members;
	struct dir_writer *w = begin();
	CHECK_INT(dir_add_group(w, &g), 0);
	size_t unlisted = dir_write_unlisted(w);
	CHECK(unlisted > 0);
	CHECK_INT(dir_add_group(w, &g), -EEXIST);
	g.name = "other";
	CHECK_INT(dir_add_group(w, &g), -EEXIST);
	g.gid = 100;
	CHECK_INT(dir_add_group(w, &g), -EINVAL);
	CHECK_INT(dir_write_finish(w, 1), 0);

	CHECK_INT(dir_find(HC_PUBLIC_FILE, DIR_GROUP, "staff", row, sizeof row, &len), 0);
	CHECK_INT(dir_group(row, len, &g), 0);
	struct reader items = reader_of(g.members, g.members_len);
	for (const char *s; (s = next_text(&items)); n++)
		CHECK_TEXT(s, members + n * SIZE);
	CHECK_INT(n + unlisted, MEMBERS);
	free(members);
}
