/* SPDX-License-Identifier: MIT */
/*
 * gen_tables.c - translation tables, drawn along the addresses that are wanted.
 */
#include "gen_priv.h"

uint64_t gen_place(struct setup *setup, unsigned int size_lg2, unsigned int limit_lg2)
{
	unsigned int lg2 = limit_lg2;
	uint64_t place;

	if (lg2 > 31 && size_lg2 < 31 && setup_chance(setup, 60))
		lg2 = 31;
	if (size_lg2 >= lg2)
		return 0;
	place = (gen_random(setup) & gen_mask(lg2)) >> size_lg2 << size_lg2;
	if (place < ARENA_QUEUES_END)
		place |= UINT64_C(1) << (lg2 - 1);
	return place;
}

int gen_start_level(unsigned int granule_lg2, unsigned int input_lg2)
{
	unsigned int stride = granule_lg2 - 3;

	return 4 - (int)((input_lg2 - granule_lg2 + stride - 1) / stride);
}

static unsigned int level_low(const struct gen_table *t, int level)
{
	return t->granule_lg2 + (unsigned int)(3 - level) * (t->granule_lg2 - 3);
}

unsigned int gen_root_lg2(const struct gen_table *t)
{
	unsigned int lg2 = t->input_lg2 - level_low(t, t->start_level) + 3;

	return lg2 < 6 ? 6 : lg2;
}

static bool has_52(const struct setup *setup, const struct gen_table *t)
{
	return t->granule_lg2 == 16 && setup->oas_lg2 == 52;
}

static uint64_t encode(const struct setup *setup, const struct gen_table *t, uint64_t address)
{
	if (has_52(setup, t))
		return (address & gen_mask(48)) | (address >> 48 & 15) << 12;
	return address;
}

static uint64_t decode(const struct setup *setup, const struct gen_table *t, uint64_t descriptor,
		       unsigned int low)
{
	uint64_t address = (descriptor & gen_mask(48)) >> low << low;

	return has_52(setup, t) ? address | (descriptor >> 12 & 15) << 48 : address;
}

/* Bits that a descriptor of this kind has no use for, or only as a hint. */
static uint64_t junk(struct setup *setup, const struct gen_table *t, bool is_table)
{
	uint64_t bits = UINT64_C(0x07f7000000000000);

	if (!setup_chance(setup, 25))
		return 0;
	if (is_table)
		bits = UINT64_C(0x07ff000000000ffc);
	if (!has_52(setup, t))
		bits |= (gen_mask(t->granule_lg2) & ~gen_mask(12));
	return gen_random(setup) & bits & ~(UINT64_C(1) << 54 | UINT64_C(1) << 53) &
	       (is_table ? UINT64_MAX : ~(UINT64_C(1) << 51));
}

static uint64_t table_descriptor(struct setup *setup, const struct gen_table *t)
{
	uint64_t value = 3 | encode(setup, t, gen_place(setup, t->granule_lg2, t->limit_lg2));

	value |= junk(setup, t, true);
	if (!t->stage2 && setup_chance(setup, 15))
		value |= gen_random(setup) & UINT64_C(0xf800000000000000);
	return value;
}

static uint64_t stage1_leaf_bits(struct setup *setup)
{
	uint64_t value = gen_random(setup) & UINT64_C(0x33c); /* AttrIndx, NS, SH */

	value |= setup_chance(setup, 75) ? UINT64_C(1) << 10 : 0; /* AF */
	value |= setup_chance(setup, 80) ? UINT64_C(1) << 6 : 0;  /* AP[1] */
	value |= setup_chance(setup, 45) ? UINT64_C(1) << 7 : 0;  /* AP[2] */
	value |= setup_chance(setup, 55) ? UINT64_C(1) << 51 : 0; /* DBM */
	value |= setup_chance(setup, 25) ? UINT64_C(1) << 53 : 0; /* PXN */
	value |= setup_chance(setup, 25) ? UINT64_C(1) << 54 : 0; /* UXN */
	value |= setup_chance(setup, 50) ? UINT64_C(1) << 11 : 0; /* nG */
	return value;
}

static uint64_t stage2_leaf_bits(struct setup *setup, bool friendly)
{
	uint64_t value = gen_random(setup) & UINT64_C(0x300); /* SH */
	uint64_t memattr = gen_random(setup) & 15;

	if (setup_chance(setup, friendly ? 90 : 40))
		memattr = 15;
	value |= memattr << 2;
	value |= setup_chance(setup, friendly ? 90 : 80) ? UINT64_C(1) << 10 : 0; /* AF */
	if (setup_chance(setup, friendly ? 70 : 50))
		value |= UINT64_C(3) << 6;
	else if (setup_chance(setup, friendly ? 90 : 70))
		value |= UINT64_C(1) << 6 | UINT64_C(1) << 51;
	else
		value |= (gen_random(setup) & 3) << 6;
	value |= setup_chance(setup, 30) ? UINT64_C(1) << 51 : 0; /* DBM */
	if (setup_chance(setup, 30))
		value |= (gen_random(setup) & 3) << 53; /* XN */
	return value;
}

