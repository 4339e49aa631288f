/* SPDX-License-Identifier: Apache-2.0 */
/* What the doctor says of stacks. What must hold: each mistake is found with its line, and the line that it names mends it;
 * the stacks that hcauth ships are well. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../hcauth/read_file.h"
#include "check.h"
#include "doctor_machine.h"
#include "pam_files.h"

#define RIGHT "[success=done user_unknown=ignore module_unknown=ignore default=die] pam_hcauth.so\n"
#define RIGHT_OK                                                                                   \
	"[success=ok user_unknown=ignore module_unknown=ignore default=die] pam_hcauth.so\n"
#define ACCOUNT "account " RIGHT_OK "account required pam_unix.so\n"
#define SESSION "session " RIGHT_OK "session required pam_unix.so\n"
#define REST ACCOUNT SESSION

/* One mistake each, with the line at which it is found; mended, nothing is wrong. */
static const struct mistake {
	const char *what, *text, *id;
	unsigned line;
	enum severity severity;
} mistakes[] = {
	{ "sufficient lets pam_unix decide after a refusal",
		"auth sufficient pam_hcauth.so\nauth required pam_unix.so\n" REST, "after-refusal",
		1, WRONG },
	{ "default=ignore",
		"auth [success=done default=ignore] pam_hcauth.so\nauth required pam_unix.so\n" REST,
		"after-refusal", 1, WRONG },
	{ "Debian's own control, with jumps",
		"auth [success=2 default=ignore] pam_hcauth.so\n"
		"auth [success=1 default=ignore] pam_unix.so\n"
		"auth requisite pam_deny.so\nauth required pam_permit.so\n" REST,
		"after-refusal", 1, WRONG },
	{ "authinfo_unavail=ignore",
		"auth [success=done user_unknown=ignore module_unknown=ignore authinfo_unavail=ignore default=die] pam_hcauth.so\n"
		"auth required pam_unix.so\n" REST,
		"after-unavailable", 1, WRONG },
	{ "an optional hcauth", "auth optional pam_hcauth.so\nauth required pam_unix.so\n" REST,
		"after-refusal", 1, WRONG },
	{ "reset",
		"auth [success=done default=reset] pam_hcauth.so\nauth required pam_unix.so\n" REST,
		"after-refusal", 1, WRONG },
	{ "a jump from a refusal to pam_permit",
		"auth [success=done user_unknown=ignore module_unknown=ignore default=1] pam_hcauth.so\n"
		"auth requisite pam_unix.so\nauth required pam_permit.so\n" REST,
		"after-refusal", 1, WRONG },
	{ "pam_unix before hcauth",
		"auth sufficient pam_unix.so\nauth " RIGHT "auth required pam_deny.so\n" REST,
		"before-hcauth", 1, WRONG },
	{ "a finger alone",
		"auth sufficient pam_fprintd.so\nauth " RIGHT "auth required pam_unix.so\n" REST,
		"finger-alone", 1, WRONG },
	{ "pam_sss before hcauth",
		"auth sufficient pam_sss.so\nauth " RIGHT "auth required pam_unix.so\n" REST,
		"before-hcauth", 1, WRONG },
	{ "pam_permit before hcauth",
		"auth sufficient pam_permit.so\nauth " RIGHT "auth required pam_unix.so\n" REST,
		"before-hcauth", 1, WRONG },
	{ "pam_localuser before hcauth",
		"auth sufficient pam_localuser.so\nauth " RIGHT "auth required pam_unix.so\n" REST,
		"before-hcauth", 1, MIND },
	{ "pam_permit behind the newcomer's line",
		"auth [success=done default=ignore] pam_succeed_if.so quiet user = newcomer\n"
		"auth sufficient pam_permit.so\nauth " RIGHT "auth required pam_unix.so\n" REST,
		"before-hcauth", 2, WRONG },
	{ "a module that only speaks, and says yes",
		"auth sufficient pam_echo.so file=/etc/issue\nauth " RIGHT
		"auth required pam_unix.so\n" REST,
		"before-hcauth", 1, MIND },
	{ "everybody but newcomer",
		"auth sufficient pam_succeed_if.so user != newcomer service = login\nauth " RIGHT
		"auth required pam_unix.so\n" REST,
		"before-hcauth", 1, MIND },
	{ "newcomer calls, for whomever",
		"auth sufficient pam_succeed_if.so use_uid user = newcomer\nauth " RIGHT
		"auth required pam_unix.so\n" REST,
		"before-hcauth", 1, MIND },
	{ "required keeps hcauth's people out",
		"auth required pam_hcauth.so\nauth required pam_unix.so\n" REST,
		"person-locked-out", 1, WRONG },
	{ "required keeps root out",
		"auth required pam_hcauth.so\nauth required pam_unix.so\n" REST, "root-locked-out",
		1, WRONG },
	{ "local users prove nothing",
		"auth required pam_succeed_if.so uid >= 1000\nauth " RIGHT REST,
		"local-proves-nothing", 2, WRONG },
	{ "local users prove nothing, by pam_permit",
		"auth " RIGHT "auth required pam_permit.so\n" REST, "local-proves-nothing", 1,
		WRONG },
	{ "an argument that nobody knows",
		"auth [success=done user_unknown=ignore module_unknown=ignore default=die] pam_hcauth.so choser\n"
		"auth required pam_unix.so\n" REST,
		"unknown-word", 1, WRONG },
	{ "an argument that nobody knows, in account",
		"auth " RIGHT
		"auth required pam_unix.so\naccount [success=ok user_unknown=ignore module_unknown=ignore default=die] pam_hcauth.so debug\n"
		"account required pam_unix.so\n" SESSION,
		"unknown-word", 3, WRONG },
	{ "a finger that was never asked for",
		"auth [success=done user_unknown=ignore module_unknown=ignore default=die] pam_hcauth.so have=fingerprint\n"
		"auth required pam_unix.so\n" REST,
		"have-unproved", 1, WRONG },
	{ "a finger that was never asked for, in a list",
		"auth [success=done user_unknown=ignore module_unknown=ignore default=die] pam_hcauth.so have=fingerprints,fingerprint\n"
		"auth required pam_unix.so\n" REST,
		"have-unproved", 1, WRONG },
	{ "a finger that may have failed",
		"auth [success=ignore default=ignore] pam_fprintd.so\n"
		"auth [success=done user_unknown=ignore module_unknown=ignore default=die] pam_hcauth.so have=fingerprint\n"
		"auth required pam_unix.so\n" REST,
		"have-unproved", 2, WRONG },
	{ "AD-14: no user_unknown",
		"auth [success=done module_unknown=ignore default=die] pam_hcauth.so\n"
		"auth required pam_unix.so\n" REST,
		"root-locked-out", 1, WRONG },
	{ "AD-14: no module_unknown",
		"auth [success=done user_unknown=ignore default=die] pam_hcauth.so\n"
		"auth required pam_unix.so\n" REST,
		"missing-locks-out", 1, MIND },
	{ "AD-14: -auth", "-auth " RIGHT "auth required pam_unix.so\n" REST, "load-errors-hidden",
		1, MIND },
	{ "AD-14: nullok", "auth " RIGHT "auth required pam_unix.so nullok try_first_pass\n" REST,
		"nullok", 2, MIND },
	{ "AD-14: nullok_secure",
		"auth " RIGHT "auth [success=ok default=bad] pam_unix.so nullok_secure\n" REST,
		"nullok", 2, MIND },
	{ "account missing",
		"auth " RIGHT "auth required pam_unix.so\naccount required pam_unix.so\n" SESSION,
		"account-missing", 3, WRONG },
	{ "account ends before hcauth",
		"auth " RIGHT
		"auth required pam_unix.so\naccount sufficient pam_localuser.so\n" REST,
		"account-before", 3, WRONG },
	{ "account ignores hcauth",
		"auth " RIGHT
		"auth required pam_unix.so\naccount sufficient pam_hcauth.so\naccount required pam_unix.so\n" SESSION,
		"account-ignored", 3, WRONG },
	{ "account keeps root out",
		"auth " RIGHT
		"auth required pam_unix.so\naccount required pam_hcauth.so\naccount required pam_unix.so\n" SESSION,
		"root-locked-out", 3, WRONG },
	{ "session missing",
		"auth " RIGHT "auth required pam_unix.so\n" ACCOUNT
		"session required pam_unix.so\n",
		"session-missing", 5, MIND },
};

