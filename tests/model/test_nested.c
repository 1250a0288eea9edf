/* SPDX-License-Identifier: MIT */
/*
 * test_nested.c - two stages: is every address that stage 1 uses an intermediate one; what do
 * leaves of both stages make of an access; and what does an invalidation do to a walk?
 *
 * Stage 1 stands at FX_IPA() of where it is in memory, so that no address can be taken for another.
 */
#include "tests/model/nested.h"

/* ---- the walk ---- */

/* Every stage-1 descriptor, the CD and the output take three reads of stage 2 each. */
TEST_C(nested, every_address_of_stage_1_goes_through_stage_2)
{
	FX(f, FX_NESTED | FX_NO_CACHES);

	nested_map(&f, S1_LEAF, FX_S2_RW);
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA + 0x123), FX_DATA + 0x123);
	EXPECT_EQ_U64(f.result.walk_reads, 3 + 4 * (3 + 1) + 3);
	EXPECT_EQ_U64(f.result.span_lg2, 12);
}

/* The order of its needs: stage 2 before each access of stage 1. */
TEST_C(nested, order_of_the_walk)
{
	static const enum sv3_unit units[] = {
		SV3_UNIT_STE,   SV3_UNIT_S2_L1, SV3_UNIT_S2_L2, SV3_UNIT_S2_L3, SV3_UNIT_CD,
		SV3_UNIT_S2_L1, SV3_UNIT_S2_L2, SV3_UNIT_S2_L3, SV3_UNIT_S1_L0, SV3_UNIT_S2_L1,
		SV3_UNIT_S2_L2, SV3_UNIT_S2_L3, SV3_UNIT_S1_L1, SV3_UNIT_S2_L1, SV3_UNIT_S2_L2,
		SV3_UNIT_S2_L3, SV3_UNIT_S1_L2, SV3_UNIT_S2_L1, SV3_UNIT_S2_L2, SV3_UNIT_S2_L3,
		SV3_UNIT_S1_L3, SV3_UNIT_S2_L1, SV3_UNIT_S2_L2, SV3_UNIT_S2_L3,
	};
	FX(f, FX_NESTED | FX_NO_CACHES);
	struct sv3_txn txn = fx_txn(FX_IOVA, false);

	nested_map(&f, S1_LEAF, FX_S2_RW);
	fx_begin(&f, &txn);
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (f.need.unit != units[i])
			FAIL_C("need %u is for unit %u, not %u", (unsigned int)i, f.need.unit,
			       units[i]);
		fx_answer(&f);
	}
	EXPECT_EQ_INT(f.need.kind, SV3_NEED_DONE);
	EXPECT_EQ_U64(fx_run(&f), FX_DATA);
	fx_land(&f);
}

/* What the caches save: the next page of the same tables needs its own leaf and output only. */
TEST_C(nested, caches_of_both_stages)
{
	FX(f, FX_NESTED);

	fx_guest(&f, FX_DATA, 0x2000);
	fx_map(&f, FX_IOVA, 3, S1_LEAF);
	fx_map(&f, FX_IOVA + 0x1000, 3, S1_LEAF + 0x1000);
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA + 0x1000), FX_DATA + 0x1000);
	EXPECT_EQ_U64(f.result.walk_reads, 2);
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA + 0x1ff8), FX_DATA + 0x1ff8);
	EXPECT_TRUE(f.result.flags & SV3_RESULT_TLB_HIT);
}

/* The smaller leaf decides what an entry spans: behind it another stage-2 page may follow. */
TEST_C(nested, span_is_the_smaller_leaf)
{
	static const struct {
		unsigned int s1_level, s2_level, span_lg2;
	} rows[] = { { 2, 3, 12 }, { 3, 2, 12 }, { 1, 2, 21 }, { 2, 1, 21 }, { 2, 2, 21 } };
	const sv3_iova iova = UINT64_C(0x123440000000);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		FX(f, FX_NESTED);
		/* Outputs: intermediate 2 GiB on; pages of stage 2 are swapped there. */
		uint64_t ipa = UINT64_C(2) << 30;
		uint64_t s1 = ipa | FX_AF | FX_NG | (rows[i].s1_level == 3 ? FX_PAGE : FX_BLOCK);
		uint64_t s2 = FX_AF | FX_S2_READ | FX_S2_WB |
			      (rows[i].s2_level == 3 ? FX_PAGE : FX_BLOCK);
		uint64_t step = UINT64_C(1) << fx_shift(12, rows[i].s2_level);
		bool has_next = rows[i].s1_level < rows[i].s2_level;

		fx_map(&f, iova, rows[i].s1_level, s1);
		fx_s2_map(&f, ipa, rows[i].s2_level, UINT64_C(0x7040000000) | s2);
		fx_s2_map(&f, ipa + step, rows[i].s2_level, UINT64_C(0x7000000000) | s2);
		for (unsigned int round = 0; round < 2; round++) {
			EXPECT_EQ_U64(fx_read(&f, iova + 0x678), UINT64_C(0x7040000678));
			EXPECT_EQ_U64(f.result.span_lg2, rows[i].span_lg2);
			if (has_next)
				EXPECT_EQ_U64(fx_read(&f, iova + step + 0x678),
					      UINT64_C(0x7000000678));
		}
		EXPECT_TRUE(f.result.flags & SV3_RESULT_TLB_HIT);
	}
}

