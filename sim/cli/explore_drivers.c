/* SPDX-License-Identifier: MIT */
/*
 * explore_drivers.c - the drivers that `sv3 explore` has. A program that adds some of its own is
 * linked with a file in the place of this one.
 */
#include "explore.h"

const char explore_program[] = "sv3";

const struct sv3_explore_driver *explore_driver(unsigned int index)
{
	return index == 0 ? sv3_explore_driver_sv3() : NULL;
}
