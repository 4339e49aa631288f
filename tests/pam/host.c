/* SPDX-License-Identifier: Apache-2.0 */
/* Programs in odd states: items, descriptors, limits, signals, and the daemon out of reach. */
#include "cases.h"

#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "packet.h"

TEST(pc20_items_that_are_absent_long_or_odd)
{
	struct person p = with(right, 2);
	char longest[10241];

	memset(longest, 'r', 10240);
	longest[10240] = 0;
	begin("v granted jdoe 20001 -");
	pam_handle_t *pamh = rig_start("jdoe", "", &p);
	CHECK_CODE(pam_authenticate(pamh, 0), "SUCCESS");
	CHECK_TEXT((const char *)seen->rhost, "");
	CHECK_TEXT((const char *)seen->tty, "");
	CHECK_TEXT((const char *)seen->ruser, "");
	CHECK(pam_set_item(pamh, PAM_RHOST, longest) == PAM_SUCCESS);
	CHECK(pam_set_item(pamh, PAM_TTY, "../../etc/passwd\n\x1b[2J") == PAM_SUCCESS);
	CHECK(pam_set_item(pamh, PAM_RUSER, "::1%eth0 \xff\xfe") == PAM_SUCCESS);
	(void)pam_authenticate(pamh, 0); /* where audit is on, libpam itself balks at this host */
	CHECK_INT(strlen((const char *)seen->rhost), 255);
	CHECK_TEXT((const char *)seen->tty, "../../etc/passwd\n\x1b[2J");
	CHECK_TEXT((const char *)seen->ruser, "::1%eth0 \xff\xfe");
	pam_end(pamh, 0);
}

TEST(pc20_a_name_of_10_kib_is_nobody)
{
	char name[10241];
	struct person p = with(right, 2);

	memset(name, 'n', 10240);
	name[10240] = 0;
	begin(SIGN_IN);
	CHECK_CODE(sign_in(name, "", &p), "AUTH_ERR");
	CHECK_INT(strlen((const char *)seen->name), 255);
	CHECK_INT(seen->answers, 2);
}

static void check_in_child(void (*run)(void))
{
	int status;
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (pid == 0) {
		run();
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK_INT(status, 0);
}

static void without_stdio(void)
{
	struct person p = with(right, 2);
	struct stat st;

	close(0);
	close(1);
	close(2);
	pam_handle_t *pamh = rig_start("jdoe", "", &p);
	int r = pam_authenticate(pamh, 0);
	pam_end(pamh, r);
	if (r != PAM_SUCCESS || seen->answers != 2 || fstat(0, &st) == 0 || fstat(2, &st) == 0)
		_exit(1);
}

TEST(pc21_stdio_closed)
{
	begin(SIGN_IN);
	check_in_child(without_stdio);
}

static void check_socket_is_high(void)
{
	const int64_t soon = boot_ms() + 1000;

	close(0);
	close(1);
	close(2);
	_exit(packet_connect("./root.sock", soon) > 2 ? 0 : 1);
}

TEST(pc21_the_conversation_is_never_descriptor_0_1_or_2)
{
	begin("S");
	check_in_child(check_socket_is_high);
}

static void with_few_files(void)
{
	struct person p = with(right, 2);
	struct rlimit three = { 3, 3 };
	pam_handle_t *pamh = rig_start("jdoe", "", &p);

	CHECK(setrlimit(RLIMIT_NOFILE, &three) == 0);
	int r = pam_authenticate(
		pamh, 0); /* libpam's own audit fails too, with a code of its own */
	CHECK(r != PAM_SUCCESS && r != PAM_IGNORE && seen->connections == 0);
}

TEST(pc21_no_descriptors_left)
{
	begin(SIGN_IN);
	check_in_child(with_few_files);
}

static void with_limits(void)
{
	struct person p = with(right, 2);
	struct rlimit none = { 0, 0 };

	pam_handle_t *pamh = rig_start("jdoe", "", &p);
	umask(0777);
	CHECK(setrlimit(RLIMIT_FSIZE, &none) == 0);
	signal(SIGXFSZ, SIG_IGN);
	if (pam_authenticate(pamh, 0) != PAM_SUCCESS || umask(0777) != 0777)
		_exit(1);
	_exit(0);
}

TEST(pc21_no_files_writable)
{
	begin(SIGN_IN);
	check_in_child(with_limits);
}

TEST(pc21_no_descriptor_is_left_behind)
{
	static const char *const scripts[] = { SIGN_IN, "H", "P Password: \nH", "G", "S", "F",
		"P Password: \nV refused right" };
	struct person p = with(right, 2);

	begin("");
	CHECK_CODE(sign_in("jdoe", "", &p), "AUTH_ERR"); /* libpam and libc have opened theirs */
	seen = rig_daemon(LISTEN_ROOT, scripts, 7);
	size_t before = open_files();
	for (size_t i = 0; i < 7; i++) {
		p = with(right, 2);
		sign_in("jdoe", "", &p);
		CHECK_INT(open_files(), before);
	}
}

static volatile sig_atomic_t alarms;

static void on_alarm(int sig)
{
	(void)sig;
	alarms++;
}

TEST(pc22_a_host_that_lives_with_signals)
{
	struct sigaction act = { .sa_handler = on_alarm }, after; /* no SA_RESTART */
	struct itimerval each_ms = { { 0, 1000 }, { 0, 1000 } }, off = { { 0, 0 }, { 0, 0 } };
	sigset_t mask, mask_after;

	begin("P Password: \nw\nw\nC Code: \ni done\nv granted jdoe 20001 -");
	sigaction(SIGALRM, &act, NULL);
	signal(SIGCHLD, SIG_IGN);
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR1);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	setitimer(ITIMER_REAL, &each_ms, NULL);
	for (int i = 0; i < 50; i++) {
		struct person p = with(right, 2);
		CHECK_CODE(sign_in("jdoe", "", &p), "SUCCESS");
	}
	setitimer(ITIMER_REAL, &off, NULL);
	CHECK(alarms > 0);
	sigaction(SIGALRM, NULL, &after);
	CHECK(after.sa_handler == on_alarm);
	sigaction(SIGPIPE, NULL, &after);
	CHECK(after.sa_handler == SIG_DFL);
	sigprocmask(SIG_SETMASK, NULL, &mask_after);
	CHECK(sigismember(&mask_after, SIGUSR1) == 1 && sigismember(&mask_after, SIGALRM) == 0);
	signal(SIGCHLD, SIG_DFL);
}

