/* SPDX-License-Identifier: MIT */
/*
 * sv3_tlm.h - the SMMU as a TLM-2.0 module. Thin: it moves payloads, time and wires; what an SMMU
 * is stands in libsv3. docs/SYSTEMC.md says how to use it.
 *
 * Concepts:
 *   port     one initiator bound to `upstream`; its number is the order of binding.
 *   hit      an access that the TLB answers: made at once, without a slot.
 *   job      the hardware's own work (commands, event records, MSIs), run by one thread.
 *   flight   one payload of the approximately timed interface on its way (sv3_tlm_at.cc).
 *   grant    the direct memory pointers that a port may hold (sv3_tlm_dmi.cc).
 *   reset    a new generation: whoever waited under the old one gives up.
 */
#ifndef SV3_TLM_H
#define SV3_TLM_H

#include "sv3_tlm_extension.h"

#include <sv3/monitor.h>
#include <sv3/platform.h>
#include <sv3/smmu.h>

#include <systemc>
#include <tlm>
#include <tlm_utils/multi_passthrough_initiator_socket.h>
#include <tlm_utils/multi_passthrough_target_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <deque>
#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

namespace sv3
{

/** Ids of reports (sc_report). Warnings: what software did wrong. Infos: what devices met. */
extern const char report_fault[];         /* info: an access was refused */
extern const char report_configuration[]; /* warning: an STE, CD or register is not sound */
extern const char report_command[];       /* warning: GERROR, a command was not executed */
extern const char report_protocol[];      /* error: a payload breaks the rules of TLM-2.0 */
extern const char report_parameters[];    /* fatal: no SMMU can be like this */

/** Costs in cycles of the SMMU's clock. APPROX(T-080). */
struct smmu_timing {
	sc_core::sc_time clock{ 1, sc_core::SC_NS };
	unsigned int tlb_lookup_cycles = 2; /* every access */
	unsigned int register_cycles = 4;
	unsigned int irq_pulse_cycles = 4;
	unsigned int unit_cycles[SV3_UNIT_COUNT]; /* by enum sv3_unit, before the memory access */

	smmu_timing();
	/** By a table of timing: its clock, look-ups and steps. What memory takes is memory's to
	 * say. */
	explicit smmu_timing(const struct sv3_timing &of);
};

/** What the SMMU is. All have defaults. */
struct smmu_parameters {
	struct sv3_smmu_config config; /* every ID register and all geometry */
	smmu_timing timing;
	/* StreamIDs of accesses without an extension, by port; a port behind the last: its number
	 */
	std::vector<uint32_t> port_stream_ids;
	bool dmi = true;      /* direct memory pointers are granted */
	bool monitor = false; /* watch what software owes: smmu_base::monitor() */
	bool sync_on_register =
		false; /* initiators wait for their own time before a register access */
	bool sync_on_fault = false; /* and when an access was refused */

	/** @profile: of sv3_smmu_profile(); an unknown name is a fatal report. */
	explicit smmu_parameters(const char *profile = "default");
	explicit smmu_parameters(const struct sv3_smmu_config &of);
	/** SMMU @index of a platform, say of a device tree (sv3_platform_load()): its
	 * configuration; ports are the masters behind it in their order, each with its first
	 * StreamID. */
	smmu_parameters(const struct sv3_platform &platform, uint32_t index);
};

/** What the module counts; the SMMU's own counters are smmu_base::stats(). */
struct smmu_counters {
	uint64_t blocking = 0, nonblocking = 0, debug = 0; /* upstream payloads */
	uint64_t pieces = 0; /* accesses made of payloads that cross a page */
	uint64_t busy = 0;   /* times an access waited for a slot */
	uint64_t dmi_granted = 0, dmi_refused = 0, dmi_invalidated = 0;
	uint64_t resets = 0;
};

/** An adapter reads StreamIDs from another library's extension; false: there is none. */
using smmu_adapter = bool (*)(const tlm::tlm_generic_payload &trans, smmu_attributes &attributes);

/** All of the module that does not depend on the width of its buses. */
class smmu_base : public sc_core::sc_module
{
      public:
	tlm_utils::simple_target_socket<smmu_base, 32> regs;
	/* Unbound ones are left alone. Wires pulse for timing.irq_pulse_cycles, once an interrupt.
	 */
	sc_core::sc_in<bool> reset;
	sc_core::sc_out<bool> irq_eventq, irq_priq, irq_cmd_sync, irq_gerror, irq_pmcg,
		irq_combined;

