/* SPDX-License-Identifier: MIT */
/*
 * small_world.c - a world of a few pages and one stream, with the host that maps them. No device is
 * attached: experiments put accesses where they want them.
 */
#include "small_world.h"

void sv3__small_world_defaults(struct sv3_world_config *world, struct sv3_host_config *host)
{
	static const uint32_t stream_id = SV3__SMALL_STREAM_ID;

	sv3_world_config_default(world);
	world->guest_base = SV3__SMALL_GUEST_BASE;
	world->guest_size = SV3__SMALL_GUEST_PAGES * SV3_PAGE_SIZE;
	*host = (struct sv3_host_config){
		.view = SV3_VIEW_GUEST,
		.granule_lg2 = SV3_PAGE_LG2,
		.leaf_max_lg2 = SV3_PAGE_LG2,
		.stream_ids = &stream_id,
		.stream_count = 1,
		.hd = true,
	};
}

int sv3__small_world_open(struct sv3__small_world *small, const struct sv3_world_config *world,
			  const struct sv3_host_config *host)
{
	int rc = sv3_world_create(world, &small->world);

	if (!rc)
		rc = sv3_host_create(small->world, host, &small->host);
	if (rc)
		return rc;
	sv3_world_attach_host(small->world, small->host);
	small->fast = (struct sv3_fast){ .smmu = sv3_world_smmu(small->world),
					 .bus = sv3_world_bus(small->world) };
	return 0;
}

void sv3__small_world_write(struct sv3__small_world *small, sv3_iova iova, sv3_pa expected)
{
	const struct sv3_txn txn = {
		.iova = iova,
		.stream_id = SV3__SMALL_STREAM_ID,
		.write = true,
	};
	struct sv3_result result;
	const int rc = sv3_translate(&small->fast, &txn, &result);

	SV3_ASSERT(rc == 0);
	SV3_ASSERT(result.outcome == SV3_OUTCOME_OK);
	SV3_ASSERT(result.pa == expected);
}

void sv3__small_world_close(struct sv3__small_world *small)
{
	sv3_host_destroy(small->host);
	sv3_world_destroy(small->world);
}
