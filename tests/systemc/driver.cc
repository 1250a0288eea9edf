// SPDX-License-Identifier: MIT
//
// driver.cc - the software of the tests.

#include "driver.h"

#include <sv3/vmsa.h>

#include <cstdio>
#include <cstdlib>

static constexpr sv3_pa cmdq_base = host_base, eventq_base = host_base + 0x10000,
			priq_base = host_base + 0x20000, strtab_base = host_base + 0x40000,
			cd_base = host_base + 0x80000, tables_base = host_base + 0x100000;

static void must(int64_t rc, const char *what)
{
	if (rc >= 0)
		return;
	fprintf(stderr, "driver: %s: %s\n", what, sv3_strerror(static_cast<int>(rc)));
	exit(1);
}

static void write_reg(const struct sv3_regport &regs, uint32_t offset, uint32_t size,
		      uint64_t value)
{
	regs.ops->write(regs.context, offset, size, value);
}

void driver::boot(const struct sv3_bus &memory, const struct sv3_regport &registers,
		  const driver_options &wanted)
{
	bus = memory;
	regs = registers;
	options = wanted;
	pages = {};
	pages.next = tables_base;
	pages.end = msi_page;
	next_cd = cd_base;
	must(sv3_cmdq_init(&cmdq, &bus, &regs, cmdq_base, 8), "command queue");
	must(sv3_strtab_init(&strtab, &bus, strtab_base, cd_base, 9, 0), "stream table");
	write_reg(regs, SV3_REG_STRTAB_BASE, 8, sv3_strtab_base(&strtab));
	write_reg(regs, SV3_REG_STRTAB_BASE_CFG, 4, sv3_strtab_base_cfg(&strtab));
	write_reg(regs, SV3_REG_EVENTQ_BASE, 8, eventq_base | eventq_lg2);
	write_reg(regs, SV3_REG_PRIQ_BASE, 8, priq_base | priq_lg2);
	write_reg(regs, SV3_REG_IRQ_CTRL, 4, 7);
	write_reg(regs, SV3_REG_CR0, 4,
		  SV3_CR0_SMMUEN | SV3_CR0_EVENTQEN | SV3_CR0_CMDQEN |
			  (options.pri ? SV3_CR0_PRIQEN : 0) | (options.ats ? SV3_CR0_ATSCHK : 0));
	must(sv3_cmdq_cfgi_all(&cmdq), "CFGI");
	must(sv3_cmdq_tlbi_all(&cmdq), "TLBI");
	sync();
}

void driver::add_stream(uint32_t stream_id)
{
	struct sv3_pt_config pt_config = {};
	struct sv3_cd_config cd_config = {};
	uint64_t ste[8], cd[8];
	struct sv3_pt &pt = tables[stream_id];

	pt_config.granule_lg2 = 12;
	pt_config.input_size_lg2 = 48;
	pt_config.dbm = options.hd;
	must(sv3_pt_init(&pt, &bus, &pages, &pt_config), "table");
	cd_config.ttb = pt.root;
	cd_config.granule_lg2 = 12;
	cd_config.input_size_lg2 = 48;
	cd_config.output_size_lg2 = 48;
	cd_config.asid = stream_id + 1;
	cd_config.ha = cd_config.hd = options.hd;
	cd_config.record = true;
	cd_config.abort = options.abort;
	cd_config.stall = options.stall;
	must(sv3_cd_make(cd, &cd_config), "CD");
	must(sv3_cd_write(&bus, next_cd, 0, cd), "CD");
	sv3_ste_make_s1(ste, next_cd, 0);
	if (options.ats)
		ste[1] |= SV3_PUT(SV3_STE1_EATS, SV3_STE_EATS_FULL);
	next_cd += 64;
	must(sv3_strtab_write(&strtab, stream_id, ste), "STE");
	must(sv3_cmdq_cfgi_ste(&cmdq, stream_id, false), "CFGI");
	sync();
}

void driver::map(uint32_t stream_id, sv3_iova iova, sv3_pa pa, uint64_t length, uint32_t flags,
		 unsigned int leaf_max_lg2)
{
	must(sv3_pt_map(&tables[stream_id], iova, pa, length, leaf_max_lg2, flags), "map");
}

void driver::unmap(uint32_t stream_id, sv3_iova iova, uint64_t length)
{
	must(sv3_pt_unmap(&tables[stream_id], iova, length, nullptr, nullptr), "unmap");
}

void driver::invalidate(uint32_t stream_id, sv3_iova iova, uint64_t length)
{
	struct sv3_tlbi_range range = {};

	range.iova = iova;
	range.len = length;
	range.asid = stream_id + 1;
	range.granule_lg2 = range.stride_lg2 = 12;
	must(sv3_cmdq_tlbi_range(&cmdq, &range), "TLBI");
	sync();
}

void driver::sync()
{
	must(sv3_cmdq_sync(&cmdq), "SYNC");
}

void driver::clean(uint32_t stream_id, sv3_iova iova)
{
	struct sv3_pt_gather gather;

	sv3_pt_gather_init(&gather);
	must(sv3_dirty_clear(&tables[stream_id], iova, nullptr, &gather), "clear");
	invalidate(stream_id, iova & ~UINT64_C(4095), 4096);
}

struct sv3_pt_leaf driver::leaf(uint32_t stream_id, sv3_iova iova) const
{
	struct sv3_pt_leaf found = {};

	must(sv3_pt_lookup(&tables.at(stream_id), iova, &found), "lookup");
	return found;
}

bool driver::is_dirty(uint32_t stream_id, sv3_iova iova) const
{
	return (leaf(stream_id, iova).descriptor & SV3_PTE_AP2_RDONLY) == 0;
}

bool driver::take_event(struct sv3_fault_record *record)
{
	const uint64_t prod = regs.ops->read(regs.context, SV3_REG_EVENTQ_PROD, 4);
	const uint64_t cons = regs.ops->read(regs.context, SV3_REG_EVENTQ_CONS, 4);
	const uint64_t mask = (UINT64_C(2) << eventq_lg2) - 1;
	uint8_t bytes[SV3_EVENT_RECORD_BYTES];

	if (((prod ^ cons) & mask) == 0)
		return false;
	sv3_bus_read(&bus, eventq_base + (cons & (mask >> 1)) * sizeof(bytes), bytes,
		     sizeof(bytes));
	sv3_fault_decode(bytes, record);
	write_reg(regs, SV3_REG_EVENTQ_CONS, 4, (cons & ~mask) | ((cons + 1) & mask));
	return true;
}
