/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_TOKEN_H
#define HCAUTH_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

/* 80 random bits as people copy them: 16 characters of base32 without look-alikes, in groups of four,
 * "K7Q2-9FJM-31XT-WAB0". An activation code is one; a recovery code has its slot in front,
 * "07-K7Q2-9FJM-31XT-WAB0". */

enum {
	TOKEN_BYTES = 10,
	TOKEN_TEXT = 24,
	RECOVERY_SLOTS = 12,
	RECOVERY_LENGTH = 18, /* bytes of a recovery code without its dashes: it is never shorter */
};

void token_text(const uint8_t token[TOKEN_BYTES], char out[TOKEN_TEXT]);
void recovery_code_text(unsigned slot, const uint8_t token[TOKEN_BYTES], char out[TOKEN_TEXT]);

/* Case, spaces and dashes do not matter; O is 0, I and L are 1. False when it has not exactly the form. */
bool token_parse(const char *text, uint8_t out[TOKEN_BYTES]);
bool recovery_code_parse(
	const char *text, unsigned *slot, uint8_t out[TOKEN_BYTES]); /* slot: 1 to 12 */

#endif
