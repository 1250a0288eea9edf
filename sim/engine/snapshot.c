/* SPDX-License-Identifier: MIT */
/*
 * snapshot.c - a whole machine as plain data, and back.
 *
 * Of memory only pages that are not all zeros are kept: RAM begins as zeros. Knows nothing of
 * files.
 */
#include <sv3/snapshot.h>

#include <stdlib.h>
#include <string.h>

#include "engine_priv.h"

/* Room for one more element in an array whose capacity doubles: its count says when it is full. */
static void *grow(void *array, uint64_t count, size_t element_size)
{
	if ((count & (count - 1)) != 0)
		return array;
	return realloc(array, (size_t)(count ? 2 * count : 1) * element_size);
}

/* --- taking --- */

static bool is_zero(const uint8_t *page)
{
	static const uint8_t zeros[SV3_PAGE_SIZE];

	return memcmp(page, zeros, SV3_PAGE_SIZE) == 0;
}

static int add_page(struct sv3_snapshot *snapshot, sv3_pa pa, const uint8_t *bytes)
{
	const uint64_t count = snapshot->page_count;
	void *grown = grow(snapshot->pages, count, sizeof(*snapshot->pages));

	if (!grown)
		return -SV3_ERR_NOMEM;
	snapshot->pages = (sv3_pa *)grown;
	grown = grow(snapshot->page_bytes, count, SV3_PAGE_SIZE);
	if (!grown)
		return -SV3_ERR_NOMEM;
	snapshot->page_bytes = (uint8_t *)grown;
	snapshot->pages[count] = pa;
	memcpy(snapshot->page_bytes + count * SV3_PAGE_SIZE, bytes, SV3_PAGE_SIZE);
	snapshot->page_count++;
	return 0;
}

/* The regions of @ram by rising address, whatever order they are searched in. */
static void sort_regions(const struct sv3_ram *ram, uint32_t *order)
{
	for (uint32_t i = 0; i < ram->region_count; i++) {
		uint32_t at = i;

		for (; at > 0 && ram->regions[order[at - 1]].base > ram->regions[i].base; at--)
			order[at] = order[at - 1];
		order[at] = i;
	}
}

static int take_memory(struct sv3_snapshot *snapshot, const struct sv3_ram *ram)
{
	uint32_t order[SV3_RAM_REGIONS_MAX];
	int rc = 0;

	snapshot->regions = (struct sv3_snapshot_region *)calloc(SV3_RAM_REGIONS_MAX,
								 sizeof(*snapshot->regions));
	if (!snapshot->regions)
		return -SV3_ERR_NOMEM;
	sort_regions(ram, order);
	for (uint32_t i = 0; i < ram->region_count; i++) {
		const struct sv3_ram_region *region = &ram->regions[order[i]];

		/* In the order of @ram: a machine that is restored finds memory as fast. */
		snapshot->regions[i] =
			(struct sv3_snapshot_region){ ram->regions[i].base, ram->regions[i].size };
		snapshot->region_count++;
		for (uint64_t at = 0; !rc && at < region->size; at += SV3_PAGE_SIZE) {
			const uint8_t *page = ram->host[order[i]] + at;

			if (!is_zero(page))
				rc = add_page(snapshot, region->base + at, page);
		}
	}
	return rc;
}

int sv3_snapshot_take(struct sv3_snapshot *snapshot, const struct sv3_smmu *smmu,
		      const struct sv3_ram *ram, sv3_ps time)
{
	int rc = -SV3_ERR_NOMEM;

	*snapshot = (struct sv3_snapshot){ .time = time };
	snapshot->block_size = sv3_smmu_size(sv3_smmu_config(smmu));
	snapshot->block = (uint8_t *)malloc(snapshot->block_size);
	if (snapshot->block) {
		memcpy(snapshot->block, smmu, snapshot->block_size);
		rc = take_memory(snapshot, ram);
	}
	if (rc)
		sv3_snapshot_fini(snapshot);
	return rc;
}

int sv3_world_snapshot(const struct sv3_world *world, struct sv3_snapshot *snapshot)
{
	if (world->fast.atc_waits) {
		*snapshot = (struct sv3_snapshot){ 0 };
		return -SV3_ERR_UNSUP;
	}
	return sv3_snapshot_take(snapshot, world->smmu, &world->ram, world->now);
}

