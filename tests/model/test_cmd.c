/* SPDX-License-Identifier: MIT */
/*
 *
 * test_cmd.c - which commands are legal on which SMMU, and what do parameters mean that are
 * reserved, out of range or at the end of one? [IHI0070 4.1, 4.4]
 */
#include "tests/model/jobs.h"

#define BIT(n)       (UINT64_C(1) << (n))
#define BITS(hi, lo) ((~UINT64_C(0) >> (63 - (hi))) & (~UINT64_C(0) << (lo)))

#define IDR0_S2P       (1u << 0)
#define IDR0_S1P       (1u << 1)
#define IDR0_HYP       (1u << 9)
#define IDR0_ATS       (1u << 10)
#define IDR0_SEV       (1u << 14)
#define IDR0_PRI       (1u << 16)
#define IDR0_VMW       (1u << 17)
#define IDR0_VMID16    (1u << 18)
#define IDR0_NO_STALLS (1u << 24)
#define IDR3_HAD       (1u << 2)
#define IDR3_XNX       (1u << 4)
#define IDR3_FWB       (1u << 8)

#define PREFETCH_CONFIG UINT64_C(0x01)
#define PREFETCH_ADDR   UINT64_C(0x02)
#define PRI_RESP        UINT64_C(0x41)

static unsigned int cons_error(struct fx *f)
{
	return (unsigned int)(sv3_smmu_reg_read(f->smmu, SV3_REG_CMDQ_CONS, 4) >> 24 & 0x7f);
}

/* Whether a command is CERROR_ILL; the queue is empty and without error afterwards. */
static bool is_illegal(struct jobs *j, uint64_t word0, uint64_t word1)
{
	struct sv3_smmu *smmu = j->f->smmu;
	uint64_t gerror;

	jobs_cmd(j, word0, word1);
	j->message_count = 0;
	gerror = sv3_smmu_reg_read(smmu, SV3_REG_GERROR, 4);
	if (gerror == sv3_smmu_reg_read(smmu, SV3_REG_GERRORN, 4))
		return false;
	if (cons_error(j->f) != 1)
		ctest_fail(__FILE__, __LINE__, "error %u", cons_error(j->f));
	/* [IHI0070 7.1] While the error is active PROD may go back to CONS. */
	jobs_reg(j, SV3_REG_CMDQ_PROD,
		 (uint32_t)sv3_smmu_reg_read(smmu, SV3_REG_CMDQ_CONS, 4) & 0xfffff);
	jobs_reg(j, SV3_REG_GERRORN, (uint32_t)gerror);
	return true;
}

/* Map FX_IOVA, let the TLB know, and take it away behind its back. */
static void fill(struct jobs *j)
{
	sv3_pa pte = fx_map(j->f, FX_IOVA, 3, FX_LEAF);

	EXPECT_EQ_U64(jobs_read(j, FX_IOVA), FX_DATA);
	fx_poke(j->f, pte, 0);
	EXPECT_EQ_U64(jobs_read(j, FX_IOVA), FX_DATA);
}

/* --- Legality --- */

/* [IHI0070 4.1.3, 4.4.2, 4.4.3, 4.5, 4.7] Commands of a feature are there exactly with it. */
TEST_C(cmd, legal_with_the_feature_only)
{
	static const struct {
		uint32_t gone, set, gone_idr3; /* bits of IDR0 and IDR3 without it */
		uint8_t opcodes[8];
	} features[] = {
		{ IDR0_S1P | IDR0_HYP, 0, IDR3_HAD, { 0x05, 0x06, 0x10, 0x11, 0x12, 0x13 } },
		{ IDR0_HYP, 0, 0, { 0x20, 0x21, 0x22, 0x23 } },
		{ IDR0_S2P | IDR0_HYP | IDR0_VMW | IDR0_VMID16,
		  0,
		  IDR3_FWB | IDR3_XNX,
		  { 0x28, 0x2a } },
		{ IDR0_ATS | IDR0_PRI, 0, 0, { 0x40, 0x41 } },
		{ IDR0_PRI, 0, 0, { 0x41 } },
		{ 0, IDR0_NO_STALLS, 0, { 0x44, 0x45 } },
	};

	for (unsigned int i = 0; i < sizeof(features) / sizeof(features[0]); i++) {
		JOBS_FULL(all, j, 0);
		__attribute__((cleanup(fx_fini))) struct fx without;
		struct sv3_smmu_config config = config_of_all;
		struct jobs k;

		config.idr0 = (config.idr0 & ~features[i].gone) | features[i].set;
		config.idr3 &= ~features[i].gone_idr3;
		if (features[i].set)
			config.idr5 &= 0xffff; /* STALL_MAX */
		k = jobs_start(&without, &config, 0);
		for (unsigned int n = 0; features[i].opcodes[n] != 0; n++) {
			uint8_t opcode = features[i].opcodes[n];

			if (is_illegal(&j, opcode, 0))
				FAIL_C("opcode %#x is illegal with its feature", opcode);
			if (!is_illegal(&k, opcode, 0))
				FAIL_C("opcode %#x is legal without its feature", opcode);
		}
	}
}

