/* SPDX-License-Identifier: MIT */
/*
 * test_httu.c - does the hardware manage access flag and dirty state as IHI 0070 3.13 and DDI 0487
 * D8.5 say: when it updates a descriptor, which bits, and when it must not?
 */
#include "tests/model/fx.h"

static uint64_t updates(struct fx *f)
{
	return sv3_smmu_stats(f->smmu)->httu_updates;
}

/* [IHI0070 3.13.2] AF = 0: HA and AFFD x read and write. */
TEST_C(httu, af_basic)
{
	for (unsigned int i = 0; i < 8; i++) {
		bool ha = i & 1, affd = i & 2, write = i & 4;
		uint64_t leaf = FX_LEAF & ~FX_AF;
		FX(f, (ha ? FX_HA : 0u) | (affd ? FX_AFFD : 0u));
		sv3_pa pte = fx_map(&f, FX_IOVA, 3, leaf);
		struct sv3_txn txn = fx_txn(FX_IOVA, write);
		uint64_t code = fx_go(&f, &txn);

		EXPECT_EQ_U64(code, ha || affd ? FX_DATA : FX_FAULT(FX_F_ACCESS));
		EXPECT_EQ_U64(fx_peek(&f, pte), ha ? leaf | FX_AF : leaf);
		EXPECT_EQ_U64(updates(&f), ha);
		EXPECT_EQ_U64(!!(f.result.flags & SV3_RESULT_AF_SET), ha);
		EXPECT_EQ_INT(fx_event(&f), ha || affd ? 0 : FX_F_ACCESS);
	}
}

/* The update is one compare-and-swap of the descriptor that was read. */
TEST_C(httu, af_basic_is_one_cas)
{
	FX(f, FX_HA);
	uint64_t leaf = FX_LEAF & ~FX_AF;
	sv3_pa pte = fx_map(&f, FX_IOVA, 3, leaf);
	struct sv3_txn txn = fx_txn(FX_IOVA, false);

	fx_begin(&f, &txn);
	ASSERT_TRUE(fx_until(&f, SV3_UNIT_S1_L3));
	/* Nothing of the need before is left in it. */
	ASSERT_EQ_INT(sv3_bus_read(&f.bus, f.need.pa, f.reply.data, 8), SV3_BUS_OK);
	f.reply.status = SV3_BUS_OK;
	f.need = (struct sv3_need){ 0 };
	sv3_smmu_step(f.smmu, f.slot, &f.reply, &f.need);
	EXPECT_EQ_INT(f.need.kind, SV3_NEED_CAS64);
	EXPECT_EQ_INT(f.need.unit, SV3_UNIT_HTTU);
	EXPECT_EQ_U64(f.need.size, 8);
	EXPECT_EQ_U64(f.need.pa, pte);
	EXPECT_EQ_U64(f.need.expect, leaf);
	EXPECT_EQ_U64(f.need.desired, leaf | FX_AF);
	fx_answer(&f);
	EXPECT_EQ_U64(fx_run(&f), FX_DATA);
	fx_land(&f);
}

/* What a write had to do to its leaf: make it dirty, or see that it is. */
TEST_C(httu, a_write_says_what_it_knows)
{
	for (unsigned int i = 0; i < 8; i++) {
		bool clean = i & 1, write = i & 2, nested = i & 4;
		FX(f, FX_HTTU | (nested ? FX_NESTED : FX_NO_TLB));
		struct sv3_txn txn = fx_txn(FX_IOVA, write);

		fx_map(&f, FX_IOVA, 3, (clean ? FX_CLEAN : FX_DIRTY) + (nested ? FX_GUEST : 0));
		if (nested)
			fx_guest(&f, FX_DATA, 0x1000);
		EXPECT_EQ_U64(fx_go(&f, &txn), FX_DATA);
		EXPECT_EQ_U64(f.result.flags, !write  ? 0
					      : clean ? SV3_RESULT_DIRTY_SET
						      : SV3_RESULT_DIRTY_KNOWN);
	}
}

/* [DDI0487 D8.5.1, R_XFXTY] A leaf that would fault on its access flag is not kept: setting AF
 * needs no TLBI. */
TEST_C(httu, af_not_cached)
{
	FX(f, 0);

	sv3_pa pte = fx_map(&f, FX_IOVA, 3, FX_LEAF & ~FX_AF);
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_FAULT(FX_F_ACCESS));
	fx_poke(&f, pte, FX_LEAF);
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
}

