/* SPDX-License-Identifier: MIT */
/*
 * test_pmcg.c - do the performance monitors count what chapter 10 of IHI 0070 says, exactly, and
 * tell of an overflow?
 *
 * Page 0 of the group is at PMCG, page 1 with the counters at PMCG1; offsets are numbers.
 */
#include "tests/model/fx.h"

#define PMCG  0x20000u
#define PMCG1 0x30000u

#define EVCNTR(n)  (PMCG1 + 8 * (n))
#define SVR(n)     (PMCG1 + 0x600 + 8 * (n))
#define EVTYPER(n) (PMCG + 0x400 + 4 * (n))
#define SMR(n)     (PMCG + 0xa00 + 4 * (n))
#define CNTENSET   (PMCG + 0xc00)
#define CNTENCLR   (PMCG + 0xc20)
#define INTENSET   (PMCG + 0xc40)
#define INTENCLR   (PMCG + 0xc60)
#define OVSCLR     (PMCG1 + 0xc80)
#define OVSSET     (PMCG1 + 0xcc0)
#define CAPR       (PMCG1 + 0xd88)
#define CFGR       (PMCG + 0xe00)
#define CR         (PMCG + 0xe04)
#define IRQ_CTRL   (PMCG + 0xe50)
#define IRQ_ACK    (PMCG + 0xe54)
#define IRQ_CFG0   (PMCG + 0xe58)
#define IRQ_CFG1   (PMCG + 0xe60)
#define IRQ_STATUS (PMCG + 0xe68)

#define SID_SPAN (UINT64_C(1) << 29)
#define OVFCAP   (UINT64_C(1) << 31)

static void power_on(struct fx *f, uint32_t counters, unsigned int flags)
{
	struct sv3_smmu_config config;

	fx_config(&config, flags);
	config.pmcg_counters = counters;
	fx_power_on(f, &config);
}

/* An SMMU with @counters, in reset. */
#define FX_PMCG(name, counters)                           \
	__attribute__((cleanup(fx_fini))) struct fx name; \
	power_on(&name, counters, 0)

/* One that translates, with eight counters. */
#define FX_COUNTING(name, flags)                          \
	__attribute__((cleanup(fx_fini))) struct fx name; \
	power_on(&name, 8, flags);                        \
	fx_boot(&name, flags)

/* Counter @n counts @event of any stream. */
static void count(struct fx *f, unsigned int n, uint64_t event)
{
	fx_set_reg(f, EVTYPER(n), event | SID_SPAN);
	fx_set_reg(f, SMR(n), UINT32_MAX);
	fx_set_reg64(f, CNTENSET, UINT64_C(1) << n);
	fx_set_reg(f, CR, 1);
}

/* Counters 1 to 7 count events 1 to 7. */
static void count_all(struct fx *f)
{
	for (unsigned int n = 1; n < 8; n++)
		count(f, n, n);
}

static void expect_counts(struct fx *f, const char *what, const uint64_t expected[5])
{
	for (unsigned int n = 1; n <= 5; n++) {
		uint64_t counted = fx_reg64(f, EVCNTR(n));

		if (counted != expected[n - 1])
			FAIL_C("%s: event %u was counted %llu times, not %llu", what, n,
			       (unsigned long long)counted, (unsigned long long)expected[n - 1]);
		fx_set_reg64(f, EVCNTR(n), 0);
	}
}

