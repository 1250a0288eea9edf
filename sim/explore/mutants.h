/* SPDX-License-Identifier: MIT */
/*
 * mutants.h - the seeded mistakes by number: SV3__MUTANT_Bnn.
 */
#ifndef SV3_EXPLORE_MUTANTS_H
#define SV3_EXPLORE_MUTANTS_H

enum sv3__mutant {
	SV3__MUTANT_NONE,
#define MUTANT(id, name, class, who, scenario, text) SV3__MUTANT_##id,
#include "mutants.def"
#undef MUTANT
	SV3__MUTANT_COUNT
};

/** sv3__mutant_find - by name or number ("B02"). NONE: there is none, or @bug is NULL. */
enum sv3__mutant sv3__mutant_find(const char *bug);

#endif