/* Opcodes that no Non-secure queue of this SMMU has: reserved, Secure, MPAM, DPT, IMPLEMENTATION
 * DEFINED. */
TEST_C(cmd, illegal_opcodes)
{
	JOBS_FULL(f, j, 0);
	static const uint8_t legal[] = { 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x10, 0x11,
					 0x12, 0x13, 0x20, 0x21, 0x22, 0x23, 0x28, 0x2a,
					 0x30, 0x40, 0x41, 0x44, 0x45, 0x46 };
	unsigned int n = 0;

	for (unsigned int opcode = 0; opcode < 0x100; opcode++) {
		bool is_legal = n < sizeof(legal) && legal[n] == opcode;

		n += is_legal;
		if (is_illegal(&j, opcode, 0) == is_legal)
			FAIL_C("opcode %#x", opcode);
	}
	EXPECT_EQ_U64(n, sizeof(legal));
}

/* [IHI0070 4.5.2, 4.7.3] Values that are illegal. */
TEST_C(cmd, illegal_values)
{
	JOBS_FULL(f, j, 0);

	EXPECT_TRUE(is_illegal(&j, PRI_RESP, 3u << 12));
	EXPECT_FALSE(is_illegal(&j, PRI_RESP, 2u << 12));
	EXPECT_TRUE(is_illegal(&j, FX_CMD_SYNC | 3u << 12, 0));
	/* An error comes before the question whether the command is ignored. */
	jobs_reg(&j, SV3_REG_CR0, 0xc);
	EXPECT_TRUE(is_illegal(&j, PRI_RESP, 3u << 12));
	EXPECT_FALSE(is_illegal(&j, PRI_RESP, 1u << 12));
	EXPECT_EQ_U64(j.message_count, 0);
}

/* Which bits a command has, by the figures and texts of [IHI0070 4.2 to 4.7]; @base: a legal one.
 */
static const struct layout {
	uint64_t base[2], fields[2];
} layouts[] = {
	{ { 0x01, 0 }, { BITS(63, 11), 0 } },
	{ { 0x02, 0 }, { BITS(63, 11), BITS(63, 12) | BITS(9, 0) } },
	{ { 0x03, 0 }, { BITS(63, 32), BIT(0) } },
	{ { 0x04, 0 }, { BITS(63, 32), BITS(4, 0) } },
	{ { 0x05, 0 }, { BITS(63, 32) | BITS(31, 12), BIT(0) } },
	{ { 0x06, 0 }, { BITS(63, 32), 0 } },
	{ { 0x10, 0 }, { BITS(47, 32), 0 } },
	{ { 0x11, 0 }, { BITS(63, 32), 0 } },
	/* by address, one: NUM, SCALE and TTL are reserved */
	{ { 0x12, 0 }, { BITS(63, 32), BITS(63, 12) | BIT(0) } },
	/* a range: TG = 4K, NUM = 1 */
	{ { 0x12 | BIT(12), BIT(10) },
	  { BITS(63, 32) | BITS(24, 20) | BITS(16, 13), BITS(63, 11) | BITS(9, 8) | BIT(0) } },
	{ { 0x13, 0 }, { BITS(47, 32), BITS(63, 12) | BIT(0) } },
	{ { 0x20, 0 }, { 0, 0 } },
	{ { 0x21, 0 }, { BITS(63, 48), 0 } },
	{ { 0x22, 0 }, { BITS(63, 48), BITS(63, 12) | BIT(0) } },
	{ { 0x23, 0 }, { 0, BITS(63, 12) | BIT(0) } },
	{ { 0x28, 0 }, { BITS(47, 32), 0 } },
	{ { 0x2a, 0 }, { BITS(47, 32), BITS(55, 12) | BIT(0) } },
	{ { 0x30, 0 }, { 0, 0 } },
	{ { 0x40, 0 }, { BITS(63, 11) | BIT(9), BITS(63, 12) | BITS(5, 0) } },
	{ { 0x41, 0 }, { BITS(63, 11), BITS(13, 12) | BITS(8, 0) } },
	{ { 0x44, 0 }, { BITS(63, 32) | BITS(13, 12), BITS(15, 0) } },
	{ { 0x45, 0 }, { BITS(63, 32), 0 } },
	{ { 0x46, 0 }, { BITS(63, 32) | BITS(27, 22) | BITS(13, 12), BITS(55, 2) } },
};

