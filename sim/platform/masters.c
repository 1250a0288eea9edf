/* SPDX-License-Identifier: MIT */
/*
 * masters.c - who is behind an SMMU: devices with iommus, PCIe hosts with iommu-map, and the PCI
 * functions below those.
 *
 * A map may name other IOMMUs, and so may iommus: those streams are none of ours, and left out.
 */
#include "platform_priv.h"

#include <stdlib.h>
#include <string.h>

#define MAP_ENTRY         4u /* requester ID, IOMMU, StreamID, length */
#define REQUESTER_IDS_PCI 0x10000u
#define PCI_ADDRESS_CELLS 3u

static int too_many_streams(const struct sv3__loader *loader, uint32_t node)
{
	return sv3__fail(loader, node, NULL, "more than %u runs of StreamIDs in the tree",
			 SV3_PLATFORM_STREAMS_MAX);
}

/** Room for one more; the caller fills it and counts it. NULL: said. */
static struct sv3_platform_master *new_master(struct sv3__loader *loader, uint32_t node,
					      enum sv3_platform_master_kind kind,
					      uint32_t stream_max)
{
	struct sv3_platform *platform = loader->platform;
	struct sv3_platform_master *masters;

	if (platform->master_count == SV3_PLATFORM_MASTERS_MAX) {
		(void)sv3__fail(loader, node, NULL, "more than %u masters",
				SV3_PLATFORM_MASTERS_MAX);
		return NULL;
	}
	masters = (struct sv3_platform_master *)sv3__room(loader, platform->masters,
							  platform->master_count, sizeof(*masters));
	if (masters == NULL) {
		(void)sv3__fail_memory(loader);
		return NULL;
	}
	platform->masters = masters;
	masters += platform->master_count;
	masters->kind = kind;
	masters->host = SV3_PLATFORM_NONE;
	masters->map_mask = UINT32_MAX;
	masters->node = sv3__keep_path(loader, node);
	masters->streams = (struct sv3_platform_streams *)sv3__keep(
		loader, (size_t)stream_max * sizeof(*masters->streams));
	return masters->node != NULL && masters->streams != NULL ? masters : NULL;
}

static struct sv3_platform_streams *next_streams(struct sv3_platform_master *master)
{
	return (struct sv3_platform_streams *)(uintptr_t)&master->streams[master->stream_count++];
}

static int count_master(struct sv3__loader *loader, uint32_t node,
			const struct sv3_platform_master *master)
{
	loader->streams_used += master->stream_count;
	if (loader->streams_used > SV3_PLATFORM_STREAMS_MAX)
		return too_many_streams(loader, node);
	loader->master_of[node] = loader->platform->master_count++;
	return 0;
}

static int out_of_memory(const struct sv3__loader *loader)
{
	return loader->error->text[0] != '\0' ? -SV3_ERR_FORMAT : sv3__fail_memory(loader);
}

/** Why what refers to an IOMMU that is no SMMU of ours is left out. */
static int note_other(struct sv3__loader *loader, uint32_t node, const char *property,
		      uint32_t iommu)
{
	char path[SV3__PATH_CHARS];
	const bool is_off = loader->tree.nodes[iommu].is_off;

	return sv3__note(loader, node, property, "%.120s %s: left out",
			 sv3__node_path(&loader->tree, iommu, path),
			 is_off ? "is disabled" : "is no arm,smmu-v3");
}

/* --- iommus --- */

/** One specifier at *@at, which it steps over. */
static int read_specifier(struct sv3__loader *loader, uint32_t node, const struct sv3__cells *cells,
			  uint32_t *at, uint32_t input, struct sv3_platform_master *master)
{
	uint32_t iommu, width = 0;
	int rc = sv3__follow(loader, node, "iommus", sv3__cell(cells, *at), &iommu);

	if (rc < 0)
		return rc;
	if (!sv3__has_property(&loader->tree, iommu, "#iommu-cells"))
		return sv3__fail(loader, node, "iommus",
				 "what phandle 0x%x names has no #iommu-cells: no IOMMU",
				 sv3__cell(cells, *at));
	rc = sv3__read_u32(loader, iommu, "#iommu-cells", SV3__CELLS_MAX, &width);
	if (rc < 0)
		return rc;
	if (width >= cells->count - *at)
		return sv3__fail(loader, node, "iommus",
				 "ends within entry %u, which has %u cells behind the phandle",
				 input, width);
	if (loader->smmu_of[iommu] == SV3_PLATFORM_NONE)
		rc = note_other(loader, node, "iommus", iommu);
	else
		*next_streams(master) = (struct sv3_platform_streams){
			.smmu = loader->smmu_of[iommu],
			.input = input,
			.stream_id = sv3__cell(cells, *at + 1),
			.count = 1,
		};
	*at += 1 + width;
	return rc;
}

