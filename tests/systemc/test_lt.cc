// SPDX-License-Identifier: MIT
//
// test_lt.cc - the blocking and the debug interface: does an access do what it should, and what may
// it cost?

#include "machine.h"

constexpr uint64_t iova = 0x10000000;

static bool is_ok(tlm::tlm_response_status status)
{
	return status == tlm::TLM_OK_RESPONSE;
}

SC_TEST(b_transport_translates)
{
	machine m;

	m.run([&] {
		uint32_t value = 0;

		m.software.map(0, iova, data_base, 0x2000);
		EXPECT_TRUE(is_ok(m.device().write32(iova + 0x1008, 0x12345678)));
		EXPECT_EQ(*reinterpret_cast<uint32_t *>(m.ram.at(data_base + 0x1008)), 0x12345678u);
		EXPECT_TRUE(m.device().result.flags & SV3_RESULT_DIRTY_SET);
		EXPECT_TRUE(is_ok(m.device().read32(iova + 0x1008, &value)));
		EXPECT_EQ(value, 0x12345678u);
		EXPECT_TRUE(m.device().result.flags & SV3_RESULT_TLB_HIT);
		EXPECT_TRUE(m.software.is_dirty(0, iova + 0x1000));
		EXPECT_FALSE(m.software.is_dirty(0, iova));
	});
}

// Time is added to the initiator's: the kernel's does not move.
SC_TEST(b_transport_adds_time)
{
	machine m;

	m.run([&] {
		initiator &d = m.device();
		const sc_core::sc_time begin = sc_core::sc_time_stamp();
		const uint64_t delta = sc_core::sc_delta_count();
		sc_core::sc_time walk, hit;
		uint32_t value;

		m.software.map(0, iova, data_base, 0x1000);
		d.delay = ns(7);
		d.read32(iova, &value);
		walk = d.delay - ns(7);
		d.read32(iova, &value);
		hit = d.delay - walk - ns(7);
		// A lookup and the access; before it an STE, a CD and four tables.
		EXPECT_EQ(hit, ns(2 + 20));
		EXPECT_GE(walk, hit + 6 * ns(2 + 20));
		EXPECT_EQ(sc_core::sc_time_stamp(), begin);
		EXPECT_EQ(sc_core::sc_delta_count(), delta);
	});
}

SC_TEST(fault_is_an_address_error)
{
	machine m;

	m.run([&] {
		struct sv3_fault_record record;

		EXPECT_EQ(m.device().write32(iova, 1), tlm::TLM_ADDRESS_ERROR_RESPONSE);
		EXPECT_EQ(m.device().result.event, SV3_EVENT_F_TRANSLATION);
		m.settle();
		ASSERT_TRUE(m.software.take_event(&record));
		EXPECT_EQ(record.event, SV3_EVENT_F_TRANSLATION);
		EXPECT_EQ(record.iova, iova);
		EXPECT_FALSE(m.software.take_event(&record));
	});
}

// CD.A = 0: reads are 0, writes are dropped, both succeed.
SC_TEST(raz_wi_is_ok_with_zeros)
{
	machine_options o;

	o.driver.abort = false;
	machine m(o);

	m.run([&] {
		uint8_t bytes[8] = { 1, 2, 3, 4, 5, 6, 7, 8 }, enables[] = { 0xff, 0 };
		tlm::tlm_generic_payload trans;

		m.device().prepare(trans, false, iova, bytes, 8);
		trans.set_byte_enable_ptr(enables);
		trans.set_byte_enable_length(2);
		m.device().send(trans);
		EXPECT_TRUE(trans.is_response_ok());
		for (unsigned int i = 0; i < 8; i++)
			EXPECT_EQ(bytes[i], i % 2 ? i + 1 : 0);
		EXPECT_TRUE(is_ok(m.device().write32(iova, 1)));
	});
}