	~smmu_base() override;

	/** add_adapter - asked, in this order, of payloads without smmu_extension. */
	void add_adapter(smmu_adapter adapter);
	/** trace_text - one line a transaction into @out; nullptr: none. */
	void trace_text(std::ostream *out);
	/** trace - queue levels, slots in use, TLB hits and walks, before simulation begins. */
	void trace(sc_core::sc_trace_file *file) const override;

	/** monitor - what software owed, with parameters().monitor, else nullptr. It reads memory
	 * by transport_dbg, finds stores by comparing, and does not see accesses by direct memory
	 * pointers. Copies, unmaps and freed memory are the caller's to tell it, as is the end
	 * (sv3_monitor_finish()). Positions are sc_time::value(). */
	sv3_monitor *monitor();

	const sv3_smmu *core() const;
	const struct sv3_smmu_stats &stats() const;
	const smmu_counters &counters() const;
	const smmu_parameters &parameters() const;
	/** sev_event - an event for waiting processors (CMD_SYNC with CS = SEV). */
	const sc_core::sc_event &sev_event() const;

      protected:
	using payload = tlm::tlm_generic_payload;
	using forward_if = tlm::tlm_fw_transport_if<>;
	using backward_if = tlm::tlm_bw_transport_if<>;

	smmu_base(const sc_core::sc_module_name &name, const smmu_parameters &parameters);

	/* what the sockets call */
	void b_transport(int port, payload &trans, sc_core::sc_time &delay);
	tlm::tlm_sync_enum nb_transport_fw(int port, payload &trans, tlm::tlm_phase &phase,
					   sc_core::sc_time &delay);
	unsigned int transport_dbg(int port, payload &trans);
	bool get_direct_mem_ptr(int port, payload &trans, tlm::tlm_dmi &dmi);
	tlm::tlm_sync_enum nb_transport_bw(int link, payload &trans, tlm::tlm_phase &phase,
					   sc_core::sc_time &delay);
	void downstream_invalidated(int link, sc_dt::uint64 start, sc_dt::uint64 end);

	/* what is bound, as the template sees it at the start of simulation */
	std::vector<backward_if *> upstream_;
	std::vector<forward_if *> downstream_, ats_; /* downstream_: walks last, if bound */
	bool walk_is_bound_ = false;

	void before_end_of_elaboration() override;
	void start_of_simulation() override;

      private:
	class at_engine;
	struct access;
	struct irq_line;

	/* sv3_tlm.cc */
	void regs_b_transport(payload &trans, sc_core::sc_time &delay);
	unsigned int regs_transport_dbg(payload &trans);
	uint64_t read_registers(uint32_t offset, uint32_t size);
	void write_registers(uint32_t offset, uint32_t size, uint64_t value);
	bool is_register_pair(uint32_t offset, uint32_t size) const;
	void reset_method();

	/* sv3_tlm_jobs.cc */
	void job_thread();
	void ats_thread();
	void irq_thread(irq_line *line);
	void run_job(uint32_t slot, const sv3_reply *first);
	bool answer_job(uint32_t slot, const sv3_need &need, sv3_reply &reply);
	void raise(enum sv3_irq irq);
	void kick();
	void slot_is_free();