TEST(ad14_each_mistake_is_found_and_its_line_mends_it)
{
	const char *root = clinic();
	char where[64];

	for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
		const struct mistake *m = &mistakes[i];

		printf("# %s\n", m->what);
		plant(root, "/etc/pam.d/door", m->text);
		struct doctor d = examined(root);
		snprintf(where, sizeof where, "/etc/pam.d/door:%u", m->line);
		check_found(&d, m->id, m->severity, where);
		mend(root, finding(&d, m->id));
		doctor_end(&d);

		d = examined(root);
		check_none(&d, m->id);
		check_nothing_wrong(&d);
		CHECK_TEXT(door(&d, "door")->bypass, "none found");
		doctor_end(&d);
	}
}

/* Each file of conf/pam.d, under its name. */
TEST(pam_files_that_hcauth_ships_are_well)
{
	static const char folder[] = TOP_SRCDIR "/conf/pam.d";
	DIR *dir = opendir(folder);
	unsigned n = 0;

	CHECK(dir != NULL);
	for (struct dirent *e; (e = readdir(dir));) {
		char path[512];
		size_t len;

		if (e->d_name[0] == '.')
			continue;
		const char *root = clinic();
		snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
		char *text = read_file("", path, 65536, &len);
		CHECK(text != NULL);
		snprintf(path, sizeof path, "/etc/pam.d/%s", e->d_name);
		plant(root, path, text);
		free(text);
		printf("# %s\n", e->d_name);
		struct doctor d = examined(root);
		check_nothing_wrong(&d);
		CHECK_TEXT(door(&d, e->d_name)->bypass, "none found");
		CHECK_HAS(door(&d, e->d_name)->stranger, "refused");
		bool kiosk = strcmp(e->d_name, "kiosk") == 0;
		for (const struct finding *f = d.first; f; f = f->next)
			if (f->severity != FINE)
				CHECK_TEXT(f->id,
					strcmp(f->subject, "kiosk") ? "none" : "only-hcauth");
		CHECK_TEXT(door(&d, e->d_name)->root,
			kiosk ? "refused"
				: strcmp(e->d_name, "su") == 0
				? "nothing, if root calls it; else a Unix password"
				: "as before, a Unix password (pam_unix)");
		doctor_end(&d);
		n++;
	}
	closedir(dir);
	CHECK(n >= 12);
}

