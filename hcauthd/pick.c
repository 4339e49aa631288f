/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold: what is picked is nobody's: neither a name in the store, nor a user or group of the
 * machine's own, nor a group of ours. */
#include "pick.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "local.h"
#include "people.h"
#include "store/store.h"

enum { USERS_MAX = 9999 };

/* U+00C0 to U+017F (Latin-1's letters, Latin Extended-A) as their nearest letter; '.': none. */
static const char latin[] = "aaaaaaaceeeeiiii"
			    "dnooooo.ouuuuyts"
			    "aaaaaaaceeeeiiii"
			    "dnooooo.ouuuuyty"
			    "aaaaaaccccccccdd"
			    "ddeeeeeeeeeegggg"
			    "gggghhhhiiiiiiii"
			    "iiiijjkkklllllll"
			    "lllnnnnnnnnnoooo"
			    "oooorrrrrrssssss"
			    "ssttttttuuuuuuuu"
			    "uuuuwwyyyzzzzzzs";

_Static_assert(sizeof latin - 1 == 0x180 - 0xc0, "a letter for each");

size_t pick_fold(const char *text, size_t len, char *out, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < len && n < max; i++) {
		unsigned char b = (unsigned char)text[i];
		char c = '.';

		if (b >= 'A' && b <= 'Z')
			c = (char)(b - 'A' + 'a');
		else if ((b >= 'a' && b <= 'z') || (b >= '0' && b <= '9'))
			c = (char)b;
		else if (b >= 0xc3 && b <= 0xc5 && i + 1 < len)
			c = latin[(b & 0x1f) * 64 + (text[++i] & 0x3f) - 0xc0];
		if (c != '.')
			out[n++] = c;
	}
	return n;
}

static int name_is_free(struct txn *t, const char *name, bool *out)
{
	struct name_row row;
	uint32_t uid, gid;
	int r = name_find(t, name, &row);

	*out = r == -ENOENT && !local_user(name, &uid, &gid);
	return r == -ENOENT ? 0 : r;
}

int pick_userid(struct txn *t, const char *practice, char userid[SIGN_IN_NAME_MAX + 1],
	char name[SIGN_IN_NAME_MAX + 1])
{
	char key[PRACTICE_ID_MAX + 16];
	uint64_t n;
	bool free = false;

	snprintf(key, sizeof key, "pick.%s", practice);
	int r = meta_u64(t, key, 0, &n);
	while (r == 0 && !free) {
		snprintf(name, SIGN_IN_NAME_MAX + 1, "%s%04llu", practice, (unsigned long long)++n);
		r = name_is_free(t, name, &free);
	}
	if (r < 0)
		return r;
	snprintf(userid, SIGN_IN_NAME_MAX + 1, "%s", name);
	for (char *p = userid; *p; p++)
		if (*p >= 'a' && *p <= 'z')
			*p = (char)(*p - 'a' + 'A');
	return meta_set_u64(t, key, n);
}

static int user_is_free(struct txn *t, const char *user, bool *out)
{
	char key[USER_NAME_MAX + 8];
	uint64_t group = 0;
	uint32_t gid;
	int r = name_is_free(t, user, out);

	snprintf(key, sizeof key, "group.%s", user);
	if (r == 0 && (r = meta_u64(t, key, 0, &group)) == 0)
		*out = *out && group == 0 && !local_group(user, &gid);
	return r;
}

/* "jdoe" of "Jane Doe"; "ada" of "Ada"; "user" of what has no letters of ours. */
static void short_name(const char *person, char out[USER_NAME_MAX + 1])
{
	const char *last = strrchr(person, ' ');
	size_t n = last ? pick_fold(person, strcspn(person, " "), out, 1) : 0;

	n += pick_fold(last ? last + 1 : person, strlen(last ? last + 1 : person), out + n,
		USER_NAME_MAX - n);
	out[n] = 0;
	if (n == 0 || (out[0] >= '0' && out[0] <= '9'))
		memcpy(out, "user", 5);
}

int pick_user(struct txn *t, const char *person, const char *practice, char user[USER_NAME_MAX + 1])
{
	char base[USER_NAME_MAX + 1], number[8] = "";
	bool free = false;
	int r = 0;

	short_name(person, base);
	for (unsigned n = 1; r == 0 && !free; n++) {
		if (n > USERS_MAX)
			return -ERANGE;
		if (n > 1)
			snprintf(number, sizeof number, "%u", n);
		int after = (int)(strlen(number) + 1 + strnlen(practice, PICK_PRACTICE_MAX));
		snprintf(user, USER_NAME_MAX + 1, "%.*s%s-%.*s", USER_NAME_MAX - after, base,
			number, PICK_PRACTICE_MAX, practice);
		r = user_is_free(t, user, &free);
	}
	return r;
}

bool is_user_of(const char *user, const char *practice)
{
	size_t len = strlen(user), part = strnlen(practice, PICK_PRACTICE_MAX);

	return part > 0 && len > part + 1 && user[len - part - 1] == '-' &&
		memcmp(user + len - part, practice, part) == 0;
}
