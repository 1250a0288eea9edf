/* SPDX-License-Identifier: MIT */
/*
 * test_walk.c - does the walker keep chapter D8 of DDI 0487: geometry, table selection, what is a
 * fault, and which fault comes first?
 */
#include "tests/model/fx.h"

/* The CD is replaced, and nothing of the old one is left anywhere. */
static void use_cd(struct fx *f, uint64_t word0, uint64_t word1, uint64_t word2)
{
	fx_cd(f, FX_CD, word0, word1, word2);
	fx_cfgi_all(f);
	fx_tlbi_all(f);
}

/* ---- geometry ---- */

static const unsigned int granules[3] = { 12, 14, 16 };

/* TG1 has its own code: 16K is 1, 4K is 2, 64K is 3. [IHI0070 5.4] */
static uint64_t tg1_code(unsigned int granule)
{
	return granule == 14 ? 1 : granule == 12 ? 2 : 3;
}

/* Whether a leaf may stand at @level: 4K at 1 and 2, the others at 2; pages at 3. [DDI0487 D8.3] */
static bool level_has_leaf(unsigned int granule, unsigned int level)
{
	return level >= 2 || (level == 1 && granule == 12);
}

/*
 * One geometry and one leaf level: @iova maps to a leaf whose address is its own number, tables
 * above it written by hand at FX_SCRATCH. Bits of TTB below the alignment of the first table are
 * garbage. Returns: the code of a read of @iova.
 */
static uint64_t walk_one(struct fx *f, unsigned int granule, unsigned int txsz, bool high,
			 unsigned int leaf, sv3_iova iova, sv3_pa *expected)
{
	unsigned int bits = 64 - txsz, start = fx_start_level(granule, txsz);
	uint64_t in_range = iova & ((UINT64_C(1) << bits) - 1);
	uint64_t first_bytes = (UINT64_C(1) << (bits - fx_shift(granule, start))) * 8;
	/* The first table needs no more alignment than its size: it stands at an odd multiple. */
	sv3_pa first = FX_SCRATCH + first_bytes, table = first;
	uint64_t word0 = FX_CD_V | FX_CD_IPS(5) | FX_CD_AA64 | FX_CD_R | FX_CD_A | FX_CD_ASID(1);
	uint64_t ttb = first | ((first_bytes - 1) & ~UINT64_C(15));
	uint64_t span = UINT64_C(1) << fx_shift(granule, leaf);
	sv3_pa output = UINT64_C(0x5a5a5a5a5a5a) & ~(span - 1);

	for (unsigned int level = start; level <= leaf; level++) {
		uint64_t index = in_range >> fx_shift(granule, level);

		if (level != start)
			index &= (UINT64_C(1) << (granule - 3)) - 1;
		if (level == leaf) {
			fx_poke(f, table + 8 * index,
				output | (leaf == 3 ? FX_PAGE : FX_BLOCK) | FX_AF);
		} else {
			sv3_pa next = FX_SCRATCH + 0x40000 + level * UINT64_C(0x10000);

			fx_poke(f, table + 8 * index, next | FX_TABLE);
			table = next;
		}
	}
	if (high)
		word0 |= FX_CD_EPD0 | FX_CD_T1SZ(txsz) | FX_CD_TG1(tg1_code(granule));
	else
		word0 = fx_cd0(granule, txsz, 0);
	use_cd(f, word0, high ? 0 : ttb, high ? ttb : 0);
	*expected = output | (iova & (span - 1));
	return fx_read(f, iova);
}

static void wipe_scratch(struct fx *f)
{
	uint8_t *window = (uint8_t *)sv3_bus_window(&f->bus, FX_SCRATCH, 0x80000);

	for (unsigned int i = 0; i < 0x80000; i++)
		window[i] = 0;
}

/* [DDI0487 D8.2] Each granule, each legal TxSZ, each leaf level, both halves; edges and a random
 * page. */
