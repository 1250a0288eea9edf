/* SPDX-License-Identifier: MIT */
/*
 * test_resize.c - split and merge under live DMA: is a write lost, or does one fault, when the
 * device acts between any two accesses of software?
 *
 * Tables to begin with are made by hand; then pagetable/ changes the size of their leaves through a
 * bus that lets the device go on before each access. The device holds several accesses in
 * flight, walks half done and writes that have not landed. A page that was written has to be dirty
 * in the end, or to have been copied since. [IHI0070 3.21.1.1 to 3.21.1.3]
 */
#include "tests/model/fx.h"

#include <sv3/pagetable.h>

#include <string.h>

#define CONFLICT  SV3_CHOICE_TLB_CONFLICT
#define PAGES_MAX 8192u
#define DMA_COUNT 3u

#define F_TLB_CONFLICT 0x20u

struct dma {
	bool active, write;
	bool broken; /* while it was going on nothing was mapped for a time */
	uint32_t slot, page;
	struct sv3_need need;
};

struct live {
	struct fx f;
	struct sv3_bus bus;
	struct sv3_regport port;
	struct sv3_pt_pages pool;
	struct sv3_pt pt;
	struct sv3_cmdq cmdq;
	struct sv3_pt_resize resize;
	/* One block's span, in either form. */
	unsigned int granule, bbml;
	uint64_t span;
	uint32_t page_count;
	sv3_iova iova;
	sv3_pa pa, descriptor;
	/* The device. */
	void (*act)(struct live *l);
	bool acting;
	struct dma dma[DMA_COUNT];
	struct sv3_prng prng;
	uint64_t rarely;                /* at random: at one access of so many */
	uint64_t ticks, start_at, hold; /* scripted: begins at this access, lands so much later */
	uint32_t page;
	/* What came of it. */
	bool pending[PAGES_MAX]; /* written, not copied since */
	unsigned int landed, late;
	struct sv3_dirty_log log;
	uint64_t words[(UINT64_C(1) << 29) / 4096 / 64];
};

/* --- the device --- */

/* Between break and make, which is at level 0 only. */
static bool is_broken(struct live *l)
{
	return l->bbml == 0 && (fx_peek(&l->f, l->descriptor) & 1) == 0;
}

static void dma_start(struct live *l, struct dma *d, uint32_t page, bool write)
{
	struct sv3_txn txn = fx_txn(l->iova + ((uint64_t)page << l->granule) + 0x120, write);

	*d = (struct dma){ .write = write, .page = page };
	if (sv3_smmu_begin(l->f.smmu, &txn, &d->slot))
		return;
	d->active = true;
	d->broken = is_broken(l);
	sv3_smmu_step(l->f.smmu, d->slot, NULL, &d->need);
}

/* All records there are: of translation faults, and only where these may be. */
static void check_events(struct live *l)
{
	bool may_fault = false;
	unsigned int event;

	for (unsigned int i = 0; i < DMA_COUNT; i++)
		may_fault |= l->dma[i].broken;
	while ((event = fx_event(&l->f)) != 0)
		if (event != FX_F_TRANSLATION || !may_fault)
			ctest_fail(__FILE__, __LINE__, "granule %u, bbml %u, access %u: event %#x",
				   l->granule, l->bbml, (unsigned int)l->ticks, event);
}

static void dma_land(struct live *l, struct dma *d)
{
	struct sv3_result result;

	sv3_smmu_result(l->f.smmu, d->slot, &result);
	d->active = false;
	if (result.outcome == SV3_OUTCOME_OK) {
		if (result.pa != l->pa + ((uint64_t)d->page << l->granule) + 0x120)
			ctest_fail(__FILE__, __LINE__, "page %u at %#llx", d->page,
				   (unsigned long long)result.pa);
		l->landed++;
		l->pending[d->page] |= d->write;
	} else if (!d->broken) {
		ctest_fail(__FILE__, __LINE__, "granule %u, bbml %u, access %u: a fault",
			   l->granule, l->bbml, (unsigned int)l->ticks);
	}
	sv3_smmu_finish(l->f.smmu, d->slot);
	sv3_fast_drain(&l->f.fast);
	check_events(l);
}

