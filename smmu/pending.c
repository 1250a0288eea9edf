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

/* Stage 1 only. */
__attribute__((weak)) bool sv3_smmu_peek_tlb(const struct sv3_smmu *smmu, const struct sv3_txn *txn,
					     struct sv3_tlb_info *info)
{
	const struct sv3__key *keys = sv3__cache_keys(smmu, &smmu->config_cache);
	const struct sv3__context *context = NULL;

	for (uint32_t i = 0; i < smmu->config_cache.entries; i++) {
		if (keys[i].tag == sv3__config_tag(txn))
			context = sv3__cache_payload(smmu, &smmu->config_cache, i);
	}
	if (!context || context->kind != SV3__STREAM_STAGE1)
		return false;
	keys = sv3__cache_keys(smmu, &smmu->tlb);
	for (uint32_t i = 0; i < smmu->tlb.entries; i++) {
		const struct sv3__tlb_entry *entry = sv3__cache_payload(smmu, &smmu->tlb, i);
		const uint32_t kind = sv3__access_kind(context, txn),
			       size_class = sv3__tag_class(keys[i].tag);

		if (keys[i].tag == 0 ||
		    keys[i].tag != sv3__va_tag(txn->iova, context->aset, size_class) ||
		    ((keys[i].context ^ context->tag_context) & keys[i].context_mask) != 0)
			continue;
		*info = (struct sv3_tlb_info){
			.iova = txn->iova & ~(SV3_BIT(entry->span_lg2) - 1),
			.pa = entry->pa,
			.span_lg2 = entry->span_lg2,
			.global = (keys[i].context_mask & 0xffffu) == 0,
			.allows = (entry->allowed >> kind & 1) != 0,
			.read = (entry->allowed >> (kind & 1) & 1) != 0,
			.write = (entry->allowed >> (2 + (kind & 1)) & 1) != 0,
			.execute = (entry->allowed >> (4 + (kind & 1)) & 1) != 0,
			.asid = (uint16_t)keys[i].context,
			.vmid = (uint16_t)(keys[i].context >> 16),
		};
		return true;
	}
	return false;
}

__attribute__((weak)) int sv3_smmu_page_request(struct sv3_smmu *smmu,
						const struct sv3_page_request *request)
{
	(void)smmu, (void)request;
	return 0;
}
