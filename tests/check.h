/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_CHECK_H
#define HCAUTH_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A test case registers itself, runs in a process of its own under a time limit, and ends it at the
 * first check that fails, which prints both sides. Output is TAP. */

struct test {
	const char *name, *file;
	void (*run)(void);
	struct test *next;
};

void test_register(struct test *t);

#define TEST(id)                                                                                   \
	static void test_##id(void);                                                               \
	__attribute__((constructor)) static void register_##id(void)                               \
	{                                                                                          \
		static struct test t = { .name = #id, .file = __FILE__, .run = test_##id };        \
		test_register(&t);                                                                 \
	}                                                                                          \
	static void test_##id(void)

_Noreturn void check_fail(const char *file, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

void check_true(const char *file, int line, const char *what, bool v);
void check_int(const char *file, int line, const char *what, long long a, long long b);
void check_text(const char *file, int line, const char *what, const char *a, const char *b);
void check_has(const char *file, int line, const char *what, const char *text, const char *part);
void check_bytes(
	const char *file, int line, const char *what, const void *a, const void *b, size_t n);

#define CHECK(v) check_true(__FILE__, __LINE__, #v, (v))
#define CHECK_INT(a, b) check_int(__FILE__, __LINE__, #a " == " #b, (long long)(a), (long long)(b))
#define CHECK_TEXT(a, b) check_text(__FILE__, __LINE__, #a " is " #b, (a), (b))
#define CHECK_HAS(text, part) check_has(__FILE__, __LINE__, #text " has " #part, (text), (part))
#define CHECK_BYTES(a, b, n) check_bytes(__FILE__, __LINE__, #a " == " #b, (a), (b), (n))

/* A new folder (0700) that goes when the case ends. */
const char *test_folder(void);

#endif