/* One need, or the end. */
static void dma_step(struct live *l, struct dma *d)
{
	struct sv3_reply reply = { 0 };

	d->broken |= is_broken(l);
	if (d->need.kind == SV3_NEED_DONE) {
		dma_land(l, d);
		return;
	}
	if (d->need.kind == SV3_NEED_READ)
		reply.status = sv3_bus_read(&l->f.bus, d->need.pa, reply.data, d->need.size);
	else if (d->need.kind == SV3_NEED_CAS64)
		reply.status = sv3_bus_cas64(&l->f.bus, d->need.pa, d->need.expect, d->need.desired,
					     &reply.old);
	sv3_smmu_step(l->f.smmu, d->slot, &reply, &d->need);
}

static bool dma_step_all(struct live *l)
{
	bool any = false;

	for (unsigned int i = 0; i < DMA_COUNT; i++) {
		if (!l->dma[i].active)
			continue;
		dma_step(l, &l->dma[i]);
		any = true;
	}
	return any;
}

/* From any state to any: begins, goes on a little, lands, or nothing. */
static void act_at_random(struct live *l)
{
	struct dma *d = &l->dma[sv3_prng_below(&l->prng, DMA_COUNT)];
	const uint64_t hot = sv3_prng_below(&l->prng, 2);

	if (sv3_prng_below(&l->prng, l->rarely) != 0)
		return;
	if (!d->active)
		dma_start(l, d,
			  (uint32_t)sv3_prng_below(&l->prng, hot ? 4 : l->page_count) +
				  (hot ? l->page_count - 4 : 0),
			  sv3_prng_below(&l->prng, 4) != 0);
	else if (d->need.kind != SV3_NEED_DONE || sv3_prng_below(&l->prng, 4) == 0)
		dma_step(l, d);
}

/* One write: one need at each access, and it lands so much later. */
static void act_once(struct live *l)
{
	struct dma *d = &l->dma[0];

	if (l->ticks == l->start_at)
		dma_start(l, d, l->page, true);
	else if (d->active && (d->need.kind != SV3_NEED_DONE || l->hold-- == 0))
		dma_step(l, d);
}

static void tick(struct live *l)
{
	if (l->acting || !l->act)
		return;
	l->acting = true;
	l->ticks++;
	l->act(l);
	l->acting = false;
}

/* --- the doors of software --- */

static enum sv3_bus_status live_read(void *context, sv3_pa pa, void *data, uint32_t size)
{
	struct live *l = (struct live *)context;

	tick(l);
	return sv3_bus_read(&l->f.bus, pa, data, size);
}

static enum sv3_bus_status live_write(void *context, sv3_pa pa, const void *data, uint32_t size)
{
	struct live *l = (struct live *)context;

	tick(l);
	return sv3_bus_write(&l->f.bus, pa, data, size);
}

static enum sv3_bus_status live_cas64(void *context, sv3_pa pa, uint64_t expect, uint64_t desired,
				      uint64_t *old)
{
	struct live *l = (struct live *)context;

	tick(l);
	return sv3_bus_cas64(&l->f.bus, pa, expect, desired, old);
}

static uint64_t live_reg_read(void *context, uint32_t offset, uint32_t size)
{
	struct live *l = (struct live *)context;

	return l->f.port.ops->read(l->f.port.context, offset, size);
}

static void live_reg_write(void *context, uint32_t offset, uint32_t size, uint64_t value)
{
	struct live *l = (struct live *)context;

	tick(l);
	l->f.port.ops->write(l->f.port.context, offset, size, value);
}