// Two pages that lie apart in memory; enables that repeat with a period of 3.
SC_TEST(access_over_pages_is_split)
{
	machine m;

	m.run([&] {
		uint8_t bytes[64], back[64] = {}, enables[] = { 0xff, 0, 0xff };
		tlm::tlm_generic_payload trans;

		for (unsigned int i = 0; i < 64; i++)
			bytes[i] = static_cast<uint8_t>(i + 1);
		m.software.map(0, iova, data_base + 0x5000, 0x1000);
		m.software.map(0, iova + 0x1000, data_base, 0x1000);
		m.device().prepare(trans, true, iova + 0x1000 - 20, bytes, 64);
		trans.set_byte_enable_ptr(enables);
		trans.set_byte_enable_length(3);
		m.device().send(trans);
		EXPECT_TRUE(trans.is_response_ok());
		EXPECT_EQ(m.smmu.counters().pieces, 2u);
		for (unsigned int i = 0; i < 64; i++) {
			const sv3_pa pa = i < 20 ? data_base + 0x6000 - 20 + i : data_base + i - 20;

			EXPECT_EQ(*m.ram.at(pa), i % 3 == 1 ? 0 : bytes[i]) << i;
		}
		EXPECT_TRUE(is_ok(m.device().access(false, iova + 0x1000 - 20, back, 64)));
		for (unsigned int i = 0; i < 64; i++)
			EXPECT_EQ(back[i], i % 3 == 1 ? 0 : bytes[i]) << i;
	});
}

// The first page is made, the second refused: the error is the whole's.
SC_TEST(split_access_may_fail_behind)
{
	machine m;

	m.run([&] {
		uint8_t bytes[32] = { 9 };

		m.software.map(0, iova, data_base, 0x1000);
		EXPECT_EQ(m.device().access(true, iova + 0x1000 - 16, bytes, 32),
			  tlm::TLM_ADDRESS_ERROR_RESPONSE);
		EXPECT_EQ(*m.ram.at(data_base + 0x1000 - 16), 9);
		EXPECT_EQ(m.device().result.event, SV3_EVENT_F_TRANSLATION);
	});
}

SC_TEST(what_no_target_could_do_is_refused)
{
	machine m;

	m.run([&] {
		uint8_t bytes[64] = {}, enables[] = { 0xff };
		initiator &d = m.device();
		tlm::tlm_generic_payload trans;

		m.software.map(0, iova, data_base, 0x2000);
		d.prepare(trans, true, iova + 0x1000 - 4, bytes, 64);
		trans.set_streaming_width(8); // wraps over the border of a page
		d.send(trans);
		EXPECT_EQ(trans.get_response_status(), tlm::TLM_BURST_ERROR_RESPONSE);

		d.prepare(trans, true, iova, bytes, 64);
		trans.set_streaming_width(8); // within one: passed on as it is
		for (unsigned int i = 0; i < 64; i++)
			bytes[i] = static_cast<uint8_t>(i);
		d.send(trans);
		EXPECT_EQ(trans.get_response_status(), tlm::TLM_OK_RESPONSE);
		EXPECT_EQ(*m.ram.at(data_base), 56);
		EXPECT_EQ(*m.ram.at(data_base + 8), 0);

		d.prepare(trans, true, iova, bytes, 8);
		trans.set_byte_enable_ptr(enables);
		trans.set_byte_enable_length(0);
		d.send(trans);
		EXPECT_EQ(trans.get_response_status(), tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);

		d.prepare(trans, true, UINT64_MAX - 3, bytes, 8); // runs over the end
		d.send(trans);
		EXPECT_EQ(trans.get_response_status(), tlm::TLM_ADDRESS_ERROR_RESPONSE);

		d.prepare(trans, true, iova, bytes, 8);
		trans.set_command(tlm::TLM_IGNORE_COMMAND);
		d.send(trans);
		EXPECT_EQ(trans.get_response_status(), tlm::TLM_OK_RESPONSE);
	});
}

// Several threads at once, memory that waits in between: each has its own slot and result.
SC_TEST(b_transport_is_reentrant)
{
	machine_options o;

	o.memory.waits = true;
	machine m(o);
	uint64_t good = 0;

	m.run([&] {
		m.software.map(0, iova, data_base, 0x40000);
		for (uint32_t thread = 0; thread < 8; thread++) {
			m.spawn([&, thread] {
				tlm::tlm_generic_payload trans;
				uint32_t value;

				for (uint32_t i = 0; i < 8; i++) {
					const uint64_t at = (i * 8 + thread) * 0x1000;
					sc_core::sc_time delay;

					value = thread << 16 | i;
					m.device().prepare(trans, true, iova + at, &value, 4);
					m.device().socket->b_transport(trans, delay);
					good += trans.is_response_ok() &&
						*reinterpret_cast<uint32_t *>(
							m.ram.at(data_base + at)) == value;
				}
			});
		}
		m.device().has_extension = false;
	});
	EXPECT_EQ(good, 64u);
	EXPECT_GT(m.ram.in_flight_max, 4u);
}

