/* SPDX-License-Identifier: MIT */
/*
 * mix.h - fingerprints, a doubleword at a time.
 */
#ifndef SV3_EXPLORE_MIX_H
#define SV3_EXPLORE_MIX_H

#include <stdint.h>

static inline uint64_t sv3__mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 29;
}

#endif
