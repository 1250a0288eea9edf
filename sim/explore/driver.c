/* SPDX-License-Identifier: MIT */
/*
 * driver.c - the driver that is explored by default: sv3's own page tables and command queue, as a
 * kernel would use them. Where a mistake can be seeded (mutants.def) the code asks for it.
 */
#include <string.h>

#include <sv3/arch.h>
#include <sv3/pagetable.h>
#include <sv3/vmsa.h>

#include "explore_priv.h"

enum mutant {
	NO_MUTANT,
#define MUTANT(id, name, class, scenario, text) id,
#include "mutants.def"
#undef MUTANT
};

struct state {
	struct sv3_explore_setup setup;
	enum mutant mutant;
	struct sv3_pt pt;
	struct sv3_pt_pages pages;
	struct sv3_cmdq cmdqs[SV3_EXPLORE_SMMUS_MAX];
	struct sv3_strtab strtabs[SV3_EXPLORE_SMMUS_MAX];
	uint32_t eventq_cons[SV3_EXPLORE_SMMUS_MAX];
};

enum { ASID = 5, INPUT_LG2 = 30, EVENTQ_LG2 = 4, LOG_WORDS = 8 };

/* The first error of a row of calls. */
#define TRY(call)                           \
	do {                                \
		const int64_t rc_ = (call); \
		if (rc_ < 0)                \
			return (int)rc_;    \
	} while (0)

/* --- boot --- */

static int find_mutant(const char *bug, enum mutant *mutant)
{
	static const struct {
		const char *id, *name;
	} rows[] = {
		{ "", "none" },
#define MUTANT(id, name, class, scenario, text) { #id, name },
#include "mutants.def"
#undef MUTANT
	};

	*mutant = NO_MUTANT;
	for (unsigned int i = 0; bug && i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strcmp(bug, rows[i].id) == 0 || strcmp(bug, rows[i].name) == 0) {
			*mutant = (enum mutant)i;
			return 0;
		}
	}
	return bug ? -SV3_ERR_NOENT : 0;
}

static void write_reg(const struct sv3_regport *regs, uint32_t offset, uint32_t size,
		      uint64_t value)
{
	regs->ops->write(regs->context, offset, size, value);
}

static int make_stream(struct state *s, uint32_t device)
{
	const struct sv3_explore_setup *setup = &s->setup;
	const sv3_pa cd_pa = setup->cds + 64 * device;
	const struct sv3_cd_config config = {
		.ttb = s->pt.root,
		.granule_lg2 = 12,
		.input_size_lg2 = INPUT_LG2,
		.output_size_lg2 = 48,
		.asid = ASID,
		.ha = true,
		.hd = s->mutant != B24,
		.record = true,
		.abort = true,
		.stall = setup->stall,
	};
	uint64_t cd[8], ste[8];

	TRY(sv3_cd_make(cd, &config));
	TRY(sv3_cd_write(&setup->bus, cd_pa, 0, cd));
	sv3_ste_make_s1(ste, cd_pa, 0);
	if (setup->ats)
		ste[1] |= SV3_PUT(SV3_STE1_EATS, SV3_STE_EATS_FULL);
	return sv3_strtab_write(&s->strtabs[setup->stream_smmus[device]], setup->stream_ids[device],
				ste);
}

static int make_smmu(struct state *s, uint32_t smmu)
{
	const struct sv3_explore_setup *setup = &s->setup;
	const struct sv3_regport *regs = &setup->regs[smmu];
	struct sv3_strtab *strtab = &s->strtabs[smmu];

	TRY(sv3_strtab_init(strtab, &setup->bus, setup->strtabs[smmu], setup->strtabs[smmu] + 1024,
			    4, 0));
	TRY(sv3_cmdq_init(&s->cmdqs[smmu], &setup->bus, regs, setup->cmdqs[smmu],
			  setup->queue_lg2));
	write_reg(regs, SV3_REG_STRTAB_BASE, 8, sv3_strtab_base(strtab));
	write_reg(regs, SV3_REG_STRTAB_BASE_CFG, 4, sv3_strtab_base_cfg(strtab));
	write_reg(regs, SV3_REG_EVENTQ_BASE, 8, setup->eventqs[smmu] | EVENTQ_LG2);
	write_reg(regs, SV3_REG_CR0, 4,
		  SV3_CR0_SMMUEN | SV3_CR0_EVENTQEN | SV3_CR0_CMDQEN |
			  (setup->ats ? SV3_CR0_ATSCHK : 0));
	return 0;
}

