// SPDX-License-Identifier: MIT
//
// sv3_tlm.cc - the module itself: parameters, construction, reset, and the register socket.

#include "sv3_tlm_priv.h"

#include <sv3/arch.h>

#include <cstdlib>

namespace sv3
{

// --- parameters ---

smmu_timing::smmu_timing()
{
	// APPROX(T-080): a structure or table costs its decode; memory adds its own time.
	for (unsigned int &cost : unit_cycles)
		cost = 2;
	unit_cycles[SV3_UNIT_NONE] = 0;
	unit_cycles[SV3_UNIT_CMDQ] = 8;
}

// APPROX(T-080): every access pays for the micro TLB, each structure for its look-up or step.
smmu_timing::smmu_timing(const struct sv3_timing &of)
{
	const unsigned int step = of.tcu_step_cycles + of.tcu_port_cycles;

	clock = sc_core::sc_time(1e6 / of.clock_mhz, sc_core::SC_PS);
	tlb_lookup_cycles = of.tbu_utlb_cycles;
	for (unsigned int &cycles : unit_cycles)
		cycles = step;
	unit_cycles[SV3_UNIT_STE] = unit_cycles[SV3_UNIT_CD] = of.tcu_config_cycles;
	unit_cycles[SV3_UNIT_CMDQ] = of.cmdq_decode_cycles;
}

smmu_parameters::smmu_parameters(const char *profile) : config{}
{
	if (sv3_smmu_profile(profile, &config))
		SC_REPORT_FATAL(report_parameters, (std::string("no profile ") + profile).c_str());
}

smmu_parameters::smmu_parameters(const struct sv3_smmu_config &of) : config(of)
{
}

smmu_parameters::smmu_parameters(const struct sv3_platform &platform, uint32_t index) : config{}
{
	if (index >= platform.smmu_count) {
		SC_REPORT_FATAL(report_parameters, "the platform has no such SMMU");
		return;
	}
	config = platform.smmus[index].config;
	if (platform.timing_preset != nullptr || platform.timing_count > 0)
		timing = smmu_timing(platform.timing);
	for (uint32_t i = 0; i < platform.master_count; i++) {
		const struct sv3_platform_master &master = platform.masters[i];

		for (uint32_t run = 0; run < master.stream_count; run++) {
			if (master.streams[run].smmu != index)
				continue;
			port_stream_ids.push_back(master.streams[run].stream_id);
			break;
		}
	}
}

// --- construction ---

static void *make_block(const struct sv3_smmu_config &config, sv3_smmu **core)
{
	const char *why = "";

	if (sv3_smmu_config_check(&config, &why)) {
		SC_REPORT_FATAL(report_parameters, why);
		return nullptr;
	}
	const size_t size = (sv3_smmu_size(&config) + 63) & ~size_t{ 63 };
	void *block = std::aligned_alloc(64, size);

	if (!block || sv3_smmu_init(block, size, &config, core))
		SC_REPORT_FATAL(report_parameters, "out of memory");
	return block;
}

smmu_base::smmu_base(const sc_core::sc_module_name &module_name, const smmu_parameters &parameters)
    : sc_core::sc_module(module_name), regs("regs"), reset("reset"), irq_eventq("irq_eventq"),
      irq_priq("irq_priq"), irq_cmd_sync("irq_cmd_sync"), irq_gerror("irq_gerror"),
      irq_pmcg("irq_pmcg"), irq_combined("irq_combined"), parameters_(parameters),
      block_(make_block(parameters.config, &smmu_), std::free)
{
	SC_HAS_PROCESS(smmu_base);

	lookup_time_ = cycles(parameters_.timing.tlb_lookup_cycles);
	waiters_.resize(parameters_.config.slot_count);
	regs.register_b_transport(this, &smmu_base::regs_b_transport);
	regs.register_transport_dbg(this, &smmu_base::regs_transport_dbg);
	SC_METHOD(reset_method);
	dont_initialize();
	sensitive << reset.pos();
	SC_THREAD(job_thread);
	SC_THREAD(ats_thread);
}

smmu_base::~smmu_base() = default;

// Ports that nobody bound get a signal of their own.
void smmu_base::before_end_of_elaboration()
{
	// In the order of enum sv3_irq; the last is the or of all.
	sc_core::sc_out<bool> *const wires[] = { &irq_eventq, &irq_gerror, &irq_cmd_sync,
						 &irq_priq,   &irq_pmcg,   &irq_combined };

	for (sc_core::sc_out<bool> *wire : wires) {
		auto line = std::make_unique<irq_line>();

		line->wire = wire;
		if (wire->bind_count() == 0) {
			line->own = std::make_unique<sc_core::sc_signal<bool>>(
				sc_core::sc_gen_unique_name("unbound"));
			wire->bind(*line->own);
		}
		irq_line *const raw = line.get();
		irq_lines_.push_back(std::move(line));
		sc_core::sc_spawn([this, raw] { irq_thread(raw); });
	}
	if (reset.bind_count() == 0) {
		reset_own_ = std::make_unique<sc_core::sc_signal<bool>>(
			sc_core::sc_gen_unique_name("unbound"));
		reset.bind(*reset_own_);
	}
}

void smmu_base::start_of_simulation()
{
	const size_t links = downstream_.size() - walk_is_bound_;

	if (links != 1 && links < upstream_.size())
		SC_REPORT_FATAL(report_parameters,
				"downstream is bound neither once nor once for each upstream port");
	for (size_t port = 0; port < upstream_.size(); port++) {
		const auto &ids = parameters_.port_stream_ids;

		data_links_.push_back(downstream_[data_link_index(static_cast<int>(port))]);
		defaults_.emplace_back();
		defaults_.back().stream_id =
			port < ids.size() ? ids[port] : static_cast<uint32_t>(port);
	}
	grants_.resize(upstream_.size());
	at_ = std::make_unique<at_engine>(*this);
	if (parameters_.monitor)
		make_monitor();
}

void smmu_base::add_adapter(smmu_adapter adapter)
{
	adapters_.push_back(adapter);
}

const sv3_smmu *smmu_base::core() const
{
	return smmu_;
}

const struct sv3_smmu_stats &smmu_base::stats() const
{
	return *sv3_smmu_stats(smmu_);
}

const smmu_counters &smmu_base::counters() const
{
	return counters_;
}

const smmu_parameters &smmu_base::parameters() const
{
	return parameters_;
}

const sc_core::sc_event &smmu_base::sev_event() const
{
	return sev_;
}

sc_core::sc_time smmu_base::cycles(uint64_t count) const
{
	return parameters_.timing.clock * static_cast<double>(count);
}

size_t smmu_base::data_link_index(int port) const
{
	const auto index = static_cast<size_t>(port);

	return index < downstream_.size() - walk_is_bound_ ? index : 0;
}

size_t smmu_base::walk_link_index() const
{
	return walk_is_bound_ ? downstream_.size() - 1 : 0;
}

smmu_base::forward_if &smmu_base::walk_link()
{
	return *downstream_[walk_link_index()];
}

// --- reset ---

// Who waits for anything of the SMMU finds another generation when it wakes, and gives up.
void smmu_base::reset_method()
{
	sv3_smmu_reset(smmu_);
	if (monitor_)
		sv3_monitor_reg_write(monitor_.get(), SV3_REG_CR0, 4, 0);
	generation_++;
	counters_.resets++;
	slots_used_ = 0;
	revoking_count_ = gerror_seen_ = 0;
	waiters_.assign(waiters_.size(), nullptr);
	ats_queue_.clear();
	ats_done_.clear();
	revoke_grants();
	update_levels();
	at_->reset();
	resumed_.notify();
	slot_freed_.notify(sc_core::SC_ZERO_TIME);
}

// --- registers ---

// IMPDEF(I-100): a 64-bit access to two 32-bit registers is two accesses on the bus, the lower one
// first: drivers read a queue's PROD and CONS so. The SMMU itself would ignore it (I-009).
bool smmu_base::is_register_pair(uint32_t offset, uint32_t size) const
{
	struct sv3_reg_info info;

	if (size != 8 || offset >= SV3_REG_PMCG)
		return false;
	for (unsigned int i = 0; sv3_reg_info(&parameters_.config, i, &info); i++) {
		if (info.offset == offset && info.bits == 64)
			return false;
	}
	return true;
}

uint64_t smmu_base::read_registers(uint32_t offset, uint32_t size)
{
	if (!is_register_pair(offset, size))
		return sv3_smmu_reg_read(smmu_, offset, size);
	const uint64_t low = sv3_smmu_reg_read(smmu_, offset, 4);

	return low | sv3_smmu_reg_read(smmu_, offset + 4, 4) << 32;
}

void smmu_base::write_registers(uint32_t offset, uint32_t size, uint64_t value)
{
	if (is_register_pair(offset, size)) {
		sv3_smmu_reg_write(smmu_, offset, 4, value & UINT32_MAX);
		sv3_smmu_reg_write(smmu_, offset + 4, 4, value >> 32);
	} else {
		sv3_smmu_reg_write(smmu_, offset, size, value);
	}
	// What decides about translation stands below the queues.
	if (offset < SV3_REG_CMDQ_BASE)
		revoke_grants();
}

static tlm::tlm_response_status register_access_refused(const tlm::tlm_generic_payload &trans)
{
	const uint64_t offset = trans.get_address();
	const unsigned int size = trans.get_data_length();

	if (trans.get_command() == tlm::TLM_IGNORE_COMMAND)
		return tlm::TLM_COMMAND_ERROR_RESPONSE;
	if (trans.get_byte_enable_ptr())
		return tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE;
	if ((size != 4 && size != 8) || trans.get_streaming_width() < size)
		return tlm::TLM_BURST_ERROR_RESPONSE;
	if (offset >= SV3_REG_SPAN_BYTES || offset % size != 0)
		return tlm::TLM_ADDRESS_ERROR_RESPONSE;
	return tlm::TLM_OK_RESPONSE;
}

void smmu_base::regs_b_transport(payload &trans, sc_core::sc_time &delay)
{
	const tlm::tlm_response_status status = register_access_refused(trans);
	const auto offset = static_cast<uint32_t>(trans.get_address());
	const unsigned int size = trans.get_data_length();
	uint64_t value = 0;

	trans.set_dmi_allowed(false);
	trans.set_response_status(status);
	if (status != tlm::TLM_OK_RESPONSE)
		return;
	delay += cycles(parameters_.timing.register_cycles);
	if (parameters_.sync_on_register && delay != sc_core::SC_ZERO_TIME) {
		sc_core::wait(delay);
		delay = sc_core::SC_ZERO_TIME;
	}
	if (trans.is_read()) {
		value = read_registers(offset, size);
		if (monitor_)
			sv3_monitor_reg_read(monitor_.get(), offset, size, value);
		std::memcpy(trans.get_data_ptr(), &value, size); // little-endian host
	} else {
		std::memcpy(&value, trans.get_data_ptr(), size);
		if (monitor_)
			sv3_monitor_reg_write(monitor_.get(), offset, size, value);
		write_registers(offset, size, value);
	}
	kick();
	update_levels();
}

// Reads look without touching; nothing is written.
unsigned int smmu_base::regs_transport_dbg(payload &trans)
{
	const auto offset = static_cast<uint32_t>(trans.get_address());
	const unsigned int size = trans.get_data_length();

	if (!trans.is_read() || trans.get_address() >= SV3_REG_SPAN_BYTES || offset % 4 != 0 ||
	    size % 4 != 0)
		return 0;
	for (uint32_t at = 0; at < size; at += 4) {
		const auto value = static_cast<uint32_t>(sv3_smmu_reg_peek(smmu_, offset + at, 4));

		std::memcpy(trans.get_data_ptr() + at, &value, 4);
	}
	return size;
}

} // namespace sv3
