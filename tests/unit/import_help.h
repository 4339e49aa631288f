/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_IMPORT_HELP_H
#define HCAUTH_IMPORT_HELP_H

#include "world.h"

/* What the command would hand over: begins anew, and adds a part. of: a user, or "-". */
void no_parts(void);
void add_part(const char *of, const char *text);
void add_bytes(const char *of, const char *text, size_t len);

/* Says "import WHAT" with those parts. option: one more word, or NULL. */
struct talk *import_parts(struct world *w, const char *what, const char *option);
/* The same with one file of many people's. */
struct talk *import_file(struct world *w, const char *what, const char *text);

/* Calls fn with text cut at every length, and then changed at random, n times, from a fixed seed. */
void mangle(const char *text, unsigned n, void (*fn)(char *text, size_t len));

#endif
