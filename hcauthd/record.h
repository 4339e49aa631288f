/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_RECORD_H
#define HCAUTH_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "conf.h"
#include "name.h"

/* Stored records: a version byte, then fields of codec.h. A record with an unknown version, an unknown
 * field or a missing one is refused (-EUCLEAN), never guessed at. Records of earlier
 * versions, which had fewer fields, are read, and written anew as the latest. */

enum { ID_BYTES = 16, RECORD_MAX = 8192 };

struct id {
	uint8_t bytes[ID_BYTES];
};

bool id_equal(const struct id *a, const struct id *b);
bool id_is_none(const struct id *a); /* all zero */

enum state { STATE_NONE = 0, STATE_ACTIVE = 1, STATE_DISABLED = 2, STATE_LEFT = 3 /* for good */ };

enum {
	PERSON_NAME_MAX = 120, /* bytes of a full name */
	PRACTICE_ID_MAX = 32,
	PRACTICE_NAME_MAX = 120,
	PRACTICE_HOURS_MAX = 160,
	PRACTICE_MANAGERS_MAX = 32,
	ACCOUNT_GROUPS_MAX = 16,
};

struct identity {
	struct id id;
	char email[SIGN_IN_NAME_MAX + 1];
	char name[PERSON_NAME_MAX + 1];
	enum state state;
	struct id account; /* the default: the one last used; none at first */
	uint64_t created, last_seen; /* Unix seconds; 0: never */
	uint32_t resets; /* so that a conversation begun before one ends at its next commit */
	uint64_t email_verified, mobile_verified; /* when a code sent there came back; 0: never */
	char mobile[MOBILE_MAX + 1]; /* "": none */
	uint64_t asked; /* when the optional details were last asked for */
	bool asked_link; /* "do you have another user ID?" was answered */
	uint64_t left; /* STATE_LEFT: since when */
	uint32_t second; /* FACTOR_TOTP or FACTOR_SMS, whichever they asked for first; 0: neither */
	uint32_t pin_skipped; /* how often they skipped the choosing of a PIN */
};

struct account {
	struct id id;
	char userid[SIGN_IN_NAME_MAX + 1]; /* as it was written: its normal form is the name */
	char practice[PRACTICE_ID_MAX + 1];
	char user[USER_NAME_MAX + 1];
	uint32_t uid, gid;
	bool existing; /* a user that the machine already has */
	enum state state;
	struct id identity; /* none: a legacy account */
	uint64_t created, last_seen;
	size_t ngroups;
	char group[ACCOUNT_GROUPS_MAX][USER_NAME_MAX + 1];
	/* What the practice has said of a person whom it invited: never verified, never a sign-in name. */
	char name[PERSON_NAME_MAX + 1], email[SIGN_IN_NAME_MAX + 1], mobile[MOBILE_MAX + 1];
	uint64_t attested; /* when a manager last said that it is still needed; 0: never */
	uint64_t left; /* STATE_LEFT: since when */
	uint64_t unlink; /* when its person asked for the end of the link; 0: did not */
};

struct practice {
	char id[PRACTICE_ID_MAX + 1];
	char name[PRACTICE_NAME_MAX + 1];
	uint64_t created;
	uint32_t require; /* factors that a sign-in here takes whatever the service asks, as bits */
	bool shared_addresses; /* two people may have one e-mail address */
	bool no_network; /* sign-in at the workstation only */
	uint64_t
		migrate; /* until when user IDs go on without an e-mail address; 0: as the machine says */
	char hours[PRACTICE_HOURS_MAX + 1]; /* "Mon-Fri 07:30-19:00, Sat 08:00-12:00"; "": always */
	size_t nmanagers;
	struct id manager[PRACTICE_MANAGERS_MAX]; /* identities */
	bool break_glass; /* codes in sealed envelopes, where the machine allows them */
	struct rollout rollout; /* of PINs: from 0: as the machine says */
};

/* What a sign-in name stands for. */
enum name_kind { NAME_IDENTITY = 1, NAME_USERID = 2, NAME_USER = 3, NAME_SHARED = 4 };

struct name_row {
	enum name_kind kind;
	struct id id; /* of the identity; else of the account */
	struct id other; /* NAME_SHARED: of the second identity */
};

/* A code that was sent to somebody (code.h). */
struct code {
	uint8_t hash[32]; /* keyed; all zero: nothing was sent, nothing matches */
	uint8_t place[32]; /* keyed hash of where it was asked for */
	char to[SIGN_IN_NAME_MAX + 1]; /* the address or number that it proves */
	uint32_t tries; /* wrong ones */
	bool right; /* it was typed: what it is for may be done, once */
	uint64_t since_ms; /* when it was sent */
	uint32_t sends; /* in the window that began at first_ms */
	uint64_t first_ms;
	uint8_t boot[16];
};

/* Boot-clock time: since_ms counts from the start of the boot that boot names. */
struct lockout {
	uint32_t failures;
	uint64_t since_ms;
	uint8_t boot[16];
};

/* What an auth phase tells the session phase. */
struct ticket {
	struct id account;
	uint32_t factors; /* bits 1 << factor_id */
	uint8_t local;
	uint64_t since_ms;
	uint8_t boot[16];
};

struct session {
	struct id account;
	char tty[64];
	char service[32];
	char rhost[64];
	uint8_t local;
	uint32_t factors;
	uint64_t started;
	uint8_t boot[16];
	uint32_t pid; /* of the program that opened it; 0: in a namespace that we can't see */
};

/* A full sign-in at this workstation, after which a PIN is enough for a while (shift.h). */
struct shift {
	char tty[64];
	char service[32];
	uint32_t factors;
	uint64_t started;
	uint64_t since_ms; /* by the boot clock */
	uint8_t boot[16];
	/* Keyed hashes of the two credentials that it rests on; pin all zero: there was none yet. */
	uint8_t password[16], pin[16];
};

/* Encoders return the length in out (RECORD_MAX bytes). Decoders: 0 or -EUCLEAN. */
size_t identity_put(uint8_t *out, const struct identity *r);
int identity_get(const void *p, size_t len, struct identity *out);
size_t account_put(uint8_t *out, const struct account *r);
int account_get(const void *p, size_t len, struct account *out);
size_t practice_put(uint8_t *out, const struct practice *r);
int practice_get(const void *p, size_t len, struct practice *out);
size_t name_row_put(uint8_t *out, const struct name_row *r);
int name_row_get(const void *p, size_t len, struct name_row *out);
size_t code_put(uint8_t *out, const struct code *r);
int code_get(const void *p, size_t len, struct code *out);
size_t lockout_put(uint8_t *out, const struct lockout *r);
int lockout_get(const void *p, size_t len, struct lockout *out);
size_t ticket_put(uint8_t *out, const struct ticket *r);
int ticket_get(const void *p, size_t len, struct ticket *out);
size_t session_put(uint8_t *out, const struct session *r);
int session_get(const void *p, size_t len, struct session *out);
size_t shift_put(uint8_t *out, const struct shift *r);
int shift_get(const void *p, size_t len, struct shift *out);

#endif
