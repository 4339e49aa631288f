/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "rig.h"
#include "seal.h"
#include "world.h"

static const uint8_t bytes[KEY_BYTES + 1] = "0123456789abcdef0123456789abcde";

static void key_refused(int why, const char *credentials, const char *file)
{
	uint8_t key[KEY_BYTES] = { 5 }, before[KEY_BYTES] = { 5 };

	CHECK_INT(machine_key_read(credentials, file, key), why);
	CHECK_BYTES(key, before, KEY_BYTES);
}

TEST(key_file_of_32_bytes_is_read)
{
	uint8_t key[KEY_BYTES];
	const char *file = in_folder("machine.key");

	for (int mode = 0; mode < 2; mode++) {
		file_write(file, bytes, KEY_BYTES, mode ? 0400 : 0600);
		CHECK_INT(machine_key_read(NULL, file, key), 0);
		CHECK_BYTES(key, bytes, KEY_BYTES);
		CHECK_INT(machine_key_read("", file, key), 0);
	}
}

TEST(sf11_key_of_a_wrong_size_is_refused)
{
	static const size_t sizes[] = { 0, 1, 31, 33 };
	const char *file = in_folder("machine.key");

	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		file_write(file, bytes, sizes[i], 0600);
		key_refused(-EINVAL, NULL, file);
	}
}

TEST(sf11_key_that_others_could_read_or_write_is_refused)
{
	static const mode_t modes[] = { 0640, 0604, 0620, 0602, 0610, 0601, 0644, 0666 };
	const char *file = in_folder("machine.key");

	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
		file_write(file, bytes, KEY_BYTES, modes[i]);
		key_refused(-EPERM, NULL, file);
	}
	if (geteuid() == 0) {
		file_write(file, bytes, KEY_BYTES, 0600);
		CHECK_INT(chown(file, 12345, 0), 0);
		key_refused(-EPERM, NULL, file);
	}
}

TEST(key_that_is_no_file_is_refused)
{
	const char *file = in_folder("machine.key"), *link = in_folder("link");

	key_refused(-ENOENT, NULL, file);
	CHECK_INT(mkfifo(file, 0600), 0);
	key_refused(-EPERM, NULL, file);
	CHECK_INT(unlink(file), 0);
	CHECK_INT(mkdir(file, 0700), 0);
	key_refused(-EPERM, NULL, file);
	CHECK_INT(rmdir(file), 0);
	file_write(file, bytes, KEY_BYTES, 0600);
	CHECK_INT(symlink(file, link), 0);
	key_refused(-EPERM, NULL, link);
	key_refused(-EPERM, NULL, "/dev/zero");
}

TEST(key_as_a_credential_comes_before_the_file)
{
	uint8_t key[KEY_BYTES];
	const char *file = in_folder("file"), *folder = test_folder(), *given;
	char longest[5000];

	key_refused(-ENOENT, folder, file);
	file_write(file, bytes, KEY_BYTES, 0600);
	CHECK_INT(machine_key_read(folder, file, key), 0); /* a folder without it */
	CHECK_BYTES(key, bytes, KEY_BYTES);
	CHECK(!machine_key_sealed(folder) && !machine_key_sealed("") && !machine_key_sealed(NULL));
	given = in_folder("machine.key");
	file_write(given, "another key of thirty-two bytes.", KEY_BYTES, 0440);
	CHECK(machine_key_sealed(folder));
	CHECK_INT(machine_key_read(folder, file, key), 0);
	CHECK_BYTES(key, "another key of thirty-two bytes.", KEY_BYTES);
	for (int i = 0; i < 4; i++) {
		static const mode_t modes[] = { 0404, 0460, 0402, 0450 };

		CHECK_INT(chmod(given, modes[i]), 0);
		key_refused(-EPERM, folder, file); /* never the file instead */
	}
	CHECK_INT(chmod(given, 0440), 0);
	CHECK_INT(unlink(file), 0);
	CHECK_INT(machine_key_read(folder, file, key), 0);
	memset(longest, 'x', sizeof longest - 1);
	longest[sizeof longest - 1] = 0;
	key_refused(-ENAMETOOLONG, longest, file);
	key_refused(-ENAMETOOLONG, NULL, longest);
}

/* By the folder alone the doctor would have the one key there is deleted. */
TEST(the_doctor_is_told_where_the_key_is_read_from)
{
	struct world w = world_at("2026-05-04 09:00:00");
	const char *folder = test_folder();

	CHECK_INT(setenv("CREDENTIALS_DIRECTORY", folder, 1), 0);
	CHECK(strstr(COMMAND(&w, "doctor")->seen, "key file\n"));
	file_write(in_folder("machine.key"), bytes, KEY_BYTES, 0440);
	CHECK(strstr(COMMAND(&w, "doctor")->seen, "key credential\n"));
}