static int read_device(struct sv3__loader *loader, uint32_t node)
{
	struct sv3_platform_master *master;
	struct sv3__cells cells;
	uint32_t input = 0;
	int rc = sv3__read_cells(loader, node, "iommus", &cells);

	if (rc < 0)
		return rc;
	if (loader->smmu_of[node] != SV3_PLATFORM_NONE)
		return sv3__fail(loader, node, "iommus",
				 "an SMMU is behind none; take the property out");
	if (cells.count == 0)
		return sv3__fail(loader, node, "iommus", "empty; give <&smmu STREAM_ID>");
	if (cells.count > SV3_PLATFORM_STREAMS_MAX)
		return too_many_streams(loader, node);
	master = new_master(loader, node, SV3_MASTER_DEVICE, cells.count);
	if (master == NULL)
		return out_of_memory(loader);
	for (uint32_t at = 0; at < cells.count && rc == 0; input++)
		rc = read_specifier(loader, node, &cells, &at, input, master);
	return rc == 0 ? count_master(loader, node, master) : rc;
}

/* --- iommu-map --- */

static bool is_pci(const struct sv3__loader *loader, uint32_t node)
{
	uint32_t size;
	const char *type = (const char *)sv3__property(&loader->tree, node, "device_type", &size);

	return type != NULL && size == sizeof("pci") && memcmp(type, "pci", size) == 0;
}

static int check_entry(const struct sv3__loader *loader, uint32_t node, uint32_t index,
		       const struct sv3_platform_streams *streams, uint32_t mask)
{
	const uint64_t end = (uint64_t)streams->input + streams->count;
	static const char name[] = "iommu-map";

	if (streams->count == 0)
		return sv3__fail(loader, node, name, "entry %u has length 0", index);
	if ((streams->input & ~mask) != 0)
		return sv3__fail(loader, node, name,
				 "entry %u begins at 0x%x, which iommu-map-mask 0x%x lets nobody "
				 "reach",
				 index, streams->input, mask);
	if (is_pci(loader, node) && end > REQUESTER_IDS_PCI)
		return sv3__fail(loader, node, name,
				 "entry %u ends at 0x%llx; the last requester ID is 0xffff", index,
				 (unsigned long long)(end - 1));
	if (end > (uint64_t)UINT32_MAX + 1 ||
	    (uint64_t)streams->stream_id + streams->count > (uint64_t)UINT32_MAX + 1)
		return sv3__fail(loader, node, name, "entry %u ends beyond 32 bits", index);
	return 0;
}

static int read_entry(struct sv3__loader *loader, uint32_t node, const struct sv3__cells *cells,
		      uint32_t index, struct sv3_platform_master *master)
{
	const uint32_t at = index * MAP_ENTRY;
	struct sv3_platform_streams streams = {
		.input = sv3__cell(cells, at),
		.stream_id = sv3__cell(cells, at + 2),
		.count = sv3__cell(cells, at + 3),
	};
	uint32_t iommu;
	int rc = sv3__follow(loader, node, "iommu-map", sv3__cell(cells, at + 1), &iommu);

	if (rc == 0)
		rc = check_entry(loader, node, index, &streams, master->map_mask);
	if (rc < 0)
		return rc;
	streams.smmu = loader->smmu_of[iommu];
	if (streams.smmu == SV3_PLATFORM_NONE)
		return note_other(loader, node, "iommu-map", iommu);
	*next_streams(master) = streams;
	return 0;
}

static int compare_inputs(const void *a, const void *b)
{
	const struct sv3_platform_streams *left = (const struct sv3_platform_streams *)a;
	const struct sv3_platform_streams *right = (const struct sv3_platform_streams *)b;

	return left->input < right->input ? -1 : left->input > right->input;
}

