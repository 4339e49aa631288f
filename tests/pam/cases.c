/* SPDX-License-Identifier: Apache-2.0 */
/* What pam_hcauth does with prompts, answers, arguments, items and a hostile daemon. The numbers in the
 * names are those of the list of hostile cases that the project keeps. */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "packet.h"
#include "rig.h"

#define CHECK_CODE(got, want) CHECK_TEXT(rig_code(got), want)
#define PASSWORD "correct horse"
#define SIGN_IN "P Password: \nC Code: \nv granted jdoe 20001 -"

static volatile struct seen *seen;

/* A world whose daemon follows this script; the case goes on in a folder of its own. */
static void begin(const char *script)
{
	CHECK(chdir(test_folder()) == 0 && chmod(".", 0711) == 0);
	rig_world(0);
	seen = rig_daemon(LISTEN_ROOT, &script, 1);
}

static int sign_in(const char *user, const char *arguments, struct person *p)
{
	pam_handle_t *pamh = rig_start(user, arguments, p);
	int r = pam_authenticate(pamh, 0);

	pam_end(pamh, r);
	return r;
}

static struct person with(const char *const *answers, size_t n)
{
	return (struct person){ .answers = answers, .n = n };
}

/* What a module after ours finds: "(none)" for an unset item. */
static const char *left(const char *file)
{
	static char text[1024];
	FILE *f = fopen(file, "re");

	if (!f)
		return "(none)";
	text[fread(text, 1, sizeof text - 1, f)] = 0;
	fclose(f);
	return text;
}

static void preset(const char *text)
{
	FILE *f = fopen("preset", "we");

	CHECK(f && fputs(text, f) >= 0 && fclose(f) == 0);
}

static const char *user_of(pam_handle_t *pamh)
{
	const void *v = NULL;

	CHECK(pam_get_item(pamh, PAM_USER, &v) == PAM_SUCCESS);
	return v;
}

