// SPDX-License-Identifier: MIT
//
// sv3_tlm_at.cc - the approximately timed interface: every payload is a flight, which goes through
//
//	arriving -> (refused: no slot) -> translating -> accessing -> responding
//
// and holds a slot of the SMMU from its first step until its access is complete downstream, so that
// CMD_SYNC waits for it. Flights overtake each other as memory answers. A flight that crosses pages
// does so piece by piece.

#include "sv3_tlm_priv.h"

namespace sv3
{

// Phases of our own queue, seen by nobody else: an access is due; it was answered without phases.
DECLARE_EXTENDED_PHASE(access_due);
DECLARE_EXTENDED_PHASE(access_answered);

smmu_base::at_engine::at_engine(smmu_base &module)
    : owner_(module), ports_(module.upstream_.size()), links_(module.downstream_.size()),
      by_slot_(module.parameters_.config.slot_count),
      upstream_queue_(sc_core::sc_gen_unique_name("at_upstream"), this, &at_engine::upstream_phase),
      downstream_queue_(sc_core::sc_gen_unique_name("at_downstream"), this,
			&at_engine::downstream_phase)
{
}

// --- what initiators say ---

tlm::tlm_sync_enum smmu_base::at_engine::forward(int port, payload &trans, tlm::tlm_phase &phase,
						 sc_core::sc_time &delay)
{
	const smmu_attributes &who = owner_.attributes_of(port, trans);
	tlm::tlm_response_status status = unsupported(trans, who);

	if (phase == tlm::END_RESP)
		upstream_queue_.notify(trans, phase, delay);
	if (phase != tlm::BEGIN_REQ)
		return tlm::TLM_ACCEPTED; // phases that we do not know are ignored
	owner_.counters_.nonblocking++;
	trans.set_dmi_allowed(false);
	if (!trans.has_mm()) {
		SC_REPORT_ERROR(report_protocol, "nb_transport without a memory manager");
		status = tlm::TLM_GENERIC_ERROR_RESPONSE;
	}
	// An early completion: there is nothing to translate.
	if (status != tlm::TLM_OK_RESPONSE ||
	    (who.kind == request_kind::access && trans.get_command() == tlm::TLM_IGNORE_COMMAND)) {
		trans.set_response_status(status);
		return tlm::TLM_COMPLETED;
	}
	trans.acquire();
	flights_.emplace_back();
	flights_.back().trans = &trans;
	flights_.back().port = port;
	flights_.back().who = who;
	upstream_queue_.notify(trans, phase, delay);
	return tlm::TLM_ACCEPTED;
}

// An initiator may send the same payload again while its last END_RESP is on its way.
smmu_base::at_engine::flight &smmu_base::at_engine::flight_of(const payload &trans,
							      flight_state state)
{
	for (flight &f : flights_) {
		if (f.trans == &trans && f.state == state)
			return f;
	}
	SC_REPORT_FATAL(report_protocol, "a phase of a payload that is not in that phase");
	return flights_.back();
}

void smmu_base::at_engine::upstream_phase(payload &trans, const tlm::tlm_phase &phase)
{
	if (phase == tlm::BEGIN_REQ) {
		flight &f = flight_of(trans, arriving);

		f.state = active;
		f.generation = owner_.generation_;
		f.txn = txn_of(trans, f.who);
		if (!begin_piece(f))
			refused_.push_back(&f);
		return;
	}
	const int port = flight_of(trans, responding).port;

	flights_.remove_if(
		[&](const flight &f) { return f.trans == &trans && f.state == responding; });
	trans.release();
	ports_[static_cast<size_t>(port)].is_responding = false;
	respond(port);
}

// The request is taken: the port may send another.
void smmu_base::at_engine::accept(flight &f)
{
	tlm::tlm_phase phase = tlm::END_REQ;
	sc_core::sc_time delay;

	if (f.is_accepted)
		return;
	f.is_accepted = true;
	owner_.upstream_[static_cast<size_t>(f.port)]->nb_transport_bw(*f.trans, phase, delay);
}

// --- translation ---

// Returns: false: no slot, or no room for what it may have to record.
bool smmu_base::at_engine::begin_piece(flight &f)
{
	if (f.who.kind == request_kind::page) {
		const sv3_page_request asked = page_request_of(f.who);

		owner_.note_endpoint(f.port, f.who.stream_id);
		if (sv3_smmu_page_request(owner_.smmu_, &asked) == -SV3_ERR_BUSY)
			return false;
		owner_.kick();
		end(f, tlm::TLM_OK_RESPONSE);
		return true;
	}
	f.length = piece_length(*f.trans, f.at);
	f.txn.iova = f.trans->get_address() + f.at;
	if (sv3_smmu_begin(owner_.smmu_, &f.txn, &f.slot)) {
		owner_.counters_.busy++;
		owner_.kick();
		return false;
	}
	owner_.slots_used_++;
	owner_.counters_.pieces += f.length != f.trans->get_data_length();
	by_slot_[f.slot] = &f;
	accept(f);
	advance(f, nullptr);
	return true;
}

void smmu_base::at_engine::retry()
{
	while (!refused_.empty()) {
		flight *const f = refused_.front();

		refused_.pop_front();
		if (!begin_piece(*f)) {
			refused_.push_front(f);
			return;
		}
	}
}

bool smmu_base::at_engine::resume(uint32_t slot)
{
	if (!by_slot_[slot])
		return false;
	advance(*by_slot_[slot], nullptr);
	return true;
}

void smmu_base::at_engine::advance(flight &f, const sv3_reply *reply)
{
	const sc_core::sc_time lookup = reply ? sc_core::SC_ZERO_TIME : owner_.lookup_time_;

	sv3_smmu_step(owner_.smmu_, f.slot, reply, &f.need);
	switch (f.need.kind) {
	case SV3_NEED_DONE:
		translated(f, lookup);
		break;
	case SV3_NEED_WAIT:
		owner_.kick();
		break;
	default:
		access &a = owner_.take_access();

		a.set_need(f.need);
		ask_memory(
			f, a, owner_.walk_link_index(),
			lookup + owner_.cycles(owner_.parameters_.timing.unit_cycles[f.need.unit]));
	}
}

void smmu_base::at_engine::translated(flight &f, const sc_core::sc_time &lookup)
{
	tlm::tlm_response_status status = tlm::TLM_OK_RESPONSE;

	sv3_smmu_result(owner_.smmu_, f.slot, &f.result);
	return_result(*f.trans, f.result);
	if (f.result.outcome == SV3_OUTCOME_RAZ_WI) {
		return_zeros(*f.trans, f.at, f.length);
	} else if (f.result.outcome != SV3_OUTCOME_OK) {
		status = tlm::TLM_ADDRESS_ERROR_RESPONSE;
	} else if (f.who.kind != request_kind::translation) {
		access &a = owner_.take_access();

		set_piece(*f.trans, f.at, f.length, a);
		a.set_address(f.result.pa);
		ask_memory(f, a, owner_.data_link_index(f.port), lookup);
		return;
	}
	if (f.who.kind == request_kind::translation) {
		owner_.note_endpoint(f.port, f.who.stream_id);
		f.length = f.trans->get_data_length();
	}
	piece_done(f, status);
}

// The piece is over: its access is complete downstream, or was never made.
void smmu_base::at_engine::piece_done(flight &f, tlm::tlm_response_status status)
{
	by_slot_[f.slot] = nullptr;
	sv3_smmu_finish(owner_.smmu_, f.slot);
	owner_.note("AT", f.port, *f.trans, f.txn, f.result);
	f.at += f.length;
	if (status != tlm::TLM_OK_RESPONSE || f.at >= f.trans->get_data_length())
		end(f, status);
	else
		refused_.push_front(&f); // the next piece begins below
	owner_.slot_is_free();
}

// --- memory ---

void smmu_base::at_engine::ask_memory(flight &f, access &a, size_t link,
				      const sc_core::sc_time &cost)
{
	f.waits_for_memory = true;
	a.flight = &f;
	a.link = link;
	a.is_requested = false;
	downstream_queue_.notify(a, access_due, cost);
}

tlm::tlm_sync_enum smmu_base::at_engine::backward(payload &trans, tlm::tlm_phase &phase,
						  sc_core::sc_time &delay)
{
	downstream_queue_.notify(trans, phase, delay);
	return tlm::TLM_ACCEPTED;
}

void smmu_base::at_engine::downstream_phase(payload &trans, const tlm::tlm_phase &phase)
{
	access &a = static_cast<access &>(trans);
	tlm::tlm_phase end_resp = tlm::END_RESP;
	sc_core::sc_time now;

	if (phase == access_due) {
		issue(a);
	} else if (phase == tlm::END_REQ) {
		request_taken(a);
	} else if (phase == tlm::BEGIN_RESP) {
		request_taken(a);
		owner_.downstream_[a.link]->nb_transport_fw(a, end_resp, now);
		answered(a);
	} else if (phase == access_answered) {
		request_taken(a);
		answered(a);
	}
}

void smmu_base::at_engine::issue(access &a)
{
	flight &f = *static_cast<flight *>(a.flight);
	link_state &link = links_[a.link];
	sv3_reply reply;
	sc_core::sc_time delay;

	if (f.need.kind == SV3_NEED_CAS64 && owner_.cas_by_pointer(f.need, reply, delay)) {
		std::memcpy(a.bytes, &reply.old, 8);
		a.atomic.done = a.is_requested = true;
		a.set_response_status(tlm::TLM_OK_RESPONSE);
		downstream_queue_.notify(a, access_answered, delay);
	} else if (link.is_requesting) {
		link.waiting.push_back(&a);
	} else {
		send(a);
	}
}

void smmu_base::at_engine::send(access &a)
{
	tlm::tlm_phase phase = tlm::BEGIN_REQ;
	sc_core::sc_time delay;

	links_[a.link].is_requesting = true;
	switch (owner_.downstream_[a.link]->nb_transport_fw(a, phase, delay)) {
	case tlm::TLM_ACCEPTED:
		break;
	case tlm::TLM_UPDATED:
		downstream_queue_.notify(a, phase, delay);
		break;
	case tlm::TLM_COMPLETED:
		downstream_queue_.notify(a, access_answered, delay);
		break;
	}
}

// A response stands for END_REQ too, where that has not come.
void smmu_base::at_engine::request_taken(access &a)
{
	link_state &link = links_[a.link];

	if (a.is_requested)
		return;
	a.is_requested = true;
	link.is_requesting = false;
	if (link.waiting.empty())
		return;
	access &next = *link.waiting.front();

	link.waiting.pop_front();
	send(next);
}

void smmu_base::at_engine::answered(access &a)
{
	flight &f = *static_cast<flight *>(a.flight);
	sv3_reply reply;

	f.waits_for_memory = false;
	if (f.generation != owner_.generation_) {
		a.release();
		end(f, tlm::TLM_GENERIC_ERROR_RESPONSE);
		return;
	}
	if (f.need.kind == SV3_NEED_DONE) {
		const tlm::tlm_response_status status = a.get_response_status();

		f.trans->set_dmi_allowed(a.is_dmi_allowed() && owner_.parameters_.dmi);
		a.release();
		piece_done(f, status);
		return;
	}
	reply.status = a.is_response_ok() ? SV3_BUS_OK : SV3_BUS_ABORT;
	if (f.need.kind == SV3_NEED_CAS64)
		reply.status = owner_.cas_settle(f.need, a, reply);
	std::memcpy(reply.data, a.bytes, sizeof(a.bytes));
	a.release();
	advance(f, &reply);
}

// --- responses ---

void smmu_base::at_engine::end(flight &f, tlm::tlm_response_status status)
{
	f.state = ended;
	f.trans->set_response_status(status);
	ports_[static_cast<size_t>(f.port)].responses.push_back(&f);
	respond(f.port);
}

// One response at a time; END_RESP makes place for the next.
void smmu_base::at_engine::respond(int port)
{
	port_state &p = ports_[static_cast<size_t>(port)];
	tlm::tlm_phase phase = tlm::BEGIN_RESP;
	sc_core::sc_time delay;

	if (p.is_responding || p.responses.empty())
		return;
	flight &f = *p.responses.front();

	p.responses.pop_front();
	p.is_responding = true;
	f.state = responding;
	switch (owner_.upstream_[static_cast<size_t>(port)]->nb_transport_bw(*f.trans, phase,
									     delay)) {
	case tlm::TLM_ACCEPTED:
		break;
	case tlm::TLM_UPDATED:
	case tlm::TLM_COMPLETED:
		upstream_queue_.notify(*f.trans, tlm::END_RESP, delay);
		break;
	}
}

// --- reset ---

// What waits for memory gives up when that has answered.
void smmu_base::at_engine::reset()
{
	refused_.clear();
	by_slot_.assign(by_slot_.size(), nullptr);
	for (flight &f : flights_) {
		if (f.state == active && !f.waits_for_memory)
			end(f, tlm::TLM_GENERIC_ERROR_RESPONSE);
	}
}

// --- what the sockets call ---

tlm::tlm_sync_enum smmu_base::nb_transport_fw(int port, payload &trans, tlm::tlm_phase &phase,
					      sc_core::sc_time &delay)
{
	return at_->forward(port, trans, phase, delay);
}

tlm::tlm_sync_enum smmu_base::nb_transport_bw(int, payload &trans, tlm::tlm_phase &phase,
					      sc_core::sc_time &delay)
{
	return at_->backward(trans, phase, delay);
}

} // namespace sv3
