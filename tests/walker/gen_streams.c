/* SPDX-License-Identifier: MIT */
/*
 * gen_streams.c - STEs and CDs, drawn legal; some then get bits flipped, anywhere, while the tables
 * stay as they were meant.
 */
#include "gen_priv.h"

static void put(uint64_t *word, unsigned int high, unsigned int low, uint64_t value)
{
	uint64_t mask = gen_mask(high - low + 1) << low;

	*word = (*word & ~mask) | (value << low & mask);
}

static bool idr0(const struct setup *setup, unsigned int n)
{
	return setup->config.idr0 >> n & 1;
}

/* Bits that do not matter, in some structures. */
static void fill(struct setup *setup, uint64_t *words)
{
	bool noisy = setup_chance(setup, 30);

	for (unsigned int i = 0; i < 8; i++)
		words[i] = noisy ? gen_random(setup) : 0;
}

/* One to three wrong bits, in the words that are looked at. */
static void spoil(struct setup *setup, uint64_t *words)
{
	if (setup->tlb || !setup_chance(setup, 6))
		return;
	for (uint64_t n = setup_below(setup, 3) + 1; n > 0; n--)
		words[setup_below(setup, 4)] ^= UINT64_C(1) << setup_below(setup, 64);
}

static void write_structure(struct setup *setup, uint64_t pa, const uint64_t *words)
{
	for (unsigned int i = 0; i < 8; i++)
		arena_poke(setup->arena, pa + 8 * i, words[i]);
}

/* TG0 and S2TG; TG1. */
static uint64_t tg_field(unsigned int granule_lg2, bool tg1)
{
	if (tg1)
		return granule_lg2 == 12 ? 2 : granule_lg2 == 14 ? 1 : 3;
	return granule_lg2 == 12 ? 0 : granule_lg2 == 14 ? 2 : 1;
}

static uint64_t size_field(struct setup *setup, unsigned int *bits)
{
	static const unsigned int sizes[8] = { 32, 36, 40, 42, 44, 48, 52, 52 };
	uint64_t field = gen_one_of(setup, 5 + setup_below(setup, 2), setup_below(setup, 8), 70);

	*bits = gen_smaller(sizes[field], setup->oas_lg2);
	return field;
}

static unsigned int input_max(const struct setup *setup, unsigned int granule_lg2, bool stage2)
{
	bool vax52 = setup->config.idr5 >> 10 & 3;

	if (stage2)
		return granule_lg2 == 16 ? setup->oas_lg2 : gen_smaller(setup->oas_lg2, 48);
	return granule_lg2 == 16 && vax52 ? 52 : 48;
}

/* Bits of the input address: mostly usual sizes, sometimes any. */
static unsigned int draw_input(struct setup *setup, unsigned int granule_lg2, bool stage2)
{
	unsigned int max = input_max(setup, granule_lg2, stage2);
	unsigned int min = !(setup->config.idr3 >> 9 & 1) ? 25 : granule_lg2 == 16 ? 17 : 16;

	if (setup_chance(setup, 30))
		return max;
	return min + (unsigned int)setup_below(setup, max - min + 1);
}

/* The stage 2 of a stream. */
static void draw_stage2(struct setup *setup, struct gen_stream *stream, uint64_t *ste)
{
	struct gen_table *t = &stream->s2;
	unsigned int low, stride, sl0, s2ps;

	t->exists = t->stage2 = true;
	t->stream = stream;
	for (;;) {
		t->granule_lg2 = gen_granule(setup);
		t->input_lg2 = draw_input(setup, t->granule_lg2, true);
		sl0 = (unsigned int)setup_below(setup, 4);
		t->start_level =
			t->granule_lg2 == 12 ? (sl0 == 3 ? 3 : 2 - (int)sl0) : 3 - (int)sl0;
		stride = t->granule_lg2 - 3;
		low = t->granule_lg2 + (unsigned int)(3 - t->start_level) * stride;
		if (t->input_lg2 > low && t->input_lg2 <= low + stride + 4 &&
		    (t->granule_lg2 == 12 || sl0 != 3) &&
		    (low < 39 || setup->oas_lg2 >= 44 || setup_chance(setup, 10)))
			break;
	}
	put(&ste[2], 50, 48, size_field(setup, &s2ps));
	t->limit_lg2 = t->granule_lg2 == 16 ? s2ps : gen_smaller(s2ps, 48);
	t->big_endian = setup_chance(setup, 50);
	if (setup->config.idr0 >> 22 & 1)
		t->big_endian = idr0(setup, 21);
	t->base = gen_place(setup, gen_root_lg2(t), t->limit_lg2);

	put(&ste[2], 37, 32, 64 - t->input_lg2);
	put(&ste[2], 39, 38, sl0);
	put(&ste[2], 47, 46, tg_field(t->granule_lg2, false));
	put(&ste[2], 51, 51, 1);
	put(&ste[2], 52, 52, t->big_endian);
	put(&ste[2], 53, 53, setup_chance(setup, 60)); /* S2AFFD */
	put(&ste[2], 54, 54, setup_chance(setup, 15)); /* S2PTW */
	put(&ste[2], 58, 58, setup_chance(setup, 80));
	put(&ste[3], 51, 4, t->base >> 4);
}

