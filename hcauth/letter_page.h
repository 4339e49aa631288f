/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HCAUTH_LETTER_PAGE_H
#define HCAUTH_LETTER_PAGE_H

#include <stdio.h>

/* Letters (letter.h), a form feed between each two, as input of groff in UTF-8: a page of A4 for each. */
void letter_page(FILE *out, char *text);

#endif