static bool block_is_legal(const struct setup *setup, const struct gen_table *t, int level)
{
	return level == 2 || (level == 1 && (t->granule_lg2 == 12 || has_52(setup, t)));
}

static uint64_t leaf_descriptor(struct setup *setup, const struct gen_table *t, int level,
				bool friendly)
{
	uint64_t place = gen_place(setup, level_low(t, level), t->limit_lg2);

	return (level == 3 ? 3u : 1u) | encode(setup, t, place) | junk(setup, t, false) |
	       (t->stage2 ? stage2_leaf_bits(setup, friendly) : stage1_leaf_bits(setup));
}

/* Never 0: that stands for "not drawn yet". */
static uint64_t draw_descriptor(struct setup *setup, const struct gen_table *t, int level,
				bool friendly)
{
	uint64_t kind = setup_below(setup, friendly ? 8000 : t->stream->nested ? 2500 : 1200);
	uint64_t value;

	if (kind < 25)
		return (gen_random(setup) & ~UINT64_C(1)) | 2;
	if (kind < 35)
		return gen_random(setup) | 1;
	if (kind < 45)
		return leaf_descriptor(setup, t, level, friendly) ^ 2;
	if (level == 3 || (block_is_legal(setup, t, level) && setup_chance(setup, 25)))
		value = leaf_descriptor(setup, t, level, friendly);
	else
		value = table_descriptor(setup, t);
	if (kind < 55) /* an address that is too large */
		value |= UINT64_C(1) << (32 + setup_below(setup, 16));
	return value;
}

/* A global leaf must be the same in all contexts of a VMID: there may be one context only. */
static bool must_be_local(const struct setup *setup, const struct gen_table *t)
{
	return setup->tlb && !t->stage2 && t->stream->world != GEN_EL2 &&
	       (t->stream->s1cdmax || !(setup->config.idr0 & 1));
}

uint64_t gen_defined(const struct setup *setup, const struct gen_table *t, uint64_t value)
{
	if (must_be_local(setup, t))
		value |= UINT64_C(1) << 11;
	if (t->stage2 && (value >> 2 & 3) == 0 && (value >> 2 & 15) != 0)
		value |= 0xc;
	return value;
}

static uint64_t swap(const struct gen_table *t, uint64_t value)
{
	return t->big_endian ? __builtin_bswap64(value) : value;
}

static void remember(struct setup *setup, const struct gen_table *t, uint64_t input, int level,
		     uint64_t pa)
{
	if (setup->slot_count < SETUP_SLOTS_MAX)
		setup->slots[setup->slot_count++] =
			(struct gen_slot){ t, pa, input, level, level_low(t, level) };
}

bool gen_build(struct setup *setup, const struct gen_table *t, uint64_t input, bool friendly,
	       uint64_t *output)
{
	uint64_t table = t->base, address = input;

	input &= gen_mask(t->input_lg2);
	for (int level = t->start_level;; level++) {
		unsigned int low = level_low(t, level);
		unsigned int stride = t->granule_lg2 - 3;
		uint64_t index = input >> low;
		uint64_t slot, pa, value;
		bool leaf;

		if (level != t->start_level)
			index &= gen_mask(stride);
		slot = table + index * 8;
		pa = t->stage2 ? slot : gen_pa(setup, t->stream, slot);
		if (pa >> setup->oas_lg2)
			return false;
		value = swap(t, arena_peek(setup->arena, pa));
		leaf = level == 3 || !(value & 2);
		if (!value) {
			value = gen_defined(setup, t, draw_descriptor(setup, t, level, friendly));
			arena_poke(setup->arena, pa, swap(t, value));
			leaf = level == 3 || !(value & 2);
			if (value & 1)
				remember(setup, t, address, level, pa);
		}
		if (!(value & 1) || (level == 3 && !(value & 2)))
			return false;
		table = decode(setup, t, value, leaf ? low : t->granule_lg2);
		if (table & ~gen_mask(t->limit_lg2))
			return false;
		if (leaf) {
			*output = table | (input & gen_mask(low));
			return true;
		}
	}
}

uint64_t gen_pa(struct setup *setup, const struct gen_stream *stream, uint64_t ipa)
{
	uint64_t pa;

	if (!stream->nested)
		return ipa;
	if (!(ipa >> stream->s2.input_lg2) && gen_build(setup, &stream->s2, ipa, true, &pa))
		return pa;
	/* Nothing leads there: it is written where nobody looks. */
	return (UINT64_C(1) << 30) | (ipa & 0xfff8);
}
