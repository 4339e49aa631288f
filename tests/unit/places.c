/* SPDX-License-Identifier: Apache-2.0 */
#include "places.h"
#include "check.h"

enum { CRASHED = 11, EXITED_112 = 112 << 8, EXITED_0 = 0 };

TEST(limits_give_each_uid_its_places_and_no_more)
{
	struct limits l = { .n = 0 };

	for (pid_t i = 0; i < UID_PLACES; i++) {
		CHECK(!limits_object(&l, USER_SOCKET, 4001, 0));
		limits_begin(&l, USER_SOCKET, 4001, 100 + i);
	}
	CHECK_HAS(limits_object(&l, USER_SOCKET, 4001, 0), "one user");
	CHECK(!limits_object(&l, USER_SOCKET, 4002, 0));
	CHECK_INT(limits_end(&l, 103, EXITED_0, 0).uid, 4001);
	CHECK_INT(limits_end(&l, 103, EXITED_0, 0).pid, -1);
	CHECK(!limits_object(&l, USER_SOCKET, 4001, 0));
}

TEST(limits_of_one_socket_leave_the_other_alone)
{
	struct limits l = { .n = 0 };

	for (pid_t i = 0; i < USER_PLACES; i++) {
		uid_t uid = 4001 + (uid_t)i / UID_PLACES;

		CHECK(!limits_object(&l, USER_SOCKET, uid, 0));
		limits_begin(&l, USER_SOCKET, uid, 100 + i);
	}
	CHECK_HAS(limits_object(&l, USER_SOCKET, 4999, 0), "all places");
	for (pid_t i = 0; i < ROOT_PLACES; i++) {
		CHECK(!limits_object(&l, ROOT_SOCKET, 0, 0));
		limits_begin(&l, ROOT_SOCKET, 0, 1000 + i);
	}
	CHECK_HAS(limits_object(&l, ROOT_SOCKET, 0, 0), "all places");
	for (pid_t i = 0; i < ROOT_PLACES; i++)
		CHECK_INT(limits_end(&l, 1000 + i, EXITED_0, 0).from, ROOT_SOCKET);
	CHECK_HAS(limits_object(&l, USER_SOCKET, 4999, 0), "all places");
	CHECK(!limits_object(&l, ROOT_SOCKET, 0, 0));
}

TEST(limits_of_errands_are_apart)
{
	struct limits l = { .n = 0 };

	for (pid_t i = 0; i < ERRAND_UID_PLACES; i++) {
		CHECK(!limits_object(&l, ON_ERRAND, 990, 0));
		limits_begin(&l, ON_ERRAND, 990, 100 + i);
	}
	CHECK_HAS(limits_object(&l, ON_ERRAND, 990, 0), "one user");
	for (pid_t i = ERRAND_UID_PLACES; i < ERRAND_PLACES; i++) {
		CHECK(!limits_object(&l, ON_ERRAND, 991, 0));
		limits_begin(&l, ON_ERRAND, 991, 100 + i);
	}
	CHECK_HAS(limits_object(&l, ON_ERRAND, 992, 0), "all places");
	CHECK(!limits_object(&l, USER_SOCKET, 4001, 0));
	CHECK_INT(limits_end(&l, 100, CRASHED, 0).from, ON_ERRAND);
	CHECK_HAS(limits_object(&l, ON_ERRAND, 990, 0), "wait");
}

static void once(struct limits *l, enum which from, uid_t uid, int status, int64_t now)
{
	limits_begin(l, from, uid, 7);
	CHECK_INT(limits_end(l, 7, status, now).pid, 7);
}

TEST(limits_slow_whose_conversations_crash_or_time_out)
{
	struct limits l = { .n = 0 };

	once(&l, USER_SOCKET, 4001, EXITED_0, 1000);
	once(&l, USER_SOCKET, 4001, 1 << 8, 1000);
	CHECK(!limits_object(&l, USER_SOCKET, 4001, 1000));
	once(&l, USER_SOCKET, 4001, CRASHED, 1000);
	CHECK_HAS(limits_object(&l, USER_SOCKET, 4001, 1999), "wait");
	CHECK(!limits_object(&l, USER_SOCKET, 4001, 2000));
	CHECK(!limits_object(&l, USER_SOCKET, 4002, 1000));
	once(&l, USER_SOCKET, 4001, EXITED_112, 2000);
	CHECK(limits_object(&l, USER_SOCKET, 4001, 3999));
	CHECK(!limits_object(&l, USER_SOCKET, 4001, 4000));
	for (int i = 0; i < 40; i++)
		once(&l, USER_SOCKET, 4001, CRASHED, 4000);
	CHECK(limits_object(&l, USER_SOCKET, 4001, 63999));
	CHECK(!limits_object(&l, USER_SOCKET, 4001, 64000));
}

TEST(limits_forget_in_time)
{
	struct limits l = { .n = 0 };

	for (int i = 0; i < 3; i++)
		once(&l, USER_SOCKET, 4001, CRASHED, 0); /* until 4000 */
	once(&l, USER_SOCKET, 4001, CRASHED, 64000); /* a minute later: 4, halved, doubled */
	CHECK(limits_object(&l, USER_SOCKET, 4001, 67999));
	CHECK(!limits_object(&l, USER_SOCKET, 4001, 68000));
	once(&l, USER_SOCKET, 4001, EXITED_112, 10000000);
	CHECK(!limits_object(&l, USER_SOCKET, 4001, 10001000));
}

TEST(limits_never_slow_root)
{
	struct limits l = { .n = 0 };

	once(&l, ROOT_SOCKET, 0, CRASHED, 0);
	once(&l, USER_SOCKET, 0, EXITED_112, 0);
	CHECK(!limits_object(&l, ROOT_SOCKET, 0, 1));
	CHECK(!limits_object(&l, USER_SOCKET, 0, 1));
}

TEST(limits_remember_the_latest_of_many_uids)
{
	struct limits l = { .n = 0 };

	for (uid_t uid = 5000; uid < 5000 + 2 * SLOWED_MAX; uid++)
		once(&l, USER_SOCKET, uid, CRASHED, (int64_t)uid);
	CHECK(!limits_object(&l, USER_SOCKET, 5000, 5000));
	CHECK(limits_object(&l, USER_SOCKET, 5000 + 2 * SLOWED_MAX - 1, 5000 + 2 * SLOWED_MAX));
	CHECK(limits_object(&l, USER_SOCKET, 5000 + SLOWED_MAX, 5000 + SLOWED_MAX));
}
