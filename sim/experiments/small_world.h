/* SPDX-License-Identifier: MIT */
/*
 * small_world.h - a world of a few pages and one stream, with the host that maps them, for
 * experiments that put every access where they want it.
 */
#ifndef SV3_EXPERIMENTS_SMALL_WORLD_H
#define SV3_EXPERIMENTS_SMALL_WORLD_H

#include <sv3/host.h>

#include "experiments_priv.h"

#define SV3__SMALL_GUEST_BASE  UINT64_C(0x40000000)
#define SV3__SMALL_GUEST_PAGES 16u
#define SV3__SMALL_STREAM_ID   1u

struct sv3__small_world {
	struct sv3_world *world;
	struct sv3_host *host;
	struct sv3_fast fast; /* translates what the experiment writes itself */
};

/** sv3__small_world_defaults - pages of 4 KiB, identity mapped, hardware dirty state. */
void sv3__small_world_defaults(struct sv3_world_config *world, struct sv3_host_config *host);
/** sv3__small_world_open - @small: all 0. To be closed even if this failed. 0 or what failed. */
SV3_MUST_CHECK int sv3__small_world_open(struct sv3__small_world *small,
					 const struct sv3_world_config *world,
					 const struct sv3_host_config *host);
/** sv3__small_world_write - the device's write to @iova; it must come out at @expected. */
void sv3__small_world_write(struct sv3__small_world *small, sv3_iova iova, sv3_pa expected);
void sv3__small_world_close(struct sv3__small_world *small);

#endif
