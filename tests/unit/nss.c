/* SPDX-License-Identifier: Apache-2.0 */
/* The module's functions as glibc calls them. */
#include "../nss_hcauth/nss_hcauth.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "dir_people.h"
#include "paths.h"

static char space[4096];
static struct passwd pw;
static struct group gr;
static int err;

static int user_named(const char *name)
{
	return _nss_hcauth_getpwnam_r(name, &pw, space, sizeof space, &err);
}

static int user_numbered(uid_t uid)
{
	return _nss_hcauth_getpwuid_r(uid, &pw, space, sizeof space, &err);
}

static int group_named(const char *name)
{
	return _nss_hcauth_getgrnam_r(name, &gr, space, sizeof space, &err);
}

static int group_numbered(gid_t gid)
{
	return _nss_hcauth_getgrgid_r(gid, &gr, space, sizeof space, &err);
}

/* The gids in front of which stands the caller's own group, as text. */
static int groups_of(const char *user, long int limit, char *text)
{
	long int start = 1, size = 1;
	gid_t *list = malloc(sizeof *list);

	list[0] = 7;
	int r = _nss_hcauth_initgroups_dyn(user, 20011, &start, &size, &list, limit, &err);
	for (long int i = 0; i < start; i++)
		text += sprintf(text, "%u ", list[i]);
	*text = 0;
	CHECK(start <= size);
	free(list);
	return r;
}

static void check_jdoe(void)
{
	CHECK_TEXT(pw.pw_name, "jdoe-stj");
	CHECK_TEXT(pw.pw_passwd, "*");
	CHECK_INT(pw.pw_uid, 20000);
	CHECK_INT(pw.pw_gid, 20000);
	CHECK_TEXT(pw.pw_gecos, "Jane Doe");
	CHECK_TEXT(pw.pw_dir, "/home/jdoe-stj");
	CHECK_TEXT(pw.pw_shell, "/bin/bash");
	pw = (struct passwd){ .pw_name = NULL };
}

TEST(nss_answers_by_every_name)
{
	static const char *const names[] = { "jdoe-stj", "jane@clinic.example",
		"Jane@Clinic.EXAMPLE", "hc012345", "HC012345" };

	people_folder();
	people_publish(false, 1);
	for (size_t i = 0; i < 5; i++) {
		errno = 4711;
		CHECK_INT(user_named(names[i]), NSS_STATUS_SUCCESS);
		CHECK_INT(errno, 4711);
		check_jdoe();
	}
	CHECK_INT(user_numbered(20000), NSS_STATUS_SUCCESS);
	check_jdoe();
	CHECK_INT(user_named("ben"), NSS_STATUS_SUCCESS);
	CHECK_TEXT(pw.pw_gecos, "Ben Brontë");
}

TEST(nss_answers_groups)
{
	people_folder();
	people_publish(false, 1);
	for (int by_gid = 0; by_gid < 2; by_gid++) {
		CHECK_INT(
			by_gid ? group_numbered(20010) : group_named("staff"), NSS_STATUS_SUCCESS);
		CHECK_TEXT(gr.gr_name, "staff");
		CHECK_TEXT(gr.gr_passwd, "*");
		CHECK_INT(gr.gr_gid, 20010);
		CHECK_TEXT(gr.gr_mem[0], "jdoe-stj");
		CHECK_TEXT(gr.gr_mem[1], "ben");
		CHECK(gr.gr_mem[2] == NULL);
	}
	CHECK_INT(group_named("users-stj"), NSS_STATUS_SUCCESS);
	CHECK(gr.gr_mem[0] == NULL);
}