static void walk_matrix(struct fx *f, bool high, unsigned int first, unsigned int last)
{
	struct sv3_prng prng;

	sv3_prng_seed(&prng, high);
	for (unsigned int g = 0; g < 3; g++) {
		for (unsigned int txsz = first; txsz <= last; txsz++) {
			uint64_t size = UINT64_C(1) << (64 - txsz);
			uint64_t base = high ? -size : 0;
			unsigned int start;

			if (granules[g] == 16 && txsz > 47)
				continue;
			start = fx_start_level(granules[g], txsz);

			for (unsigned int leaf = start; leaf <= 3; leaf++) {
				sv3_iova iovas[3] = { base, base + size - 1,
						      base + sv3_prng_below(&prng, size) };

				if (!level_has_leaf(granules[g], leaf))
					continue;
				for (unsigned int i = 0; i < 3; i++) {
					sv3_pa want;
					uint64_t got;

					wipe_scratch(f);
					got = walk_one(f, granules[g], txsz, high, leaf, iovas[i],
						       &want);
					if (got != want ||
					    f->result.walk_reads != leaf - start + 1 ||
					    f->result.span_lg2 != fx_shift(granules[g], leaf))
						FAIL_C("granule 2^%u TxSZ %u leaf level %u "
						       "IOVA %#llx: %#llx, not %#llx (%u reads)",
						       granules[g], txsz, leaf,
						       (unsigned long long)iovas[i],
						       (unsigned long long)got,
						       (unsigned long long)want,
						       f->result.walk_reads);
				}
				/* The first byte outside. */
				if (fx_read(f, high ? base - 1 : size) !=
				    FX_FAULT(FX_F_TRANSLATION))
					FAIL_C("granule 2^%u TxSZ %u: the range has no end",
					       granules[g], txsz);
			}
		}
	}
}

TEST_C(walk, walk_matrix_s1)
{
	FX(f, 0);

	walk_matrix(&f, false, 16, 39);
}

TEST_C(walk, walk_matrix_s1_ttb1)
{
	FX(f, 0);

	walk_matrix(&f, true, 16, 39);
}

/* [IHI0070 6.3.4 STT] Small tables: TxSZ up to 48, with 64 KiB granules 47; illegal without. */
TEST_C(walk, walk_matrix_s1_small_tables)
{
	FX(with, FX_FULL);
	FX(without, 0);

	walk_matrix(&with, false, 40, 48);
	walk_matrix(&with, true, 40, 48);
	use_cd(&with, fx_cd0(16, 48, 0), with.ttb0, 0);
	EXPECT_EQ_U64(fx_read(&with, 0), FX_FAULT(FX_C_BAD_CD));
	use_cd(&with, fx_cd0(12, 49, 0), with.ttb0, 0);
	EXPECT_EQ_U64(fx_read(&with, 0), FX_FAULT(FX_C_BAD_CD));
	use_cd(&without, fx_cd0(12, 40, 0), without.ttb0, 0);
	EXPECT_EQ_U64(fx_read(&without, 0), FX_FAULT(FX_C_BAD_CD));
}

/* The same translations from the TLB, and with every cache off. */
TEST_C(walk, walk_matrix_s1_cached_or_not)
{
	static const unsigned int flags[] = { 0, FX_NO_CACHES, FX_NO_TLB, FX_NO_WALK_CACHE };

	for (unsigned int i = 0; i < 4; i++) {
		FX(f, flags[i]);

		fx_map(&f, FX_IOVA, 3, FX_LEAF);
		fx_map(&f, FX_IOVA + 0x1000, 3, FX_LEAF + 0x5000);
		for (unsigned int round = 0; round < 3; round++) {
			EXPECT_EQ_U64(fx_read(&f, FX_IOVA + 8), FX_DATA + 8);
			EXPECT_EQ_U64(fx_read(&f, FX_IOVA + 0x1ff8), FX_DATA + 0x5ff8);
		}
		EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->tlb_hits, flags[i] & FX_NO_TLB ? 0 : 4);
		EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->walk_cache_hits != 0,
			      !(flags[i] & FX_NO_WALK_CACHE));
	}
}

/* ---- which table ---- */