static int invalidate_all(struct state *s)
{
	for (uint32_t i = 0; i < s->setup.smmu_count; i++) {
		TRY(sv3_cmdq_cfgi_all(&s->cmdqs[i]));
		TRY(sv3_cmdq_tlbi_all(&s->cmdqs[i]));
		TRY(sv3_cmdq_sync(&s->cmdqs[i]));
	}
	return 0;
}

static int attach(void *state, const struct sv3_explore_setup *setup)
{
	const struct sv3_pt_config config = { .granule_lg2 = 12,
					      .input_size_lg2 = INPUT_LG2,
					      .dbm = true };
	struct state *s = (struct state *)state;

	*s = (struct state){ .setup = *setup,
			     .pages = { .next = setup->tables, .end = setup->tables_end } };
	TRY(find_mutant(setup->bug, &s->mutant));
	TRY(sv3_pt_init(&s->pt, &setup->bus, &s->pages, &config));
	for (uint32_t i = 0; i < setup->smmu_count; i++)
		TRY(make_smmu(s, i));
	for (uint32_t i = 0; i < setup->device_count; i++)
		TRY(make_stream(s, i));
	return invalidate_all(s);
}

/* --- invalidation --- */

static int invalidate_atcs(struct state *s, sv3_iova iova, uint64_t len)
{
	const struct sv3_explore_setup *setup = &s->setup;

	if (!setup->ats || s->mutant == B14)
		return 0;
	for (uint32_t i = 0; i < setup->device_count; i++)
		TRY(sv3_cmdq_atc_inv(&s->cmdqs[setup->stream_smmus[i]], setup->stream_ids[i], iova,
				     len));
	for (uint32_t i = 0; i < setup->smmu_count; i++)
		TRY(sv3_cmdq_sync(&s->cmdqs[i]));
	return 0;
}

/* TLBI and CMD_SYNC on each SMMU, then the ATCs behind them. */
static int invalidate(struct state *s, const struct sv3_pt_gather *gather)
{
	struct sv3_pt_gather named = *gather;

	if (gather->first > gather->last)
		return 0;
	if (s->mutant == B10 && named.last - named.first >= 8192)
		named.last -= 4096;
	for (uint32_t i = 0; i < s->setup.smmu_count; i++) {
		if (s->mutant != B02 && (s->mutant != B15 || i == 0))
			TRY(sv3_cmdq_flush_gather(&s->cmdqs[i], s->mutant == B08 ? ASID + 1 : ASID,
						  12, &named, SV3_FLUSH_RANGE));
		if (s->mutant == B06)
			sv3_cmdq_ring(&s->cmdqs[i]);
		else
			TRY(sv3_cmdq_sync(&s->cmdqs[i]));
	}
	return invalidate_atcs(s, gather->first, gather->last - gather->first + 1);
}

static void gather_range(struct sv3_pt_gather *gather, sv3_iova iova, uint64_t len)
{
	sv3_pt_gather_init(gather);
	for (uint64_t at = 0; at < len; at += 4096)
		sv3_pt_gather_add(gather, iova + at, 12);
}

/* --- mapping --- */

static int map(void *state, sv3_iova iova, sv3_pa pa, uint64_t len, uint32_t leaf_lg2)
{
	struct state *s = (struct state *)state;

	return sv3_pt_map(&s->pt, iova, pa, len, leaf_lg2,
			  SV3_PT_READ | SV3_PT_WRITE | SV3_PT_UNPRIV);
}

struct unmapped {
	sv3_iova iova;
	uint64_t dirty;
	struct sv3_pt_gather gather;
};

