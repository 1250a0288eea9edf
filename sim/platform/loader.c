/* SPDX-License-Identifier: MIT */
/*
 * loader.c - from a file to a platform: the order in which a tree is read, and the memory that the
 * platform keeps.
 */
#include "platform_priv.h"

#include <libfdt.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOTES_MAX 256u

/* --- what the platform keeps --- */

void *sv3__keep(struct sv3__loader *loader, size_t size)
{
	struct sv3__block *block = (struct sv3__block *)calloc(1, sizeof(*block) + size);

	if (block == NULL)
		return NULL;
	block->next = loader->blocks;
	loader->blocks = block;
	return block->align;
}

char *sv3__keep_text(struct sv3__loader *loader, const char *text)
{
	const size_t size = strlen(text) + 1;
	char *kept = (char *)sv3__keep(loader, size);

	if (kept != NULL)
		memcpy(kept, text, size);
	return kept;
}

const char *sv3__keep_path(struct sv3__loader *loader, uint32_t node)
{
	char path[SV3__PATH_CHARS];
	const char *kept;

	sv3__node_path(&loader->tree, node, path);
	if (strlen(path) == SV3__PATH_CHARS - 1) {
		(void)sv3__fail(loader, node, NULL, "a path longer than %u characters",
				SV3__PATH_CHARS - 2);
		return NULL;
	}
	for (char *at = path; *at != '\0'; at++) {
		if (*at <= ' ' || *at > '~') {
			(void)sv3__fail(loader, node, NULL,
					"its name has a character that cannot be printed");
			return NULL;
		}
	}
	kept = sv3__keep_text(loader, path);
	if (kept == NULL)
		(void)sv3__fail_memory(loader);
	return kept;
}

void *sv3__room(struct sv3__loader *loader, const void *items, uint32_t count, size_t item_size)
{
	void *grown;

	if ((count & (count - 1)) != 0)
		return (void *)(uintptr_t)items;
	grown = sv3__keep(loader, (count > 0 ? 2 * (size_t)count : 1) * item_size);
	if (grown != NULL && count > 0)
		memcpy(grown, items, count * item_size);
	return grown;
}

int sv3__note(struct sv3__loader *loader, uint32_t node, const char *property, const char *format,
	      ...)
{
	struct sv3_platform *platform = loader->platform;
	struct sv3_platform_note *notes;
	char path[SV3__PATH_CHARS], text[200];
	va_list args;

	if (platform->note_count == NOTES_MAX)
		return 0;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	notes = (struct sv3_platform_note *)sv3__room(loader, platform->notes, platform->note_count,
						      sizeof(*notes));
	if (notes == NULL)
		return sv3__fail_memory(loader);
	platform->notes = notes;
	notes += platform->note_count;
	notes->node = sv3__keep_text(loader, sv3__node_path(&loader->tree, node, path));
	notes->property = sv3__keep_text(loader, property);
	notes->text = sv3__keep_text(loader, text);
	if (notes->node == NULL || notes->property == NULL || notes->text == NULL)
		return sv3__fail_memory(loader);
	platform->note_count++;
	return 0;
}

static void free_blocks(struct sv3__block *block)
{
	while (block != NULL) {
		struct sv3__block *next = block->next;

		free(block);
		block = next;
	}
}

void sv3_platform_free(struct sv3_platform *platform)
{
	free_blocks((struct sv3__block *)platform->owned);
	*platform = (struct sv3_platform){ 0 };
}

/* --- reading --- */

static uint32_t *make_index(uint32_t count)
{
	uint32_t *index = (uint32_t *)malloc((size_t)count * sizeof(*index));

	for (uint32_t i = 0; index != NULL && i < count; i++)
		index[i] = SV3_PLATFORM_NONE;
	return index;
}

static int read_tree(struct sv3__loader *loader)
{
	static int (*const steps[])(struct sv3__loader * loader) = {
		sv3__read_memory,
		sv3__read_smmus,
		sv3__read_masters,
		sv3__read_world,
	};
	int rc = 0;

	loader->smmu_of = make_index(loader->tree.node_count);
	loader->master_of = make_index(loader->tree.node_count);
	loader->platform->path = sv3__keep_text(loader, loader->path);
	if (loader->smmu_of == NULL || loader->master_of == NULL || loader->platform->path == NULL)
		return sv3__fail_memory(loader);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && rc == 0; i++)
		rc = steps[i](loader);
	return rc;
}