/* [IHI0070 10.5.2.13, 10.5.2.16] */
TEST_C(pmcg, pmcg_tells_its_shape)
{
	FX_PMCG(f, 6);
	struct sv3_smmu_config config;

	/* NCTR = 5, 64 bits, RELOC_CTRS, MSI, CAPTURE, a filter for each */
	EXPECT_EQ_U64(fx_reg(&f, CFGR), 5 | 63u << 8 | 7u << 20);
	EXPECT_EQ_U64(fx_reg64(&f, PMCG + 0xe20), 0x3e); /* CEID0: 1 to 5, no cycles, no ATS */
	EXPECT_EQ_U64(fx_reg64(&f, PMCG + 0xe28), 0);
	EXPECT_EQ_U64(fx_reg(&f, PMCG + 0xe70), 2); /* AIDR */
	EXPECT_EQ_U64(fx_reg(&f, PMCG + 0xe08), 0); /* IIDR */
	EXPECT_EQ_U64(fx_reg(&f, PMCG + 0xff0), 0);
	EXPECT_EQ_U64(fx_reg(&f, PMCG + 0xfbc), 0);
	EXPECT_EQ_U64(fx_reg(&f, PMCG + 0xfcc), 0);

	__attribute__((cleanup(fx_fini))) struct fx arm;
	ASSERT_TRUE(sv3_smmu_profile("mmu-600", &config) == 0);
	fx_power_on(&arm, &config);
	EXPECT_EQ_U64(fx_reg(&arm, PMCG + 0xe20), 0xfe);
	EXPECT_EQ_U64(fx_reg(&arm, PMCG + 0xe08), 0x4832243b);
	EXPECT_EQ_U64(fx_reg(&arm, PMCG + 0xfe0), 0x83);
	EXPECT_EQ_U64(fx_reg(&arm, PMCG + 0xff4), 0x90);
	EXPECT_EQ_U64(fx_reg(&arm, PMCG + 0xfbc), 0x47702a56); /* PMDEVARCH */
	EXPECT_EQ_U64(fx_reg(&arm, PMCG + 0xfcc), 0x56);       /* PMDEVTYPE */
}

/* [IHI0070 10.5.2] All ones to every register in reset: what reads back. */
TEST_C(pmcg, pmcg_register_bits)
{
	static const struct {
		uint32_t offset, size;
		uint64_t ones;
	} rows[] = {
		{ EVCNTR(0), 8, UINT64_MAX },
		{ EVCNTR(5), 8, UINT64_MAX },
		{ EVCNTR(6), 8, 0 }, /* six counters */
		{ EVTYPER(0), 4, 0xa000ffff },
		{ EVTYPER(6), 4, 0 },
		{ SVR(0), 8, 0 },
		{ SMR(5), 4, 0xffff }, /* 16 bits of StreamID */
		{ SMR(6), 4, 0 },
		{ CNTENSET, 8, 0x3f },
		{ CNTENSET + 4, 4, 0 },
		{ CNTENCLR, 8, 0 },
		{ INTENSET, 8, 0x3f },
		{ INTENCLR, 8, 0 },
		{ OVSSET, 8, 0x3f },
		{ OVSCLR, 8, 0 },
		{ CAPR, 4, 0 },
		{ PMCG + 0xdf8, 4, 0 }, /* SCR */
		{ CFGR, 4, 5 | 63u << 8 | 7u << 20 },
		{ CR, 4, 1 },
		{ PMCG + 0xe40, 4, 0 }, /* SCR's alias */
		{ PMCG + 0xe48, 4, 0 }, /* ROOTCR */
		{ IRQ_CTRL, 4, 1 },
		{ IRQ_ACK, 4, 0 },
		{ IRQ_CFG0, 8, UINT64_C(0x00fffffffffffffc) },
		{ IRQ_CFG1, 4, 0xffffffff },
		{ PMCG + 0xe64, 4, 0x3f }, /* IRQ_CFG2 */
		{ IRQ_STATUS, 4, 0 },
		{ PMCG + 0xe6c, 4, 0 }, /* GMPAM */
		{ PMCG + 0xe74, 4, 0 },
		{ PMCG, 8, 0 },         /* counters are in page 1 */
		{ PMCG + 0x600, 8, 0 }, /* so are captures, */
		{ PMCG + 0xc80, 8, 0 }, /* overflow status */
		{ PMCG + 0xcc0, 8, 0 },
		{ PMCG1 + 0x400, 4, 0 }, /* and nothing else is */
		{ PMCG1 + 0xc00, 8, 0 },
		{ PMCG1 + 0xe04, 4, 0 },
		{ PMCG + 0x1000, 8, 0 }, /* behind the page */
		{ PMCG + 0x1e04, 4, 0 },
		{ PMCG1 + 0x1000, 8, 0 },
		{ EVTYPER(0), 8, 0 }, /* 64 bits over two registers */
		{ IRQ_CFG1, 8, 0 },
	};
	FX_PMCG(f, 6);

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t value;

		sv3_smmu_reset(f.smmu);
		sv3_smmu_reg_write(f.smmu, rows[i].offset, rows[i].size, UINT64_MAX);
		value = sv3_smmu_reg_read(f.smmu, rows[i].offset, rows[i].size);
		if (value != rows[i].ones)
			FAIL_C("row %u: %#x is %#llx", i, rows[i].offset,
			       (unsigned long long)value);
	}
}