static void see_unmapped(void *context, const struct sv3_pt_leaf *leaf)
{
	struct unmapped *unmapped = (struct unmapped *)context;
	const uint64_t page = (leaf->iova - unmapped->iova) / 4096;
	const bool is_dirty =
		(leaf->descriptor & (SV3_PTE_DBM | SV3_PTE_AP2_RDONLY)) == SV3_PTE_DBM;

	sv3_pt_gather_add(&unmapped->gather, leaf->iova, leaf->span_lg2);
	if (is_dirty)
		unmapped->dirty |= leaf->span_lg2 > 12 ? UINT64_MAX : UINT64_C(1) << (page & 63);
}

static int unmap(void *state, sv3_iova iova, uint64_t len, uint64_t *dirty)
{
	struct state *s = (struct state *)state;
	struct unmapped unmapped = { .iova = iova };

	sv3_pt_gather_init(&unmapped.gather);
	TRY(sv3_pt_unmap(&s->pt, iova, len, see_unmapped, &unmapped));
	*dirty = s->mutant == B31 ? 0 : unmapped.dirty;
	return invalidate(s, &unmapped.gather);
}

/* --- dirty state --- */

static struct sv3_dirty_log log_of(uint64_t *words, sv3_iova iova, uint64_t len)
{
	return (struct sv3_dirty_log){ .words = words,
				       .page_count = len / 4096,
				       .base = SV3_EXPLORE_DATA + (iova - SV3_EXPLORE_IOVA) };
}

static int scan(void *state, sv3_iova iova, uint64_t len, uint64_t *dirty)
{
	struct state *s = (struct state *)state;
	uint64_t words[LOG_WORDS] = { 0 };
	struct sv3_dirty_log log = log_of(words, iova, len);

	TRY(sv3_dirty_scan_all(&s->pt, iova, len, 0, &log, NULL));
	*dirty = words[0];
	return 0;
}

/* Reads an entry, and writes it later whatever happened meanwhile. B19: also one that is clean. */
static int clear_plainly(struct state *s, sv3_iova iova, struct sv3_pt_gather *gather)
{
	struct sv3_pt_leaf leaf;
	uint8_t bytes[8];

	TRY(sv3_pt_lookup(&s->pt, iova, &leaf));
	if (s->mutant == B20 && leaf.descriptor & SV3_PTE_AP2_RDONLY)
		return 0;
	sv3_put_le64(bytes, leaf.descriptor | SV3_PTE_AP2_RDONLY);
	if (sv3_bus_write(&s->setup.bus, leaf.descriptor_pa, bytes, 8) != SV3_BUS_OK)
		return -SV3_ERR_BUS;
	sv3_pt_gather_add(gather, leaf.iova, leaf.span_lg2);
	return 0;
}

static int drop_dbm(struct state *s, sv3_iova iova)
{
	struct sv3_pt_leaf leaf;
	uint64_t old;

	TRY(sv3_pt_lookup(&s->pt, iova, &leaf));
	return sv3_bus_cas64(&s->setup.bus, leaf.descriptor_pa, leaf.descriptor,
			     leaf.descriptor & ~SV3_PTE_DBM, &old) == SV3_BUS_OK
		       ? 0
		       : -SV3_ERR_BUS;
}

static int clear_page(struct state *s, sv3_iova iova, bool is_reported,
		      const struct sv3_dirty_log *reported, struct sv3_pt_gather *gather)
{
	if (s->mutant == B17)
		TRY(sv3_dirty_clear(&s->pt, iova, NULL, gather));
	else if (s->mutant == B19 || (s->mutant == B20 && is_reported))
		TRY(clear_plainly(s, iova, gather));
	else if (is_reported)
		TRY(sv3_dirty_clear(&s->pt, iova, reported, gather));
	if (s->mutant == B21 && is_reported)
		TRY(drop_dbm(s, iova));
	return 0;
}

