/* SPDX-License-Identifier: MIT */
/*
 * platform_print.c - a platform on paper: a tree of what is behind what, for people.
 */
#include "cli.h"
#include "cmd_platform.h"

#include <sv3/report.h>

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define LINES_START 64u

const char *platform_master_name(enum sv3_platform_master_kind kind)
{
	static const char *const names[] = { "device", "PCIe host", "PCI function" };

	return names[kind];
}

const char *platform_pattern_name(enum sv3_pattern pattern)
{
	static const char *const names[] = { "fixed", "sequential", "uniform", "zipf" };

	return names[pattern];
}

/* --- lines: a name that is part of a tree, and what stands beside it in a column --- */

/** The tree grows from the depths of its lines. */
struct line {
	unsigned int depth;
	char *name, *text; /* owned; a name of "": more of the line before */
};

struct drawing {
	struct line *lines; /* shape [count], owned */
	uint32_t count, capacity;
	bool is_short; /* of memory */
};

static void add(struct drawing *drawing, unsigned int depth, const char *name, const char *format,
		...) __attribute__((format(printf, 4, 5)));

static void add(struct drawing *drawing, unsigned int depth, const char *name, const char *format,
		...)
{
	struct line line = { .depth = depth, .name = strdup(name) };
	va_list args;

	va_start(args, format);
	if (vasprintf(&line.text, format, args) < 0)
		line.text = NULL;
	va_end(args);
	if (drawing->count == drawing->capacity) {
		const uint32_t capacity = drawing->capacity + drawing->capacity / 2 + LINES_START;
		struct line *grown = realloc(drawing->lines, capacity * sizeof(*grown));

		if (grown != NULL) {
			drawing->lines = grown;
			drawing->capacity = capacity;
		}
	}
	if (drawing->count == drawing->capacity || line.name == NULL || line.text == NULL) {
		drawing->is_short = true;
		free(line.name);
		free(line.text);
		return;
	}
	drawing->lines[drawing->count++] = line;
}

/** Whether the branch of @depth goes on below line @index. */
static bool goes_on(const struct drawing *drawing, uint32_t index, unsigned int depth)
{
	for (uint32_t i = index + 1; i < drawing->count; i++) {
		const struct line *line = &drawing->lines[i];

		if (line->depth < depth)
			return false;
		if (line->depth == depth && line->name[0] != '\0')
			return true;
	}
	return false;
}

static const char *branch(const struct drawing *drawing, uint32_t index, unsigned int depth)
{
	return goes_on(drawing, index, depth) ? "|  " : "   ";
}

static void draw(const struct drawing *drawing)
{
	size_t width = 0;

	for (uint32_t i = 0; i < drawing->count; i++) {
		const size_t own = 3 * drawing->lines[i].depth + strlen(drawing->lines[i].name);

		width = own > width && drawing->lines[i].text[0] != '\0' ? own : width;
	}
	for (uint32_t i = 0; i < drawing->count; i++) {
		const struct line *line = &drawing->lines[i];
		const int used = (int)(3 * line->depth);

		for (unsigned int depth = 1; depth < line->depth; depth++)
			fputs(branch(drawing, i, depth), stdout);
		if (line->depth > 0)
			fputs(line->name[0] == '\0'              ? branch(drawing, i, line->depth)
			      : goes_on(drawing, i, line->depth) ? "|- "
								 : "`- ",
			      stdout);
		if (line->text[0] != '\0')
			printf("%-*s  %s\n", (int)width - used, line->name, line->text);
		else
			printf("%s\n", line->name);
	}
}

static void drawing_free(struct drawing *drawing)
{
	for (uint32_t i = 0; i < drawing->count; i++) {
		free(drawing->lines[i].name);
		free(drawing->lines[i].text);
	}
	free(drawing->lines);
}

/* --- what is drawn --- */

