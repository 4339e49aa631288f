/* SPDX-License-Identifier: Apache-2.0 */
/* What the doctor says of all but stacks. What must hold: each mistake is found where it stands; what is right is left
 * alone; and whatever the files hold, the doctor ends, and shows it as text. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../hcauth/doctor_run.h"
#include "../../hcauth/doctor_sshd.h"
#include "check.h"
#include "doctor_machine.h"
#include "pam_files.h"
#include "paths.h"

static struct doctor d;

static const char *begin(void)
{
	const char *root = clinic();

	doctor_begin(&d, root);
	hear_all(&d.facts);
	return root;
}

/* Forgets what was found. */
static void again(void)
{
	const char *root = d.root;

	doctor_end(&d);
	doctor_begin(&d, root);
	hear_all(&d.facts);
}

#define GOOD_SSHD                                                                                  \
	"usepam yes\nkbdinteractiveauthentication yes\npasswordauthentication no\n"                \
	"permitemptypasswords no\nlogingracetime 120\npubkeyauthentication yes\n"                  \
	"authenticationmethods publickey,keyboard-interactive:pam keyboard-interactive:pam\n"

TEST(ss01_doctor_advises_against_sshd_s_password_method)
{
	begin();
	judge_sshd(&d, GOOD_SSHD, NULL);
	CHECK(d.first == NULL);
	judge_sshd(&d, "passwordauthentication yes\n" GOOD_SSHD, NULL);
	check_found(&d, "sshd-setting", WRONG, "/etc/ssh/sshd_config:1");
	CHECK_TEXT(d.first->line, "PasswordAuthentication no");
	CHECK(d.first->next == NULL);
	doctor_end(&d);
}

TEST(doctor_knows_when_a_key_alone_signs_in)
{
	static const struct {
		const char *methods;
		bool alone;
	} cases[] = {
		{ "any", true },
		{ "publickey", true },
		{ "publickey,keyboard-interactive:pam", false },
		{ "publickey,keyboard-interactive:pam keyboard-interactive", false },
		{ "publickey,keyboard-interactive publickey", true },
		{ "keyboard-interactive", false },
	};
	const char *root = begin();
	char text[512];

	plant(root, "/etc/pam.d/sshd",
		"auth [success=done user_unknown=ignore module_unknown=ignore default=die] pam_hcauth.so\n"
		"auth required pam_unix.so\naccount required pam_hcauth.so\n");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		snprintf(text, sizeof text, "authenticationmethods %s\n" GOOD_SSHD,
			cases[i].methods);
		look_at_pam(&d);
		judge_sshd(&d, text, NULL);
		printf("# %s\n", cases[i].methods);
		CHECK_INT(finding(&d, "sshd-setting") != NULL, cases[i].alone);
		CHECK_TEXT(
			door(&d, "sshd")->bypass, cases[i].alone ? "an ssh key alone" : NO_BYPASS);
		again();
	}
	judge_sshd(&d, "pubkeyauthentication no\nauthenticationmethods any\n" GOOD_SSHD, NULL);
	CHECK(d.first == NULL);
	doctor_end(&d);
}

TEST(doctor_wants_canonical_for_sshd_10_1_and_10_2_alone)
{
	static const struct {
		const char *version;
		bool wants;
	} cases[] = {
		{ "OpenSSH_9.2p1 Debian-2, OpenSSL 3.0", false },
		{ "OpenSSH_10.0p2", false },
		{ "unknown option -- V\nOpenSSH_10.1p1, x", true },
		{ "OpenSSH_10.2p1", true },
		{ "OpenSSH_10.3p1", false },
		{ "OpenSSH_11.1p1", false },
	};
	const char *root = begin();

	for (size_t i = 0; i < 2 * sizeof cases / sizeof *cases; i++) {
		bool has = i & 1, wants = cases[i / 2].wants;
		struct pam_stack s;

		plant(root, "/etc/pam.d/sshd",
			has ? "auth [success=done default=die] pam_hcauth.so canonical x\n"
			    : "auth [success=done default=die] pam_hcauth.so x\n");
		CHECK(pam_stack_read(root, "sshd", &s));
		judge_sshd_version(&d, cases[i / 2].version, &s);
		CHECK_INT(d.first != NULL, has != wants);
		if (d.first) {
			check_found(&d, "canonical", WRONG, "/etc/pam.d/sshd:1");
			CHECK_INT(strstr(d.first->line, " canonical") != NULL, wants);
			CHECK_HAS(d.first->line, " x");
		}
		pam_stack_free(&s);
		again();
	}
	doctor_end(&d);
}

