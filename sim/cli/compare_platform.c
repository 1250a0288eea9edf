/* SPDX-License-Identifier: MIT */
/*
 * compare_platform.c - what `sv3 compare` takes from a device tree: its settings, the SMMU, and its
 * devices where no trace and no scenario was typed.
 */
#include "cli.h"
#include "compare.h"

#include <sv3/arch.h>

#include <inttypes.h>

/** All of the devices, if they are synthetic; else the traces they replay. */
static int take_devices(struct compare_run *run, struct cli_args *args)
{
	const struct sv3_platform *tree = &run->platform.tree;

	if (tree->device_count == 0 || tree->devices[0].kind == SV3_PLATFORM_REPLAY)
		return cli_platform_operands("compare", &run->platform, args);
	for (uint32_t i = 0; i < tree->device_count; i++) {
		if (tree->devices[i].kind != SV3_PLATFORM_SYNTHETIC)
			return cli_error("compare",
					 "%s: %s: compatible: it replays a trace beside synthetic "
					 "devices; a run has devices of one kind",
					 run->platform.path, tree->devices[i].node);
		run->synthetics[run->synthetic_count++] = tree->devices[i].synthetic;
	}
	return CLI_OK;
}

int compare_load_platform(struct compare_run *run, struct compare_request *request,
			  struct cli_args *args)
{
	run->platform.path = request->platform;
	run->platform.smmu_node = request->smmu;
	if (cli_platform_load("compare", &run->platform) != CLI_OK ||
	    compare_apply_settings(&run->platform, request, args) != CLI_OK)
		return CLI_ERROR;
	return request->scenario == NULL && args->operand_count == 0 ? take_devices(run, args)
								     : CLI_OK;
}

int compare_choose_hardware(struct compare_run *run, struct compare_request *request,
			    const struct cli_args *args, const struct cli_stream_set *streams,
			    unsigned int count)
{
	struct sv3_smmu_config *smmu = &run->config.smmu;

	if (run->platform.path == NULL)
		return CLI_OK;
	if (cli_platform_choose("compare", &run->platform, streams, count) != CLI_OK)
		return CLI_ERROR;
	*smmu = cli_platform_smmu(&run->platform)->config;
	if (!cli_is_given(args, "--tlb-entries"))
		request->tlb_entries = smmu->tlb_entries;
	if (!cli_is_given(args, "--bbml"))
		request->bbml = SV3_GET(SV3_IDR3_BBML, smmu->idr3);
	return compare_configure_hardware(run, request);
}

/* --- synthetic devices --- */

/** Adds a StreamID, if no device before has it. */
static void add_stream(struct compare_run *run, uint32_t stream_id)
{
	uint32_t i = 0;

	while (i < run->config.stream_count && run->synthetic_streams[i] != stream_id)
		i++;
	if (i == run->config.stream_count)
		run->synthetic_streams[run->config.stream_count++] = stream_id;
}

/** From the first byte of RAM to where that is. */
static int place_device(struct compare_run *run, uint32_t index)
{
	struct sv3_synthetic_config *synthetic = &run->synthetics[index];
	const uint64_t pages = run->config.guest_size / SV3_PAGE_SIZE;
	const uint64_t first = synthetic->base / SV3_PAGE_SIZE;

	if (first > pages || synthetic->page_count > pages - first)
		return cli_error("compare",
				 "%s: %s: pages: ends at page %" PRIu64
				 ", the guest at page %" PRIu64
				 "; give fewer, a lower first-page or more memory",
				 run->platform.path, run->platform.tree.devices[index].node,
				 first + synthetic->page_count, pages);
	synthetic->base += run->config.guest_base;
	add_stream(run, synthetic->stream_id);
	run->pages_touched += synthetic->page_count;
	return CLI_OK;
}

int compare_open_synthetics(struct compare_run *run, struct compare_request *request,
			    const struct cli_args *args)
{
	struct cli_guest guest = { request->guest_base, request->guest_mem };
	struct cli_stream_set streams = { run->platform.path, run->synthetic_streams, 0 };

	if (request->view == SV3_VIEW_IOVA)
		return cli_error("compare", "--view iova needs a TRACE with MAP rows");
	if (cli_platform_guest("compare", &run->platform, args, NULL, NULL, &guest) != CLI_OK)
		return CLI_ERROR;
	if (guest.size == 0)
		guest.size = UINT64_C(1) << 30;
	if (cli_guest_align_check("compare", &guest) != CLI_OK)
		return CLI_ERROR;
	run->config.guest_base = guest.base;
	run->config.guest_size = guest.size;
	run->config.stream_ids = run->synthetic_streams;
	for (uint32_t i = 0; i < run->synthetic_count; i++) {
		if (place_device(run, i) != CLI_OK)
			return CLI_ERROR;
	}
	streams.count = run->config.stream_count;
	return compare_choose_hardware(run, request, args, &streams, 1);
}

int compare_make_synthetics(const struct compare_run *run, struct sv3_device *device)
{
	struct sv3_device sources[COMPARE_TRACES_MAX];
	uint32_t count = 0;
	int error = 0;

	*device = (struct sv3_device){ 0 };
	while (count < run->synthetic_count && error == 0) {
		error = sv3_synthetic_create(&run->synthetics[count], &sources[count]);
		count += error == 0;
	}
	if (error == 0)
		error = sv3_bundle_join(sources, count, device);
	for (uint32_t i = 0; i < count && error < 0; i++)
		sv3_device_destroy(&sources[i]);
	return error;
}
