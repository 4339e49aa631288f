/* SPDX-License-Identifier: Apache-2.0 */
/* Linked before hcauth's own objects (inside.h). */
#include "inside_step.h"

_Alignas(64) char fuzz_data_first[64] = { 1 };
_Alignas(64) char fuzz_bss_first[64];