/* [DDI0487 D8.2, IHI0070 3.4.1] VA[55] selects; TBI ignores the top byte, of that half only. */
TEST_C(walk, ttb_select_tbi)
{
	const uint64_t halves = (fx_cd0(12, 25, 0) & ~FX_CD_EPD1) | FX_CD_T1SZ(25) | FX_CD_TG1(2);
	const sv3_iova low = UINT64_C(0x1234567000), high = UINT64_C(0xffffff9234567000);
	const sv3_iova low_tagged = low | UINT64_C(0xab) << 56;
	const sv3_iova high_tagged = (high & ~(UINT64_C(0xff) << 56)) | UINT64_C(0x2a) << 56;
	FX(f, 0);
	sv3_pa ttb0, ttb1;

	f.start_level = 1;
	ttb1 = f.ttb0 = fx_alloc(&f);
	fx_map(&f, high & 0x7fffffffff, 3, FX_LEAF + 0x1000);
	ttb0 = f.ttb0 = fx_alloc(&f);
	fx_map(&f, low, 3, FX_LEAF);

	for (unsigned int tbi = 0; tbi < 4; tbi++) {
		use_cd(&f, halves | (tbi & 1 ? FX_CD_TBI0 : 0) | (tbi & 2 ? FX_CD_TBI1 : 0), ttb0,
		       ttb1);
		/* Twice: the second is a TLB hit, which must look at the same bits. */
		for (unsigned int round = 0; round < 2; round++) {
			EXPECT_EQ_U64(fx_read(&f, low), FX_DATA);
			EXPECT_EQ_U64(fx_read(&f, high), FX_DATA + 0x1000);
			EXPECT_EQ_U64(fx_read(&f, low_tagged),
				      tbi & 1 ? FX_DATA : FX_FAULT(FX_F_TRANSLATION));
			EXPECT_EQ_U64(fx_read(&f, high_tagged),
				      tbi & 2 ? FX_DATA + 0x1000 : FX_FAULT(FX_F_TRANSLATION));
		}
		/* Bits between the range and the top byte count whatever TBI says. */
		EXPECT_EQ_U64(fx_read(&f, low | UINT64_C(1) << 45), FX_FAULT(FX_F_TRANSLATION));
		EXPECT_EQ_U64(fx_read(&f, high & ~(UINT64_C(1) << 45)), FX_FAULT(FX_F_TRANSLATION));
		while (fx_event(&f))
			;
	}
}

/* The record holds the address as it was issued. */
TEST_C(walk, ttb_select_tbi_input_address)
{
	FX(f, 0);
	sv3_iova tagged = FX_IOVA | UINT64_C(0xab) << 56;

	EXPECT_EQ_U64(fx_read(&f, tagged), FX_FAULT(FX_F_TRANSLATION)); /* TBI0 = 0 */
	ASSERT_EQ_INT(fx_event(&f), FX_F_TRANSLATION);
	EXPECT_EQ_U64(f.event[2], tagged);
	use_cd(&f, fx_cd0(12, 16, 0) | FX_CD_TBI0, f.ttb0, 0);
	EXPECT_EQ_U64(fx_read(&f, tagged), FX_FAULT(FX_F_TRANSLATION)); /* not mapped */
	ASSERT_EQ_INT(fx_event(&f), FX_F_TRANSLATION);
	EXPECT_EQ_U64(f.event[2], tagged);
}

