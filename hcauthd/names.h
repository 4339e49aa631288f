/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_NAMES_H
#define HCAUTH_NAMES_H

#include "conf.h"
#include "record.h"

/* People's names in a form that tells less of them. */

enum { NAME_FORM_MAX = 2 * PERSON_NAME_MAX };

/* "Dr Anne-Marie Example": itself, "A.-M. E.", or "Anne-Marie". Titles are no names; of a name of one word
 * the first is that word; "Example, Ann" is Ann Example. Not escaped. */
void name_form(enum names form, const char *name, char out[NAME_FORM_MAX + 1]);

#endif
