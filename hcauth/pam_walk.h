/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_PAM_WALK_H
#define HCAUTH_PAM_WALK_H

#include <stdint.h>

#include "pam_stack.h"

/* Every way through a phase that ends in success, when each line may answer several things. */

/* The return codes that matter here, as Linux-PAM numbers them. */
enum pam_code {
	CODE_SUCCESS = 0,
	CODE_SERVICE_ERR = 3,
	CODE_SYSTEM_ERR = 4,
	CODE_PERM_DENIED = 6,
	CODE_AUTH_ERR = 7,
	CODE_AUTHINFO_UNAVAIL = 9,
	CODE_USER_UNKNOWN = 10,
	CODE_MAXTRIES = 11,
	CODE_NEW_AUTHTOK = 12,
	CODE_ACCT_EXPIRED = 13,
	CODE_SESSION_ERR = 14,
	CODE_CONV_ERR = 19,
	CODE_AUTHTOK_ERR = 20,
	CODE_IGNORE = 25,
	CODE_ABORT = 26,
	CODE_MODULE_UNKNOWN = 28,
};

#define CODE(name) ((uint32_t)1 << CODE_##name)

/* What a line may answer. */
struct pam_answer {
	uint32_t codes; /* as bits */
	unsigned
		shows; /* what its success shows of somebody, as bits below PAM_SHOWN_MAX; 0: nothing */
	unsigned seen; /* what is so once it has been asked at all */
};

enum { PAM_SHOWN_MAX = 1 << 6, PAM_WAYS_MAX = 256 };

typedef struct pam_answer (*pam_answer_fn)(const struct pam_line *l, const void *arg);

struct pam_way {
	unsigned shown; /* all that was shown and seen on the way */
	const struct pam_line *by; /* the line whose success counted first */
};

struct pam_ways {
	bool given_up; /* too much to follow: there may be any way */
	size_t n; /* one for each line, and each set of what was shown by then */
	struct pam_way way[PAM_WAYS_MAX];
};

/* False: out of memory. */
bool pam_walk(
	const struct pam_list *l, pam_answer_fn answer, const void *arg, struct pam_ways *out);

#endif