/* [IHI0070 3.13.2] [DDI0487 R_QSPMS] When the access ends in a permission fault AF is left alone,
 * or by choice set; the dirty state never is. A stale descriptor decides about both. */
TEST_C(httu, af_not_set_by_a_permission_fault)
{
	for (unsigned int i = 0; i < 4; i++) {
		bool choice = i & 1, ha = i & 2;
		FX_CHOOSING(f, ha ? FX_HTTU : 0, choice ? SV3_CHOICE_AF_ON_PERMISSION : 0);
		struct sv3_txn txn = fx_txn(FX_IOVA, true);
		uint64_t leaf = FX_CLEAN & ~FX_AF;
		sv3_pa pte;

		pte = fx_map(&f, FX_IOVA, 3, leaf);
		txn.privileged = false; /* AP[1] = 0 */
		EXPECT_EQ_U64(fx_go(&f, &txn), FX_FAULT(ha ? FX_F_PERMISSION : FX_F_ACCESS));
		EXPECT_EQ_U64(fx_peek(&f, pte), choice && ha ? FX_CLEAN : leaf);
		EXPECT_EQ_INT(fx_event(&f), ha ? FX_F_PERMISSION : FX_F_ACCESS);
		EXPECT_EQ_INT(fx_event(&f), 0);
		/* Software changes the leaf before the update: what it says then counts. */
		if (!choice || !ha)
			continue;
		fx_poke(&f, pte, leaf);
		fx_begin(&f, &txn);
		ASSERT_TRUE(fx_until(&f, SV3_UNIT_HTTU));
		fx_poke(&f, pte, leaf | FX_AP1);
		EXPECT_EQ_U64(fx_run(&f), FX_DATA);
		fx_land(&f);
		EXPECT_EQ_U64(fx_peek(&f, pte), FX_DIRTY | FX_AP1);
	}
}

/* [IHI0070 3.13.3] Clean: a read leaves it, the first write makes it dirty by one RMW, the second
 * does none. */
TEST_C(httu, dirty_basic_s1)
{
	FX(f, FX_HTTU);
	sv3_pa pte = fx_map(&f, FX_IOVA, 3, FX_CLEAN);

	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
	EXPECT_EQ_U64(fx_peek(&f, pte), FX_CLEAN);
	EXPECT_EQ_U64(updates(&f), 0);

	EXPECT_EQ_U64(fx_write(&f, FX_IOVA), FX_DATA);
	EXPECT_EQ_U64(fx_peek(&f, pte), FX_DIRTY);
	EXPECT_EQ_U64(updates(&f), 1);
	EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->httu_dirty, 1);
	EXPECT_TRUE(f.result.flags & SV3_RESULT_DIRTY_SET);
	EXPECT_FALSE(f.result.flags & SV3_RESULT_AF_SET);

	EXPECT_EQ_U64(fx_write(&f, FX_IOVA), FX_DATA);
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
	EXPECT_EQ_U64(fx_peek(&f, pte), FX_DIRTY);
	EXPECT_EQ_U64(updates(&f), 1);
	EXPECT_EQ_INT(fx_event(&f), 0);
}

/* What the flags of a result tell about the second write. */
TEST_C(httu, dirty_basic_s1_flags)
{
	FX(f, FX_HTTU);

	fx_map(&f, FX_IOVA, 3, FX_CLEAN);
	fx_write(&f, FX_IOVA);
	EXPECT_FALSE(f.result.flags & SV3_RESULT_TLB_HIT);
	EXPECT_FALSE(f.result.flags & SV3_RESULT_DIRTY_KNOWN);
	fx_write(&f, FX_IOVA);
	EXPECT_TRUE(f.result.flags & SV3_RESULT_TLB_HIT);
	EXPECT_TRUE(f.result.flags & SV3_RESULT_DIRTY_KNOWN);
	EXPECT_FALSE(f.result.flags & SV3_RESULT_DIRTY_SET);
	EXPECT_EQ_U64(f.result.walk_reads, 0);
	EXPECT_EQ_U64(f.result.span_lg2, 12);
}

/* [IHI0070 5.4 IR0, 3.15] Through a walk that is not Write-Back the update is atomic all the same,
 * or by choice an external abort; a leaf that needs no update is not concerned. */
