/* SPDX-License-Identifier: MIT */
/*
 * test_httu_stage2.c - access flag and dirty state of stage 2 alone: S2AP[1] goes from 0 to 1, and
 * nothing else changes. [IHI0070 3.13] [DDI0487 D8.5]
 */
#include "tests/model/fx.h"

#define IPA UINT64_C(0x1234567000)

static uint64_t updates(struct fx *f)
{
	return sv3_smmu_stats(f->smmu)->httu_updates;
}

/* [IHI0070 3.13.2] AF = 0: S2HA and S2AFFD x read and write. */
TEST_C(httu_stage2, af_basic)
{
	for (unsigned int i = 0; i < 8; i++) {
		bool ha = i & 1, affd = i & 2, write = i & 4;
		uint64_t leaf = FX_S2_DIRTY & ~FX_AF;
		FX(f, FX_STAGE2 | (ha ? FX_S2HA : 0u) | (affd ? FX_S2AFFD : 0u));
		sv3_pa pte = fx_s2_map(&f, IPA, 3, leaf);
		struct sv3_txn txn = fx_txn(IPA, write);

		EXPECT_EQ_U64(fx_go(&f, &txn), ha || affd ? FX_DATA : FX_FAULT(FX_F_ACCESS));
		EXPECT_EQ_U64(fx_peek(&f, pte), ha ? leaf | FX_AF : leaf);
		EXPECT_EQ_U64(updates(&f), ha);
		EXPECT_EQ_U64(!!(f.result.flags & SV3_RESULT_AF_SET), ha);
	}
}

/* Setting AF needs no TLBI. [DDI0487 D8.5.1, R_XFXTY] */
TEST_C(httu_stage2, af_not_cached)
{
	FX(f, FX_STAGE2);
	sv3_pa pte = fx_s2_map(&f, IPA, 3, FX_S2_DIRTY & ~FX_AF);

	EXPECT_EQ_U64(fx_read(&f, IPA), FX_FAULT(FX_F_ACCESS));
	fx_poke(&f, pte, FX_S2_DIRTY);
	EXPECT_EQ_U64(fx_read(&f, IPA), FX_DATA);
}

/* Clean: a read leaves it, the first write makes it dirty by one update, the second does none. */
TEST_C(httu_stage2, dirty_basic_s2)
{
	FX(f, FX_STAGE2 | FX_S2HTTU);
	sv3_pa pte = fx_s2_map(&f, IPA, 3, FX_S2_CLEAN);

	EXPECT_EQ_U64(fx_read(&f, IPA), FX_DATA);
	EXPECT_EQ_U64(fx_peek(&f, pte), FX_S2_CLEAN);
	EXPECT_EQ_U64(updates(&f), 0);
	EXPECT_EQ_U64(fx_write(&f, IPA), FX_DATA);
	EXPECT_EQ_U64(fx_peek(&f, pte), FX_S2_DIRTY);
	EXPECT_EQ_U64(updates(&f), 1);
	EXPECT_TRUE(f.result.flags & SV3_RESULT_DIRTY_SET);
	EXPECT_FALSE(f.result.flags & SV3_RESULT_TABLE_DIRTY_SET);
	EXPECT_EQ_U64(fx_write(&f, IPA), FX_DATA);
	EXPECT_TRUE(f.result.flags & SV3_RESULT_TLB_HIT);
	EXPECT_TRUE(f.result.flags & SV3_RESULT_DIRTY_KNOWN);
	EXPECT_EQ_U64(updates(&f), 1);
	EXPECT_EQ_INT(fx_event(&f), 0);
}

