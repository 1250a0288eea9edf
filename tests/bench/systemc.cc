// SPDX-License-Identifier: MIT
//
// systemc.cc - how fast b_transport of the SystemC module is, with a quantum of 1 us, beside the C
// library over the same accesses in the same run.
//
// Both sides look up the TLB and move the bytes. In turns, and the best of each, so that the drift
// of the machine falls out; CPU time, so that others do not count.

#include "tests/systemc/driver.h"
#include "tests/systemc/memory.h"
#include "tests/systemc/native.h"

#include <sv3/trace.h>
#include <sv3_tlm.h>

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/tlm_quantumkeeper.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <map>
#include <vector>

constexpr uint32_t pages = 512, batch = 20000;
constexpr int passes = 40;
constexpr sv3_iova area = 0x10000000;
constexpr sv3_pa page_bytes = 4096;

static void must(bool is_fine, const char *what)
{
	if (is_fine)
		return;
	fprintf(stderr, "bench: %s\n", what);
	exit(1);
}

// --- what a device does again and again, within pages that are mapped and dirty ---

struct dma {
	sv3_iova iova;
	uint32_t length;
	bool write;
};

// Of one length, all over the pages; a quarter is reads.
static std::vector<dma> dma_of_length(uint32_t length)
{
	std::vector<dma> all;

	for (uint32_t i = 0; i < batch; i++)
		all.push_back({ area + i * 7919u % pages * page_bytes, length, i % 4 != 0 });
	return all;
}

// The accesses of a trace: its lengths and its order of pages, these moved side by side.
static std::vector<dma> dma_of_trace(const char *path)
{
	struct sv3_trace trace;
	struct sv3_trace_error error;
	std::map<uint64_t, uint64_t> seen;
	std::vector<dma> all;

	must(sv3_trace_read(path, &trace, &error) == 0, error.text);
	for (uint64_t i = 0; i < trace.count && all.size() < batch; i++) {
		const struct sv3_trace_rec &rec = trace.records[i];
		const uint64_t offset = rec.iova % page_bytes;

		if (!sv3_trace_is_access(&rec))
			continue;
		const uint64_t page =
			seen.emplace(rec.iova / page_bytes, seen.size() % pages).first->second;
		all.push_back(
			{ area + page * page_bytes + offset,
			  static_cast<uint32_t>(std::min<uint64_t>(rec.len, page_bytes - offset)),
			  rec.op == SV3_TRACE_W });
	}
	sv3_trace_free(&trace);
	return all;
}

// --- the C library ---

static double cpu_seconds()
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

static double native_seconds(native &n, uint8_t *data, const std::vector<dma> &all)
{
	const double begin = cpu_seconds();
	struct sv3_txn txn = {};
	struct sv3_result result;

	for (const dma &a : all) {
		txn.iova = a.iova;
		txn.write = a.write;
		if (sv3_smmu_try(n.fast.smmu, &txn, &result))
			sv3_translate(&n.fast, &txn, &result);
		if (txn.write)
			sv3_bus_write(&n.fast.bus, result.pa, data, a.length);
		else
			sv3_bus_read(&n.fast.bus, result.pa, data, a.length);
	}
	return cpu_seconds() - begin;
}

// --- TLM-2.0 ---

// Memory as plain as the other side's.
struct plain_memory : sc_core::sc_module {
	tlm_utils::simple_target_socket<plain_memory, 32> socket{ "socket" };
	memory tables{ "tables" }; // the bytes

	explicit plain_memory(const sc_core::sc_module_name &n) : sc_module(n)
	{
		socket.register_b_transport(this, &plain_memory::b_transport);
		unbound.bind(tables.socket);
	}
	void b_transport(tlm::tlm_generic_payload &trans, sc_core::sc_time &delay)
	{
		const sv3_pa pa = trans.get_address();
		uint8_t *const bytes =
			pa - data_base < data_size ? data + (pa - data_base) : tables.at(pa);

		delay += latency;
		if (trans.is_write())
			memcpy(bytes, trans.get_data_ptr(), trans.get_data_length());
		else
			memcpy(trans.get_data_ptr(), bytes, trans.get_data_length());
		trans.set_response_status(tlm::TLM_OK_RESPONSE);
	}

	const sc_core::sc_time latency{ 20, sc_core::SC_NS };
	uint8_t *const data = tables.at(data_base);
	tlm_utils::simple_initiator_socket<plain_memory, 32> unbound{ "unbound" };
};

struct initiator : sc_core::sc_module {
	tlm_utils::simple_initiator_socket<initiator, 32> socket{ "socket" };

