/* SPDX-License-Identifier: MIT */
/*
 * utlb.c - the micro TLB as tags: it answers sooner, and nothing else.
 *
 * It is asked only about what the main TLB of its TBU has, and told of all that comes in there. So
 * what was removed there, and is still here, is never asked for before it has come in anew.
 */
#include "timed_priv.h"

struct sv3__utlb_key sv3__utlb_key(const struct sv3_txn *txn, unsigned int span_lg2)
{
	const unsigned int span = span_lg2 < 64 ? span_lg2 : SV3_PAGE_LG2;

	return (struct sv3__utlb_key){
		.page = txn->iova >> span << span | span,
		.context = (uint64_t)txn->stream_id << 32 |
			   (txn->substream_valid ? txn->substream_id << 1 | 1 : 0),
	};
}

bool sv3__utlb_use(struct sv3__utlb *utlb, struct sv3__utlb_key key)
{
	struct sv3__utlb_key moved = key;
	uint32_t at;

	for (at = 0; at < utlb->count; at++) {
		const struct sv3__utlb_key here = utlb->keys[at];

		utlb->keys[at] = moved;
		if (here.page == key.page && here.context == key.context)
			return true;
		moved = here;
	}
	if (utlb->count < utlb->capacity)
		utlb->keys[utlb->count++] = moved;
	return false;
}