TEST(nss_answers_initgroups_within_the_limit)
{
	char text[200];

	people_folder();
	people_publish(false, 1);
	CHECK_INT(groups_of("ben", 0, text), NSS_STATUS_SUCCESS);
	CHECK_TEXT(text, "7 20010 ");
	CHECK_INT(groups_of("jdoe-stj", -1, text), NSS_STATUS_SUCCESS);
	CHECK_TEXT(text, "7 20010 "); /* 20011 is the caller's already */
	CHECK_INT(groups_of("Jane@clinic.example", 0, text), NSS_STATUS_SUCCESS);
	CHECK_TEXT(text, "7 20010 ");
	CHECK_INT(groups_of("ben", 1, text), NSS_STATUS_SUCCESS);
	CHECK_TEXT(text, "7 ");
	CHECK_INT(groups_of("ben", 2, text), NSS_STATUS_SUCCESS);
	CHECK_TEXT(text, "7 20010 ");
	CHECK_INT(groups_of("nobody-here", 0, text), NSS_STATUS_NOTFOUND);
	CHECK_INT(groups_of("both@clinic.example", 0, text), NSS_STATUS_NOTFOUND);
	CHECK_TEXT(text, "7 ");
}

/* chown, install and su ask for a user of that name before they take it for a number, or for a user and a group. */
TEST(nss_has_nobody_called_as_a_number_or_as_user_and_group)
{
	static const char *const names[] = { "0", "1000", "root.root" };

	people_folder();
	people_publish(false, 1);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		CHECK_INT(user_named(names[i]), NSS_STATUS_NOTFOUND);
	CHECK_INT(user_named("hc012345"), NSS_STATUS_SUCCESS);
}

TEST(nss_has_nobody_else)
{
	static const char *const names[] = { "", "root", "Ben", "JDOE-STJ", "ben ", " ben",
		"jane+x@clinic.example", "jane@sub.clinic.example", "jane@clinic.example.",
		"jane@cl\xc4\xb1nic.example", "jane\xe2\x80\x8d@clinic.example",
		"jane\357\274\240clinic.example", "hc01234\xe2\x84\xaa", "jane@clinic.example/x",
		"both@clinic.example", "jdoe-stj@clinic.example", "jane", "u20000", "20000" };
	static const uid_t ids[] = { 0, 999, 1000, 19999, 20002, 65534, UINT32_MAX };
	char long_name[5000];

	people_folder();
	people_publish(false, 1);
	memset(long_name, 'a', sizeof long_name);
	long_name[sizeof long_name - 1] = 0;
	CHECK_INT(user_named(long_name), NSS_STATUS_NOTFOUND);
	CHECK_INT(group_named(long_name), NSS_STATUS_NOTFOUND);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		CHECK_INT(user_named(names[i]), NSS_STATUS_NOTFOUND);
		CHECK_INT(err, ENOENT);
		CHECK_INT(group_named(names[i]), NSS_STATUS_NOTFOUND);
		CHECK_INT(_nss_hcauth_getpwnam_r(names[i], &pw, NULL, 0, &err),
			i == 14 ? NSS_STATUS_TRYAGAIN : NSS_STATUS_NOTFOUND); /* the marker row */
	}
	for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
		CHECK_INT(user_numbered(ids[i]), NSS_STATUS_NOTFOUND);
		CHECK_INT(group_numbered(ids[i]), NSS_STATUS_NOTFOUND);
	}
}

static bool inside(const void *p, const char *buf, size_t size)
{
	return (const char *)p >= buf && (const char *)p < buf + size;
}

/* Calls with buffers of 0, 1, 2 … bytes until it is enough, which must be so by most. */
static char *grow(
	int (*ask)(char *, size_t), const void *out, size_t out_size, size_t most, size_t *enough)
{
	unsigned char before[sizeof(struct passwd) + sizeof(struct group)];

	memcpy(before, out, out_size);
	for (size_t n = 0; n <= most; n++) {
		char *buf = malloc(n); /* of this very size, for the sanitizer */
		err = 0;
		int r = ask(buf, n);

		if (r == NSS_STATUS_SUCCESS) {
			*enough = n;
			return buf;
		}
		CHECK_INT(r, NSS_STATUS_TRYAGAIN);
		CHECK_INT(err, ERANGE);
		CHECK_BYTES(before, out, out_size);
		free(buf);
	}
	check_fail(__FILE__, __LINE__, "%zu bytes are not enough", most);
}

