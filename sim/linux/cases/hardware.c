/* SPDX-License-Identifier: MIT */
/* hardware.c - a machine with the hardware of the profile "linux", and devices whose accesses are
 * made at once: see cases.h. */
#include "cases.h"

void machine_start(struct machine *machine)
{
	struct hw_config config;

	hw_config_default(&config);
	machine_create(machine, &config);
	machine_probe(machine);
}

enum hw_outcome dma_write(u32 stream_id, unsigned long iova, u64 value)
{
	struct hw_dma dma = { .stream_id = stream_id,
			      .pasid = HW_NO_PASID,
			      .iova = iova,
			      .write = true,
			      .value = value };

	return hw_dma(&dma);
}

enum hw_outcome dma_read(u32 stream_id, unsigned long iova, u64 *value)
{
	struct hw_dma dma = { .stream_id = stream_id, .pasid = HW_NO_PASID, .iova = iova };
	enum hw_outcome outcome = hw_dma(&dma);

	*value = dma.value;
	return outcome;
}

unsigned int dma_write_event(u32 stream_id, unsigned long iova)
{
	struct hw_dma dma = {
		.stream_id = stream_id, .pasid = HW_NO_PASID, .iova = iova, .write = true
	};

	hw_dma(&dma);
	return dma.event;
}
