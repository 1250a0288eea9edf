/* SPDX-License-Identifier: MIT */
/*
 * platform.c - what commands take from a device tree: settings, traces, the SMMU, RAM.
 */
#include "platform.h"

#include "compare.h"

#include <sv3/migration.h>
#include <sv3/trace.h>

#include <inttypes.h>
#include <string.h>

int cli_platform_load(const char *command, struct cli_platform *platform)
{
	struct sv3_platform_error error;

	if (platform->path == NULL && platform->smmu_node != NULL)
		return cli_error(command,
				 "--smmu names a node of a device tree; give --platform FILE");
	if (platform->path == NULL)
		return CLI_OK;
	if (sv3_platform_load(platform->path, &platform->tree, &error) < 0)
		return cli_error(command, "%s", error.text);
	return CLI_OK;
}

void cli_platform_free(struct cli_platform *platform)
{
	sv3_platform_free(&platform->tree);
}

/* --- settings --- */

int cli_platform_settings(const struct cli_platform *platform, const struct cli_usage *usage,
			  const struct cli_args *args)
{
	const struct sv3_platform *tree = &platform->tree;
	char name[64], place[512];

	for (uint32_t i = 0; i < tree->setting_count; i++) {
		const struct sv3_platform_setting *setting = &tree->settings[i];

		snprintf(name, sizeof(name), "--%s", setting->name);
		snprintf(place, sizeof(place), "%s: %s: %s", platform->path, setting->node,
			 setting->name);
		if (!compare_is_setting(name))
			return cli_error(usage->command,
					 "%s: no parameter of a run; docs/PLATFORM.md lists them",
					 place);
		if (cli_set(usage, args, name, place, setting->value) != CLI_OK)
			return CLI_ERROR;
	}
	return CLI_OK;
}

/* --- devices in the place of operands --- */

int cli_platform_operands(const char *command, struct cli_platform *platform, struct cli_args *args)
{
	const struct sv3_platform *tree = &platform->tree;

	for (uint32_t i = 0; i < tree->device_count && args->operand_count < CLI_OPERANDS_MAX;
	     i++) {
		if (tree->devices[i].kind != SV3_PLATFORM_REPLAY)
			return cli_error(command,
					 "%s: %s: compatible: a synthetic device beside those that "
					 "replay traces; a run has devices of one kind",
					 platform->path, tree->devices[i].node);
		args->operands[args->operand_count++] = tree->devices[i].trace;
		platform->devices[platform->device_count++] = i;
	}
	return CLI_OK;
}

static int move_rows(const char *command, const struct cli_platform *platform,
		     const struct sv3_platform_device *device, const char *path,
		     struct sv3_trace *trace)
{
	bool is_known = false;
	uint32_t stream_id = 0;

	for (uint64_t i = 0; i < trace->count; i++) {
		struct sv3_trace_rec *rec = &trace->records[i];

		if ((rec->has & SV3_TRACE_HAS_SID) == 0 && !sv3_trace_is_access(rec))
			continue;
		if (is_known && rec->sid != stream_id)
			return cli_error(command,
					 "%s: %s: trace: %s has StreamIDs 0x%" PRIx32
					 " and 0x%" PRIx32
					 ", which cannot both become one; leave out rid and "
					 "stream-id",
					 platform->path, device->node, path, stream_id, rec->sid);
		is_known = true;
		stream_id = rec->sid;
		rec->sid = device->stream_id;
	}
	return CLI_OK;
}

static int check_rows(const char *command, const struct cli_platform *platform,
		      const struct sv3_platform_device *device, const char *path,
		      const struct sv3_trace *trace)
{
	const struct sv3_platform *tree = &platform->tree;

	for (uint64_t i = 0; i < trace->count; i++) {
		const struct sv3_trace_rec *rec = &trace->records[i];
		bool is_own = !sv3_trace_is_access(rec);

		for (uint32_t k = 0; k < tree->smmu_count && !is_own; k++)
			is_own = sv3_platform_has_stream(tree, device->master, k, rec->sid);
		if (!is_own)
			return cli_error(command,
					 "%s: %s: master: record %" PRIu64
					 " of %s has StreamID 0x%" PRIx32
					 ", which is none of %s; give rid or stream-id to move it",
					 platform->path, device->node, i, path, rec->sid,
					 tree->masters[device->master].node);
	}
	return CLI_OK;
}