static int ask_name(char *buf, size_t n)
{
	return _nss_hcauth_getpwnam_r("jdoe-stj", &pw, buf, n, &err);
}

static int ask_address(char *buf, size_t n)
{
	return _nss_hcauth_getpwnam_r("jane@clinic.example", &pw, buf, n, &err);
}

static int ask_uid(char *buf, size_t n)
{
	return _nss_hcauth_getpwuid_r(20000, &pw, buf, n, &err);
}

static int ask_group(char *buf, size_t n)
{
	return _nss_hcauth_getgrnam_r("staff", &gr, buf, n, &err);
}

static int ask_gid(char *buf, size_t n)
{
	return _nss_hcauth_getgrgid_r(20010, &gr, buf, n, &err);
}

static int ask_listed(char *buf, size_t n)
{
	return _nss_hcauth_getpwent_r(&pw, buf, n, &err);
}

TEST(ns01_nss_buffers_from_nothing_up)
{
	static int (*const users[])(
		char *, size_t) = { ask_name, ask_address, ask_uid, ask_listed };
	static int (*const groups[])(char *, size_t) = { ask_group, ask_gid };
	size_t n;

	people_folder();
	people_publish(true, 1);
	_nss_hcauth_setpwent(0);
	for (size_t i = 0; i < 4; i++) {
		char *buf = grow(users[i], &pw, sizeof pw, 200, &n);

		CHECK(n > 64);
		CHECK(inside(pw.pw_name, buf, n) && inside(pw.pw_passwd, buf, n) &&
			inside(pw.pw_gecos, buf, n) && inside(pw.pw_dir, buf, n) &&
			inside(pw.pw_shell, buf, n));
		check_jdoe();
		free(buf);
	}
	for (size_t i = 0; i < 2; i++) {
		char *buf = grow(groups[i], &gr, sizeof gr, 200, &n);

		CHECK(inside(gr.gr_name, buf, n) && inside(gr.gr_passwd, buf, n) &&
			inside(gr.gr_mem, buf, n) && inside(gr.gr_mem + 2, buf, n) &&
			inside(gr.gr_mem[0], buf, n) && inside(gr.gr_mem[1], buf, n));
		CHECK_TEXT(gr.gr_mem[1], "ben");
		CHECK(gr.gr_mem[2] == NULL);
		gr = (struct group){ .gr_name = NULL };
		free(buf);
	}
}

TEST(nss_lists_when_asked_to)
{
	people_folder();
	people_publish(false, 1);
	_nss_hcauth_setpwent(0);
	errno = 0; /* as whoever reads to the end does, and looks at it then */
	CHECK_INT(_nss_hcauth_getpwent_r(&pw, space, sizeof space, &errno), NSS_STATUS_NOTFOUND);
	CHECK_INT(errno, 0);
	_nss_hcauth_setgrent(0);
	CHECK_INT(_nss_hcauth_getgrent_r(&gr, space, sizeof space, &errno), NSS_STATUS_NOTFOUND);
	CHECK_INT(errno, 0);

	people_publish(true, 2);
	for (int twice = 0; twice < 2; twice++) {
		_nss_hcauth_setpwent(0);
		CHECK_INT(_nss_hcauth_getpwent_r(&pw, space, 20, &err), NSS_STATUS_TRYAGAIN);
		CHECK_INT(
			_nss_hcauth_getpwent_r(&pw, space, sizeof space, &err), NSS_STATUS_SUCCESS);
		check_jdoe();
		CHECK_INT(
			_nss_hcauth_getpwent_r(&pw, space, sizeof space, &err), NSS_STATUS_SUCCESS);
		CHECK_TEXT(pw.pw_name, "ben");
		CHECK_INT(_nss_hcauth_getpwent_r(&pw, space, sizeof space, &err),
			NSS_STATUS_NOTFOUND);
		_nss_hcauth_endpwent();
	}
	int n = 0;
	_nss_hcauth_setgrent(0);
	while (_nss_hcauth_getgrent_r(&gr, space, sizeof space, &err) == NSS_STATUS_SUCCESS)
		n++;
	CHECK_INT(n, 3);
	_nss_hcauth_endgrent();
}

