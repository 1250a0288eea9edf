/* SPDX-License-Identifier: MIT */
/*
 * poisson.h - a device whose accesses to each page come at random times, independent of all else.
 *
 * The closed forms are about such traffic; the distances of sv3_synthetic_create() are more even.
 */
#ifndef SV3_TESTS_MIGRATION_POISSON_H
#define SV3_TESTS_MIGRATION_POISSON_H

#include <sv3/device.h>

/**
 * fx_poisson_create - uniform accesses at exponential distances
 * @config: pattern, jitter and zipf_exponent are of no meaning; period is the mean distance
 * Returns: 0, -SV3_ERR_NOMEM.
 */
SV3_MUST_CHECK int fx_poisson_create(const struct sv3_synthetic_config *config,
				     struct sv3_device *device);

#endif
