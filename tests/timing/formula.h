/* SPDX-License-Identifier: MIT */
/*
 * formula.h - the zero-load formulas of docs/TIMING.md, section 3, as sums.
 *
 * Written from that page and the table of parameters; nothing here is shared with sim/timed. All
 * times are cycles.
 */
#ifndef SV3_TESTS_TIMING_FORMULA_H
#define SV3_TESTS_TIMING_FORMULA_H

#include <sv3/timing.h>

/** Where an access finds its translation. */
enum way_by { WAY_UTLB, WAY_TLB, WAY_WALK };

/** What the hardware writes into the leaf, and where the line is. */
enum way_update {
	WAY_NO_UPDATE,
	WAY_UPDATE_IN_LLC,
	WAY_UPDATE_IN_DRAM,
	WAY_UPDATE_IN_CPU, /* a CPU has changed the line since */
};

struct way {
	bool write;
	uint32_t len;
	enum way_by by;
	/* WAY_WALK */
	uint32_t structures;              /* STE and CD that are read */
	uint32_t first_level, last_level; /* of the descriptors that are read */
	uint32_t dram_reads; /* of all that is read, structures first; the others are in the LLC */
	enum way_update update;
	bool faults;
};

struct way_times {
	sv3_cycle arrived, translated; /* since the issue */
	sv3_cycle out;                 /* the request, or the last of the data, has left the TBU */
	sv3_cycle performed, ended;
	sv3_cycle in_tcu, in_walk; /* how long it has a slot of the TCU, and one for walks */
};

void formula_times(const struct sv3_timing *timing, const struct way *way, struct way_times *times);
/** formula_sync - from the fetch of a CMD_SYNC right behind a TLBI of the same line, in an idle
 *  machine, until it is consumed. @sets: that the TLBI looks at; 0: it names one address. */
sv3_cycle formula_sync(const struct sv3_timing *timing, uint64_t sets);
/** formula_cycles - of a time in ns, rounded up. */
sv3_cycle formula_cycles(const struct sv3_timing *timing, uint64_t ns);

#endif