/* {HD, HA} that IDR0.HTTU allows. */
static uint64_t draw_httu(struct setup *setup)
{
	unsigned int httu = setup->config.idr0 >> 6 & 3;

	if (httu == 0)
		return 0;
	if (httu == 1)
		return setup_below(setup, 2);
	return gen_one_of(setup, 3, setup_below(setup, 4), 70);
}

static uint64_t draw_stall(struct setup *setup)
{
	unsigned int model = setup->config.idr0 >> 24 & 3;

	return model == 1 ? 0 : model == 2 ? 1 : setup_chance(setup, 25);
}

/* One half of a CD. */
static void draw_half(struct setup *setup, const struct gen_stream *stream,
		      struct gen_context *context, uint64_t *cd, bool upper, unsigned int ips)
{
	struct gen_table *t = &context->tables[upper];
	unsigned int shift = upper ? 16 : 0;
	bool epd = setup_chance(setup, upper ? 50 : 4);

	put(&cd[0], upper ? 30 : 14, upper ? 30 : 14, epd);
	put(&cd[0], upper ? 39 : 38, upper ? 39 : 38, setup_chance(setup, 40)); /* TBI */
	if (epd)
		return;
	t->exists = true;
	t->stream = stream;
	t->context = context;
	t->granule_lg2 = gen_granule(setup);
	t->input_lg2 = draw_input(setup, t->granule_lg2, false);
	t->start_level = gen_start_level(t->granule_lg2, t->input_lg2);
	t->limit_lg2 = t->granule_lg2 == 16 ? ips : gen_smaller(ips, 48);
	if (stream->nested)
		t->limit_lg2 = gen_smaller(t->limit_lg2, stream->s2.input_lg2);
	t->big_endian = cd[0] >> 15 & 1;
	t->base = gen_place(setup, gen_root_lg2(t), t->limit_lg2);
	put(&cd[0], shift + 5, shift, 64 - t->input_lg2);
	put(&cd[0], shift + 7, shift + 6, tg_field(t->granule_lg2, upper));
	put(&cd[0], shift + 9, shift + 8, gen_one_of(setup, 1, setup_below(setup, 4), 80));
	put(&cd[0], shift + 11, shift + 10, gen_one_of(setup, 1, setup_below(setup, 4), 80));
	put(&cd[upper ? 2 : 1], 51, 4, t->base >> 4);
	put(&cd[upper ? 2 : 1], 1, 1, setup_chance(setup, 30)); /* HADx */
}

static uint64_t draw_mair(struct setup *setup)
{
	uint64_t mair = 0;

	for (unsigned int i = 0; i < 8; i++)
		mair |= gen_one_of(setup, setup_chance(setup, 50) ? 0xff : 0x44,
				   gen_random(setup) & 255, 50)
			<< (8 * i);
	return mair;
}

static void draw_cd(struct setup *setup, const struct gen_stream *stream,
		    struct gen_context *context, bool no_stall)
{
	uint64_t cd[8], httu = draw_httu(setup);
	unsigned int ips;
	bool big = setup_chance(setup, 50);

