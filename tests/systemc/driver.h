/* SPDX-License-Identifier: MIT */
/*
 * driver.h - the software of the tests: it boots an SMMU by a bus and a register port, whichever
 * these are, so that the same tables stand at the same addresses under SystemC and without.
 */
#ifndef SV3_TESTS_SYSTEMC_DRIVER_H
#define SV3_TESTS_SYSTEMC_DRIVER_H

#include <sv3/arch.h>
#include <sv3/host.h>
#include <sv3/pagetable.h>

#include <map>

/* Memory: what devices access, and what the SMMU and its software share. */
constexpr sv3_pa data_base = 0x40000000, data_size = 0x40000000;
constexpr sv3_pa host_base = 0x80000000, host_size = 0x10000000;
constexpr sv3_pa msi_page = 0x8fff0000; /* of host memory */
constexpr uint32_t eventq_lg2 = 6, priq_lg2 = 4;

struct driver_options {
	bool hd = true; /* CD.HA = HD = 1 */
	bool stall = false;
	bool ats = false;
	bool pri = false;
	bool abort = true; /* CD.A: else RAZ/WI */
};

struct driver {
	/* Structures and queues, SMMUEN = 1, all interrupts on. Each failure ends the program. */
	void boot(const struct sv3_bus &memory, const struct sv3_regport &registers,
		  const driver_options &wanted = {});
	/* An STE, a CD and a table of its own; CFGI and SYNC where the SMMU is on. */
	void add_stream(uint32_t stream_id);
	void map(uint32_t stream_id, sv3_iova iova, sv3_pa pa, uint64_t length,
		 uint32_t flags = SV3_PT_READ | SV3_PT_WRITE | SV3_PT_UNPRIV,
		 unsigned int leaf_max_lg2 = 12);
	void unmap(uint32_t stream_id, sv3_iova iova, uint64_t length);
	void invalidate(uint32_t stream_id, sv3_iova iova, uint64_t length);
	void sync();
	/* Makes what hardware made dirty clean again: clear, TLBI, SYNC. */
	void clean(uint32_t stream_id, sv3_iova iova);
	struct sv3_pt_leaf leaf(uint32_t stream_id, sv3_iova iova) const;
	bool is_dirty(uint32_t stream_id, sv3_iova iova) const;
	/* The next record of the event queue. */
	bool take_event(struct sv3_fault_record *record);

	struct sv3_bus bus;
	struct sv3_regport regs;
	driver_options options;
	struct sv3_cmdq cmdq;
	struct sv3_strtab strtab;
	struct sv3_pt_pages pages;
	std::map<uint32_t, struct sv3_pt> tables;
	sv3_pa next_cd;
};

#endif
