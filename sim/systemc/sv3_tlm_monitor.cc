// SPDX-License-Identifier: MIT
//
// sv3_tlm_monitor.cc - a monitor beside the module: registers and accesses are told as they go by,
// memory is looked at by transport_dbg. What software stores goes past the module, so it is found
// by comparing.

#include "sv3_tlm_priv.h"

#include <sv3/arch.h>

namespace sv3
{

enum sv3_bus_status smmu_base::monitor_read(void *context, sv3_pa pa, void *data, uint32_t size)
{
	smmu_base &module = *static_cast<smmu_base *>(context);
	sv3_need need = {};
	access &a = module.take_access();

	need.kind = SV3_NEED_READ;
	need.pa = pa;
	need.size = size;
	a.set_need(need);
	const bool is_read = size <= sizeof(a.bytes) && module.walk_link().transport_dbg(a) == size;

	if (is_read)
		std::memcpy(data, a.bytes, size);
	a.release();
	return is_read ? SV3_BUS_OK : SV3_BUS_ABORT;
}

uint64_t smmu_base::monitor_peek(void *context, uint32_t offset, uint32_t size)
{
	return sv3_smmu_reg_peek(static_cast<smmu_base *>(context)->smmu_, offset, size);
}

static uint64_t now(void *)
{
	return sc_core::sc_time_stamp().value();
}

void smmu_base::make_monitor()
{
	static const struct sv3_bus_ops ops = { monitor_read, nullptr, nullptr, nullptr,
						nullptr,      nullptr, nullptr };
	struct sv3_monitor_config config = {};
	struct sv3_monitor *made;

	config.memory = { &ops, this };
	config.idr0 = parameters_.config.idr0;
	config.idr3 = parameters_.config.idr3;
	config.peek = monitor_peek;
	config.position = now;
	config.context = this;
	config.stores_are_hidden = true;
	if (sv3_monitor_create(&config, &made))
		SC_REPORT_FATAL(report_parameters, "no memory for the monitor");
	monitor_.reset(made);
}

void smmu_base::tell_monitor(const sv3_txn &txn, const sv3_result &result)
{
	sv3_monitor_translated(monitor_.get(), &txn, &result);
	if (txn.write && result.outcome == SV3_OUTCOME_OK)
		sv3_monitor_landed(monitor_.get(), txn.stream_id, txn.iova, result.pa);
}

sv3_monitor *smmu_base::monitor()
{
	return monitor_.get();
}

} // namespace sv3
