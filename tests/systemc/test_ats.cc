// SPDX-License-Identifier: MIT
//
// test_ats.cc - translation requests, translated accesses, invalidations and page requests.

#include "machine.h"

constexpr uint64_t iova = 0x10000000;

// An endpoint hears what the SMMU tells; its answer takes a while.
struct endpoint : sc_core::sc_module {
	tlm_utils::simple_target_socket<endpoint, 32> socket{ "socket" };
	std::vector<sv3_ats_message> heard;
	std::vector<bool> was_invalidation;
	bool answers = true;

	explicit endpoint(const sc_core::sc_module_name &n) : sc_module(n)
	{
		socket.register_b_transport(this, &endpoint::b_transport);
	}
	void b_transport(tlm::tlm_generic_payload &trans, sc_core::sc_time &)
	{
		const auto *extension = trans.get_extension<sv3::ats_extension>();

		sc_core::wait(ns(3000));
		heard.push_back(extension->message);
		was_invalidation.push_back(extension->invalidation);
		trans.set_response_status(answers ? tlm::TLM_OK_RESPONSE
						  : tlm::TLM_GENERIC_ERROR_RESPONSE);
	}
};

static machine_options with_ats()
{
	machine_options o;

	o.driver.ats = o.driver.pri = true;
	return o;
}

SC_TEST(ats_translates_and_invalidates)
{
	machine m(with_ats());
	endpoint ep("endpoint");

	m.smmu.ats.bind(ep.socket);
	m.run([&] {
		initiator &d = m.device();
		uint32_t word = 4;
		sc_core::sc_time begin;

		m.software.map(0, iova, data_base + 0x3000, 0x1000);
		d.who.kind = sv3::request_kind::translation;
		EXPECT_EQ(d.access(true, iova, &word, 4), tlm::TLM_OK_RESPONSE);
		EXPECT_EQ(d.result.pa, data_base + 0x3000);
		EXPECT_EQ(d.result.ats & 3, SV3_ATS_READ | SV3_ATS_WRITE);
		EXPECT_TRUE(m.software.is_dirty(0, iova));
		EXPECT_EQ(*m.ram.at(data_base + 0x3000), 0); // it moves no data
		d.who.kind = sv3::request_kind::translated_access;
		EXPECT_EQ(d.access(true, d.result.pa, &word, 4), tlm::TLM_OK_RESPONSE);
		EXPECT_EQ(*m.ram.at(data_base + 0x3000), 4);

		begin = sc_core::sc_time_stamp();
		ASSERT_EQ(sv3_cmdq_atc_inv(&m.software.cmdq, 0, iova, 0x1000), 0);
		m.software.sync();
		ASSERT_EQ(ep.heard.size(), 1u);
		EXPECT_TRUE(ep.was_invalidation[0]);
		EXPECT_EQ(ep.heard[0].iova, iova);
		EXPECT_EQ(ep.heard[0].size_lg2, 12);
		EXPECT_GE(sc_core::sc_time_stamp() - begin, ns(3000)); // SYNC waited
	});
}

// While the endpoint takes its time, other work goes on; a time-out is an error of the command.
SC_TEST(ats_invalidation_does_not_block_others)
{
	machine m(with_ats());
	endpoint ep("endpoint");

	m.smmu.ats.bind(ep.socket);
	m.run([&] {
		initiator &d = m.device();
		struct sv3_fault_record record;
		uint32_t word = 0;

		d.who.kind = sv3::request_kind::translation;
		d.access(false, iova, &word, 4);
		EXPECT_EQ(d.result.ats & 3, 0); // nothing mapped: success without rights
		ASSERT_EQ(sv3_cmdq_atc_inv_all(&m.software.cmdq, 0), 0);
		sv3_cmdq_ring(&m.software.cmdq);
		sc_core::wait(ns(200));
		d.who.kind = sv3::request_kind::access;
		d.write32(iova, 1);
		sc_core::wait(ns(1000));
		EXPECT_TRUE(ep.heard.empty());
		EXPECT_TRUE(m.software.take_event(&record)); // the record is out before the answer
		m.settle();
		EXPECT_EQ(ep.heard.size(), 1u);
	});
}

SC_TEST(ats_page_request_is_answered)
{
	machine m(with_ats());
	endpoint ep("endpoint");

	m.smmu.ats.bind(ep.socket);
	m.run([&] {
		initiator &d = m.device();
		uint32_t word = 0;

		d.who.kind = sv3::request_kind::page;
		d.who.page.iova = iova;
		d.who.page.group = 5;
		d.who.page.read = d.who.page.last = true;
		EXPECT_EQ(d.access(false, iova, &word, 4), tlm::TLM_OK_RESPONSE);
		d.submit(false, iova, &word, 4);
		d.wait_done();
		m.settle();
		EXPECT_EQ(m.reg(SV3_REG_PRIQ_PROD), 2u);
		EXPECT_EQ(m.edges[1], 1u);
		// CMD_PRI_RESP, success [IHI0070 4.5.2]
		ASSERT_EQ(sv3_cmdq_push(&m.software.cmdq, 0x41, UINT64_C(2) << 12 | 5), 0);
		m.software.sync();
		m.settle();
		m.settle();
		ASSERT_EQ(ep.heard.size(), 1u);
		EXPECT_FALSE(ep.was_invalidation[0]);
		EXPECT_EQ(ep.heard[0].group, 5);
		EXPECT_EQ(ep.heard[0].response, SV3_PRI_SUCCESS);
	});
}

// The same in the other interface.
SC_TEST(ats_at)
{
	machine m(with_ats());

	m.run([&] {
		initiator &d = m.device();
		uint32_t word = 0;

		m.software.map(0, iova, data_base + 0x3000, 0x1000);
		d.who.kind = sv3::request_kind::translation;
		initiator::sent &s = d.submit(false, iova, &word, 4);

		d.wait_done();
		EXPECT_TRUE(s.is_response_ok());
		EXPECT_EQ(s.extension.result.pa, data_base + 0x3000);
	});
}
