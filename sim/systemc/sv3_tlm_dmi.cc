// SPDX-License-Identifier: MIT
//
// sv3_tlm_dmi.cc - direct memory: what initiators may be given, when it is taken back, and how the
// SMMU updates descriptors (HTTU) atomically.
//
// A direct pointer is like a TLB entry that nobody sees: an access through it updates nothing. So
// it is given only for what no update is due for, and taken back by all that invalidates.

#include "sv3_tlm_priv.h"

#include <algorithm>

namespace sv3
{

// --- grants ---

// Whether the access would go ahead now and leave the descriptors as they are.
bool smmu_base::needs_no_update(const sv3_txn &txn, sv3_result &result)
{
	const uint8_t updates =
		SV3_RESULT_DIRTY_SET | SV3_RESULT_AF_SET | SV3_RESULT_TABLE_DIRTY_SET;

	return probe(txn, result) && result.outcome == SV3_OUTCOME_OK && !(result.flags & updates);
}

static tlm::tlm_dmi::dmi_access_e both(int left, int right)
{
	return static_cast<tlm::tlm_dmi::dmi_access_e>(left & right);
}

static bool refuse(const sv3_txn &txn, tlm::tlm_dmi &dmi)
{
	dmi.init();
	dmi.set_start_address(txn.iova & ~uint64_t{ page_bytes - 1 });
	dmi.set_end_address(txn.iova | (page_bytes - 1));
	dmi.set_granted_access(txn.write ? tlm::tlm_dmi::DMI_ACCESS_WRITE
					 : tlm::tlm_dmi::DMI_ACCESS_READ);
	return false;
}

// From what downstream gives, the part that the leaf maps, in addresses of the initiator.
static void clip(tlm::tlm_dmi &dmi, const sv3_txn &txn, const sv3_result &result)
{
	const uint64_t offset_mask =
		result.span_lg2 >= 64 ? UINT64_MAX : (uint64_t{ 1 } << result.span_lg2) - 1;
	const sv3_pa first = std::max<uint64_t>(dmi.get_start_address(), result.pa & ~offset_mask);
	const sv3_pa last = std::min<uint64_t>(dmi.get_end_address(), result.pa | offset_mask);

	dmi.set_dmi_ptr(dmi.get_dmi_ptr() + (first - dmi.get_start_address()));
	dmi.set_start_address(txn.iova - (result.pa - first));
	dmi.set_end_address(txn.iova + (last - result.pa));
}

bool smmu_base::get_direct_mem_ptr(int port, payload &trans, tlm::tlm_dmi &dmi)
{
	const smmu_attributes &who = attributes_of(port, trans);
	const sc_dt::uint64 iova = trans.get_address();
	sv3_txn txn = txn_of(trans, who), other = txn;
	sv3_result result, unused;
	int allowed = 0;
	bool is_granted;

	counters_.dmi_refused++;
	if (!parameters_.dmi || who.kind != request_kind::access || who.secure || txn.atomic ||
	    trans.get_command() == tlm::TLM_IGNORE_COMMAND || !needs_no_update(txn, result))
		return refuse(txn, dmi);
	other.write = !txn.write;
	allowed = needs_no_update(other, unused) ? tlm::tlm_dmi::DMI_ACCESS_READ_WRITE
		  : txn.write                    ? tlm::tlm_dmi::DMI_ACCESS_WRITE
						 : tlm::tlm_dmi::DMI_ACCESS_READ;
	dmi.init();
	trans.set_address(result.pa);
	is_granted = data_link(port).get_direct_mem_ptr(trans, dmi);
	trans.set_address(iova);
	allowed &= dmi.get_granted_access();
	if (!is_granted || !(allowed & (txn.write ? tlm::tlm_dmi::DMI_ACCESS_WRITE
						  : tlm::tlm_dmi::DMI_ACCESS_READ)))
		return refuse(txn, dmi);
	counters_.dmi_refused--;
	counters_.dmi_granted++;
	clip(dmi, txn, result);
	dmi.set_granted_access(both(allowed, allowed));
	dmi.set_read_latency(dmi.get_read_latency() + lookup_time_);
	dmi.set_write_latency(dmi.get_write_latency() + lookup_time_);
	note_grant(port, dmi);
	return true;
}

void smmu_base::note_grant(int port, const tlm::tlm_dmi &dmi)
{
	span &held = grants_[static_cast<size_t>(port)];

	held.first = std::min<uint64_t>(held.first, dmi.get_start_address());
	held.last = std::max<uint64_t>(held.last, dmi.get_end_address());
	has_grants_ = true;
}

// All that a port was given goes at once, as one range.
void smmu_base::revoke_grants()
{
	if (!has_grants_)
		return;
	has_grants_ = false;
	for (size_t port = 0; port < grants_.size(); port++) {
		const span held = grants_[port];

		if (held.first > held.last)
			continue;
		grants_[port] = span();
		counters_.dmi_invalidated++;
		upstream_[port]->invalidate_direct_mem_ptr(held.first, held.last);
	}
}

// Addresses of memory: which grants they concern is not kept.
void smmu_base::downstream_invalidated(int, sc_dt::uint64, sc_dt::uint64)
{
	cas_region_.init();
	cas_refused_ = span();
	revoke_grants();
}

// --- compare-and-swap ---

// Direct memory of the walk socket around @pa, if there is any.
uint64_t *smmu_base::cas_pointer(sv3_pa pa)
{
	if (pa >= cas_refused_.first && pa <= cas_refused_.last)
		return nullptr;
	if (!cas_region_.is_read_write_allowed() || pa < cas_region_.get_start_address() ||
	    pa + 7 > cas_region_.get_end_address()) {
		access &a = take_access();
		bool is_granted;

		a.set_command(tlm::TLM_WRITE_COMMAND);
		a.set_address(pa);
		a.set_data_length(8);
		cas_region_.init();
		is_granted = walk_link().get_direct_mem_ptr(a, cas_region_) &&
			     cas_region_.is_read_write_allowed();
		a.release();
		if (!is_granted) {
			cas_refused_.first =
				std::min<uint64_t>(cas_region_.get_start_address(), pa);
			cas_refused_.last = std::max<uint64_t>(cas_region_.get_end_address(), pa);
			cas_region_.init();
			return nullptr;
		}
	}
	return reinterpret_cast<uint64_t *>(cas_region_.get_dmi_ptr() +
					    (pa - cas_region_.get_start_address()));
}

// The first way: an atomic operation of the host.
bool smmu_base::cas_by_pointer(const sv3_need &need, sv3_reply &reply, sc_core::sc_time &delay)
{
	uint64_t *const word = cas_pointer(need.pa);

	if (!word)
		return false;
	reply.old = need.expect;
	__atomic_compare_exchange_n(word, &reply.old, need.desired, false, __ATOMIC_SEQ_CST,
				    __ATOMIC_SEQ_CST);
	reply.status = SV3_BUS_OK;
	delay += cas_region_.get_write_latency();
	return true;
}

// After the read that bears atomic_extension. The second way: memory has made the swap. The third:
// the debug interface, which may not wait, so that no process can come between its read and its
// write. Memory that has none of them aborts: a swap with others in between would lose dirty state.
enum sv3_bus_status smmu_base::cas_settle(const sv3_need &need, const access &asked,
					  sv3_reply &reply)
{
	unsigned int moved = 8;

	if (!asked.is_response_ok())
		return SV3_BUS_ABORT;
	std::memcpy(&reply.old, asked.bytes, 8);
	if (asked.atomic.done)
		return SV3_BUS_OK;
	access &a = take_access();
	sv3_need part = need;

	part.kind = SV3_NEED_READ;
	a.set_need(part);
	moved = walk_link().transport_dbg(a);
	std::memcpy(&reply.old, a.bytes, 8);
	if (moved == 8 && reply.old == need.expect) {
		part.kind = SV3_NEED_WRITE;
		std::memcpy(part.data, &need.desired, 8);
		a.set_need(part);
		moved = walk_link().transport_dbg(a);
	}
	a.release();
	if (moved != 8)
		SC_REPORT_WARNING(report_protocol,
				  "memory of tables offers no atomic update: "
				  "direct memory, atomic_extension or transport_dbg");
	return moved == 8 ? SV3_BUS_OK : SV3_BUS_ABORT;
}

enum sv3_bus_status smmu_base::cas(const sv3_need &need, sv3_reply &reply, sc_core::sc_time &delay)
{
	enum sv3_bus_status status;

	if (cas_by_pointer(need, reply, delay))
		return SV3_BUS_OK;
	access &a = take_access();

	a.set_need(need);
	walk_link().b_transport(a, delay);
	status = cas_settle(need, a, reply);
	a.release();
	return status;
}

} // namespace sv3
