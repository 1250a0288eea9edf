/* SPDX-License-Identifier: MIT */
/*
 * test_record.c - does every event record say what its figure in [IHI0070 7.3] says, word for word?
 *
 * Which fault comes is the business of other files; here it is what stands in the four doublewords.
 */
#include "tests/model/jobs.h"

#define BIT(n) (UINT64_C(1) << (n))

/* Doubleword 1 */
#define STALL    BIT(31)
#define PNU      BIT(33)
#define IND      BIT(34)
#define RNW      BIT(35)
#define S2       BIT(39)
#define CLASS_CD (UINT64_C(0) << 40)
#define CLASS_TT (UINT64_C(1) << 40)
#define CLASS_IN (UINT64_C(2) << 40)
#define TTRNW    BIT(44)

#define SSID      0x155u
#define WITH_SSID (BIT(11) | (uint64_t)SSID << 12)

static void expect_words(struct fx *f, int line, uint64_t word0, uint64_t word1, uint64_t word2,
			 uint64_t word3)
{
	uint64_t words[4] = { word0 | (uint64_t)FX_SID << 32, word1, word2, word3 };

	fx_event(f);
	for (unsigned int i = 0; i < 4; i++)
		if (f->event[i] != words[i])
			ctest_fail(__FILE__, line, "word %u is %#llx, not %#llx", i,
				   (unsigned long long)f->event[i], (unsigned long long)words[i]);
	if (fx_event(f) != 0)
		ctest_fail(__FILE__, line, "a second record");
}

#define EXPECT_WORDS(f, ...) expect_words(f, __LINE__, __VA_ARGS__)

/* --- Configuration: number, StreamID, SubstreamID; and FetchAddr --- */

/* One access of FX_SID with SubstreamID SSID, or without. */
static void access_by(struct fx *f, bool substream)
{
	struct sv3_txn txn = fx_txn(FX_IOVA + 0x123, false);

	txn.substream_valid = substream;
	txn.substream_id = SSID;
	fx_go(f, &txn);
}

TEST_C(record, bad_streamid)
{
	for (unsigned int i = 0; i < 2; i++) {
		FX(f, 0);

		fx_set_reg(&f, SV3_REG_CR0, 0xc);
		fx_set_reg(&f, SV3_REG_STRTAB_BASE_CFG, 2);
		fx_set_reg(&f, SV3_REG_CR0, 0xd);
		access_by(&f, i);
		EXPECT_WORDS(&f, 0x02 | (i ? WITH_SSID : 0), 0, 0, 0);
	}
}

TEST_C(record, ste_fetch)
{
	for (unsigned int i = 0; i < 2; i++) {
		FX(f, 0);

		fx_set_reg(&f, SV3_REG_CR0, 0xc);
		fx_set_reg64(&f, SV3_REG_STRTAB_BASE, FX_NOWHERE);
		fx_set_reg(&f, SV3_REG_CR0, 0xd);
		access_by(&f, i);
		EXPECT_WORDS(&f, 0x03 | (i ? WITH_SSID : 0), 0, 0, FX_NOWHERE + FX_SID * 64);
	}
}

TEST_C(record, bad_ste)
{
	for (unsigned int i = 0; i < 2; i++) {
		FX(f, 0);

		fx_ste(&f, FX_SID, 0, 0);
		access_by(&f, i);
		EXPECT_WORDS(&f, 0x04 | (i ? WITH_SSID : 0), 0, 0, 0);
	}
}

/* Without a SubstreamID where S1DSS = 0b00; substream 0 where S1DSS = 0b10. */
TEST_C(record, stream_disabled)
{
	FX(f, 0);
	struct sv3_txn txn = fx_txn(FX_IOVA, false);

	fx_ste(&f, FX_SID, FX_STE_S1 | FX_CD | FX_STE_S1CDMAX(4), 0);
	access_by(&f, false);
	EXPECT_WORDS(&f, 0x06, 0, 0, 0);
	fx_ste(&f, FX_SID, FX_STE_S1 | FX_CD | FX_STE_S1CDMAX(4), 2);
	fx_cfgi_all(&f);
	txn.substream_valid = true;
	fx_go(&f, &txn);
	EXPECT_WORDS(&f, 0x06 | BIT(11), 0, 0, 0);
}

