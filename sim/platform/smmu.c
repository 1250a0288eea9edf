/* SPDX-License-Identifier: MIT */
/*
 * smmu.c - nodes of arm,smmu-v3: the standard binding, and sv3's own words for what the hardware
 * is.
 */
#include "platform_priv.h"

#include <libfdt.h>

#include <stdio.h>
#include <string.h>

/** A property of one cell and where it goes. */
struct word {
	const char *name;
	size_t offset; /* in struct sv3_smmu_config */
};

#define WORD(name, member)                                            \
	{                                                             \
		"sv3," name, offsetof(struct sv3_smmu_config, member) \
	}

static const struct word words[] = {
	WORD("idr0", idr0),
	WORD("idr1", idr1),
	WORD("idr3", idr3),
	WORD("idr5", idr5),
	WORD("iidr", iidr),
	WORD("aidr", aidr),
	WORD("slots", slot_count),
	WORD("tlb-entries", tlb_entries),
	WORD("tlb-ways", tlb_ways),
	WORD("walk-cache-entries", walk_cache_entries),
	WORD("walk-cache-ways", walk_cache_ways),
	WORD("config-cache-entries", config_cache_entries),
	WORD("config-cache-ways", config_cache_ways),
	WORD("config-fetch-bytes", config_fetch_bytes),
	WORD("choices", choices),
	WORD("ack-delay", ack_delay),
	WORD("pmcg-counters", pmcg_counters),
};

#define WORD_COUNT (sizeof(words) / sizeof(words[0]))

/* Workarounds for hardware this is not; they change what Linux does, not what an SMMU does. */
static const char *const of_other_hardware[] = {
	"hisilicon,broken-prefetch-cmd",
	"cavium,cn9900-broken-page1-regspace",
};

/* --- names --- */

int sv3__check_names(const struct sv3__loader *loader, uint32_t node, const char *const *known)
{
	const void *blob = loader->tree.blob;
	int offset;

	fdt_for_each_property_offset(offset, blob, loader->tree.nodes[node].offset)
	{
		const char *name = NULL, *const *match = known;

		if (fdt_getprop_by_offset(blob, offset, &name, NULL) == NULL || name == NULL ||
		    strncmp(name, "sv3,", 4) != 0)
			continue;
		while (*match != NULL && strcmp(*match, name) != 0)
			match++;
		if (*match == NULL)
			return sv3__fail(loader, node, name,
					 "there is no such property here; docs/PLATFORM.md lists "
					 "them");
	}
	return 0;
}

static int check_smmu_names(const struct sv3__loader *loader, uint32_t node)
{
	const char *known[WORD_COUNT + 2] = { "sv3,profile" };

	for (size_t i = 0; i < WORD_COUNT; i++)
		known[i + 1] = words[i].name;
	return sv3__check_names(loader, node, known);
}

/* --- what the hardware is --- */

static int read_profile(struct sv3__loader *loader, uint32_t node, struct sv3_platform_smmu *smmu)
{
	const char *name;
	int rc = sv3__read_string(loader, node, "sv3,profile", &name);

	if (rc < 0)
		return rc;
	if (name == NULL)
		name = "default";
	if (sv3_smmu_profile(name, &smmu->config) < 0)
		return sv3__fail(loader, node, "sv3,profile",
				 "there is no profile '%.40s'; sv3 regs --profiles lists them",
				 name);
	smmu->profile = sv3__keep_text(loader, name);
	return smmu->profile != NULL ? 0 : sv3__fail_memory(loader);
}

/** A cache made smaller than it has ways has as many as fit, unless they are given. */
static void fit_ways(const struct sv3__loader *loader, uint32_t node, const char *name,
		     uint32_t entries, uint32_t *ways)
{
	if (entries == 0 || sv3__has_property(&loader->tree, node, name))
		return;
	while (*ways > entries)
		*ways /= 2;
}

/** The property without which the hardware could be; NULL: there is no such one. */
static const char *find_culprit(const struct sv3_smmu_config *config,
				const struct sv3_smmu_config *profile)
{
	for (size_t i = 0; i < WORD_COUNT; i++) {
		struct sv3_smmu_config without = *config;

		memcpy((char *)&without + words[i].offset, (const char *)profile + words[i].offset,
		       sizeof(uint32_t));
		if (sv3_smmu_config_check(&without, NULL) == 0)
			return words[i].name;
	}
	return NULL;
}

