/* SPDX-License-Identifier: MIT */
/*
 * test_el2.c - streams of EL2: without E2H a regime of one privilege and one table and no ASIDs,
 * with CR2.E2H one like EL1; and no entry of one regime answers for another.
 * [IHI0070 5.2 STRW, 3.17, 4.4.2]
 */
#include "tests/model/fx.h"

#define SID_EL1  0x11u
#define STE_EL2  FX_STE_STRW(2)
#define CD_OTHER (FX_CD + 64)
#define CD_EL1   (FX_CD + 128)

/* A stream of EL2, with E2H or without. CR2 is writable while SMMUEN is 0. */
static void boot_el2(struct fx *f, unsigned int flags, bool e2h)
{
	struct sv3_smmu_config config;

	fx_config(&config, FX_FULL | flags);
	fx_power_on(f, &config);
	fx_boot(f, FX_FULL | flags);
	fx_set_reg(f, SV3_REG_CR0, 0xc);
	fx_set_reg(f, SV3_REG_CR2, 2u | e2h);
	fx_set_reg(f, SV3_REG_CR0, 0xd);
	fx_ste(f, FX_SID, FX_STE_S1 | FX_CD, STE_EL2);
}

#define FX_EL2(name, flags, e2h)                          \
	__attribute__((cleanup(fx_fini))) struct fx name; \
	boot_el2(&name, flags, e2h)

static uint64_t go(struct fx *f, bool privileged, bool write, bool execute)
{
	struct sv3_txn txn = fx_txn(FX_IOVA, write);

	txn.privileged = privileged;
	txn.instruction = execute;
	return fx_go(f, &txn);
}

/* ---- permissions ---- */

/* AP[1], PXN, PXNTable, APTable[0] and PAN do not exist: AP[2] and bit 54 decide, for either
 * privilege. [DDI0487 D8.4.1.2] */
TEST_C(el2, perm_matrix)
{
	FX_EL2(f, 0, false);

	fx_map(&f, FX_IOVA, 3, 0);
	for (unsigned int i = 0; i < 1024; i++) {
		bool read_only = i & 1, ap1 = i & 2, xn = i & 4, pxn = i & 8, dbm = i & 16;
		bool no_write = i & 32, xn_table = i & 64, hd = i & 128, wxn = i & 256;
		bool noise = i & 512; /* PAN, PXNTable, APTable[0] */
		bool writable = (!read_only || (dbm && hd)) && !no_write;
		bool execs = !xn && !xn_table && !(wxn && writable);
		sv3_pa table = fx_pte(&f, FX_IOVA, 2);

		fx_cd(&f, FX_CD,
		      fx_cd0(12, 16, hd ? FX_HTTU : 0) | (wxn ? FX_CD_WXN : 0) |
			      (noise ? FX_CD_PAN : 0),
		      f.ttb0, 0);
		fx_poke(&f, table,
			(fx_peek(&f, table) & UINT64_C(0xfffffffff003)) |
				(no_write ? FX_APTABLE(2) : 0) | (xn_table ? FX_UXNTABLE : 0) |
				(noise ? FX_APTABLE(1) | FX_PXNTABLE : 0));
		fx_map(&f, FX_IOVA, 3,
		       FX_LEAF | (read_only ? FX_AP2 : 0) | (ap1 ? FX_AP1 : 0) | (xn ? FX_UXN : 0) |
			       (pxn ? FX_PXN : 0) | (dbm ? FX_DBM : 0));
		fx_cfgi_all(&f);
		fx_cmd(&f, FX_CMD_TLBI_EL2_ALL, 0);
		for (unsigned int n = 0; n < 12; n++) {
			bool write = n / 4 == 2, execute = n / 4 == 1;
			bool want = write ? writable : execute ? execs : true;
			uint64_t got = go(&f, n & 1, write, execute);

			if (got != (want ? FX_DATA : FX_FAULT(FX_F_PERMISSION)))
				FAIL_C("leaf %#x access %u: %#llx", i, n, (unsigned long long)got);
		}
		while (fx_event(&f))
			;
	}
}

