/* SPDX-License-Identifier: MIT */
/*
 * sv3_tlm_extension.h - what payloads of the SMMU carry besides TLM-2.0's own attributes.
 *
 * All are ignorable: a payload without smmu_extension gets defaults, and a memory that does not
 * know atomic_extension just reads.
 *
 * Concepts:
 *   smmu_extension    who asks and how (StreamID, SubstreamID, ...), and what came of it.
 *   atomic_extension  a compare-and-swap that a memory may make in place of the read that bears it.
 *   ats_extension     what the SMMU tells an endpoint: invalidate, or the answer to a page request.
 */
#ifndef SV3_TLM_EXTENSION_H
#define SV3_TLM_EXTENSION_H

#include <sv3/txn.h>

#include <tlm>

namespace sv3
{

/** What an upstream payload asks. */
enum class request_kind {
	access = SV3_TXN_ACCESS,                    /* ATS "Untranslated" */
	translated_access = SV3_TXN_ATS_TRANSLATED, /* to an address got by ATS */
	translation = SV3_TXN_ATS_REQUEST, /* moves no data: a write asks for write access; the
					      answer stands in @result */
	page = SV3_TXN_KIND_COUNT,         /* a page request message, @page; moves no data */
};

/** Plain data: a copy is a clone. */
struct smmu_attributes {
	uint32_t stream_id = 0;
	uint32_t substream_id = 0;
	bool substream_valid = false;
	bool privileged = false;
	bool instruction = false;
	bool atomic = false; /* reads and writes; the command must be a write */
	bool secure = false; /* the model has no Secure state: refused with an address error */
	bool sync = false;   /* the initiator's time is waited for before anything happens */
	request_kind kind = request_kind::access;
	sv3_page_request
		page = {};      /* request_kind::page: streams and privilege are taken from above */
	sv3_result result = {}; /* out; of an access in pieces that of the last one */
};

class smmu_extension : public tlm::tlm_extension<smmu_extension>, public smmu_attributes
{
      public:
	tlm::tlm_extension_base *clone() const override
	{
		return new smmu_extension(*this);
	}
	void copy_from(const tlm::tlm_extension_base &other) override
	{
		static_cast<smmu_attributes &>(*this) = static_cast<const smmu_extension &>(other);
	}
};

/**
 * On a read of 8 aligned bytes. A memory that knows it compares what it holds with @expect, writes
 * @desired if they are equal, sets @done, and returns what was there as the data of the read, all
 * in one step. Values are as a load of the host sees them.
 */
class atomic_extension : public tlm::tlm_extension<atomic_extension>
{
      public:
	uint64_t expect = 0, desired = 0;
	bool done = false; /* out */

	tlm::tlm_extension_base *clone() const override
	{
		return new atomic_extension(*this);
	}
	void copy_from(const tlm::tlm_extension_base &other) override
	{
		const auto &from = static_cast<const atomic_extension &>(other);

		expect = from.expect;
		desired = from.desired;
		done = from.done;
	}
};

/**
 * On a payload with TLM_IGNORE_COMMAND from the socket `ats`. An invalidation is completed when
 * b_transport returns, which may take its time: with TLM_OK_RESPONSE, else it timed out.
 */
class ats_extension : public tlm::tlm_extension<ats_extension>
{
      public:
	bool invalidation = false; /* else the answer to a page request group */
	sv3_ats_message message = {};

	tlm::tlm_extension_base *clone() const override
	{
		return new ats_extension(*this);
	}
	void copy_from(const tlm::tlm_extension_base &other) override
	{
		const auto &from = static_cast<const ats_extension &>(other);

		invalidation = from.invalidation;
		message = from.message;
	}
};

} // namespace sv3

#endif