static size_t open_files(void)
{
	DIR *d = opendir("/proc/self/fd");
	size_t n = 0;

	CHECK(d != NULL);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static const char *const right[] = { PASSWORD, "123456" };

TEST(a_sign_in_as_a_person_sees_it)
{
	struct person p = with(right, 2);

	begin("i Welcome to St John's 100%s %n\n"
	      "P Password: \nw\nC Code: \ne Two codes left\nO Where? \nv granted jdoe 20001 -");
	const char *const three[] = { PASSWORD, "123456", "ward 4" };
	p = with(three, 3);
	CHECK_CODE(sign_in("jane@clinic.example", "have=sshkey,fingerprint", &p), "SUCCESS");
	CHECK_INT(p.messages, 5);
	CHECK_INT(p.style[0], PAM_TEXT_INFO);
	CHECK_TEXT(p.text[0], "Welcome to St John's 100%s %n");
	CHECK_INT(p.style[1], PAM_PROMPT_ECHO_OFF);
	CHECK_TEXT(p.text[1], "Password: ");
	CHECK_INT(p.style[2], PAM_PROMPT_ECHO_OFF);
	CHECK_INT(p.style[3], PAM_ERROR_MSG);
	CHECK_INT(p.style[4], PAM_PROMPT_ECHO_ON);
	CHECK_TEXT((const char *)seen->answer[0], PASSWORD);
	CHECK_TEXT((const char *)seen->answer[1], "123456");
	CHECK_TEXT((const char *)seen->answer[2], "ward 4");
	CHECK_TEXT((const char *)seen->name, "jane@clinic.example");
	CHECK_TEXT((const char *)seen->have, "sshkey,fingerprint");
	CHECK_TEXT((const char *)seen->service, "hc");
	CHECK_INT(seen->purpose, PURPOSE_AUTH);
	CHECK_INT(seen->flags, 0);
}

TEST(pc01_no_conversation_function)
{
	begin(SIGN_IN);
	pam_handle_t *pamh = rig_start("jdoe", "", NULL);
	CHECK_CODE(pam_authenticate(pamh, 0), "CONV_ERR");
	pam_end(pamh, 0);
	CHECK_INT(seen->answers, 0);
}

TEST(pc03_a_reply_without_a_text_is_no_empty_password)
{
	const char *const answers[] = { rig_no_text };
	struct person p = with(answers, 1);

	begin(SIGN_IN);
	CHECK_CODE(sign_in("jdoe", "", &p), "CONV_ERR");
	CHECK_INT(seen->answers, 0);
}

TEST(pc03_no_reply_at_all)
{
	const char *const answers[] = { rig_no_response };
	struct person p = with(answers, 1);

	begin(SIGN_IN);
	CHECK_CODE(sign_in("jdoe", "", &p), "CONV_ERR");
	CHECK_INT(seen->answers, 0);
}

TEST(pc04_an_empty_answer_is_passed_on_as_empty)
{
	const char *const answers[] = { "", "" };
	struct person p = with(answers, 2);

	begin("P Password: \nC Code: \nV refused right");
	CHECK_CODE(sign_in("jdoe", "", &p), "AUTH_ERR");
	CHECK_INT(seen->answers, 2);
	CHECK_TEXT((const char *)seen->answer[0], "");
	CHECK_TEXT((const char *)seen->answer[1], "");
}

TEST(pc06_an_answer_too_long_is_refused_not_cut)
{
	static const size_t lengths[] = { 513, 65536, 16 << 20 };

	begin(SIGN_IN);
	for (size_t i = 0; i < 3; i++) {
		char *answer = malloc(lengths[i] + 1);
		CHECK(answer != NULL);
		memset(answer, 'x', lengths[i]);
		memcpy(answer, PASSWORD, strlen(PASSWORD));
		answer[lengths[i]] = 0;
		const char *const answers[] = { answer, "123456" };
		struct person p = with(answers, 2);
		CHECK_CODE(sign_in("jdoe", "", &p), "AUTH_ERR");
		CHECK_INT(seen->answers, 0);
		free(answer);
	}
}

TEST(pc07_an_answer_of_512_bytes_arrives_whole)
{
	char answer[513];
	const char *const answers[] = { answer, "123456" };
	struct person p = with(answers, 2);

	memset(answer, 'x', 512);
	answer[512] = 0;
	begin(SIGN_IN);
	CHECK_CODE(sign_in("jdoe", "", &p), "SUCCESS");
	CHECK_TEXT((const char *)seen->answer[0], answer);
}

TEST(pc10_a_conversation_that_fails_at_prompt_k)
{
	static const char *const answers[] = { "a", "b", "c" };

	begin("P Password: \nC Code: \nO Other: \nC Code: \nv granted jdoe 20001 -");
	for (size_t k = 0; k < 4; k++) {
		struct person p = with(answers, k);
		int64_t from = boot_ms();
		CHECK_CODE(sign_in("jdoe", "", &p), "CONV_ERR");
		CHECK(boot_ms() - from < 500);
		while (!seen->asked_in_vain) /* the daemon hears of it, or main.c's limit ends this */
			usleep(1000);
		CHECK_INT(seen->answers, k);
	}
}

TEST(pc15_silent_tells_nothing_and_asks_all_the_same)
{
	struct person p = with(right, 2);

	begin("i Welcome\ne Beware\n" SIGN_IN);
	pam_handle_t *pamh = rig_start("jdoe", "", &p);
	CHECK_CODE(pam_authenticate(pamh, PAM_SILENT), "SUCCESS");
	pam_end(pamh, 0);
	CHECK_INT(p.messages, 2);
	CHECK_INT(seen->flags, HELLO_SILENT);
}

TEST(pc16_a_second_sign_in_on_one_handle_stands_alone)
{
	static const char *const scripts[] = { "P Password: \nv granted jdoe 20001 tick1",
		"P Password: \nV refused right" };
	const char *const answers[] = { PASSWORD, "wrong" };
	struct person p = with(answers, 2);

	begin("");
	seen = rig_daemon(LISTEN_ROOT, scripts, 2);
	pam_handle_t *pamh = rig_start("jdoe", "", &p);
	CHECK_CODE(pam_authenticate(pamh, 0), "SUCCESS");
	CHECK_TEXT(pam_getenv(pamh, "HCAUTH_TICKET"), "tick1");
	CHECK_TEXT(left("authtok"), PASSWORD);
	CHECK_CODE(pam_authenticate(pamh, 0), "AUTH_ERR");
	CHECK(pam_getenv(pamh, "HCAUTH_TICKET") == NULL);
	CHECK_TEXT(left("authtok"), "(none)");
	pam_end(pamh, 0);
}

TEST(pc18_account_decides_for_the_user_of_the_moment)
{
	static const char *const scripts[] = { "v granted jdoe 20001 -", "v granted jdoe 20001 -" };
	struct person p = with(NULL, 0);

	begin("");
	seen = rig_daemon(LISTEN_ROOT, scripts, 2);
	pam_handle_t *pamh = rig_start("jdoe", "", &p);
	CHECK_CODE(pam_authenticate(pamh, 0), "SUCCESS");
	CHECK(pam_set_item(pamh, PAM_USER, "other") == PAM_SUCCESS);
	CHECK_CODE(pam_acct_mgmt(pamh, 0), "PERM_DENIED");
	CHECK_TEXT((const char *)seen->name, "other");
	pam_end(pamh, 0);
}

static int change_user(int n, const struct pam_message **m, struct pam_response **resp, void *arg)
{
	(void)n;
	(void)m;
	*resp = calloc(1, sizeof **resp);
	if (!*resp)
		return PAM_BUF_ERR;
	(*resp)->resp = strdup(PASSWORD);
	return pam_set_item(*(pam_handle_t **)arg, PAM_USER, "other");
}

TEST(pc18_a_user_changed_in_mid_dialogue)
{
	static pam_handle_t *pamh;
	const struct pam_conv changing = { change_user, &pamh };

	begin("P Password: \nv granted jdoe 20001 -");
	pamh = rig_start("jdoe", "", NULL);
	CHECK(pam_set_item(pamh, PAM_CONV, &changing) == PAM_SUCCESS);
	CHECK_CODE(pam_authenticate(pamh, 0), "AUTH_ERR");
	pam_end(pamh, 0);
}

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

TEST(pc27_use_first_pass_answers_the_password_only)
{
	const char *const answers[] = { "123456" };
	struct person p = with(answers, 1);

	begin(SIGN_IN);
	preset(PASSWORD);
	CHECK_CODE(sign_in("jdoe", "use_first_pass", &p), "SUCCESS");
	CHECK_INT(p.messages, 1);
	CHECK_TEXT(p.text[0], "Code: ");
	CHECK_TEXT((const char *)seen->answer[0], PASSWORD);
	CHECK_TEXT((const char *)seen->answer[1], "123456");
	CHECK_TEXT(left("authtok"), PASSWORD);
}

TEST(pc27_use_first_pass_asks_nobody)
{
	struct person p = with(right, 2);
	char longest[10241];

	memset(longest, 'x', 10240);
	longest[10240] = 0;
	begin(SIGN_IN);
	CHECK_CODE(sign_in("jdoe", "use_first_pass", &p), "AUTH_ERR");
	preset("");
	CHECK_CODE(sign_in("jdoe", "use_first_pass", &p), "AUTH_ERR");
	preset(longest);
	CHECK_CODE(sign_in("jdoe", "use_first_pass", &p), "AUTH_ERR");
	CHECK_INT(p.messages, 0);
	CHECK_INT(seen->answers, 0);
}

TEST(pc27_a_first_pass_is_tried_once)
{
	const char *const answers[] = { PASSWORD };
	struct person p = with(answers, 1);

	begin("P Password: \nP Password: \nv granted jdoe 20001 -");
	preset("stale");
	CHECK_CODE(sign_in("jdoe", "use_first_pass", &p), "AUTH_ERR");
	CHECK_INT(p.messages, 0);
	CHECK_CODE(sign_in("jdoe", "try_first_pass", &p), "SUCCESS");
	CHECK_TEXT((const char *)seen->answer[0], "stale");
	CHECK_TEXT((const char *)seen->answer[1], PASSWORD);
	CHECK_TEXT(left("authtok"), PASSWORD);
}

TEST(pc27_try_first_pass_asks_when_there_is_none)
{
	static const char *const presets[] = { NULL, "" };

	begin(SIGN_IN);
	for (size_t i = 0; i < 2; i++) {
		struct person p = with(right, 2);
		if (presets[i])
			preset(presets[i]);
		CHECK_CODE(sign_in("jdoe", "try_first_pass", &p), "SUCCESS");
		CHECK_INT(p.messages, 2);
	}
}

TEST(pc27_a_first_pass_is_never_a_code)
{
	const char *const answers[] = { "123456" };
	struct person p = with(answers, 1);

	begin("C Code: \nv granted jdoe 20001 -");
	preset(PASSWORD);
	CHECK_CODE(sign_in("jdoe", "use_first_pass", &p), "SUCCESS");
	CHECK_TEXT((const char *)seen->answer[0], "123456");
	CHECK_TEXT(left("authtok"), "(none)");
}

TEST(pc27_without_the_argument_a_first_pass_is_not_used)
{
	struct person p = with(right, 2);

	begin(SIGN_IN);
	preset("stale");
	CHECK_CODE(sign_in("jdoe", "", &p), "SUCCESS");
	CHECK_INT(p.messages, 2);
	CHECK_TEXT(left("authtok"), PASSWORD);
}

TEST(pc28_only_a_password_that_was_granted_is_handed_on)
{
	static const struct {
		const char *script, *authtok;
	} rows[] = {
		{ SIGN_IN, PASSWORD },
		{ "P Password: \nC Code: \nV refused right", "(none)" },
		{ "P Password: \nC Code: \nV granted other-uid", "(none)" },
		{ "P Password: \nH", "(none)" },
		{ "C PIN: \nv granted jdoe 20001 -", "(none)" },
		{ "O Other: \nv granted jdoe 20001 -", "(none)" },
		{ "P Password: \nN New password: \nv granted jdoe 20001 -", "123456" },
	};

	begin("");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct person p = with(right, 2);
		rig_daemon(LISTEN_ROOT, &rows[i].script, 1);
		sign_in("jdoe", "", &p);
		CHECK_TEXT(left("authtok"), rows[i].authtok);
	}
}

