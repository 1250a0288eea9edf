/* SPDX-License-Identifier: MIT */
/*
 * snapshot_priv.h - how a snapshot file is laid out; shared by its writer and its reader.
 *
 *	header     magic 8, version 4, sections 4, size of the file 8
 *	section    tag 8, bytes 8, bytes stored 8, FNV-1a of what is stored 8; then a zstd frame
 *	...        the sections of enum sv3__section, each once, in this order
 *	trailer    FNV-1a of all bytes before it, 8
 *
 * Numbers are little-endian. There is no padding: every byte of the file counts.
 */
#ifndef SV3_SNAPSHOT_PRIV_H
#define SV3_SNAPSHOT_PRIV_H

#include <sv3/snapshot.h>

#include <string.h>

#define SV3__SNAPSHOT_MAGIC   "sv3snap\n"
#define SV3__SNAPSHOT_VERSION 1u

enum {
	SV3__SNAPSHOT_HEADER_BYTES = 24,
	SV3__SECTION_HEADER_BYTES = 32,
	SV3__SNAPSHOT_TRAILER_BYTES = 8,
	SV3__SNAPSHOT_TAG_BYTES = 8,
	SV3__SNAPSHOT_NEED_BYTES = 4 + 3 * 4 + 4 + 3 * 8 + 64 + 4 + 4 + 4 + 2 + 8,
};

enum sv3__section {
	SV3__SECTION_NOTES,  /* lines "key=value" */
	SV3__SECTION_TIME,   /* the clock, 8 bytes */
	SV3__SECTION_SMMU,   /* the block */
	SV3__SECTION_NEEDS,  /* SV3__SNAPSHOT_NEED_BYTES each */
	SV3__SECTION_MEMORY, /* regions: base 8, bytes 8 */
	SV3__SECTION_PAGES,  /* addresses, 8 each, then the pages, 4096 each */
	SV3__SECTION_COUNT
};

/** What stands in the section's header. */
static inline const char *sv3__section_tag(enum sv3__section section)
{
	static const char *const tags[SV3__SECTION_COUNT] = {
		[SV3__SECTION_NOTES] = "notes   ",  [SV3__SECTION_TIME] = "time    ",
		[SV3__SECTION_SMMU] = "smmu    ",   [SV3__SECTION_NEEDS] = "needs   ",
		[SV3__SECTION_MEMORY] = "memory  ", [SV3__SECTION_PAGES] = "pages   ",
	};

	return tags[section];
}

/** FNV-1a, 64 bits: no change of one byte goes unseen. */
static inline uint64_t sv3__snapshot_checksum(const uint8_t *bytes, size_t size)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
	return hash;
}

#endif