/* Software waits: what is in flight lands. */
static bool live_poll(void *context)
{
	struct live *l = (struct live *)context;
	const bool any = dma_step_all(l);

	return l->f.port.ops->poll(l->f.port.context) || any;
}

/* --- the machine --- */

static void live_fini(struct live *l)
{
	fx_fini(&l->f);
}

static void boot(struct live *l, uint32_t choices, bool small_tlb, bool no_ranges)
{
	struct sv3_smmu_config config;

	fx_config(&config, FX_HTTU);
	config.choices = choices;
	if (l->bbml == 0)
		config.aidr = 1;
	config.idr3 = (config.idr3 & ~UINT32_C(0x1800)) | l->bbml << 11;
	if (no_ranges)
		config.idr3 &= ~UINT32_C(0x400);
	if (small_tlb) {
		config.tlb_entries = 16; /* some entries are replaced, others get old */
		config.tlb_ways = 4;
	}
	fx_power_on(&l->f, &config);
	fx_boot(&l->f, FX_HTTU);
	fx_use_table(&l->f, l->granule, 16, FX_HTTU);
	fx_cfgi_all(&l->f);
}

/* Clean leaves: a block, or pages. */
static void map_by_hand(struct live *l, bool block)
{
	const uint64_t bits = FX_AF | FX_NG | FX_DBM | FX_AP2;
	sv3_pa table;

	if (block) {
		l->descriptor = fx_map(&l->f, l->iova, 2, l->pa | FX_BLOCK | bits);
		return;
	}
	table = fx_map(&l->f, l->iova, 3, 0);
	l->descriptor = fx_pte(&l->f, l->iova, 2);
	for (uint32_t i = 0; i < l->page_count; i++)
		fx_poke(&l->f, table + 8 * (uint64_t)i,
			(l->pa + ((uint64_t)i << l->granule)) | FX_PAGE | bits);
}

static void live_init(struct live *l, unsigned int granule, unsigned int bbml, uint32_t choices,
		      bool block, uint64_t seed)
{
	static const struct sv3_bus_ops bus_ops = { .read = live_read,
						    .write = live_write,
						    .cas64 = live_cas64 };
	static const struct sv3_regport_ops port_ops = { live_reg_read, live_reg_write, live_poll };

	memset(l, 0, sizeof(*l));
	l->granule = granule;
	l->bbml = bbml;
	l->span = UINT64_C(1) << (2 * granule - 3);
	l->page_count = UINT32_C(1) << (granule - 3);
	l->iova = FX_IOVA & ~(l->span - 1);
	l->pa = FX_DATA & ~(l->span - 1);
	l->bus = (struct sv3_bus){ &bus_ops, l };
	l->port = (struct sv3_regport){ &port_ops, l };
	l->log = (struct sv3_dirty_log){ l->words, l->span / 4096, l->pa };
	sv3_prng_seed(&l->prng, seed);
	boot(l, choices, seed % 2, bbml == 0 && seed / 2 % 2);
	map_by_hand(l, block);
	l->pool = (struct sv3_pt_pages){ .next = FX_SCRATCH, .end = FX_SCRATCH + 0x200000 };
	l->pt = (struct sv3_pt){
		.bus = l->bus,
		.pages = &l->pool,
		.config = { .granule_lg2 = granule, .input_size_lg2 = 48, .dbm = true },
		.root = l->f.ttb0
	};
	EXPECT_OK(sv3_cmdq_init(&l->cmdq, &l->bus, &l->port, FX_CMDQ, 6));
}

#define LIVE(name, ...)                                       \
	__attribute__((cleanup(live_fini))) struct live name; \
	live_init(&name, __VA_ARGS__)

/* --- what has to hold --- */