TEST(pc28_an_empty_password_unsets_the_one_before)
{
	const char *const answers[] = { "wrong", "", "recovery" };
	struct person p = with(answers, 3);

	begin("P Password: \nP Password: \nC Recovery code: \nv granted jdoe 20001 -");
	CHECK_CODE(sign_in("jdoe", "", &p), "SUCCESS");
	CHECK_TEXT(left("authtok"), "(none)");
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

TEST(fo11_a_daemon_that_grants_everybody_admits_no_system_user)
{
	static const char *const names[] = { "root", "bin", "admin", "ldap-user", "zaphod" };
	static const char *const arguments[] = { "", "chooser", "canonical", "chooser canonical" };
	static const char *const scripts[] = { "v granted root 0 t", "v granted admin 1000 t",
		"v granted bin 2 t", "v granted ldap-user 30001 t", "v granted zaphod 30002 t" };

	begin("");
	for (size_t s = 0; s < 5; s++) {
		rig_daemon(LISTEN_ROOT, &scripts[s], 1);
		for (size_t n = 0; n < 5; n++)
			for (size_t a = 0; a < 4; a++) {
				struct person p = with(right, 2);
				int r = sign_in(names[n], arguments[a], &p);
				CHECK_CODE(r, n == 4 ? "AUTH_ERR" : "USER_UNKNOWN");
			}
	}
}

TEST(fo11_a_chooser_that_names_somebody_who_is_not_ours)
{
	static const char *const scripts[] = { "v granted root 0 t", "v granted admin 1000 t",
		"v granted root 20009 t", "v granted bob 20003 t", "v granted bob 1002 t",
		"v granted carl 1003 t", "v granted carl 1004 t", "v granted ghost 20004 t",
		"v granted jane@clinic.example 20001 t" };

	begin("");
	for (size_t s = 0; s < sizeof scripts / sizeof *scripts; s++) {
		struct person p = with(right, 2);
		rig_daemon(LISTEN_ROOT, &scripts[s], 1);
		pam_handle_t *pamh = rig_start("jane@clinic.example", "chooser", &p);
		CHECK_CODE(pam_authenticate(pamh, 0), "AUTH_ERR");
		CHECK_TEXT(user_of(pamh), "jane@clinic.example");
		CHECK(pam_getenv(pamh, "HCAUTH_TICKET") == NULL);
		pam_end(pamh, 0);
	}
}

TEST(fo12_a_daemon_that_never_stops_asking)
{
	static const char *answers[64];
	struct person p = with(answers, 64);

	for (size_t i = 0; i < 64; i++)
		answers[i] = "again";
	begin("M Again: \nv granted jdoe 20001 -");
	CHECK_CODE(sign_in("jdoe", "", &p), "AUTHINFO_UNAVAIL");
	CHECK_INT(p.messages, WIRE_ASKS_MAX);
}

TEST(fo12_a_password_is_never_shown)
{
	struct person p = with(right, 2);

	begin("E Password: \nv granted jdoe 20001 -");
	CHECK_CODE(sign_in("jdoe", "", &p), "AUTHINFO_UNAVAIL");
	CHECK_INT(p.messages, 0);
}

TEST(fo12_a_descriptor_sent_along_is_closed)
{
	struct person p = with(right, 2);

	begin("F\nv granted jdoe 20001 -");
	size_t before = open_files();
	CHECK_CODE(sign_in("jdoe", "", &p), "AUTHINFO_UNAVAIL");
	CHECK_INT(open_files(), before);
}

TEST(a_full_backlog_costs_a_second)
{
	struct person p = with(right, 2);

	begin("");
	rig_daemon(LISTEN_FULL, NULL, 0);
	int64_t from = boot_ms();
	CHECK_CODE(sign_in("jdoe", "", &p), "AUTHINFO_UNAVAIL");
	CHECK(boot_ms() - from < 1500);
	from = boot_ms();
	CHECK_CODE(sign_in("admin", "", &p), "USER_UNKNOWN");
	CHECK(boot_ms() - from < 500);
}

TEST(a_daemon_that_is_gone_costs_nothing)
{
	struct person p = with(right, 2);

	begin("");
	rig_daemon_stop();
	int64_t from = boot_ms();
	CHECK_CODE(sign_in("jdoe", "", &p), "AUTHINFO_UNAVAIL");
	CHECK(boot_ms() - from < 500);
}

TEST(an_argument_that_is_not_known_is_refused_in_every_phase)
{
	static const char *const arguments[] = { "choser", "nullok", "chooser=1", "have=", "have",
		"use_first_pass debug", "have=a have=b", "CHOOSER" };
	struct person p = with(right, 2);

	begin("v granted jdoe 20001 -");
	for (size_t i = 0; i < sizeof arguments / sizeof *arguments; i++) {
		pam_handle_t *pamh = rig_start("jdoe", arguments[i], &p);
		CHECK_CODE(pam_authenticate(pamh, 0), "SERVICE_ERR");
		CHECK_CODE(pam_setcred(pamh, 0), "SERVICE_ERR");
		CHECK_CODE(pam_acct_mgmt(pamh, 0), "SERVICE_ERR");
		CHECK_CODE(pam_open_session(pamh, 0), "SERVICE_ERR");
		CHECK_CODE(pam_close_session(pamh, 0), "SERVICE_ERR");
		CHECK_CODE(pam_chauthtok(pamh, 0), "SERVICE_ERR");
		pam_end(pamh, 0);
	}
	CHECK_INT(seen->connections, 0);
}

TEST(no_argument_turns_a_refusal_into_success)
{
	static const char *const words[] = { "chooser", "canonical", "use_first_pass",
		"try_first_pass", "have=everything" };
	char arguments[128];

	begin("P Password: \nV refused right");
	preset(PASSWORD);
	for (unsigned set = 0; set < 32; set++) {
		struct person p = with(right, 2);

		arguments[0] = 0;
		for (unsigned i = 0; i < 5; i++)
			if (set & 1U << i) {
				size_t at = strlen(arguments);
				snprintf(arguments + at, sizeof arguments - at, "%s ", words[i]);
			}
		CHECK_CODE(sign_in("jdoe", arguments, &p), "AUTH_ERR");
		CHECK_CODE(sign_in("zaphod", arguments, &p), "AUTH_ERR");
	}
}

TEST(the_chooser_changes_the_user)
{
	struct person p = with(right, 2);

	begin("P Password: \nv granted other 20002 -");
	pam_handle_t *pamh = rig_start("shared@clinic.example", "chooser", &p);
	CHECK_CODE(pam_authenticate(pamh, 0), "SUCCESS");
	CHECK_TEXT(user_of(pamh), "other");
	CHECK_INT(seen->flags, HELLO_CHOOSER);
	pam_end(pamh, 0);

	p = with(right, 2);
	CHECK_CODE(sign_in("shared@clinic.example", "", &p), "AUTH_ERR");
	p = with(right, 2);
	CHECK_CODE(sign_in("jdoe", "canonical", &p), "AUTH_ERR");
}

TEST(the_user_stays_as_typed)
{
	static const struct {
		const char *arguments, *user;
	} rows[] = { { "", "jane@clinic.example" }, { "canonical", "jdoe" },
		{ "chooser", "jdoe" } };

	begin(SIGN_IN);
	for (size_t i = 0; i < 3; i++) {
		struct person p = with(right, 2);
		pam_handle_t *pamh = rig_start("jane@clinic.example", rows[i].arguments, &p);
		CHECK_CODE(pam_authenticate(pamh, 0), "SUCCESS");
		CHECK_TEXT(user_of(pamh), rows[i].user);
		pam_end(pamh, 0);
	}
}

TEST(a_ticket_goes_from_auth_to_session_and_ends_there)
{
	static const char *const scripts[] = { "v granted jdoe 20001 c0ffee",
		"v granted jdoe 20001 -",
		"v granted jdoe 20001 - HCAUTH_IDENTITY=jane@clinic.example HCAUTH_ACCOUNT=HC1 "
		"HCAUTH_PRACTICE=stj",
		"v granted jdoe 20001 -" };
	struct person p = with(NULL, 0);

	begin("");
	seen = rig_daemon(LISTEN_ROOT, scripts, 4);
	pam_handle_t *pamh = rig_start("jane@clinic.example", "", &p);
	CHECK_CODE(pam_authenticate(pamh, 0), "SUCCESS");
	CHECK_TEXT((const char *)seen->ticket, "");
	CHECK_TEXT(pam_getenv(pamh, "HCAUTH_TICKET"), "c0ffee");
	CHECK_CODE(pam_acct_mgmt(pamh, 0), "SUCCESS");
	CHECK_TEXT((const char *)seen->ticket, "");
	CHECK_INT(seen->purpose, PURPOSE_ACCOUNT);
	CHECK_CODE(pam_open_session(pamh, 0), "SUCCESS");
	CHECK_INT(seen->purpose, PURPOSE_OPEN);
	CHECK_TEXT((const char *)seen->name, "jane@clinic.example");
	CHECK_TEXT((const char *)seen->ticket, "c0ffee");
	CHECK(pam_getenv(pamh, "HCAUTH_TICKET") == NULL);
	CHECK_TEXT(pam_getenv(pamh, "HCAUTH_IDENTITY"), "jane@clinic.example");
	CHECK_TEXT(pam_getenv(pamh, "HCAUTH_ACCOUNT"), "HC1");
	CHECK_TEXT(pam_getenv(pamh, "HCAUTH_PRACTICE"), "stj");
	CHECK_TEXT(user_of(pamh), "jdoe");
	CHECK_CODE(pam_close_session(pamh, 0), "SUCCESS");
	CHECK_INT(seen->purpose, PURPOSE_CLOSE);
	CHECK_TEXT((const char *)seen->ticket, "");
	pam_end(pamh, 0);
}

TEST(a_ticket_is_removed_even_when_the_session_is_refused)
{
	struct person p = with(NULL, 0);

	begin("V refused right");
	pam_handle_t *pamh = rig_start("jdoe", "", &p);
	CHECK(pam_putenv(pamh, "HCAUTH_TICKET=left over") == PAM_SUCCESS);
	CHECK_CODE(pam_open_session(pamh, 0), "SESSION_ERR");
	CHECK(pam_getenv(pamh, "HCAUTH_TICKET") == NULL);
	CHECK_TEXT(user_of(pamh), "jdoe");
	pam_end(pamh, 0);
}

TEST(a_session_takes_no_other_names_into_the_environment)
{
	static const char *const names[] = { "LD_PRELOAD=/tmp/x.so", "HCAUTH_TICKET=x", "PATH=/tmp",
		"HCAUTH_IDENTITY", "HCAUTH_IDENTITYX=y", "=x" };
	char script[128];
	const char *list = script;

	begin("");
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct person p = with(NULL, 0);
		snprintf(script, sizeof script, "v granted jdoe 20001 - HCAUTH_ACCOUNT=HC1 %s",
			names[i]);
		rig_daemon(LISTEN_ROOT, &list, 1);
		pam_handle_t *pamh = rig_start("jdoe", "", &p);
		CHECK_CODE(pam_open_session(pamh, 0), "SESSION_ERR");
		CHECK(pam_getenv(pamh, "LD_PRELOAD") == NULL && pam_getenv(pamh, "PATH") == NULL);
		CHECK(pam_getenv(pamh, "HCAUTH_TICKET") == NULL);
		pam_end(pamh, 0);
	}
}

