/* SPDX-License-Identifier: Apache-2.0 */
/* Importing a box of YubiKeys. What must hold: the tool's two formats; all or nothing, told by line, without
 * a secret; whoever adds one of them needs nothing but the key, and nobody else gets it then. */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "staff.h"
#include "yubikey_help.h"

#define CHECK_STATUS(s, talk)                                                                      \
	CHECK_TEXT((talk)->outcome.status == (s) ? "as expected" : (talk)->seen, "as expected")

static struct talk *import(struct world *w, const char *text)
{
	w->file = text;
	w->file_len = 0;
	return COMMAND(w, "yubikey", "import");
}

#define ONE "cccccccccccb,414141414141,a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1"
#define TWO "cccccccccccd,424242424242,a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2"
#define REST ",,,0,0,0,0,0,0,0,0,0,0"
#define DELETE "Now delete the file and its copies: whoever reads it can do what these keys do.\n"

/* As the tool writes it: yubikeylogger.cpp, Format_Traditional. */
TEST(yubikey_import_reads_the_traditional_log)
{
	struct world w = world_at("2026-05-04 09:00:00");
	struct talk *t = import(&w,
		"LOGGING START,5/4/26 9:00 AM\n"
		"Yubico OTP,5/4/26 9:00 AM,1," ONE REST "\n"
		"OATH-HOTP,5/4/26 9:01 AM,2,,,a1a1" REST "\n"
		"LOGGING START,04.05.26, 09:00\r\n"
		"Yubico OTP,Monday, May 4, 2026 9:02 AM,1," TWO REST "\r\n");

	CHECK_STATUS(0, t);
	CHECK_TEXT(t->seen,
		"2 YubiKeys are imported.\nLines about anything but Yubico OTP, left out: 1\n" DELETE);
	t = COMMAND(&w, "yubikey", "pool");
	CHECK_TEXT(t->seen, "cccccccccccb\ncccccccccccd\n");
	CHECK_TEXT(COMMAND(&w, "yubikey", "pool", "--json")->seen,
		"[{\"public_id\":\"cccccccccccb\"}\n,{\"public_id\":\"cccccccccccd\"}\n]\n");
}

/* Format_Yubico; ykman's format_csv(); yubikey-ksm's Key_Provisioning_Format. */
TEST(yubikey_import_reads_the_yubico_format)
{
	struct world w = world_at("2026-05-04 09:00:00");
	struct talk *t = import(&w,
		"# ykksm 1\n"
		"4711," ONE ",,2026-05-04T09:00:00,\n"
		"\n"
		",cc cc cc cc cc cd,42 42 42 42 42 42,A2A2A2A2a2a2a2a2a2a2a2a2a2a2a2a2,000000000000,"
		"2026-05-04T09:00:00,,1\n"
		"12,000000000003,434343434343,a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3a3");

	CHECK_STATUS(0, t);
	CHECK_TEXT(t->seen, "3 YubiKeys are imported.\n" DELETE);
	CHECK_TEXT(
		COMMAND(&w, "yubikey", "pool")->seen, "cccccccccccb\ncccccccccccd\nccccccccccce\n");
}

TEST(yubikey_import_is_all_or_nothing_and_told_by_line)
{
	struct world w = world_at("2026-05-04 09:00:00");
	struct talk *t = import(&w,
		"1," ONE ",,,\n"
		"2,cccccccccccd,424242424242,secretsecretsecretsecretsecretse,,,\n"
		"3,cccccccccccd,4242424242,a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2,,,\n"
		"4,cccxcccccccd,424242424242,a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2,,,\n"
		"5,,424242424242,a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2,,,\n"
		"6,cccccccccccd\n"
		"Yubico OTP,now,1,cccccccccccd\n"
		"8,cccccccccccb,414141414141,a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2,,,\n");

	CHECK_STATUS(1, t);
	CHECK_TEXT(t->seen,
		"line 2: the secret key is not 16 bytes in hex\n"
		"line 3: the private identity is not 6 bytes in hex\n"
		"line 4: the public identity is neither modhex nor hex of at most 16 bytes\n"
		"line 5: it has no public identity: its person adds it with hcauth yubikey add\n"
		"line 6: 2 fields, where there must be 4 or more\n"
		"line 7: 4 fields, where there must be 6 or more\n"
		"line 8: cccccccccccb is here already with other secrets: take out the older line, or, "
		"if it was imported before: hcauth yubikey drop cccccccccccb\n"
		"7 things are wrong: nothing was imported.\n");
	CHECK_HAS(
		COMMAND(&w, "yubikey", "pool")->seen, "There is no YubiKey that is nobody's yet.");
	CHECK_HAS(import(&w, "")->seen, "there is no YubiKey with Yubico OTP in the file");
	CHECK_HAS(import(&w, "LOGGING START,x\n")->seen, "line 1: there is no YubiKey");
	CHECK_HAS(import(&w, "name,e-mail\n")->seen, "A line for each key, such as: 4004,");
	static char long_one[100002];
	memset(long_one, '\n', sizeof long_one - 1);
	CHECK_HAS(import(&w, long_one)->seen, "line 1: more than 100000 lines: divide the file");
	w.file_len = 3;
	w.file = "a\0b";
	CHECK_HAS(COMMAND(&w, "yubikey", "import")->seen, "line 1: there is a zero byte");
}