static void add_memory(struct drawing *drawing, const struct sv3_platform *platform)
{
	char size[CLI_VALUE_CHARS];

	for (uint32_t i = 0; i < platform->memory_count; i++) {
		const struct sv3_platform_memory *memory = &platform->memory[i];

		add(drawing, 1, memory->node, "memory         0x%" PRIx64 "..0x%" PRIx64 ", %s%s",
		    memory->base, memory->base + (memory->size - 1),
		    cli_value_format(CLI_SIZE, memory->size, size),
		    memory->grows ? ", grows with the trace" : "");
	}
}

/** "0x8" or "0x8..0xff" */
static const char *range_text(uint32_t first, uint32_t count, char text[32])
{
	if (count == 1)
		snprintf(text, 32, "0x%" PRIx32, first);
	else
		snprintf(text, 32, "0x%" PRIx32 "..0x%" PRIx32, first, first + (count - 1));
	return text;
}

static const char *function_text(uint32_t requester_id, char text[32])
{
	snprintf(text, 32, "%02" PRIx32 ":%02" PRIx32 ".%" PRIx32, requester_id >> 8,
		 requester_id >> 3 & 0x1f, requester_id & 7);
	return text;
}

/** The devices whose accesses are a master's. */
static void add_devices_of(struct drawing *drawing, unsigned int depth,
			   const struct sv3_platform *platform, uint32_t smmu, uint32_t master)
{
	for (uint32_t i = 0; i < platform->device_count; i++) {
		const struct sv3_platform_device *device = &platform->devices[i];
		char stream[48] = "", pages[SV3_FORMAT_CHARS], period[CLI_VALUE_CHARS];

		if (device->master != master ||
		    (master != SV3_PLATFORM_NONE && device->has_stream && device->smmu != smmu))
			continue;
		if (device->has_stream)
			snprintf(stream, sizeof(stream), " as StreamID 0x%" PRIx32,
				 device->stream_id);
		if (device->kind == SV3_PLATFORM_REPLAY)
			add(drawing, depth, device->node, "replays        %s%s", device->trace,
			    stream);
		else
			add(drawing, depth, device->node, "synthetic      %s, %s pages, every %s%s",
			    platform_pattern_name(device->synthetic.pattern),
			    sv3_format_count(device->synthetic.page_count, pages),
			    cli_value_format(CLI_DURATION, device->synthetic.period, period),
			    stream);
	}
}

static void add_master(struct drawing *drawing, const struct sv3_platform *platform, uint32_t smmu,
		       uint32_t index)
{
	const struct sv3_platform_master *master = &platform->masters[index];
	const unsigned int depth = master->kind == SV3_MASTER_ENDPOINT ? 3 : 2;
	const char *kind = platform_master_name(master->kind);
	const char *name = master->node;
	char ids[32], inputs[32], mask[32] = "";
	bool is_first = true;

	if (master->kind == SV3_MASTER_HOST && master->map_mask != UINT32_MAX)
		snprintf(mask, sizeof(mask), ", mask 0x%" PRIx32, master->map_mask);
	for (uint32_t i = 0; i < master->stream_count; i++) {
		const struct sv3_platform_streams *run = &master->streams[i];

		if (run->smmu != smmu)
			continue;
		range_text(run->stream_id, run->count, ids);
		if (master->kind == SV3_MASTER_HOST)
			add(drawing, depth, is_first ? name : "",
			    "%-14s StreamID %-16s of requester ID %s%s", is_first ? kind : "", ids,
			    range_text(run->input, run->count, inputs), mask);
		else if (master->kind == SV3_MASTER_ENDPOINT)
			add(drawing, depth, name, "%-14s StreamID %-16s function %s", kind, ids,
			    function_text(master->requester_id, inputs));
		else
			add(drawing, depth, is_first ? name : "", "%-14s StreamID %s",
			    is_first ? kind : "", ids);
		is_first = false;
	}
	if (!is_first)
		add_devices_of(drawing, depth + 1, platform, smmu, index);
}

