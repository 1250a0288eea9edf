/* SPDX-License-Identifier: MIT */
/*
 * seam_stub.c - stands in for what smmu.h declares and smmu/ does not have yet. To be deleted.
 */
#include <sv3/smmu.h>

#include "../../smmu/smmu_priv.h"

__attribute__((weak)) const struct sv3_smmu_config *sv3_smmu_config(const struct sv3_smmu *smmu)
{
	return &smmu->config;
}

__attribute__((weak)) int sv3_smmu_page_request(struct sv3_smmu *smmu,
						const struct sv3_page_request *request)
{
	(void)smmu;
	(void)request;
	return -SV3_ERR_BUSY;
}
