// SPDX-License-Identifier: MIT
//
// test_at.cc - the approximately timed interface: does it overlap, hold back, and keep the
// protocol?

#include "machine.h"

constexpr uint64_t iova = 0x10000000;

static uint32_t word_at(machine &m, sv3_pa pa)
{
	return *reinterpret_cast<uint32_t *>(m.ram.at(pa));
}

// Sixteen misses at once take far less than sixteen times one.
SC_TEST(at_flights_overlap)
{
	machine m;

	m.run([&] {
		uint32_t words[17];
		initiator &d = m.device();

		m.software.map(0, iova, data_base, 0x20000);
		words[16] = 16;
		initiator::sent &first = d.submit(true, iova + 0x10000, &words[16], 4);
		d.wait_done();
		const sc_core::sc_time one = first.end - first.begin;
		const sc_core::sc_time begin = sc_core::sc_time_stamp();

		for (uint32_t i = 0; i < 16; i++) {
			words[i] = 100 + i;
			d.submit(true, iova + i * 0x1000, &words[i], 4);
		}
		d.wait_done();
		EXPECT_LT(sc_core::sc_time_stamp() - begin, one * 6);
		EXPECT_GT(m.checkers[0]->in_flight_max, 8u);
		EXPECT_GT(m.checkers[1]->in_flight_max, 2u);
		for (uint32_t i = 0; i < 16; i++) {
			EXPECT_EQ(word_at(m, data_base + i * 0x1000), 100 + i);
			EXPECT_TRUE(m.software.is_dirty(0, iova + i * 0x1000));
		}
	});
}

// Two slots: END_REQ of the third comes when one is free.
SC_TEST(at_end_req_waits_for_a_slot)
{
	machine_options o;

	sv3_smmu_config_default(&o.smmu.config);
	o.smmu.config.slot_count = 2;
	machine m(o);

	m.run([&] {
		uint32_t words[3] = {};
		initiator &d = m.device();

		m.software.map(0, iova, data_base, 0x3000);
		initiator::sent &a = d.submit(false, iova, &words[0], 4);
		initiator::sent &b = d.submit(false, iova + 0x1000, &words[1], 4);
		initiator::sent &c = d.submit(false, iova + 0x2000, &words[2], 4);

		d.wait_done();
		EXPECT_LT(b.accepted, std::min(a.end, b.end));
		EXPECT_GE(c.accepted, std::min(a.end, b.end) - ns(2));
		EXPECT_GT(m.smmu.counters().busy, 0u);
	});
}

// A hit overtakes a miss of another stream, and a stalled access everything.
SC_TEST(at_responses_overtake)
{
	machine_options o;

	o.driver.stall = true;
	machine m(o);

	m.run([&] {
		uint32_t words[3] = { 1, 2, 3 };
		initiator &d = m.device();
		struct sv3_fault_record record;

		m.software.add_stream(1);
		m.software.map(0, iova, data_base, 0x1000);
		m.software.map(1, iova, data_base + 0x1000, 0x1000);
		d.submit(true, iova, &words[0], 4);
		d.wait_done();
		initiator::sent &stalled = d.submit(true, iova + 0x1000, &words[1], 4);
		d.who.stream_id = 1;
		initiator::sent &miss = d.submit(true, iova, &words[1], 4);
		d.who.stream_id = 0;
		initiator::sent &hit = d.submit(true, iova, &words[2], 4);

		m.settle();
		EXPECT_FALSE(stalled.is_done);
		EXPECT_LT(hit.end, miss.end);
		EXPECT_GT(m.checkers[0]->overtaken, 1u);
		m.software.map(0, iova + 0x1000, data_base + 0x2000, 0x1000);
		ASSERT_TRUE(m.software.take_event(&record));
		ASSERT_EQ(sv3_cmdq_resume(&m.software.cmdq, 0, record.stag, true), 0);
		m.software.sync();
		d.wait_done();
		EXPECT_TRUE(stalled.is_response_ok());
		EXPECT_EQ(word_at(m, data_base + 0x2000), 2u);
	});
}

// SYNC is consumed only when the write that used the entry has landed. [IHI0070 3.21.1]
SC_TEST(at_sync_waits_for_landing)
{
	machine_options o;

	o.memory.respond = ns(5000);
	machine m(o);

	m.run([&] {
		uint32_t word = 1;
		initiator &d = m.device();

		m.software.map(0, iova, data_base, 0x1000);
		m.device().write32(iova, 9); // by the blocking interface: the TLB knows it
		initiator::sent &s = d.submit(true, iova, &word, 4);

		sc_core::wait(ns(100));
		EXPECT_FALSE(s.is_done);
		m.software.clean(0, iova);
		EXPECT_TRUE(s.is_done);
		EXPECT_FALSE(m.software.is_dirty(0, iova));
		d.wait_done();
	});
}