static void add_masters(struct drawing *drawing, const struct sv3_platform *platform, uint32_t smmu)
{
	for (uint32_t i = 0; i < platform->master_count; i++) {
		if (platform->masters[i].kind == SV3_MASTER_ENDPOINT)
			continue;
		add_master(drawing, platform, smmu, i);
		for (uint32_t k = i + 1; k < platform->master_count; k++) {
			if (platform->masters[k].kind == SV3_MASTER_ENDPOINT &&
			    platform->masters[k].host == i)
				add_master(drawing, platform, smmu, k);
		}
	}
}

static void add_interrupts(struct drawing *drawing, const struct sv3_platform_smmu *smmu)
{
	char text[256] = "";
	size_t length = 0;

	for (uint32_t i = 0; i < smmu->interrupt_count && length < sizeof(text); i++)
		length += (size_t)snprintf(
			text + length, sizeof(text) - length, "%s%s", i > 0 ? ", " : "",
			smmu->interrupts[i].name != NULL ? smmu->interrupts[i].name : "unnamed");
	if (smmu->interrupt_count > 0)
		add(drawing, 1, "", "interrupts     %s", text);
	if (smmu->msi_parent != NULL)
		add(drawing, 1, "", "MSIs           by %s", smmu->msi_parent);
}

static void add_smmus(struct drawing *drawing, const struct sv3_platform *platform)
{
	for (uint32_t i = 0; i < platform->smmu_count; i++) {
		const struct sv3_platform_smmu *smmu = &platform->smmus[i];
		const struct sv3_smmu_config *config = &smmu->config;

		add(drawing, 1, smmu->node,
		    "SMMU           profile %s, registers at 0x%" PRIx64 "%s", smmu->profile,
		    smmu->base, smmu->dma_coherent ? ", coherent" : "");
		add(drawing, 1, "",
		    "sizes          TLB %" PRIu32 " in %" PRIu32 " ways, walk cache %" PRIu32
		    " in %" PRIu32 ", configuration cache %" PRIu32 " in %" PRIu32
		    ", slots %" PRIu32,
		    config->tlb_entries, config->tlb_ways, config->walk_cache_entries,
		    config->walk_cache_ways, config->config_cache_entries,
		    config->config_cache_ways, config->slot_count);
		add_interrupts(drawing, smmu);
		add_masters(drawing, platform, i);
	}
}

static void add_world(struct drawing *drawing, const struct sv3_platform *platform)
{
	for (uint32_t i = 0; i < platform->setting_count; i++)
		add(drawing, 1, i == 0 ? platform->settings[0].node : "", "%-14s %s",
		    platform->settings[i].name,
		    platform->settings[i].value[0] != '\0' ? platform->settings[i].value : "on");
	if (platform->timing_preset != NULL)
		add(drawing, 1, "timing", "preset         %s", platform->timing_preset);
	for (uint32_t i = 0; i < platform->timing_count; i++)
		add(drawing, 1, i == 0 ? platform->timings[0].node : "", "%-14s %" PRIu32,
		    platform->timings[i].name, platform->timings[i].value);
	add_devices_of(drawing, 1, platform, SV3_PLATFORM_NONE, SV3_PLATFORM_NONE);
	for (uint32_t i = 0; i < platform->note_count; i++)
		add(drawing, 1, platform->notes[i].node, "note           %s: %s",
		    platform->notes[i].property, platform->notes[i].text);
}

int platform_print(const struct sv3_platform *platform)
{
	struct drawing drawing = { .count = 0 };

	add(&drawing, 0, platform->path, "%s", "");
	add_memory(&drawing, platform);
	add_smmus(&drawing, platform);
	add_world(&drawing, platform);
	if (!drawing.is_short)
		draw(&drawing);
	drawing_free(&drawing);
	return drawing.is_short ? cli_error("platform", "%s", sv3_strerror(SV3_ERR_NOMEM)) : CLI_OK;
}