/* EPDx = 1: no walk from that table at all. [DDI0487 I_ZFSYQ] */
TEST_C(walk, ttb_select_epd)
{
	const uint64_t halves = (fx_cd0(12, 16, 0) & ~FX_CD_EPD1) | FX_CD_T1SZ(16) | FX_CD_TG1(2);
	const sv3_iova high = FX_IOVA | UINT64_C(0xffff) << 48;
	FX(f, 0);

	fx_map(&f, FX_IOVA, 3, FX_LEAF);
	for (unsigned int epd = 0; epd < 4; epd++) {
		uint64_t reads;

		use_cd(&f, halves | (epd & 1 ? FX_CD_EPD0 : 0) | (epd & 2 ? FX_CD_EPD1 : 0), f.ttb0,
		       f.ttb0);
		EXPECT_EQ_U64(fx_read(&f, FX_IOVA), epd & 1 ? FX_FAULT(FX_F_TRANSLATION) : FX_DATA);
		EXPECT_EQ_U64(fx_read(&f, high), epd & 2 ? FX_FAULT(FX_F_TRANSLATION) : FX_DATA);
		/* The ends too, where a size that is not in use could pass for a range. */
		fx_tlbi_all(&f);
		reads = sv3_smmu_stats(f.smmu)->walk_reads;
		if (epd & 1) {
			fx_read(&f, FX_IOVA);
			fx_read(&f, 0);
		}
		if (epd & 2) {
			fx_read(&f, high);
			fx_read(&f, UINT64_MAX);
		}
		EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->walk_reads, reads);
	}
}

/* ---- faults ---- */

/* [IHI0070 3.4.3, 7.3.14] [DDI0487 I_HGDWP] An output or next table beyond IPS, and IPS beyond OAS.
 */
TEST_C(walk, addr_size)
{
	static const unsigned int ips_bits[8] = { 32, 36, 40, 42, 44, 48, 48, 48 };

	for (uint64_t ips = 0; ips < 8; ips++) {
		sv3_pa limit = UINT64_C(1) << ips_bits[ips];
		FX(f, FX_NO_CACHES);
		uint64_t word0 = (fx_cd0(12, 25, 0) & ~FX_CD_IPS(7)) | FX_CD_IPS(ips);
		sv3_iova iova = UINT64_C(0x1234567000);

		f.start_level = 1;
		fx_cd(&f, FX_CD, word0, f.ttb0, 0);
		/* The last page below the limit, and the first above it: page, block, 1 GiB
		 * block. */
		fx_map(&f, iova, 3, (limit - 0x1000) | FX_PAGE | FX_AF);
		EXPECT_EQ_U64(fx_read(&f, iova + 1), limit - 0xfff);
		fx_map(&f, iova + (UINT64_C(1) << 21), 2, (limit - 0x200000) | FX_BLOCK | FX_AF);
		EXPECT_EQ_U64(fx_read(&f, iova + (UINT64_C(1) << 21)),
			      limit - 0x200000 + (iova & 0x1fffff));
		if (limit >> 48)
			continue; /* there is no bit above it in a descriptor */
		fx_map(&f, iova, 3, limit | FX_PAGE | FX_AF);
		EXPECT_EQ_U64(fx_read(&f, iova), FX_FAULT(FX_F_ADDR_SIZE));
		ASSERT_EQ_INT(fx_event(&f), FX_F_ADDR_SIZE);
		EXPECT_EQ_U64(f.event[1] >> 39 & 1, 0);
		EXPECT_EQ_U64(f.event[1] >> 40 & 3, 2);
		EXPECT_EQ_U64(f.event[2], iova);
		fx_map(&f, iova, 2, limit | FX_BLOCK | FX_AF);
		EXPECT_EQ_U64(fx_read(&f, iova), FX_FAULT(FX_F_ADDR_SIZE));
		fx_map(&f, iova, 2, limit | FX_TABLE);
		EXPECT_EQ_U64(fx_read(&f, iova), FX_FAULT(FX_F_ADDR_SIZE));
		fx_map(&f, iova, 1, limit | FX_BLOCK | FX_AF);
		EXPECT_EQ_U64(fx_read(&f, iova), FX_FAULT(FX_F_ADDR_SIZE));
		/* TTB itself beyond it is a bad CD. */
		fx_cd(&f, FX_CD, word0, limit, 0);
		EXPECT_EQ_U64(fx_read(&f, iova), FX_FAULT(FX_C_BAD_CD));
	}
}

/* An address of a block has no bits below its span: what stands there is not an address. */
TEST_C(walk, block_low_bits_are_not_address)
{
	FX(f, 0);

	fx_map(&f, FX_IOVA, 2, FX_DATA | FX_BLOCK | FX_AF | UINT64_C(1) << 16); /* nT */
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA | (FX_IOVA & 0x1fffff));
}