// As many slots as there are, two: the others wait for their turn, and none is lost.
SC_TEST(b_transport_waits_for_a_slot)
{
	machine_options o;
	uint64_t good = 0;

	o.memory.waits = true;
	sv3_smmu_config_default(&o.smmu.config);
	o.smmu.config.slot_count = 2;
	machine m(o);

	m.run([&] {
		m.software.map(0, iova, data_base, 0x10000);
		for (uint32_t thread = 0; thread < 6; thread++) {
			m.spawn([&, thread] {
				tlm::tlm_generic_payload trans;
				uint32_t value = thread;
				sc_core::sc_time delay;

				m.device().prepare(trans, true, iova + thread * 0x1000, &value, 4);
				m.device().socket->b_transport(trans, delay);
				good += trans.is_response_ok();
			});
		}
	});
	EXPECT_EQ(good, 6u);
	EXPECT_GT(m.smmu.counters().busy, 0u);
	EXPECT_LE(m.ram.in_flight_max, 3u); // a job's, too
}

// A hit is made without a slot; CMD_SYNC must wait for it all the same. [IHI0070 3.21.1]
SC_TEST(sync_waits_for_a_hit_in_flight)
{
	machine_options o;

	o.memory.waits = true;
	machine m(o);

	m.run([&] {
		bool has_landed = false;

		m.software.map(0, iova, data_base, 0x1000);
		m.device().write32(iova, 1);
		m.spawn([&] {
			m.ram.options.latency = ns(3000);
			m.device().write32(iova, 2);
			EXPECT_TRUE(m.device().result.flags & SV3_RESULT_TLB_HIT);
			has_landed = true;
			EXPECT_GE(sc_core::sc_time_stamp(), ns(3000));
		});
		sc_core::wait(ns(10));
		m.ram.options.latency = ns(20);
		EXPECT_FALSE(has_landed);
		m.software.clean(0, iova); // TLBI, SYNC
		EXPECT_TRUE(has_landed);
		EXPECT_FALSE(m.software.is_dirty(0, iova));
	});
}

// The same where the access is a miss, and holds a slot.
SC_TEST(sync_waits_for_a_slot_in_flight)
{
	machine_options o;

	o.memory.waits = true;
	machine m(o);

	m.run([&] {
		bool has_landed = false;

		m.software.map(0, iova, data_base, 0x1000);
		m.ram.hook = [&](tlm::tlm_generic_payload &trans) {
			if (trans.get_address() == data_base)
				sc_core::wait(ns(4000));
		};
		m.spawn([&] {
			m.device().write32(iova, 2);
			has_landed = true;
		});
		sc_core::wait(ns(500));
		EXPECT_FALSE(has_landed);
		m.software.clean(0, iova);
		EXPECT_TRUE(has_landed);
	});
}

// Stall model: b_transport returns when software has answered, not before.
SC_TEST(stalled_access_waits_for_resume)
{
	machine_options o;

	o.driver.stall = true;
	machine m(o);

	m.run([&] {
		struct sv3_fault_record record;
		unsigned int ended = 0;

		for (uint64_t page = 0; page < 2; page++) {
			m.spawn([&, page] {
				tlm::tlm_generic_payload trans;
				uint32_t value = 5;
				sc_core::sc_time delay;

				m.device().prepare(trans, true, iova + page * 0x1000, &value, 4);
				m.device().socket->b_transport(trans, delay);
				EXPECT_EQ(trans.is_response_ok(), page == 0);
				ended++;
			});
		}
		m.settle();
		EXPECT_EQ(ended, 0u);
		m.software.map(0, iova, data_base, 0x1000);
		while (m.software.take_event(&record)) {
			EXPECT_TRUE(record.stalled);
			EXPECT_EQ(sv3_cmdq_resume(&m.software.cmdq, 0, record.stag,
						  record.iova == iova),
				  0);
		}
		m.software.sync();
		m.settle();
		EXPECT_EQ(ended, 2u);
		EXPECT_EQ(*m.ram.at(data_base), 5);
	});
}

