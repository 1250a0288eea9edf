/* SPDX-License-Identifier: MIT */
/*
 * parts.h - the parts of a random world: guest, hardware, costs, knobs of the migration.
 *
 * Shared by the program of random worlds and the tests about seeded bugs.
 */
#ifndef SV3_TESTS_WORLDS_PARTS_H
#define SV3_TESTS_WORLDS_PARTS_H

#include <sv3/migration.h>
#include <sv3/prng.h>

#define PARTS_PAGES_MIN 64u

/** parts_draw - uniform in [low, high]. */
uint64_t parts_draw(struct sv3_prng *prng, uint64_t low, uint64_t high);

/** parts_guest - granule, leaf sizes, and a size of at most @pages_max pages (>= 1024). */
void parts_guest(struct sv3_prng *prng, struct sv3_compare_config *config, uint64_t pages_max);

/** parts_hardware - TLB from none to 4096 entries; sometimes no walk cache. */
void parts_hardware(struct sv3_prng *prng, struct sv3_smmu_config *smmu);

/** parts_costs - software bus accesses always cost time: DMA comes between any two. */
void parts_costs(struct sv3_prng *prng, struct sv3_costs *costs);

/** parts_migration - link, rounds, chunks, flush scope, sizes of rings and buffers. */
void parts_migration(struct sv3_prng *prng, struct sv3_migration_config *migration);

/**
 * parts_shortest - the least time a migration takes: bus accesses of scans, and bulk
 * @area_pages: what the device writes to
 */
sv3_ps parts_shortest(const struct sv3_compare_config *config, uint64_t area_pages,
		      const char *policy);

#endif