TEST(doctor_sees_when_sshd_asks_pam_as_another_service)
{
	begin();
	judge_sshd(&d, "pamservicename sshd\n" GOOD_SSHD, NULL);
	CHECK(d.first == NULL);
	judge_sshd(&d, "pamservicename cron\n" GOOD_SSHD, NULL);
	check_found(&d, "sshd-setting", MIND, "/etc/ssh/sshd_config:1");
	CHECK_TEXT(d.first->line, "PAMServiceName sshd");
	doctor_end(&d);
}

static char specs[2048];

static void note_spec(struct doctor *doctor, const char *spec, const char *match)
{
	size_t used = strlen(specs);

	(void)doctor;
	snprintf(specs + used, sizeof specs - used, "%s %s\n", match, spec);
}

TEST(doctor_reads_matches_with_what_they_include)
{
	const char *root = begin();

	plant(root, "/etc/ssh/sshd_config",
		"Include /etc/ssh/sshd_config.d/*.conf\n"
		"Match User ada Address 10.0.0.0/8,192.0.2.7\n\tPasswordAuthentication no\n"
		"match user=boss\n\tForceCommand /bin/false\n"
		"Match User !ada,a*\n X11Forwarding yes\n"
		"Match Group staff\n\tForceCommand x\nMatch all\n\tForceCommand x\n"
		"Match User ada@example.org\n\tForceCommand x");
	plant(root, "/etc/ssh/sshd_config.d/a.conf", "Match User be?\nChrootDirectory /x\n");
	plant(root, "/etc/ssh/sshd_config.d/loop.conf", "Include sshd_config.d/loop.conf\n");
	specs[0] = 0;
	look_at_matches(&d, "/etc/ssh/sshd_config", note_spec);
	CHECK_HAS(specs, "/etc/ssh/sshd_config:2 user=ada,addr=10.0.0.0,host=localhost\n");
	CHECK_HAS(specs,
		"/etc/ssh/sshd_config.d/a.conf:1 user=bex,host=localhost,addr=198.51.100.1\n");
	CHECK(!strstr(specs, "staff"));
	CHECK_TEXT(finding(&d, "match-user")->where, "/etc/ssh/sshd_config.d/a.conf:1");
	unsigned n = 0;
	for (const struct finding *f = d.first; f; f = f->next)
		n += strcmp(f->id, "match-user") == 0;
	CHECK_INT(n, 2); /* ada's and be?'s: not boss's, who is local, nor the e-mail address's */
	doctor_end(&d);
}

TEST(doctor_says_which_match_it_has_not_judged)
{
	const char *root = begin();

	plant(root, "/etc/ssh/sshd_config",
		"Match Address 192.168.1.*,10.0.0.1\n\tPasswordAuthentication yes\n"
		"Match Address !10.0.0.1,10.0.0.0/8\n\tPasswordAuthentication yes\n"
		"Match Group clinic\n\tX11Forwarding no\n"
		"Match Group clinic\n\tAuthenticationMethods publickey\n");
	specs[0] = 0;
	look_at_matches(&d, "/etc/ssh/sshd_config", note_spec);
	CHECK_HAS(specs, ":1 addr=192.168.1.1,user=nobody");
	CHECK_HAS(specs, ":3 addr=10.0.0.0,user=nobody");
	check_found(&d, "match-unjudged", MIND, "/etc/ssh/sshd_config:7");
	CHECK(d.first->next == NULL);
	doctor_end(&d);
}