/* [IHI0070 7.3.9] The SubstreamID is always valid: no SSV. */
TEST_C(record, bad_substreamid)
{
	FX(f, 0);

	access_by(&f, true);
	EXPECT_WORDS(&f, 0x08 | (uint64_t)SSID << 12, 0, 0, 0);
}

TEST_C(record, cd_fetch)
{
	FX(f, 0);

	fx_ste(&f, FX_SID, FX_STE_S1 | FX_NOWHERE, 0);
	access_by(&f, false);
	EXPECT_WORDS(&f, 0x09, 0, 0, FX_NOWHERE);
	fx_ste(&f, FX_SID, FX_STE_S1 | FX_NOWHERE | FX_STE_S1CDMAX(10), 0);
	fx_cfgi_all(&f);
	access_by(&f, true);
	EXPECT_WORDS(&f, 0x09 | WITH_SSID, 0, 0, FX_NOWHERE + SSID * 64);
}

TEST_C(record, bad_cd)
{
	FX(f, 0);

	fx_cd(&f, FX_CD, 0, 0, 0);
	access_by(&f, false);
	EXPECT_WORDS(&f, 0x0a, 0, 0, 0);
}

/* --- Stage 1 --- */

/* [IHI0070 7.3.12] Stage 1 alone: S2 = 0, and CLASS = TT; FetchAddr is the descriptor's. */
TEST_C(record, walk_eabt)
{
	FX(f, 0);

	fx_map(&f, FX_IOVA, 2, FX_NOWHERE | FX_TABLE);
	access_by(&f, false);
	EXPECT_WORDS(&f, 0x0b, PNU | RNW | CLASS_TT, FX_IOVA + 0x123,
		     FX_NOWHERE + (FX_IOVA >> 12 & 511) * 8);
}

/* [IHI0070 7.3.13 to 7.3.16] Stage 1: S2 = 0, CLASS = IN, no IPA; the address as it came in. */
TEST_C(record, stage1_faults)
{
	static const struct {
		uint64_t leaf, number;
	} rows[] = {
		{ 0, 0x10 },
		{ FX_LEAF | BIT(44), 0x11 },
		{ FX_LEAF & ~FX_AF, 0x12 },
		{ FX_RO, 0x13 },
	};

	for (unsigned int i = 0; i < 4; i++) {
		FX(f, 0);
		struct sv3_txn txn = fx_txn((FX_IOVA + 0x678) | UINT64_C(0xa5) << 56, true);

		fx_cd(&f, FX_CD, (fx_cd0(12, 16, 0) & ~FX_CD_IPS(7)) | FX_CD_IPS(2) | FX_CD_TBI0,
		      f.ttb0, 0);
		fx_map(&f, FX_IOVA, 3, rows[i].leaf);
		fx_go(&f, &txn);
		EXPECT_WORDS(&f, rows[i].number, PNU | CLASS_IN, txn.iova, 0);
	}
}