TEST_C(httu, nc_update_aborts)
{
	/* IR0 and OR0: Non-cacheable, Write-Back, Write-Through, Write-Back without allocation. */
	for (unsigned int i = 0; i < 32; i++) {
		unsigned int ir = i & 3, or = i >> 2 & 3;
		bool choice = i & 16, write_back = (ir & 1) && (or &1);
		FX_CHOOSING(f, FX_HTTU, choice ? SV3_CHOICE_NC_UPDATE_ABORTS : 0);
		sv3_pa pte;

		fx_cd(&f, FX_CD, fx_cd0(12, 16, FX_HTTU) | ir << 8 | or << 10, f.ttb0, 0);
		pte = fx_map(&f, FX_IOVA, 3, FX_CLEAN);
		EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
		EXPECT_EQ_U64(fx_write(&f, FX_IOVA),
			      choice && !write_back ? FX_FAULT(FX_F_WALK_EABT) : FX_DATA);
		EXPECT_EQ_U64(fx_peek(&f, pte), choice && !write_back ? FX_CLEAN : FX_DIRTY);
		if (!choice || write_back)
			continue;
		ASSERT_EQ_INT(fx_event(&f), FX_F_WALK_EABT);
		EXPECT_EQ_U64(f.event[3], pte);
	}
}

/* A page writable without DBM is not tracked: no update, ever. */
TEST_C(httu, dirty_basic_s1_not_without_dbm)
{
	FX(f, FX_HTTU);
	sv3_pa pte = fx_map(&f, FX_IOVA, 3, FX_LEAF);

	EXPECT_EQ_U64(fx_write(&f, FX_IOVA), FX_DATA);
	EXPECT_EQ_U64(fx_peek(&f, pte), FX_LEAF);
	EXPECT_EQ_U64(updates(&f), 0);
}

TEST_C(httu, dirty_ro)
{
	FX(f, FX_HTTU);
	sv3_pa pte = fx_map(&f, FX_IOVA, 3, FX_RO);

	EXPECT_EQ_U64(fx_write(&f, FX_IOVA), FX_FAULT(FX_F_PERMISSION));
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
	EXPECT_EQ_U64(fx_write(&f, FX_IOVA), FX_FAULT(FX_F_PERMISSION)); /* from the TLB */
	EXPECT_EQ_U64(fx_peek(&f, pte), FX_RO);
	EXPECT_EQ_U64(updates(&f), 0);
}

/* {HD, HA} = 00, 01, 10: a clean page is read-only; 10 acts as 00. */
TEST_C(httu, dirty_hd_off)
{
	static const unsigned int flags[] = { 0, FX_HA, FX_HD };

	for (unsigned int i = 0; i < 3; i++) {
		FX(f, flags[i]);
		sv3_pa pte = fx_map(&f, FX_IOVA, 3, FX_CLEAN);
		sv3_pa no_af = fx_map(&f, FX_IOVA + 0x1000, 3, FX_LEAF & ~FX_AF);

		EXPECT_EQ_U64(fx_write(&f, FX_IOVA), FX_FAULT(FX_F_PERMISSION));
		EXPECT_EQ_INT(fx_event(&f), FX_F_PERMISSION);
		EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
		EXPECT_EQ_U64(fx_write(&f, FX_IOVA), FX_FAULT(FX_F_PERMISSION));
		EXPECT_EQ_U64(fx_peek(&f, pte), FX_CLEAN);
		EXPECT_EQ_U64(fx_read(&f, FX_IOVA + 0x1000),
			      flags[i] == FX_HA ? FX_DATA : FX_FAULT(FX_F_ACCESS));
		EXPECT_EQ_U64(fx_peek(&f, no_af) & FX_AF, flags[i] == FX_HA ? FX_AF : 0);
	}
}

/* [IHI0070 3.13.3] [DDI0487 R_XZFQH] Read-only must be the only reason: other reasons fault, and
 * nothing becomes dirty. */
