/* SPDX-License-Identifier: MIT */
/*
 * device.c - what sv3 lets masters do: nodes "sv3,replay" and "sv3,synthetic".
 */
#include "platform_priv.h"

#include <libfdt.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEVICES_MAX    SV3_BUNDLE_SOURCES_MAX
#define PAGES_MAX      (UINT64_C(1) << 34) /* what fits below 64 TiB */
#define PAGES_ZIPF_MAX (UINT64_C(1) << 24)
#define RATE_MAX       1000000000u /* accesses a second: one a nanosecond */
#define EXPONENT_MAX   4000u
#define START_MAX_NS   (UINT64_C(1) << 50)

static const char *const common_names[] = { "compatible", "phandle", "linux,phandle", "status",
					    "master",     "rid",     "stream-id",     NULL };
static const char *const replay_names[] = { "trace", NULL };
static const char *const synthetic_names[] = { "pattern",
					       "pages",
					       "first-page",
					       "rate-hz",
					       "write-percent",
					       "access-bytes",
					       "zipf-exponent-permille",
					       "start-ns",
					       "jitter",
					       "limit",
					       "seed",
					       NULL };
static const char *const patterns[] = { "fixed", "sequential", "uniform", "zipf" };

static bool is_among(const char *name, const char *const *names)
{
	while (*names != NULL && strcmp(*names, name) != 0)
		names++;
	return *names != NULL;
}

static int check_names(const struct sv3__loader *loader, uint32_t node, const char *const *own)
{
	const void *blob = loader->tree.blob;
	int offset;

	fdt_for_each_property_offset(offset, blob, loader->tree.nodes[node].offset)
	{
		const char *name = NULL;

		if (fdt_getprop_by_offset(blob, offset, &name, NULL) != NULL && name != NULL &&
		    !is_among(name, common_names) && !is_among(name, own))
			return sv3__fail(loader, node, name,
					 "there is no such property here; docs/PLATFORM.md lists "
					 "them");
	}
	return 0;
}

/* --- whose it is --- */

static int read_master(struct sv3__loader *loader, uint32_t node,
		       struct sv3_platform_device *device)
{
	const char *path;
	uint32_t master;
	int rc = sv3__read_string(loader, node, "master", &path);

	device->master = SV3_PLATFORM_NONE;
	if (rc < 0 || path == NULL)
		return rc;
	if (path[0] != '/')
		return sv3__fail(loader, node, "master",
				 "'%.80s' is no path; write &label, without <>, or \"/path\"",
				 path);
	master = sv3__node_at(&loader->tree, path);
	if (master == SV3_PLATFORM_NONE)
		return sv3__fail(loader, node, "master", "there is no node %.120s", path);
	device->master = loader->master_of[master];
	if (device->master == SV3_PLATFORM_NONE)
		return sv3__fail(loader, node, "master",
				 "%.120s has no StreamID: no iommus, no iommu-map, and it is no "
				 "PCI function below one",
				 path);
	return 0;
}

static void set_stream(struct sv3_platform_device *device, uint32_t smmu, uint32_t stream_id)
{
	device->has_stream = true;
	device->smmu = smmu;
	device->stream_id = stream_id;
}

/** By requester ID. */
static int read_rid(struct sv3__loader *loader, uint32_t node, struct sv3_platform_device *device)
{
	const struct sv3_platform *platform = loader->platform;
	struct sv3_platform_streams streams;
	uint32_t rid = 0;
	const int rc = sv3__read_u32(loader, node, "rid", UINT32_MAX, &rid);

	if (rc < 0)
		return rc;
	if (device->master == SV3_PLATFORM_NONE ||
	    platform->masters[device->master].kind != SV3_MASTER_HOST)
		return sv3__fail(loader, node, "rid",
				 "requester IDs are those of a PCIe host; let master name one");
	if (sv3_platform_stream(platform, device->master, rid, &streams) < 0)
		return sv3__fail(loader, node, "rid", "0x%x is in no entry of the map of %.120s",
				 rid, platform->masters[device->master].node);
	set_stream(device, streams.smmu, streams.stream_id);
	return 0;
}

/** By StreamID: the master's, or anybody's if it is only one SMMU's. */
static int read_stream_id(struct sv3__loader *loader, uint32_t node,
			  struct sv3_platform_device *device)
{
	const struct sv3_platform *platform = loader->platform;
	uint32_t stream_id = 0, found = 0;
	const int rc = sv3__read_u32(loader, node, "stream-id", UINT32_MAX, &stream_id);