/* Halves of 64-bit registers, and bits that are set and cleared one by one. */
TEST_C(pmcg, pmcg_halves_and_bitmaps)
{
	FX_PMCG(f, 40);

	fx_set_reg(&f, EVCNTR(39), 0x11111111);
	fx_set_reg(&f, EVCNTR(39) + 4, 0x22222222);
	EXPECT_EQ_U64(fx_reg64(&f, EVCNTR(39)), UINT64_C(0x2222222211111111));
	EXPECT_EQ_U64(fx_reg(&f, EVCNTR(39) + 4), 0x22222222);
	fx_set_reg64(&f, IRQ_CFG0, UINT64_C(0x1234567800));
	fx_set_reg(&f, IRQ_CFG0, 0x40);
	EXPECT_EQ_U64(fx_reg64(&f, IRQ_CFG0), UINT64_C(0x1200000040));

	static const uint32_t set[] = { CNTENSET, INTENSET, OVSSET },
			      clear[] = { CNTENCLR, INTENCLR, OVSCLR };
	for (unsigned int i = 0; i < 3; i++) {
		fx_set_reg(&f, set[i], 0xf0);
		fx_set_reg(&f, set[i] + 4, 0x1ff); /* counters 32 to 39 exist */
		fx_set_reg(&f, clear[i], 0x30);
		EXPECT_EQ_U64(fx_reg64(&f, set[i]), UINT64_C(0xff000000c0));
		fx_set_reg(&f, clear[i] + 4, 0x1);
		EXPECT_EQ_U64(fx_reg64(&f, clear[i]), UINT64_C(0xfe000000c0));
	}
}

TEST_C(pmcg, no_group_no_registers)
{
	FX_PMCG(f, 0);

	fx_set_reg(&f, CR, 1);
	EXPECT_EQ_U64(fx_reg(&f, CR), 0);
	EXPECT_EQ_U64(fx_reg(&f, CFGR), 0);
	EXPECT_EQ_U64(fx_reg64(&f, EVCNTR(0)), 0);
}

/* --- Counting --- */

/* [IHI0070 10.3] Nothing cached: each access fetches STE and CD, misses the TLB, and reads four
 * descriptors. */
TEST_C(pmcg, pmcg_counts_without_caches)
{
	FX_COUNTING(f, FX_NO_CACHES);

	fx_map(&f, FX_IOVA, 3, FX_LEAF);
	count_all(&f);
	for (unsigned int i = 0; i < 3; i++)
		EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
	expect_counts(&f, "three reads", (const uint64_t[]){ 3, 3, 3, 12, 6 });
}

/* With caches: misses once, then only transactions. A terminated one counts like any other. */
TEST_C(pmcg, pmcg_counts_with_caches)
{
	FX_COUNTING(f, FX_HTTU);

	fx_map(&f, FX_IOVA, 3, FX_CLEAN);
	count_all(&f);
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
	expect_counts(&f, "first", (const uint64_t[]){ 1, 1, 1, 4, 2 });
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA + 8), FX_DATA + 8);
	expect_counts(&f, "hit", (const uint64_t[]){ 1, 0, 0, 0, 0 });
	/* The leaf is read again and made dirty: two accesses of the walker. */
	EXPECT_EQ_U64(fx_write(&f, FX_IOVA), FX_DATA);
	expect_counts(&f, "dirtied", (const uint64_t[]){ 1, 1, 0, 2, 0 });
	EXPECT_EQ_U64(fx_write(&f, FX_IOVA), FX_DATA);
	expect_counts(&f, "dirty", (const uint64_t[]){ 1, 0, 0, 0, 0 });
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA + 0x1000), FX_FAULT(FX_F_TRANSLATION));
	expect_counts(&f, "fault", (const uint64_t[]){ 1, 1, 0, 1, 0 });
	for (unsigned int n = 6; n < 8; n++)
		EXPECT_EQ_U64(fx_reg64(&f, EVCNTR(n)), 0);
}

/* A probe is no transaction. */
TEST_C(pmcg, pmcg_does_not_see_probes)
{
	FX_COUNTING(f, 0);
	struct sv3_txn txn = fx_txn(FX_IOVA, false);

	fx_map(&f, FX_IOVA, 3, FX_LEAF);
	count_all(&f);
	txn.kind = SV3_TXN_PROBE;
	EXPECT_EQ_U64(fx_go(&f, &txn), FX_DATA);
	expect_counts(&f, "probe", (const uint64_t[]){ 0, 0, 0, 0, 0 });
}