/* PnU and InD are those after the overrides of the STE; a write is data. */
TEST_C(record, attributes)
{
	static const struct {
		bool privileged, instruction, write;
		uint64_t overrides, word1;
	} rows[] = {
		{ false, false, false, 0, RNW },
		{ true, false, false, 0, PNU | RNW },
		{ false, true, false, 0, IND | RNW },
		{ true, true, true, 0, PNU },
		{ true, true, false, UINT64_C(2) << 48 | UINT64_C(2) << 50, RNW },
		{ false, false, false, UINT64_C(3) << 48 | UINT64_C(3) << 50, PNU | IND | RNW },
		{ false, false, true, UINT64_C(3) << 48 | UINT64_C(3) << 50, PNU },
	};

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		FX(f, 0);
		struct sv3_txn txn = fx_txn(FX_IOVA, rows[i].write);

		txn.privileged = rows[i].privileged;
		txn.instruction = rows[i].instruction;
		fx_ste(&f, FX_SID, FX_STE_S1 | FX_CD, rows[i].overrides);
		fx_go(&f, &txn);
		EXPECT_WORDS(&f, 0x10, rows[i].word1 | CLASS_IN, FX_IOVA, 0);
	}
}

/* [IHI0070 13.1.1] An atomic is told of as a write. */
TEST_C(record, atomics)
{
	FX(f, 0);
	struct sv3_txn txn = fx_txn(FX_IOVA, true);

	txn.atomic = true;
	fx_go(&f, &txn);
	EXPECT_WORDS(&f, 0x10, PNU | CLASS_IN, FX_IOVA, 0);
	fx_map(&f, FX_IOVA, 3, FX_RO);
	fx_go(&f, &txn);
	EXPECT_WORDS(&f, 0x13, PNU | CLASS_IN, FX_IOVA, 0);
}

/* --- Stage 2 --- */

/* Intermediate addresses: from IPA_RAM on RAM as it is; from IPA_ALIAS on the same once more, as a
 * test wants it. */
#define IPA_ALIAS UINT64_C(0x80000000)
#define ALIAS(pa) ((pa) + (IPA_ALIAS - FX_RAM))

/* Stage-2 block: AF, Normal memory, S2AP. [DDI0487 D8.3] */
#define S2_BLOCK(pa, s2ap) ((pa) | 1u | 0xfu << 2 | (uint64_t)(s2ap) << 6 | 3u << 8 | 1u << 10)

/* FX_SID with Config @config, faults of stage 2 recorded, and @alias for the alias. */
static struct jobs nest(struct fx *f, uint64_t config, uint64_t contextptr, uint64_t alias,
			uint64_t word2)
{
	struct sv3_smmu_config smmu_config;
	sv3_pa level0, level1;

	jobs_config(&smmu_config, 4);
	smmu_config.idr0 |= 1u << 0 | 1u << 18; /* S2P, VMID16 */
	smmu_config.idr3 |= 1u << 4 | 1u << 8;  /* XNX, FWB */
	fx_power_on(f, &smmu_config);
	fx_boot(f, FX_HA);
	level0 = fx_alloc(f);
	level1 = fx_alloc(f);
	fx_poke(f, level0, level1 | 3);
	fx_poke(f, level1 + 8, S2_BLOCK(FX_RAM, 3));
	fx_poke(f, level1 + 16, alias);
	fx_poke(f, FX_STRTAB + FX_SID * 64 + 24, level0);
	/* S2T0SZ 16, S2SL0: level 0, write-back and inner shareable walks, 4 KiB, S2PS 48 bits,
	 * S2AA64, S2R */
	fx_poke(f, FX_STRTAB + FX_SID * 64 + 16,
		UINT64_C(16) << 32 | UINT64_C(2) << 38 | UINT64_C(1) << 40 | UINT64_C(1) << 42 |
			UINT64_C(3) << 44 | UINT64_C(5) << 48 | BIT(51) | BIT(58) | word2);
	fx_ste(f, FX_SID, FX_STE_V | FX_STE_CONFIG(config) | contextptr, 0);
	return (struct jobs){ .f = f };
}

#define NESTED(f, j, ...)                              \
	__attribute__((cleanup(fx_fini))) struct fx f; \
	struct jobs j = nest(&f, __VA_ARGS__)

static uint32_t go(struct jobs *j, sv3_iova iova, bool write)
{
	struct sv3_txn txn = fx_txn(iova, write);
	uint32_t slot = jobs_begin(j, &txn);

	jobs_run(j);
	return slot;
}

