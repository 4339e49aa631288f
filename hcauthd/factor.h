/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_FACTOR_H
#define HCAUTH_FACTOR_H

#include "conv.h"
#include "credential.h"
#include "people.h"

struct txn;

/* A factor: a way to prove who one is. Slow ones (a hash) are counted in a commit of their own, then
 * computed; quick ones are kept until the closing transaction, which counts and checks them. Either way
 * the closing transaction has the last word, and spends what is spent. */

/* Credentials that are never factors of a rule. */
enum {
	FACTOR_ACTIVATION = 32,
	FACTOR_TOTP_NEW = 33, /* an app's secret that no code has confirmed yet */
	FACTOR_CODE = 34, /* codes that were sent (code.h): only their counters */
	FACTOR_RESET = 35, /* a code that a practice had sent to the person */
	FACTOR_CODE_RECOVER = 36, /* as FACTOR_CODE, of a recovery, which anybody may begin */
	FACTOR_SMS_NEW = 37, /* a mobile number for codes that none has proved yet */
	FACTOR_UNLOCK = 38, /* unlocks by managers: only their counter */
};

struct given {
	const struct factor *factor; /* NULL: nothing was given */
	struct secret answer; /* quick factors: until the end */
	uint32_t
		digits; /* of the app or from a text message: which the rule allows here, as bits; else 0 */
	bool matched; /* slow factors: right, of what is bound below */
	struct attempt attempt;
	uint8_t bound[PWHASH_SALT + PWHASH_BYTES]; /* the verifier that it matched */
	unsigned slot; /* of a recovery code */
	enum factor_id lost; /* of a break-glass code: in place of what (glass.h) */
	struct id account; /* and of which account's practice */
	bool raised; /* the settings ask for a costlier hash than the one matched: fresh is to replace it */
	struct pwhash fresh;
};

void given_wipe(struct given *g);

struct factor {
	enum factor_id id;
	const char *name; /* in hcauthd.conf, lists and audit */
	bool remote; /* may be given over the network */
	bool quick; /* checked in the closing transaction alone */
	/* NULL: nobody is asked, as an earlier module has proved it (earlier.h).
	 * Takes the answer: a slow factor counts, computes and sets matched; a quick one keeps it. */
	void (*take)(struct conv *c, const struct person *p, const struct secret *answer,
		struct given *g);
	/* In the closing transaction: *ok if it is right, and spent where it can be only once. */
	int (*close)(struct txn *t, const struct conv *c, const struct person *p, struct given *g,
		const struct now *now, bool *ok);
};

extern const struct factor factor_password, factor_totp, factor_recovery, factor_pin;
extern const struct factor factor_key, factor_fingerprint, factor_sms, factor_yubikey;

/* By id; NULL when there is none such. */
const struct factor *factor_of(enum factor_id id);
/* What it is called in hcauthd.conf, lists and audit; "?" when there is none such. */
const char *factor_name(enum factor_id id);
/* What people call it: "app"; "?" when there is none such. */
const char *factor_word(enum factor_id id);
/* Several, as bits, with last before the last: "password, app and ssh key". */
enum { FACTORS_TEXT = 160 };
const char *factors_text(uint32_t bits, const char *last, char out[FACTORS_TEXT]);

/* --- shared by the factors that are hashes --- */

/* Counts the attempt (a commit), computes text under h in a slot, and sets g->attempt, g->matched and
 * g->bound. known: h is a stored verifier; else the same work is done for nothing. */
void hash_check(struct conv *c, const struct person *p, enum factor_id id, const struct pwhash *h,
	bool known, const char *text, size_t len, struct given *g);

/* The take of a password or PIN. */
void hash_take(struct conv *c, const struct person *p, enum factor_id id,
	const struct secret *answer, struct given *g);

/* The same for two people at once: both are counted, in one commit (at *when), and both computed. */
void hash_take_both(struct conv *c, const struct person two[2], enum factor_id id,
	const struct secret *answer, struct given g[2], struct now *when);

