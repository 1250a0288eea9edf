/* SPDX-License-Identifier: MIT */
/*
 * tree.c - the blob: checked as a whole, its nodes indexed, its properties read by shape.
 *
 * libfdt searches a blob from its beginning for every parent and phandle. A blob made to hurt has
 * many of both, so one pass notes them.
 */
#include "platform_priv.h"

#include <libfdt.h>

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- what is wrong --- */

/** Names come from the file: one line, whatever they hold. */
static void make_printable(char *text)
{
	for (; *text != '\0'; text++) {
		if (!isprint((unsigned char)*text))
			*text = '?';
	}
}

int sv3__fail(const struct sv3__loader *loader, uint32_t node, const char *property,
	      const char *format, ...)
{
	char path[SV3__PATH_CHARS], what[512];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	snprintf(loader->error->text, sizeof(loader->error->text), "%.120s: %.160s: %.64s%s%s",
		 loader->path, sv3__node_path(&loader->tree, node, path),
		 property != NULL ? property : "", property != NULL ? ": " : "", what);
	make_printable(loader->error->text);
	return -SV3_ERR_FORMAT;
}

int sv3__fail_memory(const struct sv3__loader *loader)
{
	snprintf(loader->error->text, sizeof(loader->error->text), "%.200s: %s", loader->path,
		 sv3_strerror(SV3_ERR_NOMEM));
	return -SV3_ERR_NOMEM;
}

static int fail_blob(const struct sv3__loader *loader, const char *what)
{
	snprintf(loader->error->text, sizeof(loader->error->text),
		 "%.200s: not a whole device tree blob (%s); dump or compile it again",
		 loader->path, what);
	return -SV3_ERR_FORMAT;
}

/* --- nodes --- */

const char *sv3__node_name(const struct sv3__tree *tree, uint32_t node)
{
	const char *name = fdt_get_name(tree->blob, tree->nodes[node].offset, NULL);

	return name != NULL ? name : "";
}

const char *sv3__node_path(const struct sv3__tree *tree, uint32_t node, char *path)
{
	uint32_t way[SV3__TREE_DEPTH_MAX];
	uint32_t depth = 0;
	size_t length = 0;

	for (uint32_t at = node; at != SV3__ROOT; at = tree->nodes[at].parent)
		way[depth++] = at;
	snprintf(path, SV3__PATH_CHARS, "/");
	while (depth > 0 && length < SV3__PATH_CHARS)
		length += (size_t)snprintf(path + length, SV3__PATH_CHARS - length, "/%s",
					   sv3__node_name(tree, way[--depth]));
	if (length >= SV3__PATH_CHARS)
		memcpy(path + SV3__PATH_CHARS - 4, "...", 4);
	return path;
}

static int compare_handles(const void *a, const void *b)
{
	const struct sv3__handle *left = (const struct sv3__handle *)a;
	const struct sv3__handle *right = (const struct sv3__handle *)b;

	if (left->phandle != right->phandle)
		return left->phandle < right->phandle ? -1 : 1;
	return left->node < right->node ? -1 : left->node > right->node;
}

uint32_t sv3__node_of(const struct sv3__tree *tree, uint32_t phandle)
{
	uint32_t low = 0, high = tree->handle_count;

	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;

		if (tree->handles[middle].phandle < phandle)
			low = middle + 1;
		else
			high = middle;
	}
	return low < tree->handle_count && tree->handles[low].phandle == phandle
		       ? tree->handles[low].node
		       : SV3_PLATFORM_NONE;
}

