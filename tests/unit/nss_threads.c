/* SPDX-License-Identifier: Apache-2.0 */
/* The module in programs with threads. */
#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../nss_hcauth/nss_hcauth.h"
#include "check.h"
#include "dir_people.h"

enum { THREADS = 8, LOOKUPS = 2000 };

static atomic_int running;

/* Not inlined: AddressSanitizer takes what a cancelled frame leaves behind for a fault. */
__attribute__((noinline)) static void look_up(const char *name, const char *user, uid_t uid)
{
	char buf[1024];
	struct passwd pw;
	int err;

	CHECK_INT(_nss_hcauth_getpwnam_r(name, &pw, buf, sizeof buf, &err), NSS_STATUS_SUCCESS);
	CHECK_TEXT(pw.pw_name, user);
	CHECK_INT(pw.pw_uid, uid);
}

static void *look_up_often(void *arg)
{
	for (int i = 0; i < LOOKUPS; i++) {
		look_up("jane@clinic.example", "jdoe-stj", 20000);
		look_up("ben", "ben", 20001);
	}
	running--;
	return arg;
}

TEST(ns06_nss_in_eight_threads_while_it_is_published)
{
	pthread_t threads[THREADS];
	uint64_t generation = 1;

	people_folder();
	people_publish(false, generation);
	running = THREADS;
	for (int i = 0; i < THREADS; i++)
		CHECK_INT(pthread_create(&threads[i], NULL, look_up_often, NULL), 0);
	while (running > 0) {
		generation++;
		people_publish(generation % 2, generation);

		pid_t pid = fork(); /* a child of a program with threads */
		if (pid == 0) {
			look_up("ben", "ben", 20001);
			_exit(0);
		}
		int status;
		CHECK_INT(waitpid(pid, &status, 0), pid);
		CHECK_INT(status, 0);
	}
	for (int i = 0; i < THREADS; i++)
		CHECK_INT(pthread_join(threads[i], NULL), 0);
	CHECK(generation > 2);
}

static int descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static void *look_up_for_ever(void *arg)
{
	running = 1;
	for (;;) {
		look_up("ben", "ben", 20001);
		pthread_testcancel();
	}
	return arg;
}

TEST(nss_in_a_cancelled_thread_leaves_no_descriptor)
{
	people_folder();
	people_publish(false, 1);

	int before = descriptors();
	for (int i = 0; i < 200; i++) {
		pthread_t t;
		void *end;

		running = 0;
		CHECK_INT(pthread_create(&t, NULL, look_up_for_ever, NULL), 0);
		while (!running)
			sched_yield();
		CHECK_INT(pthread_cancel(t), 0);
		CHECK_INT(pthread_join(t, &end), 0);
		CHECK(end == PTHREAD_CANCELED);
	}
	CHECK_INT(descriptors(), before);
}