static void check_unavailable(int error)
{
	char text[100];

	errno = 4711;
	CHECK_INT(user_named("ben"), NSS_STATUS_UNAVAIL);
	CHECK_INT(err, error);
	CHECK_INT(errno, 4711);
	CHECK_INT(user_numbered(20001), NSS_STATUS_UNAVAIL);
	CHECK_INT(group_named("staff"), NSS_STATUS_UNAVAIL);
	CHECK_INT(group_numbered(20010), NSS_STATUS_UNAVAIL);
	CHECK_INT(groups_of("ben", 0, text), NSS_STATUS_UNAVAIL);
	CHECK_TEXT(text, "7 ");
	_nss_hcauth_setpwent(0);
	CHECK_INT(_nss_hcauth_getpwent_r(&pw, space, sizeof space, &err), NSS_STATUS_UNAVAIL);
	_nss_hcauth_setgrent(0);
	CHECK_INT(_nss_hcauth_getgrent_r(&gr, space, sizeof space, &err), NSS_STATUS_UNAVAIL);
}

/* errno is the program's own, nothing is printed, and no locale is asked: the module has none of its functions. */
TEST(ns07_a_look_up_leaves_errno_and_output_alone)
{
	int two[2], kept[2] = { dup(STDOUT_FILENO), dup(STDERR_FILENO) };
	char text[16];

	people_folder();
	people_publish(false, 1);
	CHECK(pipe2(two, O_NONBLOCK | O_CLOEXEC) == 0);
	CHECK(dup2(two[1], STDOUT_FILENO) >= 0 && dup2(two[1], STDERR_FILENO) >= 0);
	errno = ENOTTY;
	bool found = user_named("jane@clinic.example") == NSS_STATUS_SUCCESS && errno == ENOTTY &&
		group_named("nobody-of-that-name") == NSS_STATUS_NOTFOUND;
	CHECK(dup2(kept[0], STDOUT_FILENO) >= 0 && dup2(kept[1], STDERR_FILENO) >= 0);
	CHECK(found);
	CHECK_INT(read(two[0], text, sizeof text), -1);
}

TEST(ns05_nss_without_a_sound_file_is_unavailable_at_once)
{
	people_folder();
	check_unavailable(ENOENT);
	CHECK_INT(mkfifo(HC_PUBLIC_FILE, 0644), 0);
	check_unavailable(ESPIPE);
	CHECK_INT(unlink(HC_PUBLIC_FILE), 0);
	CHECK_INT(mkdir(HC_PUBLIC_FILE, 0755), 0);
	check_unavailable(EISDIR);
	CHECK_INT(rmdir(HC_PUBLIC_FILE), 0);
	people_publish(true, 1);
	CHECK_INT(rename(HC_PUBLIC_FILE, "elsewhere"), 0);
	CHECK_INT(symlink("../elsewhere", HC_PUBLIC_FILE), 0);
	check_unavailable(ELOOP);
	CHECK_INT(unlink(HC_PUBLIC_FILE), 0);
	CHECK_INT(close(creat(HC_PUBLIC_FILE, 0644)), 0);
	check_unavailable(EBADMSG);
	CHECK_INT(truncate(HC_PUBLIC_FILE, 4096), 0); /* zeros: lost in a power cut */
	check_unavailable(EBADMSG);
	CHECK_INT(rename("elsewhere", HC_PUBLIC_FILE), 0);
	CHECK_INT(user_named("ben"), NSS_STATUS_SUCCESS);
}

