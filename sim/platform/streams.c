/* SPDX-License-Identifier: MIT */
/*
 * streams.c - StreamIDs of masters: by requester ID, by StreamID, and that nobody shares one.
 */
#include "platform_priv.h"

#include <stdlib.h>

/* --- asking --- */

/** The run of @input, or NULL. Runs are in order of their inputs. */
static const struct sv3_platform_streams *find_run(const struct sv3_platform_master *master,
						   uint32_t input)
{
	uint32_t low = 0, high = master->stream_count;

	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;

		if (master->streams[middle].input <= input)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0 || input - master->streams[low - 1].input >= master->streams[low - 1].count)
		return NULL;
	return &master->streams[low - 1];
}

int sv3_platform_stream(const struct sv3_platform *platform, uint32_t master, uint32_t input,
			struct sv3_platform_streams *streams)
{
	const struct sv3_platform_master *asked;
	const struct sv3_platform_streams *run;
	uint32_t masked = input;

	if (master >= platform->master_count)
		return -SV3_ERR_NOENT;
	asked = &platform->masters[master];
	if (asked->kind == SV3_MASTER_HOST)
		masked &= asked->map_mask;
	run = find_run(asked, masked);
	if (run == NULL)
		return -SV3_ERR_NOENT;
	*streams = (struct sv3_platform_streams){
		.smmu = run->smmu,
		.input = input,
		.stream_id = run->stream_id + (masked - run->input),
		.count = 1,
	};
	return 0;
}

bool sv3_platform_has_stream(const struct sv3_platform *platform, uint32_t master, uint32_t smmu,
			     uint32_t stream_id)
{
	const struct sv3_platform_master *asked;

	if (master >= platform->master_count)
		return false;
	asked = &platform->masters[master];
	for (uint32_t i = 0; i < asked->stream_count; i++) {
		const struct sv3_platform_streams *run = &asked->streams[i];
		const uint32_t distance = stream_id - run->stream_id;

		/* What the mask takes out of every requester ID comes out of none. */
		if (run->smmu == smmu && distance < run->count &&
		    (asked->kind != SV3_MASTER_HOST ||
		     ((run->input + distance) & ~asked->map_mask) == 0))
			return true;
	}
	return false;
}

uint32_t sv3_platform_master_of(const struct sv3_platform *platform, uint32_t smmu,
				uint32_t stream_id)
{
	uint32_t host = SV3_PLATFORM_NONE;

	for (uint32_t i = 0; i < platform->master_count; i++) {
		if (!sv3_platform_has_stream(platform, i, smmu, stream_id))
			continue;
		if (platform->masters[i].kind != SV3_MASTER_HOST)
			return i;
		host = i;
	}
	return host;
}

/* --- checking --- */

/** StreamIDs first .. last of one SMMU. */
struct span {
	uint32_t smmu, first, last, master;
};

static int compare_spans(const void *a, const void *b)
{
	const struct span *left = (const struct span *)a;
	const struct span *right = (const struct span *)b;

	if (left->smmu != right->smmu)
		return left->smmu < right->smmu ? -1 : 1;
	if (left->first != right->first)
		return left->first < right->first ? -1 : 1;
	return left->master < right->master ? -1 : left->master > right->master;
}

static int fail_master(const struct sv3__loader *loader, uint32_t index, uint32_t stream_id,
		       uint32_t other)
{
	const struct sv3_platform *platform = loader->platform;
	const struct sv3_platform_master *master = &platform->masters[index];

	return sv3__fail(loader, sv3__node_at(&loader->tree, master->node),
			 master->kind == SV3_MASTER_HOST ? "iommu-map" : "iommus",
			 "StreamID 0x%x is %s %.120s; give each master its own", stream_id,
			 other == index ? "twice in" : "that of", platform->masters[other].node);
}

/** All but endpoints: theirs are those of their hosts. */
static uint32_t collect_spans(const struct sv3_platform *platform, struct span *spans)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < platform->master_count; i++) {
		const struct sv3_platform_master *master = &platform->masters[i];

		for (uint32_t k = 0; k < master->stream_count; k++) {
			const struct sv3_platform_streams *run = &master->streams[k];

			if (master->kind != SV3_MASTER_ENDPOINT)
				spans[count++] =
					(struct span){ run->smmu, run->stream_id,
						       run->stream_id + (run->count - 1), i };
		}
	}
	return count;
}

static int check_stream_ids(const struct sv3__loader *loader)
{
	struct span *spans =
		(struct span *)malloc(((size_t)loader->streams_used + 1) * sizeof(*spans));
	uint32_t count;
	int rc = 0;

	if (spans == NULL)
		return sv3__fail_memory(loader);
	count = collect_spans(loader->platform, spans);
	qsort(spans, count, sizeof(*spans), compare_spans);
	for (uint32_t i = 1; i < count && rc == 0; i++) {
		if (spans[i].smmu == spans[i - 1].smmu && spans[i].first <= spans[i - 1].last)
			rc = fail_master(loader, spans[i].master, spans[i].first,
					 spans[i - 1].master);
	}
	free(spans);
	return rc;
}

/** Inputs of one map; its runs are sorted. */
static int check_map(const struct sv3__loader *loader, const struct sv3_platform_master *master)
{
	for (uint32_t i = 1; i < master->stream_count; i++) {
		const struct sv3_platform_streams *run = &master->streams[i];

		if (run->input - run[-1].input < run[-1].count)
			return sv3__fail(
				loader, sv3__node_at(&loader->tree, master->node), "iommu-map",
				"requester ID 0x%x is in two entries; map each once", run->input);
	}
	return 0;
}

int sv3__check_streams(const struct sv3__loader *loader)
{
	const struct sv3_platform *platform = loader->platform;
	int rc = 0;

	for (uint32_t i = 0; i < platform->master_count && rc == 0; i++)
		rc = check_map(loader, &platform->masters[i]);
	return rc == 0 ? check_stream_ids(loader) : rc;
}
