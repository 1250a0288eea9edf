/* SPDX-License-Identifier: MIT */
/*
 * sv3_tlm_adapters.h - StreamIDs from the extensions of other libraries, without their headers.
 *
 * Each is a function for smmu_base::add_adapter(), made for the extension's type where that is
 * known:
 *	smmu.add_adapter(sv3::adapt_genattr<genattr_extension>);
 * An adapter returns false where the payload has no such extension.
 */
#ifndef SV3_TLM_ADAPTERS_H
#define SV3_TLM_ADAPTERS_H

#include "sv3_tlm_extension.h"

namespace sv3
{

/** libsystemctlm-soc: get_master_id() is the StreamID, get_secure(). */
template <class genattr>
bool adapt_genattr(const tlm::tlm_generic_payload &trans, smmu_attributes &attributes)
{
	const genattr *extension = trans.get_extension<genattr>();

	if (!extension)
		return false;
	attributes.stream_id = static_cast<uint32_t>(extension->get_master_id());
	attributes.secure = extension->get_secure();
	return true;
}

/** VCML: cpuid is the StreamID, asid the SubstreamID (0: none), atype 0 untranslated, 1 translation
 *  request, 2 translated. @sbi_extension derives from, or has, these members. */
template <class sbi_extension>
bool adapt_sbi(const tlm::tlm_generic_payload &trans, smmu_attributes &attributes)
{
	static constexpr request_kind types[] = { request_kind::access, request_kind::translation,
						  request_kind::translated_access,
						  request_kind::access };
	const sbi_extension *extension = trans.get_extension<sbi_extension>();

	if (!extension)
		return false;
	attributes.stream_id = static_cast<uint32_t>(extension->cpuid);
	attributes.substream_id = static_cast<uint32_t>(extension->asid);
	attributes.substream_valid = extension->asid != 0;
	attributes.privileged = extension->privilege != 0;
	attributes.instruction = extension->is_insn;
	attributes.kind = types[extension->atype & 3];
	return true;
}

/** GreenSocs: the last identifier of the path is the StreamID. */
template <class path_id>
bool adapt_path_id(const tlm::tlm_generic_payload &trans, smmu_attributes &attributes)
{
	const path_id *extension = trans.get_extension<path_id>();

	if (!extension || extension->size() == 0)
		return false;
	attributes.stream_id = static_cast<uint32_t>(extension->back());
	return true;
}

} // namespace sv3

#endif
