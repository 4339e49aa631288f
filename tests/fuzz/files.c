/* SPDX-License-Identifier: Apache-2.0 */
/* Files that others have written, which root's commands read and change: services of PAM, nsswitch.conf, a
 * backup, lines of import files. The first byte says which. What must hold: hcauth's lines come off as they went in, and
 * nothing else of a text changes; a stack is read within bounds, whatever includes what; of a backup that was
 * not written with the key, no row is believed. */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup.h"
#include "codec.h"
#include "fuzz.h"
#include "hcauth/nsswitch.h"
#include "hcauth/pam_edit.h"
#include "hcauth/pam_stack.h"
#include "hcauth/pam_text.h"
#include "hcauth/pam_walk.h"
#include "seal.h"

enum { FILES_MAX = 6 };

static struct seal *seal;

/* --- memory that ends, and reads that fail: the nth, from 1; 0: none --- */

static unsigned memory_ends;

static bool no_memory(void)
{
	return memory_ends > 0 && --memory_ends == 0;
}

void *__real_malloc(size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_malloc(size_t n)
{
	return no_memory() ? NULL : __real_malloc(n);
}

void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size)
{
	return no_memory() ? NULL : __real_calloc(n, size);
}

void *__real_realloc(void *p, size_t n);
void *__wrap_realloc(void *p, size_t n);
void *__wrap_realloc(void *p, size_t n)
{
	return no_memory() ? NULL : __real_realloc(p, n);
}

FILE *__real_open_memstream(char **p, size_t *n);
FILE *__wrap_open_memstream(char **p, size_t *n);
FILE *__wrap_open_memstream(char **p, size_t *n)
{
	return no_memory() ? NULL : __real_open_memstream(p, n);
}

ssize_t __real_read(int fd, void *p, size_t n);
ssize_t __wrap_read(int fd, void *p, size_t n);
ssize_t __wrap_read(int fd, void *p, size_t n)
{
	if (!no_memory())
		return __real_read(fd, p, n);
	errno = n % 2 ? EINTR : EIO;
	return -1;
}

/* Without memory all of it is refused. */
static bool ended(bool given)
{
	return given && memory_ends == 0;
}

static void put(const char *path, const char *text, size_t len)
{
	FILE *f = fopen(path, "w");

	HOLDS(f && fwrite(text, 1, len, f) == len && fclose(f) == 0);
}

/* --- the text of a pam.d file --- */

static void try_text(struct fuzz_input in)
{
	char *text = fuzz_rest(&in), line[PAM_LINE_ROOM];
	struct pam_text t = { .text = text, .len = in.left };
	unsigned number, last = 0;
	enum pam_next next;

	while ((next = pam_text_next(&t, line, &number)) == PAM_TEXT_LINE ||
		next == PAM_TEXT_LONG) {
		char *rest = line, *word;
		int action[PAM_CODES];

		HOLDS(number > last && strlen(line) < PAM_LINE_ROOM && t.at <= t.len);
		last = number;
		while ((word = pam_word(&rest))) {
			HOLDS(word >= line && word < line + PAM_LINE_ROOM);
			bool good = pam_control(word, action);
			for (int i = 0; i < PAM_CODES; i++)
				HOLDS(action[i] >= ACTION_RESET &&
					(good || action[i] == ACTION_BAD));
		}
	}
	free(text);
}