uint32_t sv3__node_at(const struct sv3__tree *tree, const char *path)
{
	const int offset = fdt_path_offset(tree->blob, path);
	uint32_t low = 0, high = tree->node_count;

	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;

		if (tree->nodes[middle].offset < offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low < tree->node_count && tree->nodes[low].offset == offset ? low
									   : SV3_PLATFORM_NONE;
}

/* --- index --- */

static bool is_off(const void *blob, int offset)
{
	int size;
	const char *status = (const char *)fdt_getprop(blob, offset, "status", &size);

	return status != NULL && !(size == 5 && memcmp(status, "okay", 5) == 0) &&
	       !(size == 3 && memcmp(status, "ok", 3) == 0);
}

static uint32_t count_nodes(const void *blob)
{
	uint32_t count = 0;

	for (int offset = fdt_next_node(blob, -1, NULL); offset >= 0;
	     offset = fdt_next_node(blob, offset, NULL))
		count++;
	return count;
}

/** Notes a node that follows the others. @way: the node at each depth. */
static int add_node(struct sv3__loader *loader, int offset, int depth, uint32_t *way)
{
	struct sv3__tree *tree = &loader->tree;
	const uint32_t index = tree->node_count;
	struct sv3__node *node = &tree->nodes[index];

	if (depth < 0 || depth >= (int)SV3__TREE_DEPTH_MAX || (depth == 0 && index != SV3__ROOT))
		return fail_blob(loader, depth > 0 ? "nodes below each other, more than 64 deep"
						   : "nodes beside the root");
	way[depth] = index;
	*node = (struct sv3__node){
		.offset = offset,
		.parent = depth > 0 ? way[depth - 1] : SV3__ROOT,
		.phandle = fdt_get_phandle(tree->blob, offset),
		.is_off = is_off(tree->blob, offset),
	};
	node->is_off |= depth > 0 && tree->nodes[node->parent].is_off;
	tree->node_count++;
	if (node->phandle != 0 && node->phandle != UINT32_MAX)
		tree->handles[tree->handle_count++] = (struct sv3__handle){ node->phandle, index };
	return 0;
}

static int check_handles(const struct sv3__loader *loader)
{
	const struct sv3__tree *tree = &loader->tree;
	char path[SV3__PATH_CHARS];

	for (uint32_t i = 1; i < tree->handle_count; i++) {
		const struct sv3__handle *handle = &tree->handles[i];

		if (handle->phandle == handle[-1].phandle)
			return sv3__fail(loader, handle->node, "phandle",
					 "0x%x is that of %.100s, too; give each its own",
					 handle->phandle,
					 sv3__node_path(tree, handle[-1].node, path));
	}
	return 0;
}

/* --- the blob as a whole --- */

/** Where a name that begins at @at ends, aligned; @size if it does not. */
static size_t behind_name(const uint8_t *structure, size_t at, size_t size)
{
	const uint8_t *end = (const uint8_t *)memchr(structure + at, '\0', size - at);

	return end != NULL ? ((size_t)(end - structure) + 4) & ~(size_t)3 : size;
}

/**
 * Whether no token of the structure reaches beyond its end. libfdt before 1.7 adds the lengths of
 * properties without a look at overflow, and then goes round in circles.
 */
static bool is_bounded(const uint8_t *structure, size_t size)
{
	size_t at = 0;

	while (size - at >= sizeof(fdt32_t)) {
		const uint32_t tag = fdt32_ld((const fdt32_t *)(const void *)(structure + at));

		at += sizeof(fdt32_t);
		if (tag == FDT_END)
			return true;
		if (tag == FDT_BEGIN_NODE) {
			at = behind_name(structure, at, size);
		} else if (tag == FDT_PROP) {
			uint32_t length;

			if (size - at < 2 * sizeof(fdt32_t))
				return false;
			length = fdt32_ld((const fdt32_t *)(const void *)(structure + at));
			at += 2 * sizeof(fdt32_t);
			if (length > size - at)
				return false;
			at += ((size_t)length + 3) & ~(size_t)3;
		}
		if (at > size)
			return false;
	}
	return false;
}

/** NULL, or what is wrong. */
static const char *check_blob(const void *blob, size_t size)
{
	const uint32_t begin = size >= sizeof(struct fdt_header) ? fdt_off_dt_struct(blob) : 0;
	int error;

	if (size < sizeof(struct fdt_header))
		return "smaller than its header";
	error = fdt_check_header(blob);
	if (error < 0)
		return fdt_strerror(error);
	if (fdt_version(blob) < 16)
		return "of a version before 16";
	if (fdt_totalsize(blob) > size)
		return "cut short";
	if (begin > fdt_totalsize(blob) ||
	    !is_bounded((const uint8_t *)blob + begin, fdt_totalsize(blob) - begin))
		return "its structure does not end";
	error = fdt_check_full(blob, size);
	return error < 0 ? fdt_strerror(error) : NULL;
}

int sv3__tree_init(struct sv3__loader *loader, const void *blob, size_t size)
{
	struct sv3__tree *tree = &loader->tree;
	uint32_t way[SV3__TREE_DEPTH_MAX];
	const char *wrong = check_blob(blob, size);
	int depth = -1, rc = 0;
	uint32_t count;

	if (wrong != NULL)
		return fail_blob(loader, wrong);
	tree->blob = blob;
	count = count_nodes(blob);
	tree->nodes = (struct sv3__node *)calloc((size_t)count + 1, sizeof(*tree->nodes));
	tree->handles = (struct sv3__handle *)calloc((size_t)count + 1, sizeof(*tree->handles));
	if (tree->nodes == NULL || tree->handles == NULL)
		return sv3__fail_memory(loader);
	for (int offset = fdt_next_node(blob, -1, &depth); offset >= 0 && depth >= 0 && rc == 0;
	     offset = fdt_next_node(blob, offset, &depth))
		rc = add_node(loader, offset, depth, way);
	if (rc == 0 && tree->node_count == 0)
		return fail_blob(loader, "no root");
	qsort(tree->handles, tree->handle_count, sizeof(*tree->handles), compare_handles);
	return rc == 0 ? check_handles(loader) : rc;
}

void sv3__tree_fini(struct sv3__tree *tree)
{
	free(tree->nodes);
	free(tree->handles);
}

/* --- properties --- */

const void *sv3__property(const struct sv3__tree *tree, uint32_t node, const char *name,
			  uint32_t *size)
{
	int length;
	const void *value = fdt_getprop(tree->blob, tree->nodes[node].offset, name, &length);

	*size = value != NULL ? (uint32_t)length : 0;
	return value;
}

bool sv3__has_property(const struct sv3__tree *tree, uint32_t node, const char *name)
{
	uint32_t size;

	return sv3__property(tree, node, name, &size) != NULL;
}

bool sv3__is_compatible(const struct sv3__tree *tree, uint32_t node, const char *compatible)
{
	return fdt_node_check_compatible(tree->blob, tree->nodes[node].offset, compatible) == 0;
}

int sv3__read_cells(const struct sv3__loader *loader, uint32_t node, const char *name,
		    struct sv3__cells *cells)
{
	uint32_t size;

	cells->data = sv3__property(&loader->tree, node, name, &size);
	cells->is_there = cells->data != NULL;
	cells->count = size / 4;
	if (size % 4 != 0)
		return sv3__fail(loader, node, name,
				 "%u bytes are no whole 32-bit cells; write <...>", size);
	return 0;
}

uint32_t sv3__cell(const struct sv3__cells *cells, uint32_t index)
{
	return fdt32_ld((const fdt32_t *)cells->data + index);
}

int sv3__read_u64(const struct sv3__loader *loader, uint32_t node, const char *name, uint64_t max,
		  uint64_t *value)
{
	struct sv3__cells cells;
	uint64_t read;
	int rc = sv3__read_cells(loader, node, name, &cells);

	if (rc < 0 || !cells.is_there)
		return rc;
	if (cells.count != 1 && cells.count != 2)
		return sv3__fail(loader, node, name,
				 "%u cells are no number; give one cell, or two", cells.count);
	read = sv3__cell(&cells, 0);
	if (cells.count == 2)
		read = read << 32 | sv3__cell(&cells, 1);
	if (read > max)
		return sv3__fail(loader, node, name, "0x%llx is above 0x%llx, the most it can be",
				 (unsigned long long)read, (unsigned long long)max);
	*value = read;
	return 0;
}

int sv3__read_u32(const struct sv3__loader *loader, uint32_t node, const char *name, uint32_t max,
		  uint32_t *value)
{
	struct sv3__cells cells;
	uint64_t read = *value;
	int rc = sv3__read_cells(loader, node, name, &cells);

	if (rc == 0 && cells.is_there && cells.count != 1)
		return sv3__fail(loader, node, name, "%u cells where one is expected; give <N>",
				 cells.count);
	if (rc == 0)
		rc = sv3__read_u64(loader, node, name, max, &read);
	*value = (uint32_t)read;
	return rc;
}

int sv3__read_string(const struct sv3__loader *loader, uint32_t node, const char *name,
		     const char **text)
{
	uint32_t size;
	const char *value = (const char *)sv3__property(&loader->tree, node, name, &size);

	*text = NULL;
	if (value == NULL)
		return 0;
	if (size < 2 || memchr(value, '\0', size) != value + size - 1)
		return sv3__fail(loader, node, name, "not one string; give \"TEXT\"");
	for (uint32_t i = 0; i < size - 1; i++) {
		if (!isprint((unsigned char)value[i]))
			return sv3__fail(loader, node, name,
					 "byte %u is no character that can be printed", i);
	}
	*text = value;
	return 0;
}

int sv3__follow(const struct sv3__loader *loader, uint32_t node, const char *name, uint32_t phandle,
		uint32_t *target)
{
	*target = sv3__node_of(&loader->tree, phandle);
	if (*target == SV3_PLATFORM_NONE)
		return sv3__fail(loader, node, name,
				 "no node has phandle 0x%x; refer to one by its label", phandle);
	return 0;
}
