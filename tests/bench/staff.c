/* SPDX-License-Identifier: Apache-2.0 */
#include "staff.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

/* As ssh-keygen -t ed25519 writes it, but that nobody has the other half. */
static void make_ssh_key(char out[160])
{
	uint8_t blob[51] = "\0\0\0\013ssh-ed25519\0\0\0\040";
	char text[80];

	randombytes_buf(blob + 19, 32);
	sodium_bin2base64(text, sizeof text, blob, sizeof blob, sodium_base64_VARIANT_ORIGINAL);
	snprintf(out, 160, "ssh-ed25519 %s", text);
}

/* A command of theirs, which asks who they are first. */
static void command(
	const struct staff *s, unsigned code, const char *const *words, const char *const *more)
{
	const char *answers[8] = { s->p.password, s->p.code[code] };
	struct hello h = client_hello(PURPOSE_COMMAND, "hcauth", "");

	for (size_t i = 0; more && more[i]; i++)
		answers[2 + i] = more[i];
	struct said said = client_talk_as(s->p.uid, &h, words, answers);
	if (said.r < 0 || said.result != GRANTED)
		client_fail("%s: %s %s: %d, status %d: %s", s->p.email, words[0], words[1], said.r,
			said.status, said.text);
}

void staff_make(struct staff *s, unsigned number)
{
	char userid[16], key[160], line[200];

	snprintf(s->p.mobile, sizeof s->p.mobile, "+447700900%03u", number);
	snprintf(s->other, sizeof s->other, "other%u", number);
	snprintf(userid, sizeof userid, "HCO%06u", number);
	somebody_make(&s->p, "person", number);
	(void)client_command((const char *const[]){ "account", "add", userid, "--practice", "stj",
		"--identity", s->p.email, "--user", s->other, NULL });

	make_ssh_key(key);
	snprintf(line, sizeof line, "%s bench", key);
	snprintf(s->ssh_auth, sizeof s->ssh_auth, "publickey %s\n", key);
	command(s, 0, (const char *const[]){ "ssh-keys", "add", line, NULL }, NULL);

	s->yubikey = soft_key(number);
	const char *first = soft_touch(&s->yubikey), *second = soft_touch(&s->yubikey);
	command(s, 1, (const char *const[]){ "yubikey", "add", NULL },
		(const char *const[]){ first, second, s->yubikey.private, s->yubikey.aes, NULL });
	command(s, 2, (const char *const[]){ "second", "sms", NULL }, NULL);
}