TEST(doctor_reads_sudoers)
{
	static const struct {
		const char *text;
		enum severity severity; /* FINE: nothing is found */
		const char *line;
	} cases[] = {
		{ "ada ALL=(ALL:ALL) ALL\n", FINE, NULL },
		{ "ada ALL=(ALL:ALL) NOPASSWD: ALL\n", WRONG, "ada ALL=(ALL:ALL) ALL" },
		{ "boss, ben ALL=NOPASSWD:ALL\n", WRONG, "boss, ben ALL=ALL" },
		{ "boss ALL=NOPASSWD: ALL\n", FINE, NULL },
		{ "%clinic ALL = (root) NOPASSWD: /bin/x\n", MIND, "%clinic ALL = (root) /bin/x" },
		{ "%adm ALL=NOPASSWD: ALL\n", FINE, NULL },
		{ "User_Alias STAFF = boss, \\\n  ada\nSTAFF ALL=NOPASSWD: ALL\n", WRONG,
			"STAFF ALL=ALL" },
		{ "User_Alias A = B\nUser_Alias B = A\nA ALL=NOPASSWD: ALL\n", FINE, NULL },
		{ "# ada ALL=NOPASSWD: ALL\n", FINE, NULL },
		{ "Defaults env_reset, !authenticate\n", WRONG, "" },
		{ "Defaults:ada rootpw\n", MIND, "" },
		{ "Defaults !rootpw, mail_badpass\n", FINE, NULL },
		{ "@include extra", FINE, NULL },
		{ "#20001 ALL=NOPASSWD: ALL\n", WRONG, "#20001 ALL=ALL" },
		{ "boss, #1002 ALL=NOPASSWD: ALL # ben\n", WRONG, "boss, #1002 ALL=ALL" },
		{ "#1000 ALL=NOPASSWD: ALL\n", FINE, NULL },
		{ "%bens ALL=NOPASSWD: ALL\n", WRONG, "%bens ALL=ALL" },
		{ "%#500 ALL=NOPASSWD: ALL\n", WRONG, "%#500 ALL=ALL" },
		{ "\"ada\" ALL=NOPASSWD: ALL\n", WRONG, "\"ada\" ALL=ALL" },
		{ "ada ALL=NOPASSWD : ALL\n", WRONG, "ada ALL=ALL" },
		{ "ada ALL=NOPASSWD:SETENV: ALL\n", WRONG, "ada ALL=SETENV: ALL" },
		{ "ada ALL=NOPASSWD: /bin/x, ALL\n", WRONG, "ada ALL=/bin/x, ALL" },
		{ "ada ALL=NOPASSWD: /bin/x, PASSWD: ALL\n", MIND, "ada ALL=/bin/x, PASSWD: ALL" },
		{ "ada ALL=NOPASSWD: /bin/x, PASSWD: /bin/y, NOPASSWD: ALL\n", WRONG,
			"ada ALL=/bin/x, PASSWD: /bin/y, ALL" },
		{ "STAFF ALL=NOPASSWD: ALL\nUser_Alias STAFF = ada\n", WRONG, "STAFF ALL=ALL" },
		{ "User_Alias A = boss : B = ada\nB ALL=NOPASSWD: ALL\n", WRONG, "B ALL=ALL" },
		{ "Defaults exempt_group=clinic\n", WRONG, "" },
		{ "Defaults exempt_group = adm\n", FINE, NULL },
		{ "Defaults env_reset, timestamp_timeout = -1\n", MIND, "" },
		{ "Defaults timestamp_timeout=-1.5\n", MIND, "" },
		{ "Defaults timestamp_timeout=5\n", FINE, NULL },
		{ "Defaults ! authenticate\n", WRONG, "" },
		{ "Defaults pam_service=cron\n", MIND, "" },
		{ "Defaults pam_service=sudo, pam_login_service=sudo-i\n", FINE, NULL },
	};
	const char *root = begin();

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		printf("# case %zu\n", i);
		plant(root, "/etc/sudoers", "@includedir /etc/sudoers.d\n");
		plant(root, "/etc/sudoers.d/a", cases[i].text);
		plant(root, "/etc/sudoers.d/left.out", "ada ALL=NOPASSWD: ALL\n");
		look_at_sudo(&d);
		CHECK_INT(d.first != NULL, cases[i].severity != FINE);
		if (d.first) {
			CHECK_INT(d.first->severity, cases[i].severity);
			CHECK_TEXT(d.first->line, cases[i].line);
			CHECK_HAS(d.first->where, "/etc/sudoers.d/a:");
		}
		again();
	}
	plant(root, "/etc/sudoers", "@include /etc/sudoers\n#includedir /etc\n");
	look_at_sudo(&d); /* ends */
	doctor_end(&d);
}

