/* SPDX-License-Identifier: MIT */
/*
 * atc.c - invalidation commands for the address translation caches of endpoints.
 *
 * CMD_ATC_INV names 4 KiB << Size bytes, aligned to their size, or everything. [IHI0070 4.5.1] A
 * range goes out as the smallest such block that holds it: one that lies across the boundary of a
 * large block names all of that, so what it named beyond the range is counted.
 */
#include "pagetable_priv.h"

/* [IHI0070 4.5.1] From here on Size means all addresses. */
#define SIZE_ALL UINT64_C(52)

static int atc_push(struct sv3_cmdq *cmdq, uint32_t stream_id, sv3_iova iova, uint64_t size)
{
	const int rc = sv3_cmdq_push(
		cmdq, SV3_PUT(SV3_CMD0_OPCODE, SV3_CMD_ATC_INV) | SV3_PUT(SV3_CMD0_SID, stream_id),
		(iova & SV3_CMD1_ATC_ADDR) | SV3_PUT(SV3_CMD1_ATC_SIZE, size));

	cmdq->atc_inv_count += rc == 0;
	cmdq->atc_inv_all_count += rc == 0 && size == SIZE_ALL;
	return rc;
}

int sv3_cmdq_atc_inv_all(struct sv3_cmdq *cmdq, uint32_t stream_id)
{
	return atc_push(cmdq, stream_id, 0, SIZE_ALL);
}

int sv3_cmdq_atc_inv(struct sv3_cmdq *cmdq, uint32_t stream_id, sv3_iova iova, uint64_t len)
{
	const uint64_t first = iova >> SV3_PAGE_LG2;
	const uint64_t last = (iova + (len - 1)) >> SV3_PAGE_LG2;
	unsigned int size = 0;
	int rc;

	if (!len)
		return 0;
	/* The highest bit in which they differ is below the boundary of the block that has both. */
	while ((first ^ last) >> size)
		size++;
	if (size == SIZE_ALL)
		return sv3_cmdq_atc_inv_all(cmdq, stream_id);
	rc = atc_push(cmdq, stream_id, first >> size << size << SV3_PAGE_LG2, size);
	if (!rc)
		cmdq->atc_over_pages += (UINT64_C(1) << size) - (last - first + 1);
	return rc;
}
