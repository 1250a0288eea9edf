/* SPDX-License-Identifier: MIT */
/*
 * test_stage2.c - does stage 2 alone keep DDI 0487 D8 and the STE: geometry with concatenated
 * tables, faults and their records?
 */
#include "tests/model/fx.h"

static const unsigned int granules[3] = { 12, 14, 16 };

/* ---- geometry ---- */

/*
 * First level and range of S2T0SZ by granule and S2SL0, with small tables and 52-bit addresses of
 * 64 KiB granules only; up to 16 concatenated tables. [DDI0487 D8.2.5.2]
 */
static const struct geometry {
	unsigned int granule, sl0, level, first, last;
} geometries[] = {
	{ 12, 2, 0, 16, 24 }, { 12, 1, 1, 21, 33 }, { 12, 0, 2, 30, 42 }, { 12, 3, 3, 39, 48 },
	{ 14, 2, 1, 16, 27 }, { 14, 1, 2, 24, 38 }, { 14, 0, 3, 35, 48 }, { 16, 2, 1, 12, 21 },
	{ 16, 1, 2, 18, 34 }, { 16, 0, 3, 31, 47 },
};

static const struct geometry *geometry_of(unsigned int granule, unsigned int sl0, unsigned int t0sz)
{
	for (size_t i = 0; i < sizeof(geometries) / sizeof(geometries[0]); i++) {
		const struct geometry *g = &geometries[i];

		if (g->granule == granule && g->sl0 == sl0 && t0sz >= g->first && t0sz <= g->last)
			return g;
	}
	return NULL;
}

/* 64 KiB blocks of level 1 exist with 52-bit output addresses. [DDI0487 D8.3] */
static bool level_has_leaf(unsigned int granule, unsigned int level)
{
	return level >= 2 || (level == 1 && granule != 14);
}

/* Write the descriptors of one walk at FX_SCRATCH; with @leaf = 0, take them away again. Bits of
 * S2TTB below the alignment of the first tables are garbage. */
static void place_walk(struct fx *f, const struct geometry *g, unsigned int leaf_level,
		       uint64_t ipa, uint64_t leaf)
{
	sv3_pa table = FX_SCRATCH;

	for (unsigned int level = g->level; level <= leaf_level; level++) {
		uint64_t index = ipa >> fx_shift(g->granule, level);
		sv3_pa next = FX_SCRATCH + 0x100000 + level * UINT64_C(0x10000);

		/* All concatenated tables are one to the first level. */
		if (level != g->level)
			index &= (UINT64_C(1) << (g->granule - 3)) - 1;
		if (level == leaf_level)
			fx_poke(f, table + 8 * index, leaf);
		else
			fx_poke(f, table + 8 * index, next | FX_TABLE);
		table = next;
	}
}

static void use_geometry(struct fx *f, unsigned int granule, unsigned int sl0, unsigned int t0sz)
{
	unsigned int level = (granule == 12 ? 2 : 3) - (sl0 == 3 ? 0 : sl0);
	unsigned int shift = fx_shift(granule, sl0 == 3 ? 3 : level), bits = 64 - t0sz;
	uint64_t bytes = bits > shift && bits < shift + 20 ? UINT64_C(8) << (bits - shift) : 8;

	fx_ste_stage2(f, FX_SID, fx_ste2(granule, t0sz, sl0, 0),
		      FX_SCRATCH | ((bytes - 1) & 0xffff0));
	fx_cfgi_all(f);
	fx_tlbi_all(f);
}

/* Every leaf level of one legal geometry, at both ends and a random place. */
static bool walks_right(struct fx *f, const struct geometry *g, unsigned int t0sz,
			struct sv3_prng *prng)
{
	uint64_t size = UINT64_C(1) << (64 - t0sz);

	for (unsigned int leaf = g->level; leaf <= 3; leaf++) {
		uint64_t span = UINT64_C(1) << fx_shift(g->granule, leaf);
		sv3_pa output = UINT64_C(0x5a5a5a5a5a5a) & ~(span - 1);
		uint64_t ipas[3] = { 0, size - 1, sv3_prng_below(prng, size) };
		uint64_t bits = (leaf == 3 ? FX_PAGE : FX_BLOCK) | FX_AF | FX_S2_READ | FX_S2_WB;

		for (unsigned int i = 0; i < 3 && level_has_leaf(g->granule, leaf); i++) {
			uint64_t got;

			place_walk(f, g, leaf, ipas[i], output | bits);
			got = fx_read(f, ipas[i]);
			place_walk(f, g, leaf, ipas[i], 0);
			fx_tlbi_all(f);
			if (got == (output | (ipas[i] & (span - 1))) &&
			    f->result.walk_reads == leaf - g->level + 1 &&
			    f->result.span_lg2 == fx_shift(g->granule, leaf))
				continue;
			ctest_fail(__FILE__, __LINE__, "leaf level %u IPA %#llx: %#llx, %u reads",
				   leaf, (unsigned long long)ipas[i], (unsigned long long)got,
				   f->result.walk_reads);
			return false;
		}
	}
	return true;
}