/* Each bit of each command alone. SSec (bit 10) is a field of some and illegal for all of those;
 * where it is none it is as reserved as any. */
static void each_bit(bool strict)
{
	__attribute__((cleanup(fx_fini))) struct fx f;
	struct sv3_smmu_config config;
	struct jobs j;

	jobs_full_config(&config);
	config.choices = strict ? SV3_CHOICE_STRICT_COMMANDS : 0;
	j = jobs_start(&f, &config, 0);
	for (unsigned int i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
		const struct layout *layout = &layouts[i];
		uint8_t opcode = (uint8_t)layout->base[0];
		bool has_ssec = opcode <= 0x06 || opcode == 0x44 || opcode == 0x45;

		for (unsigned int bit = 8; bit < 128; bit++) {
			uint64_t word0 = layout->base[0] | (bit < 64 ? BIT(bit) : 0);
			uint64_t word1 = layout->base[1] | (bit < 64 ? 0 : BIT(bit - 64));
			bool reserved = !(layout->fields[bit / 64] >> (bit % 64) & 1) &&
					!((layout->base[bit / 64]) >> (bit % 64) & 1);
			/* TG alone: a range of one granule without TTL is illegal as such */
			bool bad_range = (bit == 74 || bit == 75) && !strict &&
					 (layout->fields[1] & BITS(63, 12)) && opcode >= 0x12 &&
					 opcode <= 0x2a && !(layout->base[0] & BIT(12));
			bool illegal = (strict && reserved) || (bit == 10 && has_ssec) || bad_range;

			if (is_illegal(&j, word0, word1) != illegal)
				FAIL_C("command %#x, bit %u is %s", opcode, bit,
				       illegal ? "taken" : "illegal");
		}
	}
}

/* [IHI0070 4.1.5] IMPDEF(I-012): reserved bits are ignored, */
TEST_C(cmd, reserved_bits_are_ignored)
{
	each_bit(false);
}

/* or, as a choice, make a command malformed. */
TEST_C(cmd, reserved_bits_are_illegal_if_strict)
{
	each_bit(true);
}

/* Without IDR3.RIL the fields of ranges are reserved, and a command names one address. */
TEST_C(cmd, ranges_without_ril)
{
	for (unsigned int strict = 0; strict < 2; strict++) {
		__attribute__((cleanup(fx_fini))) struct fx f;
		struct sv3_smmu_config config;
		struct jobs j;

		jobs_config(&config, 4);
		config.aidr = 1;
		config.idr3 &= ~(1u << 10);
		config.choices = strict ? SV3_CHOICE_STRICT_COMMANDS : 0;
		j = jobs_start(&f, &config, 0);
		EXPECT_FALSE(is_illegal(&j, 0x12, FX_IOVA));
		EXPECT_EQ_INT(is_illegal(&j, 0x12, FX_IOVA | BIT(10)), strict); /* TG */
		EXPECT_EQ_INT(is_illegal(&j, 0x12, FX_IOVA | BIT(8)), strict);  /* TTL */
		EXPECT_EQ_INT(is_illegal(&j, 0x12 | BIT(12), FX_IOVA), strict); /* NUM */
		EXPECT_EQ_INT(is_illegal(&j, 0x12 | BIT(20), FX_IOVA), strict); /* SCALE */
		fill(&j);
		(void)is_illegal(&j, 0x12 | FX_CMD_ASID(1) | BIT(12), (FX_IOVA - 0x1000) | BIT(10));
		EXPECT_EQ_U64(jobs_read(&j, FX_IOVA), FX_DATA);
	}
}