static void try_edit(struct fuzz_input in, unsigned n)
{
	char *text = fuzz_rest(&in);
	struct pam_edit on, again, off;

	memory_ends = n;
	pam_edit_off(text, in.left, &off);
	if (off.result != PAM_EDIT_REFUSED)
		free(off.out);
	pam_edit_on(text, in.left, "login", "", &on);
	if (on.result != PAM_EDIT_REFUSED)
		free(on.out);
	memory_ends = 0;
	pam_edit_on(text, in.left, "login", " chooser", &on);
	if (on.result == PAM_EDIT_REFUSED) {
		HOLDS(*on.why && !on.out);
	} else if (on.result == PAM_EDIT_CHANGED) {
		HOLDS(!pam_edit_has(text, in.left) && pam_edit_has(on.out, on.len));
		pam_edit_on(on.out, on.len, "login", " chooser", &again);
		HOLDS(again.result == PAM_EDIT_SAME && again.len == on.len &&
			memcmp(again.out, on.out, on.len) == 0);
		free(again.out);
		pam_edit_off(on.out, on.len, &off);
		HOLDS(off.result == PAM_EDIT_CHANGED && off.len == in.left &&
			memcmp(off.out, text, off.len) == 0);
		free(off.out);
	}
	pam_edit_off(text, in.left, &off);
	HOLDS(off.result != PAM_EDIT_CHANGED || !pam_edit_has(off.out, off.len));
	if (off.result != PAM_EDIT_REFUSED)
		free(off.out);
	if (on.result != PAM_EDIT_REFUSED)
		free(on.out);
	free(text);
}

/* What any module may say. */
static struct pam_answer anything(const struct pam_line *l, const void *arg)
{
	(void)arg;
	return (struct pam_answer){ .codes = UINT32_MAX,
		.shows = pam_line_is(l, "pam_unix.so") ? 1
			: pam_line_has(l, "shows")     ? 4
						       : 0,
		.seen = 2 };
}

static void look_at_stack(const struct pam_stack *s, bool ends)
{
	static struct pam_ways ways;

	for (int p = 0; p < PHASES; p++) {
		const struct pam_list *list = &s->phase[p];
		int at = pam_list_find(list, "pam_unix.so");

		HOLDS(at < (int)list->n && *pam_phase_name((enum pam_phase)p));
		for (size_t i = 0; i < list->n; i++) {
			const struct pam_line *l = &list->line[i];

			HOLDS(l->file && l->control && l->module && l->number > 0);
			HOLDS(!l->words || l->word[l->words - 1]);
		}
		HOLDS(pam_walk(list, anything, NULL, &ways) || ends);
		HOLDS(ways.n <= PAM_WAYS_MAX);
	}
}

/* Files of a service, each up to a NUL: login, other, a, b, c, d. */
static void try_stack(struct fuzz_input in, unsigned n)
{
	static const char *const names[FILES_MAX] = { "login", "other", "a", "b", "c", "d" };
	struct pam_stack s;
	char path[64];

	for (int i = 0; i < FILES_MAX; i++) {
		const uint8_t *end = in.left ? memchr(in.p, 0, in.left) : NULL;
		size_t len = end ? (size_t)(end - in.p) : in.left;

		snprintf(path, sizeof path, "etc/pam.d/%s", names[i]);
		(void)unlink(path);
		if (in.left == 0)
			continue;
		put(path, (const char *)in.p, len);
		in.p += len + (end != NULL);
		in.left -= len + (end != NULL);
	}
	memory_ends = n;
	bool read = pam_stack_read(".", "login", &s);
	HOLDS(read || ended(n > 0));
	if (read)
		look_at_stack(&s, n > 0);
	pam_stack_free(&s);
	char **services = pam_services(".");
	HOLDS(services || n > 0);
	pam_services_free(services);
	memory_ends = 0;
}

/* --- nsswitch.conf --- */

static void try_nsswitch(struct fuzz_input in, unsigned n)
{
	char *text = fuzz_rest(&in);
	size_t len = 0, len2 = 0;

	memory_ends = n;
	free(nsswitch_on(text, in.left, &len));
	memory_ends = 0;
	char *out = nsswitch_on(text, in.left, &len), *again;

	if (out) {
		HOLDS(len >= in.left);
		again = nsswitch_on(out, len, &len2);
		HOLDS(again && len2 == len && memcmp(out, again, len) == 0);
		free(again);
	}
	free(out);
	free(text);
}

