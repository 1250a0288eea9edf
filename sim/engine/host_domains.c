/* SPDX-License-Identifier: MIT */
/*
 * host_domains.c - the translation contexts of a host, by view.
 *
 * GUEST: one domain whose table maps guest RAM to itself, shared by all streams.
 * IOVA:  an empty domain for each stream; rows of the trace fill it.
 */
#include <sv3/arch.h>
#include <sv3/prng.h>
#include <sv3/vmsa.h>

#include "engine_priv.h"

#define INPUT_SIZE_LG2  48u
#define OUTPUT_SIZE_LG2 48u
#define GUEST_ASID      1u
#define FIRST_IOVA_ASID 2u

/* Born clean where the table tracks dirty state (DBM); without tracking, plainly writable. */
uint32_t sv3__host_map_flags(bool write)
{
	return SV3_PT_READ | SV3_PT_UNPRIV | (write ? SV3_PT_WRITE : 0u);
}

/* --- one domain --- */

static sv3_pa domain_cd(const struct sv3_host *host, uint32_t index)
{
	return host->cd_base + (uint64_t)index * SV3_CD_SIZE_BYTES;
}

static int domain_make(struct sv3_host *host, uint32_t asid)
{
	const uint32_t index = host->domain_count;
	struct sv3_domain *domain = &host->domains[index];
	const struct sv3_pt_config pt_config = {
		.granule_lg2 = host->config.granule_lg2,
		.input_size_lg2 = INPUT_SIZE_LG2,
		.dbm = host->config.hd || host->config.software_dirty,
	};
	struct sv3_cd_config cd_config = {
		.granule_lg2 = host->config.granule_lg2,
		.input_size_lg2 = INPUT_SIZE_LG2,
		.output_size_lg2 = OUTPUT_SIZE_LG2,
		.asid = asid,
		.ha = host->config.hd,
		.hd = host->config.hd,
		.record = true,
		.abort = true,
		.stall = host->config.stall,
	};
	uint64_t cd[8];
	int rc = sv3_pt_init(&domain->pt, &host->bus, &host->pages, &pt_config);

	if (rc < 0)
		return rc;
	domain->asid = asid;
	cd_config.ttb = domain->pt.root;
	rc = sv3_cd_make(cd, &cd_config);
	if (rc < 0)
		return rc;
	host->domain_count++;
	return sv3_cd_write(&host->bus, domain_cd(host, index), 0, cd);
}

static int stream_attach(struct sv3_host *host, uint32_t stream_id, uint32_t domain_index)
{
	uint64_t ste[8];

	sv3_ste_make_s1(ste, domain_cd(host, domain_index), 0);
	if (host->config.ats)
		ste[1] |= SV3_PUT(SV3_STE1_EATS, SV3_STE_EATS_FULL);
	return sv3_strtab_write(&host->strtab, stream_id, ste);
}

/* --- mappings of the GUEST view --- */

static int map_identity(struct sv3_host *host, sv3_pa base, uint64_t len, uint32_t leaf_max_lg2)
{
	return sv3_pt_map(&host->domains[0].pt, base, base, len, leaf_max_lg2,
			  sv3__host_map_flags(true));
}

/*
 * Map by chunks of 2^span_lg2 bytes, each as one leaf or, by the toss of a coin, as chunks of the
 * next smaller size. At the edges, where a whole chunk does not fit, the smaller size is used.
 */
static int map_mixed(struct sv3_host *host, struct sv3_prng *prng, sv3_pa base, sv3_pa end,
		     uint32_t level)
{
	const uint32_t span_lg2 = sv3_vmsa_span_lg2(host->config.granule_lg2, level);
	const uint64_t span = UINT64_C(1) << span_lg2;
	int rc = 0;

	if (level == SV3_LEVEL_LAST)
		return map_identity(host, base, end - base, host->config.granule_lg2);
	while (base < end && rc >= 0) {
		sv3_pa chunk_end = (base + span) & ~(span - 1);
		const bool fits = base % span == 0 && chunk_end <= end;

		if (chunk_end > end)
			chunk_end = end;
		if (fits && sv3_prng_below(prng, 2))
			rc = map_identity(host, base, span, span_lg2);
		else
			rc = map_mixed(host, prng, base, chunk_end, level + 1);
		base = chunk_end;
	}
	return rc;
}

/* The level of the largest leaf that is allowed and exists. */
static uint32_t first_leaf_level(const struct sv3_host *host)
{
	const uint32_t granule = host->config.granule_lg2;
	uint32_t level = SV3_LEVEL_LAST;

	while (sv3_vmsa_level_has_block(granule, level - 1, false) &&
	       sv3_vmsa_span_lg2(granule, level - 1) <= host->config.leaf_max_lg2)
		level--;
	return level;
}

static int map_msi_page(struct sv3_host *host, sv3_pa page)
{
	const uint64_t granule = UINT64_C(1) << host->config.granule_lg2;
	const sv3_pa base = page & ~(granule - 1);
	struct sv3_pt_leaf leaf;

	/* Pages may be named twice, or lie in one granule. */
	if (!sv3_pt_lookup(&host->domains[0].pt, base, &leaf))
		return 0;
	return map_identity(host, base, granule, host->config.granule_lg2);
}

static int map_guest(struct sv3_host *host, const struct sv3_host_config *config)
{
	const struct sv3_world_config *world = sv3_world_config(host->world);
	struct sv3_prng prng;
	int rc;

	sv3_prng_seed(&prng, config->seed);
	if (config->mixed_leaves)
		rc = map_mixed(host, &prng, world->guest_base,
			       world->guest_base + world->guest_size, first_leaf_level(host));
	else
		rc = map_identity(host, world->guest_base, world->guest_size, config->leaf_max_lg2);
	for (uint32_t i = 0; i < config->msi_page_count && rc >= 0; i++)
		rc = map_msi_page(host, config->msi_pages[i]);
	host->domains[0].scan_base = world->guest_base;
	host->domains[0].scan_size = world->guest_size;
	return rc;
}

/* --- both views --- */

static int make_guest_domain(struct sv3_host *host, const struct sv3_host_config *config)
{
	int rc = domain_make(host, GUEST_ASID);

	if (rc >= 0)
		rc = map_guest(host, config);
	for (uint32_t i = 0; i < config->stream_count && rc >= 0; i++)
		rc = stream_attach(host, config->stream_ids[i], 0);
	return rc;
}

static int make_iova_domains(struct sv3_host *host, const struct sv3_host_config *config)
{
	int rc = 0;

	for (uint32_t i = 0; i < config->stream_count && rc >= 0; i++) {
		for (uint32_t j = 0; j < i; j++)
			if (config->stream_ids[j] == config->stream_ids[i])
				return -SV3_ERR_INVAL;
		host->domain_stream[i] = config->stream_ids[i];
		rc = domain_make(host, FIRST_IOVA_ASID + i);
		if (rc >= 0)
			rc = stream_attach(host, config->stream_ids[i], i);
	}
	return rc;
}

int sv3__host_make_domains(struct sv3_host *host, const struct sv3_host_config *config)
{
	return config->view == SV3_VIEW_GUEST ? make_guest_domain(host, config)
					      : make_iova_domains(host, config);
}