/* --- Parameters --- */

/* IMPDEF(I-027): a StreamID or SubstreamID out of range is nobody's, not another's. */
TEST_C(cmd, streams_out_of_range)
{
	static const uint64_t commands[][2] = {
		{ FX_CMD_CFGI_STE | FX_CMD_SID(0x10000 | FX_SID), 0 },
		{ FX_CMD_CFGI_CD_ALL | FX_CMD_SID(0x80000000 | FX_SID), 0 },
		{ FX_CMD_CFGI_RANGE | FX_CMD_SID(0x10000), 15 },
		{ FX_CMD_CFGI_CD | FX_CMD_SID(FX_SID) | UINT64_C(0x400) << 12, 0 },
		{ PREFETCH_CONFIG | FX_CMD_SID(0x10000 | FX_SID), 0 },
		{ PREFETCH_ADDR | FX_CMD_SID(FX_SID) | BIT(11) | UINT64_C(0x400) << 12, 0 },
	};
	JOBS_FULL(f, j, 0);

	fx_map(&f, FX_IOVA, 3, FX_LEAF);
	EXPECT_EQ_U64(jobs_read(&j, FX_IOVA), FX_DATA);
	fx_ste(&f, FX_SID, FX_STE_V, 0); /* aborts, once it is seen */
	for (unsigned int i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		EXPECT_FALSE(is_illegal(&j, commands[i][0], commands[i][1]));
		if (jobs_read(&j, FX_IOVA) != FX_DATA)
			FAIL_C("command %u has an effect", i);
	}
	EXPECT_EQ_INT(fx_event(&f), 0);
	jobs_cmd(&j, FX_CMD_CFGI_STE | FX_CMD_SID(FX_SID), 0);
	EXPECT_EQ_U64(jobs_read(&j, FX_IOVA), FX_SILENT);
}

/* [IHI0070 4.3.2] An aligned block of 2^(Range + 1) streams; lower bits of the StreamID do not
 * count. */
TEST_C(cmd, cfgi_ste_range)
{
	for (unsigned int range = 0; range < 4; range++) {
		JOBS_FULL(f, j, 0);
		uint32_t last = 0x10 + (2u << range) - 1;

		fx_map(&f, FX_IOVA, 3, FX_LEAF);
		for (uint32_t sid = 0x0f; sid <= 0x20; sid++) {
			struct sv3_txn txn = { .iova = FX_IOVA, .stream_id = sid };

			txn.privileged = true;
			fx_ste(&f, sid, FX_STE_S1 | FX_CD, 0);
			jobs_land(&j, jobs_begin(&j, &txn));
			fx_ste(&f, sid, FX_STE_V, 0);
		}
		jobs_cmd(&j, FX_CMD_CFGI_RANGE | FX_CMD_SID(last), range);
		for (uint32_t sid = 0x0f; sid <= 0x20; sid++) {
			struct sv3_txn txn = { .iova = FX_IOVA, .stream_id = sid };
			bool gone = sid >= 0x10 && sid <= last;
			uint32_t slot;

			txn.privileged = true;
			slot = jobs_begin(&j, &txn);
			if ((jobs_code(&j, slot) == FX_SILENT) != gone)
				FAIL_C("Range %u, stream %#x", range, sid);
			jobs_land(&j, slot);
		}
	}
}