TEST(doctor_finds_a_chooser_where_the_typed_name_counts)
{
	static const char text[] =
		"auth [success=done user_unknown=ignore module_unknown=ignore default=die] pam_hcauth.so chooser\n"
		"auth required pam_unix.so\n" REST;
	const char *root = clinic();

	plant(root, "/etc/pam.d/login", text);
	plant(root, "/etc/pam.d/sshd", text);
	plant(root, "/etc/pam.d/su", text);
	struct doctor d = examined(root);
	check_found(&d, "chooser-here", WRONG, "/etc/pam.d/sshd:1");
	mend(root, finding(&d, "chooser-here"));
	doctor_end(&d);
	d = examined(root);
	check_found(&d, "chooser-here", WRONG, "/etc/pam.d/su:1");
	mend(root, finding(&d, "chooser-here"));
	doctor_end(&d);
	d = examined(root);
	check_nothing_wrong(&d);
	doctor_end(&d);
}

TEST(ns13_doctor_finds_names_that_local_users_have)
{
	const char *root = clinic();

	plant(root, "/etc/passwd",
		"root:x:0:0::/root:/bin/sh\nada:x:1100:1100::/:/bin/sh\n"
		"cat@example.org:x:1101:1101::/:/bin/sh\n");
	struct doctor d = examined(root);
	check_found(&d, "address-as-user", MIND, "/etc/passwd");
	check_found(&d, "name-taken", WRONG, "/etc/passwd");
	doctor_end(&d);
}

TEST(doctor_says_when_nobody_could_get_in_without_hcauth)
{
	const char *root = clinic();

	plant(root, "/etc/shadow", "root:!:1::::::\nboss:*:1::::::\nben:!:1::::::\n");
	struct doctor d = examined(root);
	check_found(&d, "no-way-in", MIND, "");
	doctor_end(&d);
	plant(root, "/etc/shadow", "root:!:1::::::\nboss::1::::::\nben:!:1::::::\n");
	plant(root, "/etc/pam.d/door", "auth required pam_unix.so nullok\n");
	d = examined(root);
	check_found(&d, "empty-password", MIND, "/etc/shadow");
	check_found(&d, "nullok", WRONG, "/etc/pam.d/door:1");
	doctor_end(&d);
}

TEST(doctor_says_what_a_service_asks_for)
{
	const char *root = clinic();

	plant(root, "/etc/pam.d/sshd", "auth " RIGHT "auth required pam_unix.so\n" REST);
	plant(root, "/etc/pam.d/kiosk",
		"auth required pam_hcauth.so\naccount required pam_hcauth.so\nsession required pam_hcauth.so\n");
	plant(root, "/etc/pam.d/i3lock", "auth " RIGHT "auth required pam_unix.so\n");
	plant(root, "/etc/pam.d/plain",
		"auth required pam_unix.so\naccount required pam_unix.so\n");
	plant(root, "/etc/pam.d/auto",
		"auth required pam_permit.so\naccount required pam_permit.so\n");
	struct doctor d = examined(root);
	CHECK_TEXT(
		door(&d, "sshd")->person, "password and code from the app or code by text message");
	CHECK_TEXT(door(&d, "kiosk")->person, "PIN");
	CHECK_TEXT(door(&d, "i3lock")->person, "password; within a shift the PIN alone");
	CHECK_HAS(door(&d, "plain")->person, "hcauth is not asked");
	CHECK_TEXT(door(&d, "auto")->stranger, "nothing");
	check_found(&d, "not-asked", MIND, "");
	check_found(&d, "nothing-proved", MIND, "/etc/pam.d/auto");
	check_found(&d, "only-hcauth", MIND, "");
	check_nothing_wrong(&d);
	doctor_end(&d);
}

