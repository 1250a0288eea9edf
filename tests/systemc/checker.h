/* SPDX-License-Identifier: MIT */
/*
 * checker.h - stands between an initiator and a target and checks both against the rules of the
 * TLM-2.0 base protocol. It passes on everything as it is.
 *
 * Rules: phase order; one request and one response at a time; a response only to a request; status
 * INCOMPLETE when sent and something else when answered; attributes unchanged while in flight and
 * the address back where it was; a memory manager, and no reference too many or too few.
 */
#ifndef SV3_TESTS_SYSTEMC_CHECKER_H
#define SV3_TESTS_SYSTEMC_CHECKER_H

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <map>
#include <string>
#include <vector>

class checker : public sc_core::sc_module
{
      public:
	tlm_utils::simple_target_socket<checker, 32> target;
	tlm_utils::simple_initiator_socket<checker, 32> initiator;
	std::vector<std::string> broken; /* rules, as text */
	uint64_t payloads = 0, overtaken = 0, early = 0;
	size_t in_flight_max = 0;

	explicit checker(const sc_core::sc_module_name &name);
	/* At the end of a test: nothing broken, nothing in flight. */
	void expect_clean() const;

      private:
	struct attributes {
		tlm::tlm_command command;
		sc_dt::uint64 address;
		unsigned char *data, *enables;
		unsigned int length, width, enables_length;

		explicit attributes(const tlm::tlm_generic_payload &trans);
		bool operator==(const attributes &other) const;
	};
	struct flight {
		attributes sent;
		tlm::tlm_phase phase;
		uint64_t serial;
	};

	void b_transport(tlm::tlm_generic_payload &trans, sc_core::sc_time &delay);
	tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload &trans, tlm::tlm_phase &phase,
					   sc_core::sc_time &delay);
	tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload &trans, tlm::tlm_phase &phase,
					   sc_core::sc_time &delay);
	unsigned int transport_dbg(tlm::tlm_generic_payload &trans);
	bool get_direct_mem_ptr(tlm::tlm_generic_payload &trans, tlm::tlm_dmi &dmi);
	void invalidate_direct_mem_ptr(sc_dt::uint64 start, sc_dt::uint64 end);
	void rule(bool held, const char *text);
	void sent(tlm::tlm_generic_payload &trans);
	void answered(const flight &f, tlm::tlm_generic_payload &trans);
	void after_forward(tlm::tlm_generic_payload &trans, const tlm::tlm_phase &phase,
			   tlm::tlm_sync_enum returned);
	void begin_resp(tlm::tlm_generic_payload &trans);
	void finished(tlm::tlm_generic_payload &trans);

	std::map<tlm::tlm_generic_payload *, flight> flights_;
	tlm::tlm_generic_payload *request_ = nullptr, *response_ = nullptr;
	uint64_t serial_ = 0;
};

#endif