TEST(doctor_is_not_well_when_the_directory_is_damaged)
{
	static char bytes[4096];
	const char *root = begin();

	look_at_users(&d);
	check_none(&d, "directory-unread");
	again();
	memset(bytes, 0xff, sizeof bytes);
	plant_bytes(root, HC_PUBLIC_FILE, bytes, sizeof bytes);
	plant(root, "/etc/shadow", "root:$y$x:1::::::\nben:$y$x:1::::::\n");
	look_at_users(&d);
	check_found(&d, "directory-unread", WRONG, "");
	doctor_end(&d);
}

TEST(doctor_says_which_sudoers_it_has_not_read)
{
	static char line[5000];
	const char *root = begin();

	plant(root, "/etc/sudoers", "@include sudoers.ours\n");
	plant(root, "/etc/sudoers.ours", "ada ALL=NOPASSWD: ALL\n");
	look_at_sudo(&d);
	check_found(&d, "sudo-nopasswd", WRONG, "/etc/sudoers.ours:1");
	again();

	memset(line, 'x', sizeof line - 1);
	plant(root, "/etc/sudoers", line);
	look_at_sudo(&d);
	check_found(&d, "sudo-unread", MIND, "/etc/sudoers:1");
	again();

	plant(root, "/etc/sudoers", "@include sudoers.d\n");
	plant(root, "/etc/sudoers.d/a", "");
	look_at_sudo(&d);
	check_found(&d, "sudo-unread", MIND, "/etc/sudoers.d");
	doctor_end(&d);
}

TEST(ad14_doctor_reads_nsswitch)
{
	static const struct {
		const char *passwd, *group;
		const char *passwd_right, *group_right; /* NULL: well */
	} cases[] = {
		{ "files hcauth systemd", "files [SUCCESS=merge] hcauth systemd", NULL, NULL },
		{ "compat hcauth", "compat [success=merge] hcauth", NULL, NULL },
		{ "hcauth files", "hcauth files", "passwd: files hcauth",
			"group: files [SUCCESS=merge] hcauth" },
		{ "files", "files [SUCCESS=merge] systemd", "passwd: files hcauth",
			"group: files [SUCCESS=merge] hcauth systemd" },
		{ "files sss hcauth", "files hcauth", NULL, "group: files [SUCCESS=merge] hcauth" },
		{ "files [NOTFOUND=return] hcauth",
			"files [SUCCESS=merge UNAVAIL=continue !SUCCESS=return] hcauth",
			"passwd: files hcauth [NOTFOUND=return]",
			"group: files [SUCCESS=merge] hcauth [SUCCESS=merge UNAVAIL=continue "
			"!SUCCESS=return]" },
		{ "nothcauth files", "hcauthx", "passwd: nothcauth files hcauth",
			"group: files [SUCCESS=merge] hcauth" },
		{ "files [NOTFOUND = return] hcauth", "files [SUCCESS=merge] hcauth",
			"passwd: files hcauth [NOTFOUND = return]", NULL },
		{ "files [!UNAVAIL=return] sss [NOTFOUND=continue] hcauth",
			"files [SUCCESS=merge] [!NOTFOUND=continue] hcauth",
			"passwd: files hcauth [!UNAVAIL=return] sss [NOTFOUND=continue]", NULL },
	};
	const char *root = begin();
	char text[512];

	plant(root, "/lib64/libnss_hcauth.so.2", "");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		snprintf(text, sizeof text, "# passwd: nothing\n\npasswd:\t%s # more\ngroup: %s",
			cases[i].passwd, cases[i].group);
		plant(root, "/etc/nsswitch.conf", text);
		look_at_names(&d);
		const char *passwd = NULL, *group = NULL;
		for (const struct finding *f = d.first; f; f = f->next) {
			if (strcmp(f->subject, "passwd") == 0)
				passwd = f->line;
			else
				group = f->line;
			CHECK_TEXT(f->where,
				strcmp(f->subject, "passwd") ? "/etc/nsswitch.conf:4"
							     : "/etc/nsswitch.conf:3");
		}
		CHECK_INT(passwd != NULL, cases[i].passwd_right != NULL);
		if (passwd)
			CHECK_TEXT(passwd, cases[i].passwd_right);
		CHECK_INT(group != NULL, cases[i].group_right != NULL);
		if (group && i != 5)
			CHECK_TEXT(group, cases[i].group_right);
		again();
	}
	doctor_end(&d);
}

