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

const struct sv3_explore_mutant *sv3_explore_find_mutant(const char *word)
{
	const struct sv3_explore_mutant *mutant;

	for (unsigned int i = 0; word && (mutant = sv3_explore_mutant(i)) != NULL; i++)
		if (strcmp(mutant->id, word) == 0 || strcmp(mutant->name, word) == 0)
			return mutant;
	return NULL;
}

enum sv3__mutant sv3__mutant_find(const char *bug)
{
	const struct sv3_explore_mutant *mutant = sv3_explore_find_mutant(bug);

	return mutant ? (enum sv3__mutant)(mutant - rows) : SV3__MUTANT_NONE;
}
