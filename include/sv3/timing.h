/* SPDX-License-Identifier: MIT */
/*
 * timing.h - what takes how long: the parameters of the timed runner, and presets of them.
 *
 * Concepts:
 *   parameter  a row of timing.def: a name, a unit, a default and bounds.
 *   preset     a machine: server, gem5, agilex5-mmu600, intel-bdw, fast-and-safe. What it also
 *              says of the SMMU itself (sizes of TLBs, caches) is in sv3_timing_preset_smmu().
 */
#ifndef SV3_TIMING_H
#define SV3_TIMING_H

#include <sv3/base.h>
#include <sv3/smmu.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef uint64_t sv3_cycle; /* time or duration in cycles of the SMMU's clock */
/** A time that never comes. */
#define SV3_CYCLE_NEVER UINT64_MAX

struct sv3_timing {
#define TIMING(field, name, value, low, high, unit, about) uint32_t field;
#include <sv3/timing.def>
#undef TIMING
};

/** One parameter, for people. */
struct sv3_timing_info {
	const char *name, *unit, *about;
	uint32_t value, low, high; /* @value: the default */
};

/** sv3_timing_info - row @index; false behind the last. */
SV3_API bool sv3_timing_info(unsigned int index, struct sv3_timing_info *info);

/** sv3_timing_default - the preset "server". */
SV3_API void sv3_timing_default(struct sv3_timing *timing);
/** sv3_timing_preset - a preset by name. Returns: 0, -SV3_ERR_NOENT. */
SV3_API SV3_MUST_CHECK int sv3_timing_preset(const char *name, struct sv3_timing *timing);
/** sv3_timing_preset_smmu - what a preset says of the SMMU; all else stays as it is. Returns: 0,
 *  -SV3_ERR_NOENT. */
SV3_API SV3_MUST_CHECK int sv3_timing_preset_smmu(const char *name, struct sv3_smmu_config *smmu);
/** sv3_timing_preset_name - of preset @index, and what it is; NULL behind the last. */
SV3_API const char *sv3_timing_preset_name(unsigned int index, const char **about);

/** sv3_timing_set - Returns: 0; -SV3_ERR_NOENT: no such name; -SV3_ERR_RANGE: out of its bounds. */
SV3_API SV3_MUST_CHECK int sv3_timing_set(struct sv3_timing *timing, const char *name,
					  uint64_t value);
/** sv3_timing_get - Returns: 0, -SV3_ERR_NOENT. */
SV3_API SV3_MUST_CHECK int sv3_timing_get(const struct sv3_timing *timing, const char *name,
					  uint32_t *value);
/**
 * sv3_timing_check - whether all are within their bounds, and the clock has a whole number of
 * picoseconds a cycle
 * @why: out, may be NULL: the name of the first that is not
 * Returns: 0 or -SV3_ERR_INVAL.
 */
SV3_API SV3_MUST_CHECK int sv3_timing_check(const struct sv3_timing *timing, const char **why);

/** sv3_timing_cycles - the cycles that a time takes, rounded up. */
static inline sv3_cycle sv3_timing_cycles(const struct sv3_timing *timing, uint64_t ns)
{
	return (ns * timing->clock_mhz + 999) / 1000;
}

/**
 * sv3_timing_cost - zero-load price of a need: what answers it takes so long, nothing else going on
 * For embedders that bring their own clock. Memory is taken to have the line in its cache.
 */
SV3_API sv3_cycle sv3_timing_cost(const struct sv3_timing *timing, const struct sv3_need *need);

#ifdef __cplusplus
}
#endif

#endif