/* The tool adds to its log: what was imported before is no mistake. */
TEST(yubikey_import_of_a_longer_log_goes_on)
{
	struct world w = world_at("2026-05-04 09:00:00");

	CHECK_STATUS(0, import(&w, "1," ONE ",,,\n"));
	struct talk *t = import(&w, "1," ONE ",,,\n2," TWO ",,,\n2," TWO ",,,\n");
	CHECK_STATUS(0, t);
	CHECK_TEXT(t->seen, "1 YubiKey is imported.\n2 more had been imported before.\n" DELETE);
	CHECK_STATUS(0, COMMAND(&w, "yubikey", "drop", "cccccccccccb"));
	CHECK_STATUS(3, COMMAND(&w, "yubikey", "drop", "cccccccccccb"));
	CHECK_STATUS(3, COMMAND(&w, "yubikey", "drop", "no such thing"));
	CHECK_TEXT(COMMAND(&w, "yubikey", "pool")->seen, "cccccccccccd\n");
	CHECK(!anywhere(&w, "\xa2\xa2\xa2\xa2\xa2\xa2\xa2\xa2", 8));
	CHECK(!anywhere(&w, "a2a2a2a2", 8));
	CHECK_HAS(COMMAND(&w, "audit")->seen, "yubikeys=1");
}

TEST(an_imported_yubikey_is_added_by_touch_alone)
{
	struct soft_key k = soft_key(1), forged = soft_key(1);
	struct world w = staff();

	with_yubikeys(&w);
	CHECK_STATUS(0, import(&w, "1," ONE ",,,\n2," TWO ",,,\n"));
	memset(forged.key.aes, 9, sizeof forged.key.aes);
	const char *one = soft_touch(&forged), *two = soft_touch(&forged);
	struct talk *t = ADA_SAYS(
		&w, WORDS("yubikey", "add"), ADA_PASSWORD, app_code(&w, ada_secret, 0), one, two);
	CHECK_STATUS(1, t);
	CHECK_HAS(last_line(t), "do not fit together");
	clock_add(&w, 60);
	one = soft_touch(&k);
	two = soft_touch(&k);
	t = ADA_SAYS(&w, WORDS("yubikey", "add", "Blue"), ADA_PASSWORD, app_code(&w, ada_secret, 0),
		one, two);
	CHECK_STATUS(0, t);
	CHECK(!strstr(t->seen, "not known"));
	CHECK_TEXT(COMMAND(&w, "yubikey", "pool")->seen, "cccccccccccd\n");
	CHECK_INT(SIGN_IN(&w, "login", "adae", ADA_PASSWORD, soft_touch(&k))->outcome.result,
		GRANTED);
	/* Dan, with the key in his hand: he would have to know its secrets. */
	enrol_dan(&w);
	struct world dan = as_person(&w, DAN_UID);
	one = soft_touch(&k);
	two = soft_touch(&k);
	t = command(&dan, WORDS("yubikey", "add"),
		(const char *const[]){ ADA_PASSWORD, app_code(&w, ada_secret, 0), one, two, NULL });
	CHECK_HAS(t->seen, "This key is not known here yet.");
}
