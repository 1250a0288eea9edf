// SPDX-License-Identifier: MIT
//
// test_dmi.cc - direct memory pointers, and how descriptors are updated: is any write missed?

#include "machine.h"

constexpr uint64_t iova = 0x10000000;
constexpr uint32_t rw = SV3_PT_READ | SV3_PT_WRITE | SV3_PT_UNPRIV;

using tlm::tlm_dmi;

// The heart of it: a writable-clean page must not be written past the SMMU.
SC_TEST(dmi_never_for_a_clean_page)
{
	machine m;

	m.run([&] {
		initiator &d = m.device();
		tlm_dmi region;

		m.software.map(0, iova, data_base, 0x2000);
		EXPECT_FALSE(d.dmi(true, iova + 0x10, &region));
		EXPECT_EQ(region.get_start_address(), iova);
		EXPECT_EQ(region.get_end_address(), iova + 0xfff);
		EXPECT_EQ(region.get_granted_access(), tlm_dmi::DMI_ACCESS_WRITE); // refused
		ASSERT_TRUE(d.dmi(false, iova + 0x10, &region));
		EXPECT_EQ(region.get_granted_access(), tlm_dmi::DMI_ACCESS_READ);
		EXPECT_FALSE(m.software.is_dirty(0, iova));
		d.write32(iova, 1);
		ASSERT_TRUE(d.dmi(true, iova + 0x10, &region));
		EXPECT_EQ(region.get_granted_access(), tlm_dmi::DMI_ACCESS_READ_WRITE);
		EXPECT_EQ(region.get_dmi_ptr(), m.ram.at(data_base));
		EXPECT_EQ(region.get_start_address(), iova);
		EXPECT_EQ(region.get_end_address(), iova + 0xfff);
		// The lookup is added to memory's own.
		EXPECT_EQ(region.get_write_latency(), ns(22));
		EXPECT_EQ(m.smmu.counters().dmi_granted, 2u);
		EXPECT_EQ(m.smmu.counters().dmi_refused, 1u);
	});
}

SC_TEST(dmi_keeps_permissions_and_blocks)
{
	machine m;

	m.run([&] {
		initiator &d = m.device();
		tlm_dmi region;

		m.software.map(0, iova, data_base, 0x1000, SV3_PT_READ | SV3_PT_UNPRIV);
		m.software.map(0, iova + 0x1000, data_base, 0x1000, rw | SV3_PT_NO_AF);
		m.software.map(0, iova + 0x200000, data_base + 0x400000, 0x200000,
			       rw | SV3_PT_BORN_DIRTY, 21);
		EXPECT_FALSE(d.dmi(true, iova, &region));
		EXPECT_TRUE(d.dmi(false, iova, &region));
		EXPECT_FALSE(d.dmi(false, iova + 0x1000, &region)); // AF would be set
		EXPECT_FALSE(d.dmi(false, iova + 0x2000, &region)); // nothing there
		ASSERT_TRUE(d.dmi(true, iova + 0x212340, &region));
		EXPECT_EQ(region.get_start_address(), iova + 0x200000);
		EXPECT_EQ(region.get_end_address(), iova + 0x3fffff);
		EXPECT_EQ(region.get_dmi_ptr(), m.ram.at(data_base + 0x400000));
		EXPECT_FALSE((m.software.leaf(0, iova + 0x1000).descriptor >> 10) & 1);
	});
}

// TLBI, SYNC, CFGI and registers take back what was given, before they are seen to be complete.
SC_TEST(dmi_is_taken_back)
{
	machine m;

	m.run([&] {
		initiator &d = m.device();
		tlm_dmi region;
		size_t count = 0;
		const auto grant = [&] {
			count = d.invalidated.size();
			EXPECT_TRUE(d.dmi(false, iova, &region));
		};
		const auto is_taken = [&] {
			return d.invalidated.size() == count + 1 &&
			       d.invalidated.back().first <= iova &&
			       d.invalidated.back().second >= iova + 0xfff;
		};

		m.software.map(0, iova, data_base, 0x1000);
		grant();
		ASSERT_GT(sv3_cmdq_tlbi_asid(&m.software.cmdq, 1), -1);
		sv3_cmdq_ring(&m.software.cmdq);
		m.settle();
		EXPECT_TRUE(is_taken()) << "TLBI";
		grant();
		m.software.sync();
		EXPECT_TRUE(is_taken()) << "SYNC";
		grant();
		ASSERT_GT(sv3_cmdq_cfgi_ste(&m.software.cmdq, 0, true), -1);
		sv3_cmdq_ring(&m.software.cmdq);
		m.settle();
		EXPECT_TRUE(is_taken()) << "CFGI";
		grant();
		m.set_reg(SV3_REG_CR0, 0xc);
		EXPECT_TRUE(is_taken()) << "CR0";
		EXPECT_TRUE(d.dmi(true, 0x40000000, &region)) << "bypass";
		count = d.invalidated.size();
		m.set_reg(SV3_REG_GBPA, UINT32_C(1) << 31 | 1u << 20);
		EXPECT_EQ(d.invalidated.size(), count + 1) << "GBPA";
		EXPECT_FALSE(d.dmi(true, 0x40000000, &region)) << "GBPA.ABORT";
		m.set_reg(SV3_REG_CR0, 0xd);
		grant();
		m.ram.socket->invalidate_direct_mem_ptr(data_base + 0x10, data_base + 0x20);
		EXPECT_TRUE(is_taken()) << "memory";
	});
}

