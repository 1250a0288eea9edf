/* SPDX-License-Identifier: MIT */
/*
 * mutants.c - the mistakes that can be seeded, for who lists them.
 */
#include "explore_priv.h"

#define RULE_OF(class)                        \
	((class) == 'L'   ? SV3_EXPLORE_LOST  \
	 : (class) == 'O' ? SV3_EXPLORE_OVER  \
	 : (class) == 'F' ? SV3_EXPLORE_FAULT \
	 : (class) == 'H' ? SV3_EXPLORE_HANG  \
			  : SV3_EXPLORE_OK)

const struct sv3_explore_mutant *sv3_explore_mutant(unsigned int index)
{
	static const struct sv3_explore_mutant mutants[] = {
#define MUTANT(id, name, class, scenario, text) \
	{ #id, name, RULE_OF(class), false, scenario, text },
#include "mutants.def"
#undef MUTANT
	};

	return index < sizeof(mutants) / sizeof(mutants[0]) ? &mutants[index] : NULL;
}
