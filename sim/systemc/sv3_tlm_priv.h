/* SPDX-License-Identifier: MIT */
/*
 * sv3_tlm_priv.h - what the files of the module share: payloads of its own, and the engine of
 * flights.
 */
#ifndef SV3_TLM_PRIV_H
#define SV3_TLM_PRIV_H

#include "sv3_tlm.h"

#include <tlm_utils/peq_with_cb_and_phase.h>

#include <cstring>
#include <list>

namespace sv3
{

/* No access to memory crosses this, whatever the granule: it is the smallest. */
constexpr uint32_t page_bytes = 4096;

/* A payload of ours on its way downstream: a need of the SMMU, or the access itself in pieces. */
struct smmu_base::access : tlm::tlm_generic_payload, tlm::tlm_mm_interface {
	explicit access(smmu_base &module) : owner(module)
	{
		set_mm(this);
	}
	void free(tlm::tlm_generic_payload *) override;
	/* An access of the SMMU itself. CAS64: a read, see atomic_extension. */
	void set_need(const sv3_need &need);
	void share_extensions(const tlm::tlm_generic_payload &with);
	void drop_extensions();

	smmu_base &owner;
	unsigned char bytes[64] = {};
	std::vector<unsigned char> enables; /* of a piece, where those of the whole repeat */
	atomic_extension atomic;
	/* approximately timed: whose it is, where it goes, whether END_REQ was seen */
	void *flight = nullptr;
	size_t link = 0;
	bool is_requested = false;
};

/* One wire: pulses, as many as there were interrupts. */
struct smmu_base::irq_line {
	sc_core::sc_out<bool> *wire;
	sc_core::sc_event due;
	uint64_t pending = 0;
	std::unique_ptr<sc_core::sc_signal<bool>> own;
};

/*
 * Payloads of the approximately timed interface. Each is a flight: a slot of the SMMU, driven by
 * what comes back from downstream. [TLM-2.0 base protocol]
 */
class smmu_base::at_engine
{
      public:
	explicit at_engine(smmu_base &module);
	tlm::tlm_sync_enum forward(int port, payload &trans, tlm::tlm_phase &phase,
				   sc_core::sc_time &delay);
	tlm::tlm_sync_enum backward(payload &trans, tlm::tlm_phase &phase, sc_core::sc_time &delay);
	/* A stalled transaction may go on. False: the slot is none of ours. */
	bool resume(uint32_t slot);
	/* A slot or room for a record has become free. */
	void retry();
	void reset();

      private:
	/* ended: its response waits. */
	enum flight_state { arriving, active, ended, responding };
	struct flight {
		payload *trans = nullptr;
		int port = 0;
		flight_state state = arriving;
		uint64_t generation = 0;
		uint32_t slot = 0;
		bool is_accepted = false; /* END_REQ was sent */
		bool waits_for_memory = false;
		uint32_t at = 0, length = 0; /* bytes done, and of this piece */
		sv3_txn txn = {};
		sv3_need need = {};
		sv3_result result = {};
		smmu_attributes who;
	};
	/* Upstream: one request at a time is not accepted yet, one response is not taken yet. */
	struct port_state {
		std::deque<flight *> responses;
		bool is_responding = false;
	};
	/* Downstream: one request at a time is not accepted yet. */
	struct link_state {
		bool is_requesting = false;
		std::deque<access *> waiting;
	};

	void upstream_phase(payload &trans, const tlm::tlm_phase &phase);
	void downstream_phase(payload &trans, const tlm::tlm_phase &phase);
	flight &flight_of(const payload &trans, flight_state state);
	bool begin_piece(flight &f);
	void accept(flight &f);
	void advance(flight &f, const sv3_reply *reply);
	void translated(flight &f, const sc_core::sc_time &lookup);
	void piece_done(flight &f, tlm::tlm_response_status status);
	void end(flight &f, tlm::tlm_response_status status);
	void respond(int port);
	void ask_memory(flight &f, access &a, size_t link, const sc_core::sc_time &cost);
	void issue(access &a);
	void send(access &a);
	void request_taken(access &a);
	void answered(access &a);

	smmu_base &owner_;
	std::vector<port_state> ports_;
	std::vector<link_state> links_;
	std::list<flight> flights_;
	std::deque<flight *> refused_; /* no slot: END_REQ, or the next piece, waits */
	std::vector<flight *> by_slot_;
	tlm_utils::peq_with_cb_and_phase<at_engine> upstream_queue_, downstream_queue_;
};

sv3_txn txn_of(const tlm::tlm_generic_payload &trans, const smmu_attributes &who);
void return_result(const tlm::tlm_generic_payload &trans, const sv3_result &result);

} // namespace sv3

#endif