/* [DDI0487 D8.3] Every type at every level, three granules: which are leaves, tables, reserved. */
TEST_C(walk, reserved_desc)
{
	for (unsigned int g = 0; g < 3; g++) {
		unsigned int granule = granules[g];
		FX(f, FX_NO_CACHES);

		fx_use_table(&f, granule, 16, 0);
		for (unsigned int level = f.start_level; level <= 3; level++) {
			/* Far apart, so that no level's descriptor is above another's. */
			sv3_iova iova = (sv3_iova)(level + 1) << (granule == 14 ? 36 : 42);
			uint64_t span = UINT64_C(1) << fx_shift(granule, level);
			uint64_t output = UINT64_C(0x400000000000);

			if (granule == 14 && level == 0)
				iova = UINT64_C(1) << 47;
			for (uint64_t type = 0; type < 4; type++) {
				bool leaf = level == 3
						    ? type == 3
						    : type == 1 && level_has_leaf(granule, level);
				bool table = level < 3 && type == 3;
				uint64_t code;

				if (table)
					continue; /* the matrix walks through these */
				fx_map(&f, iova, level, output | FX_AF | type);
				code = fx_read(&f, iova | (span - 1));
				if (code !=
				    (leaf ? output | (span - 1) : FX_FAULT(FX_F_TRANSLATION)))
					FAIL_C("granule 2^%u level %u type %u: %#llx", granule,
					       level, (unsigned int)type, (unsigned long long)code);
			}
		}
	}
}

/* [IHI0070 7.3.12] A descriptor that cannot be read, at each level. */
TEST_C(walk, walk_eabt)
{
	FX(f, FX_NO_CACHES);

	for (unsigned int level = 0; level < 3; level++) {
		sv3_iova iova = (sv3_iova)(level + 1) << 39 | 0x123456789000;
		uint64_t index = iova >> fx_shift(12, level + 1) & 511;

		fx_map(&f, iova, level, FX_NOWHERE | FX_TABLE);
		EXPECT_EQ_U64(fx_read(&f, iova), FX_FAULT(FX_F_WALK_EABT));
		ASSERT_EQ_INT(fx_event(&f), FX_F_WALK_EABT);
		EXPECT_EQ_U64(f.event[3], FX_NOWHERE + 8 * index);
		EXPECT_EQ_U64(f.event[2], iova);
		EXPECT_EQ_U64(f.event[1] >> 39 & 1, 0); /* S2 */
		EXPECT_EQ_U64(f.event[1] >> 40 & 3, 1); /* CLASS = TT */
		EXPECT_EQ_U64(f.event[1] >> 35 & 1, 1); /* RnW of the access */
	}
}

/* Faults are never kept: each access walks anew, and a repair needs no TLBI. [DDI0487 D8.2.1] */
TEST_C(walk, faults_are_not_cached)
{
	FX(f, 0);

	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_FAULT(FX_F_TRANSLATION));
	fx_map(&f, FX_IOVA, 3, UINT64_C(1) << 40 | FX_PAGE | FX_AF);
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), UINT64_C(1) << 40);
	fx_tlbi_all(&f);
	fx_map(&f, FX_IOVA, 3, FX_LEAF & ~FX_AF);
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_FAULT(FX_F_ACCESS));
	fx_map(&f, FX_IOVA, 3, FX_LEAF);
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
}

/* ---- order of faults ---- */