/* S2AP = 00 with DBM: a write makes it write-only, and a read still faults. */
TEST_C(httu_stage2, dirty_basic_s2_without_read)
{
	FX(f, FX_STAGE2 | FX_S2HTTU);
	uint64_t clean = FX_S2_CLEAN & ~FX_S2_READ;
	sv3_pa pte = fx_s2_map(&f, IPA, 3, clean);
	struct sv3_txn atomic = fx_txn(IPA, true);

	EXPECT_EQ_U64(fx_read(&f, IPA), FX_FAULT(FX_F_PERMISSION));
	atomic.atomic = true;
	EXPECT_EQ_U64(fx_go(&f, &atomic), FX_FAULT(FX_F_PERMISSION));
	EXPECT_EQ_U64(fx_peek(&f, pte), clean);
	EXPECT_EQ_U64(fx_write(&f, IPA), FX_DATA);
	EXPECT_EQ_U64(fx_peek(&f, pte), clean | FX_S2_WRITE);
	EXPECT_EQ_U64(fx_read(&f, IPA), FX_FAULT(FX_F_PERMISSION));
	EXPECT_EQ_U64(fx_go(&f, &atomic), FX_FAULT(FX_F_PERMISSION));
}

TEST_C(httu_stage2, dirty_ro)
{
	FX(f, FX_STAGE2 | FX_S2HTTU);
	sv3_pa pte = fx_s2_map(&f, IPA, 3, FX_S2_RO);

	EXPECT_EQ_U64(fx_write(&f, IPA), FX_FAULT(FX_F_PERMISSION));
	EXPECT_EQ_U64(fx_read(&f, IPA), FX_DATA);
	EXPECT_EQ_U64(fx_write(&f, IPA), FX_FAULT(FX_F_PERMISSION));
	EXPECT_EQ_U64(fx_peek(&f, pte), FX_S2_RO);
}

/* {S2HD, S2HA} = 00, 01, 10: a clean page is read-only; 10 acts as 00. The rule tells a clean page
 * from a read-only one. */
TEST_C(httu_stage2, dirty_hd_off)
{
	static const unsigned int flags[] = { 0, FX_S2HA, FX_S2HD };

	for (unsigned int i = 0; i < 3; i++) {
		FX(f, FX_STAGE2 | flags[i]);
		sv3_pa pte = fx_s2_map(&f, IPA, 3, FX_S2_CLEAN);
		sv3_pa no_af = fx_s2_map(&f, IPA + 0x1000, 3, FX_S2_RO & ~FX_AF);
		struct sv3_rule_info info;

		EXPECT_EQ_U64(fx_write(&f, IPA), FX_FAULT(FX_F_PERMISSION));
		ASSERT_TRUE(sv3_rule_info(f.result.rule, &info));
		EXPECT_EQ_STR(info.name, "S2_CLEAN");
		EXPECT_EQ_U64(fx_read(&f, IPA), FX_DATA);
		EXPECT_EQ_U64(fx_peek(&f, pte), FX_S2_CLEAN);
		EXPECT_EQ_U64(fx_read(&f, IPA + 0x1000),
			      flags[i] == FX_S2HA ? FX_DATA : FX_FAULT(FX_F_ACCESS));
		EXPECT_EQ_U64(fx_peek(&f, no_af) & FX_AF, flags[i] == FX_S2HA ? FX_AF : 0);
	}
}

/* [DDI0487 I_DSHLJ] AF and dirty state by one update. */
TEST_C(httu_stage2, af_and_dirty)
{
	FX(f, FX_STAGE2 | FX_S2HTTU);
	sv3_pa pte = fx_s2_map(&f, IPA, 3, FX_S2_CLEAN & ~FX_AF);
	struct sv3_txn txn = fx_txn(IPA, true);

	fx_begin(&f, &txn);
	ASSERT_TRUE(fx_until(&f, SV3_UNIT_HTTU));
	EXPECT_EQ_U64(f.need.pa, pte);
	EXPECT_EQ_U64(f.need.expect, FX_S2_CLEAN & ~FX_AF);
	EXPECT_EQ_U64(f.need.desired, FX_S2_DIRTY);
	EXPECT_EQ_U64(fx_run(&f), FX_DATA);
	fx_land(&f);
	EXPECT_EQ_U64(updates(&f), 1);
}