TEST(ad14_doctor_reads_the_line_of_nsswitch_that_counts)
{
	const char *root = begin();

	plant(root, "/lib64/libnss_hcauth.so.2", "");
	plant(root, "/etc/nsswitch.conf",
		"passwd: files hcauth\ngroup: files [SUCCESS=merge] hcauth\npasswd: hcauth files\n");
	look_at_names(&d);
	CHECK_INT(doctor_worst(&d), WRONG);
	CHECK_TEXT(d.first->subject, "passwd");
	CHECK_TEXT(d.first->where, "/etc/nsswitch.conf:3");
	doctor_end(&d);
}

TEST(ns15_doctor_finds_a_cache_of_names)
{
	const char *root = begin();

	plant(root, "/lib64/libnss_hcauth.so.2", "");
	plant(root, "/etc/nsswitch.conf",
		"passwd: files hcauth\ngroup: files [SUCCESS=merge] hcauth\n");
	look_at_names(&d);
	CHECK_INT(doctor_worst(&d), FINE);
	again();
	plant(root, "/run/nscd/socket", "");
	look_at_names(&d);
	CHECK_INT(doctor_worst(&d), WRONG);
	CHECK_TEXT(d.first->subject, "nscd");
	doctor_end(&d);
}

TEST(doctor_reads_the_clock_and_login_defs)
{
	const char *root = begin();

	judge_clock(&d, 1790000000, true);
	CHECK_INT(d.first->severity, FINE);
	again();
	judge_clock(&d, 1790000000, false);
	check_found(&d, "clock-free", MIND, "");
	again();
	judge_clock(&d, 0, true);
	check_found(&d, "clock-wrong", WRONG, "");
	again();
	plant(root, "/etc/login.defs", "# LOGIN_TIMEOUT 700\nX 1\n\tLOGIN_TIMEOUT\t\t60\n");
	look_at_machine(&d);
	check_found(&d, "login-short", MIND, "/etc/login.defs:3");
	again();
	plant(root, "/etc/login.defs", "LOGIN_TIMEOUT 600\n");
	look_at_machine(&d);
	check_none(&d, "login-short");
	doctor_end(&d);
}

TEST(doctor_asks_systemd_s_files_what_starts_at_boot)
{
	const char *root = begin();

	look_at_machine(&d);
	check_none(&d, "unit-off"); /* there is no systemd */
	again();
	plant(root, "/run/systemd/system/x", "");
	plant(root, "/etc/systemd/system/sockets.target.wants/hcauthd-root.socket", "");
	look_at_machine(&d);
	unsigned n = 0;
	for (const struct finding *f = d.first; f; f = f->next) {
		n += strcmp(f->id, "unit-off") == 0;
		CHECK(strcmp(f->subject, "hcauthd-root.socket") != 0);
	}
	CHECK_INT(n, 4);
	doctor_end(&d);
}

