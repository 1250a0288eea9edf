// SPDX-License-Identifier: MIT
//
// sv3_tlm_trace.cc - what people see: reports, a line a transaction, and waves.

#include "sv3_tlm_priv.h"

#include <sv3/arch.h>

#include <ostream>

namespace sv3
{

const char report_fault[] = "/sv3/smmu/fault";
const char report_configuration[] = "/sv3/smmu/configuration";
const char report_command[] = "/sv3/smmu/command";
const char report_protocol[] = "/sv3/smmu/protocol";
const char report_parameters[] = "/sv3/smmu/parameters";

static std::string hex(uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%llx", static_cast<unsigned long long>(value));
	return text;
}

static std::string describe(const sv3_txn &txn)
{
	return "sid=" + hex(txn.stream_id) +
	       (txn.substream_valid ? " ssid=" + hex(txn.substream_id) : "") +
	       (txn.write ? " W " : " R ") + hex(txn.iova);
}

// One line: time, module, interface, port, who, where to, how long, how it ended.
void smmu_base::note(const char *how, int port, const payload &trans, const sv3_txn &txn,
		     const sv3_result &result)
{
	static const char *const outcomes[SV3_OUTCOME_COUNT] = { "OK",     "ABORT",  "RAZ/WI",
								 "ATS_UR", "ATS_CA", "STALLED" };

	if (monitor_)
		tell_monitor(txn, result);
	if (result.outcome != SV3_OUTCOME_OK)
		report(txn, result);
	if (!text_)
		return;
	*text_ << sc_core::sc_time_stamp() << ' ' << name() << ' ' << how << " port=" << port << ' '
	       << describe(txn) << " len=" << trans.get_data_length();
	if (result.outcome == SV3_OUTCOME_OK)
		*text_ << " pa=" << hex(result.pa);
	*text_ << ' ' << outcomes[result.outcome];
	if (result.flags & SV3_RESULT_TLB_HIT)
		*text_ << " hit";
	if (result.flags & SV3_RESULT_DIRTY_SET)
		*text_ << " dirty";
	if (const char *event = result.event ? sv3_event_name(result.event) : nullptr)
		*text_ << ' ' << event;
	// The first 8 bytes, in the order of memory.
	if (result.outcome == SV3_OUTCOME_OK && trans.get_data_ptr()) {
		*text_ << " data=";
		for (unsigned int i = 0; i < trans.get_data_length() && i < 8; i++) {
			char digits[4];

			snprintf(digits, sizeof(digits), "%02x", trans.get_data_ptr()[i]);
			*text_ << digits;
		}
	}
	*text_ << '\n';
}

// Structures that are not sound are the software's mistake; what devices meet is everyday.
void smmu_base::report(const sv3_txn &txn, const sv3_result &result)
{
	const char *event = result.event ? sv3_event_name(result.event) : nullptr;
	struct sv3_rule_info rule = {};
	std::string text = describe(txn) + ": " + (event ? event : "terminated");

	if (sv3_rule_info(result.rule, &rule))
		text += std::string(": ") + rule.what + "; " + rule.remedy;
	if (event && std::strncmp(event, "C_", 2) == 0)
		SC_REPORT_WARNING(report_configuration, text.c_str());
	else
		SC_REPORT_INFO_VERB(report_fault, text.c_str(), sc_core::SC_HIGH);
}

// --- after each step of a job ---

void smmu_base::after_step()
{
	const struct sv3_smmu_stats &s = stats();
	const uint64_t revoking = s.tlbi + s.cfgi + s.sync;
	const uint64_t errors = sv3_smmu_reg_peek(smmu_, SV3_REG_GERROR, 4) ^
				sv3_smmu_reg_peek(smmu_, SV3_REG_GERRORN, 4);

	if (revoking != revoking_count_)
		revoke_grants();
	revoking_count_ = revoking;
	if (errors & ~gerror_seen_)
		SC_REPORT_WARNING(report_command,
				  ("GERROR " + hex(errors) + ", CMDQ_CONS " +
				   hex(sv3_smmu_reg_peek(smmu_, SV3_REG_CMDQ_CONS, 4)))
					  .c_str());
	gerror_seen_ = errors;
	update_levels();
}

// Entries in a queue, from its indexes with their wrap bit.
static uint32_t level(const sv3_smmu *core, uint32_t base, uint32_t prod, uint32_t cons)
{
	const uint64_t size_lg2 =
		SV3_GET(SV3_QUEUE_BASE_LOG2SIZE, sv3_smmu_reg_peek(core, base, 8));
	const uint64_t mask = (uint64_t{ 2 } << size_lg2) - 1;

	return static_cast<uint32_t>(
		(sv3_smmu_reg_peek(core, prod, 4) - sv3_smmu_reg_peek(core, cons, 4)) & mask);
}

void smmu_base::update_levels()
{
	cmdq_level_ = level(smmu_, SV3_REG_CMDQ_BASE, SV3_REG_CMDQ_PROD, SV3_REG_CMDQ_CONS);
	eventq_level_ = level(smmu_, SV3_REG_EVENTQ_BASE, SV3_REG_EVENTQ_PROD, SV3_REG_EVENTQ_CONS);
	priq_level_ = level(smmu_, SV3_REG_PRIQ_BASE, SV3_REG_PRIQ_PROD, SV3_REG_PRIQ_CONS);
}

// --- waves and text ---

void smmu_base::trace_text(std::ostream *out)
{
	text_ = out;
}

void smmu_base::trace(sc_core::sc_trace_file *file) const
{
	const std::string prefix = std::string(name()) + ".";
	const struct sv3_smmu_stats &s = stats();

	sc_core::sc_trace(file, cmdq_level_, prefix + "cmdq_level");
	sc_core::sc_trace(file, eventq_level_, prefix + "eventq_level");
	sc_core::sc_trace(file, priq_level_, prefix + "priq_level");
	sc_core::sc_trace(file, slots_used_, prefix + "slots_used");
	sc_core::sc_trace(file, s.tlb_hits, prefix + "tlb_hits");
	sc_core::sc_trace(file, s.tlb_misses, prefix + "tlb_misses");
	sc_core::sc_trace(file, s.httu_updates, prefix + "httu_updates");
}

} // namespace sv3