	explicit initiator(const sc_core::sc_module_name &n) : sc_module(n)
	{
	}
	// Registers, as the port of a driver.
	uint64_t access(bool write, uint32_t offset, uint32_t size, uint64_t value)
	{
		sc_core::sc_time delay;
		tlm::tlm_generic_payload trans;

		trans.set_command(write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND);
		trans.set_address(offset);
		trans.set_data_ptr(reinterpret_cast<unsigned char *>(&value));
		trans.set_data_length(size);
		trans.set_streaming_width(size);
		socket->b_transport(trans, delay);
		must(trans.is_response_ok(), "a register is refused");
		return value;
	}
	static uint64_t port_read(void *context, uint32_t offset, uint32_t size)
	{
		return static_cast<initiator *>(context)->access(false, offset, size, 0);
	}
	static void port_write(void *context, uint32_t offset, uint32_t size, uint64_t value)
	{
		static_cast<initiator *>(context)->access(true, offset, size, value);
	}
	static bool port_poll(void *)
	{
		sc_core::wait(sc_core::sc_time(100, sc_core::SC_NS));
		return true;
	}
	struct sv3_regport port()
	{
		static const struct sv3_regport_ops ops = { port_read, port_write, port_poll };

		return { &ops, this };
	}
	// The same payload, again and again.
	double seconds(uint8_t *data, const std::vector<dma> &all)
	{
		const double begin = cpu_seconds();
		tlm::tlm_generic_payload trans;
		sv3::smmu_extension extension;
		sc_core::sc_time delay;

		keeper_.reset();
		trans.set_data_ptr(data);
		trans.set_extension(&extension);
		for (const dma &a : all) {
			trans.set_address(a.iova);
			trans.set_data_length(a.length);
			trans.set_streaming_width(a.length);
			trans.set_command(a.write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND);
			trans.set_dmi_allowed(false);
			trans.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
			delay = keeper_.get_local_time();
			socket->b_transport(trans, delay);
			keeper_.set_and_sync(delay);
		}
		trans.clear_extension(&extension);
		must(trans.is_response_ok(), "an access is refused");
		return cpu_seconds() - begin;
	}

      private:
	tlm_utils::tlm_quantumkeeper keeper_;
};

// --- side by side ---

static void compare(native &twin, initiator &device)
{
	static uint8_t data[page_bytes];
	const struct {
		const char *what;
		std::vector<dma> accesses;
	} loads[] = {
		{ "64 bytes", dma_of_length(64) },
		{ "512 bytes", dma_of_length(512) },
		{ "4096 bytes", dma_of_length(4096) },
		{ "NVMe trace", dma_of_trace("traces/samples/nvme-rand-strict.s3t") },
		{ "NIC trace", dma_of_trace("traces/samples/nic-rx-strict.s3t") },
	};

	puts("b_transport, quantum 1 us      library ns   TLM-2.0 ns   of its speed");
	for (const auto &load : loads) {
		double without = 1e9, with = 1e9;

		for (int pass = 0; pass < passes; pass++) {
			without = std::min(without, native_seconds(twin, data, load.accesses));
			with = std::min(with, device.seconds(data, load.accesses));
		}
		printf("  %-26s %12.1f %12.1f %14.2f\n", load.what, without / batch * 1e9,
		       with / batch * 1e9, without / with);
	}
}

int sc_main(int, char **)
{
	sc_core::sc_report_handler::set_actions("/OSCI/SystemC", sc_core::SC_DO_NOTHING);
	tlm::tlm_global_quantum::instance().set(sc_core::sc_time(1, sc_core::SC_US));
	sv3::smmu smmu("smmu", sv3::smmu_parameters("full"));
	plain_memory ram("ram");
	initiator device("device"), cpu("cpu");
	native twin(smmu.parameters().config);
	driver software;

	device.socket.bind(smmu.upstream);
	cpu.socket.bind(smmu.regs);
	smmu.downstream.bind(ram.socket);
	sc_core::sc_spawn([&] {
		software.boot(ram.tables.bus(), cpu.port());
		for (driver *side : { &software, &twin.software }) {
			side->add_stream(0);
			side->map(0, area, data_base, pages * page_bytes,
				  SV3_PT_READ | SV3_PT_WRITE | SV3_PT_UNPRIV | SV3_PT_BORN_DIRTY);
		}
		compare(twin, device);
		sc_core::sc_stop();
	});
	sc_core::sc_start();
	return 0;
}

int main(int argc, char **argv)
{
	setenv("SC_COPYRIGHT_MESSAGE", "DISABLE", 1);
	return sc_core::sc_elab_and_sim(argc, argv);
}