/* With E2H privilege counts, as in EL1. */
TEST_C(el2, e2h_has_two_privileges)
{
	FX_EL2(f, 0, true);

	fx_cd(&f, FX_CD, fx_cd0(12, 16, 0) | FX_CD_PAN, f.ttb0, 0);
	fx_map(&f, FX_IOVA, 3, FX_LEAF | FX_PXN);
	EXPECT_EQ_U64(go(&f, false, false, false), FX_FAULT(FX_F_PERMISSION));
	EXPECT_EQ_U64(go(&f, true, false, false), FX_DATA);
	EXPECT_EQ_U64(go(&f, true, false, true), FX_FAULT(FX_F_PERMISSION));
	fx_map(&f, FX_IOVA, 3, FX_LEAF | FX_AP1);
	fx_cmd(&f, FX_CMD_TLBI_EL2_ALL, 0);
	EXPECT_EQ_U64(go(&f, false, true, false), FX_DATA);
	EXPECT_EQ_U64(go(&f, true, false, false), FX_FAULT(FX_F_PERMISSION)); /* PAN */
}

/* Dirty state is the same in each regime. */
TEST_C(el2, dirty_basic)
{
	for (unsigned int e2h = 0; e2h < 2; e2h++) {
		FX_EL2(f, FX_HTTU, e2h);
		sv3_pa pte = fx_map(&f, FX_IOVA, 3, FX_CLEAN & ~FX_AF);

		EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
		EXPECT_EQ_U64(fx_peek(&f, pte), FX_CLEAN);
		EXPECT_EQ_U64(fx_write(&f, FX_IOVA), FX_DATA);
		EXPECT_EQ_U64(fx_peek(&f, pte), FX_DIRTY);
		/* An unprivileged write of EL2 has AP[1] = 1. */
		fx_poke(&f, pte, FX_CLEAN);
		fx_cmd(&f, FX_CMD_TLBI_EL2_ALL, 0);
		EXPECT_EQ_U64(go(&f, false, true, false),
			      e2h ? FX_FAULT(FX_F_PERMISSION) : FX_DATA);
		EXPECT_EQ_U64(fx_peek(&f, pte), e2h ? FX_CLEAN : FX_DIRTY);
	}
}

/* ---- tables ---- */

/* EL2 has TTB0 only, whatever EPD0, EPD1 and the fields of TTB1 say; E2H has both. */
TEST_C(el2, tables)
{
	for (unsigned int e2h = 0; e2h < 2; e2h++) {
		const sv3_iova high = FX_IOVA | UINT64_C(0xffff) << 48;
		FX_EL2(f, 0, e2h);

		fx_map(&f, FX_IOVA, 3, FX_LEAF);
		/* TTB1: T1SZ 16, 4K, the same table. */
		fx_cd(&f, FX_CD, (fx_cd0(12, 16, 0) & ~FX_CD_EPD1) | FX_CD_T1SZ(16) | FX_CD_TG1(2),
		      f.ttb0, f.ttb0);
		EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
		EXPECT_EQ_U64(fx_read(&f, high), e2h ? FX_DATA : FX_FAULT(FX_F_TRANSLATION));
		/* Garbage there, and EPD0 = 1. */
		fx_cd(&f, FX_CD, fx_cd0(12, 16, 0) | FX_CD_EPD0, f.ttb0, UINT64_C(0xf) << 48);
		fx_cfgi_all(&f);
		EXPECT_EQ_U64(fx_read(&f, FX_IOVA), e2h ? FX_FAULT(FX_F_TRANSLATION) : FX_DATA);
	}
}

/* ---- tags ---- */

static uint64_t read_as(struct fx *f, uint32_t sid, uint32_t ssid, sv3_iova iova)
{
	struct sv3_txn txn = fx_txn(iova, false);

	txn.stream_id = sid;
	txn.substream_valid = ssid != 0;
	txn.substream_id = ssid;
	return fx_go(f, &txn);
}

/*
 * Entries of two address spaces of EL2, ASID 1 and ASID 2 with a table each, and of EL1 with ASID
 * 1, at one address; one more of EL2 that is global.
 */
enum { EL2_ASID1 = 1, EL2_ASID2 = 2, EL2_GLOBAL = 4, EL1 = 8 };

#define VA_GLOBAL (FX_IOVA + 0x1000)

static unsigned int present(struct fx *f)
{
	return (read_as(f, FX_SID, 0, FX_IOVA) == FX_DATA ? EL2_ASID1 : 0u) |
	       (read_as(f, FX_SID, 1, FX_IOVA) == FX_DATA + 0x2000 ? EL2_ASID2 : 0u) |
	       (read_as(f, FX_SID, 0, VA_GLOBAL) == FX_DATA + 0x1000 ? EL2_GLOBAL : 0u) |
	       (read_as(f, SID_EL1, 0, FX_IOVA) == FX_DATA + 0x3000 ? EL1 : 0u);
}

