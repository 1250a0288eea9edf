/* SPDX-License-Identifier: MIT */
/*
 * fuzz_platform.c - no blob makes the reader of platforms crash, hang or lie.
 *
 * Half of what is mutated would be refused at the first check. So inputs are taken once as they are
 * and once with the fields of the header made to fit their size.
 */
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sv3/platform.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void require(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "fuzz_platform: %s\n", what);
	abort();
}

/** Every run names an SMMU, and its StreamIDs are those of its master. */
static void check_master(const struct sv3_platform *platform, uint32_t index)
{
	const struct sv3_platform_master *master = &platform->masters[index];

	for (uint32_t i = 0; i < master->stream_count && i < 64; i++) {
		const struct sv3_platform_streams *run = &master->streams[i];
		struct sv3_platform_streams one;

		require(run->smmu < platform->smmu_count && run->count > 0, "a run of nothing");
		require(sv3_platform_stream(platform, index, run->input, &one) == 0 &&
				one.smmu == run->smmu && one.stream_id == run->stream_id,
			"an input has another stream");
		require(sv3_platform_has_stream(platform, index, run->smmu, run->stream_id),
			"a master has not its own stream");
		require(sv3_platform_master_of(platform, run->smmu, run->stream_id) !=
				SV3_PLATFORM_NONE,
			"a stream has no master");
	}
}

static void check(const struct sv3_platform *platform)
{
	for (uint32_t i = 0; i < platform->memory_count; i++) {
		const struct sv3_platform_memory *memory = &platform->memory[i];

		require(memory->node != NULL && memory->size > 0, "no memory");
		require(i == 0 || memory->base - memory[-1].base >= memory[-1].size, "overlap");
	}
	for (uint32_t i = 0; i < platform->smmu_count; i++)
		require(sv3_smmu_config_check(&platform->smmus[i].config, NULL) == 0,
			"an SMMU that cannot be");
	for (uint32_t i = 0; i < platform->master_count && i < 64; i++)
		check_master(platform, i);
	for (uint32_t i = 0; i < platform->device_count; i++) {
		const struct sv3_platform_device *device = &platform->devices[i];

		require(device->master == SV3_PLATFORM_NONE ||
				device->master < platform->master_count,
			"a device of no master");
		require(!device->has_stream ||
				sv3_platform_master_of(platform, device->smmu, device->stream_id) !=
					SV3_PLATFORM_NONE,
			"a device of nobody's stream");
	}
}

static void load(const uint8_t *bytes, size_t size)
{
	struct sv3_platform_error error;
	struct sv3_platform platform;
	const int rc = sv3_platform_load_memory(bytes, size, "input", &platform, &error);

	if (rc == 0)
		check(&platform);
	else
		require(error.text[0] != '\0' && strchr(error.text, '\n') == NULL,
			"a refusal is not one line");
	sv3_platform_free(&platform);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	uint8_t *copy;

	load(bytes, size);
	if (size < sizeof(struct fdt_header))
		return 0;
	copy = malloc(size);
	memcpy(copy, bytes, size);
	fdt_set_magic(copy, FDT_MAGIC);
	fdt_set_totalsize(copy, (uint32_t)size);
	fdt_set_version(copy, 17);
	fdt_set_last_comp_version(copy, 16);
	load(copy, size);
	free(copy);
	return 0;
}