TEST_C(httu, dirty_other_reason)
{
	static const struct {
		const char *what;
		uint64_t leaf, table, cd0, cd1;
		bool privileged, allowed;
	} rows[] = {
		{ "APTable = 10", 0, FX_APTABLE(2), 0, 0, true, false },
		{ "APTable = 11", FX_AP1, FX_APTABLE(3), 0, 0, true, false },
		{ "APTable = 10, HAD", 0, FX_APTABLE(2), 0, FX_CD_HAD, true, true },
		{ "unprivileged, AP[1] = 0", 0, 0, 0, 0, false, false },
		{ "unprivileged, APTable = 01", FX_AP1, FX_APTABLE(1), 0, 0, false, false },
		{ "PAN, AP[1] = 1", FX_AP1, 0, FX_CD_PAN, 0, true, false },
		{ "PAN, AP[1] = 0", 0, 0, FX_CD_PAN, 0, true, true },
		{ "unprivileged, AP[1] = 1", FX_AP1, 0, 0, 0, false, true },
	};

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		FX(f, FX_HTTU);
		uint64_t clean = FX_CLEAN | rows[i].leaf;
		sv3_pa pte = fx_map(&f, FX_IOVA, 3, clean);
		sv3_pa table = fx_pte(&f, FX_IOVA, 1);
		struct sv3_txn txn = fx_txn(FX_IOVA, true);

		fx_poke(&f, table, fx_peek(&f, table) | rows[i].table);
		fx_cd(&f, FX_CD, fx_cd0(12, 16, FX_HTTU) | rows[i].cd0, f.ttb0 | rows[i].cd1, 0);
		txn.privileged = rows[i].privileged;
		/* Twice: also with what the first one left in the TLB. */
		for (unsigned int round = 0; round < 2; round++) {
			if (fx_go(&f, &txn) !=
			    (rows[i].allowed ? FX_DATA : FX_FAULT(FX_F_PERMISSION)))
				FAIL_C("%s: wrong outcome", rows[i].what);
			if (fx_peek(&f, pte) != (rows[i].allowed ? clean & ~FX_AP2 : clean))
				FAIL_C("%s: wrong descriptor", rows[i].what);
		}
	}
}

/* The reason may also come from a TLB entry that a read by someone else made. */
TEST_C(httu, dirty_other_reason_on_a_hit)
{
	FX(f, FX_HTTU);
	sv3_pa pte = fx_map(&f, FX_IOVA, 3, FX_CLEAN);
	struct sv3_txn txn = fx_txn(FX_IOVA, true);

	ASSERT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
	txn.privileged = false;
	EXPECT_EQ_U64(fx_go(&f, &txn), FX_FAULT(FX_F_PERMISSION));
	EXPECT_EQ_U64(fx_peek(&f, pte), FX_CLEAN);
}

/* [DDI0487 I_DSHLJ] AF = 0 and clean: at no instant is it dirty without AF. */
TEST_C(httu, af_and_dirty)
{
	FX(f, FX_HTTU);
	sv3_pa pte = fx_map(&f, FX_IOVA, 3, FX_CLEAN & ~FX_AF);
	struct sv3_txn txn = fx_txn(FX_IOVA, true);
	unsigned int needs = 0;

	fx_begin(&f, &txn);
	while (f.need.kind != SV3_NEED_DONE) {
		uint64_t now;

		ASSERT_LT_U64(needs++, 100);
		fx_answer(&f);
		now = fx_peek(&f, pte);
		EXPECT_TRUE((now & FX_AF) || (now & FX_AP2));
	}
	EXPECT_EQ_U64(fx_run(&f), FX_DATA);
	EXPECT_EQ_U64(f.result.flags & (SV3_RESULT_AF_SET | SV3_RESULT_DIRTY_SET),
		      SV3_RESULT_AF_SET | SV3_RESULT_DIRTY_SET);
	fx_land(&f);
	EXPECT_EQ_U64(fx_peek(&f, pte), FX_DIRTY);
	EXPECT_EQ_U64(updates(&f), 1);
}

/* The same by a read: AF only, still clean. */
TEST_C(httu, af_and_dirty_read)
{
	FX(f, FX_HTTU);
	sv3_pa pte = fx_map(&f, FX_IOVA, 3, FX_CLEAN & ~FX_AF);

	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
	EXPECT_EQ_U64(fx_peek(&f, pte), FX_CLEAN);
}

