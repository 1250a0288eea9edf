/* SPDX-License-Identifier: MIT */
/*
 * platform_json.c - a platform as JSON: the arrays of struct sv3_platform under the same names.
 */
#include "cli.h"
#include "cmd_platform.h"

#include <cjson/cJSON.h>

static void add_text(cJSON *object, const char *key, const char *text)
{
	if (text != NULL)
		cJSON_AddStringToObject(object, key, text);
	else
		cJSON_AddNullToObject(object, key);
}

/** The node of an entry of an array, or null. */
#define NODE_OF(array, index) ((index) != SV3_PLATFORM_NONE ? (array)[index].node : NULL)

static cJSON *add_row(cJSON *list)
{
	cJSON *row = cJSON_CreateObject();

	cJSON_AddItemToArray(list, row);
	return row;
}

static void add_memory(cJSON *top, const struct sv3_platform *platform)
{
	cJSON *list = cJSON_AddArrayToObject(top, "memory");

	for (uint32_t i = 0; i < platform->memory_count; i++) {
		cJSON *row = add_row(list);

		add_text(row, "node", platform->memory[i].node);
		cli_json_u64(row, "base", platform->memory[i].base);
		cli_json_u64(row, "size", platform->memory[i].size);
		cJSON_AddBoolToObject(row, "grows", platform->memory[i].grows);
	}
}

static void add_config(cJSON *row, const struct sv3_smmu_config *config)
{
	cli_json_u64(row, "idr0", config->idr0);
	cli_json_u64(row, "idr1", config->idr1);
	cli_json_u64(row, "idr3", config->idr3);
	cli_json_u64(row, "idr5", config->idr5);
	cli_json_u64(row, "iidr", config->iidr);
	cli_json_u64(row, "aidr", config->aidr);
	cli_json_u64(row, "slots", config->slot_count);
	cli_json_u64(row, "tlb_entries", config->tlb_entries);
	cli_json_u64(row, "tlb_ways", config->tlb_ways);
	cli_json_u64(row, "walk_cache_entries", config->walk_cache_entries);
	cli_json_u64(row, "walk_cache_ways", config->walk_cache_ways);
	cli_json_u64(row, "config_cache_entries", config->config_cache_entries);
	cli_json_u64(row, "config_cache_ways", config->config_cache_ways);
	cli_json_u64(row, "config_fetch_bytes", config->config_fetch_bytes);
	cli_json_u64(row, "choices", config->choices);
	cli_json_u64(row, "ack_delay", config->ack_delay);
	cli_json_u64(row, "pmcg_counters", config->pmcg_counters);
}

static void add_interrupts(cJSON *row, const struct sv3_platform_smmu *smmu)
{
	cJSON *list = cJSON_AddArrayToObject(row, "interrupts");

	for (uint32_t i = 0; i < smmu->interrupt_count; i++) {
		const struct sv3_platform_interrupt *interrupt = &smmu->interrupts[i];
		cJSON *own = add_row(list);
		cJSON *cells;

		add_text(own, "name", interrupt->name);
		cells = cJSON_AddArrayToObject(own, "cells");
		for (uint32_t k = 0; k < interrupt->cell_count; k++)
			cJSON_AddItemToArray(cells, cJSON_CreateNumber(interrupt->cells[k]));
	}
}

static void add_smmus(cJSON *top, const struct sv3_platform *platform)
{
	cJSON *list = cJSON_AddArrayToObject(top, "smmus");

	for (uint32_t i = 0; i < platform->smmu_count; i++) {
		const struct sv3_platform_smmu *smmu = &platform->smmus[i];
		cJSON *row = add_row(list);

		add_text(row, "node", smmu->node);
		cli_json_u64(row, "base", smmu->base);
		cli_json_u64(row, "size", smmu->size);
		add_interrupts(row, smmu);
		add_text(row, "msi_parent", smmu->msi_parent);
		cJSON_AddBoolToObject(row, "dma_coherent", smmu->dma_coherent);
		add_text(row, "profile", smmu->profile);
		add_config(row, &smmu->config);
	}
}