/* Stage 2 alone: the input is the intermediate address. */
TEST_C(record, stage2_only)
{
	NESTED(f, j, 6, 0, 0, 0);

	go(&j, IPA_ALIAS + 0x5678, true);
	EXPECT_WORDS(&f, 0x10, PNU | S2 | CLASS_IN, IPA_ALIAS + 0x5678, IPA_ALIAS + 0x5000);
}

/* [IHI0070 13.1.1] An atomic that may write and not read: RnW = 1; that may not write: 0. */
TEST_C(record, atomics_of_stage2)
{
	for (unsigned int s2ap = 0; s2ap < 3; s2ap++) {
		NESTED(f, j, 6, 0, S2_BLOCK(FX_RAM, s2ap), 0);
		struct sv3_txn txn = fx_txn(ALIAS(FX_DATA), true);

		txn.atomic = true;
		jobs_begin(&j, &txn);
		EXPECT_WORDS(&f, 0x13, PNU | (s2ap == 2 ? RNW : 0) | S2 | CLASS_IN, ALIAS(FX_DATA),
			     ALIAS(FX_DATA));
	}
}

/* CLASS = CD: fetching the CD; IPA is the CD's. */
TEST_C(record, stage2_of_the_cd)
{
	NESTED(f, j, 7, ALIAS(FX_CD + 0x40), 0, 0);

	go(&j, FX_IOVA + 8, false);
	EXPECT_WORDS(&f, 0x10, PNU | RNW | S2 | CLASS_CD, FX_IOVA + 8, ALIAS(FX_CD));
}

/* CLASS = TT: reading a table of stage 1; IPA is its descriptor's. A read that may not be made, and
 * an update that may not be written: TTRnW. */
TEST_C(record, stage2_of_a_table)
{
	static const struct {
		uint64_t alias, number, ttrnw;
	} rows[] = {
		{ 0, 0x10, 0 },
		{ S2_BLOCK(FX_RAM, 2), 0x13, TTRNW },
		{ S2_BLOCK(FX_RAM, 1), 0x13, 0 },
	};

	for (unsigned int i = 0; i < 3; i++) {
		NESTED(f, j, 7, FX_CD, rows[i].alias, 0);
		sv3_pa pte = fx_map(&f, FX_IOVA, 3, FX_LEAF & ~FX_AF);

		fx_map(&f, FX_IOVA, 2, ALIAS(pte & ~UINT64_C(0xfff)) | FX_TABLE);
		go(&j, FX_IOVA + 8, false);
		EXPECT_WORDS(&f, rows[i].number, PNU | RNW | S2 | CLASS_TT | rows[i].ttrnw,
			     FX_IOVA + 8, ALIAS(pte & ~UINT64_C(0xfff)));
	}
}

/* CLASS = IN: translating what stage 1 gave. Stall = 1 and the STAG where S2S says so. */
TEST_C(record, stage2_of_the_output)
{
	for (unsigned int stalls = 0; stalls < 2; stalls++) {
		NESTED(f, j, 7, FX_CD, 0, stalls ? BIT(57) : 0);
		uint32_t slot;

		fx_map(&f, FX_IOVA + 0x1000, 3, FX_LEAF);
		slot = go(&j, FX_IOVA + 0x1000, true); /* another slot than 0 */
		fx_map(&f, FX_IOVA, 3, ALIAS(FX_LEAF));
		slot = go(&j, FX_IOVA + 8, true);
		ASSERT_NE_U64(slot, 0);
		EXPECT_WORDS(&f, 0x10, PNU | S2 | CLASS_IN | (stalls ? STALL | slot : 0),
			     FX_IOVA + 8, ALIAS(FX_DATA));
	}
}

/* [IHI0070 7.3.12] An abort on a stage-2 descriptor: CLASS says what for, FetchAddr where; there is
 * no IPA, and no stall. */