// A device that writes by pointer wherever it may: no page it wrote is clean at the end.
SC_TEST(dmi_misses_no_dirty_page)
{
	machine m;

	m.run([&] {
		initiator &d = m.device();
		uint64_t by_pointer = 0, by_payload = 0, lost = 0;

		m.software.map(0, iova, data_base, 0x8000);
		for (uint32_t i = 0; i < 400; i++) {
			const uint64_t at = iova + i * 7 % 8 * 0x1000;
			tlm_dmi region;

			if (i % 50 == 49) {
				for (uint64_t page = 0; page < 8; page++)
					m.software.clean(0, iova + page * 0x1000);
			}
			if (d.dmi(true, at, &region)) {
				*reinterpret_cast<uint32_t *>(region.get_dmi_ptr()) = i;
				by_pointer++;
			} else {
				EXPECT_EQ(d.write32(at, i), tlm::TLM_OK_RESPONSE);
				by_payload++;
			}
			lost += !m.software.is_dirty(0, at);
		}
		EXPECT_EQ(lost, 0u);
		EXPECT_GT(by_pointer, 300u);
		EXPECT_GE(by_payload, 64u);
	});
}

SC_TEST(dmi_may_be_off)
{
	machine_options o;

	o.smmu.dmi = false;
	machine m(o);

	m.run([&] {
		uint32_t word = 1;
		tlm_dmi region;
		tlm::tlm_generic_payload trans;

		m.software.map(0, iova, data_base, 0x1000);
		m.device().prepare(trans, true, iova, &word, 4);
		m.device().send(trans);
		EXPECT_FALSE(trans.is_dmi_allowed());
		EXPECT_FALSE(m.device().dmi(false, iova, &region));
	});
}

// --- updates of descriptors ---

// Whatever memory offers, another master that changes the descriptor between the read and the swap
// is not overwritten: the swap fails, and the walk begins anew.
static void descriptor_changes(memory_options memory, bool nonblocking)
{
	machine_options o;

	o.memory = memory;
	machine m(o);

	m.run([&] {
		bool has_changed = false;
		uint32_t word = 1;
		sv3_pa descriptor;

		m.software.map(0, iova, data_base, 0x1000);
		descriptor = m.software.leaf(0, iova).descriptor_pa;
		m.ram.hook = [&](tlm::tlm_generic_payload &trans) {
			// Right behind the walk's read: software marks the leaf (a bit of its own).
			if (trans.get_address() != descriptor || has_changed)
				return;
			has_changed = true;
			m.spawn([&m, descriptor] {
				*m.ram.at(descriptor + 7) |= 0x02; // bit 57, software's
			});
		};
		if (nonblocking) {
			initiator::sent &s = m.device().submit(true, iova, &word, 4);

			m.device().wait_done();
			EXPECT_TRUE(s.is_response_ok());
		} else {
			EXPECT_EQ(m.device().write32(iova, 1), tlm::TLM_OK_RESPONSE);
		}
		EXPECT_TRUE(has_changed);
		EXPECT_TRUE(m.software.is_dirty(0, iova));
		m.settle();
		EXPECT_TRUE(m.software.leaf(0, iova).descriptor >> 57 & 1);
		EXPECT_EQ(m.ram.swaps > 0, memory.atomics && !memory.dmi);
		if (nonblocking || !memory.dmi) { // time passed in between
			EXPECT_GT(m.smmu.stats().walk_restarts, 0u);
		}
	});
}

SC_TEST(update_by_pointer)
{
	descriptor_changes(memory_options(), false);
}

SC_TEST(update_by_atomic_extension)
{
	memory_options o;

	o.dmi = false;
	o.atomics = o.waits = true;
	descriptor_changes(o, false);
}

SC_TEST(update_by_debug_pair)
{
	memory_options o;

	o.dmi = false;
	o.waits = true;
	descriptor_changes(o, false);
}

SC_TEST(update_at_by_pointer)
{
	descriptor_changes(memory_options(), true);
}

SC_TEST(update_at_by_atomic_extension)
{
	memory_options o;

	o.dmi = false;
	o.atomics = true;
	descriptor_changes(o, true);
}

SC_TEST(update_at_by_debug_pair)
{
	memory_options o;

	o.dmi = false;
	descriptor_changes(o, true);
}

// Memory that offers nothing atomic: an abort, not a race.
SC_TEST(update_is_never_a_plain_write)
{
	memory_options memory;
	machine_options o;

	memory.dmi = memory.debug = false;
	o.memory = memory;
	machine m(o);

	m.run([&] {
		m.software.map(0, iova, data_base, 0x1000);
		EXPECT_EQ(m.device().write32(iova, 1), tlm::TLM_ADDRESS_ERROR_RESPONSE);
		EXPECT_EQ(m.device().result.event, SV3_EVENT_F_WALK_EABT);
		EXPECT_FALSE(m.software.is_dirty(0, iova));
	});
}