/* --- backups --- */

static int count(const struct backup_row *row, void *arg)
{
	size_t *n = arg;
	uint8_t sum = 0;

	for (size_t i = 0; i < row->key_len; i++)
		sum ^= row->key[i];
	for (size_t i = 0; i < row->value_len; i++)
		sum ^= row->value[i];
	*n += 1 + (sum & 1u);
	return 0;
}

/* A file as it comes. */
static void try_backup(struct fuzz_input in, unsigned fails)
{
	int fd = fuzz_file(0, in.p, in.left);
	struct backup b = { .schema = 77 };
	size_t n = 0;

	memory_ends = fails;
	if (backup_open(fd, &b) < 0) {
		HOLDS(b.schema == 77);
		memory_ends = 0;
		return;
	}
	HOLDS(strlen(b.program) <= BACKUP_PROGRAM);
	HOLDS(backup_read(fd, &b, seal, count, &n) < 0 && n == 0);
	memory_ends = 0;
}

/* A head and blocks that were written with the key, of any bytes: HOW, a length in two bytes, and they. */
static void try_blocks(struct fuzz_input in, unsigned fails)
{
	static const uint8_t wrapped[WRAP_BYTES];
	static uint8_t sealed[65536 + SEAL_OVERHEAD];
	int fd = fuzz_file(0, "", 0);
	struct backup b;
	size_t n = 0;

	HOLDS(backup_begin(fd, wrapped, 1777885200, &b) == 0);
	for (uint32_t place = 0; in.left > 0; place++) {
		uint8_t how = fuzz_byte(&in), frame[5], ad[HASH_BYTES + 9];
		size_t len = (size_t)fuzz_byte(&in) << 8;

		len |= fuzz_byte(&in);
		len = len < in.left ? len : in.left;
		memcpy(ad, b.hash, HASH_BYTES);
		number_put(ad + HASH_BYTES, place, 8);
		ad[HASH_BYTES + 8] = how & 1;
		seal_close(seal, SEAL_BACKUP, ad, sizeof ad, in.p, len, sealed);
		number_put(frame, len + SEAL_OVERHEAD, 4);
		frame[4] = how & 1;
		HOLDS(write(fd, frame, sizeof frame) == sizeof frame);
		HOLDS(write(fd, sealed, len + SEAL_OVERHEAD) == (ssize_t)(len + SEAL_OVERHEAD));
		in.p += len;
		in.left -= len;
	}
	HOLDS(backup_open(fd, &b) == 0 && b.made == 1777885200);
	memory_ends = fails;
	HOLDS(backup_read(fd, &b, seal, count, &n) <= 0);
	memory_ends = 0;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const uint8_t key[KEY_BYTES] = { 1 };
	struct pam_stack s;

	(void)argc;
	(void)argv;
	HOLDS(sodium_init() >= 0 && (seal = seal_of(key)) != NULL);
	fuzz_folder();
	HOLDS(!pam_services(".") && pam_stack_read(".", "a/b", &s) && s.unusable);
	HOLDS(pam_stack_read(".", "login", &s) && s.unusable);
	HOLDS(mkdir("etc", 0700) == 0 && mkdir("etc/pam.d", 0700) == 0);
	return 0;
}

/* A capital letter: the same while memory ends. */
void fuzz_one(const uint8_t *p, size_t len)
{
	struct fuzz_input in = { p, len };
	uint8_t how = fuzz_byte(&in);
	bool ends = how >= 'A' && how <= 'Z';
	unsigned n = ends ? fuzz_byte(&in) : 0;

	switch (ends ? how - 'A' + 'a' : how) {
	case 't': try_text(in); break;
	case 'e': try_edit(in, n); break;
	case 's': try_stack(in, n); break;
	case 'n': try_nsswitch(in, n); break;
	case 'b': try_backup(in, n); break;
	case 'k': try_blocks(in, n); break;
	}
}
