/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_HOURS_H
#define HCAUTH_HOURS_H

#include <stdbool.h>
#include <stdint.h>

#include "record.h"

/* Opening hours: "Mon-Fri 07:30-19:00, Sat 08:00-12:00", by the clock on the wall of this machine's time
 * zone. A day may stand several times. Hours past midnight ("Fri 22:00-02:00") belong to the day on which
 * they begin, and Sat-Mon is three days. */

enum { HOURS_ERROR_MAX = 200 };

/* The one form in which hours are stored, in out: "" for "always". False when text is not understood, and
 * what is wrong with it, as a sentence, in error. */
bool hours_normal(const char *text, char out[PRACTICE_HOURS_MAX + 1], char error[HOURS_ERROR_MAX]);

/* Whether it is open then. "" is always; what can't be read is never. */
bool hours_open(const char *hours, uint64_t unix_s);

#endif