/* Fill the TLB with the four, then take all descriptors away. */
static unsigned int fill(struct fx *f)
{
	sv3_pa ttb = f->ttb0, pte[4];
	unsigned int before;

	fx_ste(f, FX_SID, FX_STE_S1 | FX_STE_S1CDMAX(1) | FX_CD, STE_EL2 | FX_STE_S1DSS(2));
	fx_ste(f, SID_EL1, FX_STE_S1 | CD_EL1, 0);
	pte[0] = fx_map(f, FX_IOVA, 3, FX_LEAF);
	pte[1] = fx_map(f, VA_GLOBAL, 3, (FX_LEAF & ~FX_NG) + 0x1000);
	f->ttb0 = fx_alloc(f);
	fx_cd(f, CD_OTHER, fx_cd0(12, 16, 0) + FX_CD_ASID(1), f->ttb0, 0);
	pte[2] = fx_map(f, FX_IOVA, 3, FX_LEAF + 0x2000);
	f->ttb0 = fx_alloc(f);
	fx_cd(f, CD_EL1, fx_cd0(12, 16, 0), f->ttb0, 0);
	pte[3] = fx_map(f, FX_IOVA, 3, FX_LEAF + 0x3000);
	f->ttb0 = ttb;
	before = present(f);
	for (unsigned int i = 0; i < 4; i++)
		fx_poke(f, pte[i], 0);
	return before & present(f);
}

