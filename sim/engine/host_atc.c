/* SPDX-License-Identifier: MIT */
/*
 * host_atc.c - devices behind an ATC: what a TLBI leaves to be invalidated in them.
 *
 * Order: TLBI, CMD_SYNC, CMD_ATC_INV, CMD_SYNC. Without the first CMD_SYNC the device may ask
 * again, be answered from what the TLBI is still at, and keep that. [IHI0070 3.9.1, 4.5.1] So a
 * TLBI is noted here as owed, and who pushes the CMD_SYNC behind it pays first.
 */
#include <stdlib.h>

#include "engine_priv.h"

#define OWED_FIRST 64u

static int push(struct sv3_host *host, const struct sv3__range *range)
{
	int pushed = 0;

	for (uint32_t i = 0; i < host->stream_count; i++) {
		const uint32_t stream_id = host->stream_ids[i];
		int rc;

		if (sv3_host_stream_domain(host, stream_id) != range->domain_index)
			continue;
		rc = range->len ? sv3_cmdq_atc_inv(&host->cmdq, stream_id, range->iova, range->len)
				: sv3_cmdq_atc_inv_all(&host->cmdq, stream_id);
		if (rc < 0)
			return rc;
		pushed++;
	}
	return pushed;
}

bool sv3_host_has_ats(const struct sv3_host *host)
{
	return host->config.ats;
}

int sv3_host_atc_inv(struct sv3_host *host, uint32_t domain_index, sv3_iova iova, uint64_t len)
{
	const struct sv3__range range = { domain_index, iova, len };

	return host->config.ats ? push(host, &range) : 0;
}

/* --- what rows and unmaps owe --- */

static bool is_owed_all(const struct sv3__ranges *owed, uint32_t domain_index)
{
	for (uint64_t i = 0; i < owed->count; i++)
		if (owed->each[i].domain_index == domain_index && !owed->each[i].len)
			return true;
	return false;
}

int sv3__host_owe_atc(struct sv3_host *host, const struct sv3__range *range)
{
	struct sv3__ranges *owed = &host->atc_owed;

	if (!host->config.ats || is_owed_all(owed, range->domain_index))
		return 0;
	if (owed->count == owed->capacity) {
		const uint64_t capacity = owed->capacity ? 2 * owed->capacity : OWED_FIRST;
		struct sv3__range *each =
			(struct sv3__range *)realloc(owed->each, capacity * sizeof(*each));

		if (!each)
			return -SV3_ERR_NOMEM;
		owed->each = each;
		owed->capacity = capacity;
	}
	owed->each[owed->count++] = *range;
	return 0;
}

int sv3__host_pay_atc(struct sv3_host *host)
{
	const struct sv3__ranges owed = host->atc_owed;
	int rc = 0;

	/* Taken out at once: while there is no room in the queue, others may owe and pay. */
	host->atc_owed = (struct sv3__ranges){ 0 };
	if (owed.count)
		rc = sv3_cmdq_barrier(&host->cmdq);
	for (uint64_t i = 0; i < owed.count && rc >= 0; i++)
		rc = push(host, &owed.each[i]);
	free(owed.each);
	return rc < 0 ? rc : 0;
}

void sv3__host_atc_fini(struct sv3_host *host)
{
	free(host->atc_owed.each);
}
