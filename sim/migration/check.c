/* SPDX-License-Identifier: MIT */
/*
 * check.c - which migrations there are: parameters that a policy takes, and those none does.
 *
 * It knows no world: what a policy needs of one is asked where both meet, in sv3_migrate().
 */
#include "migration_priv.h"

#define DEVICE_PAGE_LG2_MAX 40u
#define CHUNK_SHIFT_MAX     40u

static const char *loop_is_impossible(const struct sv3_migration_config *config)
{
	if (!config->link_bits_per_s)
		return "the link has no bandwidth";
	if (!config->max_rounds)
		return "there is no round";
	if (config->chunk_shift > CHUNK_SHIFT_MAX)
		return "a chunk is larger than 2^40 pages";
	if (config->flush == SV3_FLUSH_NONE || config->flush >= SV3_FLUSH_COUNT)
		return "there is no such scope of invalidation, or none at all";
	if (config->leaf >= SV3_LEAF_COUNT)
		return "there is no such mode of leaves";
	if (config->throttle.max_percent > 99)
		return "more than 99 percent of the speed are taken away";
	return NULL;
}

static const char *tracker_is_impossible(const struct sv3_migration_config *config)
{
	if (config->device_page_lg2 < SV3_PAGE_LG2 || config->device_page_lg2 > DEVICE_PAGE_LG2_MAX)
		return "a device's pages are smaller than 4 KiB or larger than 1 TiB";
	if (!config->ring_entries)
		return "the ring has no entries";
	if (!config->pml_entries)
		return "the hardware's buffer has no entries";
	return NULL;
}

static const char *transfer_is_impossible(const struct sv3_migration_config *config,
					  const struct sv3__policy *policy)
{
	if (config->transfer >= SV3_TRANSFER_COUNT)
		return "there is no such transfer";
	if (config->transfer == SV3_TRANSFER_XOR && config->cache_bytes < SV3_PAGE_SIZE)
		return "the cache of xor holds no page";
	/* What packs a page reads it when it is sent, and would pack other bytes than it has. */
	if (config->transfer && policy->reads_early)
		return "it reads a page when it compares it, not when it is sent, so transfer must "
		       "be plain";
	return NULL;
}

int sv3_migration_config_check(const struct sv3_migration_config *config, const char **why)
{
	const struct sv3__policy *policy = sv3__policy_find(config->policy);
	const char *wrong = loop_is_impossible(config);

	if (!policy)
		wrong = "there is no such policy";
	if (!wrong)
		wrong = tracker_is_impossible(config);
	if (!wrong)
		wrong = transfer_is_impossible(config, policy);
	if (why)
		*why = wrong;
	return wrong ? -SV3_ERR_INVAL : 0;
}

int sv3_policy_check_ats(const struct sv3_policy_info *policy, const char **why)
{
	const char *wrong = NULL;

	/* [IHI0070 3.9.1] */
	if (policy->needs & SV3_NEEDS_STALL)
		wrong = "it lives on writes that stall, and a device behind an ATC asks for "
			"translations, which never do";
	if (why)
		*why = wrong;
	return wrong ? -SV3_ERR_INVAL : 0;
}
