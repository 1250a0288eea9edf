/* SPDX-License-Identifier: MIT */
/*
 * hw_ats.c - an endpoint whose address translation cache holds one translation, and which asks for
 * pages: enough to see whether the driver's order of EATS, TLBI and ATC_INV leaves it anything
 * stale.
 */
#include "host.h"

static struct {
	bool is_valid;
	uint32_t stream_id;
	sv3_iova iova; /* of the page */
	sv3_pa pa;
} cached;
static unsigned long invalidations, answers;
static int last_answer = -1;

static enum sv3_atc_answer invalidate(void *context, const struct sv3_ats_message *message)
{
	(void)context;
	invalidations++;
	if (message->stream_id == cached.stream_id &&
	    (message->size_lg2 >= 64 || (cached.iova ^ message->iova) >> message->size_lg2 == 0))
		cached.is_valid = false;
	return SV3_ATC_DONE;
}

static enum sv3_atc_answer again(void *context)
{
	(void)context;
	return SV3_ATC_DONE;
}

static void pri_response(void *context, const struct sv3_ats_message *message)
{
	(void)context;
	answers++;
	last_answer = message->response;
}

const struct sv3_endpoint_ops host_endpoint_ops = {
	.atc_invalidate = invalidate,
	.atc_again = again,
	.pri_response = pri_response,
};

static enum hw_outcome ask(unsigned int stream_id, sv3_iova iova)
{
	const struct sv3_txn txn = {
		.kind = SV3_TXN_ATS_REQUEST, .stream_id = stream_id, .iova = iova, .write = true
	};
	struct sv3_result result;

	if (sv3_translate(&host_machine.fast, &txn, &result))
		return HW_BUSY;
	host_monitor_translated(&txn, &result);
	if (result.outcome != SV3_OUTCOME_OK || !(result.ats & SV3_ATS_WRITE))
		return HW_ABORT;
	cached.is_valid = true;
	cached.stream_id = stream_id;
	cached.iova = iova & ~(SV3_PAGE_SIZE - 1);
	cached.pa = result.pa & ~(SV3_PAGE_SIZE - 1);
	return HW_OK;
}

static enum hw_outcome write_translated(unsigned int stream_id, sv3_iova iova)
{
	const struct sv3_txn txn = {
		.kind = SV3_TXN_ATS_TRANSLATED,
		.stream_id = stream_id,
		.iova = cached.pa + (iova & (SV3_PAGE_SIZE - 1)),
		.write = true,
	};
	struct sv3_result result;
	uint8_t bytes[8];

	if (sv3_translate(&host_machine.fast, &txn, &result))
		return HW_BUSY;
	host_monitor_translated(&txn, &result);
	if (result.outcome != SV3_OUTCOME_OK)
		return HW_ABORT;
	sv3_put_le64(bytes, iova);
	if (sv3_bus_write(&host_machine.fast.bus, result.pa, bytes, 8) != SV3_BUS_OK)
		return HW_ABORT;
	host_monitor_landed(stream_id, iova, result.pa);
	return HW_OK;
}

enum hw_outcome hw_ats_write(unsigned int stream_id, unsigned long long iova)
{
	enum hw_outcome outcome = HW_OK;

	host_lock();
	host_monitor_enter();
	if (!cached.is_valid || cached.stream_id != stream_id ||
	    cached.iova != (iova & ~(SV3_PAGE_SIZE - 1)))
		outcome = ask(stream_id, iova);
	if (outcome == HW_OK)
		outcome = write_translated(stream_id, iova);
	host_monitor_leave();
	host_unlock();
	return outcome;
}

unsigned long hw_atc_invalidations(void)
{
	return invalidations;
}

_Bool hw_page_request(unsigned int stream_id, unsigned int pasid, unsigned long long iova,
		      unsigned int group)
{
	const struct sv3_page_request request = {
		.stream_id = stream_id,
		.substream_valid = pasid != HW_NO_PASID,
		.substream_id = pasid != HW_NO_PASID ? pasid : 0,
		.iova = iova,
		.group = (uint16_t)group,
		.write = true,
		.last = true,
	};
	int rc;

	host_lock();
	host_monitor_enter();
	rc = sv3_smmu_page_request(host_machine.smmu, &request);
	sv3_fast_drain(&host_machine.fast);
	host_monitor_leave();
	host_unlock();
	return rc == 0;
}

unsigned long hw_page_answers(int *last)
{
	*last = last_answer;
	return answers;
}