TEST(ns06_nss_without_a_free_descriptor_is_unavailable)
{
	struct rlimit limit;

	people_folder();
	people_publish(false, 1);
	CHECK_INT(getrlimit(RLIMIT_NOFILE, &limit), 0);
	const rlim_t old = limit.rlim_cur;
	limit.rlim_cur = 3;
	CHECK_INT(setrlimit(RLIMIT_NOFILE, &limit), 0);
	CHECK_INT(user_named("ben"), NSS_STATUS_UNAVAIL);
	CHECK_INT(err, EMFILE);
	close(0);
	CHECK_INT(user_named("ben"), NSS_STATUS_SUCCESS);
	CHECK_INT(open("/dev/null", O_RDONLY), 0); /* it gave the descriptor back */
	limit.rlim_cur = old; /* the sanitizer's end needs some */
	CHECK_INT(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void put_fake(struct writer *w, const void *arg)
{
	const struct dir_user *u = arg;

	put_text(w, DIR_T_NAME, u->name);
	put_u32(w, DIR_T_UID, u->uid);
	put_u32(w, DIR_T_GID, u->gid);
	put_text(w, DIR_T_GECOS, "");
	put_text(w, DIR_T_HOME, "/root");
	put_text(w, DIR_T_SHELL, "/bin/sh");
	put_u8(w, DIR_T_FLAGS, 0);
}

static void put_group(struct writer *w, const void *arg)
{
	const struct dir_user *u = arg;

	put_text(w, DIR_T_NAME, u->name);
	put_u32(w, DIR_T_GID, u->gid);
}

static void put_gids(struct writer *w, const void *arg)
{
	(void)arg;
	put_bytes(w, DIR_T_GIDS, "\0\0\x4e\x2a\0\0\0\x1b", 8); /* staff, sudo */
}

static void put_existing(struct writer *w, const void *arg)
{
	const struct dir_user *u = arg;

	put_text(w, DIR_T_NAME, u->name);
	put_u32(w, DIR_T_UID, u->uid);
	put_u8(w, DIR_T_FLAGS, DIR_EXISTING);
}

TEST(nss_takes_no_other_uid_from_the_machine_s_own_users)
{
	const struct dir_user root = { .name = "root", .uid = 20000 };

	people_folder();
	struct raw *f = raw_begin(HC_PUBLIC_FILE);
	raw_add(f, "uroot", put_existing, &root);
	raw_add(f, "i20000", put_existing, &root);
	raw_end(f);
	CHECK_INT(user_named("root"), NSS_STATUS_NOTFOUND);
	CHECK_INT(user_numbered(20000), NSS_STATUS_NOTFOUND);
}

TEST(ss11_nss_never_makes_anybody_root)
{
	static const uint32_t ids[] = { 0, 1, 999, 65534, 65535, UINT32_MAX };
	struct dir_user u = { .name = "eve" };
	char text[100];

	people_folder();
	for (size_t i = 0; i < 12; i++) {
		struct raw *f = raw_begin(HC_PUBLIC_FILE);

		u.uid = i < 6 ? ids[i] : 20000;
		u.gid = i < 6 ? 20000 : ids[i - 6];
		raw_add(f, "ueve", put_fake, &u);
		raw_add(f, "i20000", put_fake, &u);
		raw_add(f, "meve", put_gids, NULL);
		raw_add(f, "geve", put_group, &u);
		raw_add(f, "j20001", put_group, &u);
		raw_add(f, "uben", put_fake, &people_jdoe); /* another's name and uid */
		raw_add(f, "i20001", put_fake, &people_jdoe);
		raw_end(f);
		CHECK_INT(user_named("eve"), NSS_STATUS_UNAVAIL);
		CHECK_INT(user_numbered(20000), NSS_STATUS_UNAVAIL);
		CHECK_INT(user_named("ben"), NSS_STATUS_UNAVAIL);
		CHECK_INT(user_numbered(20001), NSS_STATUS_UNAVAIL);
		CHECK_INT(groups_of("eve", 0, text), NSS_STATUS_UNAVAIL);
		CHECK_TEXT(text, "7 ");
		CHECK_INT(group_numbered(20001), NSS_STATUS_UNAVAIL);
		CHECK_INT(group_named("eve"), i < 6 ? NSS_STATUS_SUCCESS : NSS_STATUS_UNAVAIL);
	}
}