static uint64_t leaf_of(struct live *l, uint32_t page)
{
	const uint64_t pte = fx_peek(&l->f, l->descriptor);
	const uint64_t address_mask = (UINT64_C(1) << 48) - (UINT64_C(1) << l->granule);

	return (pte & 3) == FX_TABLE ? fx_peek(&l->f, (pte & address_mask) + 8 * (uint64_t)page)
				     : pte;
}

static unsigned int lost(struct live *l)
{
	unsigned int count = 0;

	for (uint32_t i = 0; i < l->page_count; i++)
		count += l->pending[i] && (leaf_of(l, i) & (FX_AP2 | FX_DBM | 1)) != (FX_DBM | 1);
	return count;
}

static void expect_none_lost(struct live *l)
{
	if (lost(l) > 0)
		ctest_fail(__FILE__, __LINE__, "granule %u, bbml %u, access %u, hold %u: %u lost",
			   l->granule, l->bbml, (unsigned int)l->start_at, (unsigned int)l->hold,
			   lost(l));
}

/* All has landed. */
static void settle(struct live *l)
{
	l->act = NULL;
	while (dma_step_all(l))
		;
	check_events(l);
	expect_none_lost(l);
}

static void begin(struct live *l, bool merge)
{
	if (merge)
		EXPECT_OK(sv3_pt_merge_begin(&l->resize, &l->pt, l->iova, l->span, 48, l->bbml));
	else
		EXPECT_OK(sv3_pt_split_begin(&l->resize, &l->pt, l->iova, l->span, 0, l->bbml));
}

static void flush(struct live *l)
{
	if (l->resize.owed.len == 0)
		return;
	l->resize.owed.asid = 1;
	EXPECT_OK(sv3_cmdq_tlbi_range(&l->cmdq, &l->resize.owed));
	EXPECT_OK(sv3_cmdq_sync(&l->cmdq));
}

/* Read and clear, TLBI, SYNC, and only then copy. */
static void collect(struct live *l)
{
	struct sv3_pt_gather gather;

	sv3_pt_gather_init(&gather);
	EXPECT_OK(sv3_dirty_scan_all(&l->pt, l->iova, l->span, SV3_DIRTY_CLEAR, &l->log, &gather));
	EXPECT_OK(sv3_cmdq_flush_gather(&l->cmdq, 1, l->granule, &gather, SV3_FLUSH_RANGE));
	EXPECT_OK(sv3_cmdq_sync(&l->cmdq));
	for (uint32_t i = 0; i < l->page_count; i++)
		if (sv3_dirty_log_test(&l->log, l->pa + ((uint64_t)i << l->granule)))
			l->pending[i] = false;
	sv3_dirty_log_clear_all(&l->log);
}

/* Does a table that was taken out know of dirt that the block does not? */
static bool is_late(struct live *l)
{
	const uint64_t block = fx_peek(&l->f, l->descriptor);

	if (l->resize.table == 0 || (block & 3) != FX_BLOCK || !(block & FX_AP2))
		return false;
	for (uint32_t i = 0; i < l->page_count; i++)
		if (!(fx_peek(&l->f, l->resize.table + 8 * (uint64_t)i) & FX_AP2))
			return true;
	return false;
}

/* Step by step, each with what it owes. */
static void run(struct live *l, bool merge, bool collects)
{
	int rc;

	begin(l, merge);
	do {
		l->late += merge && is_late(l);
		rc = sv3_pt_resize_step(&l->resize);
		EXPECT_OK(rc);
		flush(l);
		if (collects && sv3_prng_below(&l->prng, 2))
			collect(l);
	} while (rc > 0);
	EXPECT_EQ_INT((fx_peek(&l->f, l->descriptor) & 3) == FX_BLOCK, merge);
	expect_none_lost(l);
}

/* --- live --- */

/* There and back, the device writing all the time, scans before and perhaps between the steps. What
 * a busy device makes dirty at once, an idle one makes dirty late. */