	fill(setup, cd);
	if (setup->config.idr0 >> 22 & 1)
		big = idr0(setup, 21);
	put(&cd[0], 15, 15, big);
	put(&cd[0], 31, 31, !setup_chance(setup, 1));
	put(&cd[0], 34, 32, size_field(setup, &ips));
	put(&cd[0], 35, 35, setup_chance(setup, 50)); /* AFFD */
	put(&cd[0], 36, 36, setup_chance(setup, 25)); /* WXN */
	put(&cd[0], 40, 40, setup_chance(setup, 25)); /* PAN */
	put(&cd[0], 41, 41, 1);
	put(&cd[0], 42, 42, httu >> 1);
	put(&cd[0], 43, 43, httu & 1);
	put(&cd[0], 44, 44, no_stall ? 0 : draw_stall(setup));
	put(&cd[0], 45, 45, setup_chance(setup, 80));
	put(&cd[0], 46, 46, idr0(setup, 26) || setup_chance(setup, 60));
	put(&cd[0], 63, 48, context->asid);
	draw_half(setup, stream, context, cd, false, ips);
	draw_half(setup, stream, context, cd, true, ips);
	cd[3] = draw_mair(setup);
	spoil(setup, cd);
	write_structure(setup, context->pa, cd);
	context->exists = true;
}

/* Addresses near each other, so that they share tables, at every level. */
static uint64_t draw_address(struct setup *setup, const struct gen_table *t, const uint64_t *others,
			     uint32_t count)
{
	uint64_t address = gen_random(setup) & gen_mask(t->input_lg2);
	unsigned int low;

	if (!count || setup_chance(setup, 15))
		return address;
	low = t->granule_lg2 + (unsigned int)setup_below(setup, 4) * (t->granule_lg2 - 3);
	if (low >= t->input_lg2)
		return address;
	return (others[setup_below(setup, count)] & ~gen_mask(low) & gen_mask(t->input_lg2)) |
	       (address & gen_mask(low));
}

static void map_context(struct setup *setup, const struct gen_stream *stream,
			struct gen_context *context)
{
	for (unsigned int i = 0; i < SETUP_ADDRESSES; i++) {
		bool upper = context->tables[1].exists &&
			     (!context->tables[0].exists || setup_chance(setup, 30));
		const struct gen_table *t = &context->tables[upper];
		uint64_t address, output, ignored;

		if (!t->exists)
			return;
		address = draw_address(setup, t, context->addresses, context->address_count);
		if (upper)
			address |= ~gen_mask(t->input_lg2);
		context->addresses[context->address_count++] = address;
		if (gen_build(setup, t, address, false, &output) && stream->nested &&
		    !(output >> stream->s2.input_lg2))
			gen_build(setup, &stream->s2, output, false, &ignored);
	}
}

/* Where the CDs stand, and the CDs. @ste: S1ContextPtr, S1Fmt and S1CDMax are set here. */
static void draw_contexts(struct setup *setup, struct gen_stream *stream, uint64_t *ste,
			  bool no_stall, unsigned int number)
{
	unsigned int ssid_size = setup->config.idr1 >> 6 & 31;
	unsigned int limit = stream->nested ? stream->s2.input_lg2 : setup->oas_lg2;
	/* EL2 has no ASIDs: its contexts must be one. [IHI0070 5.4.1] */
	bool one = setup->tlb && stream->world == GEN_EL2;
	unsigned int max =
		ssid_size && !one && setup_chance(setup, 60)
			? 1 + (unsigned int)setup_below(setup, gen_smaller(ssid_size, 13))
			: 0;
	unsigned int fmt = idr0(setup, 19) ? (unsigned int)setup_below(setup, 4) : 0;
	unsigned int split = fmt == 1 ? 6 : fmt == 2 ? 10 : 0;
	uint64_t table;

	stream->s1cdmax = max;
	table = gen_place(setup,
			  !split            ? max + 6
			  : max > split + 3 ? max - split + 3
					    : 6,
			  setup_chance(setup, 1) ? 56 : limit);
	put(&ste[0], 55, 6, table >> 6);
	put(&ste[0], 5, 4, fmt);
	put(&ste[0], 63, 59, max);
	stream->s1dss = (unsigned int)gen_one_of(setup, 1 + setup_below(setup, 2),
						 setup_below(setup, 4), 70);
	put(&ste[1], 1, 0, stream->s1dss);
	for (unsigned int i = 0; i < (max ? SETUP_CONTEXTS : 1); i++) {
		struct gen_context *context = &stream->contexts[i];
		uint32_t index = i == 0 ? 0 : (uint32_t)setup_below(setup, UINT64_C(1) << max);
		uint64_t cd = table + (uint64_t)index * 64;

		context->substream_id = index;
		context->l1_ipa = table + (uint64_t)(split ? (index >> split) * 8 : 0);
		if (max && split) {
			uint64_t l2 =
				gen_place(setup, split + 6, setup_chance(setup, 1) ? 56 : limit);
			uint64_t l1cd =
				gen_pa(setup, stream, table + (uint64_t)(index >> split) * 8);

			if (i && index >> split == stream->contexts[0].substream_id >> split)
				l2 = arena_peek(setup->arena, l1cd) & gen_mask(56) & ~gen_mask(12);
			arena_poke(setup->arena, l1cd, l2 | !setup_chance(setup, 2));
			cd = l2 + (index & gen_mask(split)) * 64;
		}
		context->ipa = cd;
		context->pa = gen_pa(setup, stream, cd);
		context->asid = 1 + number * SETUP_CONTEXTS + i;
		if (idr0(setup, 12) && setup_chance(setup, 50))
			context->asid += 0x100;
		draw_cd(setup, stream, context, no_stall);
		map_context(setup, stream, context);
	}
}

