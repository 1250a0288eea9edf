/* SPDX-License-Identifier: MIT */
/*
 * lacking.c - stand-ins for the functions that a driver does not have: they say so, and a scenario
 * that calls one is not for that driver.
 */
#include "explore_priv.h"

static int lacks_map(void *state, sv3_iova iova, sv3_pa pa, uint64_t len, uint32_t leaf_lg2)
{
	(void)state, (void)iova, (void)pa, (void)len, (void)leaf_lg2;
	return SV3__XLACKS;
}

static int lacks_read(void *state, sv3_iova iova, uint64_t len, uint64_t *dirty)
{
	(void)state, (void)iova, (void)len;
	*dirty = 0;
	return SV3__XLACKS;
}

static int lacks_clear(void *state, sv3_iova iova, uint64_t len, uint64_t dirty)
{
	(void)state, (void)iova, (void)len, (void)dirty;
	return SV3__XLACKS;
}

static int lacks_range(void *state, sv3_iova iova, uint64_t len)
{
	(void)state, (void)iova, (void)len;
	return SV3__XLACKS;
}

static int lacks_index(void *state, uint32_t index)
{
	(void)state, (void)index;
	return SV3__XLACKS;
}

static int lacks_all(void *state)
{
	(void)state;
	return SV3__XLACKS;
}

#define STAND_IN(function, stand_in)                 \
	do {                                         \
		if (!driver->function)               \
			driver->function = stand_in; \
	} while (0)

void sv3__driver_complete(struct sv3_explore_driver *driver)
{
	STAND_IN(map, lacks_map);
	STAND_IN(unmap, lacks_read);
	STAND_IN(scan, lacks_read);
	STAND_IN(clear, lacks_clear);
	STAND_IN(collect, lacks_read);
	STAND_IN(start, lacks_range);
	STAND_IN(stop, lacks_range);
	STAND_IN(split, lacks_range);
	STAND_IN(merge, lacks_range);
	STAND_IN(flush, lacks_all);
	STAND_IN(change, lacks_index);
	STAND_IN(illegal, lacks_all);
	STAND_IN(event, lacks_index);
}