TEST(doctor_hears_the_daemon_and_says_what_follows)
{
	begin();
	look_at_daemon(&d);
	CHECK_TEXT(d.first->id, "key-sealed");
	CHECK(d.first->next == NULL);
	again();
	hear_fact(&d.facts, "pin-length 5");
	hear_fact(&d.facts, "email no");
	hear_fact(&d.facts, "version 0.0.1");
	hear_fact(&d.facts, "practice sea managers=0");
	hear_fact(&d.facts, "key file");
	look_at_daemon(&d);
	check_found(&d, "pin-short", MIND, "/etc/hcauth/hcauthd.conf");
	check_found(&d, "no-email", MIND, "/etc/hcauth/hcauthd.conf");
	check_found(&d, "versions-differ", WRONG, "");
	check_found(&d, "key-plain", MIND, "/etc/hcauth/machine.key");
	check_found(&d, "no-manager", MIND, "");
	again();
	d.facts = (struct facts){ 0 };
	look_at_daemon(&d);
	check_found(&d, "not-set-up", WRONG, "");
	again();
	plant(d.root, HC_KEY_FILE, "");
	d.facts = (struct facts){ 0 };
	look_at_daemon(&d);
	check_found(&d, "daemon-away", WRONG, "");
	doctor_end(&d);
}

TEST(doctor_has_the_settings_looked_over)
{
	static const char wrong[] = "#!/bin/sh\n[ \"$1\" = --check ] || exit 0\n"
				    "echo 'hcauthd.conf:9: languag: unknown' >&2\nexit 1\n";
	const char *root = begin();
	char path[4096];

	plant(root, "/usr/sbin/hcauthd", "#!/bin/sh\necho settings are good\n");
	snprintf(path, sizeof path, "%s/usr/sbin/hcauthd", root);
	CHECK_INT(chmod(path, 0755), 0);
	look_at_daemon(&d);
	check_none(&d, "settings-wrong");
	again();
	plant(root, "/usr/sbin/hcauthd", wrong);
	CHECK_INT(chmod(path, 0755), 0);
	look_at_daemon(&d);
	check_found(&d, "settings-wrong", WRONG, "/etc/hcauth/hcauthd.conf");
	CHECK_HAS(finding(&d, "settings-wrong")->means, "hcauthd.conf:9: languag: unknown");
	doctor_end(&d);
}

TEST(doctor_reads_the_modules_versions)
{
	static const char module[] = "\177ELF\0x\0hcauth-version " HC_VERSION "\0more";
	const char *root = begin();

	plant_bytes(root, HC_PAM_DIR "/pam_hcauth.so", module, sizeof module);
	look_at_daemon(&d);
	check_none(&d, "versions-differ");
	again();
	plant(root, HC_PAM_DIR "/pam_hcauth.so", "hcauth-version " HC_VERSION "9?");
	look_at_daemon(&d);
	check_found(&d, "versions-differ", WRONG, "");
	CHECK_TEXT(finding(&d, "versions-differ")->subject, HC_PAM_DIR "/pam_hcauth.so");
	again();
	plant(root, HC_PAM_DIR "/pam_hcauth.so", "an older one");
	look_at_daemon(&d);
	check_found(&d, "versions-differ", WRONG, "");
	doctor_end(&d);
}

TEST(doctor_passes_over_what_it_does_not_understand)
{
	static const char *const lines[] = { "", " ", "service", "service ", "service x",
		"service  require=", "practice", "practice  managers=0", "version", "pin-length x",
		"unheard-of thing",
		"service aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa require=x" };
	struct facts f = { 0 };
	char words[32];

	for (int round = 0; round < 200; round++)
		for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
			hear_fact(&f, lines[i]);
	for (int i = 0; i < 300; i++) {
		hear_fact(&f, "service x require=password, totp | sms | yubikey | recovery");
		hear_fact(&f, "practice x managers=0");
	}
	CHECK_INT(f.rules, RULES_MAX);
	CHECK_INT(f.unmanaged_n, PRACTICES_MAX);
	rule_words(&f.rule[RULES_MAX - 1], words, sizeof words);
	CHECK_INT(strlen(words), sizeof words - 1);
}

/* --- how it speaks --- */

