/* SPDX-License-Identifier: MIT */
/* table.c - the table of cases. */
#include "cases.h"

const struct seam_case seam_cases[] = {
#define CASE(name) { #name, "", case_##name, 0 },
#include "cases.def"
#undef CASE
	{ 0 },
};
