/* SPDX-License-Identifier: MIT */
/*
 * driver.c - boot, structures and what changes them while devices go on.
 *
 * Each device has two CDs of the same table, with an ASID each. Whatever changes while a device
 * goes on changes by one doubleword: the STE by the one that names the CD, the CD by the one with
 * HD. So hardware, which reads them piece by piece, meets what was or what is. [IHI0070 3.21.3]
 */
#include "driver.h"

/* --- structures --- */

static sv3_pa cd_of(const struct sv3__driver *d, uint32_t device, uint32_t which)
{
	return d->setup.cds + 64 * (device + 8 * which);
}

static int make_cd(const struct sv3__driver *d, uint32_t asid, bool hd, uint64_t cd[8])
{
	const struct sv3_cd_config config = {
		.ttb = d->pt.root,
		.granule_lg2 = 12,
		.input_size_lg2 = SV3__DRIVER_INPUT_LG2,
		.output_size_lg2 = 48,
		.asid = asid,
		.ha = !sv3__has(d, B25) && !sv3__has(d, B23),
		.hd = hd && !sv3__has(d, B24),
		.record = true,
		.abort = true,
		.stall = d->setup.stall,
	};

	return sv3_cd_make(cd, &config);
}

static void make_ste(const struct sv3__driver *d, sv3_pa cd_pa, uint64_t ste[8])
{
	sv3_ste_make_s1(ste, cd_pa, 0);
	if (d->setup.ats)
		ste[1] |= SV3_PUT(SV3_STE1_EATS, SV3_STE_EATS_FULL);
}

static int make_stream(struct sv3__driver *d, uint32_t device)
{
	const struct sv3_explore_setup *setup = &d->setup;
	uint64_t cd[8], ste[8];

	for (uint32_t which = 0; which < 2; which++) {
		SV3__TRY(make_cd(d, SV3__DRIVER_ASID + which, !setup->starts_off, cd));
		SV3__TRY(sv3_cd_write(&setup->bus, cd_of(d, device, which), 0, cd));
	}
	make_ste(d, cd_of(d, device, 0), ste);
	return sv3_strtab_write(&d->strtabs[setup->stream_smmus[device]], setup->stream_ids[device],
				ste);
}

void sv3__driver_write_reg(const struct sv3__driver *d, uint32_t smmu, uint32_t offset,
			   uint32_t size, uint64_t value)
{
	const struct sv3_regport *regs = &d->setup.regs[smmu];

	regs->ops->write(regs->context, offset, size, value);
}

static int make_smmu(struct sv3__driver *d, uint32_t smmu)
{
	const struct sv3_explore_setup *setup = &d->setup;
	struct sv3_strtab *strtab = &d->strtabs[smmu];

	SV3__TRY(sv3_strtab_init(strtab, &setup->bus, setup->strtabs[smmu],
				 setup->strtabs[smmu] + 1024, 4, 0));
	SV3__TRY(sv3_cmdq_init(&d->cmdqs[smmu], &setup->bus, &setup->regs[smmu], setup->cmdqs[smmu],
			       setup->queue_lg2));
	sv3__driver_write_reg(d, smmu, SV3_REG_STRTAB_BASE, 8, sv3_strtab_base(strtab));
	sv3__driver_write_reg(d, smmu, SV3_REG_STRTAB_BASE_CFG, 4, sv3_strtab_base_cfg(strtab));
	sv3__driver_write_reg(d, smmu, SV3_REG_EVENTQ_BASE, 8,
			      setup->eventqs[smmu] | SV3__DRIVER_EVENTQ_LG2);
	return 0;
}

/* When all structures are there: from here on they may be read at any time. */
static void enable(const struct sv3__driver *d, uint32_t smmu)
{
	sv3__driver_write_reg(d, smmu, SV3_REG_CR0, 4,
			      SV3_CR0_SMMUEN | SV3_CR0_EVENTQEN | SV3_CR0_CMDQEN |
				      (d->setup.ats ? SV3_CR0_ATSCHK : 0));
}

static int attach(void *state, const struct sv3_explore_setup *setup)
{
	const struct sv3_pt_config config = { .granule_lg2 = 12,
					      .input_size_lg2 = SV3__DRIVER_INPUT_LG2,
					      .dbm = true };
	struct sv3__driver *d = (struct sv3__driver *)state;

	*d = (struct sv3__driver){
		.setup = *setup,
		.pages = { .next = setup->tables, .end = setup->tables_end },
		.mutant = sv3__mutant_find(setup->bug),
		.careless = *setup->bus.ops,
		.asid = SV3__DRIVER_ASID,
		.is_tracking = !setup->starts_off,
	};
	d->careless.maintain = NULL;
	if (setup->bug && d->mutant == SV3__MUTANT_NONE)
		return -SV3_ERR_NOENT;
	SV3__TRY(sv3_pt_init(&d->pt, &setup->bus, &d->pages, &config));
	for (uint32_t i = 0; i < setup->smmu_count; i++)
		SV3__TRY(make_smmu(d, i));
	for (uint32_t i = 0; i < setup->device_count; i++)
		SV3__TRY(make_stream(d, i));
	SV3__TRY(sv3__driver_invalidate_all(d));
	for (uint32_t i = 0; i < setup->smmu_count; i++)
		enable(d, i);
	return 0;
}

