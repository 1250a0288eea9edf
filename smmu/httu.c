/* SPDX-License-Identifier: MIT */
/*
 * httu.c - hardware translation table update: which descriptor must stand in memory before an
 * access goes on.
 *
 * A pure function. The machine then compares and swaps; if memory changed meanwhile, the walk
 * begins anew and the new contents decide everything. [DDI0487 D8.5.2.1, R_SGJBL, I_YZSVV]
 * IMPDEF(I-019): the update is atomic whatever memory type the walk has. [IHI0070 5.4 IR0]
 */
#include "smmu_priv.h"

enum sv3__httu sv3__httu_next(const struct sv3__context *context, uint64_t descriptor,
			      uint32_t access_kind, struct sv3__permissions permissions,
			      uint64_t *updated)
{
	*updated = descriptor;
	/* [IHI0070 3.13.2, 5.4 AFFD] HA = 1: the flag is set whatever AFFD says. HA = 0: AFFD takes
	 * 0 for 1. */
	if (!(descriptor & SV3_PTE_AF)) {
		if (context->ha)
			*updated |= SV3_PTE_AF;
		else if (!context->affd)
			return SV3__HTTU_ACCESS;
	}
	if (!(permissions.allowed >> access_kind & 1)) {
		/* IMPDEF(I-005): an access that is refused leaves the access flag as it was.
		 * [IHI0070 3.13.2] [DDI0487 R_QSPMS] */
		if (!(permissions.upgradable >> access_kind & 1)) {
			*updated = descriptor;
			return SV3__HTTU_PERMISSION;
		}
		/* [IHI0070 3.13.3.1] Only AP[2] stands in the way. AF goes with it in one update: a
		 * descriptor that is dirty and not accessed is never made. [DDI0487 I_DSHLJ] */
		*updated &= ~SV3_PTE_AP2_RDONLY;
	}
	return *updated == descriptor ? SV3__HTTU_NOTHING : SV3__HTTU_UPDATE;
}