/* [IHI0070 7.3.22] Two or more at once: the first of the list is reported. */
TEST_C(walk, priority)
{
	const sv3_iova out_of_range = UINT64_C(1) << 50;
	const uint64_t no_bits = 0;
	FX(f, FX_NO_CACHES);
	uint64_t cd0 = fx_cd0(12, 16, 0), ips32 = cd0 & ~FX_CD_IPS(7);
	struct sv3_txn txn = fx_txn(FX_IOVA, true);

	/* StreamID out of range before anything of its STE. */
	txn.stream_id = 300;
	txn.substream_valid = true;
	EXPECT_EQ_U64(fx_go(&f, &txn), FX_FAULT(FX_C_BAD_STREAMID));
	txn.stream_id = FX_SID;
	/* Bad STE and a SubstreamID without CDs. */
	fx_ste(&f, FX_SID, FX_STE_S1 | FX_NOWHERE, UINT64_C(1) << 27);
	EXPECT_EQ_U64(fx_go(&f, &txn), FX_FAULT(FX_C_BAD_STE));
	/* SubstreamID too big, and the CD table unreadable. */
	fx_ste(&f, FX_SID, FX_STE_S1 | FX_NOWHERE | FX_STE_S1CDMAX(2), 0);
	txn.substream_id = 4;
	EXPECT_EQ_U64(fx_go(&f, &txn), FX_FAULT(FX_C_BAD_SUBSTREAMID));
	/* Stream disabled before the CD fetch. */
	txn.substream_valid = false;
	EXPECT_EQ_U64(fx_go(&f, &txn), FX_FAULT(FX_F_STREAM_DISABLED));
	/* CD fetch before the range. */
	fx_ste(&f, FX_SID, FX_STE_S1 | FX_NOWHERE, 0);
	EXPECT_EQ_U64(fx_read(&f, out_of_range), FX_FAULT(FX_F_CD_FETCH));
	fx_ste(&f, FX_SID, FX_STE_S1 | FX_CD, 0);
	/* Bad CD before the range. */
	fx_cd(&f, FX_CD, cd0 | FX_CD_S, f.ttb0, no_bits);
	EXPECT_EQ_U64(fx_read(&f, out_of_range), FX_FAULT(FX_C_BAD_CD));
	/* The range before the walk. */
	fx_cd(&f, FX_CD, cd0, FX_NOWHERE, no_bits);
	EXPECT_EQ_U64(fx_read(&f, out_of_range), FX_FAULT(FX_F_TRANSLATION));
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_FAULT(FX_F_WALK_EABT));

	/* One leaf with everything wrong; each repair shows the next fault. */
	fx_cd(&f, FX_CD, ips32, f.ttb0, no_bits);
	fx_map(&f, FX_IOVA, 3, UINT64_C(1) << 40 | FX_AP2 | FX_BLOCK); /* reserved at level 3 */
	EXPECT_EQ_U64(fx_write(&f, FX_IOVA), FX_FAULT(FX_F_TRANSLATION));
	fx_map(&f, FX_IOVA, 3, UINT64_C(1) << 40 | FX_AP2 | FX_PAGE);
	EXPECT_EQ_U64(fx_write(&f, FX_IOVA), FX_FAULT(FX_F_ADDR_SIZE));
	fx_map(&f, FX_IOVA, 3, FX_DATA | FX_AP2 | FX_PAGE);
	EXPECT_EQ_U64(fx_write(&f, FX_IOVA), FX_FAULT(FX_F_ACCESS));
	fx_map(&f, FX_IOVA, 3, FX_DATA | FX_AP2 | FX_PAGE | FX_AF);
	EXPECT_EQ_U64(fx_write(&f, FX_IOVA), FX_FAULT(FX_F_PERMISSION));
	fx_map(&f, FX_IOVA, 3, FX_DATA | FX_PAGE | FX_AF);
	EXPECT_EQ_U64(fx_write(&f, FX_IOVA), FX_DATA);

	/* A table above that forbids writing does not hide what is wrong below. */
	fx_map(&f, FX_IOVA, 2, FX_APTABLE(2) | UINT64_C(1) << 40 | FX_TABLE);
	EXPECT_EQ_U64(fx_write(&f, FX_IOVA), FX_FAULT(FX_F_ADDR_SIZE));
	fx_map(&f, FX_IOVA, 2, FX_APTABLE(2) | FX_NOWHERE | FX_TABLE);
	EXPECT_EQ_U64(fx_write(&f, FX_IOVA), FX_FAULT(FX_F_WALK_EABT));
}
