/* SPDX-License-Identifier: Apache-2.0 */
/* Signing in, with whatever goes wrong. What must hold: nobody gets in without the factors; a code that let somebody
 * in is spent; a failure that was told is counted. */
#include <stdio.h>
#include <string.h>

#include "fault/trial.h"

static struct world ada(void)
{
	struct world w = world_at("2026-05-04 09:00:00");

	enrol_ada(&w);
	ada_s_secrets(&w);
	judge_next(&w);
	clock_add(&w, 60);
	return w;
}

static struct talk *with_totp(struct world *w)
{
	return SIGN_IN(w, "login", ADA, ADA_PASSWORD, app_code(w, ada_secret, 0));
}

TRIAL(totp_right, .right = true, .make = ada, .act = with_totp, .judge = judge_right)

static struct talk *with_wrong_totp(struct world *w)
{
	return SIGN_IN(w, "login", ADA, ADA_PASSWORD, app_code(w, ada_secret, 9));
}

TRIAL(totp_wrong, .make = ada, .act = with_wrong_totp, .judge = judge_wrong, .factor = FACTOR_TOTP,
	.source = SOURCE_LOCAL)
