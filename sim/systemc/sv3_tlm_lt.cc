// SPDX-License-Identifier: MIT
//
// sv3_tlm_lt.cc - the blocking interface: an access from begin to end in the thread of its
// initiator, and the debug interface. Time is added to the initiator's, waited for only where the
// access itself has to wait: for a slot, or for CMD_RESUME.

#include "sv3_tlm_priv.h"

#include <algorithm>

namespace sv3
{

// --- payloads of our own ---

void smmu_base::access::free(tlm::tlm_generic_payload *)
{
	reset(); // what is scheduled for release
	drop_extensions();
	set_byte_enable_ptr(nullptr);
	set_dmi_allowed(false);
	owner.free_accesses_.push_back(this);
}

// What is shared belongs to another payload; and ours is not on the heap.
void smmu_base::access::drop_extensions()
{
	for (unsigned int i = 0; i < tlm::max_num_extensions(); i++)
		set_extension(i, nullptr);
}

void smmu_base::access::share_extensions(const tlm::tlm_generic_payload &with)
{
	for (unsigned int i = 0; i < tlm::max_num_extensions(); i++)
		set_extension(i, with.get_extension(i));
}

void smmu_base::access::set_need(const sv3_need &need)
{
	set_command(need.kind == SV3_NEED_WRITE ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND);
	set_address(need.pa);
	set_data_ptr(bytes);
	set_data_length(need.size);
	set_streaming_width(need.size);
	set_byte_enable_ptr(nullptr);
	set_dmi_allowed(false);
	set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
	if (need.kind == SV3_NEED_WRITE)
		std::memcpy(bytes, need.data, need.size);
	if (need.kind == SV3_NEED_CAS64) {
		atomic.expect = need.expect;
		atomic.desired = need.desired;
		atomic.done = false;
		set_extension(&atomic);
	}
}

// Taken with one reference; whoever has it releases it.
smmu_base::access &smmu_base::take_access()
{
	if (free_accesses_.empty()) {
		accesses_.push_back(std::make_unique<access>(*this));
		free_accesses_.push_back(accesses_.back().get());
	}
	access &a = *free_accesses_.back();

	free_accesses_.pop_back();
	a.acquire();
	return a;
}

// --- what a payload asks ---

const smmu_attributes &smmu_base::attributes_of(int port, const payload &trans)
{
	const smmu_extension *extension = trans.get_extension<smmu_extension>();

	if (extension)
		return *extension;
	if (adapters_.empty())
		return defaults_[static_cast<size_t>(port)];
	adapted_ = defaults_[static_cast<size_t>(port)];
	for (smmu_adapter adapter : adapters_) {
		if (adapter(trans, adapted_))
			break;
	}
	return adapted_;
}

sv3_txn txn_of(const tlm::tlm_generic_payload &trans, const smmu_attributes &who)
{
	sv3_txn txn = {};

	txn.iova = trans.get_address();
	txn.stream_id = who.stream_id;
	txn.substream_id = who.substream_id;
	txn.kind = static_cast<uint8_t>(who.kind);
	txn.substream_valid = who.substream_valid;
	txn.write = trans.is_write();
	txn.privileged = who.privileged;
	txn.instruction = who.instruction;
	txn.atomic = who.atomic;
	return txn;
}

// Bytes of the address range: a streaming access comes back to its first byte.
static uint32_t range_of(const tlm::tlm_generic_payload &trans)
{
	return std::min(trans.get_data_length(), trans.get_streaming_width());
}

static bool is_in_one_page(const tlm::tlm_generic_payload &trans)
{
	return trans.get_address() % page_bytes + range_of(trans) <= page_bytes;
}

// What no target could make an access of. Else TLM_OK_RESPONSE.
tlm::tlm_response_status smmu_base::unsupported(const payload &trans, const smmu_attributes &who)
{
	const uint32_t length = trans.get_data_length(), width = trans.get_streaming_width();

	if (who.secure)
		return tlm::TLM_ADDRESS_ERROR_RESPONSE;
	if (who.kind == request_kind::translation || who.kind == request_kind::page)
		return tlm::TLM_OK_RESPONSE; // they move no data
	if (length == 0 || width == 0 || !trans.get_data_ptr())
		return tlm::TLM_BURST_ERROR_RESPONSE;
	// A streaming access has no pieces that are accesses.
	if (width < length && !is_in_one_page(trans))
		return tlm::TLM_BURST_ERROR_RESPONSE;
	if (trans.get_byte_enable_ptr() && trans.get_byte_enable_length() == 0)
		return tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE;
	if (trans.get_address() + (length - 1) < trans.get_address())
		return tlm::TLM_ADDRESS_ERROR_RESPONSE;
	return tlm::TLM_OK_RESPONSE;
}

// How many bytes from @at on are one access.
uint32_t smmu_base::piece_length(const payload &trans, uint32_t at)
{
	const uint32_t left = trans.get_data_length() - at;
	const uint64_t iova = trans.get_address() + at;

	if (at == 0 && is_in_one_page(trans))
		return left;
	return std::min(left, static_cast<uint32_t>(page_bytes - iova % page_bytes));
}

// Bytes [at, at + length) of @trans as a payload, the whole or a piece. The address comes later.
void smmu_base::set_piece(const payload &trans, uint32_t at, uint32_t length, access &piece)
{
	const uint32_t enables = trans.get_byte_enable_length();
	const bool is_whole = length == trans.get_data_length();

	piece.set_command(trans.get_command());
	piece.set_data_ptr(trans.get_data_ptr() + at);
	piece.set_data_length(length);
	piece.set_streaming_width(is_whole ? trans.get_streaming_width() : length);
	piece.set_byte_enable_ptr(trans.get_byte_enable_ptr());
	piece.set_byte_enable_length(enables);
	piece.set_dmi_allowed(false);
	piece.set_gp_option(tlm::TLM_MIN_PAYLOAD);
	piece.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
	piece.share_extensions(trans);
	if (is_whole || !trans.get_byte_enable_ptr())
		return;
	// The enables of a piece begin anywhere in those of the whole, which repeat.
	piece.enables.resize(length);
	for (uint32_t i = 0; i < length; i++)
		piece.enables[i] = trans.get_byte_enable_ptr()[(at + i) % enables];
	piece.set_byte_enable_ptr(piece.enables.data());
	piece.set_byte_enable_length(length);
}

// A read that is terminated as RAZ: what is enabled reads 0.
void smmu_base::return_zeros(const payload &trans, uint32_t at, uint32_t length)
{
	const unsigned char *enables = trans.get_byte_enable_ptr();

	for (uint32_t i = at; trans.is_read() && i < at + length; i++) {
		if (!enables || enables[i % trans.get_byte_enable_length()] == TLM_BYTE_ENABLED)
			trans.get_data_ptr()[i] = 0;
	}
}

void return_result(const tlm::tlm_generic_payload &trans, const sv3_result &result)
{
	if (smmu_extension *extension = trans.get_extension<smmu_extension>())
		extension->result = result;
}

// The endpoint of a stream is whoever asked for it last.
void smmu_base::note_endpoint(int port, uint32_t stream_id)
{
	for (auto &known : ats_ports_) {
		if (known.first == stream_id) {
			known.second = port;
			return;
		}
	}
	ats_ports_.emplace_back(stream_id, port);
}

// --- the blocking interface ---

// Nothing about it needs more than a look into the TLB: the way of nearly all accesses.
static inline bool is_plain(const tlm::tlm_generic_payload &trans, const smmu_attributes &who)
{
	const uint64_t length = trans.get_data_length();

	return who.kind == request_kind::access && !who.sync && !who.secure && length > 0 &&
	       trans.get_address() % page_bytes + length <= page_bytes &&
	       trans.get_streaming_width() >= length && trans.get_data_ptr() &&
	       trans.get_command() != tlm::TLM_IGNORE_COMMAND && !trans.get_byte_enable_ptr();
}

static void sync(sc_core::sc_time &delay)
{
	if (delay == sc_core::SC_ZERO_TIME)
		return;
	sc_core::wait(delay);
	delay = sc_core::SC_ZERO_TIME;
}

void smmu_base::b_transport(int port, payload &trans, sc_core::sc_time &delay)
{
	smmu_extension *const extension = trans.get_extension<smmu_extension>();
	const smmu_attributes &who = extension ? *extension : attributes_of(port, trans);
	const sv3_txn txn = txn_of(trans, who);
	// Written where it is wanted: a copy of what was just written piece by piece is slow.
	sv3_result unwanted, &result = extension ? extension->result : unwanted;

	counters_.blocking++;
	if (hits_are_closed_ || !is_plain(trans, who) || sv3_smmu_try(smmu_, &txn, &result)) {
		b_transport_slow(port, trans, delay);
		return;
	}
	delay += lookup_time_;
	hits_in_flight_++;
	forward(port, trans, result.pa, delay);
	if (--hits_in_flight_ == 0 && hits_are_closed_)
		hits_drained_.notify();
	if (text_ || monitor_)
		note("LT", port, trans, txn, result);
}

// The payload itself goes on, with another address for as long.
void smmu_base::forward(int port, payload &trans, sv3_pa pa, sc_core::sc_time &delay)
{
	const sc_dt::uint64 iova = trans.get_address();

	trans.set_address(pa);
	data_link(port).b_transport(trans, delay);
	trans.set_address(iova);
	if (!parameters_.dmi)
		trans.set_dmi_allowed(false);
}

void smmu_base::b_transport_slow(int port, payload &trans, sc_core::sc_time &delay)
{
	const smmu_attributes who = attributes_of(port, trans);
	tlm::tlm_response_status status = unsupported(trans, who);

	if (who.sync)
		sync(delay);
	trans.set_dmi_allowed(false);
	if (status != tlm::TLM_OK_RESPONSE) {
		trans.set_response_status(status);
	} else if (who.kind == request_kind::page || who.kind == request_kind::translation) {
		trans.set_response_status(message(port, trans, who, delay));
	} else if (trans.get_command() == tlm::TLM_IGNORE_COMMAND) {
		trans.set_response_status(tlm::TLM_OK_RESPONSE); // not translated, not passed on
	} else {
		for (uint32_t at = 0, length;
		     status == tlm::TLM_OK_RESPONSE && at < trans.get_data_length(); at += length) {
			length = piece_length(trans, at);
			status = access_piece(port, trans, at, length, delay);
		}
		trans.set_response_status(status);
	}
}

// What moves no data: a translation request, a page request message.
tlm::tlm_response_status smmu_base::message(int port, const payload &trans,
					    const smmu_attributes &who, sc_core::sc_time &delay)
{
	sv3_result result;
	uint32_t slot;

	note_endpoint(port, who.stream_id);
	if (who.kind == request_kind::page) {
		const sv3_page_request asked = page_request_of(who);

		while (sv3_smmu_page_request(smmu_, &asked) == -SV3_ERR_BUSY)
			wait_turn(delay);
		kick();
		return tlm::TLM_OK_RESPONSE;
	}
	const sv3_txn txn = txn_of(trans, who);

	if (!translate(txn, delay, slot, result))
		return tlm::TLM_GENERIC_ERROR_RESPONSE;
	sv3_smmu_finish(smmu_, slot);
	slot_is_free();
	return_result(trans, result);
	note("LT", port, trans, txn, result);
	return result.outcome == SV3_OUTCOME_OK ? tlm::TLM_OK_RESPONSE
						: tlm::TLM_ADDRESS_ERROR_RESPONSE;
}

sv3_page_request smmu_base::page_request_of(const smmu_attributes &who)
{
	sv3_page_request asked = who.page;

	asked.stream_id = who.stream_id;
	asked.substream_id = who.substream_id;
	asked.substream_valid = who.substream_valid;
	asked.privileged = who.privileged;
	return asked;
}

// One access within a page, translated in a slot that is held until it is made.
tlm::tlm_response_status smmu_base::access_piece(int port, payload &trans, uint32_t at,
						 uint32_t length, sc_core::sc_time &delay)
{
	const uint64_t generation = generation_;
	const bool is_whole = length == trans.get_data_length();
	sv3_txn txn = txn_of(trans, attributes_of(port, trans));
	tlm::tlm_response_status status = tlm::TLM_OK_RESPONSE;
	sv3_result result;
	uint32_t slot;

	txn.iova += at;
	counters_.pieces += !is_whole;
	if (!translate(txn, delay, slot, result))
		return tlm::TLM_GENERIC_ERROR_RESPONSE;
	if (result.outcome == SV3_OUTCOME_RAZ_WI) {
		return_zeros(trans, at, length);
	} else if (result.outcome != SV3_OUTCOME_OK) {
		status = tlm::TLM_ADDRESS_ERROR_RESPONSE;
	} else if (is_whole) {
		forward(port, trans, result.pa, delay);
		status = trans.get_response_status();
	} else {
		access &piece = take_access();

		set_piece(trans, at, length, piece);
		forward(port, piece, result.pa, delay);
		status = piece.get_response_status();
		piece.release();
	}
	if (generation == generation_) {
		sv3_smmu_finish(smmu_, slot);
		slot_is_free();
	}
	return_result(trans, result);
	note("LT", port, trans, txn, result);
	if (result.outcome != SV3_OUTCOME_OK && parameters_.sync_on_fault)
		sync(delay);
	return status;
}

// Without a slot, or room for the record of a fault: time passes first, then others must go on.
void smmu_base::wait_turn(sc_core::sc_time &delay)
{
	counters_.busy++;
	kick();
	if (delay != sc_core::SC_ZERO_TIME)
		sync(delay);
	else
		sc_core::wait(slot_freed_);
}

// Returns: false: reset came in between, the slot is gone. Else it is held.
bool smmu_base::translate(const sv3_txn &txn, sc_core::sc_time &delay, uint32_t &slot,
			  sv3_result &result)
{
	while (sv3_smmu_begin(smmu_, &txn, &slot) == -SV3_ERR_BUSY)
		wait_turn(delay);
	slots_used_++;
	delay += lookup_time_;
	if (!run_slot(slot, delay))
		return false;
	sv3_smmu_result(smmu_, slot, &result);
	if (result.outcome != SV3_OUTCOME_OK)
		kick(); // its record
	return true;
}

bool smmu_base::run_slot(uint32_t slot, sc_core::sc_time &delay)
{
	const uint64_t generation = generation_;
	sv3_need need;
	sv3_reply reply;

	sv3_smmu_step(smmu_, slot, nullptr, &need);
	while (need.kind != SV3_NEED_DONE) {
		if (need.kind == SV3_NEED_WAIT) {
			waiters_[slot] = &need;
			kick();
			sync(delay);
			while (generation == generation_ && waiters_[slot])
				sc_core::wait(resumed_);
			if (generation != generation_)
				return false;
			continue; // the job thread has stepped it
		}
		delay += cycles(parameters_.timing.unit_cycles[need.unit]);
		reply.status = answer(need, reply, delay);
		if (generation != generation_)
			return false;
		sv3_smmu_step(smmu_, slot, &reply, &need);
	}
	return true;
}

// A need about memory, by the walk socket.
enum sv3_bus_status smmu_base::answer(const sv3_need &need, sv3_reply &reply,
				      sc_core::sc_time &delay)
{
	if (need.kind == SV3_NEED_CAS64)
		return cas(need, reply, delay);
	access &a = take_access();

	a.set_need(need);
	walk_link().b_transport(a, delay);
	const enum sv3_bus_status status = a.is_response_ok() ? SV3_BUS_OK : SV3_BUS_ABORT;

	std::memcpy(reply.data, a.bytes, sizeof(a.bytes));
	a.release();
	return status;
}

// --- the debug interface ---

// Looks without a trace: no access flag, no dirty state, no event, no cache. Returns: false: all
// slots are taken, or memory cannot be looked at.
bool smmu_base::probe(sv3_txn txn, sv3_result &result)
{
	sv3_need need;
	sv3_reply reply;
	uint32_t slot;

	txn.kind = SV3_TXN_PROBE;
	if (sv3_smmu_begin(smmu_, &txn, &slot))
		return false;
	sv3_smmu_step(smmu_, slot, nullptr, &need);
	while (need.kind != SV3_NEED_DONE) {
		access &a = take_access();

		a.set_need(need);
		reply.status =
			walk_link().transport_dbg(a) == need.size ? SV3_BUS_OK : SV3_BUS_ABORT;
		std::memcpy(reply.data, a.bytes, sizeof(a.bytes));
		a.release();
		sv3_smmu_step(smmu_, slot, &reply, &need);
	}
	sv3_smmu_result(smmu_, slot, &result);
	sv3_smmu_finish(smmu_, slot);
	return true;
}

unsigned int smmu_base::transport_dbg(int port, payload &trans)
{
	const smmu_attributes &who = attributes_of(port, trans);
	unsigned int done = 0;

	counters_.debug++;
	if (who.kind != request_kind::access || who.secure || !trans.get_data_ptr())
		return 0;
	while (done < trans.get_data_length()) {
		const uint32_t length =
			std::min(trans.get_data_length() - done,
				 static_cast<uint32_t>(page_bytes -
						       (trans.get_address() + done) % page_bytes));
		sv3_txn txn = txn_of(trans, who);
		sv3_result result;

		txn.iova += done;
		if (!probe(txn, result) || result.outcome != SV3_OUTCOME_OK)
			break;
		access &piece = take_access();

		set_piece(trans, done, length, piece);
		piece.set_byte_enable_ptr(nullptr);
		piece.set_streaming_width(length);
		piece.set_address(result.pa);
		const unsigned int moved = data_link(port).transport_dbg(piece);

		piece.release();
		done += moved;
		if (moved < length)
			break;
	}
	return done;
}

} // namespace sv3