static void add_masters(cJSON *top, const struct sv3_platform *platform)
{
	cJSON *list = cJSON_AddArrayToObject(top, "masters");

	for (uint32_t i = 0; i < platform->master_count; i++) {
		const struct sv3_platform_master *master = &platform->masters[i];
		cJSON *row = add_row(list);
		cJSON *streams;

		add_text(row, "node", master->node);
		add_text(row, "kind", platform_master_name(master->kind));
		if (master->kind == SV3_MASTER_HOST)
			cli_json_u64(row, "map_mask", master->map_mask);
		if (master->kind == SV3_MASTER_ENDPOINT) {
			add_text(row, "host", NODE_OF(platform->masters, master->host));
			cli_json_u64(row, "requester_id", master->requester_id);
		}
		streams = cJSON_AddArrayToObject(row, "streams");
		for (uint32_t k = 0; k < master->stream_count; k++) {
			cJSON *run = add_row(streams);

			add_text(run, "smmu", NODE_OF(platform->smmus, master->streams[k].smmu));
			cli_json_u64(run, "input", master->streams[k].input);
			cli_json_u64(run, "stream_id", master->streams[k].stream_id);
			cli_json_u64(run, "count", master->streams[k].count);
		}
	}
}

static void add_synthetic(cJSON *row, const struct sv3_synthetic_config *synthetic)
{
	add_text(row, "pattern", platform_pattern_name(synthetic->pattern));
	cli_json_u64(row, "first_page", synthetic->base / SV3_PAGE_SIZE);
	cli_json_u64(row, "pages", synthetic->page_count);
	cli_json_u64(row, "write_percent", synthetic->write_percent);
	cli_json_u64(row, "access_bytes", synthetic->len);
	cli_json_decimal(row, "start_ns", synthetic->start, 3);
	cli_json_decimal(row, "period_ns", synthetic->period, 3);
	cJSON_AddBoolToObject(row, "jitter", synthetic->jitter);
	cli_json_u64(row, "zipf_exponent_permille",
		     (uint64_t)(synthetic->zipf_exponent * 1000 + 0.5));
	cli_json_u64(row, "limit", synthetic->limit);
	cli_json_u64(row, "seed", synthetic->seed);
}

static void add_devices(cJSON *top, const struct sv3_platform *platform)
{
	cJSON *list = cJSON_AddArrayToObject(top, "devices");

	for (uint32_t i = 0; i < platform->device_count; i++) {
		const struct sv3_platform_device *device = &platform->devices[i];
		cJSON *row = add_row(list);

		add_text(row, "node", device->node);
		add_text(row, "master", NODE_OF(platform->masters, device->master));
		if (device->has_stream) {
			add_text(row, "smmu", NODE_OF(platform->smmus, device->smmu));
			cli_json_u64(row, "stream_id", device->stream_id);
		}
		if (device->kind == SV3_PLATFORM_REPLAY)
			add_text(row, "trace", device->trace);
		else
			add_synthetic(row, &device->synthetic);
	}
}

static void add_world(cJSON *top, const struct sv3_platform *platform)
{
	cJSON *settings = cJSON_AddObjectToObject(top, "settings");
	cJSON *timings = cJSON_AddObjectToObject(top, "timing");
	cJSON *notes = cJSON_AddArrayToObject(top, "notes");

	for (uint32_t i = 0; i < platform->setting_count; i++)
		add_text(settings, platform->settings[i].name, platform->settings[i].value);
	if (platform->timing_preset != NULL)
		add_text(timings, "preset", platform->timing_preset);
	for (uint32_t i = 0; i < platform->timing_count; i++)
		cli_json_u64(timings, platform->timings[i].name, platform->timings[i].value);
	for (uint32_t i = 0; i < platform->note_count; i++) {
		cJSON *row = add_row(notes);

		add_text(row, "node", platform->notes[i].node);
		add_text(row, "property", platform->notes[i].property);
		add_text(row, "text", platform->notes[i].text);
	}
}

int platform_print_json(const struct sv3_platform *platform)
{
	cJSON *top = cJSON_CreateObject();

	add_text(top, "platform", platform->path);
	add_memory(top, platform);
	add_smmus(top, platform);
	add_masters(top, platform);
	add_devices(top, platform);
	add_world(top, platform);
	return cli_json_save("platform", "-", top);
}
