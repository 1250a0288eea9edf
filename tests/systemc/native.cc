// SPDX-License-Identifier: MIT
//
// native.cc - the fast runner of the C library, with the software of the tests.

#include "native.h"

#include <cstdio>
#include <cstdlib>

native::native(const struct sv3_smmu_config &config, const driver_options &o)
{
	const struct sv3_ram_region regions[] = { { data_base, data_size },
						  { host_base, host_size } };
	const size_t size = (sv3_smmu_size(&config) + 63) & ~size_t{ 63 };

	block = aligned_alloc(64, size);
	if (!block || sv3_ram_init(&ram, regions, 2) ||
	    sv3_smmu_init(block, size, &config, &fast.smmu)) {
		fprintf(stderr, "native: no machine\n");
		exit(1);
	}
	fast.bus = sv3_ram_bus(&ram);
	software.boot(fast.bus, sv3_fast_regport(&fast), o);
}

native::~native()
{
	sv3_ram_fini(&ram);
	free(block);
}
