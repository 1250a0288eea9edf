/* SPDX-License-Identifier: MIT */
/*
 * snapshot.h - a whole machine at one moment, in memory and as a file.
 *
 * Concepts:
 *   snapshot  what it takes to go on: the SMMU's block, memory, the clock, the needs that are out.
 *   need out  one that the hardware has asked and nobody has answered yet: whoever restores the
 *             machine answers it.
 *   note      key and value for people: which trace, which view.
 * A world holds more than its machine: the device, writes and doorbells on their way. They are no
 * part of a snapshot, which is for looking at a machine, or for an embedder that keeps them itself.
 */
#ifndef SV3_SNAPSHOT_H
#define SV3_SNAPSHOT_H

#include <sv3/base.h>
#include <sv3/txn.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sv3_ram;
struct sv3_smmu;
struct sv3_world;

struct sv3_snapshot_region {
	sv3_pa base;
	uint64_t size; /* bytes, whole pages of SV3_PAGE_SIZE */
};

struct sv3_snapshot_need {
	uint32_t slot;
	struct sv3_need need;
};

struct sv3_snapshot_note {
	char *key, *value;
};

/** A machine. Zeroed it is empty; it owns its arrays, each of the shape [its count]. */
struct sv3_snapshot {
	sv3_ps time;
	uint8_t *block; /* the SMMU, as it stands in memory */
	uint64_t block_size;
	uint64_t block_offset; /* where the file held it, for messages; 0: it was taken */
	struct sv3_snapshot_region *regions;
	uint32_t region_count;
	/* Pages that are not all zeros, by rising address; page n is @page_bytes + n pages. */
	sv3_pa *pages;
	uint8_t *page_bytes;
	uint64_t page_count;
	struct sv3_snapshot_need *needs;
	uint32_t need_count;
	struct sv3_snapshot_note *notes;
	uint32_t note_count;
};

/* --- in memory: libsv3 --- */

/**
 * sv3_snapshot_take - copy a machine
 * @snapshot: out, to be ended by sv3_snapshot_fini(); without needs and notes
 * Returns: 0, -SV3_ERR_NOMEM (then it is empty).
 */
SV3_API SV3_MUST_CHECK int sv3_snapshot_take(struct sv3_snapshot *snapshot,
					     const struct sv3_smmu *smmu, const struct sv3_ram *ram,
					     sv3_ps time);
/**
 * sv3_world_snapshot - the same of a world
 * Between two of its events no need is out, but for the invalidation of an ATC that its endpoint
 * has not completed; what the endpoint knows of it is not the machine's, so then there is none.
 * Returns: 0, -SV3_ERR_NOMEM, -SV3_ERR_UNSUP: an ATC invalidation is not completed. @snapshot is
 * empty unless 0.
 */
SV3_API SV3_MUST_CHECK int sv3_world_snapshot(const struct sv3_world *world,
					      struct sv3_snapshot *snapshot);
SV3_API void sv3_snapshot_fini(struct sv3_snapshot *snapshot);

/** sv3_snapshot_add_need - @slot has asked @need and waits. -SV3_ERR_NOMEM. */
SV3_API SV3_MUST_CHECK int sv3_snapshot_add_need(struct sv3_snapshot *snapshot, uint32_t slot,
						 const struct sv3_need *need);
/**
 * sv3_snapshot_add_note - neither text may hold control characters, nor @key a '='
 * Returns: 0, -SV3_ERR_INVAL, -SV3_ERR_NOMEM.
 */
SV3_API SV3_MUST_CHECK int sv3_snapshot_add_note(struct sv3_snapshot *snapshot, const char *key,
						 const char *value);
/** sv3_snapshot_note - the value of the first note with @key; NULL: there is none. */
SV3_API const char *sv3_snapshot_note(const struct sv3_snapshot *snapshot, const char *key);

/**
 * sv3_snapshot_restore - make the machine again; the snapshot stays as it is
 * @memory: caller-owned, at least block_size bytes, aligned to 64; the block is put there
 * @ram:    out, to be ended by sv3_ram_fini()
 * Returns: 0; -SV3_ERR_FORMAT: no sound block of this version; -SV3_ERR_RANGE: @memory;
 * -SV3_ERR_INVAL: regions that no RAM can have, or a page outside; -SV3_ERR_NOMEM.
 */
SV3_API SV3_MUST_CHECK int sv3_snapshot_restore(const struct sv3_snapshot *snapshot, void *memory,
						size_t size, struct sv3_smmu **smmu,
						struct sv3_ram *ram);

/* --- as a file: libsv3io. sim/report/snapshot_priv.h says how it is laid out. --- */

struct sv3_snapshot_error {
	char text[512]; /* one line: file, offset, what is wrong, remedy */
};

/** sv3_snapshot_encode - a file's bytes, to be released by free(). -SV3_ERR_NOMEM. */
SV3_API SV3_MUST_CHECK int sv3_snapshot_encode(const struct sv3_snapshot *snapshot, uint8_t **bytes,
					       size_t *size);
/**
 * sv3_snapshot_decode - a snapshot from a file's bytes
 * Everything is checked but the inside of the block, which sv3_snapshot_restore() does.
 * @name:  of the file, for @error
 * @error: out on failure, may be NULL
 * Returns: 0, -SV3_ERR_FORMAT, -SV3_ERR_NOMEM; on failure @snapshot is empty.
 */
SV3_API SV3_MUST_CHECK int sv3_snapshot_decode(const uint8_t *bytes, size_t size, const char *name,
					       struct sv3_snapshot *snapshot,
					       struct sv3_snapshot_error *error);
/** sv3_snapshot_read - as sv3_snapshot_decode(), and -SV3_ERR_IO. */
SV3_API SV3_MUST_CHECK int sv3_snapshot_read(const char *path, struct sv3_snapshot *snapshot,
					     struct sv3_snapshot_error *error);

#ifdef __cplusplus
}
#endif

#endif