/* --- changes --- */

static int write_word(const struct sv3__driver *d, sv3_pa pa, uint64_t word)
{
	uint8_t bytes[8];

	sv3_put_le64(bytes, word);
	if (sv3_bus_write(&d->setup.bus, pa, bytes, 8) != SV3_BUS_OK)
		return -SV3_ERR_BUS;
	sv3_bus_maintain(&d->setup.bus, pa, 8, SV3_MAINTAIN_CLEAN);
	return 0;
}

/* Another CD of the same table: one doubleword of the STE. */
static int change(void *state, uint32_t device)
{
	struct sv3__driver *d = (struct sv3__driver *)state;
	const uint32_t smmu = d->setup.stream_smmus[device];
	const uint32_t stream_id = d->setup.stream_ids[device];
	uint64_t ste[8];

	make_ste(d, cd_of(d, device, 1), ste);
	if (sv3__has(d, X01)) {
		SV3__TRY(write_word(d, d->setup.strtabs[smmu] + 64 * (uint64_t)stream_id, 0));
		SV3__TRY(sv3_cmdq_cfgi_ste(&d->cmdqs[smmu], stream_id, true));
		SV3__TRY(sv3__driver_sync(d, smmu));
	}
	SV3__TRY(write_word(d, d->setup.strtabs[smmu] + 64 * (uint64_t)stream_id, ste[0]));
	SV3__TRY(sv3_cmdq_cfgi_ste(&d->cmdqs[smmu], stream_id, true));
	SV3__TRY(sv3__driver_sync(d, smmu));
	/* From here on nobody uses the old ASID. */
	SV3__TRY(sv3_cmdq_tlbi_asid(&d->cmdqs[smmu], d->asid));
	SV3__TRY(sv3__driver_sync(d, smmu));
	d->asid = SV3__DRIVER_ASID + 1;
	return 0;
}

/* HD stands in the first doubleword of a CD. */
static int set_hd(struct sv3__driver *d, bool hd)
{
	for (uint32_t i = 0; i < d->setup.device_count; i++) {
		const uint32_t smmu = d->setup.stream_smmus[i];
		uint64_t cd[8];

		if (sv3__has(d, B27) && i > 0)
			break;
		SV3__TRY(make_cd(d, d->asid, hd, cd));
		SV3__TRY(write_word(d, cd_of(d, i, 0), cd[0]));
		if (!sv3__has(d, B26))
			SV3__TRY(
				sv3_cmdq_cfgi_cd(&d->cmdqs[smmu], d->setup.stream_ids[i], 0, true));
	}
	for (uint32_t i = 0; i < d->setup.smmu_count; i++)
		SV3__TRY(sv3__driver_sync(d, i));
	d->is_tracking = hd;
	return 0;
}

/* Hardware must be able to make leaves dirty before the first of them is clean. */
static int start(void *state, sv3_iova iova, uint64_t len)
{
	struct sv3__driver *d = (struct sv3__driver *)state;
	uint64_t dirty;

	if (!d->is_tracking)
		SV3__TRY(set_hd(d, true));
	return sv3__has(d, B29) ? 0 : sv3__driver_collect(d, iova, len, &dirty);
}

/* And none may be clean when it no longer is. */
static int stop(void *state, sv3_iova iova, uint64_t len)
{
	struct sv3__driver *d = (struct sv3__driver *)state;
	struct sv3_pt_gather gather;

	sv3_pt_gather_init(&gather);
	for (uint64_t at = 0; at < len; at += 4096)
		SV3__TRY(sv3_dirty_set(&d->pt, iova + at, &gather));
	SV3__TRY(sv3__driver_invalidate(d, &gather));
	return set_hd(d, false);
}

static int flush(void *state)
{
	return sv3__driver_invalidate_all((struct sv3__driver *)state);
}

const struct sv3_explore_driver *sv3_explore_driver_sv3(void)
{
	static const struct sv3_explore_driver driver = {
		.name = "sv3",
		.about = "sv3's own page tables and command queue",
		.state_bytes = sizeof(struct sv3__driver),
		.attach = attach,
		.map = sv3__driver_map,
		.unmap = sv3__driver_unmap,
		.scan = sv3__driver_scan,
		.clear = sv3__driver_clear,
		.collect = sv3__driver_collect,
		.start = start,
		.stop = stop,
		.split = sv3__driver_split,
		.merge = sv3__driver_merge,
		.flush = flush,
		.change = change,
		.illegal = sv3__driver_illegal,
		.event = sv3__driver_event,
	};

	return &driver;
}
