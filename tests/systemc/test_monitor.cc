// SPDX-License-Identifier: MIT
//
// test_monitor.cc - the monitor beside the module: silent where the driver is right, and not where
// it is not.

#include "machine.h"

static machine_options monitored()
{
	machine_options o;

	o.smmu.monitor = true;
	return o;
}

static uint64_t count_of(machine &m, enum sv3_monitor_rule rule)
{
	const struct sv3_monitor_finding *finding;
	uint64_t count = 0;

	for (uint32_t i = 0; (finding = sv3_monitor_finding(m.smmu.monitor(), i)) != nullptr; i++)
		count += finding->rule == rule ? finding->count : 0;
	return count;
}

SC_TEST(without_the_parameter_there_is_no_monitor)
{
	machine m;

	m.run([&] { EXPECT_EQ(m.smmu.monitor(), nullptr); });
}

SC_TEST(monitor_is_silent_beside_a_driver_that_is_right)
{
	machine m(monitored());

	m.run([&] {
		m.software.add_stream(0);
		m.software.map(0, 0x10000, data_base, 0x2000);
		EXPECT_EQ(m.device().write32(0x10000, 1), tlm::TLM_OK_RESPONSE);
		EXPECT_EQ(m.device().write32(0x10004, 2), tlm::TLM_OK_RESPONSE);
		m.software.clean(0, 0x10000);
		sv3_monitor_copied(m.smmu.monitor(), data_base, 4096);
		m.software.unmap(0, 0x10000, 0x1000);
		m.software.invalidate(0, 0x10000, 0x1000);
		m.software.sync();
		sv3_monitor_freed(m.smmu.monitor(), data_base, 4096);
		sv3_monitor_finish(m.smmu.monitor());
		EXPECT_EQ(sv3_monitor_finding(m.smmu.monitor(), 0), nullptr);
		EXPECT_GE(sv3_monitor_stats(m.smmu.monitor())->changes, 2u);
	});
}

SC_TEST(monitor_names_memory_that_is_freed_too_early)
{
	machine m(monitored());

	m.run([&] {
		struct sv3_pt_leaf leaf;

		m.software.add_stream(0);
		m.software.map(0, 0x10000, data_base, 0x1000);
		EXPECT_EQ(m.device().write32(0x10000, 1), tlm::TLM_OK_RESPONSE);
		leaf = m.software.leaf(0, 0x10000);
		// The leaf goes, and no TLBI comes.
		uint64_t nothing = 0;
		ASSERT_EQ(sv3_bus_write(&m.software.bus, leaf.descriptor_pa, &nothing, 8),
			  SV3_BUS_OK);
		sv3_monitor_freed(m.smmu.monitor(), data_base, 4096);
		EXPECT_EQ(count_of(m, SV3_MONITOR_FREED_EARLY), 1u);
	});
}

SC_TEST(monitor_names_guarded_registers)
{
	machine m(monitored());

	m.run([&] {
		m.set_reg(SV3_REG_STRTAB_BASE_CFG, 3);
		EXPECT_EQ(count_of(m, SV3_MONITOR_GUARDED), 1u);
	});
}
