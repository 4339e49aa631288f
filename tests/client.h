/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_CLIENT_H
#define HCAUTH_CLIENT_H

#include <stdarg.h>

#include "packet.h"

/* A client of the real hcauthd, as root over its root socket, or as a person over everybody's: for tests and
 * measurements that hold many conversations. Whatever goes wrong ends the program, and says what. */

enum { CLIENT_CODES = 12, PATIENCE_MS = 60000 };

struct somebody {
	char email[64], userid[16], user[32], password[64];
	char secret[64]; /* of the app, base32 */
	char code[CLIENT_CODES][32]; /* recovery codes */
	char pin[8]; /* chosen where a service asks for one */
	char mobile[16]; /* unless "", text messages are chosen beside the app */
	uint32_t uid; /* of the account */
	uint64_t step; /* the last TOTP step used */
};

/* What a conversation came to. The texts are valid until the next one. */
struct said {
	int r; /* 0, or -errno: hung up */
	enum verdict result;
	uint32_t uid;
	uint8_t status;
	unsigned asks;
	double answered; /* client_ms() when the last answer went that was not empty */
	char user[64], ticket[64];
	const char *text; /* all that was told, a line each */
};

_Noreturn void client_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

double client_ms(void);

struct hello client_hello(enum purpose purpose, const char *service, const char *name);

/* Holds a conversation with the answers up to NULL; "@totp" stands for the code of the secret that was
 * just shown, of the step before the present one, so that two more are good at once. */
struct said client_talk(const struct hello *h, const char *const *args, const char *const *answers);
/* The same as another user than root, over everybody's socket. */
struct said client_talk_as(
	uint32_t uid, const struct hello *h, const char *const *args, const char *const *answers);
/* The answer "@sms": the code of the last text message, into out. */
extern void (*client_sms)(char out[32]);

/* The practice stj, unless it is there. */
void client_practice(void);
/* A command of root's that must succeed; what it told. */
const char *client_command(const char *const *args);

/* Adds a person with an account, and goes through the first sign-in. */
void somebody_make(struct somebody *p, const char *name, unsigned number);

/* The recovery codes that were just shown, out of what was told. */
void somebody_take_codes(struct somebody *p, const char *text);

/* The rule of lockout.h: how many guesses can have been looked at in so many milliseconds. */
uint32_t guesses_allowed(int64_t ms);

/* The app's code of a step; the present step; the one before, or before the next if that begins within a second. */
void somebody_code(const struct somebody *p, uint64_t step, char out[8]);
uint64_t step_now(void);
uint64_t step_before(void);
/* Seconds that the daemon's clock is ahead (tests/fast). */
extern uint64_t client_ahead;

#endif