/* Three granules x S2SL0 x S2T0SZ: each is walked, or C_BAD_STE. */
TEST_C(stage2, walk_matrix_s2)
{
	FX(f, FX_STAGE2);
	struct sv3_prng prng;

	sv3_prng_seed(&prng, 21);
	for (unsigned int i = 0; i < 3 * 4 * 64; i++) {
		unsigned int granule = granules[i / 256], sl0 = i / 64 % 4, t0sz = i % 64;
		const struct geometry *g = geometry_of(granule, sl0, t0sz);

		use_geometry(&f, granule, sl0, t0sz);
		if (!g) {
			if (fx_read(&f, 0) != FX_FAULT(FX_C_BAD_STE))
				FAIL_C("granule 2^%u SL0 %u T0SZ %u is legal", granule, sl0, t0sz);
			continue;
		}
		if (!walks_right(&f, g, t0sz, &prng))
			FAIL_C("granule 2^%u SL0 %u T0SZ %u: wrong", granule, sl0, t0sz);
		/* Beyond the range; beyond the address size it never gets there. [IHI0070 3.4] */
		if (fx_read(&f, UINT64_C(1) << (64 - t0sz)) !=
		    FX_FAULT(t0sz == 12 ? FX_F_ADDR_SIZE : FX_F_TRANSLATION))
			FAIL_C("granule 2^%u SL0 %u T0SZ %u has no end", granule, sl0, t0sz);
		EXPECT_EQ_U64(!!(f.result.flags & SV3_RESULT_STAGE2_FAULT), t0sz != 12);
	}
}

/* Two concatenated tables: the second one answers for the upper half. */
TEST_C(stage2, concatenated_tables_stand_one_behind_the_other)
{
	FX(f, FX_STAGE2);

	fx_use_stage2(&f, 12, 24, 1, 0);
	f.s2.table = FX_SCRATCH;
	fx_ste_stage2(&f, FX_SID, fx_ste2(12, 24, 1, 0), FX_SCRATCH);
	fx_poke(&f, FX_SCRATCH, FX_DATA | FX_S2_WB | FX_S2_READ | FX_AF | FX_BLOCK);
	fx_poke(&f, FX_SCRATCH + 0x1000,
		(UINT64_C(7) << 30) | FX_S2_WB | FX_S2_READ | FX_AF | FX_BLOCK);
	EXPECT_EQ_U64(fx_read(&f, UINT64_C(1) << 39 | 0x123), UINT64_C(7) << 30 | 0x123);
	EXPECT_EQ_U64(f.result.walk_reads, 1);
}

/* What is cached of one concatenated table is not taken for another. */
TEST_C(stage2, concatenated_tables_in_the_walk_cache)
{
	FX(f, FX_STAGE2 | FX_NO_TLB);

	fx_use_stage2(&f, 12, 24, 1, 0);
	f.s2.table = FX_SCRATCH;
	fx_ste_stage2(&f, FX_SID, fx_ste2(12, 24, 1, 0), FX_SCRATCH);
	for (uint64_t half = 0; half < 2; half++)
		fx_s2_map(&f, half << 39 | 0x5000, 3, FX_S2_RO + (half << 12));
	for (unsigned int round = 0; round < 3; round++)
		for (uint64_t half = 0; half < 2; half++)
			EXPECT_EQ_U64(fx_read(&f, half << 39 | 0x5000), FX_DATA + (half << 12));
	EXPECT_GE_U64(sv3_smmu_stats(f.smmu)->walk_cache_hits, 4);
}

/* ---- faults and their records ---- */

static void expect_s2_record(struct fx *f, unsigned int event, unsigned int event_class,
			     uint64_t input, uint64_t ipa)
{
	ASSERT_EQ_INT(fx_event(f), event);
	EXPECT_EQ_U64(f->event[1] >> 39 & 1, 1);            /* S2 */
	EXPECT_EQ_U64(f->event[1] >> 40 & 3, event_class);  /* CLASS */
	EXPECT_EQ_U64(f->event[2], input);                  /* InputAddr */
	EXPECT_EQ_U64(f->event[3], ipa & ~UINT64_C(0xfff)); /* IPA */
	EXPECT_TRUE(f->result.flags & SV3_RESULT_STAGE2_FAULT);
	EXPECT_EQ_U64(f->result.event_class, event_class);
	EXPECT_NE_U64(f->result.rule, 0);
}