/* [IHI0070 10.2] Transactions of a disabled SMMU count too, those of ATS by their kind. */
TEST_C(pmcg, pmcg_counts_while_disabled)
{
	FX_PMCG(f, 8);
	struct sv3_txn txn = fx_txn(0x5000, false);

	count_all(&f);
	fx_go(&f, &txn);
	txn.kind = SV3_TXN_ATS_REQUEST;
	fx_go(&f, &txn);
	txn.kind = SV3_TXN_ATS_TRANSLATED;
	fx_go(&f, &txn);
	fx_go(&f, &txn);
	EXPECT_EQ_U64(fx_reg64(&f, EVCNTR(6)), 1);
	EXPECT_EQ_U64(fx_reg64(&f, EVCNTR(7)), 2);
	expect_counts(&f, "bypass", (const uint64_t[]){ 4, 0, 0, 0, 0 });
}

/* [IHI0070 10.5.2.5, 10.5.2.14] A counter counts while its bit and CR.E are set; meanwhile the TLB
 * is not asked behind its back. */
TEST_C(pmcg, pmcg_enables)
{
	FX_COUNTING(f, 0);
	struct sv3_txn txn = fx_txn(FX_IOVA, false);
	struct sv3_result result;

	fx_map(&f, FX_IOVA, 3, FX_LEAF);
	fx_read(&f, FX_IOVA);
	EXPECT_OK(sv3_smmu_try(f.smmu, &txn, &result));
	count(&f, 2, 1);
	count(&f, 3, 1);
	EXPECT_EQ_INT(sv3_smmu_try(f.smmu, &txn, &result), -SV3_ERR_MISS);
	fx_read(&f, FX_IOVA);
	fx_set_reg64(&f, CNTENCLR, 1u << 2);
	fx_read(&f, FX_IOVA);
	EXPECT_EQ_U64(fx_reg64(&f, EVCNTR(2)), 1);
	EXPECT_EQ_U64(fx_reg64(&f, EVCNTR(3)), 2);
	fx_set_reg(&f, CR, 0);
	EXPECT_OK(sv3_smmu_try(f.smmu, &txn, &result));
	fx_read(&f, FX_IOVA);
	EXPECT_EQ_U64(fx_reg64(&f, EVCNTR(3)), 2);
	fx_set_reg(&f, CR, 1);
	fx_set_reg64(&f, CNTENCLR, 1u << 3);
	EXPECT_OK(sv3_smmu_try(f.smmu, &txn, &result)); /* nothing is left to count */
}

/* Event 0 and events that no counter knows count nothing. */
TEST_C(pmcg, pmcg_unknown_events)
{
	FX_COUNTING(f, 0);

	count(&f, 0, 0);
	count(&f, 1, 8);
	count(&f, 2, 0x101);
	fx_read(&f, FX_IOVA);
	for (unsigned int n = 0; n < 3; n++)
		EXPECT_EQ_U64(fx_reg64(&f, EVCNTR(n)), 0);
}

/* [IHI0070 10.4] With SPAN the lowest zero and the ones below it match anything. */
TEST_C(pmcg, pmcg_stream_filter)
{
	static const struct {
		uint64_t span;
		uint32_t filter, first, last;
	} rows[] = {
		{ 0, 0x25, 0x25, 0x25 },
		{ 0, 0xff, 0xff, 0xff },
		{ SID_SPAN, 0x26, 0x26, 0x27 }, /* ...0 */
		{ SID_SPAN, 0x25, 0x24, 0x27 }, /* ..01 */
		{ SID_SPAN, 0x27, 0x20, 0x2f }, /* 0111 */
		{ SID_SPAN, 0x5f, 0x40, 0x7f },
		{ SID_SPAN, 0x7fff, 0x00, 0xff },     /* all of one Security state */
		{ SID_SPAN, 0xffffffff, 0x00, 0xff }, /* all */
		{ SID_SPAN, 0x1ff, 0x00, 0xff },
		{ SID_SPAN, 0x3fe, 1, 0 }, /* 0x3fe and 0x3ff alone */
	};
	FX_COUNTING(f, 0);

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t expected = rows[i].last + 1 - rows[i].first;

		count(&f, 4, 1);
		fx_set_reg(&f, EVTYPER(4), 1 | rows[i].span);
		fx_set_reg(&f, SMR(4), rows[i].filter);
		for (uint32_t sid = 0; sid < 256; sid++) {
			struct sv3_txn txn = fx_txn(0x5000, false);
			uint64_t before = fx_reg64(&f, EVCNTR(4));
			bool counted;

			txn.stream_id = sid;
			fx_go(&f, &txn);
			counted = fx_reg64(&f, EVCNTR(4)) != before;
			if (counted != (sid >= rows[i].first && sid <= rows[i].last))
				FAIL_C("row %u: stream %#x counts: %d", i, sid, counted);
		}
		EXPECT_EQ_U64(fx_reg64(&f, EVCNTR(4)), expected);
		fx_set_reg64(&f, EVCNTR(4), 0);
	}
}