/* Granules of the stages need not agree. */
TEST_C(nested, granules_may_differ)
{
	static const unsigned int granules[3] = { 12, 14, 16 };

	for (unsigned int i = 0; i < 9; i++) {
		unsigned int g1 = granules[i / 3], g2 = granules[i % 3];
		FX(f, FX_NESTED);

		/* One table at level 2: 4K 30, 16K 36, 64K 42 bits. */
		fx_use_stage2(&f, g2, g2 == 12 ? 25 : g2 == 14 ? 28 : 24, g2 == 12, 0);
		if (g2 != 12)
			fx_use_stage2(&f, g2, g2 == 14 ? 27 : 24, g2 == 14 ? 2 : 1, 0);
		fx_ste(&f, FX_SID, FX_STE_NESTED | fx_guest(&f, FX_CD, 64), 0);
		fx_use_table(&f, g1, 16, 0);
		fx_guest(&f, FX_DATA, 0x10000);
		fx_map(&f, FX_IOVA & ~UINT64_C(0xffff), 3, S1_LEAF);
		EXPECT_EQ_U64(fx_read(&f, (FX_IOVA & ~UINT64_C(0xffff)) | 0xabc), FX_DATA + 0xabc);
		EXPECT_EQ_U64(f.result.span_lg2, g1 < g2 ? g1 : g2);
	}
}

/* ---- permissions of both stages ---- */

/* Both must allow; stage 1 is the first to refuse. Also from the TLB. */
TEST_C(nested, perm_matrix_of_both)
{
	FX(f, FX_NESTED);

	nested_map(&f, S1_LEAF, FX_S2_RW);
	for (unsigned int i = 0; i < 32; i++) {
		bool s1_writes = i & 1, s1_user = i & 2, s2_reads = i & 4, s2_writes = i & 8;
		bool s2_execs = i & 16;

		fx_map(&f, FX_IOVA, 3, S1_LEAF | (s1_writes ? 0 : FX_AP2) | (s1_user ? FX_AP1 : 0));
		fx_poke(&f, fx_guest_pte(&f, FX_DATA),
			FX_DATA | FX_S2_WB | FX_PAGE | FX_AF | (s2_reads ? FX_S2_READ : 0) |
				(s2_writes ? FX_S2_WRITE : 0) | (s2_execs ? 0 : FX_S2_XN(2)));
		fx_tlbi_all(&f);
		for (unsigned int n = 0; n < 16; n++) {
			struct sv3_txn txn = fx_txn(FX_IOVA, n % 8 >= 4);
			bool s1, s2;
			uint64_t code;

			txn.privileged = n & 1;
			txn.instruction = n % 8 == 2 || n % 8 == 3;
			txn.atomic = n % 8 >= 6;
			s1 = txn.instruction
				     ? !txn.privileged || !(s1_writes && s1_user)
				     : (txn.privileged || s1_user) && (!txn.write || s1_writes);
			s2 = txn.instruction ? s2_execs
					     : (!txn.write || s2_writes) &&
						       ((txn.write && !txn.atomic) || s2_reads);
			code = fx_go(&f, &txn);
			if (code != (s1 && s2 ? FX_DATA : FX_FAULT(FX_F_PERMISSION)))
				FAIL_C("leaves %u access %u: %#llx", i, n,
				       (unsigned long long)code);
			if (!(s1 && s2) && !!(f.result.flags & SV3_RESULT_STAGE2_FAULT) != s1)
				FAIL_C("leaves %u access %u: the wrong stage refuses", i, n);
		}
		while (fx_event(&f))
			;
	}
}

/* ---- attributes ---- */

