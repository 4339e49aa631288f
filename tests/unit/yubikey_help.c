/* SPDX-License-Identifier: Apache-2.0 */
#include "yubikey_help.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

void with_yubikeys(struct world *w)
{
	for (size_t i = 0; i < w->conf.nservices; i++)
		for (size_t k = 0; k < w->conf.service[i].nsteps; k++)
			if (w->conf.service[i].step[k] & 1u << FACTOR_TOTP)
				w->conf.service[i].step[k] |= 1u << FACTOR_YUBIKEY;
}

void ada_adds(struct world *w, struct soft_key *k, const char *name)
{
	const char *first = soft_touch(k), *second = soft_touch(k);
	struct talk *t = ADA_SAYS(w, WORDS("yubikey", "add", name), ADA_PASSWORD,
		app_code(w, ada_secret, 0), first, second, k->private, k->aes);

	CHECK_TEXT(t->outcome.status == 0 ? "added" : t->seen, "added");
	clock_add(w, 60);
}

static const void *looked_for;
static size_t looked_len;

static int look_into(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	char *text;
	FILE *f;

	(void)at;
	if (kind != FTW_F || st->st_size == 0)
		return 0;
	f = fopen(path, "r");
	text = malloc((size_t)st->st_size);
	CHECK(f && text);
	size_t n = fread(text, 1, (size_t)st->st_size, f);
	bool found = memmem(text, n, looked_for, looked_len) != NULL;
	fclose(f);
	free(text);
	return found;
}

bool anywhere(const struct world *w, const void *bytes, size_t len)
{
	looked_for = bytes;
	looked_len = len;
	int r = nftw(w->folder, look_into, 16, FTW_PHYS);
	CHECK(r >= 0);
	return r > 0;
}
