/* SPDX-License-Identifier: MIT */
/*
 * poisson.c - see poisson.h.
 */
#include <math.h>
#include <stdlib.h>

#include "poisson.h"

#include <sv3/prng.h>

struct poisson {
	struct sv3_synthetic_config config;
	struct sv3_prng prng;
	sv3_ps due; /* of the last access */
	uint64_t issued;
};

static bool poisson_next(void *context, struct sv3_device_event *event)
{
	struct poisson *p = (struct poisson *)context;
	const struct sv3_synthetic_config *config = &p->config;
	const double distance = -log1p(-sv3_prng_unit(&p->prng)) * (double)config->period;

	if (config->limit && p->issued == config->limit)
		return false;
	p->due += (sv3_ps)(distance + 0.5);
	*event = (struct sv3_device_event){
		.due = p->due,
		.iova = config->base + sv3_prng_below(&p->prng, config->page_count) * SV3_PAGE_SIZE,
		.len = config->len,
		.stream_id = config->stream_id,
		.kind = sv3_prng_below(&p->prng, 100) < config->write_percent ? SV3_DEVICE_WRITE
									      : SV3_DEVICE_READ,
		.serial = p->issued++,
	};
	return true;
}

static const struct sv3_device_ops poisson_ops = {
	.next = poisson_next,
	.destroy = free,
};

int fx_poisson_create(const struct sv3_synthetic_config *config, struct sv3_device *device)
{
	struct poisson *p = (struct poisson *)calloc(1, sizeof(*p));

	if (!p)
		return -SV3_ERR_NOMEM;
	p->config = *config;
	p->due = config->start;
	sv3_prng_seed(&p->prng, config->seed);
	*device = (struct sv3_device){ .ops = &poisson_ops, .context = p };
	return 0;
}