/* IDR0.HTTU x {S2HD, S2HA}. */
TEST_C(httu_stage2, httu_caps)
{
	for (unsigned int i = 0; i < 12; i++) {
		unsigned int cap = i / 4;
		bool ha = i & 1, hd = i & 2;
		bool bad = (cap == 0 && (ha || hd)) || (cap == 1 && hd);
		struct sv3_smmu_config config;
		__attribute__((cleanup(fx_fini))) struct fx f;
		sv3_pa pte;

		fx_config(&config, FX_STAGE2);
		config.idr0 = (config.idr0 & ~(3u << 6)) | cap << 6;
		fx_power_on(&f, &config);
		fx_boot(&f, FX_STAGE2 | (ha ? FX_S2HA : 0u) | (hd ? FX_S2HD : 0u));
		pte = fx_s2_map(&f, IPA, 3, FX_S2_CLEAN & ~FX_AF);
		EXPECT_EQ_U64(fx_write(&f, IPA), bad        ? FX_FAULT(FX_C_BAD_STE)
						 : ha && hd ? FX_DATA
						 : ha       ? FX_FAULT(FX_F_PERMISSION)
							    : FX_FAULT(FX_F_ACCESS));
		EXPECT_EQ_U64(fx_peek(&f, pte),
			      !bad && ha && hd ? FX_S2_DIRTY : FX_S2_CLEAN & ~FX_AF);
	}
}

/* Only bits 10 and 7 ever change, whatever stands in the rest. */
TEST_C(httu_stage2, httu_preserve)
{
	FX(f, FX_STAGE2 | FX_S2HTTU | FX_NO_TLB);
	struct sv3_prng prng;
	sv3_pa pte = fx_s2_map(&f, IPA, 3, FX_S2_CLEAN);
	/* Free: 62:52, contiguous and XN among them, bit 11, AF, SH, S2AP[0], MemAttr. */
	const uint64_t free_bits = UINT64_C(0x7ff0000000000000) | 0xf7c;

	sv3_prng_seed(&prng, 36);
	for (unsigned int i = 0; i < 1000; i++) {
		uint64_t leaf = FX_DATA | FX_PAGE | FX_DBM | (sv3_prng_next(&prng) & free_bits);

		fx_poke(&f, pte, leaf);
		if (fx_write(&f, IPA) != FX_DATA)
			FAIL_C("%#llx: the write faulted", (unsigned long long)leaf);
		if (fx_peek(&f, pte) != (leaf | FX_S2_WRITE | FX_AF))
			FAIL_C("%#llx became %#llx", (unsigned long long)leaf,
			       (unsigned long long)fx_peek(&f, pte));
	}
}

/* One descriptor, one bit: 2 MiB, 1 GiB, 32 MiB, 512 MiB and, with 52-bit addresses, 4 TiB. */
TEST_C(httu_stage2, block_dirty)
{
	static const struct {
		unsigned int granule, t0sz, sl0, level, span_lg2;
	} rows[] = { { 12, 25, 1, 2, 21 },
		     { 12, 25, 1, 1, 30 },
		     { 14, 28, 1, 2, 25 },
		     { 16, 22, 1, 2, 29 },
		     { 16, 16, 2, 1, 42 } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t span = UINT64_C(1) << rows[i].span_lg2;
		sv3_pa output = span << 2;
		uint64_t clean = output | FX_S2_WB | FX_BLOCK | FX_AF | FX_S2_READ | FX_DBM;
		FX(f, FX_STAGE2);
		sv3_pa pte;

		fx_use_stage2(&f, rows[i].granule, rows[i].t0sz, rows[i].sl0, FX_S2HTTU);
		pte = fx_s2_map(&f, span, rows[i].level, clean);
		EXPECT_EQ_U64(fx_read(&f, 2 * span - 8), output + span - 8);
		EXPECT_EQ_U64(f.result.span_lg2, rows[i].span_lg2);
		EXPECT_EQ_U64(fx_peek(&f, pte), clean);
		EXPECT_EQ_U64(fx_write(&f, 2 * span - 8), output + span - 8);
		EXPECT_EQ_U64(fx_peek(&f, pte), clean | FX_S2_WRITE);
		EXPECT_EQ_U64(fx_write(&f, span), output);
		EXPECT_EQ_U64(updates(&f), 1);
	}
}

