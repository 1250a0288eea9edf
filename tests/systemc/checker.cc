// SPDX-License-Identifier: MIT
//
// checker.cc - the rules of the TLM-2.0 base protocol, between an initiator and a target.

#include "checker.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <tuple>

using tlm::tlm_generic_payload;

checker::checker(const sc_core::sc_module_name &name)
    : sc_module(name), target("target"), initiator("initiator")
{
	target.register_b_transport(this, &checker::b_transport);
	target.register_nb_transport_fw(this, &checker::nb_transport_fw);
	target.register_transport_dbg(this, &checker::transport_dbg);
	target.register_get_direct_mem_ptr(this, &checker::get_direct_mem_ptr);
	initiator.register_nb_transport_bw(this, &checker::nb_transport_bw);
	initiator.register_invalidate_direct_mem_ptr(this, &checker::invalidate_direct_mem_ptr);
}

void checker::expect_clean() const
{
	for (const std::string &text : broken)
		ADD_FAILURE() << name() << ": " << text;
	EXPECT_TRUE(flights_.empty()) << name() << ": " << flights_.size() << " in flight";
	EXPECT_GT(payloads, 0u) << name() << ": nothing came by";
}

void checker::rule(bool held, const char *text)
{
	if (!held)
		broken.push_back(text);
}

checker::attributes::attributes(const tlm_generic_payload &trans)
    : command(trans.get_command()), address(trans.get_address()), data(trans.get_data_ptr()),
      enables(trans.get_byte_enable_ptr()), length(trans.get_data_length()),
      width(trans.get_streaming_width()), enables_length(trans.get_byte_enable_length())
{
}

bool checker::attributes::operator==(const attributes &o) const
{
	return std::tie(command, address, data, enables, length, width, enables_length) ==
	       std::tie(o.command, o.address, o.data, o.enables, o.length, o.width,
			o.enables_length);
}

// What every payload must be like when it is sent.
void checker::sent(tlm_generic_payload &trans)
{
	payloads++;
	rule(trans.get_response_status() == tlm::TLM_INCOMPLETE_RESPONSE,
	     "sent with a response status");
	rule(!trans.is_dmi_allowed(), "sent with the DMI hint");
	if (trans.get_command() == tlm::TLM_IGNORE_COMMAND)
		return;
	rule(trans.get_data_ptr() != nullptr, "sent without data");
	rule(trans.get_data_length() > 0, "sent with length 0");
	rule(trans.get_streaming_width() > 0, "sent with streaming width 0");
}

void checker::answered(const flight &f, tlm_generic_payload &trans)
{
	rule(trans.get_response_status() != tlm::TLM_INCOMPLETE_RESPONSE,
	     "answered without a status");
	rule(f.sent == attributes(trans), "attributes changed on the way, or address not restored");
}

void checker::b_transport(tlm_generic_payload &trans, sc_core::sc_time &delay)
{
	const flight f{ attributes(trans), tlm::BEGIN_REQ, 0 };
	const sc_core::sc_time end_before = sc_core::sc_time_stamp() + delay;

	sent(trans);
	initiator->b_transport(trans, delay);
	answered(f, trans);
	rule(sc_core::sc_time_stamp() + delay >= end_before, "time went back");
}

tlm::tlm_sync_enum checker::nb_transport_fw(tlm_generic_payload &trans, tlm::tlm_phase &phase,
					    sc_core::sc_time &delay)
{
	const tlm::tlm_phase was = phase;

	if (phase == tlm::BEGIN_REQ) {
		sent(trans);
		rule(trans.has_mm() && trans.get_ref_count() > 0, "no memory manager or reference");
		rule(!request_, "BEGIN_REQ before END_REQ of the one before");
		rule(flights_.count(&trans) == 0, "sent while it was in flight");
		request_ = &trans;
		flights_.emplace(&trans, flight{ attributes(trans), phase, serial_++ });
		in_flight_max = std::max(in_flight_max, flights_.size());
	} else if (phase == tlm::END_RESP) {
		rule(response_ == &trans, "END_RESP without BEGIN_RESP");
		finished(trans);
	} else {
		rule(false, "a phase that initiators do not send");
	}
	const tlm::tlm_sync_enum returned = initiator->nb_transport_fw(trans, phase, delay);

	if (was == tlm::BEGIN_REQ)
		after_forward(trans, phase, returned);
	return returned;
}