static void all_kinds(memory_options memory, bool completes)
{
	machine_options o;

	o.memory = memory;
	machine m(o);

	m.device().completes_responses = completes;
	m.run([&] {
		static uint8_t bytes[8][5000], back[5000];
		initiator &d = m.device();
		uint32_t word;

		m.software.map(0, iova, data_base + 0x8000, 0x4000);
		m.software.map(0, iova + 0x4000, data_base, 0x8000);
		for (unsigned int i = 0; i < 8; i++) {
			memset(bytes[i], static_cast<int>(i + 1), sizeof(bytes[i]));
			d.submit(true, iova + i * 0x1400 + 0x100, bytes[i], 5000); // over pages
		}
		initiator::sent &fault = d.submit(false, iova + 0x20000, &word, 4);

		d.wait_done();
		EXPECT_EQ(fault.get_response_status(), tlm::TLM_ADDRESS_ERROR_RESPONSE);
		for (unsigned int i = 0; i < 8; i++) {
			initiator::sent &s = d.submit(false, iova + i * 0x1400 + 0x100, back, 5000);

			d.wait_done();
			EXPECT_TRUE(s.is_response_ok());
			EXPECT_EQ(memcmp(back, bytes[i], sizeof(back)), 0) << i;
		}
		EXPECT_GE(m.smmu.counters().pieces, 32u);
	});
}

SC_TEST(at_four_phases)
{
	all_kinds(memory_options(), true);
}

SC_TEST(at_end_resp_of_its_own)
{
	all_kinds(memory_options(), false);
}

SC_TEST(at_memory_without_end_req)
{
	memory_options o;

	o.style = memory_options::RESPONSE_ONLY;
	all_kinds(o, false);
}

SC_TEST(at_memory_completes_early)
{
	memory_options o;

	o.style = memory_options::COMPLETED;
	o.dmi = false;
	all_kinds(o, true);
}

// What needs no translation is completed at once.
SC_TEST(at_early_completion)
{
	machine m;

	m.run([&] {
		uint32_t word;
		initiator &d = m.device();

		m.software.map(0, iova, data_base, 0x1000);
		d.who.secure = true;
		initiator::sent &s = d.submit(false, iova, &word, 4);

		EXPECT_TRUE(s.is_done);
		EXPECT_EQ(s.get_response_status(), tlm::TLM_ADDRESS_ERROR_RESPONSE);
		EXPECT_EQ(m.checkers[0]->early, 1u);
		d.wait_done();
	});
}

// Random traffic of both interfaces at once, against a plain array.
SC_TEST(traffic_of_both_interfaces)
{
	constexpr uint32_t pages = 64, threads = 4, accesses = 200;
	machine_options o;
	uint64_t good = 0;

	o.ports = threads;
	o.memory.waits = true;
	o.memory.dmi = false;
	o.smmu.config.tlb_entries = 16;
	o.smmu.config.tlb_ways = 4;
	machine m(o);
	static uint8_t model[threads][pages * 4096];

	m.run([&] {
		for (uint32_t stream = 0; stream < threads; stream++)
			m.software.map(stream, iova, data_base + stream * pages * 4096,
				       pages * 4096);
		for (uint32_t t = 0; t < threads; t++) {
			m.spawn([&, t] {
				initiator &d = m.device(t);
				uint64_t seed = t + 1;
				uint8_t bytes[600];

				for (uint32_t i = 0; i < accesses; i++) {
					seed = seed * 6364136223846793005u + 1442695040888963407u;
					const auto length = static_cast<uint32_t>(
						1 + (seed >> 33) % sizeof(bytes));
					const uint64_t at =
						(seed >> 20) % (pages * 4096 - sizeof(bytes));
					const bool write = seed >> 62 & 1;

					memset(bytes, static_cast<int>(seed >> 40), sizeof(bytes));
					if (t % 2) {
						d.submit(write, iova + at, bytes, length);
						d.wait_done();
					} else {
						d.access(write, iova + at, bytes, length);
					}
					if (write)
						memcpy(&model[t][at], bytes, length);
					good += memcmp(&model[t][at], bytes, length) == 0;
				}
			});
		}
		m.spawn([&] { // software that cleans meanwhile
			for (uint32_t i = 0; i < 50; i++)
				m.software.clean(i % threads, iova + i * 4096);
		});
	});
	EXPECT_EQ(good, uint64_t{ threads } * accesses);
	for (uint32_t t = 0; t < threads; t++)
		EXPECT_EQ(
			memcmp(m.ram.at(data_base + t * pages * 4096), model[t], sizeof(model[t])),
			0);
}
