/* SPDX-License-Identifier: MIT */
/*
 * state.h - states that were met before, by fingerprint.
 */
#ifndef SV3_EXPLORE_STATE_H
#define SV3_EXPLORE_STATE_H

#include "explore_priv.h"

struct sv3__states;

/** sv3__states_create - NULL: no memory. */
struct sv3__states *sv3__states_create(void);
void sv3__states_destroy(struct sv3__states *states);
/**
 * sv3__states_meet - a state is come to
 * @sleeping: actors whose steps need not be explored from it
 * Returns: those whose steps were not explored from it so far; all, if it is new.
 */
uint32_t sv3__states_meet(struct sv3__states *states, uint64_t key, uint32_t sleeping);
/** sv3__state_key - of how the machine stands; not 0. */
uint64_t sv3__state_key(const struct sv3_explore *x);

#endif