	if (rc < 0)
		return rc;
	for (uint32_t i = 0; i < platform->smmu_count; i++) {
		if (device->master != SV3_PLATFORM_NONE
			    ? !sv3_platform_has_stream(platform, device->master, i, stream_id)
			    : sv3_platform_master_of(platform, i, stream_id) == SV3_PLATFORM_NONE)
			continue;
		set_stream(device, i, stream_id);
		found++;
	}
	if (found == 0)
		return sv3__fail(loader, node, "stream-id", "0x%x is that of no %s", stream_id,
				 device->master != SV3_PLATFORM_NONE ? "stream of its master"
								     : "master");
	if (found > 1)
		return sv3__fail(loader, node, "stream-id",
				 "0x%x is there behind %u SMMUs; let master say which", stream_id,
				 found);
	return 0;
}

/** What is left to say where neither property is given. */
static int choose_stream(struct sv3__loader *loader, uint32_t node,
			 struct sv3_platform_device *device)
{
	const struct sv3_platform_master *master;

	if (device->kind == SV3_PLATFORM_REPLAY)
		return 0;
	if (device->master == SV3_PLATFORM_NONE)
		return sv3__fail(loader, node, "master", "absent; name one, or give stream-id");
	master = &loader->platform->masters[device->master];
	if (master->kind == SV3_MASTER_HOST)
		return sv3__fail(loader, node, "rid",
				 "absent; a PCIe host has many functions: give one's requester ID");
	if (master->stream_count == 0)
		return sv3__fail(loader, node, "master", "%.120s is behind no SMMU", master->node);
	set_stream(device, master->streams[0].smmu, master->streams[0].stream_id);
	return 0;
}

static int read_stream(struct sv3__loader *loader, uint32_t node,
		       struct sv3_platform_device *device)
{
	const bool has_rid = sv3__has_property(&loader->tree, node, "rid");
	const bool has_stream_id = sv3__has_property(&loader->tree, node, "stream-id");
	const int rc = read_master(loader, node, device);

	if (rc < 0)
		return rc;
	if (has_rid && has_stream_id)
		return sv3__fail(loader, node, "rid", "beside stream-id; give one of them");
	if (has_rid)
		return read_rid(loader, node, device);
	return has_stream_id ? read_stream_id(loader, node, device)
			     : choose_stream(loader, node, device);
}

/* --- what it does --- */

/** A name of a file, beside the tree's unless it says otherwise. */
static int read_trace(struct sv3__loader *loader, uint32_t node, struct sv3_platform_device *device)
{
	const char *slash = strrchr(loader->path, '/');
	const char *name;
	char path[2 * SV3__PATH_CHARS];
	int rc = sv3__read_string(loader, node, "trace", &name);

	if (rc < 0)
		return rc;
	if (name == NULL)
		return sv3__fail(loader, node, "trace", "absent; name the file of a trace");
	if ((size_t)snprintf(path, sizeof(path), "%.*s%s",
			     slash != NULL && name[0] != '/' ? (int)(slash - loader->path) + 1 : 0,
			     loader->path, name) >= sizeof(path))
		return sv3__fail(loader, node, "trace", "its name is too long");
	device->trace = sv3__keep_text(loader, path);
	return device->trace != NULL ? 0 : sv3__fail_memory(loader);
}

static int read_pattern(struct sv3__loader *loader, uint32_t node, enum sv3_pattern *pattern)
{
	const char *name;
	const int rc = sv3__read_string(loader, node, "pattern", &name);

	if (rc < 0)
		return rc;
	for (unsigned int i = 0; name != NULL && i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		if (strcmp(name, patterns[i]) == 0) {
			*pattern = (enum sv3_pattern)i;
			return 0;
		}
	}
	return sv3__fail(loader, node, "pattern",
			 "not one of \"fixed\", \"sequential\", \"uniform\", \"zipf\"");
}

static int above_0(const struct sv3__loader *loader, uint32_t node, const char *name,
		   uint64_t value)
{
	return value > 0 ? 0 : sv3__fail(loader, node, name, "0; give more than that");
}

static int read_synthetic(struct sv3__loader *loader, uint32_t node,
			  struct sv3_synthetic_config *config)
{
	uint64_t first = 0, start = 0, rate = 100000;
	uint32_t exponent = 1000;
	unsigned __int128 period;
	int rc;

