/* SPDX-License-Identifier: MIT */
/* hw_traffic.c - a synthetic device of libsv3 as a master; what it wrote is the oracle of cases. */
#include "host.h"

unsigned long hw_run_traffic(const struct hw_traffic *traffic)
{
	const struct sv3_synthetic_config config = {
		.pattern = SV3_PATTERN_UNIFORM,
		.base = traffic->iova,
		.page_count = traffic->pages,
		.stream_id = traffic->stream_id,
		.write_percent = traffic->write_percent,
		.len = 8,
		.period = SV3_PS_PER_US,
		.limit = traffic->accesses,
		.seed = traffic->seed,
	};
	struct sv3_device_event event;
	struct sv3_device device;
	unsigned long refused = 0;

	SV3_ASSERT(!sv3_synthetic_create(&config, &device));
	while (device.ops->next(device.context, &event)) {
		struct hw_dma dma = {
			.stream_id = event.stream_id,
			.pasid = HW_NO_PASID,
			.iova = event.iova,
			.write = event.kind == SV3_DEVICE_WRITE,
			.value = event.serial,
		};
		const uint64_t page = (event.iova - traffic->iova) / SV3_PAGE_SIZE;

		if (hw_dma(&dma) != HW_OK)
			refused++;
		else if (dma.write)
			traffic->written[page / 64] |= UINT64_C(1) << page % 64;
	}
	sv3_device_destroy(&device);
	return refused;
}