void sv3_snapshot_fini(struct sv3_snapshot *snapshot)
{
	for (uint32_t i = 0; i < snapshot->note_count; i++) {
		free(snapshot->notes[i].key);
		free(snapshot->notes[i].value);
	}
	free(snapshot->notes);
	free(snapshot->needs);
	free(snapshot->page_bytes);
	free(snapshot->pages);
	free(snapshot->regions);
	free(snapshot->block);
	*snapshot = (struct sv3_snapshot){ 0 };
}

/* --- needs and notes --- */

int sv3_snapshot_add_need(struct sv3_snapshot *snapshot, uint32_t slot, const struct sv3_need *need)
{
	void *grown = grow(snapshot->needs, snapshot->need_count, sizeof(*snapshot->needs));

	if (!grown)
		return -SV3_ERR_NOMEM;
	snapshot->needs = (struct sv3_snapshot_need *)grown;
	snapshot->needs[snapshot->need_count++] = (struct sv3_snapshot_need){ slot, *need };
	return 0;
}

static bool is_plain(const char *text, char forbidden)
{
	for (; *text; text++) {
		if ((unsigned char)*text < ' ' || *text == forbidden)
			return false;
	}
	return true;
}

static char *copy_text(const char *text)
{
	const size_t size = strlen(text) + 1;
	char *copy = (char *)malloc(size);

	return copy ? (char *)memcpy(copy, text, size) : NULL;
}

int sv3_snapshot_add_note(struct sv3_snapshot *snapshot, const char *key, const char *value)
{
	struct sv3_snapshot_note note;
	void *grown;

	if (!key[0] || !is_plain(key, '=') || !is_plain(value, '\0'))
		return -SV3_ERR_INVAL;
	grown = grow(snapshot->notes, snapshot->note_count, sizeof(*snapshot->notes));
	if (!grown)
		return -SV3_ERR_NOMEM;
	snapshot->notes = (struct sv3_snapshot_note *)grown;
	note = (struct sv3_snapshot_note){ copy_text(key), copy_text(value) };
	if (!note.key || !note.value) {
		free(note.key);
		free(note.value);
		return -SV3_ERR_NOMEM;
	}
	snapshot->notes[snapshot->note_count++] = note;
	return 0;
}

const char *sv3_snapshot_note(const struct sv3_snapshot *snapshot, const char *key)
{
	for (uint32_t i = 0; i < snapshot->note_count; i++) {
		if (strcmp(snapshot->notes[i].key, key) == 0)
			return snapshot->notes[i].value;
	}
	return NULL;
}

/* --- restoring --- */

static int restore_memory(const struct sv3_snapshot *snapshot, struct sv3_ram *ram)
{
	struct sv3_ram_region regions[SV3_RAM_REGIONS_MAX];
	struct sv3_bus bus;
	int rc;

	if (snapshot->region_count > SV3_RAM_REGIONS_MAX)
		return -SV3_ERR_INVAL;
	for (uint32_t i = 0; i < snapshot->region_count; i++)
		regions[i] = (struct sv3_ram_region){ snapshot->regions[i].base,
						      snapshot->regions[i].size };
	rc = sv3_ram_init(ram, regions, snapshot->region_count);
	if (rc)
		return rc;
	bus = sv3_ram_bus(ram);
	for (uint64_t i = 0; !rc && i < snapshot->page_count; i++) {
		if (sv3_bus_write(&bus, snapshot->pages[i],
				  snapshot->page_bytes + i * SV3_PAGE_SIZE,
				  (uint32_t)SV3_PAGE_SIZE) != SV3_BUS_OK)
			rc = -SV3_ERR_INVAL;
	}
	if (rc)
		sv3_ram_fini(ram);
	return rc;
}

int sv3_snapshot_restore(const struct sv3_snapshot *snapshot, void *memory, size_t size,
			 struct sv3_smmu **smmu, struct sv3_ram *ram)
{
	int rc;

	if (size < snapshot->block_size)
		return -SV3_ERR_RANGE;
	memcpy(memory, snapshot->block, snapshot->block_size);
	rc = sv3_smmu_adopt(memory, snapshot->block_size, smmu);
	return rc ? rc : restore_memory(snapshot, ram);
}
