/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_LANGUAGE_H
#define HCAUTH_LANGUAGE_H

#include <stdbool.h>

/* The language of what people are told: the machine's ([machine] language in hcauthd.conf), the same for
 * everybody, so that a sentence tells nobody who exists. English stands in the source (text.h); the other
 * languages are catalogues of GNU gettext's, made from po/ by msgfmt. */

/* Takes a catalogue; false where there is none that can be used, and it is logged why: it is English then. */
bool language_load(const char *file);

/* The catalogue of a language that is installed: NULL for English, which needs none. */
const char *language_file(const char *language, char out[256]);

/* The translation of a sentence of text.h, or itself. */
const char *language_text(const char *english) __attribute__((format_arg(1)));

#endif
