// SPDX-License-Identifier: MIT
//
// test_lt.cc - the blocking interface: does an access do what it should, and what may it cost?

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