/* [IHI0070 4.3.1, 4.3.2, 4.3.4] What was cached of a substream goes with its stream. */
TEST_C(cmd, cfgi_of_a_stream_takes_its_substreams)
{
	static const uint64_t commands[][2] = {
		{ FX_CMD_CFGI_STE | FX_CMD_SID(FX_SID), 1 },
		{ FX_CMD_CFGI_RANGE | FX_CMD_SID(FX_SID), 0 },
		{ FX_CMD_CFGI_RANGE, 31 },
		{ FX_CMD_CFGI_CD_ALL | FX_CMD_SID(FX_SID), 0 },
	};

	for (unsigned int i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		JOBS_FULL(f, j, 0);
		struct sv3_txn txn = fx_txn(FX_IOVA, false);
		uint32_t slot;

		fx_map(&f, FX_IOVA, 3, FX_LEAF);
		fx_ste(&f, FX_SID, FX_STE_S1 | FX_CD | FX_STE_S1CDMAX(2), 0);
		fx_cd(&f, FX_CD + 64, fx_cd0(12, 16, 0), f.ttb0, 0);
		txn.substream_valid = true;
		txn.substream_id = 1;
		slot = jobs_begin(&j, &txn);
		ASSERT_EQ_U64(jobs_code(&j, slot), FX_DATA);
		jobs_land(&j, slot);
		fx_poke(&f, FX_CD + 64, 0);
		jobs_cmd(&j, commands[i][0], commands[i][1]);
		if (jobs_code(&j, jobs_begin(&j, &txn)) != FX_FAULT(FX_C_BAD_CD))
			FAIL_C("command %u leaves the substream", i);
	}
}

/* IMPDEF(I-028): what is RES0 is not looked at: a VMID without stage 2, the upper byte of an 8-bit
 * ASID. */
TEST_C(cmd, identifiers_where_they_are_reserved)
{
	static const uint64_t commands[][2] = {
		{ FX_CMD_TLBI_NH_ALL | UINT64_C(7) << 32, 0 },
		{ FX_CMD_TLBI_NH_ASID | FX_CMD_ASID(0xab01), 0 },
		{ FX_CMD_TLBI_NH_VA | FX_CMD_ASID(0xff01) | UINT64_C(1) << 32, FX_IOVA },
	};
	struct sv3_smmu_config config;

	sv3_smmu_config_default(&config);
	config.slot_count = JOBS_SLOTS;
	config.idr0 &= ~(1u << 12); /* ASID16 */
	for (unsigned int i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		__attribute__((cleanup(fx_fini))) struct fx f;
		struct jobs j = jobs_start(&f, &config, 0);

		fill(&j);
		jobs_cmd(&j, commands[i][0], commands[i][1]);
		if (jobs_read(&j, FX_IOVA) == FX_DATA)
			FAIL_C("command %u has no effect", i);
	}
}

/* [IHI0070 4.4] VMIDs of 8 bits: what stands above them in a command is not looked at. */
TEST_C(cmd, tlbi_vmid_of_8_bits)
{
	for (unsigned int bit = 0; bit < 16; bit++) {
		__attribute__((cleanup(fx_fini))) struct fx f;
		struct sv3_smmu_config config;
		struct jobs j;

		jobs_full_config(&config);
		config.idr0 &= ~(1u << 18); /* VMID16 */
		j = jobs_start(&f, &config, 0);
		fill(&j);
		jobs_cmd(&j, FX_CMD_TLBI_NH_ALL | BIT(32 + bit), 0);
		if ((jobs_read(&j, FX_IOVA) != FX_DATA) != (bit >= 8))
			FAIL_C("VMID %#x", 1u << bit);
	}
}

/* [IHI0070 4.4.2, 4.4.3, 4.4.4] With stage 2 the VMID counts, with EL2 the regime: an entry of
 * NS-EL1, VMID 0, ASID 1. */