int cli_platform_place(const char *command, const struct cli_platform *platform, uint32_t index,
		       const char *path, struct sv3_trace *trace)
{
	const struct sv3_platform_device *device;

	if (index >= platform->device_count)
		return CLI_OK;
	device = &platform->tree.devices[platform->devices[index]];
	if (device->has_stream)
		return move_rows(command, platform, device, path, trace);
	if (device->master != SV3_PLATFORM_NONE)
		return check_rows(command, platform, device, path, trace);
	return CLI_OK;
}

/* --- the SMMU of a run --- */

const struct sv3_platform_smmu *cli_platform_smmu(const struct cli_platform *platform)
{
	return &platform->tree.smmus[platform->smmu];
}

/** "/a, /b and 3 more" */
static const char *list_smmus(const struct sv3_platform *tree, char text[512])
{
	size_t length = 0;

	text[0] = '\0';
	for (uint32_t i = 0; i < tree->smmu_count; i++) {
		if (length > 400) {
			snprintf(text + length, 512 - length, " and %" PRIu32 " more",
				 tree->smmu_count - i);
			break;
		}
		length += (size_t)snprintf(text + length, 512 - length, "%s%.100s",
					   i > 0 ? ", " : "", tree->smmus[i].node);
	}
	return text;
}

/** A path, or its last part. */
static bool is_named(const char *node, const char *name)
{
	const char *last = strrchr(node, '/');

	return strcmp(node, name) == 0 || (last != NULL && strcmp(last + 1, name) == 0);
}

static int choose_by_name(const char *command, struct cli_platform *platform)
{
	const struct sv3_platform *tree = &platform->tree;
	uint32_t found = 0;
	char names[512];

	for (uint32_t i = 0; i < tree->smmu_count; i++) {
		if (is_named(tree->smmus[i].node, platform->smmu_node)) {
			platform->smmu = i;
			found++;
		}
	}
	if (found == 1)
		return CLI_OK;
	return cli_error(command, "--smmu: %s SMMU of %s is '%s'; give one of %s",
			 found == 0 ? "no" : "more than one", platform->path, platform->smmu_node,
			 list_smmus(tree, names));
}

/** Returns: false, with the first stream that is not behind @smmu. */
static bool has_all(const struct sv3_platform *tree, uint32_t smmu,
		    const struct cli_stream_set *streams, unsigned int count, const char **path,
		    uint32_t *stream_id)
{
	for (unsigned int i = 0; i < count; i++) {
		for (uint32_t k = 0; k < streams[i].count; k++) {
			*path = streams[i].path;
			*stream_id = streams[i].stream_ids[k];
			if (sv3_platform_master_of(tree, smmu, *stream_id) == SV3_PLATFORM_NONE)
				return false;
		}
	}
	return true;
}

/** The first SMMU that a stream is behind, SV3_PLATFORM_NONE. */
static uint32_t smmu_of(const struct sv3_platform *tree, uint32_t stream_id)
{
	for (uint32_t i = 0; i < tree->smmu_count; i++) {
		if (sv3_platform_master_of(tree, i, stream_id) != SV3_PLATFORM_NONE)
			return i;
	}
	return SV3_PLATFORM_NONE;
}

/** A stream that is not behind @smmu, the one SMMU of the run, though others are, or it was
 *  named. */
static int refuse_stream(const char *command, const struct cli_platform *platform, uint32_t smmu,
			 const char *path, uint32_t stream_id)
{
	const struct sv3_platform *tree = &platform->tree;
	const uint32_t other = smmu_of(tree, stream_id);

	if (other == SV3_PLATFORM_NONE)
		return cli_error(command,
				 "%s: StreamID 0x%" PRIx32
				 " is that of no master in %s; add it to an iommus or iommu-map "
				 "there",
				 path, stream_id, platform->path);
	return cli_error(command,
			 "%s: StreamID 0x%" PRIx32
			 " is behind %s, not %s, and a run has one SMMU; give another --smmu, or a "
			 "trace whose streams are all behind one",
			 path, stream_id, tree->smmus[other].node, tree->smmus[smmu].node);
}