static int read_words(struct sv3__loader *loader, uint32_t node, struct sv3_smmu_config *config)
{
	const struct sv3_smmu_config profile = *config;
	const char *why = NULL;

	for (size_t i = 0; i < WORD_COUNT; i++) {
		uint32_t *value = (uint32_t *)(void *)((char *)config + words[i].offset);
		const int rc = sv3__read_u32(loader, node, words[i].name, UINT32_MAX, value);

		if (rc < 0)
			return rc;
	}
	fit_ways(loader, node, "sv3,tlb-ways", config->tlb_entries, &config->tlb_ways);
	fit_ways(loader, node, "sv3,walk-cache-ways", config->walk_cache_entries,
		 &config->walk_cache_ways);
	fit_ways(loader, node, "sv3,config-cache-ways", config->config_cache_entries,
		 &config->config_cache_ways);
	if (sv3_smmu_config_check(config, &why) < 0)
		return sv3__fail(loader, node, find_culprit(config, &profile),
				 "no SMMU can be so: %s", why);
	return 0;
}

/* --- the standard binding --- */

static int read_iommu_cells(const struct sv3__loader *loader, uint32_t node)
{
	uint32_t cells = 0;
	const int rc = sv3__read_u32(loader, node, "#iommu-cells", UINT32_MAX, &cells);

	if (rc == 0 && cells != 1)
		return sv3__fail(loader, node, "#iommu-cells",
				 "%u; an SMMUv3 has 1, the StreamID: give <1>", cells);
	return rc;
}

static int read_registers(const struct sv3__loader *loader, uint32_t node,
			  struct sv3_platform_smmu *smmu)
{
	struct sv3__range range;
	const int rc = sv3__read_reg(loader, node, 0, &range);

	if (rc == -SV3_ERR_NOENT)
		return sv3__fail(loader, node, "reg",
				 "absent or empty; give base and size of its registers");
	smmu->base = range.base;
	smmu->size = range.size;
	return rc;
}

static int read_msi_parent(struct sv3__loader *loader, uint32_t node,
			   struct sv3_platform_smmu *smmu)
{
	struct sv3__cells cells;
	uint32_t target;
	int rc = sv3__read_cells(loader, node, "msi-parent", &cells);

	if (rc < 0 || cells.count == 0)
		return rc;
	rc = sv3__follow(loader, node, "msi-parent", sv3__cell(&cells, 0), &target);
	if (rc < 0)
		return rc;
	smmu->msi_parent = sv3__keep_path(loader, target);
	return smmu->msi_parent != NULL ? 0 : -SV3_ERR_FORMAT;
}

static int note_others(struct sv3__loader *loader, uint32_t node,
		       const struct sv3_platform_smmu *smmu)
{
	int rc = 0;

	for (size_t i = 0; i < sizeof(of_other_hardware) / sizeof(of_other_hardware[0]); i++) {
		if (rc == 0 && sv3__has_property(&loader->tree, node, of_other_hardware[i]))
			rc = sv3__note(loader, node, of_other_hardware[i],
				       "not needed: the SMMU simulated has no such fault");
	}
	if (rc == 0 && !smmu->dma_coherent)
		rc = sv3__note(loader, node, "dma-coherent",
			       "absent; simulated as coherent all the same");
	return rc;
}

static int read_smmu(struct sv3__loader *loader, uint32_t node, struct sv3_platform_smmu *smmu)
{
	int rc;

	smmu->dma_coherent = sv3__has_property(&loader->tree, node, "dma-coherent");
	smmu->node = sv3__keep_path(loader, node);
	if (smmu->node == NULL)
		return -SV3_ERR_FORMAT;
	if ((rc = read_iommu_cells(loader, node)) < 0 ||
	    (rc = read_registers(loader, node, smmu)) < 0 ||
	    (rc = sv3__read_interrupts(loader, node, smmu)) < 0 ||
	    (rc = read_msi_parent(loader, node, smmu)) < 0 ||
	    (rc = check_smmu_names(loader, node)) < 0 ||
	    (rc = read_profile(loader, node, smmu)) < 0 ||
	    (rc = read_words(loader, node, &smmu->config)) < 0)
		return rc;
	return note_others(loader, node, smmu);
}

int sv3__read_smmus(struct sv3__loader *loader)
{
	struct sv3_platform *platform = loader->platform;
	int rc = 0;

	for (uint32_t i = 0; i < loader->tree.node_count && rc == 0; i++) {
		struct sv3_platform_smmu *smmus;

		if (loader->tree.nodes[i].is_off ||
		    !sv3__is_compatible(&loader->tree, i, "arm,smmu-v3"))
			continue;
		if (platform->smmu_count == SV3_PLATFORM_SMMUS_MAX)
			return sv3__fail(loader, i, NULL, "more than %u SMMUs",
					 SV3_PLATFORM_SMMUS_MAX);
		smmus = (struct sv3_platform_smmu *)sv3__room(loader, platform->smmus,
							      platform->smmu_count, sizeof(*smmus));
		if (smmus == NULL)
			return sv3__fail_memory(loader);
		platform->smmus = smmus;
		loader->smmu_of[i] = platform->smmu_count;
		rc = read_smmu(loader, i, &smmus[platform->smmu_count]);
		platform->smmu_count += rc == 0;
	}
	return rc;
}