/* --- Capture and overflow --- */

/* [IHI0070 10.2.1] All counters at once, by a write of 1. */
TEST_C(pmcg, pmcg_capture)
{
	FX_COUNTING(f, 0);

	fx_set_reg64(&f, EVCNTR(1), 11);
	fx_set_reg64(&f, EVCNTR(7), UINT64_C(0x7700000000));
	fx_set_reg(&f, CAPR, 2); /* reserved */
	EXPECT_EQ_U64(fx_reg64(&f, SVR(1)), 0);
	fx_set_reg(&f, CAPR, 1);
	fx_set_reg64(&f, EVCNTR(1), 12);
	EXPECT_EQ_U64(fx_reg64(&f, SVR(1)), 11);
	EXPECT_EQ_U64(fx_reg64(&f, SVR(7)), UINT64_C(0x7700000000));
	EXPECT_EQ_U64(fx_reg(&f, SVR(7) + 4), 0x77);
	EXPECT_EQ_U64(fx_reg(&f, CAPR), 0);
}

/* A counter that overflows captures all if OVFCAP says so: itself as it is after. */
TEST_C(pmcg, pmcg_capture_by_overflow)
{
	FX_COUNTING(f, 0);

	count(&f, 0, 1);
	count(&f, 1, 1);
	fx_set_reg(&f, EVTYPER(1), 1 | SID_SPAN | OVFCAP);
	fx_set_reg64(&f, EVCNTR(0), UINT64_MAX); /* overflows first, captures nothing */
	fx_set_reg64(&f, EVCNTR(1), UINT64_MAX - 1);
	fx_read(&f, FX_IOVA);
	EXPECT_EQ_U64(fx_reg64(&f, OVSSET), 1);
	EXPECT_EQ_U64(fx_reg64(&f, EVCNTR(0)), 0);
	EXPECT_EQ_U64(fx_reg64(&f, SVR(1)), 0);
	fx_set_reg64(&f, EVCNTR(5), 55);
	fx_read(&f, FX_IOVA);
	EXPECT_EQ_U64(fx_reg64(&f, OVSSET), 3);
	fx_read(&f, FX_IOVA);
	EXPECT_EQ_U64(fx_reg64(&f, SVR(0)), 1);
	EXPECT_EQ_U64(fx_reg64(&f, SVR(1)), 0);
	EXPECT_EQ_U64(fx_reg64(&f, SVR(5)), 55);
}

/* The next access overflows counter 0, which may interrupt. */
static void about_to_overflow(struct fx *f)
{
	count(f, 0, 1);
	fx_set_reg64(f, EVCNTR(0), UINT64_MAX);
	fx_set_reg64(f, INTENSET, 1);
}

static void access_once(struct fx *f)
{
	fx_read(f, FX_IOVA);
	sv3_fast_drain(&f->fast);
}

/* [IHI0070 10.2.1, 10.5.2.19] The wire pulses at each overflow, whatever OVS says already. */
TEST_C(pmcg, pmcg_overflow_wire)
{
	FX_COUNTING(f, 0);

	about_to_overflow(&f);
	fx_set_reg(&f, IRQ_CTRL, 1);
	EXPECT_EQ_U64(fx_reg(&f, IRQ_ACK), 1);
	access_once(&f);
	EXPECT_EQ_U64(f.fast.irq_count[SV3_IRQ_PMCG], 1);
	EXPECT_EQ_U64(fx_reg64(&f, OVSCLR), 1);
	access_once(&f);
	EXPECT_EQ_U64(f.fast.irq_count[SV3_IRQ_PMCG], 1);
	fx_set_reg64(&f, EVCNTR(0), UINT64_MAX);
	access_once(&f);
	EXPECT_EQ_U64(f.fast.irq_count[SV3_IRQ_PMCG], 2);
	fx_set_reg64(&f, OVSCLR, 1);
	EXPECT_EQ_U64(fx_reg64(&f, OVSSET), 0);
	fx_set_reg64(&f, OVSSET, 1); /* by software: nothing but the bit */
	sv3_fast_drain(&f.fast);
	EXPECT_EQ_U64(f.fast.irq_count[SV3_IRQ_PMCG], 2);
}