TEST_C(cmd, tlbi_scope_vmid_and_regime)
{
	static const struct {
		uint64_t word0, word1;
		bool goes;
	} rows[] = {
		{ FX_CMD_TLBI_NH_ALL, 0, true },
		{ FX_CMD_TLBI_NH_ALL | BIT(32), 0, false },
		{ FX_CMD_TLBI_NH_ASID | FX_CMD_ASID(1), 0, true },
		{ FX_CMD_TLBI_NH_ASID | FX_CMD_ASID(1) | BIT(47), 0, false },
		{ FX_CMD_TLBI_NH_VA | FX_CMD_ASID(1), FX_IOVA, true },
		{ FX_CMD_TLBI_NH_VA | FX_CMD_ASID(1) | BIT(40), FX_IOVA, false },
		{ FX_CMD_TLBI_NH_VAA, FX_IOVA, true },
		{ FX_CMD_TLBI_NH_VAA | BIT(32), FX_IOVA, false },
		{ 0x28, 0, true },            /* S12_VMALL */
		{ 0x28 | BIT(33), 0, false }, /* of another */
		{ 0x2a, FX_IOVA, false },     /* S2_IPA: intermediate addresses */
		{ FX_CMD_TLBI_NSNH_ALL, 0, true },
		{ 0x20, 0, false }, /* EL2_ALL */
		{ 0x21 | FX_CMD_ASID(1), 0, false },
		{ 0x22 | FX_CMD_ASID(1), FX_IOVA, false },
		{ 0x23, FX_IOVA, false },
	};

	for (unsigned int i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
		JOBS_FULL(f, j, 0);

		jobs_reg(&j, SV3_REG_CR0, 0xc);
		jobs_reg(&j, SV3_REG_CR2, 2 | (i & 1)); /* E2H */
		jobs_reg(&j, SV3_REG_CR0, 0xd);
		fill(&j);
		jobs_cmd(&j, rows[i / 2].word0, rows[i / 2].word1);
		jobs_cmd(&j, FX_CMD_SYNC, 0);
		ASSERT_TRUE(fx_cmdq_empty(&f));
		if ((jobs_read(&j, FX_IOVA) != FX_DATA) != rows[i / 2].goes)
			FAIL_C("command %#llx: the entry %s", (unsigned long long)rows[i / 2].word0,
			       rows[i / 2].goes ? "stays" : "goes");
	}
}

/* [IHI0070 6.3.9 VMW] Low bits of the VMID are not compared: 1 to 4 of them; other values: none. */
TEST_C(cmd, tlbi_vmid_wildcards)
{
	for (uint32_t vmw = 0; vmw < 8; vmw++) {
		for (unsigned int bit = 0; bit < 6; bit++) {
			JOBS_FULL(f, j, 0);

			jobs_reg(&j, SV3_REG_CR0, 0xd | vmw << 6);
			fill(&j);
			jobs_cmd(&j, FX_CMD_TLBI_NH_ALL | BIT(32 + bit), 0);
			if ((jobs_read(&j, FX_IOVA) != FX_DATA) != (vmw <= 4 && bit < vmw))
				FAIL_C("VMW %u, VMID %u", vmw, 1u << bit);
		}
	}
}

/* IMPDEF(I-013): a range not aligned for its TTL begins where the command says: it ends later. */
TEST_C(cmd, unaligned_ttl_range)
{
	JOBS_FULL(f, j, 0);
	sv3_iova iova = FX_IOVA & ~UINT64_C(0x1fffff);
	sv3_pa pte[2];

	for (unsigned int i = 0; i < 2; i++)
		pte[i] = fx_map(&f, iova + i * 0x200000, 2,
				UINT64_C(0x42000000) | FX_BLOCK | FX_AF | FX_NG);
	for (unsigned int i = 0; i < 2; i++)
		EXPECT_EQ_U64(jobs_read(&j, iova + i * 0x200000), 0x42000000);
	for (unsigned int i = 0; i < 2; i++)
		fx_poke(&f, pte[i], 0);
	/* 32 * 2^4 pages of 4K: 2 MiB; TTL = 2 */
	jobs_cmd(&j, FX_CMD_TLBI_NH_VA | FX_CMD_ASID(1) | 31u << 12 | 4u << 20,
		 (iova + 0x1000) | 1u << 10 | 2u << 8);
	for (unsigned int i = 0; i < 2; i++)
		EXPECT_NE_U64(jobs_read(&j, iova + i * 0x200000), 0x42000000);
}

/* [IHI0070 4.4.1.1] A range does not go on at address 0, nor from TTB0's half into TTB1's. */
TEST_C(cmd, range_at_the_end_of_a_half)
{
	JOBS_FULL(f, j, 0);
	uint64_t range = 31u << 12 | UINT64_C(31) << 20;

	fill(&j);
	jobs_cmd(&j, FX_CMD_TLBI_NH_VAA | range, UINT64_C(0xfffffffffffff000) | 3u << 10);
	jobs_cmd(&j, FX_CMD_TLBI_NH_VAA | range, UINT64_C(0xfffffffffffff000) | 1u << 10);
	EXPECT_EQ_U64(jobs_read(&j, FX_IOVA), FX_DATA);
	jobs_cmd(&j, FX_CMD_TLBI_NH_VAA | range, FX_IOVA | 1u << 10);
	EXPECT_NE_U64(jobs_read(&j, FX_IOVA), FX_DATA);
}