/* A verifier of text under the settings' cost, computed in a slot. */
void hash_make(struct conv *c, const char *text, size_t len, struct pwhash *out);

/* A verifier that nothing matches, for who has none. */
void hash_decoy(const struct conv *c, struct pwhash *out);

/* The verifier as a credential's plain form; the same of one that was imported (pwcrypt.h). */
void hash_put(const struct pwhash *h, struct credential *out);
void crypt_put(const char *hash, struct credential *out);

/* The close of a password or PIN: the verifier is still the one that was matched. */
int hash_close(struct txn *t, const struct conv *c, const struct person *p, struct given *g,
	const struct now *now, bool *ok);

/* Where what was closed was right, and may be told to have been: the costlier verifier in place of it. Over
 * the network not before all is granted: else the next attempt's time tells that the password was right. */
int hash_raise(struct txn *t, const struct conv *c, const struct person *p, const struct given *g);

/* --- making credentials; each is one commit, true if it was made --- */

/* What is wrong with text as p's new password or PIN, as a sentence; NULL: nothing. */
const char *password_problem(const struct conv *c, const struct person *p, const char *text);
const char *pin_problem(const struct conv *c, const struct person *p, const char *text);

/* Whether it could be somebody's PIN, whatever length the settings asked for when it was chosen. */
bool may_be_pin(const struct secret *answer);

enum {
	TOTP_NEW = 20, /* bytes of a secret made here */
	TOTP_SECRET_MIN =
		10, /* of one that was made elsewhere: what google-authenticator made until 2014 */
	TOTP_SECRET_MAX = 64, /* a block of SHA-1: longer ones are not longer to HMAC */
};
struct totp {
	uint8_t secret[TOTP_SECRET_MAX];
	size_t len; /* of it */
	uint64_t last_step; /* the greatest used; only greater ones count */
	bool active; /* a code was confirmed */
};
int totp_load(struct txn *t, const struct conv *c, const struct id *owner, struct totp *out);
int totp_save(struct txn *t, const struct conv *c, const struct id *owner, const struct totp *v);
/* The step that text is the code of, one either side of now, and greater than after; 0: none. */
uint64_t totp_step(const struct totp *v, const char *text, uint64_t unix_s);
/* The last step whose code is good at that time. */
uint64_t totp_last_good(uint64_t unix_s);

struct recovery {
	uint16_t used; /* bits 1 << (slot - 1) */
	bool kept; /* the person has said so */
	uint32_t ops, kib;
	struct {
		uint8_t salt[PWHASH_SALT], hash[PWHASH_BYTES];
	} slot[12];
};
int recovery_load(
	struct txn *t, const struct conv *c, const struct id *owner, struct recovery *out);
int recovery_save(
	struct txn *t, const struct conv *c, const struct id *owner, const struct recovery *v);
unsigned recovery_left(const struct recovery *v);

/* An activation code: made by a manager, good with a deadline until the last step of the first sign-in. */
int activation_make(struct txn *t, const struct conv *c, const struct id *owner,
	const struct now *now, uint64_t seconds, char text[24]);
bool activation_matches(struct txn *t, const struct conv *c, const struct id *owner,
	const struct now *now, const char *text);

/* Whether there is one that is in time, whatever it is. In doubt: yes. */
bool activation_waits(
	struct txn *t, const struct conv *c, const struct id *owner, const struct now *now);

/* A reset code: the same, made by a practice and sent to the person. Only when it is typed does it become
 * an activation code (reset.h). */
int reset_make(struct txn *t, const struct conv *c, const struct id *owner, const struct now *now,
	uint64_t seconds, char text[24]);
bool reset_matches(struct txn *t, const struct conv *c, const struct id *owner,
	const struct now *now, const char *text);
int reset_to_activation(struct txn *t, const struct conv *c, const struct id *owner);

#endif