TEST(ad14_a_missing_module_is_found)
{
	const char *root = clinic();
	char path[512];

	plant(root, "/etc/pam.d/door", "auth " RIGHT "auth required pam_unix.so\n" REST);
	snprintf(path, sizeof path, "%s/lib/security/pam_hcauth.so", root);
	CHECK_INT(remove(path), 0);
	struct doctor d = examined(root);
	check_found(&d, "module-missing", WRONG, "/etc/pam.d/door:1");
	CHECK_TEXT(door(&d, "door")->bypass, "none found"); /* nobody has a Unix password */
	doctor_end(&d);

	plant(root, "/etc/shadow", "root:$y$x:1::::::\nben:$y$j9T$x:1::::::\n");
	d = examined(root);
	CHECK_TEXT(door(&d, "door")->bypass, "a Unix password as pam_hcauth.so is missing");
	doctor_end(&d);
}

TEST(ad14_an_unlocked_hash_of_a_person_of_hcauths_is_found)
{
	const char *root = clinic();

	plant(root, "/etc/shadow", "root:$y$x:1::::::\nben:$y$j9T$secret:1::::::\n");
	struct doctor d = examined(root);
	check_found(&d, "unix-password", WRONG, "/etc/shadow");
	CHECK_TEXT(finding(&d, "unix-password")->line, "usermod --lock ben");
	CHECK_TEXT(d.hashed[0], "ben");
	doctor_end(&d);
	plant(root, "/etc/shadow", "root:$y$x:1::::::\nben:!$y$j9T$secret:1::::::\n");
	d = examined(root);
	check_none(&d, "unix-password");
	check_found(&d, "no-unix-passwords", FINE, "");
	doctor_end(&d);
}

TEST(fo03_doctor_is_red_when_a_hash_is_not_locked)
{
	const char *root = clinic();

	plant(root, "/etc/pam.d/door", "auth " RIGHT "auth required pam_unix.so\n" REST);
	plant(root, "/etc/shadow", "root:$y$x:1::::::\nben:$y$j9T$x:1::::::\nada:$y$x:1::::::\n");
	struct doctor d = examined(root);
	CHECK_INT(doctor_worst(&d), WRONG);
	check_found(&d, "unix-password", WRONG, "/etc/shadow");
	check_found(&d, "shadow-row", WRONG, "/etc/shadow"); /* ada's: hcauth provides her */
	/* the one hole that default=die leaves */
	CHECK_HAS(door(&d, "door")->bypass, "a Unix password if pam_hcauth.so goes missing");
	doctor_end(&d);
}

TEST(pk04_hand_edited_common_files_are_told)
{
	const char *root = clinic();
	static const char written[] =
		"Module: hcauth\n[success=end user_unknown=ignore module_unknown=ignore default=die]\tpam_hcauth.so\n"
		"Module: unix\n[success=end default=ignore]\tpam_unix.so try_first_pass\n";
	static const char common[] =
		"auth [success=2 user_unknown=ignore module_unknown=ignore default=die] pam_hcauth.so\n"
		"auth [success=1 default=ignore] pam_unix.so try_first_pass\n"
		"auth requisite pam_deny.so\nauth required pam_permit.so\n";
	char edited[1024];

	plant(root, "/var/lib/pam/auth", written);
	plant(root, "/etc/pam.d/common-auth", common);
	struct doctor d = examined(root);
	check_none(&d, "hand-edited");
	doctor_end(&d);
	snprintf(edited, sizeof edited, "auth sufficient pam_sss.so\n%s", common);
	plant(root, "/etc/pam.d/common-auth", edited);
	d = examined(root);
	check_found(&d, "hand-edited", MIND, "/etc/pam.d/common-auth");
	doctor_end(&d);
	plant(root, "/etc/pam.d/common-auth", "auth required pam_unix.so\n");
	d = examined(root);
	check_found(&d, "hand-edited", MIND, "/etc/pam.d/common-auth");
	doctor_end(&d);
}
