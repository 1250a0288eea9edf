/* SPDX-License-Identifier: MIT */
/*
 * platform_priv.h - what the files of sim/platform/ share: the tree as it is read, and the platform
 * as it grows.
 *
 * Concepts:
 *   tree    the blob, checked, with an index of its nodes: parents and phandles cost no search.
 *   loader  a tree, the platform made of it, and the memory that the platform keeps.
 *   fail    note what is wrong and where; every function that can fail returns what fail returned.
 * Whatever a blob holds, reading it takes time and memory in proportion to its size.
 */
#ifndef SV3_PLATFORM_PRIV_H
#define SV3_PLATFORM_PRIV_H

#include <sv3/platform.h>

#define SV3__TREE_DEPTH_MAX 64u
#define SV3__PATH_CHARS     256u
#define SV3__BLOB_MAX       (64u << 20)
#define SV3__CELLS_MAX      4u
#define SV3__ROOT           0u

/** One node of the index, in the order of the blob; parents come before children. */
struct sv3__node {
	int offset;
	uint32_t parent; /* the root's: itself */
	uint32_t phandle;
	bool is_off; /* status: it or a node above it is not to be used */
};

struct sv3__handle {
	uint32_t phandle, node;
};

struct sv3__tree {
	const void *blob;
	struct sv3__node *nodes;     /* shape [node_count] */
	struct sv3__handle *handles; /* shape [handle_count], by phandle */
	uint32_t node_count, handle_count;
};

/** A block of memory the platform keeps; its bytes follow. */
struct sv3__block {
	struct sv3__block *next;
	uint64_t align[1];
};

struct sv3__loader {
	const char *path;
	struct sv3__tree tree;
	struct sv3_platform *platform;
	struct sv3__block *blocks;
	struct sv3_platform_error *error;
	/* For each node of the tree the index of its SMMU or master, SV3_PLATFORM_NONE: none. */
	uint32_t *smmu_of, *master_of;
	uint32_t streams_used;
};

/** A property's value as 32-bit cells. */
struct sv3__cells {
	const void *data;
	uint32_t count;
	bool is_there;
};

/* --- tree.c --- */

/** Check the blob and index its nodes. 0, -SV3_ERR_FORMAT, -SV3_ERR_NOMEM. */
int sv3__tree_init(struct sv3__loader *loader, const void *blob, size_t size);
void sv3__tree_fini(struct sv3__tree *tree);

/** "FILE: NODE: PROPERTY: ..."; @property NULL: the node as a whole. -SV3_ERR_FORMAT. */
int sv3__fail(const struct sv3__loader *loader, uint32_t node, const char *property,
	      const char *format, ...) __attribute__((format(printf, 4, 5)));
/** -SV3_ERR_NOMEM, said. */
int sv3__fail_memory(const struct sv3__loader *loader);

/** The node's path into @path [SV3__PATH_CHARS], its end as dots if it is longer. */
const char *sv3__node_path(const struct sv3__tree *tree, uint32_t node, char *path);
const char *sv3__node_name(const struct sv3__tree *tree, uint32_t node);
/** NULL: there is no such property. */
const void *sv3__property(const struct sv3__tree *tree, uint32_t node, const char *name,
			  uint32_t *size);
bool sv3__has_property(const struct sv3__tree *tree, uint32_t node, const char *name);
bool sv3__is_compatible(const struct sv3__tree *tree, uint32_t node, const char *compatible);
/** The node with this phandle, SV3_PLATFORM_NONE. */
uint32_t sv3__node_of(const struct sv3__tree *tree, uint32_t phandle);
/** The node of that path, SV3_PLATFORM_NONE. */
uint32_t sv3__node_at(const struct sv3__tree *tree, const char *path);

/* Values: absent is no error unless said; a value of another shape is. */
int sv3__read_cells(const struct sv3__loader *loader, uint32_t node, const char *name,
		    struct sv3__cells *cells);
uint32_t sv3__cell(const struct sv3__cells *cells, uint32_t index);
/** One cell, up to @max; @value stays if it is absent. */
int sv3__read_u32(const struct sv3__loader *loader, uint32_t node, const char *name, uint32_t max,
		  uint32_t *value);
/** One cell or two, up to @max; @value stays if it is absent. */
int sv3__read_u64(const struct sv3__loader *loader, uint32_t node, const char *name, uint64_t max,
		  uint64_t *value);
/** One string that is printable; NULL if it is absent; else it lives as long as the blob. */
int sv3__read_string(const struct sv3__loader *loader, uint32_t node, const char *name,
		     const char **text);
/** What a phandle names: -SV3_ERR_FORMAT if nothing. */
int sv3__follow(const struct sv3__loader *loader, uint32_t node, const char *name, uint32_t phandle,
		uint32_t *target);

/* --- loader.c: what the platform keeps --- */

/** Zeroed; NULL: out of memory. */
void *sv3__keep(struct sv3__loader *loader, size_t size);
char *sv3__keep_text(struct sv3__loader *loader, const char *text);
/** The path of a node, which must not be too long; said. NULL. */
const char *sv3__keep_path(struct sv3__loader *loader, uint32_t node);
/** @items with room for one more behind @count; moved when full, the old ones kept until the end.
 *  NULL: out of memory. */
void *sv3__room(struct sv3__loader *loader, const void *items, uint32_t count, size_t item_size);
/** Understood, and of no effect here; more than are of use are left out. */
int sv3__note(struct sv3__loader *loader, uint32_t node, const char *property, const char *format,
	      ...) __attribute__((format(printf, 4, 5)));

/* --- address.c --- */

struct sv3__range {
	uint64_t base, size;
};

/** #address-cells and #size-cells of a node, for its children. */
int sv3__bus_cells(const struct sv3__loader *loader, uint32_t bus, uint32_t *address_cells,
		   uint32_t *size_cells);
/** Entry @index of reg, as the CPUs see it. -SV3_ERR_NOENT: there is none. */
int sv3__read_reg(const struct sv3__loader *loader, uint32_t node, uint32_t index,
		  struct sv3__range *range);

/* --- one file each --- */

int sv3__read_memory(struct sv3__loader *loader);
int sv3__read_smmus(struct sv3__loader *loader);
int sv3__read_interrupts(struct sv3__loader *loader, uint32_t node, struct sv3_platform_smmu *smmu);
int sv3__read_masters(struct sv3__loader *loader);
/** No two masters have a StreamID, no two entries of a map a requester ID. */
int sv3__check_streams(const struct sv3__loader *loader);
int sv3__read_world(struct sv3__loader *loader);
int sv3__read_device(struct sv3__loader *loader, uint32_t node);

/** "sv3," properties of @node must be among @known; ends with NULL. */
int sv3__check_names(const struct sv3__loader *loader, uint32_t node, const char *const *known);

/** dtc: the blob of a source, malloc()ed. 0, -SV3_ERR_IO, -SV3_ERR_FORMAT, -SV3_ERR_NOMEM, said. */
int sv3__dtc(const char *path, struct sv3_platform_error *error, void **blob, size_t *size);

#endif