/* With E2H there are ASIDs and global entries; commands take what they name. */
TEST_C(el2, tlbi_scope_e2h)
{
	const unsigned int all = EL2_ASID1 | EL2_ASID2 | EL2_GLOBAL | EL1;
	const struct {
		uint64_t word0, word1;
		unsigned int gone;
	} rows[] = {
		{ FX_CMD_TLBI_EL2_ALL, 0, EL2_ASID1 | EL2_ASID2 | EL2_GLOBAL },
		{ FX_CMD_TLBI_EL2_ASID | FX_CMD_ASID(1), 0, EL2_ASID1 },
		{ FX_CMD_TLBI_EL2_ASID | FX_CMD_ASID(2), 0, EL2_ASID2 },
		{ FX_CMD_TLBI_EL2_VA | FX_CMD_ASID(1), FX_IOVA, EL2_ASID1 },
		{ FX_CMD_TLBI_EL2_VA | FX_CMD_ASID(7), FX_IOVA, 0 },
		{ FX_CMD_TLBI_EL2_VA | FX_CMD_ASID(7), VA_GLOBAL, EL2_GLOBAL },
		{ FX_CMD_TLBI_EL2_VAA, FX_IOVA, EL2_ASID1 | EL2_ASID2 },
		{ FX_CMD_TLBI_NH_ALL, 0, EL1 },
		{ FX_CMD_TLBI_NH_ASID | FX_CMD_ASID(1), 0, EL1 },
		{ FX_CMD_TLBI_NH_VA | FX_CMD_ASID(1), FX_IOVA, EL1 },
		{ FX_CMD_TLBI_NH_VAA, FX_IOVA, EL1 },
		{ FX_CMD_TLBI_S12_ALL, 0, EL1 },
		{ FX_CMD_TLBI_NSNH_ALL, 0, EL1 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		unsigned int left;
		FX_EL2(f, 0, true);

		if (fill(&f) != all)
			FAIL_C("row %u: the TLB does not hold all", (unsigned int)i);
		fx_cmd(&f, rows[i].word0, rows[i].word1);
		ASSERT_TRUE(fx_sync(&f));
		left = present(&f);
		if (left != (all & ~rows[i].gone))
			FAIL_C("row %u: %#x is left", (unsigned int)i, left);
	}
}

/* Without E2H neither an ASID nor nG counts: all CDs are one address space, and an entry made under
 * one answers under the other. */
TEST_C(el2, tlbi_scope_without_asids)
{
	static const struct {
		uint64_t word0, word1;
		bool gone;
	} rows[] = {
		{ FX_CMD_TLBI_EL2_ALL, 0, true },
		{ FX_CMD_TLBI_EL2_VA | FX_CMD_ASID(9), FX_IOVA, true },
		{ FX_CMD_TLBI_EL2_VA | FX_CMD_ASID(1), FX_IOVA + 0x1000, false },
		{ FX_CMD_TLBI_EL2_VAA, FX_IOVA, true },
		{ FX_CMD_TLBI_NH_ALL, 0, false },
		{ FX_CMD_TLBI_NH_VAA, FX_IOVA, false },
		{ FX_CMD_TLBI_NSNH_ALL, 0, false },
		{ FX_CMD_TLBI_S12_ALL, 0, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		FX_EL2(f, 0, false);
		sv3_pa pte = fx_map(&f, FX_IOVA, 3, FX_LEAF);

		fx_ste(&f, FX_SID, FX_STE_S1 | FX_STE_S1CDMAX(1) | FX_CD,
		       STE_EL2 | FX_STE_S1DSS(2));
		fx_cd(&f, CD_OTHER, fx_cd0(12, 16, 0) + FX_CD_ASID(1), f.ttb0, 0);
		ASSERT_EQ_U64(read_as(&f, FX_SID, 0, FX_IOVA), FX_DATA);
		fx_poke(&f, pte, 0);
		ASSERT_EQ_U64(read_as(&f, FX_SID, 1, FX_IOVA), FX_DATA);
		fx_cmd(&f, rows[i].word0, rows[i].word1);
		ASSERT_TRUE(fx_sync(&f));
		if ((read_as(&f, FX_SID, 0, FX_IOVA) != FX_DATA) != rows[i].gone)
			FAIL_C("row %u", (unsigned int)i);
	}
}

/* Entries of EL1 do not answer EL2, nor the reverse, with ASIDs alike. */
TEST_C(el2, regimes_do_not_alias)
{
	for (unsigned int e2h = 0; e2h < 2; e2h++) {
		FX_EL2(f, 0, e2h);
		sv3_pa pte = fx_map(&f, FX_IOVA, 3, FX_LEAF & ~FX_NG);

		fx_ste(&f, SID_EL1, FX_STE_S1 | FX_CD, 0);
		ASSERT_EQ_U64(read_as(&f, FX_SID, 0, FX_IOVA), FX_DATA);
		fx_poke(&f, pte, 0);
		EXPECT_EQ_U64(read_as(&f, SID_EL1, 0, FX_IOVA), FX_FAULT(FX_F_TRANSLATION));
		EXPECT_EQ_U64(read_as(&f, FX_SID, 0, FX_IOVA), FX_DATA);
	}
}

/* Entries made before a change of E2H do not answer after it. [IHI0070 6.3.12.3] */
TEST_C(el2, entries_of_e2h_and_without_do_not_alias)
{
	FX_EL2(f, 0, false);
	sv3_pa pte = fx_map(&f, FX_IOVA, 3, FX_LEAF & ~FX_NG);

	ASSERT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
	fx_poke(&f, pte, 0);
	fx_set_reg(&f, SV3_REG_CR0, 0xc);
	fx_set_reg(&f, SV3_REG_CR2, 3);
	fx_set_reg(&f, SV3_REG_CR0, 0xd);
	fx_cfgi_all(&f);
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_FAULT(FX_F_TRANSLATION));
}

/* [IHI0070 5.2 STRW] With stage 2 the field is ignored: EL1. */
TEST_C(el2, strw_is_ignored_with_stage_2)
{
	FX(f, FX_NESTED);

	fx_ste(&f, FX_SID, FX_STE_NESTED | FX_IPA(FX_CD), STE_EL2);
	fx_guest(&f, FX_DATA, 0x1000);
	fx_map(&f, FX_IOVA, 3, FX_LEAF + FX_GUEST);
	EXPECT_EQ_U64(go(&f, true, false, false), FX_DATA);
	EXPECT_EQ_U64(go(&f, false, false, false), FX_FAULT(FX_F_PERMISSION)); /* AP[1] = 0 */
}

/* EL2 entries have no VMID: S2VMID of the STE does not count. */
TEST_C(el2, no_vmid)
{
	FX_EL2(f, 0, false);
	sv3_pa pte = fx_map(&f, FX_IOVA, 3, FX_LEAF);

	ASSERT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
	fx_poke(&f, pte, 0);
	fx_ste_stage2(&f, FX_SID, 5, 0);
	fx_cfgi_all(&f);
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
}
