/* SPDX-License-Identifier: MIT */
/*
 * scenario.h - what the scenarios share.
 */
#ifndef SV3_EXPLORE_SCENARIO_H
#define SV3_EXPLORE_SCENARIO_H

#include "explore_priv.h"
#include "mutants.h"

#define SV3__PAGES(count) (UINT64_C(4096) * (count))
#define SV3__BLOCK_BYTES  UINT64_C(0x200000)

/** A function of the driver under test; what it returns is judged. */
#define SV3__CALL(x, function, ...)                                                             \
	sv3_explore_call(x, sv3_explore_driver(x)->function(sv3_explore_state(x), __VA_ARGS__), \
			 #function)

/** The last round of a migration: the devices stand still. */
void sv3__finish(struct sv3_explore *x, uint64_t len);
/** A round by two calls: what was reported is cleared, then copied. */
void sv3__round_by_hand(struct sv3_explore *x, uint64_t len);
/** A round by one call that reads and clears. */
void sv3__round_at_once(struct sv3_explore *x, uint64_t len);
/** What was cleared stays clean while the devices stand still. */
void sv3__twice(struct sv3_explore *x, uint64_t len);
void sv3__map_pages(struct sv3_explore *x, uint32_t count);
void sv3__map_two(struct sv3_explore *x);

/** sv3__shared_read, sv3__shared_write - a doubleword that programs share. */
uint64_t sv3__shared_read(struct sv3_explore *x, sv3_pa pa);
void sv3__shared_write(struct sv3_explore *x, sv3_pa pa, uint64_t word);

/* The registry is made of these; ends: a row without a name. */
extern const struct sv3_explore_scenario sv3__scenarios_migrate[];
extern const struct sv3_explore_scenario sv3__scenarios_tracking[];
extern const struct sv3_explore_scenario sv3__scenarios_table[];
extern const struct sv3_explore_scenario sv3__scenarios_hardware[];
extern const struct sv3_explore_scenario sv3__scenarios_log[];
extern const struct sv3_explore_scenario sv3__scenarios_bitmap[];
extern const struct sv3_explore_scenario sv3__scenarios_cpus[];

#endif