TEST(doctor_s_json_is_json_whatever_the_files_hold)
{
	const char *root = begin();
	char *text = NULL;
	size_t len;

	plant(root, "/etc/pam.d/ev\"il\\",
		"auth sufficient pam_\"\x1b[2J\xff.so\tx\nauth [success=done "
		"default=ignore] pam_hcauth.so\nauth required pam_unix.so\n");
	plant(root, "/etc/nsswitch.conf", "passwd: \x1b]0;x\x07 \"hc\\auth\"\n");
	look_at_pam(&d);
	look_at_names(&d);
	FILE *to = open_memstream(&text, &len);
	print_json(&d, to);
	fclose(to);
	json_error_t e;
	json_t *all = json_loads(text, 0, &e);
	if (!all)
		check_fail(__FILE__, __LINE__, "%s: %s", e.text, text);
	CHECK_TEXT(json_string_value(json_object_get(all, "verdict")), "wrong");
	CHECK(json_array_size(json_object_get(all, "findings")) > 2);
	CHECK(json_array_size(json_object_get(all, "services")) == 2);
	json_decref(all);
	free(text);

	to = open_memstream(&text, &len);
	print_text(&d, to);
	fclose(to);
	for (size_t i = 0; i < len; i++)
		CHECK(text[i] == '\n' || text[i] == '\t' ||
			((unsigned char)text[i] >= 32 && (unsigned char)text[i] < 127));
	CHECK_HAS(text, "\nWrong: ");
	free(text);
	doctor_end(&d);
}

TEST(doctor_without_memory_is_not_well)
{
	begin();
	CHECK_INT(doctor_worst(&d), FINE);
	d.memory_out = true;
	CHECK_INT(doctor_worst(&d), WRONG);
	doctor_end(&d);
}

/* --- hostile files --- */

TEST(doctor_is_not_held_up_by_hostile_files)
{
	static char big[600 * 1024];
	const char *root = begin();
	static const char *const files[] = { "/etc/nsswitch.conf", "/etc/sudoers",
		"/etc/login.defs", "/etc/ssh/sshd_config", "/var/lib/pam/auth", "/etc/pam.d/big",
		"/etc/group" };
	uint32_t seed = 7;

	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < sizeof big; i++) {
			seed = seed * 1103515245 + 12345;
			big[i] = round == 0  ? 'x'
				: round == 1 ? (char)(seed >> 16)
					     : " ,=%\n\\#a["[(seed >> 16) % 9];
		}
		for (size_t i = 0; i < sizeof files / sizeof *files; i++)
			plant_bytes(root, files[i], big, round == 0 ? sizeof big : 100000);
		look_at_pam(&d);
		look_at_sudo(&d);
		look_at_names(&d);
		look_at_machine(&d);
		look_at_matches(&d, "/etc/ssh/sshd_config", note_spec);
		CHECK(!d.memory_out);
		again();
	}
	plant_bytes(root, "/etc/shadow", big, 100000);
	plant_bytes(root, "/etc/passwd", big, 100000);
	look_at_users(&d);
	doctor_end(&d);
}

TEST(doctor_s_programs_are_bounded)
{
	static const char *const lots[] = { "/usr/bin/yes", NULL },
				 *const none[] = { "/nonexistent", NULL },
				 *const both[] = { "/bin/sh", "-c", "echo a; echo b >&2; exit 3",
					 NULL };
	static const char *const stays[] = { "/bin/sh", "-c", "echo a; exec sleep 60 >/dev/null",
		NULL };
	int status;

	CHECK(run_program(lots, false, &status) == NULL);
	CHECK_INT(status, 255);
	char *text = run_program(none, false, &status);
	CHECK_INT(status, 255);
	free(text);
	text = run_program(stays, false, &status);
	CHECK_TEXT(text, "a\n");
	CHECK_INT(status, 255);
	free(text);
	text = run_program(both, true, &status);
	CHECK_INT(status, 3);
	CHECK_TEXT(text, "a\nb\n");
	free(text);
	text = run_program(both, false, &status);
	CHECK_TEXT(text, "a\n");
	free(text);
}