/* Without INTEN or IRQEN at the moment of the overflow there is no interrupt, then or later. */
TEST_C(pmcg, pmcg_overflow_not_enabled)
{
	FX_COUNTING(f, 0);

	about_to_overflow(&f);
	access_once(&f);
	fx_set_reg(&f, IRQ_CTRL, 1);
	sv3_fast_drain(&f.fast);
	EXPECT_EQ_U64(f.fast.irq_count[SV3_IRQ_PMCG], 0);
	about_to_overflow(&f);
	fx_set_reg64(&f, INTENCLR, 1);
	access_once(&f);
	EXPECT_EQ_U64(f.fast.irq_count[SV3_IRQ_PMCG], 0);
	EXPECT_EQ_U64(fx_reg64(&f, OVSSET), 1);
}

TEST_C(pmcg, pmcg_overflow_msi)
{
	FX_COUNTING(f, 0);

	fx_set_reg64(&f, IRQ_CFG0, FX_MSI + 0x10);
	fx_set_reg(&f, IRQ_CFG1, 0xabcd1234);
	fx_set_reg(&f, IRQ_CTRL, 1);
	fx_set_reg64(&f, IRQ_CFG0, FX_MSI); /* guarded */
	EXPECT_EQ_U64(fx_reg64(&f, IRQ_CFG0), FX_MSI + 0x10);
	EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->software_errors, 1);
	about_to_overflow(&f);
	access_once(&f);
	EXPECT_EQ_U64(fx_peek(&f, FX_MSI + 0x10), 0xabcd1234);
	EXPECT_EQ_U64(f.fast.irq_count[SV3_IRQ_PMCG], 0);
	EXPECT_EQ_U64(fx_reg(&f, IRQ_STATUS), 0);
}

/* [IHI0070 10.5.2.24] A failed MSI leaves a mark until interrupts are enabled anew; it is no
 * GERROR. */
TEST_C(pmcg, pmcg_msi_abort)
{
	FX_COUNTING(f, 0);

	fx_set_reg64(&f, IRQ_CFG0, FX_NOWHERE);
	fx_set_reg(&f, IRQ_CTRL, 1);
	about_to_overflow(&f);
	access_once(&f);
	EXPECT_EQ_U64(fx_reg(&f, IRQ_STATUS), 1);
	EXPECT_EQ_U64(fx_reg(&f, SV3_REG_GERROR), 0);
	fx_set_reg(&f, IRQ_CTRL, 0);
	EXPECT_EQ_U64(fx_reg(&f, IRQ_STATUS), 1);
	fx_set_reg(&f, IRQ_CTRL, 1);
	EXPECT_EQ_U64(fx_reg(&f, IRQ_STATUS), 0);
}

/* [IHI0070 10.5.2.24] SMMUv3.0 has no such mark. */
TEST_C(pmcg, pmcg_msi_abort_leaves_no_mark_in_v3_0)
{
	for (uint32_t aidr = 0; aidr < 2; aidr++) {
		__attribute__((cleanup(fx_fini))) struct fx f;
		struct sv3_smmu_config config;

		fx_config(&config, 0);
		config.pmcg_counters = 8;
		config.aidr = aidr;
		fx_power_on(&f, &config);
		fx_boot(&f, 0);
		fx_set_reg64(&f, IRQ_CFG0, FX_NOWHERE);
		fx_set_reg(&f, IRQ_CTRL, 1);
		about_to_overflow(&f);
		access_once(&f);
		EXPECT_EQ_U64(fx_reg(&f, IRQ_STATUS), aidr);
	}
}

TEST_C(pmcg, pmcg_without_msi_says_so)
{
	__attribute__((cleanup(fx_fini))) struct fx f;
	struct sv3_smmu_config config;

	fx_config(&config, 0);
	config.pmcg_counters = 5;
	config.idr0 &= ~(1u << 13);
	fx_power_on(&f, &config);
	EXPECT_EQ_U64(fx_reg(&f, CFGR), 4 | 63u << 8 | 5u << 20);
	fx_set_reg64(&f, IRQ_CFG0, FX_MSI);
	EXPECT_EQ_U64(fx_reg64(&f, IRQ_CFG0), 0);
	EXPECT_EQ_U64(sv3_smmu_stats(f.smmu)->software_errors, 0);
}

