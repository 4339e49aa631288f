/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_SMS_WORLD_H
#define HCAUTH_SMS_WORLD_H

#include "factor.h"
#include "legacy.h"
#include "recover_world.h"
#include "sms.h"
#include "text.h"

/* What the cases of codes by text message share. */

#define CHECK_GRANTED(talk)                                                                        \
	CHECK_TEXT((talk)->outcome.result == GRANTED ? "granted" : (talk)->seen, "granted")

#define OTHER_MOBILE "+441632960007"
#define SENT "We have sent a code by text message to the number ending 01.\n"

/* The rule of every service but the kiosk's: a password, then one of these. */
enum { APP_OR_SMS = 1u << FACTOR_TOTP | 1u << FACTOR_SMS };
void second_step(struct world *w, uint32_t factors);

/* ada, who has an app and gets codes by text message, too, and is asked for first first; password, totp | sms. */
struct world ada_with_texts(enum factor_id first);
/* The same without the app. */
struct world ada_with_texts_alone(void);

/* In the store: whom ada is asked for first; which of her factors goes; what is stored of her number. */
void ask_first(struct world *w, enum factor_id first);
void take_away(struct world *w, enum factor_id factor);
struct sms ada_sms(struct world *w);
bool ada_has(struct world *w, unsigned factor);

/* The code in the last text message, in a static buffer; and one that it is not. */
const char *texted(struct world *w);
const char *not_texted(struct world *w);

/* hcauth, as ada (uid 20000), with these words and answers. */
#define ADA_RUNS(w, ...) ada_says(w, (const char *const[]){ __VA_ARGS__, NULL }, NULL)

#endif
