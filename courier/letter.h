/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_LETTER_H
#define HCAUTH_LETTER_H

#include "template.h"

struct queued;

enum { LETTER_MAX = FILLED_MAX + 4096 };

/* The e-mail as "sendmail -t" takes it (RFC 5322): lines end with a line feed. False when it does not fit.
 * The same message has the same date and Message-ID however often it is sent, so that one sent twice can
 * be told. */
bool letter_write(
	const char *from, const struct queued *q, const struct filled *f, char out[LETTER_MAX]);

/* Whether an address may stand in a header: the normal form of an e-mail address. */
bool letter_address(const char *address);

#endif
