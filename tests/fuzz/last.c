/* SPDX-License-Identifier: Apache-2.0 */
/* Linked behind hcauth's own objects (inside.h). */
#include "inside_step.h"

_Alignas(64) char fuzz_data_last[64] = { 1 };
_Alignas(64) char fuzz_bss_last[64];