	/* sv3_tlm_lt.cc */
	const smmu_attributes &attributes_of(int port, const payload &trans);
	static tlm::tlm_response_status unsupported(const payload &trans,
						    const smmu_attributes &who);
	static uint32_t piece_length(const payload &trans, uint32_t at);
	static void set_piece(const payload &trans, uint32_t at, uint32_t length, access &piece);
	static void return_zeros(const payload &trans, uint32_t at, uint32_t length);
	static sv3_page_request page_request_of(const smmu_attributes &who);
	void note_endpoint(int port, uint32_t stream_id);
	void b_transport_slow(int port, payload &trans, sc_core::sc_time &delay);
	void forward(int port, payload &trans, sv3_pa pa, sc_core::sc_time &delay);
	tlm::tlm_response_status message(int port, const payload &trans, const smmu_attributes &who,
					 sc_core::sc_time &delay);
	tlm::tlm_response_status access_piece(int port, payload &trans, uint32_t at,
					      uint32_t length, sc_core::sc_time &delay);
	void wait_turn(sc_core::sc_time &delay);
	bool translate(const sv3_txn &txn, sc_core::sc_time &delay, uint32_t &slot,
		       sv3_result &result);
	bool run_slot(uint32_t slot, sc_core::sc_time &delay);
	enum sv3_bus_status answer(const sv3_need &need, sv3_reply &reply, sc_core::sc_time &delay);
	bool probe(sv3_txn txn, sv3_result &result);

	/* sv3_tlm_monitor.cc */
	static enum sv3_bus_status monitor_read(void *context, sv3_pa pa, void *data,
						uint32_t size);
	static uint64_t monitor_peek(void *context, uint32_t offset, uint32_t size);
	void make_monitor();
	void tell_monitor(const sv3_txn &txn, const sv3_result &result);

	/* sv3_tlm_dmi.cc */
	bool needs_no_update(const sv3_txn &txn, sv3_result &result);
	void note_grant(int port, const tlm::tlm_dmi &dmi);
	void revoke_grants();
	uint64_t *cas_pointer(sv3_pa pa);
	bool cas_by_pointer(const sv3_need &need, sv3_reply &reply, sc_core::sc_time &delay);
	enum sv3_bus_status cas_settle(const sv3_need &need, const access &asked, sv3_reply &reply);
	enum sv3_bus_status cas(const sv3_need &need, sv3_reply &reply, sc_core::sc_time &delay);

	/* sv3_tlm_trace.cc */
	void note(const char *how, int port, const payload &trans, const sv3_txn &txn,
		  const sv3_result &result);
	void report(const sv3_txn &txn, const sv3_result &result);
	void after_step();
	void update_levels();

	sc_core::sc_time cycles(uint64_t count) const;
	forward_if &data_link(int port)
	{
		return *data_links_[static_cast<size_t>(port)];
	}
	forward_if &walk_link();
	size_t data_link_index(int port) const;
	size_t walk_link_index() const;
	access &take_access();

	smmu_parameters parameters_;
	std::vector<forward_if *> data_links_; /* by port upstream: where its accesses go */
	sv3_smmu *smmu_ = nullptr;
	std::unique_ptr<void, void (*)(void *)> block_; /* of smmu_ */
	sc_core::sc_time lookup_time_;
	std::vector<smmu_adapter> adapters_;
	std::vector<smmu_attributes> defaults_; /* by port */
	smmu_attributes adapted_; /* the last that an adapter made, good until the next */
	std::ostream *text_ = nullptr;
	std::unique_ptr<sv3_monitor, void (*)(sv3_monitor *)> monitor_{ nullptr,
									sv3_monitor_destroy };
	smmu_counters counters_;
	uint64_t generation_ = 0;

	/* Hits are accesses that the SMMU does not know of: while jobs run there are none. */
	uint32_t hits_in_flight_ = 0;
	bool hits_are_closed_ = false;
	sc_core::sc_event hits_drained_;

	sc_core::sc_event work_, slot_freed_, resumed_, sev_;
	std::vector<sv3_need *>
		waiters_; /* by slot: where a stalled transaction's next need goes */
	std::vector<std::unique_ptr<irq_line>> irq_lines_;
	std::unique_ptr<sc_core::sc_signal<bool>> reset_own_;
	std::vector<std::unique_ptr<access>> accesses_;
	std::vector<access *> free_accesses_;

