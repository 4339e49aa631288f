/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_SINCE_H
#define HCAUTH_SINCE_H

#include <stdbool.h>
#include <stdint.h>

/* A time in the past as people say it: "2026-03-31" (its first second) or "2026-03-31 14:05", by this
 * machine's time zone; or how long ago: "30 minutes", "2 hours", "3 days", "2 weeks". */
bool parse_since(const char *text, uint64_t now, uint64_t *out);

#endif