/* [IHI0070 7.3.14] An output or next table beyond S2PS, and S2TTB itself. */
TEST_C(stage2, addr_size)
{
	static const unsigned int bits[6] = { 32, 36, 40, 42, 44, 48 };
	const uint64_t ipa = UINT64_C(0x1234567000);

	for (uint64_t ps = 0; ps < 6; ps++) {
		FX(f, FX_STAGE2 | FX_NO_CACHES);
		uint64_t word2 = (fx_ste2(12, 25, 1, 0) & ~FX_STE_S2PS(7)) | FX_STE_S2PS(ps);
		sv3_pa limit = UINT64_C(1) << bits[ps];

		fx_ste_stage2(&f, FX_SID, word2, f.s2.table);
		fx_s2_map(&f, ipa, 3, (limit - 0x1000) | FX_S2_RW);
		EXPECT_EQ_U64(fx_read(&f, ipa + 1), limit - 0xfff);
		if (ps == 5)
			continue; /* there is no bit above it in a descriptor */
		fx_s2_map(&f, ipa, 3, limit | FX_S2_RW);
		EXPECT_EQ_U64(fx_write(&f, ipa + 8), FX_FAULT(FX_F_ADDR_SIZE));
		expect_s2_record(&f, FX_F_ADDR_SIZE, 2, ipa + 8, ipa);
		for (unsigned int level = 1; level < 3; level++) {
			fx_s2_map(&f, ipa, level, limit | FX_BLOCK | FX_AF | FX_S2_READ);
			EXPECT_EQ_U64(fx_read(&f, ipa), FX_FAULT(FX_F_ADDR_SIZE));
			fx_s2_map(&f, ipa, level, limit | FX_TABLE);
			EXPECT_EQ_U64(fx_read(&f, ipa), FX_FAULT(FX_F_ADDR_SIZE));
			while (fx_event(&f))
				;
			fx_s2_map(&f, ipa, level, 0);
		}
		fx_ste_stage2(&f, FX_SID, word2, limit);
		EXPECT_EQ_U64(fx_read(&f, ipa), FX_FAULT(FX_C_BAD_STE));
	}
}

