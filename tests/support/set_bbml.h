/* SPDX-License-Identifier: MIT */
/*
 * set_bbml.h - an SMMU of another level of support for changing the size of live leaves.
 */
#ifndef SV3_TESTS_SET_BBML_H
#define SV3_TESTS_SET_BBML_H

#include <sv3/arch.h>
#include <sv3/smmu.h>

/** set_bbml - IDR3.BBML = @bbml, else the same. */
static inline void set_bbml(struct sv3_smmu_config *smmu, uint32_t bbml)
{
	smmu->idr3 &= ~(uint32_t)SV3_IDR3_BBML;
	smmu->idr3 |= (uint32_t)SV3_PUT(SV3_IDR3_BBML, bbml);
	/* [IHI0070 6.3.4] SMMUv3.2 has level 1 or 2. */
	if (!bbml && smmu->aidr > 1)
		smmu->aidr = 1;
}

#endif