TEST(account_and_session_ask_nothing_and_need_no_conversation)
{
	static const char *const ask[] = { "P Password: \nv granted jdoe 20001 -" };
	static const char *const tell[] = { "i Good morning\nv granted jdoe 20001 -" };
	struct person p = with(right, 2);

	begin("");
	seen = rig_daemon(LISTEN_ROOT, ask, 1);
	pam_handle_t *pamh = rig_start("jdoe", "", &p);
	CHECK_CODE(pam_acct_mgmt(pamh, 0), "AUTHINFO_UNAVAIL");
	CHECK_CODE(pam_open_session(pamh, 0), "AUTHINFO_UNAVAIL");
	CHECK_INT(p.messages, 0);
	pam_end(pamh, 0);

	rig_daemon(LISTEN_ROOT, tell, 1);
	pamh = rig_start("jdoe", "", NULL);
	CHECK_CODE(pam_acct_mgmt(pamh, 0), "SUCCESS");
	CHECK_CODE(pam_open_session(pamh, 0), "SUCCESS");
	pam_end(pamh, 0);
}

TEST(a_new_password_is_handed_on)
{
	const char *const answers[] = { "old one", "brand new", "brand new" };
	struct person p = with(answers, 3);

	begin("P Current password: \nN New password: \nN Again: \nv granted jdoe 20001 -");
	pam_handle_t *pamh = rig_start("jdoe", "", &p);
	CHECK_CODE(pam_chauthtok(pamh, 0), "SUCCESS");
	pam_end(pamh, 0);
	CHECK_INT(seen->purpose, PURPOSE_PASSWORD);
	CHECK_INT(seen->connections, 2); /* the preliminary check, then the change */
	CHECK_INT(seen->hellos, 1);
	CHECK_TEXT(left("authtok"), "brand new");
	CHECK_TEXT(left("oldauthtok"), "old one");
}

TEST(a_refused_change_hands_on_nothing)
{
	const char *const answers[] = { "old one", "brand new" };
	struct person p = with(answers, 2);

	begin("P Current password: \nN New password: \nV refused right");
	pam_handle_t *pamh = rig_start("jdoe", "", &p);
	CHECK_CODE(pam_chauthtok(pamh, 0), "AUTHTOK_ERR");
	pam_end(pamh, 0);
	CHECK_TEXT(left("authtok"), "(none)");
}

TEST(a_change_can_take_the_old_password_from_an_earlier_module)
{
	const char *const answers[] = { "brand new" };
	struct person p = with(answers, 1);

	begin("P Current password: \nN New password: \nv granted jdoe 20001 -");
	preset("old one");
	pam_handle_t *pamh = rig_start("jdoe", "use_first_pass", &p);
	CHECK_CODE(pam_chauthtok(pamh, 0), "SUCCESS");
	pam_end(pamh, 0);
	CHECK_TEXT((const char *)seen->answer[0], "old one");
	CHECK_TEXT((const char *)seen->answer[1], "brand new");
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