static int read_host(struct sv3__loader *loader, uint32_t node)
{
	struct sv3_platform_master *master;
	struct sv3__cells cells;
	int rc = sv3__read_cells(loader, node, "iommu-map", &cells);

	if (rc < 0)
		return rc;
	if (cells.count == 0 || cells.count % MAP_ENTRY != 0)
		return sv3__fail(loader, node, "iommu-map",
				 "%u cells are no whole entries of 4: requester ID, SMMU, "
				 "StreamID, length",
				 cells.count);
	if (cells.count / MAP_ENTRY > SV3_PLATFORM_STREAMS_MAX)
		return too_many_streams(loader, node);
	master = new_master(loader, node, SV3_MASTER_HOST, cells.count / MAP_ENTRY);
	if (master == NULL)
		return out_of_memory(loader);
	rc = sv3__read_u32(loader, node, "iommu-map-mask", UINT32_MAX, &master->map_mask);
	for (uint32_t i = 0; i < cells.count / MAP_ENTRY && rc == 0; i++)
		rc = read_entry(loader, node, &cells, i, master);
	qsort((void *)(uintptr_t)master->streams, master->stream_count, sizeof(*master->streams),
	      compare_inputs);
	return rc == 0 ? count_master(loader, node, master) : rc;
}

/* --- functions below a host --- */

/** The host of what is below @bus, if that is one or a PCI bridge below one; else NONE. */
static uint32_t host_above(const struct sv3__loader *loader, uint32_t bus)
{
	const uint32_t index = loader->master_of[bus];

	if (index == SV3_PLATFORM_NONE)
		return SV3_PLATFORM_NONE;
	return loader->platform->masters[index].kind == SV3_MASTER_HOST
		       ? index
		       : loader->platform->masters[index].host;
}

/** A child of a host or bridge: the address in its reg says who it is on the bus. */
static int read_endpoint(struct sv3__loader *loader, uint32_t node, uint32_t host)
{
	const uint32_t bus = loader->tree.nodes[node].parent;
	struct sv3_platform_master *master;
	struct sv3_platform_streams streams;
	uint32_t address_cells, size_cells;
	struct sv3__cells cells;
	int rc = sv3__bus_cells(loader, bus, &address_cells, &size_cells);

	if (rc == 0)
		rc = sv3__read_cells(loader, node, "reg", &cells);
	if (rc < 0)
		return rc;
	if (address_cells != PCI_ADDRESS_CELLS)
		return sv3__fail(loader, bus, "#address-cells", "%u; PCI has 3", address_cells);
	if (cells.count < PCI_ADDRESS_CELLS)
		return sv3__fail(loader, node, "reg", "%u cells hold no PCI address of 3",
				 cells.count);
	master = new_master(loader, node, SV3_MASTER_ENDPOINT, 1);
	if (master == NULL)
		return out_of_memory(loader);
	master->host = host;
	master->requester_id = sv3__cell(&cells, 0) >> 8 & 0xffff;
	if (sv3_platform_stream(loader->platform, host, master->requester_id, &streams) == 0)
		*next_streams(master) = streams;
	else
		rc = sv3__note(loader, node, "reg",
			       "requester ID 0x%x is in no entry of its host's map: not "
			       "translated here",
			       master->requester_id);
	return rc == 0 ? count_master(loader, node, master) : rc;
}

static int read_node(struct sv3__loader *loader, uint32_t node)
{
	const struct sv3__tree *tree = &loader->tree;
	const bool has_iommus = sv3__has_property(tree, node, "iommus");
	uint32_t host;

	if (sv3__has_property(tree, node, "iommu-map")) {
		if (has_iommus && sv3__note(loader, node, "iommus",
					    "beside iommu-map, which is used: left out") < 0)
			return -SV3_ERR_NOMEM;
		return read_host(loader, node);
	}
	if (has_iommus)
		return read_device(loader, node);
	host = node != SV3__ROOT ? host_above(loader, tree->nodes[node].parent) : SV3_PLATFORM_NONE;
	if (host == SV3_PLATFORM_NONE || !sv3__has_property(tree, node, "reg"))
		return 0;
	return read_endpoint(loader, node, host);
}

int sv3__read_masters(struct sv3__loader *loader)
{
	int rc = 0;

	for (uint32_t i = 0; i < loader->tree.node_count && rc == 0; i++) {
		if (!loader->tree.nodes[i].is_off)
			rc = read_node(loader, i);
	}
	return rc == 0 ? sv3__check_streams(loader) : rc;
}
