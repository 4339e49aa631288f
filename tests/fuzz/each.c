/* SPDX-License-Identifier: Apache-2.0 */
/* Inputs one after the other. */
#include <string.h>

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	static const char next[] = FUZZ_NEXT;
	const size_t n = sizeof next - 1;
	const uint8_t *at;

	while (len > 0 && (at = memmem(p, len, next, n))) {
		fuzz_one(p, (size_t)(at - p));
		len -= (size_t)(at - p) + n;
		p = at + n;
	}
	fuzz_one(p, len);
	return 0;
}