// Looks only: AF and dirty state stay, no event, no fill; 0 bytes where there is a fault.
SC_TEST(debug_has_no_side_effects)
{
	machine m;

	m.run([&] {
		uint8_t bytes[0x1800];
		struct sv3_fault_record record;
		uint64_t before, hash;
		tlm::tlm_generic_payload trans;

		m.software.map(0, iova, data_base, 0x1000,
			       SV3_PT_READ | SV3_PT_WRITE | SV3_PT_UNPRIV | SV3_PT_NO_AF);
		m.software.map(0, iova + 0x1000, data_base + 0x4000, 0x1000);
		*m.ram.at(data_base + 0xfff) = 1;
		*m.ram.at(data_base + 0x4000) = 2;
		before = m.software.leaf(0, iova).descriptor;
		hash = sv3_smmu_hash(m.smmu.core());
		EXPECT_EQ(m.device().debug_read(iova + 0x800, bytes, sizeof(bytes)), sizeof(bytes));
		EXPECT_EQ(bytes[0x7ff], 1);
		EXPECT_EQ(bytes[0x800], 2);
		EXPECT_EQ(m.device().debug_read(iova + 0x2000, bytes, 4), 0u);
		EXPECT_EQ(m.device().debug_read(iova + 0x1ffe, bytes, 4), 2u);
		m.device().prepare(trans, true, iova + 0x10, bytes + 0x7ff, 2);
		EXPECT_EQ(m.device().socket->transport_dbg(trans), 2u);
		EXPECT_EQ(*m.ram.at(data_base + 0x11), 2);
		EXPECT_EQ(m.software.leaf(0, iova).descriptor, before);
		EXPECT_EQ(sv3_smmu_hash(m.smmu.core()), hash);
		m.settle();
		EXPECT_FALSE(m.software.take_event(&record));
	});
}

// Initiators run ahead of the kernel by a quantum; what they did took the time it should.
SC_TEST(quantum_is_honoured)
{
	machine m;

	m.run([&] {
		tlm_utils::tlm_quantumkeeper keeper;
		const sc_core::sc_time begin = sc_core::sc_time_stamp();
		uint32_t syncs = 0;

		tlm::tlm_global_quantum::instance().set(ns(1000));
		m.software.map(0, iova, data_base, 0x1000);
		m.device().write32(iova, 0);
		m.device().delay = sc_core::SC_ZERO_TIME;
		keeper.reset();
		for (uint32_t i = 0; i < 1000; i++) {
			m.device().delay = keeper.get_local_time();
			m.device().write32(iova, i);
			keeper.set(m.device().delay);
			if (keeper.need_sync()) {
				keeper.sync();
				syncs++;
			}
		}
		keeper.sync();
		EXPECT_EQ(sc_core::sc_time_stamp() - begin, 1000 * ns(22));
		EXPECT_GE(syncs, 20u);
		EXPECT_LE(syncs, 22u);
	});
}

// The switches by which an initiator's time is waited for.
SC_TEST(sync_switches)
{
	machine_options o;

	o.smmu.sync_on_fault = true;
	o.smmu.sync_on_register = true;
	machine m(o);

	m.run([&] {
		const sc_core::sc_time begin = sc_core::sc_time_stamp();
		tlm::tlm_generic_payload trans;
		uint32_t value;

		m.software.map(0, iova, data_base, 0x1000);
		m.device().delay = ns(100);
		m.device().read32(iova, &value);
		EXPECT_EQ(sc_core::sc_time_stamp(), begin);
		m.device().read32(iova + 0x1000, &value); // faults
		EXPECT_EQ(m.device().delay, sc_core::SC_ZERO_TIME);
		EXPECT_GT(sc_core::sc_time_stamp(), begin + ns(100));

		const sc_core::sc_time second = sc_core::sc_time_stamp();

		m.device().delay = ns(100);
		m.device().who.sync = true; // of one payload
		m.device().read32(iova, &value);
		EXPECT_EQ(sc_core::sc_time_stamp(), second + ns(100));
	});
}