/** No SMMU has all of them: a stream that none has, or one that is not where the first is. */
static int refuse_streams(const char *command, const struct cli_platform *platform,
			  const struct cli_stream_set *streams, unsigned int count)
{
	const struct sv3_platform *tree = &platform->tree;
	uint32_t first = SV3_PLATFORM_NONE, stream_id = 0;
	const char *path = "";

	for (unsigned int i = 0; i < count; i++) {
		for (uint32_t k = 0; k < streams[i].count; k++) {
			const uint32_t smmu = smmu_of(tree, streams[i].stream_ids[k]);

			if (smmu == SV3_PLATFORM_NONE)
				return refuse_stream(command, platform, 0, streams[i].path,
						     streams[i].stream_ids[k]);
			first = first == SV3_PLATFORM_NONE ? smmu : first;
		}
	}
	(void)has_all(tree, first, streams, count, &path, &stream_id);
	return refuse_stream(command, platform, first, path, stream_id);
}

static int choose_by_streams(const char *command, struct cli_platform *platform,
			     const struct cli_stream_set *streams, unsigned int count)
{
	const struct sv3_platform *tree = &platform->tree;
	const char *path = "";
	uint32_t found = 0, stream_id = 0;
	char names[512];

	for (uint32_t i = 0; i < tree->smmu_count; i++) {
		if (has_all(tree, i, streams, count, &path, &stream_id)) {
			platform->smmu = i;
			found++;
		}
	}
	if (found == 0)
		return refuse_streams(command, platform, streams, count);
	if (found > 1)
		return cli_error(command,
				 "%s has several SMMUs that this run could be behind; give --smmu, "
				 "one of %s",
				 platform->path, list_smmus(tree, names));
	return CLI_OK;
}

int cli_platform_choose(const char *command, struct cli_platform *platform,
			const struct cli_stream_set *streams, unsigned int count)
{
	const struct sv3_platform *tree = &platform->tree;
	const char *path = "";
	uint32_t stream_id = 0;

	if (platform->path == NULL)
		return CLI_OK;
	if (tree->smmu_count == 0)
		return cli_error(command,
				 "%s: /: no node is a compatible \"arm,smmu-v3\" that is enabled; "
				 "sv3 platform default shows one",
				 platform->path);
	if (platform->smmu_node == NULL)
		return choose_by_streams(command, platform, streams, count);
	if (choose_by_name(command, platform) != CLI_OK)
		return CLI_ERROR;
	return has_all(tree, platform->smmu, streams, count, &path, &stream_id)
		       ? CLI_OK
		       : refuse_stream(command, platform, platform->smmu, path, stream_id);
}

/* --- RAM --- */

/** The first record that touches RAM; the count when none does. */
static uint64_t first_in_ram(const struct sv3_trace *trace)
{
	uint64_t i = 0;

	while (i < trace->count && (!sv3_trace_is_access(&trace->records[i]) ||
				    sv3_trace_is_interrupt(&trace->records[i]) ||
				    (trace->records[i].has & SV3_TRACE_HAS_PA) == 0))
		i++;
	return i;
}

static const struct sv3_platform_memory *find_memory(const struct sv3_platform *tree, sv3_pa pa)
{
	const struct sv3_platform_memory *found = NULL;

	for (uint32_t i = 0; i < tree->memory_count; i++) {
		const struct sv3_platform_memory *memory = &tree->memory[i];

		if (pa >= memory->base && (memory->grows || pa - memory->base < memory->size))
			found = memory;
	}
	return found;
}

int cli_platform_guest(const char *command, const struct cli_platform *platform,
		       const struct cli_args *args, const char *path, const struct sv3_trace *trace,
		       struct cli_guest *guest)
{
	const struct sv3_platform *tree = &platform->tree;
	const struct sv3_platform_memory *memory = tree->memory;
	const uint64_t record = trace != NULL ? first_in_ram(trace) : 0;

	if (tree->memory_count == 0 || cli_is_given(args, "--guest-base"))
		return CLI_OK;
	if (trace != NULL && record < trace->count)
		memory = find_memory(tree, trace->records[record].pa);
	if (memory == NULL)
		return cli_error(command,
				 "%s: record %" PRIu64 " (from 0): %s at 0x%" PRIx64
				 " is in no memory of %s, which begins at 0x%" PRIx64
				 "; give --guest-base and --guest-mem, or another reg to %s",
				 path, record, sv3_trace_op_name(trace->records[record].op),
				 trace->records[record].pa, platform->path, tree->memory[0].base,
				 tree->memory[0].node);
	guest->base = memory->base;
	if (cli_is_given(args, "--guest-mem"))
		return CLI_OK;
	guest->size = memory->size;
	if (memory->grows && trace != NULL) {
		const uint64_t needed = sv3_guest_size_default(trace, memory->base);

		guest->size = needed > guest->size ? needed : guest->size;
	}
	return CLI_OK;
}
