/* SPDX-License-Identifier: MIT */
/*
 * memory.h - memory behind a TLM-2.0 socket, as plain or as limited as a test wants it.
 */
#ifndef SV3_TESTS_SYSTEMC_MEMORY_H
#define SV3_TESTS_SYSTEMC_MEMORY_H

#include "driver.h"

#include <sv3_tlm_extension.h>

#include <sv3/sim.h>

#include <systemc>
#include <tlm>
#include <tlm_utils/peq_with_cb_and_phase.h>
#include <tlm_utils/simple_target_socket.h>

#include <deque>
#include <functional>

struct memory_options {
	bool dmi = true, debug = true, atomics = false;
	/* LT: time added; waited for inside b_transport if @waits */
	sc_core::sc_time latency{ 20, sc_core::SC_NS };
	bool waits = false;
	/* AT: from BEGIN_REQ to END_REQ, to BEGIN_RESP. How it may answer early. */
	sc_core::sc_time accept{ 5, sc_core::SC_NS }, respond{ 40, sc_core::SC_NS };
	enum { FOUR_PHASES, RESPONSE_ONLY, COMPLETED } style = FOUR_PHASES;
};

class memory : public sc_core::sc_module
{
      public:
	tlm_utils::simple_target_socket<memory, 32> socket;
	memory_options options;
	/* What is asked of it besides: called when an access takes effect; may wait in LT. */
	std::function<void(tlm::tlm_generic_payload &)> hook;
	uint64_t reads = 0, writes = 0, swaps = 0, in_flight = 0, in_flight_max = 0;

	explicit memory(const sc_core::sc_module_name &name, const memory_options &o = {});
	~memory() override;
	/* Memory as software sees it, at no cost. */
	struct sv3_bus bus();
	uint8_t *at(sv3_pa pa);

      private:
	void b_transport(tlm::tlm_generic_payload &trans, sc_core::sc_time &delay);
	tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload &trans, tlm::tlm_phase &phase,
					   sc_core::sc_time &delay);
	unsigned int transport_dbg(tlm::tlm_generic_payload &trans);
	bool get_direct_mem_ptr(tlm::tlm_generic_payload &trans, tlm::tlm_dmi &dmi);
	void phase(tlm::tlm_generic_payload &trans, const tlm::tlm_phase &phase);
	void effect(tlm::tlm_generic_payload &trans);
	void respond();

	struct sv3_ram ram_;
	struct sv3_bus bus_;
	tlm_utils::peq_with_cb_and_phase<memory> queue_;
	std::deque<tlm::tlm_generic_payload *> responses_;
	bool is_responding_ = false;
};

#endif
