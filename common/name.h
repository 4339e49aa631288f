/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_NAME_H
#define HCAUTH_NAME_H

#include <stdbool.h>
#include <stdint.h>

enum {
	SIGN_IN_NAME_MAX =
		254, /* bytes of an e-mail address (RFC 5321, 4.5.3.1.3, less its brackets) */
	MOBILE_MAX = 16, /* E.164: + and at most 15 digits */
	USER_NAME_MAX = 31, /* bytes of a system user's name: what useradd and utmp hold */
	UID_FLOOR = 1000, /* nothing below is ever answered, published or signed in */
};

/* The one normal form of sign-in names (e-mail addresses, user IDs, system user names): ASCII, A to Z
 * folded, at most one @ with something on both sides, 254 bytes at most; no control characters, spaces,
 * / : , quotes or backslash; no leading - or . and no trailing dot. False when text can't be a name;
 * out is untouched then. */
bool name_normal(const char *text, char out[SIGN_IN_NAME_MAX + 1]);

/* Of a normal form. */
bool name_is_email(const char *name);

/* "+441632960001" from what people type: spaces, dashes, dots and brackets are dropped, 00 in front is +.
 * False when it is no number with its country (E.164: + and 8 to 15 digits). */
bool mobile_normal(const char *text, char out[MOBILE_MAX + 1]);

/* Of a normal form: whether it can be a user ID, [a-z_][a-z0-9_-]*. chown, su and their
 * like ask for a user of any text before they take it for a number, or for USER.GROUP: such a name of somebody's
 * would give them what is meant to be root's. */
bool name_is_userid(const char *name);

/* Whether text can be a system user's or group's name: [a-z_][a-z0-9_-]*, USER_NAME_MAX bytes at most. */
bool name_is_user(const char *text);

/* Decimal digits only, no sign, no space, min to max. */
bool parse_u64(const char *text, uint64_t min, uint64_t max, uint64_t *out);

#endif
