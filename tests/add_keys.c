/* SPDX-License-Identifier: Apache-2.0 */
/* add_keys: gives everybody in the store of a private host (tests/host) an ssh key, as the daemon's user, in one
 * commit: hcauth adds one only behind its person's proof. Prints how many. */
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "init.h"
#include "local.h"
#include "log.h"
#include "paths.h"
#include "people.h"
#include "seal.h"
#include "ssh_key.h"
#include "store/store.h"

struct adding {
	const struct seal *seal;
	unsigned n;
};

/* As ssh-keygen -t ed25519 writes it, but that nobody has the other half. */
static void make_key(struct ssh_key *k)
{
	static const uint8_t head[] = "\0\0\0\013ssh-ed25519\0\0\0\040";
	uint8_t point[32];
	char text[SSH_TEXT_MAX], line[SSH_TEXT_MAX + 32];
	uint8_t blob[sizeof head - 1 + sizeof point];

	randombytes_buf(point, sizeof point);
	memcpy(blob, head, sizeof head - 1);
	memcpy(blob + sizeof head - 1, point, sizeof point);
	sodium_bin2base64(text, sizeof text, blob, sizeof blob, sodium_base64_VARIANT_ORIGINAL);
	snprintf(line, sizeof line, "ssh-ed25519 %s made", text);

	const char *problem = ssh_key_parse(line, k);
	if (problem)
		die("%s", problem);
}

static int add_all(struct txn *t, void *arg)
{
	struct adding *a = arg;
	struct key at = { .len = 0 };
	struct ssh_key k;
	struct bytes row;
	struct id owner;
	int r;

	a->n = 0;
	while ((r = txn_next(t, TABLE_IDENTITY, "", 0, &at, &row)) == 0) {
		memcpy(&owner, at.bytes, sizeof owner);
		make_key(&k);
		if ((r = ssh_key_save(t, a->seal, &owner, &k)) < 0)
			return r;
		a->n++;
	}
	return r == -ENOENT ? directory_changed(t) : r;
}

int main(void)
{
	struct adding a = { .n = 0 };
	struct store *store;
	struct seal *seal;
	uint32_t uid, gid;

	if (!local_user(HC_DAEMON_USER, &uid, &gid) || setgid(gid) < 0 || setuid(uid) < 0)
		die("can't become %s: %m", HC_DAEMON_USER);
	if (sodium_init() < 0 || store_open(HC_STORE_DIR, &store) < 0 ||
		init_open(store, NULL, HC_KEY_FILE, &seal) < 0)
		die("the store can't be opened");
	a.seal = seal;
	if (store_update(store, NEED_SPACE, add_all, &a) < 0)
		die("not added");
	printf("%u\n", a.n);
	return 0;
}