static void draw_ste_word1(struct setup *setup, struct gen_stream *stream, unsigned int number,
			   uint64_t *ste, bool s1stalld)
{
	bool el2 = setup_chance(setup, 30) && !(setup->tlb && number > 0);

	if (el2 && stream->config == 5 && idr0(setup, 9) && idr0(setup, 1))
		stream->world = setup->machine.cr2 & 1 ? GEN_EL2_E2H : GEN_EL2;
	put(&ste[1], 25, 25, setup_chance(setup, 40)); /* S2FWB */
	put(&ste[1], 19, 19, 0);                       /* MEV */
	put(&ste[1], 27, 27, s1stalld);
	put(&ste[1], 29, 28, 0);
	put(&ste[1], 31, 30, el2 ? 2 : 0); /* STRW */
	put(&ste[1], 36, 32, setup_chance(setup, 40) ? gen_random(setup) : 0);
	put(&ste[1], 45, 44, gen_one_of(setup, 1, setup_below(setup, 4), 50));
	put(&ste[1], 51, 48, setup_chance(setup, 40) ? gen_random(setup) : 0);
}

void gen_stream(struct setup *setup, struct gen_stream *stream, unsigned int number)
{
	static const uint8_t configs[] = { 4, 5, 5, 5, 5, 6, 6, 7, 7, 7, 7, 7 };
	bool s1stalld = !(setup->config.idr0 >> 24 & 3) && setup_chance(setup, 30);
	uint64_t ste[8], httu = draw_httu(setup);

	fill(setup, ste);
	stream->config = configs[setup_below(setup, sizeof(configs))];
	if (setup_chance(setup, 2))
		stream->config = (unsigned int)setup_below(setup, 8);
	if (!setup_chance(setup, 3)) {
		if (!idr0(setup, 0) && stream->config > 5)
			stream->config = 5;
		if (!idr0(setup, 1) && (stream->config & 5) == 5)
			stream->config = 6;
	}
	put(&ste[0], 0, 0, !setup_chance(setup, 1));
	put(&ste[0], 3, 1, stream->config);
	draw_ste_word1(setup, stream, number, ste, s1stalld);
	stream->vmid = number + 1 + (idr0(setup, 18) && setup_chance(setup, 50) ? 0x100 : 0);
	put(&ste[2], 15, 0, stream->vmid);
	put(&ste[2], 55, 55, httu >> 1);
	put(&ste[2], 56, 56, httu & 1);
	put(&ste[2], 57, 57, draw_stall(setup));
	stream->nested = stream->config == 7;
	if ((stream->config & 6) == 6)
		draw_stage2(setup, stream, ste);
	if ((stream->config & 5) == 5)
		draw_contexts(setup, stream, ste, s1stalld, number);
	for (unsigned int i = 0; i < SETUP_ADDRESSES; i++) {
		uint64_t address = gen_random(setup) & gen_mask(setup->oas_lg2), output;

		if (stream->s2.exists) {
			address = draw_address(setup, &stream->s2, stream->addresses,
					       stream->address_count);
			gen_build(setup, &stream->s2, address, false, &output);
		}
		stream->addresses[stream->address_count++] = address;
	}
	spoil(setup, ste);
	write_structure(setup, stream->pa, ste);
}
