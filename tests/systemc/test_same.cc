// SPDX-License-Identifier: MIT
//
// test_same.cc - the same trace through TLM-2.0 and through the C library that the command uses:
// every access ends alike, memory and tables are alike.

#include "machine.h"
#include "native.h"

#include <sv3/trace.h>

#include <algorithm>
#include <cstring>
#include <set>

constexpr uint64_t accesses_max = 20000;

// What a row of the driver does, on either side.
static void driver_row(driver &software, const struct sv3_trace_rec &rec)
{
	const uint64_t first = rec.iova & ~UINT64_C(4095);
	const uint64_t length = ((rec.iova + rec.len + 4095) & ~UINT64_C(4095)) - first;

	if (rec.op == SV3_TRACE_MAP)
		software.map(rec.sid, first, rec.pa & ~UINT64_C(4095), length,
			     SV3_PT_READ | SV3_PT_UNPRIV |
				     (rec.aux != SV3_TRACE_AUX_PERM_R) * SV3_PT_WRITE);
	else if (rec.op == SV3_TRACE_UNMAP)
		software.unmap(rec.sid, first, length);
	else if (rec.op == SV3_TRACE_TLBI_VA)
		software.invalidate(rec.sid, first, length);
}

static uint64_t same_results(const char *path, bool nonblocking)
{
	struct sv3_trace trace;
	struct sv3_trace_error error;
	uint64_t accesses = 0;
	machine_options o;

	if (sv3_trace_read(path, &trace, &error)) {
		ADD_FAILURE() << error.text;
		return 0;
	}
	o.boots = false;
	o.memory.dmi = !nonblocking;
	machine m(o);
	native twin(o.smmu.config);

	m.run([&] {
		std::set<uint32_t> streams;
		initiator &d = m.device();
		static uint8_t bytes[4096];
		uint64_t differ = 0, leaves = 0;

		m.software.boot(m.ram.bus(), m.registers());
		for (uint64_t i = 0; i < trace.count && accesses < accesses_max; i++) {
			const struct sv3_trace_rec &rec = trace.records[i];
			const bool is_new =
				(rec.has & SV3_TRACE_HAS_SID) && streams.insert(rec.sid).second;
			struct sv3_txn txn = {};
			struct sv3_result expected;

			for (driver *side : { &m.software, &twin.software }) {
				if (is_new)
					side->add_stream(rec.sid);
				driver_row(*side, rec);
			}
			if (!sv3_trace_is_access(&rec))
				continue;
			txn.iova = rec.iova;
			txn.stream_id = d.who.stream_id = rec.sid;
			txn.write = rec.op == SV3_TRACE_W;
			const uint32_t length = static_cast<uint32_t>(
				std::min<uint64_t>(rec.len, 4096 - rec.iova % 4096));

			sv3_translate(&twin.fast, &txn, &expected);
			if (nonblocking) {
				initiator::sent &s = d.submit(txn.write, rec.iova, bytes, length);

				d.wait_done();
				d.result = s.extension.result;
			} else {
				d.access(txn.write, rec.iova, bytes, length);
			}
			// A hit inside a slot says the same as one outside.
			differ += d.result.pa != expected.pa ||
				  d.result.outcome != expected.outcome ||
				  d.result.event != expected.event ||
				  d.result.flags != expected.flags ||
				  d.result.span_lg2 != expected.span_lg2 ||
				  d.result.walk_reads != expected.walk_reads;
			accesses++;
		}
		EXPECT_EQ(differ, 0u) << "of " << accesses;
		m.settle();
		// Tables and structures, byte for byte.
		for (sv3_pa pa = host_base + 0x40000; pa < m.software.pages.next; pa += 4096)
			leaves += memcmp(m.ram.at(pa), sv3_bus_window(&twin.fast.bus, pa, 4096),
					 4096) != 0;
		EXPECT_EQ(leaves, 0u);
		EXPECT_GT(sv3_smmu_stats(twin.fast.smmu)->httu_dirty, 0u);
	});
	const struct sv3_smmu_stats &a = m.smmu.stats();
	const struct sv3_smmu_stats &b = *sv3_smmu_stats(twin.fast.smmu);

	EXPECT_EQ(a.transactions, b.transactions);
	EXPECT_EQ(a.tlb_hits, b.tlb_hits);
	EXPECT_EQ(a.tlb_misses, b.tlb_misses);
	EXPECT_EQ(a.walk_reads, b.walk_reads);
	EXPECT_EQ(a.httu_updates, b.httu_updates);
	EXPECT_EQ(a.faults, b.faults);
	EXPECT_EQ(a.commands, b.commands);
	sv3_trace_free(&trace);
	return accesses;
}

SC_TEST(same_as_the_command_nvme)
{
	EXPECT_EQ(same_results("traces/samples/nvme-rand-strict.s3t", false), accesses_max);
}

SC_TEST(same_as_the_command_nic)
{
	EXPECT_EQ(same_results("traces/samples/nic-rx-strict.s3t", false), accesses_max);
}

SC_TEST(same_as_the_command_approximately_timed)
{
	EXPECT_EQ(same_results("traces/samples/nic-rx-strict.s3t", true), accesses_max);
}