/* The rows T2 to T5 of stale entries: cached clean, changed by software, then written. */
TEST_C(httu_stage2, stale_clean)
{
	static const struct {
		uint64_t leaf, code, after;
	} rows[] = {
		{ FX_S2_DIRTY, FX_DATA, FX_S2_DIRTY },                            /* T2 */
		{ 0, FX_FAULT(FX_F_TRANSLATION), 0 },                             /* T3 */
		{ FX_S2_CLEAN + 0x9000, FX_DATA + 0x9000, FX_S2_DIRTY + 0x9000 }, /* T4 */
		{ FX_S2_RO, FX_FAULT(FX_F_PERMISSION), FX_S2_RO },                /* T5 */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		FX(f, FX_STAGE2 | FX_S2HTTU);
		sv3_pa pte = fx_s2_map(&f, IPA, 3, FX_S2_CLEAN);

		ASSERT_EQ_U64(fx_read(&f, IPA), FX_DATA);
		fx_poke(&f, pte, rows[i].leaf);
		EXPECT_EQ_U64(fx_write(&f, IPA), rows[i].code);
		EXPECT_EQ_U64(fx_peek(&f, pte), rows[i].after);
	}
}

/* T6 and T7: cleaned without TLBI the next write is lost; with TLBI and SYNC it is not. */
TEST_C(httu_stage2, lost_dirty)
{
	FX(f, FX_STAGE2 | FX_S2HTTU);
	sv3_pa pte = fx_s2_map(&f, IPA, 3, FX_S2_CLEAN);

	ASSERT_EQ_U64(fx_write(&f, IPA), FX_DATA);
	fx_poke(&f, pte, FX_S2_CLEAN);
	EXPECT_EQ_U64(fx_write(&f, IPA), FX_DATA);
	EXPECT_EQ_U64(fx_peek(&f, pte), FX_S2_CLEAN);
	fx_tlbi_all(&f);
	EXPECT_EQ_U64(fx_write(&f, IPA), FX_DATA);
	EXPECT_EQ_U64(fx_peek(&f, pte), FX_S2_DIRTY);
}

/* Software takes the page away, or changes it, between the read and the compare-and-swap. */
TEST_C(httu_stage2, changed_between_read_and_cas)
{
	static const struct {
		uint64_t leaf, code, after;
	} rows[] = {
		{ 0, FX_FAULT(FX_F_TRANSLATION), 0 },
		{ FX_S2_DIRTY, FX_DATA, FX_S2_DIRTY },
		{ FX_S2_CLEAN + 0x3000, FX_DATA + 0x3000, FX_S2_DIRTY + 0x3000 },
		{ FX_S2_RO, FX_FAULT(FX_F_PERMISSION), FX_S2_RO },
		{ FX_S2_CLEAN | FX_SW, FX_DATA, FX_S2_DIRTY | FX_SW },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		FX(f, FX_STAGE2 | FX_S2HTTU);
		sv3_pa pte = fx_s2_map(&f, IPA, 3, FX_S2_CLEAN);
		struct sv3_txn txn = fx_txn(IPA, true);

		fx_begin(&f, &txn);
		ASSERT_TRUE(fx_until(&f, SV3_UNIT_HTTU));
		fx_poke(&f, pte, rows[i].leaf);
		EXPECT_EQ_U64(fx_run(&f), rows[i].code);
		EXPECT_GE_U64(f.result.walk_restarts, 1);
		fx_land(&f);
		EXPECT_EQ_U64(fx_peek(&f, pte), rows[i].after);
	}
}

/* An aborted update is an external abort of stage 2. [IHI0070 7.3.12] */
TEST_C(httu_stage2, update_abort)
{
	FX(f, FX_STAGE2 | FX_S2HTTU);
	sv3_pa pte = fx_s2_map(&f, IPA, 3, FX_S2_CLEAN);
	struct sv3_txn txn = fx_txn(IPA, true);

	fx_begin(&f, &txn);
	ASSERT_TRUE(fx_until(&f, SV3_UNIT_HTTU));
	f.reply.status = SV3_BUS_ABORT;
	sv3_smmu_step(f.smmu, f.slot, &f.reply, &f.need);
	EXPECT_EQ_U64(fx_run(&f), FX_FAULT(FX_F_WALK_EABT));
	fx_land(&f);
	ASSERT_EQ_INT(fx_event(&f), FX_F_WALK_EABT);
	EXPECT_EQ_U64(f.event[1] >> 39 & 1, 1);
	EXPECT_EQ_U64(f.event[3], pte);
}
