/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_WHEN_H
#define HCAUTH_WHEN_H

#include <stdint.h>

/* A time as people read it, by this machine's time zone. */

enum { WHEN_TEXT = 64 };

enum when {
	WHEN_DAY, /* 2026-03-31 */
	WHEN_MINUTE, /* 2026-03-31 14:05 */
	WHEN_CLOCK, /* 14:05 */
	WHEN_WEEKDAY, /* Tue 14:05 */
	WHEN_WORDS, /* 31 March 2026 */
	WHEN_WORDS_CLOCK, /* Tuesday 31 March 2026, 14:05 */
};

/* "?" when there is none. */
const char *when_text(uint64_t unix_s, enum when form, char out[WHEN_TEXT]);

/* The day; of 0 "not used". */
const char *when_used(uint64_t unix_s, char out[WHEN_TEXT]);

#endif
