/* SPDX-License-Identifier: MIT */
/*
 * prng.h - the one source of randomness: xoshiro256** seeded by splitmix64 (Blackman and Vigna,
 * public domain). A run is a function of its seed, on every host.
 */
#ifndef SV3_PRNG_H
#define SV3_PRNG_H

#include <sv3/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/** State of a generator: plain data, copied with its owner. */
struct sv3_prng {
	uint64_t state[4];
};

/** sv3_prng_seed - any seed is good, 0 too; different seeds give unrelated streams. */
static inline void sv3_prng_seed(struct sv3_prng *prng, uint64_t seed)
{
	for (unsigned int i = 0; i < 4; i++) {
		uint64_t z = (seed += UINT64_C(0x9e3779b97f4a7c15));
		z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
		z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
		prng->state[i] = z ^ (z >> 31);
	}
}

static inline uint64_t sv3__rotate_left(uint64_t value, unsigned int bits)
{
	return (value << bits) | (value >> (64 - bits));
}

/** sv3_prng_next - 64 uniform bits. */
static inline uint64_t sv3_prng_next(struct sv3_prng *prng)
{
	uint64_t *s = prng->state;
	uint64_t result = sv3__rotate_left(s[1] * 5, 7) * 9;
	uint64_t t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = sv3__rotate_left(s[3], 45);
	return result;
}

/** sv3_prng_below - uniform in [0, limit); limit > 0. Without bias: draws in the uneven tail are
 * rejected. */
static inline uint64_t sv3_prng_below(struct sv3_prng *prng, uint64_t limit)
{
	uint64_t tail = (UINT64_MAX - limit + 1) % limit;
	uint64_t draw;

	do
		draw = sv3_prng_next(prng);
	while (draw < tail);
	return draw % limit;
}

/** sv3_prng_unit - uniform in [0, 1) with 53 bits. */
static inline double sv3_prng_unit(struct sv3_prng *prng)
{
	return (double)(sv3_prng_next(prng) >> 11) * 0x1.0p-53;
}

#ifdef __cplusplus
}
#endif

#endif