static int clear(void *state, sv3_iova iova, uint64_t len, uint64_t dirty)
{
	struct state *s = (struct state *)state;
	uint64_t words[LOG_WORDS] = { dirty };
	const struct sv3_dirty_log reported = log_of(words, iova, len);
	struct sv3_pt_gather gather;

	if (s->mutant == B22)
		return 0;
	/* A block is cleared as a whole. */
	for (unsigned int i = 1; dirty == UINT64_MAX && i < LOG_WORDS; i++)
		words[i] = UINT64_MAX;
	if (s->mutant == B05) {
		gather_range(&gather, iova, len);
		TRY(invalidate(s, &gather));
	}
	sv3_pt_gather_init(&gather);
	for (uint64_t page = 0; page < len / 4096 && page < 64; page++)
		TRY(clear_page(s, iova + 4096 * page, dirty >> page & 1, &reported, &gather));
	return s->mutant == B05 ? 0 : invalidate(s, &gather);
}

static int collect(void *state, sv3_iova iova, uint64_t len, uint64_t *dirty)
{
	struct state *s = (struct state *)state;
	uint64_t words[LOG_WORDS] = { 0 };
	struct sv3_dirty_log log = log_of(words, iova, len);
	struct sv3_pt_gather gather;

	sv3_pt_gather_init(&gather);
	TRY(sv3_dirty_scan_all(&s->pt, iova, len, SV3_DIRTY_CLEAR, &log, &gather));
	*dirty = words[0];
	return invalidate(s, &gather);
}

/* Before start() and after stop() nobody listens: both make clean what is dirty. */
static int start(void *state, sv3_iova iova, uint64_t len)
{
	uint64_t dirty;

	return collect(state, iova, len, &dirty);
}

/* --- leaf sizes --- */

static int break_before_make(struct state *s, sv3_iova iova, uint64_t len)
{
	struct sv3_pt_gather gather;

	TRY(sv3_pt_unmap(&s->pt, iova, len, NULL, NULL));
	gather_range(&gather, iova, len);
	TRY(invalidate(s, &gather));
	return sv3_pt_map(&s->pt, iova, SV3_EXPLORE_DATA + (iova - SV3_EXPLORE_IOVA), 8 * 4096, 12,
			  SV3_PT_READ | SV3_PT_WRITE | SV3_PT_UNPRIV | SV3_PT_BORN_DIRTY);
}

static int resize(struct state *s, struct sv3_pt_resize *resize)
{
	int rc;

	while ((rc = sv3_pt_resize_step(resize)) == 1) {
		resize->owed.asid = ASID;
		for (uint32_t i = 0; resize->owed.len && i < s->setup.smmu_count; i++) {
			TRY(sv3_cmdq_tlbi_range(&s->cmdqs[i], &resize->owed));
			TRY(sv3_cmdq_sync(&s->cmdqs[i]));
		}
	}
	return rc;
}

static int split(void *state, sv3_iova iova, uint64_t len)
{
	struct state *s = (struct state *)state;
	struct sv3_pt_resize steps;

	if (s->mutant == B36)
		return break_before_make(s, iova, len);
	if (s->mutant == B34) {
		uint64_t dirty;

		TRY(collect(s, iova, len, &dirty));
	}
	TRY(sv3_pt_split_begin(&steps, &s->pt, iova, len, 12, s->setup.bbml));
	return resize(s, &steps);
}

static int merge(void *state, sv3_iova iova, uint64_t len)
{
	struct state *s = (struct state *)state;
	struct sv3_pt_resize steps;

	TRY(sv3_pt_merge_begin(&steps, &s->pt, iova, len, 21, s->setup.bbml));
	return resize(s, &steps);
}

static int flush(void *state)
{
	return invalidate_all((struct state *)state);
}

const struct sv3_explore_driver *sv3_explore_driver_sv3(void)
{
	static const struct sv3_explore_driver driver = {
		.name = "sv3",
		.about = "sv3's own page tables and command queue",
		.state_bytes = sizeof(struct state),
		.attach = attach,
		.map = map,
		.unmap = unmap,
		.scan = scan,
		.clear = clear,
		.collect = collect,
		.start = start,
		.stop = start,
		.split = split,
		.merge = merge,
		.flush = flush,
	};

	return &driver;
}
