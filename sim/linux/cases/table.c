/* SPDX-License-Identifier: MIT */
/* table.c - the table of cases. */
#include "cases.h"

const struct seam_case seam_cases[] = {
#define CASE(name, about) { #name, about, case_##name },
#include "cases.def"
#undef CASE
	{ 0 },
};
