/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_ELAPSED_H
#define HCAUTH_ELAPSED_H

#include <stdint.h>
#include <string.h>

#include "lockout.h"

/* Milliseconds since a moment that stands in a row with its boot: for ever, if that was another boot. Who wrote
 * the row may have read the clock after now and have got to the store before us: that is this moment. */
static inline uint64_t elapsed_ms(const uint8_t boot[16], uint64_t since_ms, const struct now *now)
{
	if (memcmp(boot, now->boot, sizeof now->boot) != 0)
		return UINT64_MAX;
	return since_ms < now->boot_ms ? now->boot_ms - since_ms : 0;
}

#endif
