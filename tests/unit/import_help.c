/* SPDX-License-Identifier: Apache-2.0 */
#include "import_help.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

static char parts[200000];
static size_t parts_len;

void no_parts(void)
{
	parts_len = 0;
}

void add_bytes(const char *of, const char *text, size_t len)
{
	parts_len +=
		(size_t)snprintf(parts + parts_len, sizeof parts - parts_len, "%s %zu\n", of, len);
	CHECK(parts_len + len < sizeof parts);
	memcpy(parts + parts_len, text, len);
	parts_len += len;
}

void add_part(const char *of, const char *text)
{
	add_bytes(of, text, strlen(text));
}

struct talk *import_parts(struct world *w, const char *what, const char *option)
{
	w->file = parts_len ? parts : "";
	w->file_len = parts_len;
	return option ? COMMAND(w, "import", what, option) : COMMAND(w, "import", what);
}

struct talk *import_file(struct world *w, const char *what, const char *text)
{
	no_parts();
	add_part("-", text);
	return import_parts(w, what, NULL);
}

/* Numerical Recipes' generator: the same bytes in every run. */
static unsigned next_random(unsigned *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

/* In a block of its own length, so that a sanitizer sees the first byte beyond. */
static void call(const char *text, size_t len, void (*fn)(char *, size_t))
{
	char *own = malloc(len + 1);

	CHECK(own != NULL);
	memcpy(own, text, len);
	own[len] = 0;
	fn(own, len);
	free(own);
}

void mangle(const char *text, unsigned n, void (*fn)(char *text, size_t len))
{
	static const char likely[] = "\n\n\r \t:-+\"#/$,=0123456789\x80\xff";
	size_t len = strlen(text);
	unsigned state = 20260731;

	for (size_t cut = 0; cut <= len; cut++)
		call(text, cut, fn);
	for (unsigned i = 0; i < n; i++) {
		char *own = strdup(text);

		CHECK(own != NULL);
		for (unsigned k = 1 + next_random(&state) % 6; k > 0; k--) {
			size_t at = next_random(&state) % len;
			unsigned c = next_random(&state);

			own[at] = c & 1 ? likely[(c >> 1) % (sizeof likely - 1)] : (char)(c >> 1);
		}
		call(own, next_random(&state) % 4 ? len : next_random(&state) % len, fn);
		free(own);
	}
}
