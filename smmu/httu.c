/* SPDX-License-Identifier: MIT */
/*
 * httu.c - hardware translation table update: which descriptor must stand in memory before an
 * access goes on.
 *
 * A pure function, the same for both stages: bit 7 is AP[2] of stage 1, which goes from 1 to 0, and
 * S2AP[1] of stage 2, which goes from 0 to 1. The machine then compares and swaps; if memory
 * changed meanwhile, the walk begins anew and the new contents decide everything. [DDI0487
 * D8.5.2.1, R_SGJBL, I_YZSVV]
 */
#include "xlat_priv.h"

enum sv3__httu sv3__httu_next(struct sv3__af_policy policy, uint64_t descriptor, uint8_t wanted,
			      struct sv3__permissions permissions, uint64_t *updated)
{
	uint8_t missing = (uint8_t)(wanted & ~permissions.allowed);

	*updated = descriptor;
	/* [IHI0070 3.13.2, 5.4 AFFD] HA = 1: the flag is set whatever AFFD says. HA = 0: AFFD takes
	 * 0 for 1. */
	if (!(descriptor & SV3_PTE_AF)) {
		if (policy.ha)
			*updated |= SV3_PTE_AF;
		else if (!policy.affd)
			return SV3__HTTU_ACCESS;
	}
	if (missing != 0) {
		/* IMPDEF(I-005): an access that is refused leaves the access flag as it was, or by
		 * choice sets it. [IHI0070 3.13.2] [DDI0487 R_QSPMS] */
		if ((missing & ~permissions.upgradable) != 0) {
			if (!policy.on_permission_fault)
				*updated = descriptor;
			return SV3__HTTU_PERMISSION;
		}
		/* [IHI0070 3.13.3.1] Only the write bit stands in the way. AF goes with it in one
		 * update: a descriptor that is dirty and not accessed is never made.
		 * [DDI0487 I_DSHLJ] */
		*updated ^= SV3_PTE_AP2_RDONLY;
	}
	return *updated == descriptor ? SV3__HTTU_NOTHING : SV3__HTTU_UPDATE;
}
