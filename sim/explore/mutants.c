/* SPDX-License-Identifier: MIT */
/*
 * mutants.c - rows of mutants.def.
 */
#include <string.h>

#include "explore_priv.h"
#include "mutants.h"

enum who { DRIVER, PROGRAM };

static const struct sv3_explore_mutant rows[SV3__MUTANT_COUNT] = {
#define MUTANT(id_, name_, class_, who_, scenario_, text_)        \
	[SV3__MUTANT_##id_] = { .id = #id_,                       \
				.name = (name_),                  \
				.expected = SV3_EXPLORE_##class_, \
				.is_program = (who_) == PROGRAM,  \
				.scenario = (scenario_),          \
				.text = (text_) },
#include "mutants.def"
#undef MUTANT
};

const struct sv3_explore_mutant *sv3_explore_mutant(unsigned int index)
{
	return index < SV3__MUTANT_COUNT - 1 ? &rows[index + 1] : NULL;
}

enum sv3__mutant sv3__mutant_find(const char *bug)
{
	for (unsigned int i = 1; bug && i < SV3__MUTANT_COUNT; i++)
		if (strcmp(bug, rows[i].id) == 0 || strcmp(bug, rows[i].name) == 0)
			return (enum sv3__mutant)i;
	return SV3__MUTANT_NONE;
}