/* The stronger of the two leaves; the same from the TLB. [DDI0487 D8.6.5] */
TEST_C(nested, attributes)
{
	const uint8_t wb = SV3_MEMORY(SV3_MEMORY_WB, SV3_MEMORY_WB);
	const uint8_t nc = SV3_MEMORY(SV3_MEMORY_NC, SV3_MEMORY_NC);
	const uint8_t gre = SV3_MEMORY(SV3_MEMORY_DEVICE_GRE, SV3_MEMORY_DEVICE_GRE);
	/* AttrIndx 0: Write-Back, 1: Non-cacheable, 2: Device-GRE. */
	const uint64_t mair = 0x0c44ff;
	const struct {
		uint64_t index, s1_sh, mem_attr, s2_sh;
		bool fwb;
		uint8_t memory, shareability;
	} rows[] = {
		{ 0, 3, 0xf, 0, false, wb, SV3_SHARE_INNER },
		{ 0, 0, 0xf, 0, false, wb, SV3_SHARE_NON },
		{ 0, 0, 0xf, 2, false, wb, SV3_SHARE_OUTER },
		{ 1, 3, 0xf, 3, false, nc, SV3_SHARE_OUTER },
		{ 0, 3, 0x5, 3, false, nc, SV3_SHARE_OUTER },
		{ 2, 3, 0xf, 3, false, gre, SV3_SHARE_OUTER },
		{ 0, 3, 0x3, 3, false, gre, SV3_SHARE_OUTER },
		{ 1, 3, 0x6, 3, true, wb, SV3_SHARE_OUTER }, /* stage 1 NC is Outer */
		{ 1, 3, 0x7, 3, true, nc, SV3_SHARE_OUTER },
		{ 0, 3, 0x7, 3, true, wb, SV3_SHARE_INNER },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		FX(f, FX_NESTED);

		fx_ste(&f, FX_SID, FX_STE_NESTED | FX_IPA(FX_CD), rows[i].fwb ? FX_STE_S2FWB : 0);
		fx_poke(&f, FX_CD + 24, mair);
		nested_map(&f, S1_LEAF, FX_S2_RW);
		fx_map(&f, FX_IOVA, 3, S1_LEAF | rows[i].index << 2 | rows[i].s1_sh << 8);
		fx_poke(&f, fx_guest_pte(&f, FX_DATA),
			FX_DATA | FX_PAGE | FX_AF | FX_S2_READ | rows[i].mem_attr << 2 |
				rows[i].s2_sh << 8);
		for (unsigned int round = 0; round < 2; round++) {
			EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
			if (f.result.memory != rows[i].memory ||
			    f.result.shareability != rows[i].shareability)
				FAIL_C("row %u: memory %#x shareability %u", (unsigned int)i,
				       f.result.memory, f.result.shareability);
		}
		EXPECT_TRUE(f.result.flags & SV3_RESULT_TLB_HIT);
	}
}

/* ---- invalidations that meet a walk ---- */

/* At each step of a cold walk software moves a page and invalidates: the walk begins anew, and what
 * it ends with is what memory says after the invalidation. [IHI0070 3.21.1] */
static void invalidated_at_every_step(uint64_t word0, uint64_t word1)
{
	unsigned int steps = 0;

	for (unsigned int instant = 0; instant <= steps; instant++) {
		FX(f, FX_NESTED);
		struct sv3_txn txn = fx_txn(FX_IOVA, false);
		unsigned int n = 0;

		nested_map(&f, S1_LEAF, FX_S2_RW);
		fx_begin(&f, &txn);
		for (; f.need.kind != SV3_NEED_DONE && n < instant; n++)
			fx_answer(&f);
		if (f.need.kind == SV3_NEED_DONE)
			break;
		steps = n + 1;
		/* The answer to the need is under way, of memory as it was. */
		ASSERT_EQ_INT(sv3_bus_read(&f.bus, f.need.pa, f.reply.data, f.need.size),
			      SV3_BUS_OK);
		f.reply.status = SV3_BUS_OK;
		fx_poke(&f, fx_guest_pte(&f, FX_DATA), (FX_DATA + 0x1000) | FX_S2_RW);
		fx_cmd(&f, word0, word1);
		fx_sync(&f);
		sv3_smmu_step(f.smmu, f.slot, &f.reply, &f.need);
		/* Nothing rests on what was removed any more. */
		EXPECT_TRUE(fx_cmdq_empty(&f));
		if (fx_run(&f) != FX_DATA + 0x1000)
			FAIL_C("step %u: %#llx", instant, (unsigned long long)fx_code(&f.result));
		if (instant > 0 && f.result.walk_restarts != 1)
			FAIL_C("step %u: %u restarts", instant, f.result.walk_restarts);
		fx_land(&f);
		EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA + 0x1000);
	}
	EXPECT_GE_U64(steps, 15);
}

TEST_C(nested, tlbi_at_every_step)
{
	invalidated_at_every_step(FX_CMD_TLBI_NSNH_ALL, 0);
}

TEST_C(nested, tlbi_of_each_stage_at_every_step)
{
	invalidated_at_every_step(FX_CMD_TLBI_S2_IPA | FX_CMD_VMID(FX_VMID), FX_IPA(FX_DATA) | 1);
	invalidated_at_every_step(FX_CMD_TLBI_S12_ALL | FX_CMD_VMID(FX_VMID), 0);
	invalidated_at_every_step(FX_CMD_TLBI_NH_ALL | FX_CMD_VMID(FX_VMID), 0);
	invalidated_at_every_step(FX_CMD_TLBI_NH_VA | FX_CMD_VMID(FX_VMID) | FX_CMD_ASID(1),
				  FX_IOVA | 1);
}

TEST_C(nested, cfgi_at_every_step)
{
	invalidated_at_every_step(FX_CMD_CFGI_STE | FX_CMD_SID(FX_SID), 1);
}
