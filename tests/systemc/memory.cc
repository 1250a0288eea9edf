// SPDX-License-Identifier: MIT
//
// memory.cc - memory behind a TLM-2.0 socket.

#include "memory.h"

#include <cstring>

using tlm::tlm_generic_payload;

DECLARE_EXTENDED_PHASE(response_due);

memory::memory(const sc_core::sc_module_name &name, const memory_options &o)
    : sc_module(name), socket("socket"), options(o), queue_("queue", this, &memory::phase)
{
	const struct sv3_ram_region regions[] = { { data_base, data_size },
						  { host_base, host_size } };

	if (sv3_ram_init(&ram_, regions, 2))
		SC_REPORT_FATAL("memory", "out of memory");
	bus_ = sv3_ram_bus(&ram_);
	socket.register_b_transport(this, &memory::b_transport);
	socket.register_nb_transport_fw(this, &memory::nb_transport_fw);
	socket.register_transport_dbg(this, &memory::transport_dbg);
	socket.register_get_direct_mem_ptr(this, &memory::get_direct_mem_ptr);
}

memory::~memory()
{
	sv3_ram_fini(&ram_);
}

struct sv3_bus memory::bus()
{
	return bus_;
}

uint8_t *memory::at(sv3_pa pa)
{
	return static_cast<uint8_t *>(sv3_bus_window(&bus_, pa, 8));
}

static bool swap(const struct sv3_bus &bus, tlm_generic_payload &trans)
{
	auto *atomic = trans.get_extension<sv3::atomic_extension>();
	uint64_t old;

	if (!atomic)
		return false;
	if (sv3_bus_cas64(&bus, trans.get_address(), atomic->expect, atomic->desired, &old))
		return false;
	std::memcpy(trans.get_data_ptr(), &old, 8);
	atomic->done = true;
	return true;
}

// Byte enables and streaming width as the generic payload has them.
void memory::effect(tlm_generic_payload &trans)
{
	const unsigned char *enables = trans.get_byte_enable_ptr();
	uint8_t *const bytes = static_cast<uint8_t *>(
		sv3_bus_window(&bus_, trans.get_address(), trans.get_streaming_width()));

	if (hook)
		hook(trans);
	trans.set_dmi_allowed(options.dmi);
	if (!bytes) {
		trans.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
		return;
	}
	trans.set_response_status(tlm::TLM_OK_RESPONSE);
	(trans.is_write() ? writes : reads)++;
	if (options.atomics && swap(bus_, trans)) {
		swaps++;
		return;
	}
	if (!enables && trans.get_streaming_width() >= trans.get_data_length()) {
		if (trans.is_write())
			std::memcpy(bytes, trans.get_data_ptr(), trans.get_data_length());
		else
			std::memcpy(trans.get_data_ptr(), bytes, trans.get_data_length());
		return;
	}
	for (unsigned int i = 0; i < trans.get_data_length(); i++) {
		uint8_t *const byte = bytes + i % trans.get_streaming_width();

		if (enables && enables[i % trans.get_byte_enable_length()] != TLM_BYTE_ENABLED)
			continue;
		if (trans.is_write())
			*byte = trans.get_data_ptr()[i];
		else
			trans.get_data_ptr()[i] = *byte;
	}
}

void memory::b_transport(tlm_generic_payload &trans, sc_core::sc_time &delay)
{
	in_flight++;
	in_flight_max = std::max(in_flight, in_flight_max);
	if (options.waits) {
		sc_core::wait(delay + options.latency);
		delay = sc_core::SC_ZERO_TIME;
	} else {
		delay += options.latency;
	}
	effect(trans);
	in_flight--;
}

unsigned int memory::transport_dbg(tlm_generic_payload &trans)
{
	const auto length = trans.get_data_length();
	uint8_t *const bytes =
		static_cast<uint8_t *>(sv3_bus_window(&bus_, trans.get_address(), length));

	if (!options.debug || !bytes)
		return 0;
	if (trans.is_write())
		std::memcpy(bytes, trans.get_data_ptr(), length);
	else
		std::memcpy(trans.get_data_ptr(), bytes, length);
	return length;
}

bool memory::get_direct_mem_ptr(tlm_generic_payload &trans, tlm::tlm_dmi &dmi)
{
	dmi.allow_read_write();
	for (uint32_t i = 0; options.dmi && i < ram_.region_count; i++) {
		const struct sv3_ram_region &region = ram_.regions[i];

		if (trans.get_address() - region.base >= region.size)
			continue;
		dmi.set_dmi_ptr(ram_.host[i]);
		dmi.set_start_address(region.base);
		dmi.set_end_address(region.base + region.size - 1);
		dmi.set_read_latency(options.latency);
		dmi.set_write_latency(options.latency);
		return true;
	}
	return false;
}

// --- approximately timed ---

tlm::tlm_sync_enum memory::nb_transport_fw(tlm_generic_payload &trans, tlm::tlm_phase &phase,
					   sc_core::sc_time &delay)
{
	if (phase == tlm::END_RESP) {
		trans.release();
		is_responding_ = false;
		respond();
		return tlm::TLM_COMPLETED;
	}
	if (phase != tlm::BEGIN_REQ)
		return tlm::TLM_ACCEPTED;
	if (options.style == memory_options::COMPLETED) {
		effect(trans);
		delay += options.respond;
		return tlm::TLM_COMPLETED;
	}
	trans.acquire();
	in_flight++;
	in_flight_max = std::max(in_flight, in_flight_max);
	queue_.notify(trans, response_due, delay + options.respond);
	if (options.style == memory_options::FOUR_PHASES)
		queue_.notify(trans, tlm::END_REQ, delay + options.accept);
	return tlm::TLM_ACCEPTED;
}

void memory::phase(tlm_generic_payload &trans, const tlm::tlm_phase &due)
{
	tlm::tlm_phase phase = due;
	sc_core::sc_time delay;

	if (due == tlm::END_REQ) {
		socket->nb_transport_bw(trans, phase, delay);
		return;
	}
	responses_.push_back(&trans);
	respond();
}

void memory::respond()
{
	tlm::tlm_phase phase = tlm::BEGIN_RESP;
	sc_core::sc_time delay;

	if (is_responding_ || responses_.empty())
		return;
	tlm_generic_payload &trans = *responses_.front();

	responses_.pop_front();
	is_responding_ = true;
	in_flight--;
	effect(trans);
	if (socket->nb_transport_bw(trans, phase, delay) != tlm::TLM_COMPLETED)
		return;
	trans.release();
	is_responding_ = false;
	respond();
}
