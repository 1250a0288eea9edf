/* SPDX-License-Identifier: MIT */
/*
 * story.h - where oracle and model differ, and the whole of such a case for a reader.
 */
#ifndef SV3_WALKER_STORY_H
#define SV3_WALKER_STORY_H

#include "owed.h"

/** story_difference - the first thing that differs, NULL if nothing does. : may be NULL, what
 *  software owes. */
const char *story_difference(struct arena *arena, const struct oracle_answer *answer,
			     const struct observed *seen, const struct owed *excuse);
/** story_tell - print a case to stdout: machine, structures, walk, both results. */
void story_tell(struct setup *setup, const struct sv3_txn *txn, const struct oracle_answer *answer,
		const struct observed *seen, const char *difference);

#endif