/* [DDI0487 D8.3] Type 0b01 at level 3, blocks where none may stand, and bit 0 = 0. */
TEST_C(stage2, reserved_desc)
{
	static const struct {
		unsigned int granule, t0sz, sl0, level;
		bool has_block;
	} rows[] = {
		{ 12, 16, 2, 0, false }, { 12, 16, 2, 1, true },  { 12, 16, 2, 2, true },
		{ 12, 16, 2, 3, false }, { 14, 17, 2, 1, false }, { 14, 17, 2, 2, true },
		{ 14, 17, 2, 3, false }, { 16, 16, 2, 1, true },  { 16, 16, 2, 2, true },
		{ 16, 16, 2, 3, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		FX(f, FX_STAGE2 | FX_NO_CACHES);
		uint64_t bits = FX_AF | FX_S2_READ | FX_S2_WB;

		fx_use_stage2(&f, rows[i].granule, rows[i].t0sz, rows[i].sl0, 0);
		fx_s2_map(&f, 0, rows[i].level, bits | FX_BLOCK);
		EXPECT_EQ_U64(fx_read(&f, 8), rows[i].has_block ? 8 : FX_FAULT(FX_F_TRANSLATION));
		for (uint64_t type = 0; type < 3; type += 2) {
			fx_s2_map(&f, 0, rows[i].level, bits | type);
			EXPECT_EQ_U64(fx_read(&f, 8), FX_FAULT(FX_F_TRANSLATION));
		}
	}
}

/* What a record says of each kind of fault. [IHI0070 7.3.12 - 7.3.16] */
TEST_C(stage2, records)
{
	FX(f, FX_STAGE2 | FX_NO_CACHES);
	const uint64_t ipa = UINT64_C(0x1234567000);

	EXPECT_EQ_U64(fx_read(&f, ipa + 0x234), FX_FAULT(FX_F_TRANSLATION));
	expect_s2_record(&f, FX_F_TRANSLATION, 2, ipa + 0x234, ipa);
	EXPECT_EQ_U64(f.event[1] >> 35 & 1, 1); /* RnW */
	fx_s2_map(&f, ipa, 3, FX_S2_DIRTY & ~FX_AF);
	EXPECT_EQ_U64(fx_write(&f, ipa), FX_FAULT(FX_F_ACCESS));
	expect_s2_record(&f, FX_F_ACCESS, 2, ipa, ipa);
	EXPECT_EQ_U64(f.event[1] >> 35 & 1, 0);
	fx_s2_map(&f, ipa, 3, FX_S2_RO);
	EXPECT_EQ_U64(fx_write(&f, ipa + 0xff8), FX_FAULT(FX_F_PERMISSION));
	expect_s2_record(&f, FX_F_PERMISSION, 2, ipa + 0xff8, ipa);
	/* The range: no descriptor is looked at. */
	EXPECT_EQ_U64(fx_read(&f, UINT64_C(1) << 39), FX_FAULT(FX_F_TRANSLATION));
	EXPECT_EQ_U64(f.result.walk_reads, 0);
	expect_s2_record(&f, FX_F_TRANSLATION, 2, UINT64_C(1) << 39, UINT64_C(1) << 39);
	/* The descriptor itself cannot be read: its own address. */
	fx_s2_map(&f, ipa, 2, FX_NOWHERE | FX_TABLE);
	EXPECT_EQ_U64(fx_read(&f, ipa), FX_FAULT(FX_F_WALK_EABT));
	ASSERT_EQ_INT(fx_event(&f), FX_F_WALK_EABT);
	EXPECT_EQ_U64(f.event[1] >> 39 & 1, 1);
	EXPECT_EQ_U64(f.event[1] >> 40 & 3, 2);
	EXPECT_EQ_U64(f.event[3], FX_NOWHERE + 8 * (ipa >> 12 & 511));
}

/* A refusal that the TLB could give still tells the intermediate address, and needs no TLBI to be
 * repaired at the level of an entry that was never there. */
TEST_C(stage2, record_on_a_tlb_hit)
{
	FX(f, FX_STAGE2);

	fx_s2_map(&f, 0x5000, 3, FX_S2_RO);
	EXPECT_EQ_U64(fx_read(&f, 0x5008), FX_DATA + 8);
	EXPECT_EQ_U64(fx_write(&f, 0x5010), FX_FAULT(FX_F_PERMISSION));
	expect_s2_record(&f, FX_F_PERMISSION, 2, 0x5010, 0x5000);
}

/* [IHI0070 5.2 S2R] S2R = 0: the same aborts, and nothing on record; but for an external abort. */
TEST_C(stage2, no_record_without_s2r)
{
	FX(f, FX_STAGE2);

	fx_ste_stage2(&f, FX_SID, fx_ste2(12, 25, 1, 0) & ~FX_STE_S2R, f.s2.table);
	EXPECT_EQ_U64(fx_read(&f, 0x5000), FX_SILENT);
	EXPECT_EQ_INT(fx_event(&f), 0);
	fx_s2_map(&f, 0x5000, 1, FX_NOWHERE | FX_TABLE);
	EXPECT_EQ_U64(fx_read(&f, 0x5000), FX_FAULT(FX_F_WALK_EABT));
	EXPECT_EQ_INT(fx_event(&f), FX_F_WALK_EABT);
}

/* [IHI0070 3.4, 7.3.14] What bypasses stage 1 beyond the address size: F_ADDR_SIZE of stage 1. */
TEST_C(stage2, addr_size_of_the_input)
{
	FX(f, FX_STAGE2);

	EXPECT_EQ_U64(fx_read(&f, UINT64_C(1) << 52), FX_FAULT(FX_F_ADDR_SIZE));
	ASSERT_EQ_INT(fx_event(&f), FX_F_ADDR_SIZE);
	EXPECT_EQ_U64(f.event[1] >> 39 & 1, 0);
	EXPECT_EQ_U64(f.event[1] >> 40 & 3, 2);
	EXPECT_EQ_U64(fx_read(&f, (UINT64_C(1) << 52) - 8), FX_FAULT(FX_F_TRANSLATION));
}

/* Order within stage 2: each repair shows the next fault. [IHI0070 7.3.22] */
TEST_C(stage2, priority)
{
	FX(f, FX_STAGE2 | FX_NO_CACHES);
	uint64_t word2 = fx_ste2(12, 25, 1, 0) & ~FX_STE_S2PS(7); /* 32 bits */
	uint64_t far = UINT64_C(1) << 40;

	fx_ste_stage2(&f, FX_SID, word2, f.s2.table);
	fx_s2_map(&f, 0x5000, 3, far | FX_BLOCK);
	EXPECT_EQ_U64(fx_write(&f, 0x5000), FX_FAULT(FX_F_TRANSLATION));
	fx_s2_map(&f, 0x5000, 3, far | FX_PAGE);
	EXPECT_EQ_U64(fx_write(&f, 0x5000), FX_FAULT(FX_F_ADDR_SIZE));
	fx_s2_map(&f, 0x5000, 3, FX_S2_RO & ~FX_AF);
	EXPECT_EQ_U64(fx_write(&f, 0x5000), FX_FAULT(FX_F_ACCESS));
	fx_s2_map(&f, 0x5000, 3, FX_S2_RO);
	EXPECT_EQ_U64(fx_write(&f, 0x5000), FX_FAULT(FX_F_PERMISSION));
	fx_s2_map(&f, 0x5000, 3, FX_S2_DIRTY);
	EXPECT_EQ_U64(fx_write(&f, 0x5000), FX_DATA);
}