static void wander(unsigned int granule, unsigned int bbml, uint64_t seed, struct live *sum)
{
	static const uint64_t rarely[] = { 1, 4, 30, 200 };
	LIVE(l, granule, bbml, bbml < 2 ? CONFLICT : 0, true, seed);

	l.act = act_at_random;
	l.rarely = rarely[seed / 2 % 4];
	for (unsigned int i = 0; i < 4; i++) {
		collect(&l);
		run(&l, i % 2, seed / 8 % 2);
	}
	settle(&l);
	sum->late += l.late;
	sum->landed += l.landed;
	/* What was given back twice is there to be taken. */
	EXPECT_EQ_U64(l.pool.free_head, FX_SCRATCH);
}

static void wander_all(unsigned int granule, uint64_t seeds)
{
	struct live sum = { 0 };

	for (uint64_t seed = 0; seed < seeds; seed++)
		wander(granule, (unsigned int)(seed % 3), seed / 3, &sum);
	EXPECT_GE_U64(sum.landed, 50 * seeds);
	EXPECT_GE_U64(sum.late, 1); /* the race did happen */
}

TEST_C(resize_live, no_write_is_lost_4k)
{
	wander_all(12, 480);
}

TEST_C(resize_live, no_write_is_lost_16k)
{
	wander_all(14, 96);
}

TEST_C(resize_live, no_write_is_lost_64k)
{
	wander_all(16, 48);
}

/*
 * One write that begins at an access and lands at once, or not before software waits for it. The
 * page's leaf may be in the TLB, its table in the walk cache.
 * Returns: whether it began.
 */
static bool once(unsigned int bbml, bool merge, unsigned int warm, uint64_t start_at, uint64_t hold,
		 unsigned int *late)
{
	LIVE(l, 12, bbml, bbml < 2 ? CONFLICT : 0, !merge, 0);

	l.page = 300;
	if (warm > 0)
		fx_read(&l.f, l.iova + ((uint64_t)(warm == 1 ? l.page : 7) << 12));
	l.act = act_once;
	l.start_at = start_at;
	l.hold = hold;
	run(&l, merge, false);
	settle(&l);
	*late += l.late;
	return l.ticks >= start_at;
}

static void once_at_every_access(unsigned int bbml, bool merge)
{
	unsigned int late = 0;

	for (unsigned int n = 0; n < 6; n++) {
		uint64_t access = 1;

		while (once(bbml, merge, n % 3, access, n < 3 ? 0 : UINT64_MAX, &late))
			access++;
		EXPECT_GE_U64(access, merge ? 512 : 10);
	}
	EXPECT_EQ_INT(late > 0, merge && bbml > 0);
}

TEST_C(resize_live, one_write_at_every_access_of_a_split)
{
	for (unsigned int bbml = 0; bbml < 3; bbml++)
		once_at_every_access(bbml, false);
}

TEST_C(resize_live, one_write_at_every_access_of_a_merge)
{
	for (unsigned int bbml = 0; bbml < 3; bbml++)
		once_at_every_access(bbml, true);
}

/* At level 0 there is a time without a translation, between break and make, and at no other. */
TEST_C(resize_live, faults_only_while_broken)
{
	for (unsigned int n = 0; n < 6; n++) {
		const bool merge = n % 2;
		const unsigned int bbml = n / 2;
		LIVE(l, 12, bbml, bbml < 2 ? CONFLICT : 0, !merge, 0);
		unsigned int step = 0;
		int rc;

		begin(&l, merge);
		do {
			EXPECT_EQ_U64(fx_write(&l.f, l.iova + 0x5000),
				      bbml == 0 && step == 1 ? FX_FAULT(FX_F_TRANSLATION)
							     : l.pa + 0x5000);
			rc = sv3_pt_resize_step(&l.resize);
			flush(&l);
			step++;
		} while (rc > 0);
		EXPECT_EQ_U64(fx_write(&l.f, l.iova + 0x5000), l.pa + 0x5000);
	}
}
