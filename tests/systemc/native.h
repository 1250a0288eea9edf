/* SPDX-License-Identifier: MIT */
/*
 * native.h - the same software on the same hardware without SystemC: the fast runner of the C
 * library.
 */
#ifndef SV3_TESTS_SYSTEMC_NATIVE_H
#define SV3_TESTS_SYSTEMC_NATIVE_H

#include "driver.h"

#include <sv3/sim.h>

struct native {
	struct sv3_ram ram;
	void *block = nullptr;
	struct sv3_fast fast = {};
	driver software;

	/* Boots; a failure ends the program. */
	explicit native(const struct sv3_smmu_config &config, const driver_options &o = {});
	~native();
};

#endif