TEST_C(record, stage2_walk_eabt)
{
	NESTED(f, j, 7, FX_CD, FX_NOWHERE | 3, BIT(57));

	fx_map(&f, FX_IOVA, 3, ALIAS(FX_LEAF));
	go(&j, FX_IOVA + 8, false);
	EXPECT_WORDS(&f, 0x0b, PNU | RNW | S2 | CLASS_IN, FX_IOVA + 8,
		     FX_NOWHERE + (FX_DATA >> 21 & 511) * 8);
}

/* --- Merging --- */

/* [IHI0070 7.3.1] With the choice and STE.MEV = 1, records that differ in the page offset alone are
 * one; those before the STE are whatever it says. */
TEST_C(record, merging)
{
	struct sv3_smmu_config config;

	sv3_smmu_config_default(&config);
	for (unsigned int i = 0; i < 8; i++) {
		__attribute__((cleanup(fx_fini))) struct fx f;
		bool choice = i & 1, mev = i >> 1 & 1, merges = choice && mev;
		struct sv3_txn unknown = { .stream_id = 0x4000 };

		config.choices = choice ? SV3_CHOICE_MERGE_EVENTS : 0;
		if (i == 4)
			config.config_cache_entries = 0; /* each reads the STE */
		fx_power_on(&f, &config);
		fx_boot(&f, 0);
		fx_ste(&f, FX_SID, FX_STE_S1 | FX_CD, mev ? BIT(19) : 0);
		/* Nothing is written before the queue is read. */
		fx_read(&f, FX_IOVA);
		fx_read(&f, FX_IOVA + 0x10);
		fx_write(&f, FX_IOVA);
		fx_read(&f, FX_IOVA + 0x1000);
		fx_read(&f, FX_IOVA + 0x18);
		fx_go(&f, &unknown);
		fx_go(&f, &unknown);
		EXPECT_EQ_U64(fx_reg(&f, SV3_REG_EVENTQ_PROD),
			      (merges ? 3u : 5u) + (choice ? 1 : 2));
		EXPECT_EQ_INT(fx_event(&f), 0x10);
		EXPECT_EQ_U64(f.event[2], FX_IOVA);
		/* What is written already is not added to. */
		fx_read(&f, FX_IOVA);
		EXPECT_EQ_U64(fx_reg(&f, SV3_REG_EVENTQ_PROD),
			      (merges ? 4u : 6u) + (choice ? 1 : 2));
	}
}

/* --- ATS --- */

static void ats_config(struct sv3_smmu_config *config)
{
	sv3_smmu_config_default(config);
	config->slot_count = JOBS_SLOTS;
	config->idr0 |= 1u << 10;
}

/* [IHI0070 7.3.6] What a request asked for, before the overrides of the STE: R is always asked for,
 * W is not NW. One STU. DEVIATION(D-031): R 35, W 34, X 33, PRIV 32 of doubleword 1, Span in the
 * low byte of doubleword 2. */
TEST_C(record, bad_ats_treq)
{
	for (unsigned int i = 0; i < 8; i++) {
		__attribute__((cleanup(fx_fini))) struct fx f;
		struct sv3_smmu_config config;
		struct sv3_txn txn = fx_txn(FX_IOVA + 0x123, i & 1);

		ats_config(&config);
		fx_power_on(&f, &config);
		fx_boot(&f, 0);
		fx_ste(&f, FX_SID, FX_STE_S1 | FX_CD, UINT64_C(2) << 48 | UINT64_C(2) << 50);
		txn.kind = SV3_TXN_ATS_REQUEST;
		txn.instruction = i >> 1 & 1;
		txn.privileged = i >> 2 & 1;
		/* Only a request with a PASID has Exe and Priv. [IHI0070 13.7.1] */
		txn.substream_valid = (i & 6) != 0;
		fx_go(&f, &txn);
		EXPECT_WORDS(&f, 0x05 | (i & 6 ? BIT(11) : 0),
			     BIT(35) | (i & 1 ? BIT(34) : 0) | (i & 2 ? BIT(33) : 0) |
				     (i & 4 ? BIT(32) : 0),
			     FX_IOVA | 1, 0);
	}
}