void checker::after_forward(tlm_generic_payload &trans, const tlm::tlm_phase &phase,
			    tlm::tlm_sync_enum returned)
{
	if (returned == tlm::TLM_COMPLETED) {
		early++;
		rule(response_ != &trans, "TLM_COMPLETED after BEGIN_RESP");
		answered(flights_.at(&trans), trans);
		request_ = nullptr;
		flights_.erase(&trans);
	} else if (returned == tlm::TLM_UPDATED) {
		rule(phase == tlm::END_REQ || phase == tlm::BEGIN_RESP,
		     "TLM_UPDATED to a phase that does not follow");
		request_ = nullptr;
		if (phase == tlm::BEGIN_RESP)
			begin_resp(trans);
	}
}

void checker::begin_resp(tlm_generic_payload &trans)
{
	const auto found = flights_.find(&trans);

	rule(found != flights_.end(), "BEGIN_RESP without BEGIN_REQ");
	rule(!response_, "BEGIN_RESP before END_RESP of the one before");
	if (found == flights_.end())
		return;
	rule(found->second.phase != tlm::BEGIN_RESP, "BEGIN_RESP twice");
	found->second.phase = tlm::BEGIN_RESP;
	answered(found->second, trans);
	for (const auto &other : flights_)
		overtaken += other.second.serial < found->second.serial;
	if (request_ == &trans)
		request_ = nullptr; // it stands for END_REQ, too
	response_ = &trans;
}

void checker::finished(tlm_generic_payload &trans)
{
	response_ = nullptr;
	flights_.erase(&trans);
}

tlm::tlm_sync_enum checker::nb_transport_bw(tlm_generic_payload &trans, tlm::tlm_phase &phase,
					    sc_core::sc_time &delay)
{
	if (phase == tlm::END_REQ) {
		rule(request_ == &trans, "END_REQ without BEGIN_REQ");
		request_ = nullptr;
	} else if (phase == tlm::BEGIN_RESP) {
		begin_resp(trans);
	} else {
		rule(false, "a phase that targets do not send");
	}
	const tlm::tlm_phase was = phase;
	const tlm::tlm_sync_enum returned = target->nb_transport_bw(trans, phase, delay);

	if (was == tlm::BEGIN_RESP && returned != tlm::TLM_ACCEPTED)
		finished(trans);
	return returned;
}

unsigned int checker::transport_dbg(tlm_generic_payload &trans)
{
	const attributes before(trans);
	const unsigned int moved = initiator->transport_dbg(trans);

	rule(before == attributes(trans), "transport_dbg changed the payload");
	rule(moved <= trans.get_data_length(), "transport_dbg moved too much");
	return moved;
}

bool checker::get_direct_mem_ptr(tlm_generic_payload &trans, tlm::tlm_dmi &dmi)
{
	const attributes before(trans);
	const bool granted = initiator->get_direct_mem_ptr(trans, dmi);

	rule(before == attributes(trans), "get_direct_mem_ptr changed the payload");
	rule(dmi.get_start_address() <= trans.get_address() &&
		     dmi.get_end_address() >= trans.get_address(),
	     "the range, granted or refused, does not hold the address");
	rule(!granted || dmi.get_dmi_ptr(), "granted without a pointer");
	rule(dmi.get_granted_access() != tlm::tlm_dmi::DMI_ACCESS_NONE,
	     "nothing is granted or refused");
	return granted;
}

void checker::invalidate_direct_mem_ptr(sc_dt::uint64 start, sc_dt::uint64 end)
{
	rule(start <= end, "an invalidation of nothing");
	target->invalidate_direct_mem_ptr(start, end);
}