TEST(pc22_no_sigpipe_when_the_daemon_goes_while_a_person_types)
{
	const char *const answers[] = { PASSWORD };
	struct person p = with(answers, 1);

	begin("P Password: \nH");
	CHECK_CODE(sign_in("jdoe", "", &p), "AUTH_ERR");
}

TEST(pc25_setcred_succeeds_and_does_nothing)
{
	static const int flags[] = { 0, PAM_ESTABLISH_CRED, PAM_REINITIALIZE_CRED, PAM_REFRESH_CRED,
		PAM_DELETE_CRED, PAM_DELETE_CRED | (int)PAM_SILENT };
	struct person p = with(NULL, 0);

	begin("v granted jdoe 20001 -");
	for (size_t i = 0; i < 6; i++) {
		pam_handle_t *pamh = rig_start("jdoe", "chooser", &p);
		CHECK_CODE(pam_setcred(pamh, flags[i]), "SUCCESS");
		CHECK_INT(seen->connections, 0);
		pam_end(pamh, 0);
	}
}

TEST(pc30_loaded_and_unloaded_10000_times)
{
	begin("");
	size_t before = open_files();
	for (int i = 0; i < 10000; i++) {
		void *module = dlopen(TEST_MODULE, RTLD_NOW | RTLD_LOCAL);
		CHECK(module && dlsym(module, "pam_sm_authenticate"));
		CHECK(dlclose(module) == 0);
	}
	CHECK_INT(open_files(), before);
}

/* The quickest of some: a machine may be busy for a while, and what waits does so each time. */
static void costs_nothing(const char *name, const char *code)
{
	struct person p = with(right, 2);
	int64_t least = INT64_MAX;

	for (int i = 0; i < 50 && least >= 500; i++) {
		int64_t from = boot_ms();

		CHECK_CODE(sign_in(name, "", &p), code);
		if (boot_ms() - from < least)
			least = boot_ms() - from;
	}
	CHECK(least < 500);
}

TEST(dl02_a_full_backlog_costs_a_second)
{
	struct person p = with(right, 2);

	begin("");
	rig_daemon(LISTEN_FULL, NULL, 0);
	int64_t from = boot_ms();
	CHECK_CODE(sign_in("jdoe", "", &p), "AUTHINFO_UNAVAIL");
	CHECK(boot_ms() - from < 20000);
	costs_nothing("admin", "USER_UNKNOWN");
}

TEST(a_daemon_that_is_gone_costs_nothing)
{
	begin("");
	rig_daemon_stop();
	costs_nothing("jdoe", "AUTHINFO_UNAVAIL");
}

static void as_plain_user(void)
{
	struct person p = with(right, 2);

	CHECK(chmod("nss", 0644) == 0 && chmod("directory", 0644) == 0);
	pam_handle_t *pamh = rig_start("jdoe", "", &p);
	CHECK(setresgid(12345, 12345, 12345) == 0 && setresuid(12345, 12345, 12345) == 0);
	int r = pam_authenticate(pamh, 0);
	pam_end(pamh, r);
	CHECK_CODE(r, "SUCCESS");
}

TEST(a_locker_uses_the_socket_for_everybody)
{
	begin(SIGN_IN);
	check_in_child(as_plain_user);
	CHECK(seen->user_socket);
	CHECK_INT(seen->ruid, 12345);
}