/* [IHI0070 7.3.8] RnW and the whole address. */
TEST_C(record, transl_forbidden)
{
	for (unsigned int write = 0; write < 2; write++) {
		__attribute__((cleanup(fx_fini))) struct fx f;
		struct sv3_smmu_config config;
		struct sv3_txn txn = fx_txn(FX_DATA + 0x123, write);

		ats_config(&config);
		fx_power_on(&f, &config);
		fx_boot(&f, 0);
		fx_set_reg(&f, SV3_REG_CR0, 0x1d); /* ATSCHK */
		txn.kind = SV3_TXN_ATS_TRANSLATED;
		fx_go(&f, &txn);
		EXPECT_WORDS(&f, 0x07, write ? 0 : RNW, FX_DATA + 0x123, 0);
	}
}

/* [IHI0070 7.3.12] F_WALK_EABT too; and a record that is being written is not added to. */
TEST_C(record, merging_of_aborts)
{
	__attribute__((cleanup(fx_fini))) struct fx f;
	struct sv3_smmu_config config;

	sv3_smmu_config_default(&config);
	config.choices = SV3_CHOICE_MERGE_EVENTS;
	fx_power_on(&f, &config);
	fx_boot(&f, 0);
	fx_ste(&f, FX_SID, FX_STE_S1 | FX_CD, BIT(19));
	fx_map(&f, FX_IOVA, 2, FX_NOWHERE | FX_TABLE);
	fx_read(&f, FX_IOVA);
	fx_read(&f, FX_IOVA + 8);
	ASSERT_TRUE(sv3_smmu_next_ready(f.smmu, &f.slot));
	sv3_smmu_step(f.smmu, f.slot, NULL, &f.need);
	ASSERT_EQ_INT(f.need.unit, SV3_UNIT_EVTQ);
	fx_read(&f, FX_IOVA + 16);
	fx_answer(&f);
	EXPECT_EQ_U64(fx_reg(&f, SV3_REG_EVENTQ_PROD), 2);
	EXPECT_EQ_INT(fx_event(&f), 0x0b);
	EXPECT_EQ_U64(f.event[2], FX_IOVA);
	EXPECT_EQ_INT(fx_event(&f), 0x0b);
	EXPECT_EQ_U64(f.event[2], FX_IOVA + 16);
}

/* What is recorded before there is an STE, but for four kinds, is not merged: whatever MEV the
 * slot's last transaction had. [IHI0070 7.3.1] */
TEST_C(record, no_merge_without_an_ste)
{
	__attribute__((cleanup(fx_fini))) struct fx f;
	struct sv3_smmu_config config;
	struct sv3_txn txn = fx_txn(FX_DATA, true);

	ats_config(&config);
	config.choices = SV3_CHOICE_MERGE_EVENTS;
	fx_power_on(&f, &config);
	fx_boot(&f, 0);
	fx_ste(&f, FX_SID, FX_STE_S1 | FX_CD, BIT(19));
	fx_read(&f, FX_IOVA);
	EXPECT_EQ_INT(fx_event(&f), FX_F_TRANSLATION);
	fx_set_reg(&f, SV3_REG_CR0, 0xc);
	txn.kind = SV3_TXN_ATS_TRANSLATED;
	fx_go(&f, &txn);
	fx_go(&f, &txn);
	EXPECT_EQ_INT(fx_event(&f), FX_F_TRANSL_FORBIDDEN);
	EXPECT_EQ_INT(fx_event(&f), FX_F_TRANSL_FORBIDDEN);
	EXPECT_EQ_INT(fx_event(&f), 0);
}
