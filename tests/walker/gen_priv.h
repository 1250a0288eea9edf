/* SPDX-License-Identifier: MIT */
/*
 * gen_priv.h - what the files of the generator share.
 */
#ifndef SV3_WALKER_GEN_PRIV_H
#define SV3_WALKER_GEN_PRIV_H

#include "generate.h"

static inline uint64_t gen_mask(unsigned int lg2)
{
	return lg2 >= 64 ? UINT64_MAX : (UINT64_C(1) << lg2) - 1;
}

static inline uint64_t gen_random(struct setup *setup)
{
	return sv3_prng_next(&setup->prng);
}

static inline unsigned int gen_smaller(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

/** gen_one_of - @a in @percent_a of 100 draws, else @b. */
static inline uint64_t gen_one_of(struct setup *setup, uint64_t a, uint64_t b,
				  unsigned int percent_a)
{
	return setup_chance(setup, percent_a) ? a : b;
}

/** gen_place - a place for 2^@size_lg2 bytes below 2^@limit_lg2, aligned to its size. */
uint64_t gen_place(struct setup *setup, unsigned int size_lg2, unsigned int limit_lg2);
/** gen_start_level - first level of stage 1. [DDI0487 D8.2] */
int gen_start_level(unsigned int granule_lg2, unsigned int input_lg2);
/** gen_root_lg2 - log2 bytes of the table at the first level. */
unsigned int gen_root_lg2(const struct gen_table *table);
/** gen_build - follow @input down, drawing what is not there yet; false: it maps nothing.
 *  @friendly: what stands there is to be readable, mostly. */
bool gen_build(struct setup *setup, const struct gen_table *table, uint64_t input, bool friendly,
	       uint64_t *output);
/** gen_defined -  without what would make the outcome undefined: reserved MemAttr[3:0], and
 *  global leaves where contexts share a VMID. [DDI0487 D8.6.5] */
uint64_t gen_defined(const struct setup *setup, const struct gen_table *table, uint64_t value);
/** gen_pa - where in memory software finds what a nested stream sees at @ipa. */
uint64_t gen_pa(struct setup *setup, const struct gen_stream *stream, uint64_t ipa);
/** gen_stream - the STE of @stream, its CDs and tables. */
void gen_stream(struct setup *setup, struct gen_stream *stream, unsigned int number);
/** gen_ids - the ID registers and sizes of caches. */
void gen_ids(struct setup *setup);
/** gen_granule - one that IDR5 has. */
unsigned int gen_granule(struct setup *setup);

#endif