/* [IHI0070 5.4.1, 3.13] IDR0.HTTU x {HD, HA}. */
TEST_C(httu, httu_caps)
{
	for (unsigned int i = 0; i < 12; i++) {
		unsigned int cap = i / 4;
		bool ha = i & 1, hd = i & 2;
		bool bad = (cap == 0 && (ha || hd)) || (cap == 1 && hd);
		bool sets_dirty = cap == 2 && ha && hd;
		struct sv3_smmu_config config;
		__attribute__((cleanup(fx_fini))) struct fx f;
		sv3_pa clean, no_af;

		fx_config(&config, 0);
		config.idr0 = (config.idr0 & ~(3u << 6)) | cap << 6;
		fx_power_on(&f, &config);
		fx_boot(&f, (ha ? FX_HA : 0u) | (hd ? FX_HD : 0u));
		clean = fx_map(&f, FX_IOVA, 3, FX_CLEAN);
		no_af = fx_map(&f, FX_IOVA + 0x1000, 3, FX_LEAF & ~FX_AF);
		if (bad) {
			EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_FAULT(FX_C_BAD_CD));
			continue;
		}
		EXPECT_EQ_U64(fx_write(&f, FX_IOVA),
			      sets_dirty ? FX_DATA : FX_FAULT(FX_F_PERMISSION));
		EXPECT_EQ_U64(fx_peek(&f, clean), sets_dirty ? FX_DIRTY : FX_CLEAN);
		EXPECT_EQ_U64(fx_read(&f, FX_IOVA + 0x1000), ha ? FX_DATA : FX_FAULT(FX_F_ACCESS));
		EXPECT_EQ_U64(fx_peek(&f, no_af) & FX_AF, ha ? FX_AF : 0);
	}
}

/* Only bits 10 and 7 ever change, whatever stands in the rest. */
TEST_C(httu, httu_preserve)
{
	FX(f, FX_HTTU | FX_NO_TLB);
	struct sv3_prng prng;
	sv3_pa pte = fx_map(&f, FX_IOVA, 3, FX_CLEAN);
	/* Free: software and PBHA 62:55, UXN, PXN, contiguous, nG, SH, NS, AttrIndx, AP[1], and
	 * AF. */
	const uint64_t free_bits = UINT64_C(0x7ff0000000000000) | 0xf7c;

	sv3_prng_seed(&prng, 36);
	for (unsigned int i = 0; i < 1000; i++) {
		uint64_t leaf =
			FX_DATA | FX_PAGE | FX_DBM | FX_AP2 | (sv3_prng_next(&prng) & free_bits);

		fx_poke(&f, pte, leaf);
		if (fx_write(&f, FX_IOVA) != FX_DATA)
			FAIL_C("%#llx: the write faulted", (unsigned long long)leaf);
		if (fx_peek(&f, pte) != ((leaf & ~FX_AP2) | FX_AF))
			FAIL_C("%#llx became %#llx", (unsigned long long)leaf,
			       (unsigned long long)fx_peek(&f, pte));
	}
}

/* [IHI0070 3.13.4] One descriptor, one bit: a block is dirty as a whole. */
TEST_C(httu, block_dirty)
{
	static const struct {
		unsigned int granule, level, span_lg2;
	} rows[] = { { 12, 2, 21 }, { 12, 1, 30 }, { 14, 2, 25 }, { 16, 2, 29 } };

	for (unsigned int i = 0; i < 4; i++) {
		sv3_pa output = UINT64_C(1) << 40;
		uint64_t clean = output | FX_BLOCK | FX_AF | FX_NG | FX_DBM | FX_AP2;
		uint64_t last = (UINT64_C(1) << rows[i].span_lg2) - 8;
		sv3_iova iova = UINT64_C(3) << 30;
		FX(f, FX_HTTU);
		sv3_pa pte;

		fx_use_table(&f, rows[i].granule, 16, FX_HTTU);
		pte = fx_map(&f, iova, rows[i].level, clean);
		EXPECT_EQ_U64(fx_read(&f, iova + last), output + last);
		EXPECT_EQ_U64(f.result.span_lg2, rows[i].span_lg2);
		EXPECT_EQ_U64(fx_peek(&f, pte), clean);
		EXPECT_EQ_U64(fx_write(&f, iova + last), output + last);
		EXPECT_EQ_U64(fx_peek(&f, pte), clean & ~FX_AP2);
		/* Anywhere else in it: known to be dirty. */
		EXPECT_EQ_U64(fx_write(&f, iova), output);
		EXPECT_EQ_U64(fx_write(&f, iova + last / 2), output + last / 2);
		EXPECT_EQ_U64(updates(&f), 1);
	}
}