/** Takes an aligned blob. */
static int load_blob(const void *blob, size_t size, const char *path, struct sv3_platform *platform,
		     struct sv3_platform_error *error)
{
	struct sv3__loader loader = { .path = path, .platform = platform, .error = error };
	int rc = sv3__tree_init(&loader, blob, size);

	sv3_timing_default(&platform->timing);
	if (rc == 0)
		rc = read_tree(&loader);
	sv3__tree_fini(&loader.tree);
	free(loader.smmu_of);
	free(loader.master_of);
	platform->owned = loader.blocks;
	if (rc < 0)
		sv3_platform_free(platform);
	return rc;
}

int sv3_platform_load_memory(const void *blob, size_t size, const char *path,
			     struct sv3_platform *platform, struct sv3_platform_error *error)
{
	void *aligned = malloc(size > 0 ? size : 1);
	int rc;

	*platform = (struct sv3_platform){ 0 };
	error->text[0] = '\0';
	if (aligned == NULL) {
		snprintf(error->text, sizeof(error->text), "%.200s: %s", path,
			 sv3_strerror(SV3_ERR_NOMEM));
		return -SV3_ERR_NOMEM;
	}
	if (size > 0)
		memcpy(aligned, blob, size);
	rc = load_blob(aligned, size, path, platform, error);
	free(aligned);
	return rc;
}

/* --- files --- */

static int fail_file(const char *path, struct sv3_platform_error *error, int code, const char *what)
{
	snprintf(error->text, sizeof(error->text), "%.200s: %s", path, what);
	return -code;
}

static int read_file(const char *path, struct sv3_platform_error *error, uint8_t **bytes,
		     size_t *size)
{
	FILE *file = fopen(path, "rb");
	size_t capacity = 0, got = 1;
	int rc = 0;

	if (file == NULL)
		return fail_file(path, error, SV3_ERR_IO, strerror(errno));
	for (*bytes = NULL, *size = 0; got > 0 && rc == 0; *size += got) {
		if (*size == capacity) {
			uint8_t *grown;

			capacity = capacity > 0 ? 2 * capacity : 65536;
			grown = (uint8_t *)realloc(*bytes, capacity);
			if (grown == NULL)
				break;
			*bytes = grown;
		}
		got = fread(*bytes + *size, 1, capacity - *size, file);
		if (*size + got > SV3__BLOB_MAX)
			rc = fail_file(path, error, SV3_ERR_FORMAT,
				       "larger than 64 MiB: no device tree");
	}
	if (rc == 0 && ferror(file) != 0)
		rc = fail_file(path, error, SV3_ERR_IO, strerror(errno));
	else if (rc == 0 && got > 0)
		rc = fail_file(path, error, SV3_ERR_NOMEM, sv3_strerror(SV3_ERR_NOMEM));
	fclose(file);
	if (rc < 0)
		free(*bytes);
	return rc;
}

static bool is_blob(const uint8_t *bytes, size_t size)
{
	return size >= 4 && fdt32_ld((const fdt32_t *)(const void *)bytes) == FDT_MAGIC;
}

static bool is_source(const char *path)
{
	const size_t length = strlen(path);

	return length > 4 && strcmp(path + length - 4, ".dts") == 0;
}

int sv3_platform_load(const char *path, struct sv3_platform *platform,
		      struct sv3_platform_error *error)
{
	uint8_t *bytes = NULL;
	void *blob = NULL;
	size_t size;
	int rc;

	*platform = (struct sv3_platform){ 0 };
	error->text[0] = '\0';
	rc = read_file(path, error, &bytes, &size);
	if (rc < 0)
		return rc;
	if (is_blob(bytes, size))
		rc = load_blob(bytes, size, path, platform, error);
	else if (!is_source(path))
		rc = fail_file(path, error, SV3_ERR_FORMAT,
			       "no device tree blob (it does not begin with d00dfeed), and not "
			       "named .dts; give a .dtb or a .dts");
	else if ((rc = sv3__dtc(path, error, &blob, &size)) == 0)
		rc = load_blob(blob, size, path, platform, error);
	free(blob);
	free(bytes);
	return rc;
}