	*config = (struct sv3_synthetic_config){ .page_count = 4096,
						 .write_percent = 100,
						 .len = 64 };
	config->jitter = sv3__has_property(&loader->tree, node, "jitter");
	if ((rc = read_pattern(loader, node, &config->pattern)) < 0 ||
	    (rc = sv3__read_u64(loader, node, "pages",
				config->pattern == SV3_PATTERN_ZIPF ? PAGES_ZIPF_MAX : PAGES_MAX,
				&config->page_count)) < 0 ||
	    (rc = above_0(loader, node, "pages", config->page_count)) < 0 ||
	    (rc = sv3__read_u64(loader, node, "first-page", PAGES_MAX, &first)) < 0 ||
	    (rc = sv3__read_u64(loader, node, "rate-hz", RATE_MAX, &rate)) < 0 ||
	    (rc = above_0(loader, node, "rate-hz", rate)) < 0 ||
	    (rc = sv3__read_u32(loader, node, "write-percent", 100, &config->write_percent)) < 0 ||
	    (rc = sv3__read_u32(loader, node, "access-bytes", (uint32_t)SV3_PAGE_SIZE,
				&config->len)) < 0 ||
	    (rc = above_0(loader, node, "access-bytes", config->len)) < 0 ||
	    (rc = sv3__read_u32(loader, node, "zipf-exponent-permille", EXPONENT_MAX, &exponent)) <
		    0 ||
	    (rc = above_0(loader, node, "zipf-exponent-permille", exponent)) < 0 ||
	    (rc = sv3__read_u64(loader, node, "start-ns", START_MAX_NS, &start)) < 0 ||
	    (rc = sv3__read_u64(loader, node, "limit", UINT64_MAX, &config->limit)) < 0 ||
	    (rc = sv3__read_u64(loader, node, "seed", UINT64_MAX, &config->seed)) < 0)
		return rc;
	/* The fixed pattern writes all its pages at once, the others one page at a time. */
	period =
		(unsigned __int128)(config->pattern == SV3_PATTERN_FIXED ? config->page_count : 1) *
		SV3_PS_PER_S / rate;
	if (period > SV3_PS_NEVER / 4)
		return sv3__fail(loader, node, "rate-hz",
				 "so many pages at %llu a second take longer than the clock holds",
				 (unsigned long long)rate);
	config->base = first * SV3_PAGE_SIZE;
	config->start = start * SV3_PS_PER_NS;
	config->period = (sv3_ps)period;
	config->zipf_exponent = (double)exponent / 1000;
	return 0;
}

static int read_as(struct sv3__loader *loader, uint32_t node, struct sv3_platform_device *device)
{
	const bool replays = device->kind == SV3_PLATFORM_REPLAY;
	int rc = check_names(loader, node, replays ? replay_names : synthetic_names);

	if (rc == 0)
		rc = read_stream(loader, node, device);
	if (rc == 0)
		rc = replays ? read_trace(loader, node, device)
			     : read_synthetic(loader, node, &device->synthetic);
	if (rc == 0 && !replays)
		device->synthetic.stream_id = device->stream_id;
	return rc;
}

int sv3__read_device(struct sv3__loader *loader, uint32_t node)
{
	struct sv3_platform *platform = loader->platform;
	struct sv3_platform_device *devices;
	int rc;

	if (platform->device_count == DEVICES_MAX)
		return sv3__fail(loader, node, NULL, "more than %u devices", DEVICES_MAX);
	devices = (struct sv3_platform_device *)sv3__room(loader, platform->devices,
							  platform->device_count, sizeof(*devices));
	if (devices == NULL)
		return sv3__fail_memory(loader);
	platform->devices = devices;
	devices += platform->device_count;
	if (sv3__is_compatible(&loader->tree, node, "sv3,replay"))
		devices->kind = SV3_PLATFORM_REPLAY;
	else if (sv3__is_compatible(&loader->tree, node, "sv3,synthetic"))
		devices->kind = SV3_PLATFORM_SYNTHETIC;
	else
		return sv3__fail(loader, node, "compatible",
				 "neither \"sv3,replay\" nor \"sv3,synthetic\", and the node is "
				 "not named timing");
	devices->node = sv3__keep_path(loader, node);
	if (devices->node == NULL)
		return -SV3_ERR_FORMAT;
	rc = read_as(loader, node, devices);
	platform->device_count += rc == 0;
	return rc;
}
