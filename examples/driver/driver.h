/* SPDX-License-Identifier: MIT */
/*
 * driver.h - a skeleton of a driver, to be explored.
 */
#ifndef DRIVER_H
#define DRIVER_H

#include <sv3/explore.h>

/** The bug that the driver can be told to have: it clears without a TLBI. */
#define DRIVER_NO_TLBI "no-tlbi"

extern const struct sv3_explore_driver skeleton_driver;

#endif