static void key_random(uint8_t key[KEY_BYTES])
{
	for (size_t i = 0; i < KEY_BYTES; i++)
		key[i] = (uint8_t)rand();
}

TEST(recovery_key_comes_back_however_it_is_typed)
{
	uint8_t key[KEY_BYTES], back[KEY_BYTES];
	char text[RECOVERY_TEXT], typed[3 * RECOVERY_TEXT];

	for (int i = 0; i < 1000; i++) {
		key_random(key);
		recovery_text(key, text);
		CHECK_INT(strlen(text), 67);
		CHECK_INT(strspn(text, "0123456789ABCDEFGHJKMNPQRSTVWXYZ-"), 67);
		CHECK_INT(recovery_parse(text, back), 0);
		CHECK_BYTES(back, key, KEY_BYTES);

		char *to = typed;
		for (const char *p = text; *p; p++) {
			char c = *p;

			if (c == '-' && i % 2)
				continue;
			if (c == '0' && i % 3 == 0)
				c = i % 2 ? 'O' : 'o';
			else if (c == '1' && i % 3 == 0)
				c = "IiLl"[i % 4];
			else if (c >= 'A' && c <= 'Z' && i % 5 == 0)
				c = (char)(c - 'A' + 'a');
			*to++ = c;
			if (i % 7 == 0)
				*to++ = ' ';
		}
		*to = 0;
		CHECK_INT(recovery_parse(typed, back), 0);
		CHECK_BYTES(back, key, KEY_BYTES);
	}
}

TEST(recovery_key_in_its_written_form)
{
	uint8_t zero[KEY_BYTES] = { 0 }, ones[KEY_BYTES], back[KEY_BYTES];
	char text[RECOVERY_TEXT];

	recovery_text(zero, text);
	CHECK_TEXT(text, "0000-0000-0000-0000-0000-0000-0000-0000-0000-0000-0000-0000-0000-00");
	memset(ones, 0xff, sizeof ones);
	recovery_text(ones, text);
	text[64] = 0;
	CHECK_TEXT(text, "ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZG");
	(void)back;
}

TEST(recovery_key_with_a_slip_is_refused)
{
	static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	uint8_t key[KEY_BYTES], back[KEY_BYTES] = { 5 }, before[KEY_BYTES] = { 5 };
	char text[RECOVERY_TEXT], wrong[RECOVERY_TEXT + 8];

	key_random(key);
	recovery_text(key, text);
	for (size_t i = 0; i < strlen(text); i++) {
		for (const char *d = digits; *d && text[i] != '-'; d++) { /* one wrong */
			strcpy(wrong, text);
			wrong[i] = *d;
			CHECK_INT(recovery_parse(wrong, back), *d == text[i] ? 0 : -EINVAL);
			if (*d == text[i])
				memcpy(back, before, KEY_BYTES);
		}
		for (size_t k = i + 1; k < 64; k++) { /* two swapped, up to the checks */
			strcpy(wrong, text);
			wrong[i] = text[k];
			wrong[k] = text[i];
			if (text[i] == '-' || text[k] == '-' || text[i] == text[k])
				continue;
			CHECK_INT(recovery_parse(wrong, back), -EINVAL);
		}
		strcpy(wrong, text); /* one missing */
		memmove(wrong + i, wrong + i + 1, strlen(wrong + i));
		if (text[i] != '-')
			CHECK_INT(recovery_parse(wrong, back), -EINVAL);
	}
	static const char *const no_keys[] = { "", "-", "U", "hello", "0\n" };
	for (size_t i = 0; i < sizeof no_keys / sizeof *no_keys; i++)
		CHECK_INT(recovery_parse(no_keys[i], back), -EINVAL);
	snprintf(wrong, sizeof wrong, "%s0", text);
	CHECK_INT(recovery_parse(wrong, back), -EINVAL);
	snprintf(wrong, sizeof wrong, "%s!", text);
	CHECK_INT(recovery_parse(wrong, back), -EINVAL);
	char endless[5000];
	memset(endless, '0', sizeof endless - 1);
	endless[sizeof endless - 1] = 0;
	CHECK_INT(recovery_parse(endless, back), -EINVAL);
	CHECK_BYTES(back, before, KEY_BYTES);
}

/* The last digit carries one bit; another 31 texts would else stand for the same key. */
TEST(recovery_key_has_one_written_form)
{
	uint8_t back[KEY_BYTES];
	char text[] = "0000000000000000000000000000000000000000000000000001??";
	static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

	for (size_t i = 0; i < 1024; i++) { /* whatever the check says */
		text[52] = digits[i / 32];
		text[53] = digits[i % 32];
		CHECK_INT(recovery_parse(text, back), -EINVAL);
	}
}
