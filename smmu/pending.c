/* SPDX-License-Identifier: MIT */
/*
 * pending.c - weak stand-ins for functions of smmu.h that are not written yet; goes when they are.
 */
#include "smmu_priv.h"

__attribute__((weak)) const char *sv3_smmu_profile_name(unsigned int index, const char **about)
{
	if (index != 0)
		return NULL;
	*about = "stage 1 alone, HTTU = 2, SMMUv3.2";
	return "default";
}

__attribute__((weak)) int sv3_smmu_profile(const char *name, struct sv3_smmu_config *config)
{
	if (memcmp(name, "default", sizeof("default")) != 0)
		return -SV3_ERR_NOENT;
	sv3_smmu_config_default(config);
	return 0;
}

__attribute__((weak)) const struct sv3_smmu_config *sv3_smmu_config(const struct sv3_smmu *smmu)
{
	return &smmu->config;
}

__attribute__((weak)) int sv3_smmu_adopt(void *memory, size_t size, struct sv3_smmu **smmu)
{
	struct sv3_smmu *block = memory;

	if (size < sizeof(*block) || ((uintptr_t)memory & 63) != 0)
		return -SV3_ERR_RANGE;
	if (block->magic != SV3__BLOCK_MAGIC || block->version != SV3__BLOCK_VERSION ||
	    sv3_smmu_config_check(&block->config, NULL) != 0 ||
	    block->size_bytes != sv3_smmu_size(&block->config))
		return -SV3_ERR_FORMAT;
	if (size < block->size_bytes)
		return -SV3_ERR_RANGE;
	*smmu = block;
	return 0;
}

__attribute__((weak)) bool sv3_smmu_peek_tlb(const struct sv3_smmu *smmu, const struct sv3_txn *txn,
					     struct sv3_tlb_info *info)
{
	(void)smmu, (void)txn, (void)info;
	return false;
}

__attribute__((weak)) int sv3_smmu_page_request(struct sv3_smmu *smmu,
						const struct sv3_page_request *request)
{
	(void)smmu, (void)request;
	return 0;
}