	/* ATS messages to endpoints; the job behind an invalidation waits. */
	struct ats_work {
		uint32_t slot;
		uint64_t generation;
		bool invalidation;
		sv3_ats_message message;
	};
	struct ats_done {
		uint32_t slot;
		enum sv3_bus_status status;
	};
	std::deque<ats_work> ats_queue_;
	std::deque<ats_done> ats_done_;
	sc_core::sc_event ats_wake_;
	std::vector<std::pair<uint32_t, int>> ats_ports_; /* StreamID, port it was heard from */

	struct span {
		uint64_t first = UINT64_MAX, last = 0; /* inclusive; first > last: nothing */
	};
	std::vector<span> grants_; /* by port, IOVAs */
	bool has_grants_ = false;
	tlm::tlm_dmi cas_region_; /* no access: none held */
	span cas_refused_;
	uint64_t revoking_count_ = 0; /* commands that revoke grants, as last seen */
	uint64_t gerror_seen_ = 0;
	uint32_t cmdq_level_ = 0, eventq_level_ = 0, priq_level_ = 0, slots_used_ = 0;

	std::unique_ptr<at_engine> at_;
};

/**
 * The module. @BUSWIDTH: bits of all sockets but `regs`, which has 32.
 * upstream: one initiator or many. downstream: bound once, for all ports, or once for each port in
 * the order of `upstream`. walk: the SMMU's own accesses; unbound they go through the first
 * downstream. ats: endpoints, in the order of their ports; may be unbound.
 */
template <unsigned int BUSWIDTH = 32> class basic_smmu : public smmu_base
{
      public:
	tlm_utils::multi_passthrough_target_socket<smmu_base, BUSWIDTH> upstream;
	tlm_utils::multi_passthrough_initiator_socket<smmu_base, BUSWIDTH> downstream;
	tlm_utils::multi_passthrough_initiator_socket_optional<smmu_base, BUSWIDTH> walk, ats;

	explicit basic_smmu(const sc_core::sc_module_name &name,
			    const smmu_parameters &parameters = smmu_parameters())
	    : smmu_base(name, parameters), upstream("upstream"), downstream("downstream"),
	      walk("walk"), ats("ats")
	{
		upstream.register_b_transport(this, &basic_smmu::b_transport);
		upstream.register_nb_transport_fw(this, &basic_smmu::nb_transport_fw);
		upstream.register_transport_dbg(this, &basic_smmu::transport_dbg);
		upstream.register_get_direct_mem_ptr(this, &basic_smmu::get_direct_mem_ptr);
		downstream.register_nb_transport_bw(this, &basic_smmu::nb_transport_bw);
		downstream.register_invalidate_direct_mem_ptr(this,
							      &basic_smmu::downstream_invalidated);
		walk.register_nb_transport_bw(this, &basic_smmu::nb_transport_bw);
		walk.register_invalidate_direct_mem_ptr(this, &basic_smmu::downstream_invalidated);
	}

	/** The same with a configuration as the C library has it. */
	basic_smmu(const sc_core::sc_module_name &name, const struct sv3_smmu_config &config)
	    : basic_smmu(name, smmu_parameters(config))
	{
	}

      protected:
	void start_of_simulation() override
	{
		for (unsigned int i = 0; i < upstream.size(); i++)
			upstream_.push_back(upstream[static_cast<int>(i)]);
		for (unsigned int i = 0; i < downstream.size(); i++)
			downstream_.push_back(downstream[static_cast<int>(i)]);
		for (unsigned int i = 0; i < ats.size(); i++)
			ats_.push_back(ats[static_cast<int>(i)]);
		walk_is_bound_ = walk.size() > 0;
		if (walk_is_bound_)
			downstream_.push_back(walk[0]);
		smmu_base::start_of_simulation();
	}
};

using smmu = basic_smmu<>;

} // namespace sv3

#endif