/* An aborted update is an external abort of the walk. [IHI0070 7.3.12] */
TEST_C(httu, update_abort)
{
	FX(f, FX_HTTU);
	struct sv3_txn txn = fx_txn(FX_IOVA, true);
	sv3_pa pte = fx_map(&f, FX_IOVA, 3, FX_CLEAN);

	fx_begin(&f, &txn);
	ASSERT_TRUE(fx_until(&f, SV3_UNIT_HTTU));
	f.reply.status = SV3_BUS_ABORT;
	sv3_smmu_step(f.smmu, f.slot, &f.reply, &f.need);
	EXPECT_EQ_U64(fx_run(&f), FX_FAULT(FX_F_WALK_EABT));
	fx_land(&f);
	ASSERT_EQ_INT(fx_event(&f), FX_F_WALK_EABT);
	EXPECT_EQ_U64(f.event[3], pte);
}

/* [IHI0070 3.14] Speculation: a read may set AF and leaves no record; a write never makes dirty. */
TEST_C(httu, speculative)
{
	FX(f, FX_HTTU);
	sv3_pa clean = fx_map(&f, FX_IOVA, 3, FX_CLEAN);
	sv3_pa no_af = fx_map(&f, FX_IOVA + 0x1000, 3, FX_LEAF & ~FX_AF);
	struct sv3_txn txn = fx_txn(FX_IOVA + 0x1000, false);

	txn.speculative = true;
	EXPECT_EQ_U64(fx_go(&f, &txn), FX_DATA);
	EXPECT_EQ_U64(fx_peek(&f, no_af), FX_LEAF);
	txn.iova = FX_IOVA + 0x2000; /* not mapped */
	EXPECT_EQ_U64(fx_go(&f, &txn) >> 60, 0xf);
	txn.iova = FX_IOVA;
	txn.write = true;
	EXPECT_EQ_U64(fx_go(&f, &txn) >> 60, 0xf);
	EXPECT_EQ_U64(fx_peek(&f, clean), FX_CLEAN);
	EXPECT_EQ_INT(fx_event(&f), 0);
	/* Also when a TLB entry says the page is dirty. */
	fx_write(&f, FX_IOVA);
	EXPECT_EQ_U64(fx_go(&f, &txn) >> 60, 0xf);
	EXPECT_EQ_INT(fx_event(&f), 0);
}

/* A prefetch leaves a clean page clean; more in test_speculative.c. */
TEST_C(httu, speculative_prefetch)
{
	FX(f, FX_HTTU);
	sv3_pa pte = fx_map(&f, FX_IOVA, 3, FX_CLEAN);

	fx_cmd(&f, 0x01 | FX_CMD_SID(FX_SID), 0);
	fx_cmd(&f, 0x02 | FX_CMD_SID(FX_SID), FX_IOVA);
	fx_cmd(&f, 0x02 | FX_CMD_SID(FX_SID), FX_IOVA + 0x1000);
	EXPECT_TRUE(fx_sync(&f));
	EXPECT_EQ_U64(fx_peek(&f, pte), FX_CLEAN);
	EXPECT_EQ_INT(fx_event(&f), 0);
}

/* A probe looks and leaves no trace: no AF, no dirty state, no record, no cache entry. */
TEST_C(httu, probe)
{
	FX(f, FX_HTTU);
	sv3_pa pte = fx_map(&f, FX_IOVA, 3, FX_CLEAN & ~FX_AF);
	struct sv3_txn txn = fx_txn(FX_IOVA, true);

	txn.kind = SV3_TXN_PROBE;
	EXPECT_EQ_U64(fx_go(&f, &txn), FX_DATA);
	EXPECT_EQ_U64(fx_peek(&f, pte), FX_CLEAN & ~FX_AF);
	txn.iova += 0x1000;
	EXPECT_EQ_U64(fx_go(&f, &txn) >> 60, 0xf);
	EXPECT_EQ_INT(fx_event(&f), 0);
	fx_poke(&f, pte, 0);
	txn.iova = FX_IOVA;
	EXPECT_EQ_U64(fx_go(&f, &txn) >> 60, 0xf);
}
