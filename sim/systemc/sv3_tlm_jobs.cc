// SPDX-License-Identifier: MIT
//
// sv3_tlm_jobs.cc - the hardware's own work: one thread runs commands, event records, MSIs and
// whatever was resumed; others send messages to endpoints and pulse wires.

#include "sv3_tlm_priv.h"

namespace sv3
{

// There may be something to do.
void smmu_base::kick()
{
	work_.notify(sc_core::SC_ZERO_TIME);
}

void smmu_base::slot_is_free()
{
	slots_used_--;
	slot_freed_.notify(sc_core::SC_ZERO_TIME);
	kick();
	at_->retry();
}

// Hits are closed first: a CMD_SYNC waits for accesses that were translated before it, and the SMMU
// knows of those in slots alone. [IHI0070 4.7.3]
void smmu_base::job_thread()
{
	for (;;) {
		uint32_t slot;

		sc_core::wait(work_);
		hits_are_closed_ = true;
		while (hits_in_flight_ > 0)
			sc_core::wait(hits_drained_);
		for (;;) {
			if (!ats_done_.empty()) {
				sv3_reply reply = {};

				slot = ats_done_.front().slot;
				reply.status = ats_done_.front().status;
				ats_done_.pop_front();
				run_job(slot, &reply);
			} else if (sv3_smmu_next_ready(smmu_, &slot)) {
				run_job(slot, nullptr);
			} else {
				break;
			}
		}
		hits_are_closed_ = false;
	}
}

// Step @slot until it is DONE or waits. A transaction makes one step, and its initiator goes on.
void smmu_base::run_job(uint32_t slot, const sv3_reply *first)
{
	const uint64_t generation = generation_;
	sv3_need need;
	sv3_reply reply;

	if (slot < parameters_.config.slot_count) {
		if (!at_->resume(slot)) {
			sv3_smmu_step(smmu_, slot, nullptr, waiters_[slot]);
			waiters_[slot] = nullptr;
			resumed_.notify(sc_core::SC_ZERO_TIME);
		}
		return;
	}
	sv3_smmu_step(smmu_, slot, first, &need);
	after_step();
	while (need.kind != SV3_NEED_DONE && need.kind != SV3_NEED_WAIT) {
		if (!answer_job(slot, need, reply) || generation_ != generation)
			return;
		sv3_smmu_step(smmu_, slot, &reply, &need);
		after_step();
	}
	slot_freed_.notify(sc_core::SC_ZERO_TIME); // a record that is written makes room
	at_->retry();
}

// Returns: false: the answer comes later.
bool smmu_base::answer_job(uint32_t slot, const sv3_need &need, sv3_reply &reply)
{
	sc_core::sc_time delay = cycles(parameters_.timing.unit_cycles[need.unit]);

	reply.status = SV3_BUS_OK;
	switch (need.kind) {
	case SV3_NEED_READ:
	case SV3_NEED_WRITE:
	case SV3_NEED_CAS64:
		reply.status = answer(need, reply, delay);
		break;
	case SV3_NEED_IRQ:
		raise(need.irq);
		break;
	case SV3_NEED_SEV:
		sev_.notify(sc_core::SC_ZERO_TIME);
		break;
	case SV3_NEED_ATC_INV:
	case SV3_NEED_PRI_RESP:
		ats_queue_.push_back(
			{ slot, generation_, need.kind == SV3_NEED_ATC_INV, need.ats });
		ats_wake_.notify(sc_core::SC_ZERO_TIME);
		if (need.kind == SV3_NEED_ATC_INV)
			return false;
		break;
	default:
		break;
	}
	if (delay != sc_core::SC_ZERO_TIME)
		sc_core::wait(delay);
	return true;
}

// --- endpoints ---

// IMPDEF(I-050): what no endpoint listens to completes.
void smmu_base::ats_thread()
{
	for (;;) {
		while (ats_queue_.empty())
			sc_core::wait(ats_wake_);
		const ats_work work = ats_queue_.front();
		ats_extension extension;
		payload trans;
		sc_core::sc_time delay;
		size_t port = ats_.size();

		ats_queue_.pop_front();
		for (const auto &known : ats_ports_) {
			if (known.first == work.message.stream_id)
				port = static_cast<size_t>(known.second);
		}
		extension.invalidation = work.invalidation;
		extension.message = work.message;
		trans.set_command(tlm::TLM_IGNORE_COMMAND);
		trans.set_address(work.message.iova);
		trans.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
		trans.set_extension(&extension);
		if (port < ats_.size())
			ats_[port]->b_transport(trans, delay);
		else
			trans.set_response_status(tlm::TLM_OK_RESPONSE);
		trans.clear_extension(&extension);
		if (delay != sc_core::SC_ZERO_TIME)
			sc_core::wait(delay);
		if (!work.invalidation || work.generation != generation_)
			continue;
		ats_done_.push_back(
			{ work.slot, trans.is_response_ok() ? SV3_BUS_OK : SV3_BUS_ABORT });
		kick();
	}
}

// --- wires ---

void smmu_base::raise(enum sv3_irq irq)
{
	for (irq_line *line : { irq_lines_[irq].get(), irq_lines_.back().get() }) {
		line->pending++;
		line->due.notify(sc_core::SC_ZERO_TIME);
	}
}

// As long low as high between two pulses, so that each has an edge.
void smmu_base::irq_thread(irq_line *line)
{
	const sc_core::sc_time width = cycles(parameters_.timing.irq_pulse_cycles);

	for (;;) {
		while (line->pending == 0)
			sc_core::wait(line->due);
		line->pending--;
		line->wire->write(true);
		sc_core::wait(width);
		line->wire->write(false);
		sc_core::wait(width);
	}
}

} // namespace sv3