/* [IHI0070 10.5.2.19] IRQEN = 0 is acknowledged when the MSI that is out has arrived, and none goes
 * out after. */
TEST_C(pmcg, pmcg_irqen_off_waits_for_the_msi)
{
	FX_COUNTING(f, 0);
	struct sv3_reply reply = { .status = SV3_BUS_OK };
	struct sv3_txn txn = fx_txn(FX_IOVA, false);
	struct sv3_need need;
	uint32_t job;

	fx_set_reg64(&f, IRQ_CFG0, FX_MSI);
	fx_set_reg(&f, IRQ_CTRL, 1);
	about_to_overflow(&f);
	fx_set_reg(&f, SV3_REG_CR0, 0x8); /* no event queue: no other job */
	fx_go(&f, &txn);
	ASSERT_TRUE(sv3_smmu_next_ready(f.smmu, &job));
	sv3_smmu_step(f.smmu, job, NULL, &need);
	ASSERT_EQ_INT(need.kind, SV3_NEED_WRITE);
	EXPECT_EQ_U64(need.pa, FX_MSI);
	sv3_smmu_reg_write(f.smmu, IRQ_CTRL, 4, 0);
	EXPECT_EQ_U64(sv3_smmu_reg_read(f.smmu, IRQ_ACK, 4), 1);
	sv3_smmu_step(f.smmu, job, &reply, &need);
	EXPECT_EQ_INT(need.kind, SV3_NEED_DONE);
	EXPECT_EQ_U64(sv3_smmu_reg_read(f.smmu, IRQ_ACK, 4), 0);

	/* Ready, and disabled before its first step. */
	sv3_smmu_reg_write(f.smmu, IRQ_CTRL, 4, 1);
	sv3_smmu_reg_write(f.smmu, EVCNTR(0), 8, UINT64_MAX);
	fx_go(&f, &txn);
	ASSERT_TRUE(sv3_smmu_next_ready(f.smmu, &job));
	sv3_smmu_reg_write(f.smmu, IRQ_CTRL, 4, 0);
	sv3_smmu_step(f.smmu, job, NULL, &need);
	EXPECT_EQ_INT(need.kind, SV3_NEED_DONE);
	EXPECT_FALSE(sv3_smmu_next_ready(f.smmu, &job));
}

TEST_C(pmcg, reset_stops_counting)
{
	FX_COUNTING(f, 0);

	count(&f, 1, 1);
	fx_read(&f, FX_IOVA);
	sv3_smmu_reset(f.smmu);
	EXPECT_EQ_U64(fx_reg64(&f, EVCNTR(1)), 0);
	EXPECT_EQ_U64(fx_reg64(&f, CNTENSET), 0);
	fx_read(&f, FX_IOVA);
	EXPECT_EQ_U64(fx_reg64(&f, EVCNTR(1)), 0);
}

/* A hit is answered at once unless it has to be counted. */
TEST_C(pmcg, hits_are_answered_at_once_while_nothing_is_counted)
{
	FX_COUNTING(f, 0);
	const struct sv3_txn txn = fx_txn(FX_IOVA, false);

	fx_map(&f, FX_IOVA, 3, FX_LEAF | FX_AP1);
	EXPECT_EQ_U64(fx_read(&f, FX_IOVA), FX_DATA);
	EXPECT_OK(sv3_smmu_try(f.smmu, &txn, &f.result));
	fx_set_reg(&f, CR, 1);
	EXPECT_OK(sv3_smmu_try(f.smmu, &txn, &f.result));
	fx_set_reg64(&f, CNTENSET, 1);
	EXPECT_EQ_INT(sv3_smmu_try(f.smmu, &txn, &f.result), -SV3_ERR_MISS);
	fx_set_reg64(&f, CNTENCLR, 1);
	EXPECT_OK(sv3_smmu_try(f.smmu, &txn, &f.result));
	fx_set_reg64(&f, CNTENSET, 1);
	fx_set_reg(&f, CR, 0);
	EXPECT_OK(sv3_smmu_try(f.smmu, &txn, &f.result));
}
