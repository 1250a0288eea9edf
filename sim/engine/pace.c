/* SPDX-License-Identifier: MIT */
/*
 * pace.c - the time of a source that runs slower than the world, or stood still for a while.
 *
 * The place of a source in its own time is kept exactly, in whole picoseconds and millionths: a
 * speed in ppm adds whole millionths each picosecond. So no change of speed rounds anything; only
 * the moment of an event is rounded, up, to the first picosecond of the world at which the source
 * is there. APPROX(T-023)
 */
#include "engine_priv.h"

#define PPM ((uint64_t)SV3__FULL_SPEED_PPM)

static sv3_ps later(sv3_ps at, uint64_t duration)
{
	return duration > SV3_PS_NEVER - at ? SV3_PS_NEVER : at + duration;
}

/* ceil((missing * PPM - rest) / speed), divided piece by piece: the product would have no room. */
sv3_ps sv3__pace_due_slow(const struct sv3__pace *pace, sv3_ps due)
{
	const uint64_t speed = pace->speed_ppm;
	uint64_t missing, left, ticks;

	if (due <= pace->own)
		return pace->world;
	missing = due - pace->own;
	if (__builtin_mul_overflow(missing / speed, PPM, &ticks))
		return SV3_PS_NEVER;
	left = missing % speed;
	if (!left)
		return later(pace->world, ticks - pace->rest / speed);
	return later(later(pace->world, ticks), (left * PPM - pace->rest + speed - 1) / speed);
}

/* From now on the place is counted from now. A source that stands still is where it was. */
static void rebase(struct sv3__pace *pace, sv3_ps now)
{
	const uint64_t speed = pace->speed_ppm;
	uint64_t went, millionths;

	if (now <= pace->world)
		return;
	went = now - pace->world;
	millionths = went % PPM * speed + pace->rest;
	pace->own += went / PPM * speed + millionths / PPM;
	pace->rest = (uint32_t)(millionths % PPM);
	pace->world = now;
}

void sv3__pace_set_speed(struct sv3__pace *pace, sv3_ps now, uint32_t speed_ppm)
{
	SV3_ASSERT(speed_ppm >= 1);
	SV3_ASSERT(speed_ppm <= SV3__FULL_SPEED_PPM);
	rebase(pace, now);
	pace->altered = true;
	pace->speed_ppm = speed_ppm;
}

void sv3__pace_stand_still(struct sv3__pace *pace, sv3_ps now, sv3_ps duration)
{
	rebase(pace, now);
	pace->altered = true;
	pace->world = later(pace->world, duration);
}
