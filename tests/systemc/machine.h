/* SPDX-License-Identifier: MIT */
/*
 * machine.h - initiators, the SMMU, memory and a driver, with checkers in between.
 *
 * SC_TEST(name) { machine m; m.run([&] { ... }); } is a test in a process of its own, because a
 * SystemC kernel runs once; what run() is given is a thread of the simulation.
 */
#ifndef SV3_TESTS_SYSTEMC_MACHINE_H
#define SV3_TESTS_SYSTEMC_MACHINE_H

#include "checker.h"
#include "memory.h"

#include <sv3_tlm.h>

#include <gtest/gtest.h>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/tlm_quantumkeeper.h>

void run_in_own_process(void (*body)());

#define SC_TEST(name)                               \
	static void sc_body_##name();               \
	TEST(systemc, name)                         \
	{                                           \
		run_in_own_process(sc_body_##name); \
	}                                           \
	static void sc_body_##name()

inline sc_core::sc_time ns(double value)
{
	return sc_core::sc_time(value, sc_core::SC_NS);
}

/* A bus master with both interfaces. */
class initiator : public sc_core::sc_module
{
      public:
	struct sent : tlm::tlm_generic_payload {
		sv3::smmu_extension extension;
		sc_core::sc_time begin, accepted, end;
		bool is_done = false;
	};

	tlm_utils::simple_initiator_socket<initiator, 32> socket;
	sv3::smmu_attributes who; /* of all that is sent; no extension if !has_extension */
	bool has_extension = true;
	sc_core::sc_time delay; /* local time ahead of the kernel's */
	std::vector<std::pair<uint64_t, uint64_t>> invalidated;
	sv3_result result = {}; /* of the last blocking access */

	explicit initiator(const sc_core::sc_module_name &name);
	~initiator() override;
	/* --- blocking --- */
	tlm::tlm_response_status access(bool write, uint64_t iova, void *data, unsigned int length);
	tlm::tlm_response_status write32(uint64_t iova, uint32_t value);
	tlm::tlm_response_status read32(uint64_t iova, uint32_t *value);
	unsigned int debug_read(uint64_t iova, void *data, unsigned int length);
	bool dmi(bool write, uint64_t iova, tlm::tlm_dmi *region);
	void prepare(tlm::tlm_generic_payload &trans, bool write, uint64_t iova, void *data,
		     unsigned int length);
	void send(tlm::tlm_generic_payload &trans); /* b_transport of a prepared payload */
	/* --- approximately timed --- */
	sent &submit(bool write, uint64_t iova, void *data, unsigned int length);
	void wait_accepted();
	void wait_done();
	uint64_t pending() const;
	bool completes_responses = true; /* by TLM_COMPLETED, else by END_RESP a while later */

      private:
	class manager : public tlm::tlm_mm_interface
	{
	      public:
		void free(tlm::tlm_generic_payload *trans) override;
		uint64_t freed = 0;
	};
	tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload &trans, tlm::tlm_phase &phase,
					   sc_core::sc_time &delay);
	void invalidate_direct_mem_ptr(sc_dt::uint64 start, sc_dt::uint64 end);
	void end_resp(tlm::tlm_generic_payload &trans, const tlm::tlm_phase &phase);
	void done(sent &s);

	sv3::smmu_extension extension_;
	manager manager_;
	std::vector<std::unique_ptr<sent>> sent_;
	uint64_t done_ = 0, submitted_ = 0;
	sent *requesting_ = nullptr;
	sc_core::sc_event changed_;
	tlm_utils::peq_with_cb_and_phase<initiator> queue_;
};

struct machine_options {
	sv3::smmu_parameters smmu{ "full" };
	memory_options memory;
	driver_options driver;
	unsigned int ports = 1;
	bool boots = true;
};

/* Registers through an initiator, as software's port. */
struct register_port {
	initiator &cpu;

	struct sv3_regport get();
	tlm::tlm_response_status access(bool write, uint64_t offset, void *data, unsigned int size);
};

class machine
{
      public:
	machine_options options;
	sc_core::sc_signal<bool> reset, irq[6]; /* eventq, priq, cmd_sync, gerror, pmcg, combined */
	uint64_t edges[6] = {};
	sv3::smmu smmu;
	memory ram;
	std::vector<std::unique_ptr<initiator>> devices;
	std::vector<std::unique_ptr<checker>> checkers; /* the last: before memory */
	driver software;

	explicit machine(const machine_options &o = machine_options());
	/* Boots, runs @body as the driver's thread, ends the simulation, and looks at the checkers.
	 */
	void run(const std::function<void()> &body);
	/* Another thread; run() waits for it. */
	void spawn(const std::function<void()> &body);
	initiator &device(unsigned int i = 0);
	struct sv3_regport registers();
	uint64_t reg(uint32_t offset, uint32_t size = 4);
	void set_reg(uint32_t offset, uint64_t value, uint32_t size = 4);
	unsigned int debug_registers(tlm::tlm_generic_payload &trans);
	/* Waits until the SMMU has no work left. */
	void settle();
	tlm::tlm_response_status reg_access(bool write, uint64_t offset, void *data,
					    unsigned int size);

      private:
	void count_edges();

	initiator cpu_;
	register_port port_{ cpu_ };
	unsigned int threads_ = 0;
	sc_core::sc_event thread_ended_;
	bool is_over_ = false;
};

#endif
